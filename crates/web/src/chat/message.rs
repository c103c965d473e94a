//! `POST /api/chat/{id}/message`: a visitor says something, and gets the answer whole or as it is found.
//!
//! The name that the visitor's side gives a message makes a repeat harmless: it leads to the same message, the same turn and
//! the same answer, whether that is being thought out or was given yesterday.

use super::events::{Sent, sse, stream_of_turn};
use super::history::{Line, MOST};
use super::hub::{Room, Running, What};
use super::turn::{By, Thought, answered};
use super::visitor::Visitor;
use crate::input::Input;
use crate::problem::{Problem, as_sent};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use studioconnect_domain::Fault;
use studioconnect_domain::conversation::{
    Conversation, ConversationStatus, Flow, LONGEST_MESSAGE, Message, QuickReply, Role, Source, plain_text,
};
use studioconnect_domain::ids::{LeadId, MessageId};
use studioconnect_store::Said;
use utoipa::ToSchema;

/// Longest name of a message.
const NAME: usize = 64;
/// Lines behind a message that are looked through for a person's answer.
const LOOKED_AT: u64 = 50;

/// Something a visitor says.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MessageInput {
    /// Up to 2,000 characters.
    message: String,
    /// A name that no other message of this conversation has. The same again is the same message.
    client_message_id: String,
}

/// What a visitor is answered.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AnswerView {
    /// The visitor's message.
    message_id: MessageId,
    /// The name that it came with.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_message_id: Option<String>,
    /// The answer's own id, as it stands in the history.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_id: Option<MessageId>,
    reply: String,
    flow: Flow,
    quick_replies: Vec<QuickReply>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lead_id: Option<LeadId>,
    sources: Vec<Source>,
    by: By,
}

impl AnswerView {
    pub(super) fn of(asked: &Message, reply: &Said, thought: &Thought) -> Self {
        Self {
            message_id: asked.id,
            client_message_id: asked.client_message_id.clone(),
            reply_id: Some(reply.id),
            reply: reply.text.clone(),
            flow: thought.flow.clone(),
            quick_replies: thought.quick_replies.clone(),
            lead_id: thought.lead,
            sources: reply.sources.clone(),
            by: thought.by,
        }
    }

    /// A person will answer: there is nothing to say until then.
    pub(super) fn by_human(asked: &Message, talk: &Conversation) -> Self {
        let human = Conversation { status: ConversationStatus::Human, ..talk.clone() };
        Self {
            message_id: asked.id,
            client_message_id: asked.client_message_id.clone(),
            reply_id: None,
            reply: String::new(),
            flow: human.shown_flow(),
            quick_replies: Vec::new(),
            lead_id: talk.lead_id,
            sources: Vec::new(),
            by: By::Human,
        }
    }

    pub(super) fn value(&self) -> Value {
        as_sent(self)
    }
}

/// Says something. With `Accept: text/event-stream` the answer comes as events: `accepted`, `delta`, `reset`, `done`.
#[utoipa::path(post, path = "/api/chat/{id}/message", tag = "chat", params(("id" = String, Path)),
    request_body = MessageInput,
    responses((status = 200, body = AnswerView), (status = 401), (status = 403), (status = 409), (status = 413),
        (status = 422), (status = 429), (status = 503)))]
