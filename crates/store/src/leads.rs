//! Leads.

mod handling;
mod joining;

pub use handling::LeadFilter;

use crate::calls::{self, Position};
use crate::entity::lead;
use crate::error::StoreError;
use crate::outbox;
use crate::rows;
use crate::store::Store;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Select};
use studioconnect_domain::ids::{BusinessId, CallId, ConversationId, LeadId};
use studioconnect_domain::lead::Lead;

impl Store {
    /// Keeps a lead as it stands now and returns it.
    ///
    /// A call or chat has one lead: a second one of the same call takes the first one's place, but for its id and the time
    /// it was first kept, unless it is older than what is there. Merging answers is the caller's business. One of somebody
    /// whose request of the last day is open is joined to that one.
    pub async fn put_lead(&self, lead: &Lead) -> Result<Lead, StoreError> {
        let transaction = self.begin().await?;
        let kept = keep(&*transaction, lead).await?;
        transaction.commit().await?;
        self.wake_senders();
        Ok(kept)
    }

    /// The lead of a chat of this business.
    pub async fn find_lead_of_conversation(
        &self,
        business: BusinessId,
        conversation: ConversationId,
    ) -> Result<Option<Lead>, StoreError> {
        let select = of_business(business).filter(lead::Column::ConversationId.eq(conversation.0));
        rows::first(&self.database, select).await?.map(lead::Model::read).transpose()
    }

    /// What the same person added to a request, oldest first.
    pub async fn joined_leads(&self, business: BusinessId, lead: LeadId) -> Result<Vec<Lead>, StoreError> {
        let select = of_business(business)
            .filter(lead::Column::JoinedTo.eq(lead.0))
            .order_by_asc(lead::Column::CreatedAt)
            .order_by_asc(lead::Column::Id);
        rows::all(&self.database, select).await?.into_iter().map(lead::Model::read).collect()
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
        self.leads(business, &LeadFilter::default(), limit, before).await
    }
}

/// [`Store::put_lead`] within a transaction that keeps more than the lead.
pub(crate) async fn keep(connection: &impl ConnectionTrait, lead: &Lead) -> Result<Lead, StoreError> {
    if let Some(call) = lead.call_id
        && !calls::is_of(connection, lead.business_id, call).await?
    {
        return Err(StoreError::Missing { what: "call" });
    }
    upsert(connection, lead).await?;
    let stored = rows::first(connection, stored_as(lead)).await?;
    let stored = stored.ok_or(StoreError::Conflict { what: "id" })?.read()?;
    let joined_to = joining::join(connection, &stored).await?;
    let stored = Lead { joined_to, ..stored };
    outbox::tell_of(connection, &stored).await?;
    Ok(stored)
}

fn of_business(business: BusinessId) -> Select<lead::Entity> {
    lead::Entity::find().filter(lead::Column::BusinessId.eq(business.0))
}

/// Those that stand in lists: what was joined to another one stands beside that one.
fn listed(business: BusinessId) -> Select<lead::Entity> {
    of_business(business).filter(lead::Column::JoinedTo.is_null())
}

fn stored_as(lead: &Lead) -> Select<lead::Entity> {
    let select = of_business(lead.business_id);
    match (lead.call_id, lead.conversation_id) {
        (Some(call), _) => select.filter(lead::Column::CallId.eq(call.0)),
        (None, Some(conversation)) => select.filter(lead::Column::ConversationId.eq(conversation.0)),
        (None, None) => select.filter(lead::Column::Id.eq(lead.id.0)),
    }
}

/// Another business's row with the same id is left alone.
async fn upsert(connection: &impl ConnectionTrait, lead: &Lead) -> Result<(), StoreError> {
    use lead::Column;
    let identity = match (lead.call_id, lead.conversation_id) {
        (Some(_), _) => Column::CallId,
        (None, Some(_)) => Column::ConversationId,
        (None, None) => Column::Id,
    };
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
            Column::Priority,
            Column::Emergency,
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
