//! `plans`: what each plan includes.

use crate::cell::{At, json_of, word_of};
use crate::error::StoreError;
use sea_orm::IntoActiveModel;
use sea_orm::entity::prelude::*;
use studioconnect_domain::plan::{Feature, Plan};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "plans")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) code: String,
    pub(crate) features: Json,
    pub(crate) question_limit: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// A feature that this version does not know, written by a newer one, is left out.
    pub(crate) fn read(self) -> Result<Plan, StoreError> {
        let at = At { table: "plans", row: &self.code };
        let names: Vec<String> = at.json("features", self.features)?;
        let known = |name: &String| Feature::ALL.iter().copied().find(|feature| feature.as_str() == name);
        Ok(Plan {
            code: at.word("code", self.code.clone())?,
            features: names.iter().filter_map(known).collect(),
            question_limit: at.count_if_any("question_limit", self.question_limit)?,
        })
    }

    pub(crate) fn of(plan: &Plan) -> Result<ActiveModel, StoreError> {
        let row = Self {
            code: word_of(&plan.code)?,
            features: json_of(&plan.features)?,
            question_limit: plan.question_limit.map(i64::from),
        };
        Ok(row.into_active_model())
    }
}
