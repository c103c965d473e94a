//! Conversations of a business as its people look through them. One in which the visitor has said nothing is in no list.

use crate::calls::Position;
use crate::cell::word_of;
use crate::entity::conversation;
use crate::error::StoreError;
use crate::search::{Found, Listing, WINDOW, contains, plausible};
use crate::store::Store;
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Select};
use studioconnect_domain::conversation::{Conversation, ConversationStatus};
use studioconnect_domain::ids::{BusinessId, ConversationId};

/// Which conversations of a business are wanted; what is none does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConversationFilter {
    /// Who answers in them.
    pub status: Option<ConversationStatus>,
    /// Whether a lead came of them.
    pub has_lead: Option<bool>,
    /// Something was said in them then or later.
    pub since: Option<DateTime<Utc>>,
    /// Nothing was said in them since.
    pub until: Option<DateTime<Utc>>,
    /// Held in what the visitor wrote, or in the page's address.
    pub text: Option<String>,
}

impl ConversationFilter {
    /// Whether an index holds what passes, in the list's order.
    fn has_index(&self) -> bool {
        let has_text = self.text.as_deref().is_some_and(|text| !text.trim().is_empty());
        !has_text && self.has_lead.is_none()
    }
}

impl Store {
    /// Conversations of a business that pass a filter, the one in which somebody spoke last first. What no index leads to is
    /// looked for in a part of the list, which ends where the answer says.
    pub async fn search_conversations(
        &self,
        business: BusinessId,
        filter: &ConversationFilter,
        limit: u64,
        before: Option<Position<ConversationId>>,
    ) -> Result<Found<Conversation>, StoreError> {
        self.search_conversations_within(WINDOW, business, filter, (limit, before)).await
    }

    /// As [`search_conversations`](Self::search_conversations), with a part of the list of so many rows.
    pub(crate) async fn search_conversations_within(
        &self,
        window: u64,
        business: BusinessId,
        filter: &ConversationFilter,
        (limit, before): (u64, Option<Position<ConversationId>>),
    ) -> Result<Found<Conversation>, StoreError> {
        let listing = Listing {
            all: within(listed(business), filter),
            wanted: passing(business, filter)?,
            order: (conversation::Column::ListedAt, conversation::Column::Id),
            window: (!filter.has_index()).then_some(window),
        };
        let before = before.map(|(at, id)| (at, id.0));
        listing.after(&self.database, (limit, before), conversation::Model::read).await
    }
}

fn listed(business: BusinessId) -> Select<conversation::Entity> {
    conversation::Entity::find()
        .filter(conversation::Column::BusinessId.eq(business.0))
        .filter(conversation::Column::ListedAt.is_not_null())
}

/// Between the filter's times.
fn within(
    mut select: Select<conversation::Entity>,
    filter: &ConversationFilter,
) -> Select<conversation::Entity> {
    if let Some(since) = filter.since {
        select = select.filter(conversation::Column::ListedAt.gte(plausible(since)));
    }
    if let Some(until) = filter.until {
        select = select.filter(conversation::Column::ListedAt.lt(plausible(until)));
    }
    select
}

fn passing(
    business: BusinessId,
    filter: &ConversationFilter,
) -> Result<Select<conversation::Entity>, StoreError> {
    let mut select = within(listed(business), filter);
    if let Some(status) = &filter.status {
        select = select.filter(conversation::Column::Status.eq(word_of(status)?));
    }
    match filter.has_lead {
        Some(true) => select = select.filter(conversation::Column::LeadId.is_not_null()),
        Some(false) => select = select.filter(conversation::Column::LeadId.is_null()),
        None => {}
    }
    if let Some(text) = filter.text.as_deref().filter(|text| !text.trim().is_empty()) {
        select = select.filter(contains([conversation::Column::Said, conversation::Column::PageUrl], text));
    }
    Ok(select)
}
