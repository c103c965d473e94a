//! `session.update`: everything a session is told before the first sound.

use super::Dialect;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What the agent's session is to be.
///
/// Turns are found by the server and judged by us, so `create_response` and `interrupt_response` are always off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionSettings {
    /// Who the agent is and what it knows.
    pub instructions: String,
    /// Name of the voice, or the id of a custom one (`voice_…`).
    pub voice: String,
    /// Caller's language, ISO 639-1; none lets the server detect it. There is no `auto` on the wire.
    pub language: Option<String>,
    /// Model that writes down what the caller says.
    pub transcription_model: String,
    /// When turns begin and end.
    pub detection: Detection,
    /// Noise reduction before detection and model.
    pub noise: Option<Noise>,
    /// What the agent can do.
    pub tools: Vec<Tool>,
    /// Hard stop of one reply, in tokens.
    pub max_output_tokens: u32,
    /// Only the beta dialect takes it; kept within its 0.6–1.2.
    pub temperature: f32,
    /// Reasoning effort; only 2.x models take it, others refuse the whole update.
    pub reasoning: Option<String>,
    /// How sound travels.
    pub audio: AudioKind,
}

/// What speaks in the beta for a voice that it does not have.
const BETA_VOICE: &str = "alloy";

/// How sound travels between us and the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AudioKind {
    /// G.711 µ-law at 8 kHz, as on the phone: nothing is converted.
    Pcmu,
    /// 16-bit PCM at 24 kHz, for servers that know nothing else.
    Pcm24k,
}

/// Turn detection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Detection {
    /// By loudness.
    Server {
        /// 0–1.
        threshold: f32,
        /// Sound kept from before the speech, in ms.
        prefix_padding_ms: u32,
        /// Silence that ends a turn, in ms.
        silence_duration_ms: u32,
    },
    /// By meaning.
    Semantic {
        /// `low`, `medium`, `high` or `auto`.
        eagerness: String,
    },
}

/// The provider's noise reduction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Noise {
    /// Receiver at the ear.
    NearField,
    /// Speakerphone or car.
    FarField,
}

/// A function the model may call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// When to call it.
    pub description: String,
    /// JSON Schema of its arguments.
    pub parameters: Value,
}

impl SessionSettings {
    /// The `session` object in `dialect`'s spelling.
    pub(super) fn to_json(&self, dialect: Dialect) -> Value {
        match dialect {
            Dialect::Ga => self.ga(),
            Dialect::Beta => self.beta(),
        }
    }

    fn ga(&self) -> Value {
        let format = match self.audio {
            AudioKind::Pcmu => json!({"type": "audio/pcmu"}),
            AudioKind::Pcm24k => json!({"type": "audio/pcm", "rate": 24_000}),
        };
        let voice =
            if self.voice.starts_with("voice_") { json!({"id": self.voice}) } else { json!(self.voice) };
        let mut session = json!({
            "type": "realtime",
            "output_modalities": ["audio"],
            "instructions": self.instructions,
            "audio": {
                "input": {
                    "format": format,
                    "transcription": self.transcription(),
                    "turn_detection": self.detection.to_json(),
                    "noise_reduction": self.noise.map(Noise::to_json),
                },
                "output": {"format": format, "voice": voice},
            },
            "tools": self.tools_json(),
            "tool_choice": "auto",
            "max_output_tokens": self.max_output_tokens,
        });
        if let (Some(effort), Value::Object(session)) = (&self.reasoning, &mut session) {
            session.insert("reasoning".into(), json!({"effort": effort}));
        }
        session
    }

    /// `noise_reduction`, transcription and limits have other names and places in the beta (section 16).
    fn beta(&self) -> Value {
        let format = match self.audio {
            AudioKind::Pcmu => "g711_ulaw",
            AudioKind::Pcm24k => "pcm16",
        };
        let mut session = json!({
            "modalities": ["text", "audio"],
            "instructions": self.instructions,
            "voice": self.beta_voice(),
            "input_audio_format": format,
            "output_audio_format": format,
            "input_audio_transcription": self.transcription(),
            "turn_detection": self.detection.to_json(),
            "tools": self.tools_json(),
            "tool_choice": "auto",
            "temperature": (f64::from(self.temperature.clamp(0.6, 1.2)) * 100.0).round() / 100.0,
            "max_response_output_tokens": self.max_output_tokens,
        });
        if let (Some(noise), Value::Object(session)) = (self.noise, &mut session) {
            session.insert("input_audio_noise_reduction".into(), noise.to_json());
        }
        session
    }

    /// The newest voices and custom ones came after the beta (section 16); its servers refuse the whole update for them.
    fn beta_voice(&self) -> &str {
        let is_newer = matches!(self.voice.as_str(), "marin" | "cedar") || self.voice.starts_with("voice_");
        if is_newer { BETA_VOICE } else { &self.voice }
    }

    fn transcription(&self) -> Value {
        let mut transcription = Map::new();
        transcription.insert("model".into(), json!(self.transcription_model));
        if let Some(language) = &self.language {
            transcription.insert("language".into(), json!(language));
        }
        Value::Object(transcription)
    }

    fn tools_json(&self) -> Value {
        self.tools
            .iter()
            .map(|tool| {
                json!({"type": "function", "name": tool.name, "description": tool.description,
                       "parameters": tool.parameters})
            })
            .collect()
    }
}

impl Detection {
    fn to_json(&self) -> Value {
        match self {
            Self::Server { threshold, prefix_padding_ms, silence_duration_ms } => json!({
                "type": "server_vad",
                // A float widened to a double shows digits nobody typed.
                "threshold": (f64::from(*threshold) * 1000.0).round() / 1000.0,
                "prefix_padding_ms": prefix_padding_ms,
                "silence_duration_ms": silence_duration_ms,
                "create_response": false,
                "interrupt_response": false,
            }),
            Self::Semantic { eagerness } => json!({
                "type": "semantic_vad",
                "eagerness": eagerness,
                "create_response": false,
                "interrupt_response": false,
            }),
        }
    }
}

impl Noise {
    fn to_json(self) -> Value {
        json!({"type": match self {
            Self::NearField => "near_field",
            Self::FarField => "far_field",
        }})
    }
}
