//! The schema's history, one set for both engines.
//!
//! A migration that was released is never changed. A new one only adds, so that the version before it still runs on the
//! new schema while replicas are replaced one by one; what is no longer used is dropped a release later.

mod m20261123_000001_tenants;
mod m20261123_000002_calls;
mod m20261123_000003_leads;
mod m20261123_000004_accounts;
mod m20261123_000005_second_factor;
mod m20261123_000006_lists;
mod m20261123_000007_used_secrets;
mod m20261123_000008_audit_address;
mod m20261123_000009_transfer_contacts;
mod m20261123_000010_audit_subject;
mod m20261123_000011_engine;
mod m20261123_000012_knowledge;
mod m20261123_000013_widget;
mod m20261123_000014_conversations;
mod m20261123_000015_model_use;
mod m20261124_000016_outbox;
mod m20261124_000017_incidents;
mod m20261124_000018_pages;
mod m20261124_000019_recorded_turns;
mod m20261124_000020_priority;

use sea_orm_migration::sea_query::{ForeignKey, ForeignKeyAction, ForeignKeyCreateStatement};
use sea_orm_migration::{MigrationTrait, MigratorTrait};

pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_tenants::Migration),
            Box::new(m20261123_000002_calls::Migration),
            Box::new(m20261123_000003_leads::Migration),
            Box::new(m20261123_000004_accounts::Migration),
            Box::new(m20261123_000005_second_factor::Migration),
            Box::new(m20261123_000006_lists::Migration),
            Box::new(m20261123_000007_used_secrets::Migration),
            Box::new(m20261123_000008_audit_address::Migration),
            Box::new(m20261123_000009_transfer_contacts::Migration),
            Box::new(m20261123_000010_audit_subject::Migration),
            Box::new(m20261123_000011_engine::Migration),
            Box::new(m20261123_000012_knowledge::Migration),
            Box::new(m20261123_000013_widget::Migration),
            Box::new(m20261123_000014_conversations::Migration),
            Box::new(m20261123_000015_model_use::Migration),
            Box::new(m20261124_000016_outbox::Migration),
            Box::new(m20261124_000017_incidents::Migration),
            Box::new(m20261124_000018_pages::Migration),
            Box::new(m20261124_000019_recorded_turns::Migration),
            Box::new(m20261124_000020_priority::Migration),
        ]
    }
}

/// A row goes with what it belongs to.
fn belongs_to(
    table: &'static str,
    column: &'static str,
    parent: &'static str,
    name: &str,
) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(name)
        .from(table, column)
        .to(parent, "id")
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned()
}
