//! Leads.

use super::belongs_to;
use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, Index, IndexOrder, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{json_binary, string, text_null, timestamp_with_time_zone, uuid, uuid_null};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("leads")
            .col(uuid("id").primary_key())
            .col(uuid("business_id"))
            .col(uuid_null("call_id"))
            .col(string("channel"))
            .col(string("completeness"))
            .col(text_null("name"))
            .col(text_null("email"))
            .col(text_null("phone"))
            .col(text_null("address"))
            .col(text_null("message"))
            .col(json_binary("answers"))
            .col(text_null("recording_url"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .foreign_key(&mut belongs_to("leads", "business_id", "businesses", "fk_leads_business"))
            .foreign_key(&mut belongs_to("leads", "call_id", "calls", "fk_leads_call"))
            .to_owned();
        manager.create_table(table).await?;
        let call = Index::create().name("leads_call_id").table("leads").unique().col("call_id").to_owned();
        manager.create_index(call).await?;
        let recent = Index::create()
            .name("leads_recent")
            .table("leads")
            .col("business_id")
            .col(("created_at", IndexOrder::Desc))
            .col(("id", IndexOrder::Desc))
            .to_owned();
        manager.create_index(recent).await
    }
}
