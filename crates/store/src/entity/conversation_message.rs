//! `conversation_messages`: the lines of a conversation in the chat.

use crate::cell::At;
use crate::error::StoreError;
use sea_orm::entity::prelude::*;
use studioconnect_domain::conversation::Message;
use studioconnect_domain::ids::MessageId;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "conversation_messages")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) conversation_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) seq: i64,
    pub(crate) id: Uuid,
    pub(crate) role: String,
    pub(crate) text: String,
    pub(crate) at: DateTimeUtc,
    pub(crate) client_message_id: Option<String>,
    pub(crate) sources: Json,
    pub(crate) intent: Option<String>,
    pub(crate) confidence: Option<f64>,
    pub(crate) author: Option<Uuid>,
    pub(crate) answer: Option<Json>,
    pub(crate) recorded: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn read(self) -> Result<Message, StoreError> {
        let row = format!("{}/{}", self.conversation_id, self.seq);
        let at = At { table: "conversation_messages", row: &row };
        Ok(Message {
            id: MessageId(self.id),
            seq: at.count("seq", self.seq)?,
            role: at.word("role", self.role)?,
            text: self.text,
            at: self.at,
            client_message_id: self.client_message_id,
            sources: at.json("sources", self.sources)?,
            intent: self.intent,
            confidence: self.confidence.map(|sure| sure as f32),
        })
    }
}
