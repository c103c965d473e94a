//! One conversation on the scripted server: what was said, what was told about it, and how an answer is told.

use super::World;
use super::answers::{Step, answer, flow_of};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the next message meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::widget) enum Fault {
    /// The line that carries the answer breaks behind so many pieces of it.
    DropAfter(usize),
    /// A refusal with a time to wait, in seconds.
    TooMany(u32),
    /// What was told of the answer is void behind so many pieces.
    ResetAfter(usize),
    /// The message is refused with this status.
    Refuse(u16),
}

#[derive(Default)]
pub(super) struct Session {
    pub(super) token: String,
    pub(super) human: Option<String>,
    pub(super) events: Vec<Event>,
    pub(super) step: Step,
    pub(super) messages: Vec<Value>,
    /// By the id that the visitor's side gave: none while the answer is being made.
    pub(super) turns: BTreeMap<String, Option<Value>>,
}

/// Something that was told; its place in the list is its id.
pub(super) struct Event {
    pub(super) name: &'static str,
    pub(super) data: Value,
    /// The message that it answers.
    pub(super) turn: Option<String>,
}

impl Session {
    pub(super) fn push(&mut self, name: &'static str, data: Value) {
        self.events.push(Event { name, data, turn: None });
    }

    fn tell(&mut self, turn: &str, name: &'static str, data: Value) {
        self.events.push(Event { name, data, turn: Some(turn.to_owned()) });
    }

    /// Keeps a message and tells of it. Returns its id.
    pub(super) fn write(&mut self, role: &str, text: &str, turn: Option<&str>, sources: &Value) -> String {
        let seq = self.messages.len() + 1;
        let id = format!("m{seq}");
        let mut message = json!({"id": id, "seq": seq, "role": role, "text": text, "at": "2026-11-23T12:00:00Z", "sources": sources});
        if let (Some(turn), "VISITOR") = (turn, role) {
            message["clientMessageId"] = turn.into();
        }
        self.messages.push(message.clone());
        self.push("message", message);
        id
    }

    pub(super) fn texts(&self, role: &str) -> Vec<String> {
        let found = self.messages.iter().filter(|message| message["role"] == role);
        found.map(|message| message["text"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Begins a turn; false when it was begun before.
    pub(super) fn begin(&mut self, turn: &str, text: &str) -> bool {
        if self.turns.contains_key(turn) {
            return false;
        }
        self.turns.insert(turn.to_owned(), None);
        let id = self.write("VISITOR", text, Some(turn), &json!([]));
        self.tell(turn, "accepted", json!({"messageId": id}));
        true
    }

    pub(super) fn history(&self, id: &str) -> Value {
        let mut history = json!({"sessionId": id, "messages": self.messages, "flow": flow_of(self.step, self.human.is_some()),
            "quickReplies": [], "lastEventId": self.events.len().to_string()});
        if let Some(name) = &self.human {
            history["human"] = json!({"name": name});
        }
        history
    }
}

/// Makes an answer, piece by piece, whether or not anybody listens.
pub(super) async fn turn(
    world: Arc<World>,
    session: String,
    turn: String,
    message: String,
    reset: Option<usize>,
) {
    let Some((step, is_human)) = world.with(&session, |session| (session.step, session.human.is_some()))
    else {
        return;
    };
    let given = answer(step, &message);
    let text = if is_human { "" } else { given.text };
    for (at, piece) in text.split_inclusive(' ').enumerate() {
        let mut pause = world.pause.subscribe();
        let _ = pause.wait_for(|pause| pause.is_none_or(|pause| at < pause)).await;
        if reset == Some(at) {
            world.with(&session, |session| session.tell(&turn, "reset", json!({})));
        }
        // What is void was wrong from the beginning.
        let piece = if reset.is_some_and(|reset| at < reset) { "Nonsense " } else { piece };
        world.with(&session, |session| {
            session.tell(&turn, "delta", json!({"text": piece}));
        });
        world.tell();
        tokio::task::yield_now().await;
    }
    world.with(&session, |session| {
        session.step = if is_human { session.step } else { given.step };
        let id = if is_human { "m0".to_owned() } else { format!("m{}", session.messages.len() + 1) };
        let by = if is_human { "NONE" } else { "RULES" };
        let mut done = json!({"messageId": id, "reply": text, "flow": flow_of(session.step, is_human), "quickReplies": [],
            "sources": if is_human { json!([]) } else { given.sources.clone() }, "by": by});
        if given.lead {
            done["leadId"] = "0190b2a0-0000-7000-8000-000000000001".into();
        }
        session.tell(&turn, "done", done.clone());
        if !is_human {
            session.write("AGENT", text, None, &given.sources);
        }
        session.turns.insert(turn.clone(), Some(done));
    });
    world.tell();
}

impl World {
    /// Looks at or changes a conversation that is there.
    pub(super) fn with<T>(&self, session: &str, look: impl FnOnce(&mut Session) -> T) -> Option<T> {
        self.lock().sessions.get_mut(session).map(look)
    }
}
