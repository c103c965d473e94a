//! The session object: its defaults, how an update changes it, and what it means.

mod rules;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::format::Format;
use super::schema::Refusal;
use super::settings::Dialect;
use super::vad::VadSettings;

pub(super) use rules::Circumstances;

/// What a session object says, in the types the server works with.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub(super) input: Format,
    pub(super) output: Format,
    pub(super) vad: Option<VadSettings>,
    pub(super) create_response: bool,
    pub(super) interrupt_response: bool,
    pub(super) idle_timeout: Option<Duration>,
    pub(super) transcription_model: Option<String>,
    pub(super) is_text_only: bool,
    pub(super) max_tokens: Option<u64>,
    pub(super) instructions: String,
    pub(super) tools: Vec<String>,
    pub(super) may_call: bool,
}

/// The session object in force.
#[derive(Debug, Clone)]
pub(super) struct Config {
    dialect: Dialect,
    session: Value,
    terms: Terms,
}

impl Config {
    /// A fresh session with the defaults of its dialect.
    pub(super) fn new(dialect: Dialect, id: &str, model: &str, life: Duration) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let expires_at = (now + life).as_secs();
        let mut session = match dialect {
            Dialect::Ga => ga_defaults(),
            Dialect::Beta => beta_defaults(),
        };
        let identity = json!({
            "id": id, "object": "realtime.session", "model": model, "expires_at": expires_at,
        });
        merge(&mut session, &identity);
        if dialect == Dialect::Ga && rules::is_reasoning(model) {
            merge(&mut session, &json!({"reasoning": {"effort": "low"}, "parallel_tool_calls": true}));
        }
        let terms = read(dialect, &session);
        Self { dialect, session, terms }
    }

    /// The object as `session.created` and `session.updated` carry it.
    pub(super) fn session(&self) -> &Value {
        &self.session
    }

    pub(super) fn terms(&self) -> &Terms {
        &self.terms
    }

    /// A value of the session object, by JSON pointer in each dialect.
    pub(super) fn value(&self, ga: &str, beta: &str) -> Value {
        let pointer = match self.dialect {
            Dialect::Ga => ga,
            Dialect::Beta => beta,
        };
        self.session.pointer(pointer).cloned().unwrap_or_default()
    }

    /// The session after an update that was held against the tables; refused whole when one field
    /// breaks a rule.
    pub(super) fn updated(&self, patch: &Value, now: &Circumstances<'_>) -> Result<Self, Refusal> {
        rules::check(self.dialect, patch, &self.session, now)?;
        let mut session = self.session.clone();
        apply(&mut session, patch);
        rules::check_tool_choice(&session)?;
        let terms = read(self.dialect, &session);
        Ok(Self { dialect: self.dialect, session, terms })
    }

    /// The terms of one response, whose fields override those of the session.
    pub(super) fn with_overrides(&self, response: &Value, now: &Circumstances<'_>) -> Result<Self, Refusal> {
        let mut patch = response.clone();
        if let Some(fields) = patch.as_object_mut() {
            for name in ["conversation", "input", "metadata"] {
                fields.remove(name);
            }
        }
        rules::check_voice(self.dialect, &patch, &self.session, now, "response")?;
        rules::check_reasoning(&patch, now, "response")?;
        let mut session = self.session.clone();
        apply(&mut session, &patch);
        let terms = read(self.dialect, &session);
        Ok(Self { dialect: self.dialect, session, terms })
    }
}

fn ga_defaults() -> Value {
    json!({
        "type": "realtime",
        "output_modalities": ["audio"],
        "instructions": DEFAULT_INSTRUCTIONS,
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24_000},
                "transcription": null,
                "noise_reduction": null,
                "turn_detection": turn_detection(&json!({"type": "server_vad"}), Dialect::Ga),
            },
            "output": {"format": {"type": "audio/pcm", "rate": 24_000}, "voice": "alloy", "speed": 1.0},
        },
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "truncation": "auto",
        "tracing": null,
        "include": null,
    })
}

fn beta_defaults() -> Value {
    json!({
        "modalities": ["text", "audio"],
        "instructions": DEFAULT_INSTRUCTIONS,
        "voice": "alloy",
        "speed": 1.0,
        "input_audio_format": "pcm16",
        "output_audio_format": "pcm16",
        "input_audio_transcription": null,
        "input_audio_noise_reduction": null,
        "turn_detection": turn_detection(&json!({"type": "server_vad"}), Dialect::Beta),
        "tools": [],
        "tool_choice": "auto",
        "temperature": 0.8,
        "max_response_output_tokens": "inf",
        "tracing": null,
    })
}

