//! Documents that are read from pages: who reads them, and what comes of it.

use crate::entity::knowledge_document;
use crate::error::StoreError;
use crate::rows;
use crate::store::Store;
use chrono::{DateTime, TimeDelta, Utc};
use knowledge_document::{Column, Entity};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use studioconnect_domain::ids::{BusinessId, DocumentId};
use studioconnect_domain::knowledge::{Chunk, Document, DocumentKind, DocumentState};

/// Whoever took a page to read and died over it has lost it after so long.
const HELD: TimeDelta = TimeDelta::minutes(3);

impl Store {
    /// Has a page read anew. False when there is no such document, or it comes from no page.
    pub async fn fetch_again(
        &self,
        business: BusinessId,
        id: DocumentId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let transaction = self.begin().await?;
        let done = Entity::update_many()
            .col_expr(Column::FetchAt, Expr::value(now))
            .filter(Column::Id.eq(id.0))
            .filter(Column::BusinessId.eq(business.0))
            .filter(Column::Kind.eq(DocumentKind::Url.as_str()))
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected > 0)
    }

    /// Takes a page that is to be read: this one, or of whatever business the one that has waited longest. Nobody else gets it
    /// for a while.
    pub async fn take_unfetched(
        &self,
        only: Option<DocumentId>,
        now: DateTime<Utc>,
    ) -> Result<Option<Document>, StoreError> {
        let mut select =
            Entity::find().filter(Column::FetchAt.lte(now)).order_by_asc(Column::FetchAt).limit(1);
        if let Some(only) = only {
            select = select.filter(Column::Id.eq(only.0));
        }
        let Some(row) = rows::first(&self.database, select).await? else { return Ok(None) };
        let transaction = self.begin().await?;
        let taken = Entity::update_many()
            .col_expr(Column::FetchAt, Expr::value(now + HELD))
            .filter(Column::Id.eq(row.id))
            .filter(Column::FetchAt.eq(row.fetch_at))
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        if taken.rows_affected == 0 {
            return Ok(None);
        }
        row.read().map(Some)
    }

    /// Writes what was read of a page, if nobody has changed the document meanwhile.
    pub async fn put_fetched(&self, document: &Document, chunks: &[Chunk]) -> Result<Document, StoreError> {
        self.write_document(document, chunks, ActiveValue::Set(None)).await
    }

    /// Says that a page says what it said before.
    pub async fn note_unchanged(&self, document: &Document, now: DateTime<Utc>) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        Entity::update_many()
            .col_expr(Column::FetchAt, Expr::value(Option::<DateTime<Utc>>::None))
            .col_expr(Column::FetchedAt, Expr::value(now))
            .col_expr(Column::StateReason, Expr::value(document.state_reason.clone()))
            .filter(Column::Id.eq(document.id.0))
            .filter(Column::BusinessId.eq(document.business_id.0))
            .exec(&*transaction)
            .await?;
        transaction.commit().await
    }

    /// Says why a page could not be read. What was read of it before is found as before.
    pub async fn note_not_fetched(&self, document: &Document, reason: &str) -> Result<(), StoreError> {
        let state = match document.state {
            DocumentState::Ready => DocumentState::Ready,
            DocumentState::Pending | DocumentState::Failed => DocumentState::Failed,
        };
        let transaction = self.begin().await?;
        Entity::update_many()
            .col_expr(Column::FetchAt, Expr::value(Option::<DateTime<Utc>>::None))
            .col_expr(Column::State, Expr::value(state.as_str()))
            .col_expr(Column::StateReason, Expr::value(reason))
            .filter(Column::Id.eq(document.id.0))
            .filter(Column::BusinessId.eq(document.business_id.0))
            .exec(&*transaction)
            .await?;
        transaction.commit().await
    }
}
