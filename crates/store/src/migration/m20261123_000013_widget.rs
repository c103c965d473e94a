//! How the chat on a business's website is set up.

use super::belongs_to;
use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{big_integer, json_binary, uuid};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const TABLE: &str = "widgets";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(TABLE)
            .col(uuid("business_id").primary_key())
            .col(json_binary("settings"))
            .col(big_integer("version"))
            .foreign_key(&mut belongs_to(TABLE, "business_id", "businesses", "fk_widgets_business"))
            .to_owned();
        manager.create_table(table).await
    }
}
