//! Sound that comes in: appends, commits, and the turns found in them.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Session;
use super::clock::Later;
use crate::realtime::conversation::Place;
use crate::realtime::ear::{Heard, Turn};
use crate::realtime::format::{Format, ms_of};
use crate::realtime::hearing::transcript_of;
use crate::realtime::hub::locked;
use crate::realtime::item::Item;
use crate::realtime::report::{TurnReport, push_bounded};
use crate::realtime::schema::Refusal;

/// Most bytes in one append (protocol page, section 3).
const MOST_APPENDED: usize = 15 * 1024 * 1024;

impl Session {
    pub(super) fn append(&mut self, event: &Value, now: Instant) -> Result<(), Refusal> {
        if !self.is_configured && !self.was_early {
            self.was_early = true;
            let detail = "Audio was appended before any session.update was accepted.";
            self.violation("audio_before_session_updated", detail, None, event);
        }
        let audio = event.get("audio").and_then(Value::as_str).unwrap_or_default();
        let Ok(bytes) = STANDARD.decode(audio) else {
            return Err(Refusal::invalid("audio", "Invalid 'audio'. Expected base64-encoded audio bytes."));
        };
        if bytes.len() > MOST_APPENDED {
            return Err(Refusal::invalid("audio", "An append holds at most 15 MiB of audio."));
        }
        for heard in self.ear.append(&bytes) {
            match heard {
                Heard::SpeechStarted { audio_start_ms } => self.speech_started(audio_start_ms, now),
                Heard::SpeechStopped { audio_end_ms, turn } => self.speech_stopped(audio_end_ms, turn, now),
            }
        }
        Ok(())
    }

    fn speech_started(&mut self, audio_start_ms: u64, now: Instant) {
        let item_id = self.wire.id("item");
        self.speech_item = Some(item_id.clone());
        self.idle_due = None;
        self.wire.emit(json!({
            "type": "input_audio_buffer.speech_started", "audio_start_ms": audio_start_ms, "item_id": item_id,
        }));
        if self.config.terms().interrupt_response {
            self.cancel_default("turn_detected", now);
        }
    }

    fn speech_stopped(&mut self, audio_end_ms: u64, turn: Turn, now: Instant) {
        let item_id = self.speech_item.take().unwrap_or_else(|| self.wire.id("item"));
        self.wire.emit(json!({
            "type": "input_audio_buffer.speech_stopped", "audio_end_ms": audio_end_ms, "item_id": item_id,
        }));
        self.commit_turn(item_id, turn, now);
        if !self.config.terms().create_response {
            return;
        }
        if self.is_responding() {
            let message = "Conversation already has an active response in progress.";
            self.wire.complain("invalid_request_error", "conversation_already_has_active_response", message);
        } else {
            self.begin_response(None, now);
        }
    }

    pub(super) fn commit(&mut self, now: Instant) -> Result<(), Refusal> {
        let turn = self.ear.commit().map_err(|kept_ms| {
            let message = format!(
                "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only has {kept_ms}.00ms of audio."
            );
            Refusal::new("input_audio_buffer_commit_empty", "", message)
        })?;
        let item_id = self.speech_item.take().unwrap_or_else(|| self.wire.id("item"));
        self.commit_turn(item_id, turn, now);
        Ok(())
    }

    /// Makes a user item of a turn, and schedules its transcript.
    pub(super) fn commit_turn(&mut self, item_id: String, turn: Turn, now: Instant) {
        let previous = self.conversation.last_id().map(str::to_owned);
        self.wire.emit(json!({
            "type": "input_audio_buffer.committed", "item_id": item_id, "previous_item_id": previous,
        }));
        let resampled = self.config.terms().input != Format::Pcmu;
        let sounds = self.hub.listen(&turn.sound, resampled);
        let transcript = transcript_of(&sounds);
        let mut item = Item::message(item_id.clone(), "user", "completed");
        item.audio_ms = Some(ms_of(turn.sound.len()));
        item.understood = Some(transcript.clone());
        self.is_replay = false;
        self.add_item(item, Place::Last);
        if self.config.terms().transcription_model.is_some() {
            let later = Later::Transcript { item_id: item_id.clone(), words: transcript.clone() };
            let delay = self.transcription_delay();
            self.schedule(now + delay, later);
        }
        self.conversation.keep_sound(&item_id, turn.sound);
        let report = TurnReport {
            item_id,
            audio_start_ms: turn.start_ms,
            audio_end_ms: turn.end_ms,
            transcript,
            sounds,
        };
        push_bounded(&mut locked(&self.report).turns, report);
    }

    /// 100 to 300 ms, different for each turn and the same in each run.
    fn transcription_delay(&self) -> Duration {
        let turns = self.conversation.items().len() as u64;
        let mixed = (self.hub.settings.seed ^ turns).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        Duration::from_millis(100 + mixed % 200)
    }
}
