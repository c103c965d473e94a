//! What the conversation engine adds: choices and conditions of questions, leads of chats, and requests that go on within a
//! day.

use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, Index, IndexOrder, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{json_binary_null, uuid_null};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time.
        for column in [json_binary_null("choices"), json_binary_null("show_when")] {
            manager.alter_table(Table::alter().table("lead_questions").add_column(column).to_owned()).await?;
        }
        for column in [uuid_null("conversation_id"), uuid_null("joined_to")] {
            manager.alter_table(Table::alter().table("leads").add_column(column).to_owned()).await?;
        }
        let of_chat = Index::create()
            .name("leads_conversation")
            .table("leads")
            .unique()
            .col("conversation_id")
            .to_owned();
        manager.create_index(of_chat).await?;
        manager
            .create_index(Index::create().name("leads_joined").table("leads").col("joined_to").to_owned())
            .await?;
        for (name, column) in [("leads_phone", "phone"), ("leads_email", "email")] {
            let index = Index::create()
                .name(name)
                .table("leads")
                .col("business_id")
                .col(column)
                .col(("created_at", IndexOrder::Desc))
                .to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
