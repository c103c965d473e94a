//! What each plan includes, and who is on which.

use crate::cell::word_of;
use crate::entity::{business, plan};
use crate::error::StoreError;
use crate::rows;
use crate::store::Store;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use studioconnect_domain::ids::BusinessId;
use studioconnect_domain::plan::{Plan, PlanCode};

impl Store {
    /// What a plan includes.
    pub async fn plan(&self, code: PlanCode) -> Result<Plan, StoreError> {
        let found = rows::first(&self.database, plan::Entity::find_by_id(code.as_str())).await?;
        found.ok_or(StoreError::Missing { what: "plan" })?.read()
    }

    /// Changes what a plan includes, for every business on it.
    pub async fn put_plan(&self, plan: &Plan) -> Result<(), StoreError> {
        let changed = OnConflict::column(plan::Column::Code)
            .update_columns([plan::Column::Features, plan::Column::QuestionLimit])
            .to_owned();
        let transaction = self.begin().await?;
        plan::Entity::insert(plan::Model::of(plan)?)
            .on_conflict(changed)
            .exec_without_returning(&*transaction)
            .await?;
        transaction.commit().await
    }

    /// Moves a business to another plan.
    pub async fn set_plan(&self, business: BusinessId, code: PlanCode) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        let done = business::Entity::update_many()
            .col_expr(business::Column::Plan, Expr::value(word_of(&code)?))
            .filter(business::Column::Id.eq(business.0))
            .exec(&*transaction)
            .await?;
        if done.rows_affected == 0 {
            return Err(StoreError::Missing { what: "business" });
        }
        transaction.commit().await
    }
}

/// Adds the plans that are not there yet; a plan that is there may have been changed and stays.
pub(crate) async fn seed(connection: &impl ConnectionTrait) -> Result<(), StoreError> {
    for code in PlanCode::ALL {
        let known = OnConflict::column(plan::Column::Code).do_nothing().to_owned();
        plan::Entity::insert(plan::Model::of(&Plan::built_in(code))?)
            .on_conflict(known)
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}
