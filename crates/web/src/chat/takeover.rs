//! A person answers instead of the agent: the visitor is told who, the agent falls silent at once, and it goes on when the
//! person gives the conversation back or leaves it.

use super::history::Line;
use super::hub::{Room, What};
use super::turn::take_up;
use super::words;
use crate::audit::Changes;
use crate::auth::{Entitlement as _, Member};
use crate::problem::Problem;
use crate::state::AppState;
use serde_json::json;
use std::sync::Arc;
use studioconnect_domain::Fault;
use studioconnect_domain::conversation::{Conversation, LONGEST_MESSAGE, Message, Role, plain_text};
use studioconnect_domain::ids::{BusinessId, ConversationId, UserId};
use studioconnect_domain::plan::Feature;
use studioconnect_domain::rule::Text;
use studioconnect_store::{Appended, Said, StoreError};

/// What a person may write to a visitor.
pub(crate) static REPLY: Text = Text::of(1, LONGEST_MESSAGE).called("a message");

/// Somebody of the business answers from now on.
pub(crate) async fn take(
    state: &AppState,
    member: &Member,
    id: ConversationId,
) -> Result<Conversation, Problem> {
    let (talk, room) = found(state, member, id).await?;
    let name = shown_name(&member.user.name, &member.business.name, &talk.language);
    let notice = Said::by(Role::Notice, &words::taken_over(&name, &talk.language), state.clock.now());
    let writing = room.writing.lock().await;
    if let Some(taken) = state.store.take_over(talk.business_id, id, member.user.id, &notice).await? {
        room.silence();
        tell(state, &room, &taken, What::Takeover(name.into()));
        drop(writing);
        state.note_change(&member.0, "conversation.taken_over", json!({"id": id})).await;
    }
    read(state, member, id).await
}

/// The agent answers again.
pub(crate) async fn release(
    state: &AppState,
    member: &Member,
    id: ConversationId,
) -> Result<Conversation, Problem> {
    let (talk, room) = found(state, member, id).await?;
    let agent = state.store.agent_config(talk.business_id).await?.agent_name;
    let notice = Said::by(Role::Notice, &words::given_back(&agent, &talk.language), state.clock.now());
    let writing = room.writing.lock().await;
    if let Some(given) = state.store.give_back(talk.business_id, id, &notice).await? {
        tell(state, &room, &given, What::Release);
        drop(writing);
        go_on(state, &room, &given.conversation).await?;
        state.note_change(&member.0, "conversation.released", json!({"id": id})).await;
    }
    read(state, member, id).await
}

/// A person says something to the visitor.
pub(crate) async fn say(
    state: &AppState,
    member: &Member,
    id: ConversationId,
    text: &str,
) -> Result<Message, Problem> {
    let (talk, room) = found(state, member, id).await?;
    let text = plain_text(text);
    if let Some(says) = REPLY.fault(&text) {
        return Err(Problem::invalid(vec![Fault::new("message", says)]));
    }
    if talk.message_count >= super::history::MOST {
        return Err(Problem::conversation_full());
    }
    let said = Said { author: Some(member.user.id), ..Said::by(Role::Human, &text, state.clock.now()) };
    let _writing = room.writing.lock().await;
    let appended = match state.store.say(talk.business_id, id, &said).await {
        Err(StoreError::Overtaken { .. }) => return Err(Problem::not_yours_to_answer()),
        other => other?,
    };
    let line = Arc::new(Line::from(appended.message.clone()));
    tell(state, &room, &appended, What::Said(line));
    Ok(appended.message)
}

/// The conversation is over, until the visitor writes again.
pub(crate) async fn end(
    state: &AppState,
    member: &Member,
    id: ConversationId,
) -> Result<Conversation, Problem> {
    let (talk, room) = found(state, member, id).await?;
    let notice = Said::by(Role::Notice, &words::ended(&talk.language), state.clock.now());
    let writing = room.writing.lock().await;
    if let Some(ended) = state.store.end_conversation(talk.business_id, id, &notice).await? {
        room.silence();
        let line = Arc::new(Line::from(ended.message.clone()));
        tell(state, &room, &ended, What::Said(line));
        drop(writing);
        state.note_change(&member.0, "conversation.ended", json!({"id": id})).await;
    }
    read(state, member, id).await
}

/// The agent answers again, since whoever took over has left a visitor waiting.
pub(super) async fn come_back(
    state: &AppState,
    (business, id): (BusinessId, ConversationId),
    before: chrono::DateTime<chrono::Utc>,
) -> Result<(), Problem> {
    let talk = state.store.find_conversation(business, id).await?.ok_or_else(Problem::not_found)?;
    let agent = state.store.agent_config(business).await?.agent_name;
    let notice = Said::by(Role::Notice, &words::left_waiting(&agent, &talk.language), state.clock.now());
    let room = state.chat.hub.room(id, talk.message_count);
    let writing = room.writing.lock().await;
    let Some(given) = state.store.give_back_if_waiting(business, id, before, &notice).await? else {
        return Ok(());
    };
    tell(state, &room, &given, What::Release);
    drop(writing);
    go_on(state, &room, &given.conversation).await
}

/// What people of other businesses' visitors see of somebody's name.
pub(super) async fn name_of(state: &AppState, talk: &Conversation, user: UserId) -> Result<String, Problem> {
    let (member, business) = tokio::try_join!(
        state.store.find_member(talk.business_id, user),
        state.store.find_business(talk.business_id),
    )?;
    let business = business.map(|business| business.name).unwrap_or_default();
    Ok(shown_name(&member.map(|member| member.name).unwrap_or_default(), &business, &talk.language))
}

/// A mail address is nobody's name: visitors never see one.
fn shown_name(name: &str, business: &str, language: &str) -> String {
    if name.trim().is_empty() { words::somebody(business, language) } else { name.trim().to_owned() }
}

async fn found(
    state: &AppState,
    member: &Member,
    id: ConversationId,
) -> Result<(Conversation, Arc<Room>), Problem> {
    member.needs(Feature::HumanTakeover)?;
    let talk = read(state, member, id).await?;
    let room = state.chat.hub.room(id, talk.message_count);
    Ok((talk, room))
}

async fn read(state: &AppState, member: &Member, id: ConversationId) -> Result<Conversation, Problem> {
    state.store.find_conversation(member.tenant(), id).await?.ok_or_else(Problem::not_found)
}

fn tell(state: &AppState, room: &Room, appended: &Appended, what: What) {
    room.tell(|log| log.complete(appended.message.seq, None, what));
    state.chat.hub.happened(appended.conversation.business_id);
}

/// What the visitor said while nobody answered is answered by the agent now.
async fn go_on(state: &AppState, room: &Arc<Room>, talk: &Conversation) -> Result<(), Problem> {
    take_up(state, room, talk).await
}
