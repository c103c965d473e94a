//! Emergencies: what they are, their history, the calls they made, and how each business is woken.

use super::belongs_to;
use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, Index, IndexOrder, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{
    big_integer, boolean, json_binary, string, string_null, text, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid, uuid_null,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const TABLE: &str = "incidents";
const EVENTS: &str = "incident_events";
const ATTEMPTS: &str = "escalation_attempts";
const SETTINGS: &str = "alarm_settings";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        incidents(manager).await?;
        let events = Table::create()
            .table(EVENTS)
            .col(uuid("id").primary_key())
            .col(uuid("incident_id"))
            .col(big_integer("seq"))
            .col(timestamp_with_time_zone("at"))
            .col(string("kind"))
            .col(text_null("who"))
            .col(text_null("detail"))
            .foreign_key(&mut belongs_to(EVENTS, "incident_id", TABLE, "fk_incident_events_incident"))
            .to_owned();
        manager.create_table(events).await?;
        unique(manager, "incident_events_seq", EVENTS, &["incident_id", "seq"]).await?;
        let attempts = Table::create()
            .table(ATTEMPTS)
            .col(uuid("id").primary_key())
            .col(uuid("incident_id"))
            .col(uuid("contact_id"))
            .col(big_integer("try_number"))
            .col(string_null("provider_sid"))
            .col(timestamp_with_time_zone("placed_at"))
            .foreign_key(&mut belongs_to(ATTEMPTS, "incident_id", TABLE, "fk_escalation_attempts_incident"))
            .to_owned();
        manager.create_table(attempts).await?;
        let once = ["incident_id", "contact_id", "try_number"];
        unique(manager, "escalation_attempts_once", ATTEMPTS, &once).await?;
        let settings = Table::create()
            .table(SETTINGS)
            .col(uuid("business_id").primary_key())
            .col(json_binary("settings"))
            .col(big_integer("version"))
            .foreign_key(&mut belongs_to(SETTINGS, "business_id", "businesses", "fk_alarm_settings_business"))
            .to_owned();
        manager.create_table(settings).await
    }
}

async fn incidents(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(TABLE)
        .col(uuid("id").primary_key())
        .col(uuid("business_id"))
        .col(string("channel"))
        .col(uuid_null("call_id"))
        .col(uuid_null("conversation_id"))
        .col(uuid_null("lead_id"))
        .col(boolean("is_drill"))
        .col(big_integer("severity"))
        .col(text("words"))
        .col(text_null("address"))
        .col(text_null("caller_name"))
        .col(text_null("caller_phone"))
        .col(string("state"))
        .col(text_null("accepted_by"))
        .col(json_binary("escalation"))
        .col(timestamp_with_time_zone_null("wake_at"))
        .col(timestamp_with_time_zone_null("armed_at"))
        .col(timestamp_with_time_zone_null("lease_until"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .col(big_integer("version"))
        .foreign_key(&mut belongs_to(TABLE, "business_id", "businesses", "fk_incidents_business"))
        .to_owned();
    manager.create_table(table).await?;
    unique(manager, "incidents_call", TABLE, &["call_id"]).await?;
    unique(manager, "incidents_conversation", TABLE, &["conversation_id"]).await?;
    let recent = Index::create()
        .name("incidents_recent")
        .table(TABLE)
        .col("business_id")
        .col(("created_at", IndexOrder::Desc))
        .col(("id", IndexOrder::Desc))
        .to_owned();
    manager.create_index(recent).await?;
    let due = Index::create().name("incidents_wake").table(TABLE).col("wake_at").to_owned();
    manager.create_index(due).await
}

async fn unique(
    manager: &SchemaManager<'_>,
    name: &str,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    let mut index = Index::create().name(name).table(table).unique().to_owned();
    for column in columns {
        index.col(*column);
    }
    manager.create_index(index).await
}
