//! What the agent asks.

use crate::entity::{business, question};
use crate::error::StoreError;
use crate::rows;
use crate::store::Store;
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use studioconnect_domain::ids::BusinessId;
use studioconnect_domain::question::Question;

impl Store {
    /// All questions of a business in order, those beyond its plan's limit too.
    pub async fn list_questions(&self, business: BusinessId) -> Result<Vec<Question>, StoreError> {
        first_questions(&self.database, business, None).await
    }

    /// Changes the list: nobody else changes it meanwhile, and `order` is numbered anew from 0, without gaps. A change
    /// that fails changes nothing.
    pub async fn change_questions<T>(
        &self,
        business: BusinessId,
        change: impl FnOnce(&mut Vec<Question>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let transaction = self.begin().await?;
        // The business's own row is the lock: a list that is empty has no row to lock.
        let own = business::Entity::find_by_id(business.0).lock(LockType::NoKeyUpdate);
        rows::first(&*transaction, own).await?.ok_or(StoreError::Missing { what: "business" })?;
        let mut questions = first_questions(&*transaction, business, None).await?;
        let outcome = change(&mut questions)?;
        question::Entity::delete_many()
            .filter(question::Column::BusinessId.eq(business.0))
            .exec(&*transaction)
            .await?;
        insert_questions(&*transaction, business, &questions).await?;
        transaction.commit().await?;
        Ok(outcome)
    }

    /// Puts this list in the place of the one before; `order` is numbered anew from 0, without gaps.
    pub async fn replace_questions(
        &self,
        business: BusinessId,
        questions: &[Question],
    ) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        question::Entity::delete_many()
            .filter(question::Column::BusinessId.eq(business.0))
            .exec(&*transaction)
            .await?;
        insert_questions(&*transaction, business, questions).await?;
        transaction.commit().await
    }
}

/// The questions of a business in order, at most `limit` of them.
pub(crate) async fn first_questions(
    connection: &impl ConnectionTrait,
    business: BusinessId,
    limit: Option<u32>,
) -> Result<Vec<Question>, StoreError> {
    let select = question::Entity::find()
        .filter(question::Column::BusinessId.eq(business.0))
        .order_by_asc(question::Column::Position)
        .limit(limit.map(u64::from));
    let found = rows::all(connection, select).await?;
    found.into_iter().map(question::Model::read).collect()
}

/// Adds questions to a business that has none.
pub(crate) async fn insert_questions(
    connection: &impl ConnectionTrait,
    business: BusinessId,
    questions: &[Question],
) -> Result<(), StoreError> {
    let numbered = questions.iter().enumerate();
    let added: Vec<_> = numbered
        .map(|(position, question)| question::Model::of(business, position, question))
        .collect::<Result<_, _>>()?;
    for some in added.chunks(rows::ROWS_AT_ONCE) {
        question::Entity::insert_many(some.to_vec()).exec_without_returning(connection).await?;
    }
    Ok(())
}