const DEFAULT_INSTRUCTIONS: &str = "You are a friendly assistant on the telephone. Be brief.";

/// A `turn_detection` with every field filled in. The silence of 200 ms is what the real service
/// starts with, whatever its documentation says (protocol page, section 4).
fn turn_detection(given: &Value, dialect: Dialect) -> Value {
    let mut full = match given.get("type").and_then(Value::as_str) {
        Some("semantic_vad") => {
            json!({"eagerness": "auto", "create_response": true, "interrupt_response": true})
        }
        Some(_) => json!({
            "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 200,
            "create_response": true, "interrupt_response": true,
        }),
        None => return Value::Null,
    };
    if dialect == Dialect::Ga && given.get("type").and_then(Value::as_str) == Some("server_vad") {
        merge(&mut full, &json!({"idle_timeout_ms": null}));
    }
    merge(&mut full, given);
    full
}

/// Puts the fields of `from` over those of `into`.
fn merge(into: &mut Value, from: &Value) {
    if let (Some(into), Some(from)) = (into.as_object_mut(), from.as_object()) {
        into.extend(from.clone());
    }
}

/// Applies an update: `audio` and its two halves field by field, everything else whole.
fn apply(session: &mut Value, patch: &Value) {
    for (name, value) in patch.as_object().into_iter().flat_map(Map::iter) {
        match name.as_str() {
            "audio" | "input" | "output" => {
                if let Some(inner) = session.get_mut(name) {
                    apply(inner, value);
                }
            }
            _ => merge(session, &json!({name: filled(name, value, session)})),
        }
    }
}

fn filled(name: &str, value: &Value, session: &Value) -> Value {
    let is_beta = session.get("input_audio_format").is_some();
    match name {
        "turn_detection" => turn_detection(value, if is_beta { Dialect::Beta } else { Dialect::Ga }),
        "format" if value.get("type").and_then(Value::as_str) == Some("audio/pcm") => {
            json!({"type": "audio/pcm", "rate": 24_000})
        }
        _ => value.clone(),
    }
}

fn read(dialect: Dialect, session: &Value) -> Terms {
    let at = |ga: &str, beta: &str| {
        session.pointer(if dialect == Dialect::Ga { ga } else { beta }).unwrap_or(&Value::Null)
    };
    let format = |value: &Value| value.as_str().and_then(Format::named).unwrap_or(Format::Pcm24k);
    let detection = at("/audio/input/turn_detection", "/turn_detection");
    let is_true = |name: &str| detection.get(name).and_then(Value::as_bool).unwrap_or(false);
    let modalities = at("/output_modalities", "/modalities");
    let names = |value: &Value| {
        let tools = value.as_array().into_iter().flatten();
        tools.filter_map(|tool| tool.get("name")?.as_str().map(str::to_owned)).collect()
    };
    let transcription = at("/audio/input/transcription/model", "/input_audio_transcription/model");
    Terms {
        input: format(at("/audio/input/format/type", "/input_audio_format")),
        output: format(at("/audio/output/format/type", "/output_audio_format")),
        vad: vad_settings(detection),
        create_response: is_true("create_response"),
        interrupt_response: is_true("interrupt_response"),
        idle_timeout: detection.get("idle_timeout_ms").and_then(Value::as_u64).map(Duration::from_millis),
        transcription_model: transcription.as_str().map(str::to_owned),
        is_text_only: modalities.as_array().is_some_and(|list| !list.contains(&json!("audio"))),
        max_tokens: at("/max_output_tokens", "/max_response_output_tokens").as_u64(),
        instructions: at("/instructions", "/instructions").as_str().unwrap_or_default().to_owned(),
        tools: names(at("/tools", "/tools")),
        may_call: at("/tool_choice", "/tool_choice").as_str() != Some("none"),
    }
}

/// Silence that ends a turn under `semantic_vad`: a guess at words is beyond this server, so an
/// eager session waits less and a patient one more.
fn vad_settings(detection: &Value) -> Option<VadSettings> {
    let number = |name: &str| detection.get(name).and_then(Value::as_u64).unwrap_or_default() as u32;
    match detection.get("type")?.as_str()? {
        "server_vad" => {
            let threshold = detection.get("threshold").and_then(Value::as_f64).unwrap_or(0.5);
            Some(VadSettings::new(threshold, number("prefix_padding_ms"), number("silence_duration_ms")))
        }
        "semantic_vad" => {
            let silence_ms = match detection.get("eagerness").and_then(Value::as_str) {
                Some("high") => 300,
                Some("low") => 1_200,
                _ => 600,
            };
            Some(VadSettings::new(0.5, 300, silence_ms))
        }
        _ => None,
    }
}
