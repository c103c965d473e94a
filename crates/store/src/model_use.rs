//! What models cost a business on a day, counted where all replicas see it.

use crate::entity::model_use::{Column, Entity, Model};
use crate::error::StoreError;
use crate::rows;
use crate::store::Store;
use chrono::NaiveDate;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{EntityTrait, IntoActiveModel};
use studioconnect_domain::ids::BusinessId;

/// What was asked of models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModelUse {
    /// Requests.
    pub requests: u64,
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Millionths of a dollar.
    pub cost_micros: u64,
}

impl Store {
    /// Adds to a business's day, by its own calendar.
    pub async fn add_model_use(
        &self,
        business: BusinessId,
        day: NaiveDate,
        more: &ModelUse,
    ) -> Result<(), StoreError> {
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let row = Model {
            business_id: business.0,
            day,
            requests: count(more.requests),
            input_tokens: count(more.input_tokens),
            output_tokens: count(more.output_tokens),
            cost_micros: count(more.cost_micros),
        };
        let mut add = OnConflict::columns([Column::BusinessId, Column::Day]);
        for (column, number) in [
            (Column::Requests, row.requests),
            (Column::InputTokens, row.input_tokens),
            (Column::OutputTokens, row.output_tokens),
            (Column::CostMicros, row.cost_micros),
        ] {
            add.value(column, Expr::col((Entity, column)).add(number));
        }
        let transaction = self.begin().await?;
        Entity::insert(row.into_active_model())
            .on_conflict(add)
            .exec_without_returning(&*transaction)
            .await?;
        transaction.commit().await
    }

    /// What a business's day has taken so far.
    pub async fn model_use(&self, business: BusinessId, day: NaiveDate) -> Result<ModelUse, StoreError> {
        let row = rows::first(&self.database, Entity::find_by_id((business.0, day))).await?;
        Ok(row.map_or_else(ModelUse::default, |row| ModelUse {
            requests: row.requests.unsigned_abs(),
            input_tokens: row.input_tokens.unsigned_abs(),
            output_tokens: row.output_tokens.unsigned_abs(),
            cost_micros: row.cost_micros.unsigned_abs(),
        }))
    }
}
