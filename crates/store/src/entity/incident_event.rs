//! `incident_events`: an emergency's history.

use crate::cell::{At, word_of};
use crate::error::StoreError;
use crate::text::clean;
use sea_orm::IntoActiveModel;
use sea_orm::entity::prelude::*;
use studioconnect_domain::ids::IncidentId;
use studioconnect_domain::incident::Entry;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "incident_events")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) incident_id: Uuid,
    pub(crate) seq: i64,
    pub(crate) at: DateTimeUtc,
    pub(crate) kind: String,
    pub(crate) who: Option<String>,
    pub(crate) detail: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn read(self) -> Result<Entry, StoreError> {
        let at = At { table: "incident_events", row: &self.id };
        Ok(Entry { at: self.at, kind: at.word("kind", self.kind)?, who: self.who, detail: self.detail })
    }

    pub(crate) fn of(incident: IncidentId, seq: i64, entry: &Entry) -> Result<ActiveModel, StoreError> {
        let row = Self {
            id: Uuid::now_v7(),
            incident_id: incident.0,
            seq,
            at: entry.at,
            kind: word_of(&entry.kind)?,
            who: entry.who.as_deref().map(clean),
            detail: entry.detail.as_deref().map(clean),
        };
        Ok(row.into_active_model())
    }
}
