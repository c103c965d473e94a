//! Plans, businesses and what belongs to their settings.

use super::belongs_to;
use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, ForeignKey, Index, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, json_binary, string, string_null, text, timestamp_with_time_zone,
    uuid,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        plans(manager).await?;
        businesses(manager).await?;
        users(manager).await?;
        phone_numbers(manager).await?;
        agent_configs(manager).await?;
        lead_questions(manager).await
    }
}

async fn plans(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("plans")
        .col(string("code").primary_key())
        .col(json_binary("features"))
        .col(big_integer_null("question_limit"))
        .to_owned();
    manager.create_table(table).await
}

async fn businesses(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("businesses")
        .col(uuid("id").primary_key())
        .col(text("name"))
        .col(string("plan"))
        .col(string("timezone"))
        .col(string("region"))
        .col(string("widget_key"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(
            ForeignKey::create().name("fk_businesses_plan").from("businesses", "plan").to("plans", "code"),
        )
        .to_owned();
    manager.create_table(table).await?;
    unique(manager, "businesses_widget_key", "businesses", &["widget_key"]).await
}

async fn users(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("users")
        .col(uuid("id").primary_key())
        .col(uuid("business_id"))
        .col(string("email"))
        .col(text("password_hash"))
        .col(string("role"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut belongs_to("users", "business_id", "businesses", "fk_users_business"))
        .to_owned();
    manager.create_table(table).await?;
    unique(manager, "users_email", "users", &["email"]).await?;
    let index = Index::create().name("users_business").table("users").col("business_id").to_owned();
    manager.create_index(index).await
}

async fn phone_numbers(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("phone_numbers")
        .col(uuid("id").primary_key())
        .col(uuid("business_id"))
        .col(string("number"))
        .foreign_key(&mut belongs_to(
            "phone_numbers",
            "business_id",
            "businesses",
            "fk_phone_numbers_business",
        ))
        .to_owned();
    manager.create_table(table).await?;
    unique(manager, "phone_numbers_number", "phone_numbers", &["number"]).await?;
    let index =
        Index::create().name("phone_numbers_business").table("phone_numbers").col("business_id").to_owned();
    manager.create_index(index).await
}

async fn agent_configs(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("agent_configs")
        .col(uuid("business_id").primary_key())
        .col(json_binary("settings"))
        .foreign_key(&mut belongs_to(
            "agent_configs",
            "business_id",
            "businesses",
            "fk_agent_configs_business",
        ))
        .to_owned();
    manager.create_table(table).await
}

async fn lead_questions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("lead_questions")
        .col(uuid("id").primary_key())
        .col(uuid("business_id"))
        .col(big_integer("position"))
        .col(text("question_text"))
        .col(string("expected_format"))
        .col(boolean("is_required"))
        .col(string_null("maps_to_lead_field"))
        .col(boolean("is_essential_for_emergency"))
        .foreign_key(&mut belongs_to(
            "lead_questions",
            "business_id",
            "businesses",
            "fk_lead_questions_business",
        ))
        .to_owned();
    manager.create_table(table).await?;
    unique(manager, "lead_questions_position", "lead_questions", &["business_id", "position"]).await
}

async fn unique(
    manager: &SchemaManager<'_>,
    name: &'static str,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    let mut index = Index::create().name(name).table(table).unique().to_owned();
    for column in columns {
        index.col(*column);
    }
    manager.create_index(index).await
}
