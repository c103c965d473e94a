//! Calls of a business as its people look through them.

use super::Position;
use crate::cell::word_of;
use crate::entity::call;
use crate::error::StoreError;
use crate::search::{Found, Listing, WINDOW, contains, plausible};
use crate::store::Store;
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Select};
use studioconnect_domain::call::{Call, CallStatus, EndReason, Outcome};
use studioconnect_domain::ids::{BusinessId, CallId};

/// Which calls of a business are wanted; what is none does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallFilter {
    /// Where they stand.
    pub status: Option<CallStatus>,
    /// What came of them.
    pub outcome: Option<Outcome>,
    /// Came in then or later.
    pub since: Option<DateTime<Utc>>,
    /// Came in before.
    pub until: Option<DateTime<Utc>>,
    /// Those alone that broke off on our side.
    pub has_failed: bool,
    /// Held in the caller's number or the summary.
    pub text: Option<String>,
}

impl CallFilter {
    /// Whether an index holds what passes, in the list's order.
    fn has_index(&self) -> bool {
        let has_text = self.text.as_deref().is_some_and(|text| !text.trim().is_empty());
        !has_text && !self.has_failed && (self.status.is_none() || self.outcome.is_none())
    }
}

impl Store {
    /// Calls of a business that pass a filter, newest first. All of them are looked at where no index leads to them.
    pub async fn calls(
        &self,
        business: BusinessId,
        filter: &CallFilter,
        limit: u64,
        before: Option<Position<CallId>>,
    ) -> Result<Vec<Call>, StoreError> {
        Ok(self.calls_in(None, business, filter, (limit, before)).await?.items)
    }

    /// The same for any filter: what no index leads to is looked for in a part of the list, which ends where the answer
    /// says.
    pub async fn search_calls(
        &self,
        business: BusinessId,
        filter: &CallFilter,
        limit: u64,
        before: Option<Position<CallId>>,
    ) -> Result<Found<Call>, StoreError> {
        self.search_calls_within(WINDOW, business, filter, (limit, before)).await
    }

    /// As [`search_calls`](Self::search_calls), with a part of the list of so many rows.
    pub(crate) async fn search_calls_within(
        &self,
        window: u64,
        business: BusinessId,
        filter: &CallFilter,
        part: (u64, Option<Position<CallId>>),
    ) -> Result<Found<Call>, StoreError> {
        self.calls_in((!filter.has_index()).then_some(window), business, filter, part).await
    }

    async fn calls_in(
        &self,
        window: Option<u64>,
        business: BusinessId,
        filter: &CallFilter,
        (limit, before): (u64, Option<Position<CallId>>),
    ) -> Result<Found<Call>, StoreError> {
        let all = within(of_business(business), filter);
        let listing = Listing {
            all,
            wanted: passing(business, filter)?,
            order: (call::Column::StartedAt, call::Column::Id),
            window,
        };
        let before = before.map(|(at, id)| (at, id.0));
        let read = |row: call::Model| row.read().map(|tracked| tracked.call);
        listing.after(&self.database, (limit, before), read).await
    }

    /// How many calls of a business pass a filter. All of them are looked at, so the filter should have an end.
    pub async fn count_calls(&self, business: BusinessId, filter: &CallFilter) -> Result<u64, StoreError> {
        Ok(passing(business, filter)?.count(&self.database).await?)
    }
}

fn of_business(business: BusinessId) -> Select<call::Entity> {
    call::Entity::find().filter(call::Column::BusinessId.eq(business.0))
}

/// Between the filter's times.
fn within(mut select: Select<call::Entity>, filter: &CallFilter) -> Select<call::Entity> {
    if let Some(since) = filter.since {
        select = select.filter(call::Column::StartedAt.gte(plausible(since)));
    }
    if let Some(until) = filter.until {
        select = select.filter(call::Column::StartedAt.lt(plausible(until)));
    }
    select
}

fn passing(business: BusinessId, filter: &CallFilter) -> Result<Select<call::Entity>, StoreError> {
    let mut select = of_business(business);
    if let Some(status) = filter.status {
        select = select.filter(call::Column::Status.eq(status.as_str()));
    }
    if let Some(outcome) = &filter.outcome {
        select = select.filter(call::Column::Outcome.eq(word_of(outcome)?));
    }
    select = within(select, filter);
    if filter.has_failed {
        let reasons = [word_of(&EndReason::ModelUnavailable)?, word_of(&EndReason::StreamLost)?];
        select = select.filter(call::Column::EndReason.is_in(reasons));
    }
    if let Some(text) = filter.text.as_deref().filter(|text| !text.trim().is_empty()) {
        select = select.filter(contains([call::Column::FromNumber, call::Column::Summary], text));
    }
    Ok(select)
}
