//! What people do with leads: look through them, move them on, write beside them.

use super::{listed, of_business};
use crate::calls::Position;
use crate::cell::word_of;
use crate::entity::{lead, lead_note, membership};
use crate::error::StoreError;
use crate::rows;
use crate::search::{Found, Listing, WINDOW, contains, plausible};
use crate::store::Store;
use crate::text::clean;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Asterisk, Expr, Func, LockType, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
};
use studioconnect_domain::ids::{BusinessId, LeadId, UserId};
use studioconnect_domain::lead::{Channel, Completeness, Handling, Lead, LeadStatus, Note};
use studioconnect_domain::priority::Priority;

/// Which leads of a business are wanted; what is none does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeadFilter {
    /// Where they stand.
    pub status: Option<LeadStatus>,
    /// Who looks after them.
    pub assigned_to: Option<UserId>,
    /// How they came in.
    pub channel: Option<Channel>,
    /// Whether all was answered.
    pub completeness: Option<Completeness>,
    /// How soon somebody should look at them.
    pub priority: Option<Priority>,
    /// Came in then or later.
    pub since: Option<DateTime<Utc>>,
    /// Came in before.
    pub until: Option<DateTime<Utc>>,
    /// Held in name, phone, mail, address or message.
    pub text: Option<String>,
}

impl LeadFilter {
    /// Whether an index holds what passes, in the list's order.
    fn has_index(&self) -> bool {
        let has_text = self.text.as_deref().is_some_and(|text| !text.trim().is_empty());
        let is_kind = self.channel.is_some() || self.completeness.is_some() || self.priority.is_some();
        !has_text && !is_kind && (self.status.is_none() || self.assigned_to.is_none())
    }
}

impl Store {
    /// A lead of a business.
    pub async fn find_lead(&self, business: BusinessId, id: LeadId) -> Result<Option<Lead>, StoreError> {
        let select = of_business(business).filter(lead::Column::Id.eq(id.0));
        rows::first(&self.database, select).await?.map(lead::Model::read).transpose()
    }

    /// Leads of a business that pass a filter, newest first. All of them are looked at where no index leads to them.
    pub async fn leads(
        &self,
        business: BusinessId,
        filter: &LeadFilter,
        limit: u64,
        before: Option<Position<LeadId>>,
    ) -> Result<Vec<Lead>, StoreError> {
        Ok(self.leads_in(None, business, filter, (limit, before)).await?.items)
    }

    /// The same for any filter: what no index leads to is looked for in a part of the list, which ends where the answer
    /// says.
    pub async fn search_leads(
        &self,
        business: BusinessId,
        filter: &LeadFilter,
        limit: u64,
        before: Option<Position<LeadId>>,
    ) -> Result<Found<Lead>, StoreError> {
        self.search_leads_within(WINDOW, business, filter, (limit, before)).await
    }

    /// As [`search_leads`](Self::search_leads), with a part of the list of so many rows.
    pub(crate) async fn search_leads_within(
        &self,
        window: u64,
        business: BusinessId,
        filter: &LeadFilter,
        part: (u64, Option<Position<LeadId>>),
    ) -> Result<Found<Lead>, StoreError> {
        self.leads_in((!filter.has_index()).then_some(window), business, filter, part).await
    }

    async fn leads_in(
        &self,
        window: Option<u64>,
        business: BusinessId,
        filter: &LeadFilter,
        (limit, before): (u64, Option<Position<LeadId>>),
    ) -> Result<Found<Lead>, StoreError> {
        let all = within(listed(business), filter);
        let listing = Listing {
            all,
            wanted: passing(business, filter)?,
            order: (lead::Column::CreatedAt, lead::Column::Id),
            window,
        };
        let before = before.map(|(at, id)| (at, id.0));
        listing.after(&self.database, (limit, before), lead::Model::read).await
    }

    /// How many leads of a business pass a filter. All of them are looked at, so the filter should have an end.
    pub async fn count_leads(&self, business: BusinessId, filter: &LeadFilter) -> Result<u64, StoreError> {
        Ok(passing(business, filter)?.count(&self.database).await?)
    }

    /// The same, but `most` when there are more: it costs no more than that, however many there are.
    pub async fn count_leads_up_to(
        &self,
        business: BusinessId,
        filter: &LeadFilter,
        most: u64,
    ) -> Result<u64, StoreError> {
        let select = passing(business, filter)?.select_only().column(lead::Column::Id).limit(most);
        let counted = Query::select()
            .expr_as(Func::count(Expr::col(Asterisk)), "counted")
            .from_subquery(select.into_query(), "passing")
            .to_owned();
        let row = self.database.query_one(&counted).await?;
        let counted: i64 = row.map_or(Ok(0), |row| row.try_get("", "counted"))?;
        Ok(counted.unsigned_abs())
    }

