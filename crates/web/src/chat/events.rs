//! `GET /api/chat/{id}/events`: what happens in a conversation, from where the reader left off; and the same for one turn, as
//! the answer to a message.

use super::history::Line;
use super::hub::{Event, EventId, Log, Place, Room, Running, What};
use super::turn::take_up;
use super::visitor::Visitor;
use crate::input::Search;
use crate::problem::Problem;
use crate::state::AppState;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName};
use axum::response::sse::{Event as Wire, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::{Stream, stream};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use studioconnect_domain::conversation::Message;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use utoipa::IntoParams;

/// How long a stream lasts before its reader has to ask again, and with it whether it still may.
const LASTS: Duration = Duration::from_mins(30);
/// Stored messages that one stream tells first; whoever missed more comes again for the rest.
const MISSED: u64 = 200;
/// Named by browsers that come back.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Where a reader left off.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct From {
    /// The last event that was seen; the header `Last-Event-ID` says the same.
    last_event_id: Option<String>,
}

/// What the visitor's message leads to.
pub(super) enum Sent {
    /// To an answer that there is.
    Answered(Arc<Value>),
    /// To one that is being found.
    Running(Running),
}

/// Listens to a conversation: `message`, `delta`, `reset`, `done`, `takeover`, `release`.
#[utoipa::path(get, path = "/api/chat/{id}/events", tag = "chat", params(("id" = String, Path), From),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 401), (status = 403),
        (status = 429)))]
pub(crate) async fn listen(
    State(state): State<AppState>,
    visitor: Visitor,
    headers: HeaderMap,
    Search(from): Search<From>,
) -> Result<Response, Problem> {
    let talk = &visitor.conversation;
    let place = state.chat.hub.place(talk.id, &visitor.address)?;
    let room = state.chat.hub.room(talk.id, talk.message_count);
    take_up(&state, &room, talk).await?;
    let named = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()).map(str::to_owned);
    let seen = named.or(from.last_event_id).and_then(|id| id.parse::<EventId>().ok());
    // What is told from here on is heard, whatever is read from the store meanwhile.
    let changed = room.changes();
    let (missed, at) = missed(&state, &visitor, &room, seen).await?;
    let reader = Reader {
        closing: state.chat.hub.closing(),
        until: Instant::now() + LASTS,
        is_partial: missed.len() as u64 >= MISSED,
        missed,
        at,
        room,
        changed,
        _place: place,
    };
    let events =
        stream::unfold(reader, async |mut reader| reader.next().await.map(|event| (Ok(event), reader)));
    Ok(sse(&state, events))
}

/// What a reader missed and only the store knows, and where it goes on in the log.
async fn missed(
    state: &AppState,
    visitor: &Visitor,
    room: &Room,
    seen: Option<EventId>,
) -> Result<(VecDeque<Wire>, EventId), Problem> {
    let talk = &visitor.conversation;
    let Some(seen) = seen else { return Ok((VecDeque::new(), room.look(Log::last_complete))) };
    if room.look(|log| log.next(seen, None).is_ok() && seen <= log.last()) {
        return Ok((VecDeque::new(), seen));
    }
    let mut told = VecDeque::new();
    let complete = if seen.is_part() {
        // Pieces are not kept: whatever the reader has of this message is void, and the whole comes again.
        told.push_back(wire(&Event {
            id: EventId::end_of(seen.seq.saturating_sub(1)),
            turn: None,
            what: What::Reset,
        }));
        seen.seq.saturating_sub(1)
    } else {
        seen.seq
    };
    let messages = state.store.messages(talk.business_id, talk.id, complete, MISSED).await?;
    let mut at = EventId::end_of(complete);
    for message in messages {
        at = EventId::end_of(message.seq);
        told.push_back(wire(&Event { id: at, turn: None, what: What::Said(Arc::new(Line::from(message))) }));
    }
    // A name from a future that never was leads to where we are.
    let last = room.look(Log::last_complete);
    Ok((told, if at > last { last.max(EventId::end_of(talk.message_count)) } else { at }))
}

struct Reader {
    room: Arc<Room>,
    changed: watch::Receiver<u64>,
    closing: CancellationToken,
    until: Instant,
    missed: VecDeque<Wire>,
    /// More is stored than was read.
    is_partial: bool,
    at: EventId,
    _place: Place,
}

