//! Calls, and what is written down while they run.

use super::belongs_to;
use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, Index, IndexOrder, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, json_binary, string, string_null, text, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        calls(manager).await?;
        transcript_turns(manager).await?;
        call_events(manager).await?;
        call_inputs(manager).await
    }
}

async fn calls(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("calls")
        .col(uuid("id").primary_key())
        .col(uuid("business_id"))
        .col(string("provider_sid"))
        .col(text("from_number"))
        .col(text("to_number"))
        .col(string("status"))
        .col(boolean("provider_has_ended"))
        .col(string_null("outcome"))
        .col(string_null("end_reason"))
        .col(timestamp_with_time_zone("started_at"))
        .col(timestamp_with_time_zone_null("answered_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .col(big_integer_null("counted_seconds"))
        .col(big_integer_null("provider_seconds"))
        .col(text_null("summary"))
        .col(json_binary("analytics"))
        .foreign_key(&mut belongs_to("calls", "business_id", "businesses", "fk_calls_business"))
        .to_owned();
    manager.create_table(table).await?;
    let sid =
        Index::create().name("calls_provider_sid").table("calls").unique().col("provider_sid").to_owned();
    manager.create_index(sid).await?;
    let recent = Index::create()
        .name("calls_recent")
        .table("calls")
        .col("business_id")
        .col(("started_at", IndexOrder::Desc))
        .col(("id", IndexOrder::Desc))
        .to_owned();
    manager.create_index(recent).await
}

async fn transcript_turns(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("transcript_turns")
        .col(uuid("call_id"))
        .col(big_integer("seq"))
        .col(string("speaker"))
        .col(text("text"))
        .col(text_null("heard"))
        .col(big_integer("started_ms"))
        .col(big_integer_null("ended_ms"))
        .primary_key(Index::create().col("call_id").col("seq"))
        .foreign_key(&mut belongs_to("transcript_turns", "call_id", "calls", "fk_transcript_turns_call"))
        .to_owned();
    manager.create_table(table).await
}

async fn call_events(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("call_events")
        .col(uuid("call_id"))
        .col(big_integer("seq"))
        .col(big_integer("at_ms"))
        .col(string("kind"))
        .col(json_binary("detail"))
        .primary_key(Index::create().col("call_id").col("seq"))
        .foreign_key(&mut belongs_to("call_events", "call_id", "calls", "fk_call_events_call"))
        .to_owned();
    manager.create_table(table).await
}

async fn call_inputs(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("call_inputs")
        .col(uuid("call_id"))
        .col(big_integer("batch"))
        .col(text("lines"))
        .primary_key(Index::create().col("call_id").col("batch"))
        .foreign_key(&mut belongs_to("call_inputs", "call_id", "calls", "fk_call_inputs_call"))
        .to_owned();
    manager.create_table(table).await
}
