//! The second factor of people: the last code that was taken, and codes for who has lost the device.

use super::belongs_to;
use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{big_integer_null, string, uuid};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut step = big_integer_null("second_factor_step").take();
        manager.alter_table(Table::alter().table("users").add_column(&mut step).to_owned()).await?;
        let codes = Table::create()
            .table("recovery_codes")
            .col(uuid("user_id"))
            .col(string("code_hash"))
            .primary_key(Index::create().col("user_id").col("code_hash"))
            .foreign_key(&mut belongs_to("recovery_codes", "user_id", "users", "fk_recovery_codes_user"))
            .to_owned();
        manager.create_table(codes).await
    }
}
