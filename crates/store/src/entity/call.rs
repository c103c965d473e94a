//! `calls`: one row for each phone call.

use crate::calls::Tracked;
use crate::cell::{At, json_of, word_of};
use crate::error::StoreError;
use crate::text::clean;
use sea_orm::IntoActiveModel;
use sea_orm::entity::prelude::*;
use studioconnect_domain::call::Call;
use studioconnect_domain::ids::{BusinessId, CallId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "calls")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) business_id: Uuid,
    pub(crate) provider_sid: String,
    pub(crate) from_number: String,
    pub(crate) to_number: String,
    pub(crate) status: String,
    pub(crate) provider_has_ended: bool,
    pub(crate) outcome: Option<String>,
    pub(crate) end_reason: Option<String>,
    pub(crate) started_at: DateTimeUtc,
    pub(crate) answered_at: Option<DateTimeUtc>,
    pub(crate) ended_at: Option<DateTimeUtc>,
    pub(crate) counted_seconds: Option<i64>,
    pub(crate) provider_seconds: Option<i64>,
    pub(crate) summary: Option<String>,
    pub(crate) analytics: Json,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn read(self) -> Result<Tracked, StoreError> {
        let at = At { table: "calls", row: &self.id };
        let counted_seconds = at.count_if_any("counted_seconds", self.counted_seconds)?;
        let provider_seconds = at.count_if_any("provider_seconds", self.provider_seconds)?;
        let call = Call {
            id: CallId(self.id),
            business_id: BusinessId(self.business_id),
            provider_sid: self.provider_sid,
            from_number: self.from_number,
            to_number: self.to_number,
            status: at.word("status", self.status)?,
            outcome: at.word_if_any("outcome", self.outcome)?,
            end_reason: at.word_if_any("end_reason", self.end_reason)?,
            started_at: self.started_at,
            answered_at: self.answered_at,
            ended_at: self.ended_at,
            duration_seconds: provider_seconds.or(counted_seconds),
            summary: self.summary,
            analytics: at.json("analytics", self.analytics)?,
        };
        Ok(Tracked { call, provider_has_ended: self.provider_has_ended, counted_seconds, provider_seconds })
    }

    pub(crate) fn of(tracked: &Tracked) -> Result<ActiveModel, StoreError> {
        let call = &tracked.call;
        let row = Self {
            id: call.id.0,
            business_id: call.business_id.0,
            provider_sid: clean(&call.provider_sid),
            from_number: clean(&call.from_number),
            to_number: clean(&call.to_number),
            status: word_of(&call.status)?,
            provider_has_ended: tracked.provider_has_ended,
            outcome: call.outcome.as_ref().map(word_of).transpose()?,
            end_reason: call.end_reason.as_ref().map(word_of).transpose()?,
            started_at: call.started_at,
            answered_at: call.answered_at,
            ended_at: call.ended_at,
            counted_seconds: tracked.counted_seconds.map(i64::from),
            provider_seconds: tracked.provider_seconds.map(i64::from),
            summary: call.summary.as_deref().map(clean),
            analytics: json_of(&call.analytics)?,
        };
        Ok(row.into_active_model())
    }
}
