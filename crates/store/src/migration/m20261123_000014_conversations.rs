//! Conversations in the website's chat, and what was said in them.

use super::belongs_to;
use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, Index, IndexOrder, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{
    big_integer, double_null, json_binary, json_binary_null, string, string_null, text, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null, uuid, uuid_null,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const TABLE: &str = "conversations";
const MESSAGES: &str = "conversation_messages";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        conversations(manager).await?;
        messages(manager).await
    }
}

async fn conversations(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(TABLE)
        .col(uuid("id").primary_key())
        .col(uuid("business_id"))
        .col(string("channel"))
        .col(text("origin"))
        .col(text_null("page_url"))
        .col(string("language"))
        .col(text_null("consent_version"))
        .col(string("status"))
        .col(uuid_null("taken_by"))
        .col(uuid_null("lead_id"))
        .col(json_binary("intents"))
        .col(text_null("said"))
        .col(big_integer("message_count"))
        .col(json_binary("flow"))
        .col(json_binary("quick_replies"))
        .col(text_null("state"))
        .col(timestamp_with_time_zone_null("waits_since"))
        .col(timestamp_with_time_zone("started_at"))
        .col(timestamp_with_time_zone("last_at"))
        // When somebody last said something in a conversation that is listed: one in which the visitor has said nothing is
        // in no list.
        .col(timestamp_with_time_zone_null("listed_at"))
        .col(big_integer("version"))
        .foreign_key(&mut belongs_to(TABLE, "business_id", "businesses", "fk_conversations_business"))
        .to_owned();
    manager.create_table(table).await?;
    for (name, equal) in
        [("conversations_recent", &["business_id"][..]), ("conversations_status", &["business_id", "status"])]
    {
        let mut index = Index::create().name(name).table(TABLE).to_owned();
        for column in equal {
            index.col(*column);
        }
        index.col(("listed_at", IndexOrder::Desc)).col(("id", IndexOrder::Desc));
        manager.create_index(index).await?;
    }
    let lead =
        Index::create().name("conversations_lead").table(TABLE).col("lead_id").col("started_at").to_owned();
    manager.create_index(lead).await?;
    // What is looked after by the clock is of no business in particular.
    let idle =
        Index::create().name("conversations_idle").table(TABLE).col("status").col("last_at").to_owned();
    manager.create_index(idle).await?;
    let waiting = Index::create()
        .name("conversations_waiting")
        .table(TABLE)
        .col("status")
        .col("waits_since")
        .to_owned();
    manager.create_index(waiting).await
}

async fn messages(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(MESSAGES)
        .col(uuid("conversation_id"))
        .col(big_integer("seq"))
        .col(uuid("id"))
        .col(string("role"))
        .col(text("text"))
        .col(timestamp_with_time_zone("at"))
        .col(string_null("client_message_id"))
        .col(json_binary("sources"))
        .col(string_null("intent"))
        .col(double_null("confidence"))
        .col(uuid_null("author"))
        .col(json_binary_null("answer"))
        .primary_key(Index::create().col("conversation_id").col("seq"))
        .foreign_key(&mut belongs_to(
            MESSAGES,
            "conversation_id",
            TABLE,
            "fk_conversation_messages_conversation",
        ))
        .to_owned();
    manager.create_table(table).await?;
    let once = Index::create()
        .name("conversation_messages_client")
        .table(MESSAGES)
        .unique()
        .col("conversation_id")
        .col("client_message_id")
        .to_owned();
    manager.create_index(once).await
}
