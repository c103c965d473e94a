//! What came in during a call, line by line, so that a bad call can be replayed.

use crate::entity::call_input;
use crate::error::StoreError;
use crate::rows;
use crate::store::Store;
use crate::transcript::of_call;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, QueryOrder};
use std::collections::BTreeMap;
use studioconnect_domain::ids::{BusinessId, CallId};

impl Store {
    /// Adds the lines of one batch, numbered from 0 within the call; a batch that is there already is replaced.
    pub async fn append_inputs(&self, call: CallId, batch: u32, lines: &str) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        put_inputs(&*transaction, [(call, batch, lines)]).await?;
        transaction.commit().await
    }

    /// All batches of a call of this business, joined in order; empty when nothing was recorded.
    pub async fn inputs(&self, business: BusinessId, call: CallId) -> Result<String, StoreError> {
        let select = of_call::<call_input::Entity>(call_input::Column::CallId, business, call);
        let select = select.order_by_asc(call_input::Column::Batch);
        let found = rows::all(&self.database, select).await?;
        Ok(found.into_iter().map(|row| row.lines).collect())
    }
}

/// Writes batches of any calls; of two with the same number the later counts.
pub(crate) async fn put_inputs<'a>(
    connection: &impl ConnectionTrait,
    batches: impl IntoIterator<Item = (CallId, u32, &'a str)>,
) -> Result<(), StoreError> {
    use call_input::Column;
    let latest: BTreeMap<(CallId, u32), &str> =
        batches.into_iter().map(|(call, batch, lines)| ((call, batch), lines)).collect();
    let new =
        latest.into_iter().map(|((call, batch), lines)| call_input::Model::of(call, batch, lines)).collect();
    let changed =
        OnConflict::columns([Column::CallId, Column::Batch]).update_column(Column::Lines).to_owned();
    rows::put_all::<call_input::Entity>(connection, new, &changed).await
}
