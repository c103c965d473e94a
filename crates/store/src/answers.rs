//! Answers kept for requests that may be sent twice.

use crate::entity::kept_answer;
use crate::error::StoreError;
use crate::rows;
use crate::store::Store;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use studioconnect_domain::ids::BusinessId;

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

impl Store {
    /// Takes a key for a request that is about to be answered. Gives back what is kept under it when it is taken.
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
        let select = kept_answer::Entity::find_by_id((business.0, key.to_owned()));
        if let Some(kept) = rows::first(&*transaction, select).await? {
            return Ok(Some(read(kept)));
        }
        kept_answer::Entity::insert(row.into_active_model()).exec_without_returning(&*transaction).await?;
        transaction.commit().await?;
        Ok(None)
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
        kept_answer::Entity::delete_by_id((business.0, key.to_owned())).exec(&*transaction).await?;
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
