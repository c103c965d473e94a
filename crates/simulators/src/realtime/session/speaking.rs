//! A response in progress.

use serde_json::{Value, json};
use tokio::time::Instant;

use super::script::{Outcome, Script, Step};
use crate::realtime::config::Config;
use crate::realtime::format::ms_of;
use crate::realtime::item::Item;
use crate::realtime::settings::Dialect;
use crate::realtime::usage::Tokens;

/// The output item being sent.
pub(super) struct Open {
    pub(super) item: Item,
    pub(super) said: String,
    /// µ-law bytes of this item sent.
    pub(super) sent: usize,
}

/// A response in progress.
pub(super) struct Speaking {
    pub(super) id: String,
    /// Whether it belongs to the default conversation; only one such response runs at a time.
    pub(super) is_default: bool,
    /// What the conversation cost when the response began.
    pub(super) input: Tokens,
    pub(super) metadata: Value,
    pub(super) script: Script,
    /// What is said, in µ-law.
    pub(super) sound: Vec<u8>,
    pub(super) first_sound: Option<Instant>,
    pub(super) dialect: Dialect,
    pub(super) config: Config,
    /// From when the wait before the next step counts.
    since: Instant,
    pub(super) open: Option<Open>,
    /// The finished output items.
    pub(super) outputs: Vec<Value>,
    /// Everything written so far: words and arguments.
    pub(super) text: String,
    /// µ-law bytes sent.
    pub(super) sent: usize,
}

impl Speaking {
    /// A response of which nothing has been decided but its terms.
    pub(super) fn new(id: String, dialect: Dialect, config: Config, now: Instant) -> Self {
        Self {
            id,
            is_default: true,
            input: Tokens::default(),
            metadata: Value::Null,
            script: Script::new(),
            sound: Vec::new(),
            first_sound: None,
            dialect,
            config,
            since: now,
            open: None,
            outputs: Vec::new(),
            text: String::new(),
            sent: 0,
        }
    }

    /// When the next step is due; a stalled response has none.
    pub(super) fn due(&self) -> Option<Instant> {
        self.script.front().map(|(wait, _)| self.since + *wait)
    }

    pub(super) fn next_step(&mut self, now: Instant) -> Option<Step> {
        let due = self.due().filter(|due| *due <= now)?;
        self.since = due;
        self.script.pop_front().map(|(_, step)| step)
    }

    /// Whether the output item being sent is the last one and stops short.
    pub(super) fn is_cut(&self) -> bool {
        matches!(self.script.front(), Some((_, Step::Finish(Outcome::Incomplete))))
    }

    /// Milliseconds of audio sent.
    pub(super) fn audio_ms(&self) -> u64 {
        ms_of(self.sent)
    }

    /// The response object.
    pub(super) fn to_json(&self, status: &str, details: &Value, usage: &Value) -> Value {
        let mut response = json!({
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": self.outputs,
            "conversation_id": if self.is_default { json!("conv_default") } else { Value::Null },
            "max_output_tokens": self.config.value("/max_output_tokens", "/max_response_output_tokens"),
            "usage": usage,
            "metadata": self.metadata,
        });
        let format = self.config.value("/audio/output/format", "/output_audio_format");
        let voice = self.config.value("/audio/output/voice", "/voice");
        let modalities = self.config.value("/output_modalities", "/modalities");
        let extra = match self.dialect {
            Dialect::Ga => json!({
                "output_modalities": modalities, "audio": {"output": {"format": format, "voice": voice}},
            }),
            Dialect::Beta => json!({
                "modalities": modalities, "output_audio_format": format, "voice": voice,
                "temperature": self.config.value("", "/temperature"),
            }),
        };
        if let (Some(response), Some(extra)) = (response.as_object_mut(), extra.as_object()) {
            response.extend(extra.clone());
        }
        response
    }

    /// An event of the output item being sent.
    pub(super) fn event(&self, kind: &str, extra: &Value) -> Value {
        let mut event = json!({
            "type": kind, "response_id": self.id, "output_index": self.outputs.len(),
        });
        if let (Some(event), Some(extra)) = (event.as_object_mut(), extra.as_object()) {
            event.extend(extra.clone());
        }
        event
    }

    pub(super) fn part(&self, words: &str) -> Value {
        if self.config.terms().is_text_only {
            json!({"type": "text", "text": words})
        } else {
            json!({"type": "audio", "transcript": words})
        }
    }
}
