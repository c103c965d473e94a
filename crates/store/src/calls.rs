//! Calls: the row that webhooks, the live call and the provider's callbacks all write to.

mod progress;
mod search;

pub(crate) use progress::Tracked;
pub use progress::{Finish, StatusReport};
pub use search::CallFilter;

use crate::entity::call;
use crate::error::StoreError;
use crate::outbox;
use crate::rows;
use crate::store::Store;
use crate::transaction::Transaction;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use std::collections::BTreeSet;
use studioconnect_domain::call::{Call, CallStatus};
use studioconnect_domain::ids::{BusinessId, CallId};
use uuid::Uuid;

/// Where a page of a list ended: the time and id of its last row.
pub type Position<Id> = (DateTime<Utc>, Id);

impl Store {
    /// Adds a call that has come in. Webhooks repeat: a call that is known already is returned as it stands.
    pub async fn insert_call(&self, new: &Call) -> Result<Call, StoreError> {
        let known = OnConflict::column(call::Column::ProviderSid).do_nothing().to_owned();
        let transaction = self.begin().await?;
        call::Entity::insert(call::Model::of(&Tracked::from(new.clone()))?)
            .on_conflict(known)
            .exec_without_returning(&*transaction)
            .await?;
        let stored = locked(&transaction, by_sid(&new.provider_sid)).await?;
        transaction.commit().await?;
        Ok(stored.ok_or(StoreError::Missing { what: "call" })?.call)
    }

    /// A call of this business.
    pub async fn find_call(&self, business: BusinessId, id: CallId) -> Result<Option<Call>, StoreError> {
        let select = call::Entity::find_by_id(id.0).filter(call::Column::BusinessId.eq(business.0));
        one(&self.database, select).await
    }

    /// A call by the provider's id: for the provider's signed webhooks only, which know no tenant.
    pub async fn find_call_by_sid(&self, sid: &str) -> Result<Option<Call>, StoreError> {
        one(&self.database, by_sid(sid)).await
    }

    /// Calls that are not over, of all businesses, oldest first: what a process that starts has to look after.
    pub async fn open_calls(&self) -> Result<Vec<Call>, StoreError> {
        let open = [CallStatus::Ringing, CallStatus::InProgress].map(CallStatus::as_str);
        let select = call::Entity::find()
            .filter(call::Column::Status.is_in(open))
            .order_by_asc(call::Column::StartedAt)
            .order_by_asc(call::Column::Id);
        many(&self.database, select).await
    }

    /// The latest calls of a business, newest first, those after `before` in the list when it is given.
    pub async fn recent_calls(
        &self,
        business: BusinessId,
        limit: u64,
        before: Option<Position<CallId>>,
    ) -> Result<Vec<Call>, StoreError> {
        self.calls(business, &CallFilter::default(), limit, before).await
    }

    /// How many calls a business has had since `at`.
    pub async fn count_calls_since(
        &self,
        business: BusinessId,
        at: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        let select = call::Entity::find()
            .filter(call::Column::BusinessId.eq(business.0))
            .filter(call::Column::StartedAt.gte(at));
        Ok(select.count(&self.database).await?)
    }

    /// The media stream has begun, with `connection_id` as our end of it. A later stream of the same call replaces the
    /// id, never the time.
    pub async fn mark_answered(
        &self,
        id: CallId,
        at: DateTime<Utc>,
        connection_id: &str,
    ) -> Result<Call, StoreError> {
        let changed = self.change(by_id(id), |call| call.answer(at, connection_id)).await?;
        changed.ok_or(StoreError::Missing { what: "call" })
    }

    /// What we know at the end of a call. May come before or after the provider's word, and again.
    pub async fn finish_call(&self, id: CallId, finish: &Finish) -> Result<Call, StoreError> {
        let changed = self.change(by_id(id), |call| call.finish(finish)).await?;
        changed.ok_or(StoreError::Missing { what: "call" })
    }

