//! Who changed what, for the owner and for disputes.

use crate::calls::Position;
use crate::cell::json_of;
use crate::entity::audit_entry;
use crate::error::StoreError;
use crate::rows;
use crate::search::{Found, Listing, WINDOW, plausible};
use crate::store::Store;
use crate::text::clean;
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;
use studioconnect_domain::ids::{BusinessId, UserId};
use uuid::Uuid;

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// Its id.
    pub id: Uuid,
    /// Who; none is the program itself.
    pub user: Option<UserId>,
    /// When.
    pub at: DateTime<Utc>,
    /// What was done, such as `agent_config.changed`.
    pub action: String,
    /// Particulars; never a secret, never what somebody said. `id` is that of what was changed.
    pub detail: Value,
    /// From which address; none for what the program does by itself.
    pub address: Option<String>,
}

/// Which changes of a business are wanted; what is none does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeFilter {
    /// Who made them.
    pub user: Option<UserId>,
    /// What was done.
    pub action: Option<String>,
    /// Made then or later.
    pub since: Option<DateTime<Utc>>,
    /// Made before.
    pub until: Option<DateTime<Utc>>,
}

impl Store {
    /// Notes a change.
    pub async fn note_change(&self, business: BusinessId, entry: &AuditEntry) -> Result<(), StoreError> {
        let row = audit_entry::Model {
            id: entry.id,
            business_id: business.0,
            user_id: entry.user.map(|user| user.0),
            at: entry.at,
            action: entry.action.clone(),
            detail: json_of(&entry.detail)?,
            address: entry.address.as_deref().map(clean),
            subject: entry.detail.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok()),
        };
        let transaction = self.begin().await?;
        audit_entry::Entity::insert(row.into_active_model()).exec_without_returning(&*transaction).await?;
        transaction.commit().await
    }

    /// Changes of a business, newest first.
    pub async fn changes(
        &self,
        business: BusinessId,
        limit: u64,
        before: Option<Position<Uuid>>,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let found = self.search_changes(business, &ChangeFilter::default(), limit, before).await?;
        Ok(found.items)
    }

    /// Changes of one thing of a business, newest first.
    pub async fn changes_of(
        &self,
        business: BusinessId,
        subject: Uuid,
        limit: u64,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        use audit_entry::Column;
        let newest_first = audit_entry::Entity::find()
            .filter(Column::BusinessId.eq(business.0))
            .filter(Column::Subject.eq(subject))
            .order_by_desc(Column::At)
            .order_by_desc(Column::Id)
            .limit(limit);
        Ok(rows::all(&self.database, newest_first).await?.into_iter().map(read).collect())
    }

    /// Changes of a business that pass a filter, newest first. They are looked for in a part of the list, which ends where
    /// the answer says.
    pub async fn search_changes(
        &self,
        business: BusinessId,
        filter: &ChangeFilter,
        limit: u64,
        before: Option<Position<Uuid>>,
    ) -> Result<Found<AuditEntry>, StoreError> {
        self.search_changes_within(WINDOW, business, filter, (limit, before)).await
    }

    /// As [`search_changes`](Self::search_changes), with a part of the list of so many rows.
    pub(crate) async fn search_changes_within(
        &self,
        window: u64,
        business: BusinessId,
        filter: &ChangeFilter,
        (limit, before): (u64, Option<Position<Uuid>>),
    ) -> Result<Found<AuditEntry>, StoreError> {
        use audit_entry::Column;
        let mut all = audit_entry::Entity::find().filter(Column::BusinessId.eq(business.0));
        if let Some(since) = filter.since {
            all = all.filter(Column::At.gte(plausible(since)));
        }
        if let Some(until) = filter.until {
            all = all.filter(Column::At.lt(plausible(until)));
        }
        let mut wanted = all.clone();
        if let Some(user) = filter.user {
            wanted = wanted.filter(Column::UserId.eq(user.0));
        }
        if let Some(action) = &filter.action {
            wanted = wanted.filter(Column::Action.eq(action.as_str()));
        }
        let is_filtered = filter.user.is_some() || filter.action.is_some();
        let window = is_filtered.then_some(window);
        let listing = Listing { all, wanted, order: (Column::At, Column::Id), window };
        listing.after(&self.database, (limit, before), |row| Ok(read(row))).await
    }
}

fn read(row: audit_entry::Model) -> AuditEntry {
    AuditEntry {
        id: row.id,
        user: row.user_id.map(UserId),
        at: row.at,
        action: row.action,
        detail: row.detail,
        address: row.address,
    }
}
