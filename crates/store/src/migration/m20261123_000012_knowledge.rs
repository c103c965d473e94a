//! What the agent may answer from. The words of all businesses stand in one index, each behind a mark of whose they are, so
//! that a search reads nobody else's (docs/decisions/knowledge.md).

use super::belongs_to;
use sea_orm_migration::prelude::{
    ConnectionTrait as _, DbErr, DeriveMigrationName, Index, IndexOrder, MigrationTrait, SchemaManager,
    Table, async_trait,
};
use sea_orm_migration::schema::{
    big_integer, boolean, string, string_null, text, text_null, timestamp_with_time_zone, uuid, uuid_null,
};
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// SQLite: words without what they stand in, removed with it.
const SQLITE: [&str; 3] = [
    "CREATE TABLE knowledge_terms (business_id uuid_text NOT NULL REFERENCES businesses (id) ON DELETE CASCADE, \
     term text NOT NULL, chunks bigint NOT NULL, PRIMARY KEY (business_id, term)) WITHOUT ROWID",
    "CREATE VIRTUAL TABLE knowledge_words USING fts5(terms, content='', contentless_delete=1, detail=none, \
     tokenize='unicode61 remove_diacritics 2')",
    "CREATE TRIGGER knowledge_words_gone AFTER DELETE ON knowledge_chunks BEGIN \
     DELETE FROM knowledge_words WHERE rowid = old.number; END",
];

/// PostgreSQL: lexemes as we make them, without its parser. Terms are compared by their bytes, so that a beginning is a range.
const POSTGRES: [&str; 3] = [
    "CREATE TABLE knowledge_terms (business_id uuid NOT NULL REFERENCES businesses (id) ON DELETE CASCADE, \
     term text COLLATE \"C\" NOT NULL, chunks bigint NOT NULL, PRIMARY KEY (business_id, term))",
    "CREATE TABLE knowledge_words (number bigint PRIMARY KEY REFERENCES knowledge_chunks (number) ON DELETE CASCADE, \
     words tsvector NOT NULL)",
    "CREATE INDEX knowledge_words_words ON knowledge_words USING gin (words)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        documents(manager).await?;
        chunks(manager).await?;
        gaps(manager).await?;
        let connection = manager.get_connection();
        let own = match manager.get_database_backend() {
            DbBackend::Postgres => POSTGRES,
            _ => SQLITE,
        };
        for statement in own {
            connection.execute_unprepared(statement).await?;
        }
        Ok(())
    }
}

async fn documents(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    const TABLE: &str = "knowledge_documents";
    let table = Table::create()
        .table(TABLE)
        .col(uuid("id").primary_key())
        .col(uuid("business_id"))
        .col(string_null("project_id"))
        .col(string("kind"))
        .col(text("title"))
        .col(text("body"))
        .col(text_null("source_url"))
        .col(boolean("is_pinned"))
        .col(string("state"))
        .col(text_null("state_reason"))
        .col(string("embedding"))
        .col(text_null("embedding_reason"))
        .col(big_integer("embedding_tries"))
        .col(timestamp_with_time_zone("embedding_at"))
        .col(big_integer("chunks"))
        .col(big_integer("version"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .foreign_key(&mut belongs_to(TABLE, "business_id", "businesses", "fk_knowledge_documents_business"))
        .to_owned();
    manager.create_table(table).await?;
    let recent = Index::create()
        .name("knowledge_documents_recent")
        .table(TABLE)
        .col("business_id")
        .col(("created_at", IndexOrder::Desc))
        .col(("id", IndexOrder::Desc))
        .to_owned();
    manager.create_index(recent).await?;
    // What is to be embedded next is of no business in particular.
    let waiting = Index::create()
        .name("knowledge_documents_embedding")
        .table(TABLE)
        .col("embedding")
        .col("embedding_at")
        .to_owned();
    manager.create_index(waiting).await
}

async fn chunks(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    const TABLE: &str = "knowledge_chunks";
    let table = Table::create()
        .table(TABLE)
        .col(big_integer("number").auto_increment().primary_key())
        .col(uuid("id"))
        .col(uuid("business_id"))
        .col(uuid("document_id"))
        .col(string_null("project_id"))
        .col(big_integer("position"))
        .col(text("heading"))
        .col(text("text"))
        .col(text("terms"))
        .foreign_key(&mut belongs_to(
            TABLE,
            "document_id",
            "knowledge_documents",
            "fk_knowledge_chunks_document",
        ))
        .foreign_key(&mut belongs_to(TABLE, "business_id", "businesses", "fk_knowledge_chunks_business"))
        .to_owned();
    manager.create_table(table).await?;
    let of_document = Index::create()
        .name("knowledge_chunks_document")
        .table(TABLE)
        .col("document_id")
        .col("position")
        .to_owned();
    manager.create_index(of_document).await?;
    let of_business =
        Index::create().name("knowledge_chunks_business").table(TABLE).col("business_id").to_owned();
    manager.create_index(of_business).await
}

async fn gaps(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    const TABLE: &str = "knowledge_gaps";
    let table = Table::create()
        .table(TABLE)
        .col(uuid("id").primary_key())
        .col(uuid("business_id"))
        .col(text("question"))
        .col(text("plain"))
        .col(big_integer("times"))
        .col(timestamp_with_time_zone("first_at"))
        .col(timestamp_with_time_zone("last_at"))
        .col(string("state"))
        .col(uuid_null("document_id"))
        .foreign_key(&mut belongs_to(TABLE, "business_id", "businesses", "fk_knowledge_gaps_business"))
        .to_owned();
    manager.create_table(table).await?;
    let once = Index::create()
        .name("knowledge_gaps_plain")
        .table(TABLE)
        .unique()
        .col("business_id")
        .col("plain")
        .to_owned();
    manager.create_index(once).await?;
    let often = Index::create()
        .name("knowledge_gaps_times")
        .table(TABLE)
        .col("business_id")
        .col("state")
        .col(("times", IndexOrder::Desc))
        .col(("id", IndexOrder::Desc))
        .to_owned();
    manager.create_index(often).await
}
