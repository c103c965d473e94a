//! People's sessions and businesses, clients, and what people do with leads.

use super::belongs_to;
use sea_orm::ConnectionTrait as _;
use sea_orm_migration::prelude::{
    ColumnDef, DbErr, DeriveMigrationName, Expr, ExprTrait as _, ForeignKeyAction, Index, IndexOrder,
    MigrationTrait, Query, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{
    big_integer, json_binary, json_binary_null, string, string_null, text, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null, uuid, uuid_null,
};
use sea_orm_migration::sea_query::ForeignKey;
use serde_json::Value;
use studioconnect_domain::plan::{Plan, PlanCode};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        new_columns(manager).await?;
        memberships(manager).await?;
        sessions(manager).await?;
        links(manager).await?;
        lead_notes(manager).await?;
        clients(manager).await?;
        audit_entries(manager).await?;
        kept_answers(manager).await?;
        new_features(manager).await
    }
}

async fn new_columns(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let columns: [(&str, ColumnDef); 11] = [
        ("businesses", text("kind").default("").take()),
        ("businesses", text("website").default("").take()),
        ("businesses", text("address").default("").take()),
        ("businesses", json_binary_null("hours").take()),
        ("businesses", big_integer("version").default(0).take()),
        ("agent_configs", big_integer("version").default(0).take()),
        ("users", text("name").default("").take()),
        ("users", text_null("second_factor").take()),
        ("leads", string("status").default("NEW").take()),
        ("leads", uuid_null("assigned_to").take()),
        ("leads", big_integer("version").default(0).take()),
    ];
    for (table, mut column) in columns {
        manager.alter_table(Table::alter().table(table).add_column(&mut column).to_owned()).await?;
    }
    let by_status = Index::create()
        .name("leads_status")
        .table("leads")
        .col("business_id")
        .col("status")
        .col(("created_at", IndexOrder::Desc))
        .col(("id", IndexOrder::Desc))
        .to_owned();
    manager.create_index(by_status).await
}

/// Everybody belongs to the business they were added to.
async fn memberships(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("memberships")
        .col(uuid("user_id"))
        .col(uuid("business_id"))
        .col(string("role"))
        .col(timestamp_with_time_zone("created_at"))
        .primary_key(Index::create().col("user_id").col("business_id"))
        .foreign_key(&mut belongs_to("memberships", "user_id", "users", "fk_memberships_user"))
        .foreign_key(&mut belongs_to("memberships", "business_id", "businesses", "fk_memberships_business"))
        .to_owned();
    manager.create_table(table).await?;
    let of_business =
        Index::create().name("memberships_business").table("memberships").col("business_id").to_owned();
    manager.create_index(of_business).await?;
    let known = Query::select().columns(["id", "business_id", "role", "created_at"]).from("users").to_owned();
    let insert = Query::insert()
        .into_table("memberships")
        .columns(["user_id", "business_id", "role", "created_at"])
        .select_from(known)
        .map_err(|fault| DbErr::Custom(fault.to_string()))?
        .to_owned();
    manager.execute(insert).await
}

