//! Calls of a business as its people look through them.

use super::{Position, many};
use crate::cell::word_of;
use crate::entity::call;
use crate::error::StoreError;
use crate::search::{after, contains, plausible};
use crate::store::Store;
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select};
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

impl Store {
    /// Calls of a business that pass a filter, newest first.
    pub async fn calls(
        &self,
        business: BusinessId,
        filter: &CallFilter,
        limit: u64,
        before: Option<Position<CallId>>,
    ) -> Result<Vec<Call>, StoreError> {
        let mut select = passing(business, filter)?;
        if let Some((at, id)) = before {
            select = select.filter(after(call::Column::StartedAt, call::Column::Id, at, id.0));
        }
        let newest_first =
            select.order_by_desc(call::Column::StartedAt).order_by_desc(call::Column::Id).limit(limit);
        many(&self.database, newest_first).await
    }

    /// How many calls of a business pass a filter. All of them are looked at, so the filter should have an end.
    pub async fn count_calls(&self, business: BusinessId, filter: &CallFilter) -> Result<u64, StoreError> {
        Ok(passing(business, filter)?.count(&self.database).await?)
    }
}

fn passing(business: BusinessId, filter: &CallFilter) -> Result<Select<call::Entity>, StoreError> {
    let mut select = call::Entity::find().filter(call::Column::BusinessId.eq(business.0));
    if let Some(status) = filter.status {
        select = select.filter(call::Column::Status.eq(status.as_str()));
    }
    if let Some(outcome) = &filter.outcome {
        select = select.filter(call::Column::Outcome.eq(word_of(outcome)?));
    }
    if let Some(since) = filter.since {
        select = select.filter(call::Column::StartedAt.gte(plausible(since)));
    }
    if let Some(until) = filter.until {
        select = select.filter(call::Column::StartedAt.lt(plausible(until)));
    }
    if filter.has_failed {
        let reasons = [word_of(&EndReason::ModelUnavailable)?, word_of(&EndReason::StreamLost)?];
        select = select.filter(call::Column::EndReason.is_in(reasons));
    }
    if let Some(text) = filter.text.as_deref().filter(|text| !text.trim().is_empty()) {
        select = select.filter(contains([call::Column::FromNumber, call::Column::Summary], text));
    }
    Ok(select)
}
