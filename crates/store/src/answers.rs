//! Answers kept for requests that may be sent twice.

use crate::entity::kept_answer;
use crate::error::StoreError;
use crate::rows;
use crate::store::Store;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use studioconnect_domain::ids::BusinessId;

/// No request is answered later than this; one that has no answer by then has none.
const ABANDONED: TimeDelta = TimeDelta::minutes(1);

/// What was answered to a request with an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// Hash of method, path and body: the same key on another request is a mistake of the sender's.
    pub request_hash: String,
    /// HTTP status; none while the request is still being answered.
    pub status: Option<u16>,
    /// JSON.
    pub body: String,
}

impl KeptAnswer {
    fn pending(request_hash: &str) -> Self {
        Self { request_hash: request_hash.to_owned(), status: None, body: String::new() }
    }
}

impl Store {
    /// Takes a key for a request that is about to be answered. Gives back what is kept under it when it is taken. A key that
    /// was taken long ago and has no answer yet belongs to a request that was broken off, and is taken anew.
    pub async fn take_key(
        &self,
        business: BusinessId,
        key: &str,
        request_hash: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<KeptAnswer>, StoreError> {
        let row = kept_answer::Model {
            business_id: business.0,
            key: key.to_owned(),
            request_hash: request_hash.to_owned(),
            status: 0,
            body: String::new(),
            created_at: now,
        };
        let transaction = self.begin().await?;
        let id = (business.0, key.to_owned());
        kept_answer::Entity::delete_many()
            .filter(kept_answer::Column::BusinessId.eq(business.0))
            .filter(kept_answer::Column::Key.eq(key))
            .filter(kept_answer::Column::Status.eq(0))
            .filter(kept_answer::Column::CreatedAt.lt(now - ABANDONED))
            .exec(&*transaction)
            .await?;
        let taken = OnConflict::columns([kept_answer::Column::BusinessId, kept_answer::Column::Key])
            .do_nothing()
            .to_owned();
        let added = kept_answer::Entity::insert(row.into_active_model())
            .on_conflict(taken)
            .exec_without_returning(&*transaction)
            .await?;
        if added > 0 {
            transaction.commit().await?;
            return Ok(None);
        }
        // Not there any more: given back at this very moment. Whoever asks again gets it.
        let kept = rows::first(&*transaction, kept_answer::Entity::find_by_id(id)).await?;
        Ok(Some(kept.map_or_else(|| KeptAnswer::pending(request_hash), read)))
    }

    /// Keeps the answer under a key that was taken.
    pub async fn keep_answer(
        &self,
        business: BusinessId,
        key: &str,
        status: u16,
        body: &str,
    ) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        kept_answer::Entity::update_many()
            .col_expr(kept_answer::Column::Status, Expr::value(i64::from(status)))
            .col_expr(kept_answer::Column::Body, Expr::value(body))
            .filter(kept_answer::Column::BusinessId.eq(business.0))
            .filter(kept_answer::Column::Key.eq(key))
            .exec(&*transaction)
            .await?;
        transaction.commit().await
    }

    /// Gives a key back: the request failed, and may be sent again.
    pub async fn release_key(&self, business: BusinessId, key: &str) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        kept_answer::Entity::delete_many()
            .filter(kept_answer::Column::BusinessId.eq(business.0))
            .filter(kept_answer::Column::Key.eq(key))
            .filter(kept_answer::Column::Status.eq(0))
            .exec(&*transaction)
            .await?;
        transaction.commit().await
    }

    /// Forgets answers kept before `at`, of all businesses.
    pub async fn forget_old_answers(&self, at: DateTime<Utc>) -> Result<u64, StoreError> {
        let transaction = self.begin().await?;
        let done = kept_answer::Entity::delete_many()
            .filter(kept_answer::Column::CreatedAt.lt(at))
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected)
    }
}

fn read(row: kept_answer::Model) -> KeptAnswer {
    let status = u16::try_from(row.status).ok().filter(|status| *status > 0);
    KeptAnswer { request_hash: row.request_hash, status, body: row.body }
}
