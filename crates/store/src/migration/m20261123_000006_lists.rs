//! Indexes in the order of the lists that are read through them, so that a page of a list costs the same however many rows
//! there are.

use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, Index, IndexOrder, MigrationTrait, SchemaManager, async_trait,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// Name, table, columns that are equal in all rows of the list, columns that the list is ordered by, newest first.
type List = (&'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const LISTS: [List; 7] = [
    ("leads_assigned", "leads", &["business_id", "assigned_to"], &["created_at", "id"]),
    ("calls_status", "calls", &["business_id", "status"], &["started_at", "id"]),
    ("calls_outcome", "calls", &["business_id", "outcome"], &["started_at", "id"]),
    // What a process that starts looks after is of no business in particular.
    ("calls_open", "calls", &["status"], &[]),
    ("lead_notes_written", "lead_notes", &["lead_id"], &["at", "id"]),
    ("links_open", "links", &["business_id", "purpose", "used_at"], &["created_at", "id"]),
    ("links_email", "links", &["email", "purpose"], &[]),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, table, equal, ordered) in LISTS {
            let mut index = Index::create().name(name).table(table).to_owned();
            for column in equal {
                index.col(*column);
            }
            for column in ordered {
                index.col((*column, IndexOrder::Desc));
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
