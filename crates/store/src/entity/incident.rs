//! `incidents`: emergencies.

use crate::cell::{At, json_of, word_of};
use crate::error::StoreError;
use crate::text::clean;
use sea_orm::IntoActiveModel;
use sea_orm::entity::prelude::*;
use studioconnect_domain::ids::{BusinessId, CallId, ConversationId, IncidentId, LeadId};
use studioconnect_domain::incident::Incident;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "incidents")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) business_id: Uuid,
    pub(crate) channel: String,
    pub(crate) call_id: Option<Uuid>,
    pub(crate) conversation_id: Option<Uuid>,
    pub(crate) lead_id: Option<Uuid>,
    pub(crate) is_drill: bool,
    pub(crate) severity: i64,
    pub(crate) words: String,
    pub(crate) address: Option<String>,
    pub(crate) caller_name: Option<String>,
    pub(crate) caller_phone: Option<String>,
    pub(crate) state: String,
    pub(crate) accepted_by: Option<String>,
    pub(crate) escalation: Json,
    pub(crate) wake_at: Option<DateTimeUtc>,
    pub(crate) armed_at: Option<DateTimeUtc>,
    pub(crate) lease_until: Option<DateTimeUtc>,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) updated_at: DateTimeUtc,
    pub(crate) version: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn read(self) -> Result<Incident, StoreError> {
        let at = At { table: "incidents", row: &self.id };
        Ok(Incident {
            id: IncidentId(self.id),
            business_id: BusinessId(self.business_id),
            channel: at.word("channel", self.channel)?,
            call_id: self.call_id.map(CallId),
            conversation_id: self.conversation_id.map(ConversationId),
            lead_id: self.lead_id.map(LeadId),
            is_drill: self.is_drill,
            severity: at.count("severity", self.severity)?,
            words: self.words,
            address: self.address,
            caller_name: self.caller_name,
            caller_phone: self.caller_phone,
            state: at.word("state", self.state)?,
            accepted_by: self.accepted_by,
            escalation: at.json("escalation", self.escalation)?,
            created_at: self.created_at,
            updated_at: self.updated_at,
            version: at.count("version", self.version)?,
        })
    }

    /// The row of an incident; its state is that of its escalation, and nobody holds it.
    pub(crate) fn of(incident: &Incident) -> Result<ActiveModel, StoreError> {
        let escalation = &incident.escalation;
        let row = Self {
            id: incident.id.0,
            business_id: incident.business_id.0,
            channel: word_of(&incident.channel)?,
            call_id: incident.call_id.map(|id| id.0),
            conversation_id: incident.conversation_id.map(|id| id.0),
            lead_id: incident.lead_id.map(|id| id.0),
            is_drill: incident.is_drill,
            severity: incident.severity.into(),
            words: clean(&incident.words),
            address: incident.address.as_deref().map(clean),
            caller_name: incident.caller_name.as_deref().map(clean),
            caller_phone: incident.caller_phone.as_deref().map(clean),
            state: word_of(&escalation.state())?,
            accepted_by: escalation.accepted_by().map(|by| clean(&by.name)),
            escalation: json_of(escalation)?,
            wake_at: escalation.wake_at(),
            armed_at: escalation.armed_at(),
            lease_until: None,
            created_at: incident.created_at,
            updated_at: incident.updated_at,
            version: incident.version.into(),
        };
        Ok(row.into_active_model())
    }
}
