//! Secrets of refresh tokens that were used up: whoever shows one has a copy, whoever shows any other is a stranger.

use super::belongs_to;
use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{string, timestamp_with_time_zone, uuid};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("used_secrets")
            .col(uuid("session_id"))
            .col(string("secret_hash"))
            .col(timestamp_with_time_zone("used_at"))
            .primary_key(Index::create().col("session_id").col("secret_hash"))
            .foreign_key(&mut belongs_to("used_secrets", "session_id", "sessions", "fk_used_secrets_session"))
            .to_owned();
        manager.create_table(table).await
    }
}