impl Reader {
    /// The next event; none at the end, after which the reader comes back with what it saw last.
    async fn next(&mut self) -> Option<Wire> {
        if let Some(event) = self.missed.pop_front() {
            return Some(event);
        }
        if self.is_partial {
            return None;
        }
        loop {
            self.changed.mark_unchanged();
            match self.room.look(|log| log.next(self.at, None).map(Option::<&Event>::cloned)) {
                Ok(Some(event)) => {
                    self.at = event.id;
                    return Some(wire(&event));
                }
                Ok(None) => {}
                // The log has moved on without this reader.
                Err(_) => return None,
            }
            tokio::select! {
                changed = self.changed.changed() => changed.ok()?,
                () = self.closing.cancelled() => return None,
                () = tokio::time::sleep_until(self.until) => return None,
            }
        }
    }
}

/// The events of one turn, with its message before and its answer behind them.
pub(super) fn stream_of_turn(
    state: &AppState,
    room: Arc<Room>,
    place: Place,
    message: &Message,
    sent: Sent,
) -> impl Stream<Item = Result<Wire, Infallible>> + use<> {
    let accepted = Wire::default()
        .id(EventId::end_of(message.seq).to_string())
        .event("accepted")
        .data(json!({"messageId": message.id}).to_string());
    let follower = Follower {
        changed: room.changes(),
        closing: state.chat.hub.closing(),
        accepted: Some(accepted),
        at: EventId::end_of(message.seq),
        asked: message.seq,
        sent: Some(sent),
        room,
        _place: place,
    };
    stream::unfold(follower, async |mut follower| follower.next().await.map(|event| (Ok(event), follower)))
}

struct Follower {
    room: Arc<Room>,
    changed: watch::Receiver<u64>,
    closing: CancellationToken,
    accepted: Option<Wire>,
    at: EventId,
    asked: u32,
    /// None once it is over.
    sent: Option<Sent>,
    _place: Place,
}

impl Follower {
    async fn next(&mut self) -> Option<Wire> {
        if let Some(accepted) = self.accepted.take() {
            return Some(accepted);
        }
        loop {
            let running = match self.sent.take()? {
                Sent::Answered(answer) => return Some(self.done(&answer)),
                Sent::Running(running) => running,
            };
            self.changed.mark_unchanged();
            match self.room.look(|log| log.next(self.at, Some(self.asked)).map(Option::<&Event>::cloned)) {
                Ok(Some(event)) => {
                    self.at = event.id;
                    if matches!(event.what, What::Done(_)) {
                        return Some(wire(&event));
                    }
                    self.sent = Some(Sent::Running(running));
                    if matches!(event.what, What::Delta(_) | What::Reset) {
                        return Some(wire(&event));
                    }
                    continue;
                }
                Ok(None) => {}
                Err(base) => {
                    // Some of the words are gone; what comes now would make no sense behind those that were seen.
                    self.at = base;
                    self.sent = Some(Sent::Running(running));
                    return Some(wire(&Event { id: base, turn: None, what: What::Reset }));
                }
            }
            let answer = running.outcome.borrow().clone();
            if let Some(answer) = answer {
                return Some(self.done(&answer));
            }
            let mut outcome = running.outcome.clone();
            tokio::select! {
                changed = self.changed.changed() => changed.ok()?,
                ended = outcome.changed() => if ended.is_err() && outcome.borrow().is_none() { return None },
                () = self.closing.cancelled() => return None,
            }
            self.sent = Some(Sent::Running(running));
        }
    }

    fn done(&self, answer: &Arc<Value>) -> Wire {
        let id = self.at.max(EventId::end_of(self.asked));
        wire(&Event { id, turn: None, what: What::Done(Arc::clone(answer)) })
    }
}

/// An event as it is sent.
fn wire(event: &Event) -> Wire {
    let (name, data) = match &event.what {
        What::Said(line) => ("message", text_of(&**line)),
        What::Delta(text) => ("delta", json!({"text": &**text}).to_string()),
        What::Reset => ("reset", "{}".to_owned()),
        What::Done(answer) => ("done", answer.to_string()),
        What::Takeover(name) => ("takeover", json!({"name": &**name}).to_string()),
        What::Release => ("release", "{}".to_owned()),
    };
    Wire::default().id(event.id.to_string()).event(name).data(data)
}

fn text_of(thing: &impl Serialize) -> String {
    serde_json::to_string(thing).unwrap_or_default()
}

/// A stream with signs of life.
pub(super) fn sse(
    state: &AppState,
    events: impl Stream<Item = Result<Wire, Infallible>> + Send + 'static,
) -> Response {
    let alive = KeepAlive::new().interval(state.chat.heartbeat());
    // Proxies that collect answers would hold the words back.
    let at_once = (HeaderName::from_static("x-accel-buffering"), "no");
    ([at_once], Sse::new(events).keep_alive(alive)).into_response()
}
