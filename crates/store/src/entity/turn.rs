//! `transcript_turns`: what was said in a call.

use crate::cell::{At, number_of, word_of};
use crate::error::StoreError;
use crate::text::clean;
use sea_orm::IntoActiveModel;
use sea_orm::entity::prelude::*;
use studioconnect_domain::ids::CallId;
use studioconnect_domain::transcript::Turn;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "transcript_turns")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) call_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) seq: i64,
    pub(crate) speaker: String,
    pub(crate) text: String,
    pub(crate) heard: Option<String>,
    pub(crate) started_ms: i64,
    pub(crate) ended_ms: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn read(self) -> Result<Turn, StoreError> {
        let row = format!("{}/{}", self.call_id, self.seq);
        let at = At { table: "transcript_turns", row: &row };
        Ok(Turn {
            seq: at.count("seq", self.seq)?,
            speaker: at.word("speaker", self.speaker)?,
            text: self.text,
            heard: self.heard,
            started_ms: at.count("started_ms", self.started_ms)?,
            ended_ms: at.count_if_any("ended_ms", self.ended_ms)?,
        })
    }

    pub(crate) fn of(call: CallId, turn: &Turn) -> Result<ActiveModel, StoreError> {
        let row = Self {
            call_id: call.0,
            seq: i64::from(turn.seq),
            speaker: word_of(&turn.speaker)?,
            text: clean(&turn.text),
            heard: turn.heard.as_deref().map(clean),
            started_ms: number_of(turn.started_ms),
            ended_ms: turn.ended_ms.map(number_of),
        };
        Ok(row.into_active_model())
    }
}
