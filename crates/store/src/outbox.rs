//! What goes out to people: written down with what it tells about, claimed by whoever sends it, settled when it was sent.
//!
//! A claim is a lease: whoever dies with it loses it, and the message is claimed again. A claim counts as a try, so that a
//! message that kills its sender is given up in the end.

mod leads;

pub(crate) use leads::{release, tell_of};

use crate::calls::Position;
use crate::cell::word_of;
use crate::entity::outgoing;
use crate::error::StoreError;
use crate::rows;
use crate::search::Listing;
use crate::store::Store;
use crate::text::clean;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, OnConflict, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, Order, PaginatorTrait, QueryFilter,
};
use studioconnect_domain::ids::{BusinessId, OutgoingId};
use studioconnect_domain::outbox::{Lane, Next, Outgoing, OutgoingState, TRIES};

/// What is said of a message whose senders never came back.
const LOST: &str = "whoever sent it never came back";

impl Store {
    /// Puts a message into the outbox; one whose key is there already changes nothing. Whether it is new.
    pub async fn put_outgoing(&self, outgoing: &Outgoing) -> Result<bool, StoreError> {
        let transaction = self.begin().await?;
        let row = outgoing::Model::of(outgoing)?;
        let once = OnConflict::column(outgoing::Column::Key).do_nothing().to_owned();
        let written = outgoing::Entity::insert(row.into_active_model())
            .on_conflict(once)
            .exec_without_returning(&*transaction)
            .await;
        let is_new = match written {
            Ok(rows) => rows > 0,
            Err(sea_orm::DbErr::RecordNotInserted) => false,
            Err(fault) => return Err(fault.into()),
        };
        transaction.commit().await?;
        self.wake_senders();
        Ok(is_new)
    }

    /// Takes up to `most` messages of a lane that are due, the longest due first. Nobody else gets them until `lease`.
    pub async fn claim_outgoing(
        &self,
        lane: Lane,
        most: u64,
        now: DateTime<Utc>,
        lease: DateTime<Utc>,
    ) -> Result<Vec<Outgoing>, StoreError> {
        use outgoing::Column;
        let due = Query::select()
            .column(Column::Id)
            .from(outgoing::Entity)
            .and_where(Column::State.eq(word_of(&OutgoingState::Queued)?))
            .and_where(Column::Lane.eq(word_of(&lane)?))
            .and_where(Column::DueAt.lte(now))
            .order_by(Column::DueAt, Order::Asc)
            .limit(most)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .to_owned();
        let claim = Query::update()
            .table(outgoing::Entity)
            .value(Column::State, word_of(&OutgoingState::Sending)?)
            .value(Column::Attempts, Expr::col(Column::Attempts).add(1))
            .value(Column::LeaseUntil, lease)
            .and_where(Column::Id.in_subquery(due))
            .returning_all()
            .to_owned();
        let transaction = self.begin().await?;
        let found = transaction.query_all(&claim).await?;
        let claimed = found.iter().map(|row| rows::decode::<outgoing::Entity>(row, "")?.read());
        let mut claimed = claimed.collect::<Result<Vec<_>, _>>()?;
        transaction.commit().await?;
        claimed.sort_by_key(|outgoing| (outgoing.due_at, outgoing.id));
        Ok(claimed)
    }

    /// Puts messages back in line whose senders did not come back in time; how many. One that was in hand so often is given
    /// up: it may be what its senders die of.
    pub async fn reclaim_outgoing(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        use outgoing::Column;
        let transaction = self.begin().await?;
        let lost = outgoing::Entity::update_many()
            .col_expr(Column::LeaseUntil, Expr::value(None::<DateTime<Utc>>))
            .filter(Column::State.eq(word_of(&OutgoingState::Sending)?))
            .filter(Column::LeaseUntil.lte(now));
        lost.clone()
            .col_expr(Column::State, Expr::value(word_of(&OutgoingState::Dead)?))
            .col_expr(Column::Words, Expr::value(LOST))
            .col_expr(Column::EndedAt, Expr::value(now))
            .filter(Column::Attempts.gte(i64::from(TRIES)))
            .exec(&*transaction)
            .await?;
        let done = lost
            .col_expr(Column::State, Expr::value(word_of(&OutgoingState::Queued)?))
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected)
    }

    /// What became of a claimed message. A claim that was lost meanwhile settles nothing; whether it held.
    pub async fn settle_outgoing(&self, claimed: &Outgoing, next: &Next) -> Result<bool, StoreError> {
        use outgoing::Column;
        let transaction = self.begin().await?;
        let done = outgoing::Entity::update_many()
            .col_expr(Column::State, Expr::value(word_of(&next.state)?))
            .col_expr(Column::DueAt, Expr::value(next.due_at))
            .col_expr(Column::Words, Expr::value(next.words.as_deref().map(clean)))
            .col_expr(Column::EndedAt, Expr::value(next.ended_at))
            .col_expr(Column::LeaseUntil, Expr::value(None::<DateTime<Utc>>))
            .filter(Column::Id.eq(claimed.id.0))
            .filter(Column::State.eq(word_of(&OutgoingState::Sending)?))
            .filter(Column::Attempts.eq(i64::from(claimed.attempts)))
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected > 0)
    }

    /// Messages of a business, newest first.
    pub async fn outgoing(
        &self,
        business: BusinessId,
        limit: u64,
        before: Option<Position<OutgoingId>>,
    ) -> Result<Vec<Outgoing>, StoreError> {
        use outgoing::Column;
        let all = outgoing::Entity::find().filter(Column::BusinessId.eq(business.0));
        let order = (Column::CreatedAt, Column::Id);
        let listing = Listing { wanted: all.clone(), all, order, window: None };
        let before = before.map(|(at, id)| (at, id.0));
        Ok(listing.after(&self.database, (limit, before), outgoing::Model::read).await?.items)
    }

    /// Sends a message that was given up on its way again; none when the business has none such.
    pub async fn replay_outgoing(
        &self,
        business: BusinessId,
        id: OutgoingId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        use outgoing::Column;
        let transaction = self.begin().await?;
        let done = outgoing::Entity::update_many()
            .col_expr(Column::State, Expr::value(word_of(&OutgoingState::Queued)?))
            .col_expr(Column::DueAt, Expr::value(now))
            .col_expr(Column::Attempts, Expr::value(0))
            .col_expr(Column::EndedAt, Expr::value(None::<DateTime<Utc>>))
            .filter(Column::Id.eq(id.0))
            .filter(Column::BusinessId.eq(business.0))
            .filter(Column::State.eq(word_of(&OutgoingState::Dead)?))
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        self.wake_senders();
        Ok(done.rows_affected > 0)
    }

    /// How many messages of the whole installation are in a state: for whoever runs it.
    pub async fn count_outgoing(&self, state: OutgoingState) -> Result<u64, StoreError> {
        let select = outgoing::Entity::find().filter(outgoing::Column::State.eq(word_of(&state)?));
        Ok(select.count(&self.database).await?)
    }

    /// Forgets messages that ended before `before`; how many.
    pub async fn forget_old_outgoing(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        let transaction = self.begin().await?;
        let done = outgoing::Entity::delete_many()
            .filter(outgoing::Column::EndedAt.lt(before))
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected)
    }
}
