//! Who changed what, for the owner and for disputes.

use crate::calls::Position;
use crate::cell::json_of;
use crate::entity::audit_entry;
use crate::error::StoreError;
use crate::rows;
use crate::search::after;
use crate::store::Store;
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
    /// Particulars; never a secret, never what somebody said.
    pub detail: Value,
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
        let mut select = audit_entry::Entity::find().filter(audit_entry::Column::BusinessId.eq(business.0));
        if let Some((at, id)) = before {
            select = select.filter(after(audit_entry::Column::At, audit_entry::Column::Id, at, id));
        }
        let newest_first =
            select.order_by_desc(audit_entry::Column::At).order_by_desc(audit_entry::Column::Id).limit(limit);
        let found = rows::all(&self.database, newest_first).await?;
        let read = |row: audit_entry::Model| AuditEntry {
            id: row.id,
            user: row.user_id.map(UserId),
            at: row.at,
            action: row.action,
            detail: row.detail,
        };
        Ok(found.into_iter().map(read).collect())
    }
}
