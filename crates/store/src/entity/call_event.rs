//! `call_events`: the log of a call.

use crate::cell::{At, json_of, number_of};
use crate::error::StoreError;
use crate::text::clean;
use sea_orm::IntoActiveModel;
use sea_orm::entity::prelude::*;
use studioconnect_domain::ids::CallId;
use studioconnect_domain::transcript::CallEvent;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "call_events")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) call_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) seq: i64,
    pub(crate) at_ms: i64,
    pub(crate) kind: String,
    pub(crate) detail: Json,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn read(self) -> Result<CallEvent, StoreError> {
        let row = format!("{}/{}", self.call_id, self.seq);
        let at = At { table: "call_events", row: &row };
        Ok(CallEvent {
            seq: at.count("seq", self.seq)?,
            at_ms: at.count("at_ms", self.at_ms)?,
            kind: self.kind,
            detail: self.detail,
        })
    }

    pub(crate) fn of(call: CallId, event: &CallEvent) -> Result<ActiveModel, StoreError> {
        let row = Self {
            call_id: call.0,
            seq: i64::from(event.seq),
            at_ms: number_of(event.at_ms),
            kind: clean(&event.kind),
            detail: json_of(&event.detail)?,
        };
        Ok(row.into_active_model())
    }
}
