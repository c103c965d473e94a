//! What each business's models took, day by day.

use super::belongs_to;
use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{big_integer, date, uuid};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("model_use")
            .col(uuid("business_id"))
            .col(date("day"))
            .col(big_integer("requests"))
            .col(big_integer("input_tokens"))
            .col(big_integer("output_tokens"))
            .col(big_integer("cost_micros"))
            .primary_key(Index::create().col("business_id").col("day"))
            .foreign_key(&mut belongs_to("model_use", "business_id", "businesses", "fk_model_use_business"))
            .to_owned();
        manager.create_table(table).await
    }
}