async fn sessions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("sessions")
        .col(uuid("id").primary_key())
        .col(uuid("user_id"))
        .col(string("secret_hash"))
        .col(string_null("previous_hash"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("seen_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(text("user_agent"))
        .col(string("address"))
        // Where the session works; no foreign key, as a business that is gone is no reason to end it.
        .col(uuid_null("business_id"))
        .foreign_key(&mut belongs_to("sessions", "user_id", "users", "fk_sessions_user"))
        .to_owned();
    manager.create_table(table).await?;
    index(manager, "sessions_user", "sessions", "user_id").await?;
    index(manager, "sessions_expires", "sessions", "expires_at").await
}

async fn links(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("links")
        .col(uuid("id").primary_key())
        .col(string("purpose"))
        .col(string("secret_hash"))
        .col(uuid_null("user_id"))
        .col(uuid_null("business_id"))
        .col(string("email"))
        .col(string_null("role"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("used_at"))
        .foreign_key(&mut belongs_to("links", "user_id", "users", "fk_links_user"))
        .foreign_key(&mut belongs_to("links", "business_id", "businesses", "fk_links_business"))
        .to_owned();
    manager.create_table(table).await?;
    index(manager, "links_business", "links", "business_id").await?;
    index(manager, "links_user", "links", "user_id").await
}

async fn lead_notes(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let author = ForeignKey::create()
        .name("fk_lead_notes_author")
        .from("lead_notes", "author")
        .to("users", "id")
        .on_delete(ForeignKeyAction::SetNull)
        .to_owned();
    let table = Table::create()
        .table("lead_notes")
        .col(uuid("id").primary_key())
        .col(uuid("lead_id"))
        .col(uuid_null("author"))
        .col(timestamp_with_time_zone("at"))
        .col(text("text"))
        .foreign_key(&mut belongs_to("lead_notes", "lead_id", "leads", "fk_lead_notes_lead"))
        .foreign_key(&mut author.clone())
        .to_owned();
    manager.create_table(table).await?;
    index(manager, "lead_notes_lead", "lead_notes", "lead_id").await
}

async fn clients(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("clients")
        .col(uuid("id").primary_key())
        .col(uuid("business_id"))
        .col(text("name"))
        .col(text("company"))
        .col(string_null("email"))
        .col(string_null("phone"))
        .col(text("notes"))
        .col(big_integer("version"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .foreign_key(&mut belongs_to("clients", "business_id", "businesses", "fk_clients_business"))
        .to_owned();
    manager.create_table(table).await?;
    for (name, column) in [("clients_phone", "phone"), ("clients_email", "email")] {
        let unique =
            Index::create().name(name).table("clients").unique().col("business_id").col(column).to_owned();
        manager.create_index(unique).await?;
    }
    let recent = Index::create()
        .name("clients_recent")
        .table("clients")
        .col("business_id")
        .col(("created_at", IndexOrder::Desc))
        .col(("id", IndexOrder::Desc))
        .to_owned();
    manager.create_index(recent).await
}

/// Who changed what; kept when the person is gone.
async fn audit_entries(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("audit_entries")
        .col(uuid("id").primary_key())
        .col(uuid("business_id"))
        .col(uuid_null("user_id"))
        .col(timestamp_with_time_zone("at"))
        .col(string("action"))
        .col(json_binary("detail"))
        .foreign_key(&mut belongs_to("audit_entries", "business_id", "businesses", "fk_audit_business"))
        .to_owned();
    manager.create_table(table).await?;
    let recent = Index::create()
        .name("audit_recent")
        .table("audit_entries")
        .col("business_id")
        .col(("at", IndexOrder::Desc))
        .col(("id", IndexOrder::Desc))
        .to_owned();
    manager.create_index(recent).await
}

/// Answers to requests that carried an idempotency key.
async fn kept_answers(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("kept_answers")
        .col(uuid("business_id"))
        .col(string("key"))
        .col(string("request_hash"))
        .col(big_integer("status"))
        .col(text("body"))
        .col(timestamp_with_time_zone("created_at"))
        .primary_key(Index::create().col("business_id").col("key"))
        .foreign_key(&mut belongs_to("kept_answers", "business_id", "businesses", "fk_kept_answers_business"))
        .to_owned();
    manager.create_table(table).await?;
    index(manager, "kept_answers_created", "kept_answers", "created_at").await
}

/// Plans that are there already learn of the features this version brings; what an operator took out stays out.
async fn new_features(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    const NEW: [&str; 7] = [
        "clients",
        "incidents",
        "project_sync",
        "drive_sync",
        "sms_alerts",
        "webhooks_out",
        "human_takeover",
    ];
    let connection = manager.get_connection();
    for code in PlanCode::ALL {
        let stored = Query::select()
            .column("features")
            .from("plans")
            .and_where(Expr::col("code").eq(code.as_str()))
            .to_owned();
        let Some(row) = connection.query_one(&stored).await? else { continue };
        let mut features: Value = row.try_get("", "features")?;
        let Some(list) = features.as_array_mut() else { continue };
        let built_in = Plan::built_in(code);
        let added =
            built_in.features.iter().map(|feature| feature.as_str()).filter(|name| NEW.contains(name));
        list.extend(added.map(Value::from));
        let update = Query::update()
            .table("plans")
            .value("features", features)
            .and_where(Expr::col("code").eq(code.as_str()))
            .to_owned();
        connection.execute(&update).await?;
    }
    Ok(())
}

async fn index(
    manager: &SchemaManager<'_>,
    name: &'static str,
    table: &'static str,
    column: &'static str,
) -> Result<(), DbErr> {
    manager.create_index(Index::create().name(name).table(table).col(column).to_owned()).await
}
