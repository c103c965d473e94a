//! The steps of a response as events.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Session;
use super::script::{Outcome, Step};
use super::speaking::{Open, Speaking};
use crate::realtime::brain::ToolCall;
use crate::realtime::conversation::Place;
use crate::realtime::format::ms_of;
use crate::realtime::hub::locked;
use crate::realtime::item::Item;
use crate::realtime::usage::{Tokens, usage};

impl Session {
    /// Sends every step that is due.
    pub(super) fn speak(&mut self, now: Instant) {
        for mut speaking in std::mem::take(&mut self.speaking) {
            let mut outcome = None;
            while outcome.is_none()
                && let Some(step) = speaking.next_step(now)
            {
                outcome = self.perform(&mut speaking, step, now);
            }
            match outcome {
                Some(outcome) => self.finish(&speaking, &outcome, now),
                None => self.speaking.push(speaking),
            }
        }
    }

    /// Sends one step; the last one has an outcome.
    fn perform(&mut self, speaking: &mut Speaking, step: Step, now: Instant) -> Option<Outcome> {
        match step {
            Step::OpenMessage => self.open_message(speaking),
            Step::OpenCall(call) => self.open_call(speaking, &call),
            Step::Words(words) => self.send_words(speaking, &words),
            Step::Sound(to) => self.send_sound(speaking, to, now),
            Step::Arguments(part) => self.send_arguments(speaking, &part),
            Step::Close => {
                let status = if speaking.is_cut() { "incomplete" } else { "completed" };
                self.close(speaking, status);
            }
            Step::Finish(outcome) => return Some(outcome),
        }
        None
    }

    fn open_message(&mut self, speaking: &mut Speaking) {
        let mut item = Item::message(self.wire.id("item"), "assistant", "in_progress");
        item.answered = true;
        self.open_item(speaking, item.clone());
        if !speaking.config.terms().is_text_only {
            item.audio_ms = Some(0);
            if let Some(held) = self.conversation.item_mut(&item.id) {
                held.audio_ms = Some(0);
            }
        }
        let part = json!({"item_id": item.id, "content_index": 0, "part": speaking.part("")});
        self.wire.emit(speaking.event("response.content_part.added", &part));
        speaking.open = Some(Open { item, said: String::new(), sent: 0 });
    }

    fn open_call(&mut self, speaking: &mut Speaking, call: &ToolCall) {
        let call_id = self.wire.id("call");
        let item = Item::call(self.wire.id("item"), &call_id, &call.name);
        self.open_item(speaking, item.clone());
        speaking.open = Some(Open { item, said: String::new(), sent: 0 });
    }

    fn open_item(&mut self, speaking: &Speaking, item: Item) {
        let shown = item.to_json(speaking.dialect);
        self.wire.emit(speaking.event("response.output_item.added", &json!({"item": shown})));
        if speaking.is_default {
            self.add_item(item, Place::Last);
        }
    }

    fn send_words(&mut self, speaking: &mut Speaking, words: &str) {
        let kind = if speaking.config.terms().is_text_only {
            "response.output_text.delta"
        } else {
            "response.output_audio_transcript.delta"
        };
        let Some(open) = &mut speaking.open else { return };
        open.said.push_str(words);
        speaking.text.push_str(words);
        let extra = json!({"item_id": open.item.id, "content_index": 0, "delta": words});
        self.wire.emit(speaking.event(kind, &extra));
    }

    fn send_sound(&mut self, speaking: &mut Speaking, to: usize, now: Instant) {
        let Some(open) = &mut speaking.open else { return };
        let audio = speaking.config.terms().output.encode(&speaking.sound, open.sent, to);
        speaking.sent += to - open.sent;
        open.sent = to;
        open.item.audio_ms = Some(ms_of(to));
        if let Some(held) = self.conversation.item_mut(&open.item.id)
            && !held.is_truncated
        {
            held.audio_ms = Some(ms_of(to));
        }
        let extra = json!({"item_id": open.item.id, "content_index": 0, "delta": STANDARD.encode(audio)});
        self.wire.emit(speaking.event("response.output_audio.delta", &extra));
        speaking.first_sound.get_or_insert(now);
        self.has_spoken = true;
    }

