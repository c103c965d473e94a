//! Sessions of people, and the refresh tokens that renew them.

use crate::entity::{session, used_secret};
use crate::error::StoreError;
use crate::rows;
use crate::store::Store;
use crate::text::clean;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use studioconnect_domain::account::Session;
use studioconnect_domain::ids::{BusinessId, SessionId, UserId};

/// Tabs of one browser renew at the same moment; the token before the last is no theft this soon after.
const OVERLAP: TimeDelta = TimeDelta::seconds(20);

/// Most sessions of one person; beyond it the one that was renewed longest ago ends.
const MOST: u64 = 50;

/// What became of a refresh token that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// It was the right one; the new one is valid from now on.
    Renewed(Session),
    /// It has just been used by somebody else with the same cookies; they got the new one, and this request is theirs too.
    Shared(Session),
    /// It was used long ago: somebody has a copy. The session is over for everybody.
    Reused(Session),
    /// There is no such session, or it is over, or this was never its token: an id alone, which lists and logs show, ends
    /// nobody's session.
    Unknown,
}

impl Store {
    /// Opens a session whose refresh token hashes to `secret_hash`. Of somebody who has very many, the oldest ends.
    pub async fn open_session(&self, session: &Session, secret_hash: &str) -> Result<(), StoreError> {
        let row = session::Model {
            id: session.id.0,
            user_id: session.user_id.0,
            secret_hash: secret_hash.to_owned(),
            previous_hash: None,
            created_at: session.created_at,
            seen_at: session.seen_at,
            expires_at: session.expires_at,
            user_agent: clean(&session.user_agent),
            address: clean(&session.address),
            business_id: None,
        };
        let transaction = self.begin().await?;
        session::Entity::insert(row.into_active_model()).exec_without_returning(&*transaction).await?;
        let others = session::Entity::find()
            .filter(session::Column::UserId.eq(session.user_id.0))
            .filter(session::Column::Id.ne(session.id.0))
            .order_by_desc(session::Column::SeenAt)
            .order_by_desc(session::Column::Id)
            .offset(MOST - 1)
            .limit(MOST);
        let over: Vec<_> = rows::all(&*transaction, others).await?.into_iter().map(|row| row.id).collect();
        if !over.is_empty() {
            session::Entity::delete_many()
                .filter(session::Column::Id.is_in(over))
                .exec(&*transaction)
                .await?;
        }
        transaction.commit().await
    }

    /// Renews a session: the token that hashes to `shown` is used up and `next` takes its place.
    pub async fn renew_session(
        &self,
        id: SessionId,
        shown: &str,
        next: &str,
        address: &str,
        now: DateTime<Utc>,
    ) -> Result<Renewal, StoreError> {
        // Strangers' tokens do not stand in line with those who write.
        if rows::first(&self.database, session::Entity::find_by_id(id.0)).await?.is_none() {
            return Ok(Renewal::Unknown);
        }
        let transaction = self.begin().await?;
        let select = session::Entity::find_by_id(id.0).lock(LockType::Update);
        let Some(row) = rows::first(&*transaction, select).await? else { return Ok(Renewal::Unknown) };
        if row.expires_at <= now {
            return Ok(Renewal::Unknown);
        }
        if row.secret_hash != shown {
            let is_previous = row.previous_hash.as_deref() == Some(shown);
            if is_previous && now - row.seen_at <= OVERLAP {
                return Ok(Renewal::Shared(row.read()));
            }
            if !is_previous && !was_used(&*transaction, id, shown).await? {
                return Ok(Renewal::Unknown);
            }
            session::Entity::delete_by_id(id.0).exec(&*transaction).await?;
            transaction.commit().await?;
            return Ok(Renewal::Reused(row.read()));
        }
        note_used(&*transaction, id, shown, now).await?;
        let expires_at = now + Session::IDLE;
        session::Entity::update_many()
            .col_expr(session::Column::PreviousHash, Expr::value(shown))
            .col_expr(session::Column::SecretHash, Expr::value(next))
            .col_expr(session::Column::SeenAt, Expr::value(now))
            .col_expr(session::Column::ExpiresAt, Expr::value(expires_at))
            .col_expr(session::Column::Address, Expr::value(clean(address)))
            .filter(session::Column::Id.eq(id.0))
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(Renewal::Renewed(Session { seen_at: now, expires_at, address: address.to_owned(), ..row.read() }))
    }

