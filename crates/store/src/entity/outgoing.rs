//! `outbox`: what goes out to people.

use crate::cell::{At, json_of, word_of};
use crate::error::StoreError;
use crate::text::clean;
use sea_orm::entity::prelude::*;
use studioconnect_domain::ids::{BusinessId, OutgoingId};
use studioconnect_domain::outbox::Outgoing;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) business_id: Option<Uuid>,
    pub(crate) kind: String,
    pub(crate) channel: String,
    pub(crate) lane: String,
    pub(crate) recipient: String,
    pub(crate) subject: Option<Uuid>,
    pub(crate) content: Json,
    pub(crate) key: String,
    pub(crate) state: String,
    pub(crate) due_at: DateTimeUtc,
    /// Whoever sends it has until then.
    pub(crate) lease_until: Option<DateTimeUtc>,
    pub(crate) attempts: i64,
    pub(crate) words: Option<String>,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) ended_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn read(self) -> Result<Outgoing, StoreError> {
        let at = At { table: "outbox", row: &self.id };
        Ok(Outgoing {
            id: OutgoingId(self.id),
            business_id: self.business_id.map(BusinessId),
            kind: at.word("kind", self.kind)?,
            channel: at.word("channel", self.channel)?,
            lane: at.word("lane", self.lane)?,
            recipient: self.recipient,
            subject: self.subject,
            content: self.content,
            key: self.key,
            state: at.word("state", self.state)?,
            due_at: self.due_at,
            attempts: at.count("attempts", self.attempts)?,
            words: self.words,
            created_at: self.created_at,
            ended_at: self.ended_at,
        })
    }

    pub(crate) fn of(outgoing: &Outgoing) -> Result<Self, StoreError> {
        Ok(Self {
            id: outgoing.id.0,
            business_id: outgoing.business_id.map(|business| business.0),
            kind: word_of(&outgoing.kind)?,
            channel: word_of(&outgoing.channel)?,
            lane: word_of(&outgoing.lane)?,
            recipient: clean(&outgoing.recipient),
            subject: outgoing.subject,
            content: json_of(&outgoing.content)?,
            key: clean(&outgoing.key),
            state: word_of(&outgoing.state)?,
            due_at: outgoing.due_at,
            lease_until: None,
            attempts: i64::from(outgoing.attempts),
            words: outgoing.words.as_deref().map(clean),
            created_at: outgoing.created_at,
            ended_at: outgoing.ended_at,
        })
    }
}
