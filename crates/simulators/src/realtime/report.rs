//! What a server saw: for assertions, and for the printed story of a demo.

use std::time::Duration;

use serde_json::Value;

use super::hearing::HeardSound;
use super::item::Item;

/// Most entries kept of each list in a session's report; a longer session keeps its beginning.
const MOST_ENTRIES: usize = 10_000;

/// Something a client (or the script of the brain) did that the real service refuses or punishes.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// The session, from 1 over all connection attempts.
    pub session: usize,
    /// The error code the client was given, or one of our own where the service says nothing:
    /// `audio_before_session_updated`, `binary_frame`, `script_tool_missing`.
    pub code: String,
    /// What was wrong with it.
    pub detail: String,
    /// The path of the field at fault.
    pub param: Option<String>,
    /// The event at fault, its audio left out.
    pub event: Value,
}

/// An event a client sent.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientEvent {
    /// When, from the start of the session.
    pub at: Duration,
    /// The event. A run of appends is one entry, `{"type":"input_audio_buffer.append","appends":n,
    /// "base64_bytes":m}`, so that a report does not grow with the length of a call.
    pub event: Value,
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionEnd {
    /// The client closed, with this code if it gave one.
    ByClient(Option<u16>),
    /// The server closed with this code.
    ByServer(u16),
    /// The server dropped the connection, as a fault asked.
    Dropped,
    /// The client went away without closing.
    Lost,
}

/// A turn of the user, as committed.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnReport {
    /// The user item it became.
    pub item_id: String,
    /// Where it began in all audio appended, in ms.
    pub audio_start_ms: u64,
    /// Where it ended.
    pub audio_end_ms: u64,
    /// The words; empty when they were not recognised.
    pub transcript: String,
    /// The known sounds in it, with how much of each arrived.
    pub sounds: Vec<HeardSound>,
}

/// A response.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResponseReport {
    /// `resp_…`.
    pub id: String,
    /// When it was created, from the start of the session.
    pub created_at: Duration,
    /// When `response.done` was sent.
    pub done_at: Option<Duration>,
    /// Whether the client asked for it; otherwise the server began it after a turn.
    pub asked_by_client: bool,
    /// The `instructions` that came with `response.create`.
    pub instructions: Option<String>,
    /// The whole reply as decided.
    pub words: String,
    /// Milliseconds of audio sent.
    pub audio_ms: u64,
    /// Names of the tools called.
    pub calls: Vec<String>,
    /// `in_progress`, `completed`, `cancelled`, `incomplete` or `failed`.
    pub status: String,
    /// `status_details.reason`.
    pub reason: Option<String>,
    /// `usage` of `response.done`.
    pub usage: Value,
}

/// A truncation that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truncation {
    /// When, from the start of the session.
    pub at: Duration,
    /// The assistant item.
    pub item_id: String,
    /// What is left of it.
    pub audio_end_ms: u64,
    /// How long it was before.
    pub was_ms: u64,
}

/// Everything one session saw.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SessionReport {
    /// From 1 over all connection attempts.
    pub number: usize,
    /// `sess_…`.
    pub id: String,
    /// The model in the URL.
    pub model: String,
    /// The `OpenAI-Safety-Identifier` header.
    pub safety_identifier: Option<String>,
    /// How it ended; `None` while it lives.
    pub ended: Option<SessionEnd>,
    /// The session object in force.
    pub config: Value,
    /// How many `session.update` were accepted.
    pub updates: usize,
    /// Everything the client sent.
    pub events: Vec<ClientEvent>,
    /// Milliseconds of all audio appended.
    pub appended_ms: u64,
    /// The conversation as it stands, in order.
    pub items: Vec<Item>,
    /// Every turn of the user, those deleted later included.
    pub turns: Vec<TurnReport>,
    /// Every response.
    pub responses: Vec<ResponseReport>,
    /// Every accepted truncation.
    pub truncations: Vec<Truncation>,
    /// The ids of deleted items.
    pub deletions: Vec<String>,
    /// Cancels that crossed the end of their response on the wire.
    pub crossed_cancels: usize,
}

impl SessionReport {
    /// The events of one type, in order.
    pub fn events_of(&self, kind: &str) -> Vec<&Value> {
        let of_kind = |event: &&ClientEvent| event.event.get("type").and_then(Value::as_str) == Some(kind);
        self.events.iter().filter(of_kind).map(|event| &event.event).collect()
    }

    /// Notes an event; appends that follow each other become one entry.
    pub(super) fn note_event(&mut self, at: Duration, event: &Value) {
        const APPEND: &str = "input_audio_buffer.append";
        let is_append = |event: &Value| event.get("type").and_then(Value::as_str) == Some(APPEND);
        if !is_append(event) {
            push_bounded(&mut self.events, ClientEvent { at, event: event.clone() });
            return;
        }
        let bytes = event.get("audio").and_then(Value::as_str).map_or(0, str::len) as u64;
        if let Some(last) = self.events.last_mut().filter(|last| is_append(&last.event)) {
            let sum = |name: &str, more: u64| {
                last.event.get(name).and_then(Value::as_u64).unwrap_or_default() + more
            };
            let (appends, bytes) = (sum("appends", 1), sum("base64_bytes", bytes));
            last.event = serde_json::json!({"type": APPEND, "appends": appends, "base64_bytes": bytes});
        } else {
            let event = serde_json::json!({"type": APPEND, "appends": 1, "base64_bytes": bytes});
            push_bounded(&mut self.events, ClientEvent { at, event });
        }
    }
}

/// Adds to a list that must not grow without end.
pub(super) fn push_bounded<T>(list: &mut Vec<T>, value: T) {
    if list.len() < MOST_ENTRIES {
        list.push(value);
    }
}
