//! What goes out to people, and whom a business wants to be told.

use super::belongs_to;
use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{
    big_integer, json_binary, string, text, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid, uuid_null,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const OUTBOX: &str = "outbox";
const SETTINGS: &str = "notification_settings";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        outbox(manager).await?;
        let table = Table::create()
            .table(SETTINGS)
            .col(uuid("business_id").primary_key())
            .col(json_binary("settings"))
            .col(big_integer("version"))
            .foreign_key(&mut belongs_to(
                SETTINGS,
                "business_id",
                "businesses",
                "fk_notification_settings_business",
            ))
            .to_owned();
        manager.create_table(table).await
    }
}

async fn outbox(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(OUTBOX)
        .col(uuid("id").primary_key())
        .col(uuid_null("business_id"))
        .col(string("kind"))
        .col(string("channel"))
        .col(string("lane"))
        .col(text("recipient"))
        .col(uuid_null("subject"))
        .col(json_binary("content"))
        .col(text("key"))
        .col(string("state"))
        .col(timestamp_with_time_zone("due_at"))
        .col(timestamp_with_time_zone_null("lease_until"))
        .col(big_integer("attempts"))
        .col(text_null("words"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .foreign_key(&mut belongs_to(OUTBOX, "business_id", "businesses", "fk_outbox_business"))
        .to_owned();
    manager.create_table(table).await?;
    let once = Index::create().name("outbox_key").table(OUTBOX).unique().col("key").to_owned();
    manager.create_index(once).await?;
    for (name, columns) in [
        // What is due, the urgent ones by themselves.
        ("outbox_due", &["state", "lane", "due_at"][..]),
        ("outbox_subject", &["subject"]),
        ("outbox_recent", &["business_id", "created_at", "id"]),
    ] {
        let mut index = Index::create().name(name).table(OUTBOX).to_owned();
        for column in columns {
            index.col(*column);
        }
        manager.create_index(index).await?;
    }
    Ok(())
}
