//! The way out: every server event gets its id, its dialect's name, and now and then something no
//! client can know.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::faults::Strangeness;
use super::schema::Refusal;
use super::settings::Dialect;

/// Something for the socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outgoing {
    /// A text frame.
    Event(String),
    /// A close frame; nothing follows it.
    Close(u16, &'static str),
    /// The end of the TCP connection, without a word.
    Drop,
}

/// Objects into which an unknown field may slip, besides the event itself.
const INNER: [&str; 4] = ["session", "response", "item", "error"];

/// The events of one session on their way out, and the numbers that make its ids.
#[derive(Debug)]
pub(super) struct Wire {
    dialect: Dialect,
    session: usize,
    next_id: u64,
    emitted: u32,
    pub(super) strangeness: Strangeness,
    queue: VecDeque<Outgoing>,
}

impl Wire {
    pub(super) fn new(dialect: Dialect, session: usize, strangeness: Strangeness) -> Self {
        Self { dialect, session, next_id: 0, emitted: 0, strangeness, queue: VecDeque::new() }
    }

    /// A fresh id such as `item_0001_000007`.
    pub(super) fn id(&mut self, prefix: &str) -> String {
        self.next_id += 1;
        format!("{prefix}_{:04}_{:06}", self.session, self.next_id)
    }

    /// Sends an event, written with its GA name.
    pub(super) fn emit(&mut self, mut event: Value) {
        if self.dialect == Dialect::Beta && !to_beta(&mut event) {
            return;
        }
        self.emitted += 1;
        let event_id = self.id("event");
        if let Some(fields) = event.as_object_mut() {
            fields.insert("event_id".to_owned(), json!(event_id));
        }
        if every(self.strangeness.field_every, self.emitted) {
            add_unknown_fields(&mut event);
        }
        self.queue.push_back(Outgoing::Event(event.to_string()));
        if every(self.strangeness.event_every, self.emitted) {
            let event_id = self.id("event");
            let unknown = json!({
                "type": "session.weather.sampled", "event_id": event_id, "sample": {"mood": [1, null, "sunny"]},
            });
            self.queue.push_back(Outgoing::Event(unknown.to_string()));
        }
    }

    /// Sends an `error` event for something a client sent.
    pub(super) fn refuse(&mut self, refusal: &Refusal, event_id: Option<&str>) {
        self.emit(json!({"type": "error", "error": {
            "type": "invalid_request_error",
            "code": refusal.code,
            "message": refusal.message,
            "param": refusal.param,
            "event_id": event_id,
        }}));
    }

    /// Sends an `error` event that no event of the client brought about.
    pub(super) fn complain(&mut self, kind: &str, code: &str, message: &str) {
        self.emit(json!({"type": "error", "error": {
            "type": kind, "code": code, "message": message, "param": null, "event_id": null,
        }}));
    }

    pub(super) fn end(&mut self, how: Outgoing) {
        self.queue.push_back(how);
    }

    pub(super) fn next(&mut self) -> Option<Outgoing> {
        self.queue.pop_front()
    }
}

fn every(interval: u32, count: u32) -> bool {
    interval != 0 && count.is_multiple_of(interval)
}

/// Gives an event its name of the beta interface; `false` when it did not exist there.
fn to_beta(event: &mut Value) -> bool {
    let Some(kind) = event.get("type").and_then(Value::as_str) else { return false };
    let name = match kind {
        "conversation.item.done" | "conversation.item.input_audio_transcription.delta" => return false,
        "conversation.item.added" => "conversation.item.created".to_owned(),
        _ => kind
            .replace("response.output_audio", "response.audio")
            .replace("response.output_text", "response.text"),
    };
    if let Some(fields) = event.as_object_mut() {
        fields.insert("type".to_owned(), json!(name));
    }
    true
}

fn add_unknown_fields(event: &mut Value) {
    let unknown = json!({"since": "a later release", "levels": [0.5, 1]});
    let Some(fields) = event.as_object_mut() else { return };
    fields.insert("obfuscation".to_owned(), json!("aX9"));
    fields.insert("service_notes".to_owned(), unknown.clone());
    for name in INNER {
        if let Some(inner) = fields.get_mut(name).and_then(Value::as_object_mut) {
            inner.insert("service_notes".to_owned(), unknown.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn emitted(dialect: Dialect, strangeness: Strangeness, event: Value) -> Vec<Value> {
        let mut wire = Wire::new(dialect, 3, strangeness);
        wire.emit(event);
        let text = |out| match out {
            Outgoing::Event(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        };
        std::iter::from_fn(|| wire.next()).map(text).collect()
    }

    #[test]
    fn names_follow_the_dialect() {
        let name = |dialect, kind: &str| {
            let events = emitted(dialect, Strangeness::NONE, json!({"type": kind}));
            events.first().map(|event| event["type"].as_str().unwrap().to_owned())
        };
        let beta = |kind| name(Dialect::Beta, kind);
        let delta = "response.output_audio_transcript.delta";
        assert_eq!(name(Dialect::Ga, delta).as_deref(), Some(delta));
        assert_eq!(beta(delta).as_deref(), Some("response.audio_transcript.delta"));
        assert_eq!(beta("response.output_audio.done").as_deref(), Some("response.audio.done"));
        assert_eq!(beta("response.output_item.added").as_deref(), Some("response.output_item.added"));
        assert_eq!(beta("conversation.item.added").as_deref(), Some("conversation.item.created"));
        assert_eq!(beta("conversation.item.done"), None);
    }

    #[test]
    fn strangeness_adds_fields_and_events() {
        let event = json!({"type": "session.created", "session": {"id": "s"}});
        let events = emitted(Dialect::Ga, Strangeness::CONSTANT, event);
        assert_eq!(events.len(), 2);
        assert!(events[0]["service_notes"].is_object() && events[0]["session"]["service_notes"].is_object());
        assert_eq!(events[1]["type"], "session.weather.sampled");
    }
}