    fn send_arguments(&mut self, speaking: &mut Speaking, part: &str) {
        let Some(open) = &mut speaking.open else { return };
        open.said.push_str(part);
        speaking.text.push_str(part);
        let extra = json!({"item_id": open.item.id, "call_id": open.item.call_id, "delta": part});
        self.wire.emit(speaking.event("response.function_call_arguments.delta", &extra));
    }

    /// Closes the output item being sent, as far as it got.
    fn close(&mut self, speaking: &mut Speaking, status: &str) {
        let Some(mut open) = speaking.open.take() else { return };
        status.clone_into(&mut open.item.status);
        if open.item.call_id.is_some() {
            let extra = json!({
                "item_id": open.item.id, "call_id": open.item.call_id, "name": open.item.name,
                "arguments": open.said,
            });
            self.wire.emit(speaking.event("response.function_call_arguments.done", &extra));
            open.item.payload = Some(open.said);
        } else {
            self.close_message(speaking, &open.item.id, &open.said);
            open.item.text = Some(open.said);
        }
        let shown = open.item.to_json(speaking.dialect);
        self.wire.emit(speaking.event("response.output_item.done", &json!({"item": shown})));
        if speaking.is_default {
            self.settle(&open.item, &speaking.sound, open.sent);
            let previous = self.conversation.before(&open.item.id);
            self.wire.emit(json!({
                "type": "conversation.item.done", "previous_item_id": previous, "item": shown,
            }));
        }
        speaking.outputs.push(shown);
    }

    fn close_message(&mut self, speaking: &Speaking, item_id: &str, said: &str) {
        let place = |name: &str, value: Value| json!({"item_id": item_id, "content_index": 0, name: value});
        if speaking.config.terms().is_text_only {
            let text = place("text", json!(said));
            self.wire.emit(speaking.event("response.output_text.done", &text));
        } else {
            let ids = json!({"item_id": item_id, "content_index": 0});
            self.wire.emit(speaking.event("response.output_audio.done", &ids));
            let transcript = place("transcript", json!(said));
            self.wire.emit(speaking.event("response.output_audio_transcript.done", &transcript));
        }
        let part = place("part", speaking.part(said));
        self.wire.emit(speaking.event("response.content_part.done", &part));
    }

    /// Writes what an item became into the conversation. A truncated one keeps nothing but its cut.
    fn settle(&mut self, item: &Item, sound: &[u8], sent: usize) {
        let Some(held) = self.conversation.item_mut(&item.id) else { return };
        held.status.clone_from(&item.status);
        held.payload.clone_from(&item.payload);
        let is_whole = !held.is_truncated;
        if is_whole {
            held.text.clone_from(&item.text);
        }
        if is_whole && sent > 0 {
            self.conversation.keep_sound(&item.id, sound.get(..sent).unwrap_or_default().to_vec());
        }
    }

    /// Ends a response before its time.
    pub(super) fn call_off(&mut self, mut speaking: Speaking, reason: &'static str, now: Instant) {
        self.close(&mut speaking, "incomplete");
        self.finish(&speaking, &Outcome::Cancelled(reason), now);
    }

    fn finish(&mut self, speaking: &Speaking, outcome: &Outcome, now: Instant) {
        let status = outcome.status();
        let details = match outcome {
            Outcome::Completed => Value::Null,
            Outcome::Failed { kind, code } => json!({"type": status, "error": {"type": kind, "code": code}}),
            Outcome::Incomplete | Outcome::Cancelled(_) => {
                json!({"type": status, "reason": outcome.reason()})
            }
        };
        let output = Tokens::of_output(&speaking.text, speaking.audio_ms());
        let usage = usage(speaking.input, self.previous_input, output);
        self.previous_input = speaking.input;
        let response = speaking.to_json(status, &details, &usage);
        self.wire.emit(json!({"type": "response.done", "response": response}));
        let done_at = self.since_start(now);
        if let Some(report) = locked(&self.report).responses.iter_mut().rfind(|known| known.id == speaking.id)
        {
            report.done_at = Some(done_at);
            status.clone_into(&mut report.status);
            report.reason = outcome.reason().map(str::to_owned);
            report.audio_ms = speaking.audio_ms();
            report.usage = usage;
        }
        if speaking.is_default {
            self.expect_speech(now, Self::left_to_play(speaking, now));
        }
    }
}
