//! What was said in a call, and what happened.

use crate::entity::{call, call_event, turn};
use crate::error::StoreError;
use crate::rows;
use crate::store::Store;
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Select};
use std::collections::BTreeMap;
use studioconnect_domain::ids::{BusinessId, CallId};
use studioconnect_domain::transcript::{CallEvent, Turn};

impl Store {
    /// Writes turns; one that is there already takes its new words.
    pub async fn put_turns(&self, call: CallId, turns: &[Turn]) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        put_turns(&*transaction, turns.iter().map(|turn| (call, turn))).await?;
        transaction.commit().await
    }

    /// The transcript of a call of this business, in order.
    pub async fn turns(&self, business: BusinessId, call: CallId) -> Result<Vec<Turn>, StoreError> {
        let select = of_call::<turn::Entity>(turn::Column::CallId, business, call);
        let select = select.order_by_asc(turn::Column::Seq);
        let found = rows::all(&self.database, select).await?;
        found.into_iter().map(turn::Model::read).collect()
    }

    /// Writes events; one that is there already takes its new particulars.
    pub async fn put_events(&self, call: CallId, events: &[CallEvent]) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        put_events(&*transaction, events.iter().map(|event| (call, event))).await?;
        transaction.commit().await
    }

    /// The event log of a call of this business, in order.
    pub async fn events(&self, business: BusinessId, call: CallId) -> Result<Vec<CallEvent>, StoreError> {
        let select = of_call::<call_event::Entity>(call_event::Column::CallId, business, call);
        let select = select.order_by_asc(call_event::Column::Seq);
        let found = rows::all(&self.database, select).await?;
        found.into_iter().map(call_event::Model::read).collect()
    }
}

/// Rows of a call, when it is this business's.
///
/// The call is named within as well: else SQLite collects all calls of the business first.
pub(crate) fn of_call<E: EntityTrait>(
    call_id: impl ColumnTrait,
    business: BusinessId,
    call: CallId,
) -> Select<E> {
    let own = Query::select()
        .column(call::Column::Id)
        .from(call::Entity)
        .and_where(call::Column::Id.eq(call.0))
        .and_where(call::Column::BusinessId.eq(business.0))
        .to_owned();
    E::find().filter(call_id.eq(call.0)).filter(call_id.in_subquery(own))
}

/// Writes turns of any calls. Of two with the same place the later counts: one statement must not meet a row twice.
pub(crate) async fn put_turns<'a>(
    connection: &impl ConnectionTrait,
    turns: impl IntoIterator<Item = (CallId, &'a Turn)>,
) -> Result<(), StoreError> {
    use turn::Column;
    let latest: BTreeMap<(CallId, u32), &Turn> =
        turns.into_iter().map(|(call, turn)| ((call, turn.seq), turn)).collect();
    let new: Vec<_> =
        latest.into_iter().map(|((call, _), turn)| turn::Model::of(call, turn)).collect::<Result<_, _>>()?;
    let changed = OnConflict::columns([Column::CallId, Column::Seq])
        .update_columns([Column::Speaker, Column::Text, Column::Heard, Column::StartedMs, Column::EndedMs])
        .to_owned();
    rows::put_all::<turn::Entity>(connection, new, &changed).await
}

/// Writes events of any calls; of two with the same place the later counts.
pub(crate) async fn put_events<'a>(
    connection: &impl ConnectionTrait,
    events: impl IntoIterator<Item = (CallId, &'a CallEvent)>,
) -> Result<(), StoreError> {
    use call_event::Column;
    let latest: BTreeMap<(CallId, u32), &CallEvent> =
        events.into_iter().map(|(call, event)| ((call, event.seq), event)).collect();
    let new: Vec<_> = latest
        .into_iter()
        .map(|((call, _), event)| call_event::Model::of(call, event))
        .collect::<Result<_, _>>()?;
    let changed = OnConflict::columns([Column::CallId, Column::Seq])
        .update_columns([Column::AtMs, Column::Kind, Column::Detail])
        .to_owned();
    rows::put_all::<call_event::Entity>(connection, new, &changed).await
}
