//! People a call may be connected to.

use super::belongs_to;
use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{big_integer, boolean, string, text, uuid};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const TABLE: &str = "transfer_contacts";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(TABLE)
            .col(uuid("id").primary_key())
            .col(uuid("business_id"))
            .col(big_integer("position"))
            .col(text("name"))
            .col(string("phone"))
            .col(text("note"))
            .col(boolean("is_active"))
            .foreign_key(&mut belongs_to(TABLE, "business_id", "businesses", "fk_transfer_contacts_business"))
            .to_owned();
        manager.create_table(table).await?;
        for (name, column) in
            [("transfer_contacts_position", "position"), ("transfer_contacts_phone", "phone")]
        {
            let index =
                Index::create().name(name).table(TABLE).unique().col("business_id").col(column).to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
