//! Questions that could not be answered, each once with how often it was asked.

use super::lock;
use crate::entity::knowledge_gap;
use crate::error::StoreError;
use crate::rows;
use crate::store::Store;
use crate::text::clean;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ColumnTrait, EntityTrait, IntoActiveModel as _, PaginatorTrait as _, QueryFilter, QueryOrder, QuerySelect,
};
use studioconnect_domain::ids::{BusinessId, DocumentId, GapId};
use studioconnect_domain::knowledge::{Gap, GapState, LONGEST_GAP, MOST_GAPS};

impl Store {
    /// Notes a question that could not be answered. `plain` tells it from others: the words that matter in it. One that was
    /// answered or dismissed and is asked again is open again if it was answered: the answer did not serve.
    pub async fn note_gap(
        &self,
        business: BusinessId,
        question: &str,
        plain: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        use knowledge_gap::Column;
        let cut = |text: &str| -> String { clean(text.trim()).chars().take(LONGEST_GAP).collect() };
        let plain = cut(plain);
        if plain.is_empty() {
            return Ok(());
        }
        let transaction = self.begin().await?;
        lock(&transaction, business).await?;
        let of_business = || knowledge_gap::Entity::find().filter(Column::BusinessId.eq(business.0));
        let same = rows::first(&*transaction, of_business().filter(Column::Plain.eq(plain.as_str()))).await?;
        if same.is_none() && of_business().count(&*transaction).await? >= MOST_GAPS {
            let oldest = of_business().order_by_asc(Column::LastAt).limit(1);
            if let Some(oldest) = rows::first(&*transaction, oldest).await? {
                knowledge_gap::Entity::delete_by_id(oldest.id).exec(&*transaction).await?;
            }
        }
        let state = match &same {
            Some(gap) if gap.state == GapState::Dismissed.as_str() => GapState::Dismissed,
            _ => GapState::Open,
        };
        let row = knowledge_gap::Model {
            id: GapId::new().0,
            business_id: business.0,
            question: cut(question),
            plain,
            times: 1,
            first_at: now,
            last_at: now,
            state: state.as_str().to_owned(),
            document_id: None,
        };
        let again = OnConflict::columns([Column::BusinessId, Column::Plain])
            .update_columns([Column::LastAt, Column::State])
            .value(Column::Times, Expr::col((knowledge_gap::Entity, Column::Times)).add(1))
            .to_owned();
        knowledge_gap::Entity::insert(row.into_active_model())
            .on_conflict(again)
            .exec_without_returning(&*transaction)
            .await?;
        transaction.commit().await
    }

    /// Questions of a business that could not be answered, those asked most often first.
    pub async fn gaps(
        &self,
        business: BusinessId,
        state: GapState,
        limit: u64,
    ) -> Result<Vec<Gap>, StoreError> {
        use knowledge_gap::Column;
        let select = knowledge_gap::Entity::find()
            .filter(Column::BusinessId.eq(business.0))
            .filter(Column::State.eq(state.as_str()))
            .order_by_desc(Column::Times)
            .order_by_desc(Column::Id)
            .limit(limit);
        let found = rows::all(&self.database, select).await?;
        found.into_iter().map(knowledge_gap::Model::read).collect()
    }

    /// One of them.
    pub async fn find_gap(&self, business: BusinessId, id: GapId) -> Result<Option<Gap>, StoreError> {
        use knowledge_gap::Column;
        let select = knowledge_gap::Entity::find()
            .filter(Column::BusinessId.eq(business.0))
            .filter(Column::Id.eq(id.0));
        rows::first(&self.database, select).await?.map(knowledge_gap::Model::read).transpose()
    }

    /// Says what became of one of them. False when there is none.
    pub async fn close_gap(
        &self,
        business: BusinessId,
        id: GapId,
        state: GapState,
        document: Option<DocumentId>,
    ) -> Result<bool, StoreError> {
        use knowledge_gap::Column;
        let transaction = self.begin().await?;
        let done = knowledge_gap::Entity::update_many()
            .col_expr(Column::State, Expr::value(state.as_str()))
            .col_expr(Column::DocumentId, Expr::value(document.map(|document| document.0)))
            .filter(Column::BusinessId.eq(business.0))
            .filter(Column::Id.eq(id.0))
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected > 0)
    }
}