    /// Notes which business a session of somebody works in from now on.
    pub async fn enter_business(
        &self,
        user: UserId,
        id: SessionId,
        business: BusinessId,
    ) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        session::Entity::update_many()
            .col_expr(session::Column::BusinessId, Expr::value(business.0))
            .filter(session::Column::Id.eq(id.0))
            .filter(session::Column::UserId.eq(user.0))
            .exec(&*transaction)
            .await?;
        transaction.commit().await
    }

    /// The business a session went to last; none when it is still where it began. Whether its person may still enter it
    /// is another question.
    pub async fn business_of_session(&self, id: SessionId) -> Result<Option<BusinessId>, StoreError> {
        let found = rows::first(&self.database, session::Entity::find_by_id(id.0)).await?;
        Ok(found.and_then(|row| row.business_id).map(BusinessId))
    }

    /// Where a session was renewed from last; none when it is over.
    pub async fn address_of_session(&self, id: SessionId) -> Result<Option<String>, StoreError> {
        let found = rows::first(&self.database, session::Entity::find_by_id(id.0)).await?;
        Ok(found.map(|row| row.address))
    }

    /// Whether somebody's session is still open.
    pub(crate) async fn is_session_open(
        &self,
        user: UserId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let select = session::Entity::find_by_id(id.0)
            .filter(session::Column::UserId.eq(user.0))
            .filter(session::Column::ExpiresAt.gt(now));
        Ok(select.count(&self.database).await? > 0)
    }

    /// Somebody's open sessions, the one used last first.
    pub async fn sessions(&self, user: UserId, now: DateTime<Utc>) -> Result<Vec<Session>, StoreError> {
        let select = session::Entity::find()
            .filter(session::Column::UserId.eq(user.0))
            .filter(session::Column::ExpiresAt.gt(now))
            .order_by_desc(session::Column::SeenAt)
            .order_by_asc(session::Column::Id);
        Ok(rows::all(&self.database, select).await?.into_iter().map(session::Model::read).collect())
    }

    /// Ends one session of somebody. False when it was over.
    pub async fn end_session(&self, user: UserId, id: SessionId) -> Result<bool, StoreError> {
        let transaction = self.begin().await?;
        let done = session::Entity::delete_many()
            .filter(session::Column::Id.eq(id.0))
            .filter(session::Column::UserId.eq(user.0))
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected > 0)
    }

    /// Ends all sessions of somebody but one. Returns how many.
    pub async fn end_sessions(&self, user: UserId, except: Option<SessionId>) -> Result<u64, StoreError> {
        let transaction = self.begin().await?;
        let mut delete = session::Entity::delete_many().filter(session::Column::UserId.eq(user.0));
        if let Some(kept) = except {
            delete = delete.filter(session::Column::Id.ne(kept.0));
        }
        let done = delete.exec(&*transaction).await?;
        transaction.commit().await?;
        Ok(done.rows_affected)
    }

    /// Forgets sessions that have run out, of everybody.
    pub async fn forget_old_sessions(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let transaction = self.begin().await?;
        let done = session::Entity::delete_many()
            .filter(session::Column::ExpiresAt.lte(now))
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected)
    }
}

async fn was_used(connection: &impl ConnectionTrait, id: SessionId, shown: &str) -> Result<bool, StoreError> {
    Ok(used_secret::Entity::find_by_id((id.0, shown.to_owned())).count(connection).await? > 0)
}

/// Keeps a secret that is used up for as long as its token could have been renewed.
async fn note_used(
    connection: &impl ConnectionTrait,
    id: SessionId,
    secret_hash: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    used_secret::Entity::delete_many()
        .filter(used_secret::Column::SessionId.eq(id.0))
        .filter(used_secret::Column::UsedAt.lt(now - Session::IDLE))
        .exec(connection)
        .await?;
    let used = used_secret::Model { session_id: id.0, secret_hash: secret_hash.to_owned(), used_at: now };
    used_secret::Entity::insert(used.into_active_model()).exec_without_returning(connection).await?;
    // Who renews all the time must not fill the table: the older half is forgotten.
    let of_it = used_secret::Entity::find().filter(used_secret::Column::SessionId.eq(id.0));
    if of_it.clone().count(connection).await? > MOST_USED {
        let newest_first = of_it.order_by_desc(used_secret::Column::UsedAt).offset(MOST_USED / 2);
        if let Some(oldest) = rows::first(connection, newest_first).await? {
            used_secret::Entity::delete_many()
                .filter(used_secret::Column::SessionId.eq(id.0))
                .filter(used_secret::Column::UsedAt.lte(oldest.used_at))
                .exec(connection)
                .await?;
        }
    }
    Ok(())
}

/// Used-up secrets that are kept of one session: a month of renewals every fifteen minutes is 2,880.
const MOST_USED: u64 = 6_000;
