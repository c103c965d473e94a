//! Documents, written together with the parts they are found by: a reader sees all of a version or none of it.

mod fetching;
mod gaps;
mod index;
mod search;
pub(crate) mod vectors;
mod waiting;

pub use waiting::Unembedded;

use crate::calls::Position;
use crate::entity::{business, knowledge_chunk, knowledge_document};
use crate::error::StoreError;
use crate::rows;
use crate::search::after;
use crate::store::Store;
use crate::transaction::Transaction;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue, ColumnTrait, EntityTrait, Iterable as _, PaginatorTrait as _,
    QueryFilter, QueryOrder, QuerySelect, Select,
};
use studioconnect_domain::ids::{BusinessId, DocumentId};
use studioconnect_domain::knowledge::{
    Chunk, Document, DocumentKind, EmbeddingState, MOST_CHUNKS, MOST_DOCUMENTS,
};

/// Characters of a body that stand in a list.
const BEGINNING: usize = 400;

impl Store {
    /// Adds a document with the parts it is found by. `most` bounds how many of its kind the business may have.
    pub async fn add_document(
        &self,
        document: &Document,
        chunks: &[Chunk],
        most: Option<u64>,
    ) -> Result<Document, StoreError> {
        StoreError::refuse(document.faults())?;
        let transaction = self.begin().await?;
        lock(&transaction, document.business_id).await?;
        let all = of_business(document.business_id).count(&*transaction).await?;
        if all >= MOST_DOCUMENTS {
            return Err(StoreError::invalid(
                "title",
                &format!("there are {MOST_DOCUMENTS} documents already"),
            ));
        }
        if let Some(most) = most {
            let same = of_kind(document.business_id, document.kind).count(&*transaction).await?;
            if same >= most {
                return Err(StoreError::Conflict { what: "number of entries" });
            }
        }
        let stored = Document { chunks: chunks.len() as u32, ..document.clone() };
        let row = knowledge_document::Model::of(&stored)?;
        knowledge_document::Entity::insert(row).exec_without_returning(&*transaction).await?;
        index::put(&transaction, self.backend(), &stored, chunks).await?;
        transaction.commit().await?;
        Ok(stored)
    }

    /// A document of a business.
    pub async fn find_document(
        &self,
        business: BusinessId,
        id: DocumentId,
    ) -> Result<Option<Document>, StoreError> {
        let select = of_business(business).filter(knowledge_document::Column::Id.eq(id.0));
        rows::first(&self.database, select).await?.map(knowledge_document::Model::read).transpose()
    }

    /// Documents of a business, newest first, each with the beginning of its body only.
    pub async fn documents(
        &self,
        business: BusinessId,
        limit: u64,
        before: Option<Position<DocumentId>>,
    ) -> Result<Vec<Document>, StoreError> {
        use knowledge_document::Column;
        let mut select = of_business(business).select_only();
        for column in Column::iter().filter(|column| !matches!(column, Column::Body)) {
            select = select.column(column);
        }
        let beginning = Expr::cust(format!("substr(body, 1, {BEGINNING})"));
        select = select.expr_as(beginning, "body");
        if let Some((at, id)) = before {
            select = select.filter(after((Column::CreatedAt, Column::Id), (at, id.0)));
        }
        let select = select.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id).limit(limit);
        let found = rows::all(&self.database, select).await?;
        found.into_iter().map(knowledge_document::Model::read).collect()
    }

    /// How many documents of a kind a business has.
    pub async fn count_documents(&self, business: BusinessId, kind: DocumentKind) -> Result<u64, StoreError> {
        Ok(of_kind(business, kind).count(&self.database).await?)
    }

    /// Changes a document that is still at the version in `document`; the stored one has the next, and is found by `chunks`.
    pub async fn change_document(
        &self,
        document: &Document,
        chunks: &[Chunk],
    ) -> Result<Document, StoreError> {
        self.write_document(document, chunks, ActiveValue::NotSet).await
    }

    /// The same; `fetch_at` is when it is read anew, if that changes.
    async fn write_document(
        &self,
        document: &Document,
        chunks: &[Chunk],
        fetch_at: ActiveValue<Option<DateTime<Utc>>>,
    ) -> Result<Document, StoreError> {
        StoreError::refuse(document.faults())?;
        let transaction = self.begin().await?;
        lock(&transaction, document.business_id).await?;
        let select =
            of_business(document.business_id).filter(knowledge_document::Column::Id.eq(document.id.0));
        let stored =
            rows::first(&*transaction, select).await?.ok_or(StoreError::Missing { what: "document" })?;
        let stored = stored.read()?;
        if stored.version != document.version {
            return Err(StoreError::Overtaken { what: "document" });
        }
        let changed = Document {
            version: stored.version + 1,
            created_at: stored.created_at,
            kind: stored.kind,
            chunks: chunks.len() as u32,
            // The vectors go with the parts they were made of.
            embedding: EmbeddingState::None,
            embedding_reason: None,
            embedding_tries: 0,
            ..document.clone()
        };
        index::take_out(&transaction, self.backend(), document.business_id, document.id).await?;
        let row = knowledge_document::Model::of(&changed)?.reset_all();
        let row = knowledge_document::ActiveModel { fetch_at, ..row };
        knowledge_document::Entity::update(row).validate()?.exec_without_returning(&*transaction).await?;
        index::put(&transaction, self.backend(), &changed, chunks).await?;
        transaction.commit().await?;
        Ok(changed)
    }

    /// Removes a document; from then on it is found no more. False when there was none.
    pub async fn remove_document(&self, business: BusinessId, id: DocumentId) -> Result<bool, StoreError> {
        let transaction = self.begin().await?;
        lock(&transaction, business).await?;
        index::take_out(&transaction, self.backend(), business, id).await?;
        let done = knowledge_document::Entity::delete_many()
            .filter(knowledge_document::Column::Id.eq(id.0))
            .filter(knowledge_document::Column::BusinessId.eq(business.0))
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected > 0)
    }
}

/// The business's own row is the lock of its documents and of the counts of their words.
async fn lock(transaction: &Transaction, business: BusinessId) -> Result<(), StoreError> {
    let own = business::Entity::find_by_id(business.0).lock(LockType::NoKeyUpdate);
    rows::first(&**transaction, own).await?.map(|_| ()).ok_or(StoreError::Missing { what: "business" })
}

/// Refuses more parts than a search is measured for.
async fn refuse_too_many(
    transaction: &Transaction,
    business: BusinessId,
    more: usize,
) -> Result<(), StoreError> {
    let there = knowledge_chunk::Entity::find()
        .filter(knowledge_chunk::Column::BusinessId.eq(business.0))
        .count(&**transaction)
        .await?;
    if there + more as u64 > MOST_CHUNKS {
        return Err(StoreError::invalid("body", "there is no room for so much more: remove something first"));
    }
    Ok(())
}

fn of_business(business: BusinessId) -> Select<knowledge_document::Entity> {
    knowledge_document::Entity::find().filter(knowledge_document::Column::BusinessId.eq(business.0))
}

fn of_kind(business: BusinessId, kind: DocumentKind) -> Select<knowledge_document::Entity> {
    of_business(business).filter(knowledge_document::Column::Kind.eq(kind.as_str()))
}