    /// Changes how a business deals with a lead that is still at `handling.version`; the stored one has the next.
    pub async fn handle_lead(
        &self,
        business: BusinessId,
        id: LeadId,
        handling: &Handling,
    ) -> Result<Lead, StoreError> {
        let transaction = self.begin().await?;
        let select = of_business(business).filter(lead::Column::Id.eq(id.0)).lock(LockType::NoKeyUpdate);
        let stored = rows::first(&*transaction, select).await?;
        let mut stored = stored.ok_or(StoreError::Missing { what: "lead" })?.read()?;
        if stored.handling.version != handling.version {
            return Err(StoreError::Overtaken { what: "lead" });
        }
        // Whoever has it already may be gone meanwhile; that is no reason to refuse what changes otherwise.
        if let Some(user) = handling.assigned_to.filter(|user| stored.handling.assigned_to != Some(*user)) {
            let member = membership::Entity::find_by_id((user.0, business.0)).count(&*transaction).await?;
            if member == 0 {
                return Err(StoreError::invalid("assignedTo", "is nobody of this business"));
            }
        }
        stored.handling = Handling { version: handling.version + 1, ..handling.clone() };
        lead::Entity::update_many()
            .col_expr(lead::Column::Status, Expr::value(word_of(&stored.handling.status)?))
            .col_expr(lead::Column::AssignedTo, Expr::value(handling.assigned_to.map(|user| user.0)))
            .col_expr(lead::Column::Version, Expr::value(i64::from(stored.handling.version)))
            .filter(lead::Column::Id.eq(id.0))
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(stored)
    }

    /// Writes a note beside a lead of a business.
    pub async fn add_note(&self, business: BusinessId, lead: LeadId, note: &Note) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        if !is_of(&*transaction, business, lead).await? {
            return Err(StoreError::Missing { what: "lead" });
        }
        let row = lead_note::Model {
            id: note.id.0,
            lead_id: lead.0,
            author: note.author.map(|user| user.0),
            at: note.at,
            text: clean(&note.text),
        };
        lead_note::Entity::insert(row.into_active_model()).exec_without_returning(&*transaction).await?;
        transaction.commit().await
    }

    /// Notes beside a lead of a business, oldest first.
    pub async fn notes(&self, business: BusinessId, lead: LeadId) -> Result<Vec<Note>, StoreError> {
        if !is_of(&self.database, business, lead).await? {
            return Ok(Vec::new());
        }
        let select = lead_note::Entity::find()
            .filter(lead_note::Column::LeadId.eq(lead.0))
            .order_by_asc(lead_note::Column::At)
            .order_by_asc(lead_note::Column::Id);
        Ok(rows::all(&self.database, select).await?.into_iter().map(lead_note::Model::read).collect())
    }
}

async fn is_of(
    connection: &impl ConnectionTrait,
    business: BusinessId,
    lead: LeadId,
) -> Result<bool, StoreError> {
    Ok(of_business(business).filter(lead::Column::Id.eq(lead.0)).count(connection).await? > 0)
}

/// Between the filter's times.
fn within(mut select: Select<lead::Entity>, filter: &LeadFilter) -> Select<lead::Entity> {
    if let Some(since) = filter.since {
        select = select.filter(lead::Column::CreatedAt.gte(plausible(since)));
    }
    if let Some(until) = filter.until {
        select = select.filter(lead::Column::CreatedAt.lt(plausible(until)));
    }
    select
}

fn passing(business: BusinessId, filter: &LeadFilter) -> Result<Select<lead::Entity>, StoreError> {
    let mut select = listed(business);
    if let Some(status) = &filter.status {
        select = select.filter(lead::Column::Status.eq(word_of(status)?));
    }
    if let Some(user) = filter.assigned_to {
        select = select.filter(lead::Column::AssignedTo.eq(user.0));
    }
    if let Some(channel) = &filter.channel {
        select = select.filter(lead::Column::Channel.eq(word_of(channel)?));
    }
    if let Some(completeness) = &filter.completeness {
        select = select.filter(lead::Column::Completeness.eq(word_of(completeness)?));
    }
    if let Some(priority) = &filter.priority {
        select = select.filter(lead::Column::Priority.eq(word_of(priority)?));
    }
    select = within(select, filter);
    if let Some(text) = filter.text.as_deref().filter(|text| !text.trim().is_empty()) {
        use lead::Column;
        select = select.filter(contains(
            [Column::Name, Column::Phone, Column::Email, Column::Address, Column::Message],
            text,
        ));
    }
    Ok(select)
}