pub(crate) async fn say(
    State(state): State<AppState>,
    visitor: Visitor,
    headers: HeaderMap,
    Input(given): Input<MessageInput>,
) -> Result<Response, Problem> {
    let (name, text) = checked(&given)?;
    let talk = &visitor.conversation;
    let room = state.chat.hub.room(talk.id, talk.message_count);
    let wants_events = wants_events(&headers);
    // Before anything is written: a stream that has no place leaves nothing behind.
    let place = if wants_events { Some(state.chat.hub.place(talk.id, &visitor.address)?) } else { None };
    let known = state.store.find_named_message(talk.business_id, talk.id, &name).await?;
    let (message, answer) = match known {
        Some(known) => known,
        None => heard(&state, &room, &visitor, (&name, &text)).await?,
    };
    let sent = match answer {
        Some(answer) => Sent::Answered(Arc::new(answer)),
        None => answering(&state, &room, talk, &message).await?,
    };
    if let Some(place) = place {
        return Ok(sse(&state, stream_of_turn(&state, room, place, &message, sent)));
    }
    let answer = match sent {
        Sent::Answered(answer) => answer,
        Sent::Running(running) => outcome_of(running).await.ok_or_else(Problem::unavailable)?,
    };
    Ok(Json(&*answer).into_response())
}

fn wants_events(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|accepted| accepted.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/event-stream"))
}

/// What a turn led to; none when it came to nothing.
async fn outcome_of(mut running: Running) -> Option<Arc<Value>> {
    running.outcome.wait_for(Option::is_some).await.ok().and_then(|answer| answer.clone())
}

fn checked(given: &MessageInput) -> Result<(String, String), Problem> {
    let mut faults = Vec::new();
    let text = plain_text(&given.message);
    if text.is_empty() || text.chars().count() > LONGEST_MESSAGE {
        faults.push(Fault::new("message", format!("write 1 to {LONGEST_MESSAGE} characters")));
    }
    let name = &given.client_message_id;
    if name.is_empty() || name.len() > NAME || !name.bytes().all(|letter| letter.is_ascii_graphic()) {
        faults.push(Fault::new("clientMessageId", format!("must be 1 to {NAME} letters, digits and signs")));
    }
    if faults.is_empty() { Ok((name.clone(), text)) } else { Err(Problem::invalid(faults)) }
}

/// A message that was not there: within the limits it is stored and told.
async fn heard(
    state: &AppState,
    room: &Room,
    visitor: &Visitor,
    (name, text): (&str, &str),
) -> Result<(Message, Option<Value>), Problem> {
    let (talk, now) = (&visitor.conversation, state.clock.now());
    if talk.message_count >= MOST {
        return Err(Problem::conversation_full());
    }
    state.chat.limits().say((talk.business_id, talk.id), &visitor.address, text, now)?;
    if talk.status != ConversationStatus::Human && !room.has_place() {
        return Err(Problem::said_too_much(2));
    }
    let said = Said { client_message_id: Some(name.to_owned()), ..Said::by(Role::Visitor, text, now) };
    let _writing = room.writing.lock().await;
    let appended = state.store.say(talk.business_id, talk.id, &said).await?;
    if appended.is_new {
        let line = Arc::new(Line::from(appended.message.clone()));
        room.tell(|log| log.complete(line.seq, None, What::Said(line)));
        state.chat.hub.happened(talk.business_id);
    }
    Ok((appended.message, appended.answer))
}

/// A message without an answer: the turn that makes one, unless a person answers, or has.
async fn answering(
    state: &AppState,
    room: &Arc<Room>,
    talk: &Conversation,
    message: &Message,
) -> Result<Sent, Problem> {
    if let Some(running) = room.running(message.seq) {
        return Ok(Sent::Running(running));
    }
    let (business, id) = (talk.business_id, talk.id);
    // It may have been answered, or taken over, since it was looked for.
    let now = state.store.find_conversation(business, id).await?.ok_or_else(Problem::session_expired)?;
    let later = state.store.messages(business, id, message.seq, LOOKED_AT).await?;
    if now.status == ConversationStatus::Human || later.iter().any(|line| line.role == Role::Human) {
        return Ok(Sent::Answered(Arc::new(AnswerView::by_human(message, &now).value())));
    }
    if let Some(name) = &message.client_message_id
        && let Some((_, Some(answer))) = state.store.find_named_message(business, id, name).await?
    {
        return Ok(Sent::Answered(Arc::new(answer)));
    }
    answered(state, room, business, id, message).map(Sent::Running)
}
