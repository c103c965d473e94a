//! `call_inputs`: what came in during a call, for replay.

use crate::text::clean;
use sea_orm::IntoActiveModel;
use sea_orm::entity::prelude::*;
use studioconnect_domain::ids::CallId;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "call_inputs")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) call_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) batch: i64,
    pub(crate) lines: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn of(call: CallId, batch: u32, lines: &str) -> ActiveModel {
        Self { call_id: call.0, batch: i64::from(batch), lines: clean(lines) }.into_active_model()
    }
}