    /// What the provider says of a call, in any order and as often as it likes; none when the call is not ours.
    pub async fn apply_status(&self, sid: &str, report: &StatusReport) -> Result<Option<Call>, StoreError> {
        self.change(by_sid(sid), |call| call.report(report)).await
    }

    async fn change(
        &self,
        select: Select<call::Entity>,
        change: impl FnOnce(&mut Tracked),
    ) -> Result<Option<Call>, StoreError> {
        let transaction = self.begin().await?;
        let changed = self::change(&transaction, select, change).await?;
        transaction.commit().await?;
        Ok(changed)
    }
}

pub(crate) fn by_id(id: CallId) -> Select<call::Entity> {
    call::Entity::find_by_id(id.0)
}

fn by_sid(sid: &str) -> Select<call::Entity> {
    call::Entity::find().filter(call::Column::ProviderSid.eq(crate::text::clean(sid)))
}

/// Reads a call such that nobody changes it until the transaction ends.
async fn locked(
    transaction: &Transaction,
    select: Select<call::Entity>,
) -> Result<Option<Tracked>, StoreError> {
    let found = rows::first(&**transaction, select.lock(LockType::NoKeyUpdate)).await?;
    found.map(call::Model::read).transpose()
}

/// Writes a call that is known to be there.
async fn save(transaction: &Transaction, tracked: &Tracked) -> Result<(), StoreError> {
    let row = call::Model::of(tracked)?.reset_all();
    call::Entity::update(row).validate()?.exec_without_returning(&**transaction).await?;
    Ok(())
}

/// Changes a call within a transaction; none when there is no such call.
pub(crate) async fn change(
    transaction: &Transaction,
    select: Select<call::Entity>,
    change: impl FnOnce(&mut Tracked),
) -> Result<Option<Call>, StoreError> {
    let Some(before) = locked(transaction, select).await? else { return Ok(None) };
    let mut after = before.clone();
    change(&mut after);
    if after != before {
        save(transaction, &after).await?;
    }
    if let (None, Some(ended_at)) = (before.call.ended_at, after.call.ended_at) {
        outbox::release(&**transaction, after.call.id, ended_at).await?;
    }
    Ok(Some(after.call))
}

/// Those of `ids` that there are; nobody changes or erases them until the transaction ends. Everybody takes them in the
/// order of their ids, so no two wait for each other.
pub(crate) async fn lock_all(
    transaction: &Transaction,
    ids: impl IntoIterator<Item = CallId>,
) -> Result<BTreeSet<CallId>, StoreError> {
    let select = call::Entity::find()
        .select_only()
        .column(call::Column::Id)
        .filter(call::Column::Id.is_in(ids.into_iter().map(|id| id.0)))
        .order_by_asc(call::Column::Id)
        .lock(LockType::NoKeyUpdate);
    let found: Vec<Uuid> = select.into_tuple().all(&**transaction).await?;
    Ok(found.into_iter().map(CallId).collect())
}

/// Whether this business has this call.
pub(crate) async fn is_of(
    connection: &impl ConnectionTrait,
    business: BusinessId,
    id: CallId,
) -> Result<bool, StoreError> {
    let select = by_id(id).filter(call::Column::BusinessId.eq(business.0));
    Ok(select.count(connection).await? > 0)
}

async fn one(
    connection: &impl ConnectionTrait,
    select: Select<call::Entity>,
) -> Result<Option<Call>, StoreError> {
    let found = rows::first(connection, select).await?;
    found.map(|row| row.read().map(|tracked| tracked.call)).transpose()
}

async fn many(
    connection: &impl ConnectionTrait,
    select: Select<call::Entity>,
) -> Result<Vec<Call>, StoreError> {
    let found = rows::all(connection, select).await?;
    found.into_iter().map(|row| row.read().map(|tracked| tracked.call)).collect()
}
