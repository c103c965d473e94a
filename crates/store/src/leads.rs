//! Leads.

mod handling;

pub use handling::LeadFilter;

use crate::calls::{self, Position};
use crate::entity::lead;
use crate::error::StoreError;
use crate::rows;
use crate::search::after;
use crate::store::Store;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use studioconnect_domain::ids::{BusinessId, CallId, LeadId};
use studioconnect_domain::lead::Lead;

impl Store {
    /// Keeps a lead as it stands now and returns it.
    ///
    /// A call has one lead: a second one of the same call takes the first one's place, but for its id and the time it
    /// was first kept, unless it is older than what is there. Merging answers is the caller's business.
    pub async fn put_lead(&self, lead: &Lead) -> Result<Lead, StoreError> {
        let transaction = self.begin().await?;
        if let Some(call) = lead.call_id
            && !calls::is_of(&*transaction, lead.business_id, call).await?
        {
            return Err(StoreError::Missing { what: "call" });
        }
        upsert(&*transaction, lead).await?;
        let stored = rows::first(&*transaction, stored_as(lead)).await?;
        transaction.commit().await?;
        stored.ok_or(StoreError::Conflict { what: "id" })?.read()
    }

    /// The lead of a call of this business.
    pub async fn find_lead_of_call(
        &self,
        business: BusinessId,
        call: CallId,
    ) -> Result<Option<Lead>, StoreError> {
        let select = of_business(business).filter(lead::Column::CallId.eq(call.0));
        rows::first(&self.database, select).await?.map(lead::Model::read).transpose()
    }

    /// The latest leads of a business, newest first, those after `before` in the list when it is given.
    pub async fn recent_leads(
        &self,
        business: BusinessId,
        limit: u64,
        before: Option<Position<LeadId>>,
    ) -> Result<Vec<Lead>, StoreError> {
        let mut select = of_business(business);
        if let Some((at, id)) = before {
            select = select.filter(after(lead::Column::CreatedAt, lead::Column::Id, at, id.0));
        }
        let newest_first =
            select.order_by_desc(lead::Column::CreatedAt).order_by_desc(lead::Column::Id).limit(limit);
        let found = rows::all(&self.database, newest_first).await?;
        found.into_iter().map(lead::Model::read).collect()
    }
}

fn of_business(business: BusinessId) -> Select<lead::Entity> {
    lead::Entity::find().filter(lead::Column::BusinessId.eq(business.0))
}

fn stored_as(lead: &Lead) -> Select<lead::Entity> {
    let select = of_business(lead.business_id);
    match lead.call_id {
        Some(call) => select.filter(lead::Column::CallId.eq(call.0)),
        None => select.filter(lead::Column::Id.eq(lead.id.0)),
    }
}

/// Another business's row with the same id is left alone.
async fn upsert(connection: &impl ConnectionTrait, lead: &Lead) -> Result<(), StoreError> {
    use lead::Column;
    let identity = if lead.call_id.is_some() { Column::CallId } else { Column::Id };
    let own = Expr::col((lead::Entity, Column::BusinessId)).eq(lead.business_id.0);
    // Snapshots of one lead may be written by several hands; one that was overtaken on its way changes nothing.
    let newer = Expr::col((lead::Entity, Column::UpdatedAt)).lte(lead.updated_at);
    let changed = OnConflict::column(identity)
        .update_columns([
            Column::Channel,
            Column::Completeness,
            Column::Name,
            Column::Email,
            Column::Phone,
            Column::Address,
            Column::Message,
            Column::Answers,
            Column::RecordingUrl,
            Column::UpdatedAt,
        ])
        .action_and_where(own.and(newer))
        .to_owned();
    lead::Entity::insert(lead::Model::of(lead)?)
        .on_conflict(changed)
        .exec_without_returning(connection)
        .await?;
    Ok(())
}
