//! Documents that wait for their vectors: who makes them, when it is tried again, and when it is given up.

use super::index::engine;
use crate::entity::{knowledge_chunk, knowledge_document};
use crate::error::StoreError;
use crate::rows;
use crate::settings::Backend;
use crate::store::Store;
use chrono::{DateTime, TimeDelta, Utc};
use knowledge_document::{Column, Entity};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Statement, Value,
};
use studioconnect_domain::ids::{BusinessId, ChunkId, DocumentId};
use studioconnect_domain::knowledge::{Document, DocumentState, EMBEDDING_TRIES, EmbeddingState};

/// Whoever took a document and died over it has lost it after so long.
const HELD: TimeDelta = TimeDelta::minutes(5);
/// The first pause after a failure; each further one is twice as long.
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(15);

/// A part of a document, as a model reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unembedded {
    /// The part.
    pub chunk: ChunkId,
    /// What it stands under, and its words.
    pub text: String,
}

impl Store {
    /// Takes the document, of whatever business, that has waited longest for its vectors. Nobody else gets it for a while.
    pub async fn take_unembedded(&self, now: DateTime<Utc>) -> Result<Option<Document>, StoreError> {
        let waiting = [EmbeddingState::None.as_str(), EmbeddingState::Pending.as_str()];
        let select = Entity::find()
            .filter(Column::Embedding.is_in(waiting))
            .filter(Column::EmbeddingAt.lte(now))
            .filter(Column::State.eq(DocumentState::Ready.as_str()))
            .order_by_asc(Column::EmbeddingAt)
            .limit(1);
        let Some(row) = rows::first(&self.database, select).await? else { return Ok(None) };
        let transaction = self.begin().await?;
        let taken = Entity::update_many()
            .col_expr(Column::Embedding, Expr::value(EmbeddingState::Pending.as_str()))
            .col_expr(Column::EmbeddingAt, Expr::value(now + HELD))
            .filter(Column::Id.eq(row.id))
            .filter(Column::EmbeddingAt.eq(row.embedding_at))
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        if taken.rows_affected == 0 {
            return Ok(None);
        }
        row.read().map(|document| Some(Document { embedding: EmbeddingState::Pending, ..document }))
    }

    /// The parts of a document, as a model reads them.
    pub async fn unembedded(
        &self,
        business: BusinessId,
        document: DocumentId,
    ) -> Result<Vec<Unembedded>, StoreError> {
        let select = knowledge_chunk::Entity::find()
            .filter(knowledge_chunk::Column::BusinessId.eq(business.0))
            .filter(knowledge_chunk::Column::DocumentId.eq(document.0))
            .order_by_asc(knowledge_chunk::Column::Position);
        let found = rows::all(&self.database, select).await?;
        let text = |row: knowledge_chunk::Model| Unembedded {
            chunk: ChunkId(row.id),
            text: format!("{}\n{}", row.heading, row.text).trim().to_owned(),
        };
        Ok(found.into_iter().map(text).collect())
    }

    /// Says that a document's vectors are there, if it still says what they were made of.
    pub async fn note_embedded(&self, document: &Document) -> Result<(), StoreError> {
        self.note_embedding(document, EmbeddingState::Ready, 0, None, document.updated_at).await
    }

    /// Says why a document's vectors could not be had. They are asked for again, ever more seldom, until it is given up.
    pub async fn note_not_embedded(
        &self,
        document: &Document,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<EmbeddingState, StoreError> {
        let tries = document.embedding_tries.saturating_add(1);
        let state = if tries >= EMBEDDING_TRIES { EmbeddingState::Failed } else { EmbeddingState::Pending };
        let pause = FIRST_PAUSE * (1 << document.embedding_tries.min(8));
        self.note_embedding(document, state, tries, Some(reason), now + pause).await?;
        Ok(state)
    }

    /// Has a document's vectors asked for once more, from the beginning. False when there is no such document.
    pub async fn embed_again(
        &self,
        business: BusinessId,
        id: DocumentId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let transaction = self.begin().await?;
        let done = Entity::update_many()
            .col_expr(Column::Embedding, Expr::value(EmbeddingState::Pending.as_str()))
            .col_expr(Column::EmbeddingReason, Expr::value(Option::<String>::None))
            .col_expr(Column::EmbeddingTries, Expr::value(0_i64))
            .col_expr(Column::EmbeddingAt, Expr::value(now))
            .filter(Column::Id.eq(id.0))
            .filter(Column::BusinessId.eq(business.0))
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected > 0)
    }

    /// Has documents embedded anew whose vectors another model made: those of two models cannot be compared.
    pub async fn embed_with(&self, model: &str, now: DateTime<Utc>) -> Result<u64, StoreError> {
        if !self.has_vectors().await? {
            return Ok(0);
        }
        let lacking = format!(
            "id IN (SELECT c.document_id FROM knowledge_chunks c LEFT JOIN knowledge_vectors v \
             ON v.number = c.number AND v.model = {} WHERE v.number IS NULL)",
            if self.backend() == Backend::Sqlite { "?" } else { "$1" }
        );
        let transaction = self.begin().await?;
        let done = Entity::update_many()
            .col_expr(Column::Embedding, Expr::value(EmbeddingState::Pending.as_str()))
            .col_expr(Column::EmbeddingTries, Expr::value(0_i64))
            .col_expr(Column::EmbeddingAt, Expr::value(now))
            .filter(Column::Embedding.eq(EmbeddingState::Ready.as_str()))
            .filter(Expr::cust_with_values(lacking, [model]))
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected)
    }

    /// Whether a business has anything that a question could be compared with by its meaning.
    pub async fn is_embedded(&self, business: BusinessId, model: &str) -> Result<bool, StoreError> {
        if !self.has_vectors().await? {
            return Ok(false);
        }
        let sql = format!(
            "SELECT 1 FROM knowledge_vectors WHERE business_id = {} AND model = {} LIMIT 1",
            self.place(1),
            self.place(2)
        );
        let values = [Value::from(business.0), Value::from(model)];
        let ask = Statement::from_sql_and_values(engine(self.backend()), sql, values);
        Ok(self.database.query_one_raw(ask).await?.is_some())
    }

    async fn note_embedding(
        &self,
        document: &Document,
        state: EmbeddingState,
        tries: u32,
        reason: Option<&str>,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        Entity::update_many()
            .col_expr(Column::Embedding, Expr::value(state.as_str()))
            .col_expr(Column::EmbeddingTries, Expr::value(i64::from(tries)))
            .col_expr(Column::EmbeddingReason, Expr::value(reason.map(str::to_owned)))
            .col_expr(Column::EmbeddingAt, Expr::value(at))
            .filter(Column::Id.eq(document.id.0))
            .filter(Column::BusinessId.eq(document.business_id.0))
            .filter(Column::Version.eq(i64::from(document.version)))
            .exec(&*transaction)
            .await?;
        transaction.commit().await
    }
}
