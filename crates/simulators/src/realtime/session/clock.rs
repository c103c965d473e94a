//! What happens by itself: transcripts, idle time-outs, faults, and the words of responses.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::Session;
use crate::realtime::ear::Turn;
use crate::realtime::faults::{Ending, Fault};
use crate::realtime::wire::Outgoing;

/// Something due later.
#[derive(Debug)]
pub(super) enum Later {
    /// The transcript of a user item.
    Transcript { item_id: String, words: String },
}

impl Session {
    /// When `tick` has something to do.
    pub(in crate::realtime) fn next_due(&self) -> Instant {
        let planned = self.agenda.keys().next().map(|(due, _)| *due);
        let speaking = self.speaking.iter().filter_map(super::Speaking::due).min();
        let fault = self.next_fault().map(|(due, _, _)| due);
        let expiry = self.started + self.hub.settings.session_life;
        [planned, speaking, fault, self.idle_due].into_iter().flatten().fold(expiry, Instant::min)
    }

    /// Does everything that is due.
    pub(in crate::realtime) fn tick(&mut self, now: Instant) {
        while let Some((due, at, fault)) = self.next_fault()
            && due <= now
        {
            self.struck.insert(at);
            self.strike(&fault);
        }
        if self.started + self.hub.settings.session_life <= now {
            self.expire();
            return;
        }
        while let Some(entry) = self.agenda.first_entry()
            && entry.key().0 <= now
        {
            match entry.remove() {
                Later::Transcript { item_id, words } => self.transcribed(&item_id, &words),
            }
        }
        self.speak(now);
        if self.idle_due.is_some_and(|due| due <= now) {
            self.idle_due = None;
            self.time_out(now);
        }
        self.publish();
    }

    pub(super) fn schedule(&mut self, due: Instant, later: Later) {
        self.entries += 1;
        self.agenda.insert((due, self.entries), later);
    }

    /// The next timed fault: when, its place in the plan, and what.
    fn next_fault(&self) -> Option<(Instant, usize, Fault)> {
        let timed = self.plan.in_session(self.number).filter(|(at, _)| !self.struck.contains(at));
        timed
            .filter_map(|(at, planned)| {
                Some((self.started + planned.fault.strikes_after()?, at, &planned.fault))
            })
            .min_by_key(|(due, ..)| *due)
            .map(|(due, at, fault)| (due, at, fault.clone()))
    }

    fn strike(&mut self, fault: &Fault) {
        match fault {
            Fault::ErrorEvent { kind, code, .. } => {
                self.wire.complain(kind, code, "The server had an error while processing your request.");
            }
            Fault::Close { how: Ending::Drop, .. } => self.wire.end(Outgoing::Drop),
            Fault::Close { how: Ending::Close(code), .. } => self.end(*code, "simulated fault"),
            Fault::Expire { .. } => self.expire(),
            _ => {}
        }
    }

    fn expire(&mut self) {
        let message = "Your session hit the maximum duration of 60 minutes.";
        self.wire.complain("invalid_request_error", "session_expired", message);
        self.end(1001, message);
    }

    fn transcribed(&mut self, item_id: &str, words: &str) {
        const EVENT: &str = "conversation.item.input_audio_transcription";
        if let Some(item) = self.conversation.item_mut(item_id) {
            item.text = Some(words.to_owned());
        }
        if !words.is_empty() {
            self.wire.emit(json!({
                "type": format!("{EVENT}.delta"), "item_id": item_id, "content_index": 0, "delta": words,
            }));
        }
        let ms = self.turn_ms(item_id);
        self.wire.emit(json!({
            "type": format!("{EVENT}.completed"), "item_id": item_id, "content_index": 0,
            "transcript": words, "usage": self.transcription_usage(ms, words),
        }));
    }

    fn turn_ms(&self, item_id: &str) -> u64 {
        let report = super::locked(&self.report);
        let turn = report.turns.iter().rfind(|turn| turn.item_id == item_id);
        turn.map_or(0, |turn| turn.audio_end_ms.saturating_sub(turn.audio_start_ms))
    }

    /// Whisper is billed by time, the newer models by tokens.
    fn transcription_usage(&self, ms: u64, words: &str) -> Value {
        let model = self.config.terms().transcription_model.as_deref().unwrap_or_default();
        if model.contains("whisper") {
            return json!({"type": "duration", "seconds": ms.div_ceil(1_000)});
        }
        let (audio, text) = (ms.div_ceil(100), crate::realtime::usage::text_tokens(words));
        json!({
            "type": "tokens", "total_tokens": audio + text, "input_tokens": audio, "output_tokens": text,
            "input_token_details": {"text_tokens": 0, "audio_tokens": audio},
        })
    }

    /// Starts counting towards `idle_timeout_ms`, once the last words have been played.
    pub(super) fn expect_speech(&mut self, now: Instant, playing: Duration) {
        self.idle_due = self.config.terms().idle_timeout.map(|timeout| now + playing + timeout);
    }

    /// Nobody spoke: the silence becomes a turn and the model speaks.
    fn time_out(&mut self, now: Instant) {
        if self.speech_item.is_some() || self.is_responding() {
            return;
        }
        let item_id = self.wire.id("item");
        let turn: Turn = self.ear.commit_all();
        self.wire.emit(json!({
            "type": "input_audio_buffer.timeout_triggered", "item_id": item_id,
            "audio_start_ms": turn.start_ms, "audio_end_ms": turn.end_ms,
        }));
        self.commit_turn(item_id, turn, now);
        self.begin_response(None, now);
    }
}
