//! Documents that are read from pages: when they were read, and when they are to be read next.

use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::timestamp_with_time_zone_null;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const TABLE: &str = "knowledge_documents";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One column at a time: SQLite adds no more.
        for column in ["fetched_at", "fetch_at"] {
            let table =
                Table::alter().table(TABLE).add_column(timestamp_with_time_zone_null(column)).to_owned();
            manager.alter_table(table).await?;
        }
        // What is to be read next is of no business in particular.
        let waiting =
            Index::create().name("knowledge_documents_fetch").table(TABLE).col("fetch_at").to_owned();
        manager.create_index(waiting).await
    }
}
