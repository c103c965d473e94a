//! `conversations`: talks in the website's chat.

use crate::cell::{At, json_of, word_of};
use crate::error::StoreError;
use crate::text::clean;
use sea_orm::IntoActiveModel;
use sea_orm::entity::prelude::*;
use studioconnect_domain::conversation::Conversation;
use studioconnect_domain::ids::{BusinessId, ConversationId, LeadId, UserId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "conversations")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) business_id: Uuid,
    pub(crate) channel: String,
    pub(crate) origin: String,
    pub(crate) page_url: Option<String>,
    pub(crate) language: String,
    pub(crate) consent_version: Option<String>,
    pub(crate) status: String,
    pub(crate) taken_by: Option<Uuid>,
    pub(crate) lead_id: Option<Uuid>,
    pub(crate) intents: Json,
    pub(crate) said: Option<String>,
    pub(crate) message_count: i64,
    pub(crate) flow: Json,
    pub(crate) quick_replies: Json,
    pub(crate) state: Option<String>,
    pub(crate) waits_since: Option<DateTimeUtc>,
    pub(crate) started_at: DateTimeUtc,
    pub(crate) last_at: DateTimeUtc,
    pub(crate) listed_at: Option<DateTimeUtc>,
    pub(crate) version: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Characters of what a visitor wrote that stand in lists.
const SUBJECT: usize = 160;

impl Model {
    pub(crate) fn read(self) -> Result<Conversation, StoreError> {
        let at = At { table: "conversations", row: &self.id };
        Ok(Conversation {
            id: ConversationId(self.id),
            business_id: BusinessId(self.business_id),
            channel: at.word("channel", self.channel)?,
            origin: self.origin,
            page_url: self.page_url,
            language: self.language,
            consent_version: self.consent_version,
            status: at.word("status", self.status)?,
            taken_by: self.taken_by.map(UserId),
            lead_id: self.lead_id.map(LeadId),
            intents: at.json("intents", self.intents)?,
            subject: self
                .said
                .map(|said| said.lines().next().unwrap_or_default().chars().take(SUBJECT).collect()),
            message_count: at.count("message_count", self.message_count)?,
            flow: at.json("flow", self.flow)?,
            quick_replies: at.json("quick_replies", self.quick_replies)?,
            waits_since: self.waits_since,
            started_at: self.started_at,
            last_at: self.last_at,
            state: self.state,
            version: at.count("version", self.version)?,
        })
    }

    /// The row of a conversation in which nobody has said anything.
    pub(crate) fn of(begun: &Conversation) -> Result<ActiveModel, StoreError> {
        let row = Self {
            id: begun.id.0,
            business_id: begun.business_id.0,
            channel: word_of(&begun.channel)?,
            origin: clean(&begun.origin),
            page_url: begun.page_url.as_deref().map(clean),
            language: clean(&begun.language),
            consent_version: begun.consent_version.as_deref().map(clean),
            status: word_of(&begun.status)?,
            taken_by: begun.taken_by.map(|user| user.0),
            lead_id: begun.lead_id.map(|lead| lead.0),
            intents: json_of(&begun.intents)?,
            said: None,
            message_count: 0,
            flow: json_of(&begun.flow)?,
            quick_replies: json_of(&begun.quick_replies)?,
            state: begun.state.as_deref().map(clean),
            waits_since: begun.waits_since,
            started_at: begun.started_at,
            last_at: begun.last_at,
            listed_at: None,
            version: begun.version.into(),
        };
        Ok(row.into_active_model())
    }
}
