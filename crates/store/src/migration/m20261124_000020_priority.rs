//! How soon somebody should look at a lead, and how grave the emergency is that it tells of.

use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{small_integer_null, string};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const TABLE: &str = "leads";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One column at a time: SQLite adds no more.
        let priority =
            Table::alter().table(TABLE).add_column(string("priority").default("NORMAL")).to_owned();
        manager.alter_table(priority).await?;
        let emergency = Table::alter().table(TABLE).add_column(small_integer_null("emergency")).to_owned();
        manager.alter_table(emergency).await
    }
}
