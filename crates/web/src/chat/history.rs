//! `GET /api/chat/{id}`: what was said so far, for a page that was loaded again.

use super::hub::EventId;
use super::turn::take_up;
use super::visitor::Visitor;
use crate::problem::Problem;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use studioconnect_domain::conversation::{
    Conversation, ConversationStatus, Flow, Message, QuickReply, Role, Source,
};
use studioconnect_domain::ids::{ConversationId, MessageId};
use utoipa::ToSchema;

/// Most messages of one conversation.
pub(super) const MOST: u32 = 1_000;

/// A message as visitors see it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line {
    pub(crate) id: MessageId,
    pub(crate) seq: u32,
    pub(crate) role: Role,
    pub(crate) text: String,
    pub(crate) at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_message_id: Option<String>,
    pub(crate) sources: Vec<Source>,
}

impl From<Message> for Line {
    fn from(message: Message) -> Self {
        Self {
            id: message.id,
            seq: message.seq,
            role: message.role,
            text: message.text,
            at: message.at,
            client_message_id: message.client_message_id,
            sources: message.sources,
        }
    }
}

/// The person who answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HumanAnswer {
    name: String,
}

/// What was said so far.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryAnswer {
    session_id: ConversationId,
    messages: Vec<Line>,
    flow: Flow,
    quick_replies: Vec<QuickReply>,
    #[serde(skip_serializing_if = "Option::is_none")]
    human: Option<HumanAnswer>,
    /// Where a stream goes on.
    last_event_id: String,
}

/// Reads a conversation.
#[utoipa::path(get, path = "/api/chat/{id}", tag = "chat", params(("id" = String, Path)),
    responses((status = 200, body = HistoryAnswer), (status = 401), (status = 403), (status = 429)))]
pub(crate) async fn read(
    State(state): State<AppState>,
    visitor: Visitor,
) -> Result<Json<HistoryAnswer>, Problem> {
    let talk = &visitor.conversation;
    let room = state.chat.hub.room(talk.id, talk.message_count);
    take_up(&state, &room, talk).await?;
    let messages = state.store.messages(talk.business_id, talk.id, 0, MOST.into()).await?;
    let last = messages.last().map_or(0, |message| message.seq);
    let human = human_of(&state, talk).await?;
    Ok(Json(HistoryAnswer {
        session_id: talk.id,
        messages: messages.into_iter().map(Line::from).collect(),
        flow: talk.shown_flow(),
        quick_replies: talk.shown_replies().to_vec(),
        human,
        last_event_id: EventId::end_of(last).to_string(),
    }))
}

async fn human_of(state: &AppState, talk: &Conversation) -> Result<Option<HumanAnswer>, Problem> {
    let Some(user) = talk.taken_by.filter(|_| talk.status == ConversationStatus::Human) else {
        return Ok(None);
    };
    let name = super::takeover::name_of(state, talk, user).await?;
    Ok(Some(HumanAnswer { name }))
}
