//! What a change is about, and its index: what happened to one lead is read without looking through the others.

use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, Index, IndexOrder, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::uuid_null;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut subject = uuid_null("subject").take();
        manager
            .alter_table(Table::alter().table("audit_entries").add_column(&mut subject).to_owned())
            .await?;
        let mut index = Index::create().name("audit_entries_subject").table("audit_entries").to_owned();
        index.col("business_id").col("subject");
        index.col(("at", IndexOrder::Desc)).col(("id", IndexOrder::Desc));
        manager.create_index(index).await
    }
}
