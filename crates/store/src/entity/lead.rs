//! `leads`: what callers and visitors wanted.

use crate::cell::{At, json_of, word_of};
use crate::error::StoreError;
use crate::text::clean;
use sea_orm::IntoActiveModel;
use sea_orm::entity::prelude::*;
use studioconnect_domain::ids::{BusinessId, CallId, ConversationId, LeadId, UserId};
use studioconnect_domain::lead::{Handling, Lead};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "leads")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) business_id: Uuid,
    pub(crate) call_id: Option<Uuid>,
    pub(crate) channel: String,
    pub(crate) completeness: String,
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) answers: Json,
    pub(crate) recording_url: Option<String>,
    pub(crate) status: String,
    pub(crate) assigned_to: Option<Uuid>,
    pub(crate) version: i64,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) updated_at: DateTimeUtc,
    pub(crate) conversation_id: Option<Uuid>,
    pub(crate) joined_to: Option<Uuid>,
    pub(crate) priority: String,
    pub(crate) emergency: Option<i16>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn read(self) -> Result<Lead, StoreError> {
        let at = At { table: "leads", row: &self.id };
        Ok(Lead {
            id: LeadId(self.id),
            business_id: BusinessId(self.business_id),
            call_id: self.call_id.map(CallId),
            conversation_id: self.conversation_id.map(ConversationId),
            joined_to: self.joined_to.map(LeadId),
            channel: at.word("channel", self.channel)?,
            completeness: at.word("completeness", self.completeness)?,
            name: self.name,
            email: self.email,
            phone: self.phone,
            address: self.address,
            message: self.message,
            answers: at.json("answers", self.answers)?,
            priority: at.word("priority", self.priority)?,
            emergency: self.emergency.map(|severity| at.count("emergency", severity.into())).transpose()?,
            recording_url: self.recording_url,
            handling: Handling {
                status: at.word("status", self.status)?,
                assigned_to: self.assigned_to.map(UserId),
                version: at.count("version", self.version)?,
            },
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }

    pub(crate) fn of(lead: &Lead) -> Result<ActiveModel, StoreError> {
        let row = Self {
            id: lead.id.0,
            business_id: lead.business_id.0,
            call_id: lead.call_id.map(|call| call.0),
            channel: word_of(&lead.channel)?,
            completeness: word_of(&lead.completeness)?,
            name: lead.name.as_deref().map(clean),
            email: lead.email.as_deref().map(clean),
            phone: lead.phone.as_deref().map(clean),
            address: lead.address.as_deref().map(clean),
            message: lead.message.as_deref().map(clean),
            answers: json_of(&lead.answers)?,
            recording_url: lead.recording_url.as_deref().map(clean),
            status: word_of(&lead.handling.status)?,
            assigned_to: lead.handling.assigned_to.map(|user| user.0),
            version: lead.handling.version.into(),
            created_at: lead.created_at,
            updated_at: lead.updated_at,
            conversation_id: lead.conversation_id.map(|conversation| conversation.0),
            joined_to: lead.joined_to.map(|lead| lead.0),
            priority: word_of(&lead.priority)?,
            emergency: lead.emergency.map(i16::from),
        };
        Ok(row.into_active_model())
    }
}
