//! How a business's agent sounds and behaves: one set of settings, one validator for API, page and engine.

use crate::fault::{Fault, from_report};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Voices of the Realtime API (protocols/openai-realtime.md, section 2).
pub const VOICES: [&str; 10] =
    ["alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"];

/// The greeting of a business that has written none.
pub const DEFAULT_GREETING: &str = "Hello! Thank you for calling {businessName}. How can I help you today?";

/// The agent's configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AgentConfig {
    /// What the agent calls itself.
    #[garde(length(chars, min = 1, max = 60))]
    pub agent_name: String,
    /// What the owner tells the agent about manner and business.
    #[garde(length(chars, max = 8000))]
    pub persona_prompt: String,
    /// Greeting of the chat, and of the phone when it has none of its own.
    #[garde(length(chars, max = 600))]
    pub welcome_message: String,
    /// Greeting of the phone.
    #[garde(length(chars, max = 600))]
    pub voice_greeting_message: String,
    /// One of [`VOICES`], or a custom voice's id (`voice_…`).
    #[garde(custom(known_voice))]
    pub voice: String,
    /// Language callers are spoken to in, ISO 639-1; empty lets the model follow the caller.
    #[garde(custom(language_code))]
    pub language: String,
    /// When a caller's turn begins and ends.
    #[garde(dive)]
    pub vad: Vad,
    /// Speech that must be heard before the agent stops talking, in ms: 0 (at once) or 100–600.
    #[garde(custom(interruption_delay))]
    pub interruption_delay_ms: u32,
    /// Length of a reply the agent aims for, in tokens.
    #[garde(range(min = 20, max = 4096))]
    pub max_response_tokens: u32,
    /// Sent only to servers that still take it.
    #[garde(range(min = 0.0, max = 2.0))]
    pub temperature: f32,
    /// What a caller hears when the agent cannot answer, before leaving a message.
    #[garde(length(chars, min = 1, max = 600))]
    pub voice_unavailable_message: String,
    /// Noise reduction at the model's side.
    #[garde(skip)]
    pub noise_reduction: NoiseReduction,
    /// Also suppress noise ourselves before the model hears the caller.
    #[garde(skip)]
    pub suppress_noise_locally: bool,
    /// Longest call, in seconds; the caller is warned a minute before.
    #[garde(range(min = 60, max = 14_400))]
    pub max_call_seconds: u32,
    /// Most that one call may cost, in cents; 0 means no cap.
    #[garde(range(max = 100_000))]
    pub spend_cap_cents: u32,
    /// Silence after which the caller is asked whether they are there, in ms.
    #[garde(range(min = 3_000, max = 60_000))]
    pub silence_nudge_ms: u32,
    /// Keep what was said when a call's inputs are recorded for replay; off keeps only lengths.
    #[garde(skip)]
    pub record_words: bool,
}

/// Turn detection, in the words of the Realtime API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Vad {
    /// Which detector.
    #[serde(rename = "type")]
    #[garde(skip)]
    pub kind: VadKind,
    /// How sure the detector must be that it hears speech, 0–1.
    #[garde(range(min = 0.0, max = 1.0))]
    pub threshold: f32,
    /// Sound kept from before the speech, in ms.
    #[garde(range(max = 5_000))]
    pub prefix_padding_ms: u32,
    /// Silence that ends a turn, in ms.
    #[garde(range(min = 100, max = 5_000))]
    pub silence_duration_ms: u32,
    /// How quickly the semantic detector takes the turn.
    #[garde(skip)]
    pub eagerness: Eagerness,
}

/// The two detectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VadKind {
    /// By loudness and silence.
    ServerVad,
    /// By what was said.
    SemanticVad,
}

/// Eagerness of the semantic detector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Eagerness {
    /// Waits up to 8 s.
    Low,
    /// Waits up to 4 s.
    Medium,
    /// Waits up to 2 s.
    High,
    /// The model's choice, same as medium.
    Auto,
}

/// The provider's noise reduction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoiseReduction {
    /// None: the line as it is.
    Off,
    /// For a receiver at the ear.
    NearField,
    /// For a speakerphone or a car.
    FarField,
}

impl Default for AgentConfig {
    fn default() -> Self {
        Self {
            agent_name: "Mia".into(),
            persona_prompt: String::new(),
            welcome_message: String::new(),
            voice_greeting_message: String::new(),
            voice: "marin".into(),
            language: "en".into(),
            vad: Vad::default(),
            interruption_delay_ms: 300,
            max_response_tokens: 150,
            temperature: 0.7,
            voice_unavailable_message:
                "Thank you for calling {businessName}. We cannot take your call right now. \
                Please leave your name, your number and what we can do for you after the tone."
                    .into(),
            noise_reduction: NoiseReduction::Off,
            suppress_noise_locally: false,
            max_call_seconds: 900,
            spend_cap_cents: 300,
            silence_nudge_ms: 8_000,
            record_words: true,
        }
    }
}

impl Default for Vad {
    fn default() -> Self {
        Self {
            kind: VadKind::ServerVad,
            threshold: 0.5,
            prefix_padding_ms: 300,
            silence_duration_ms: 500,
            eagerness: Eagerness::Auto,
        }
    }
}

impl AgentConfig {
    /// Every mistake in the settings, by field.
    pub fn faults(&self) -> Vec<Fault> {
        self.validate().err().map(|report| from_report(&report)).unwrap_or_default()
    }

    /// What the caller hears first: the phone's greeting, else the chat's, else the default.
    pub fn greeting(&self, business_name: &str) -> String {
        let chosen = [&self.voice_greeting_message, &self.welcome_message]
            .into_iter()
            .map(|text| text.trim())
            .find(|text| !text.is_empty())
            .unwrap_or(DEFAULT_GREETING);
        fill(chosen, business_name)
    }

    /// What the caller hears when the agent cannot answer.
    pub fn unavailable_message(&self, business_name: &str) -> String {
        fill(&self.voice_unavailable_message, business_name)
    }
}

fn fill(template: &str, business_name: &str) -> String {
    template.replace("{businessName}", business_name)
}

fn known_voice(voice: &str, (): &()) -> garde::Result {
    if VOICES.contains(&voice) || (voice.starts_with("voice_") && voice.len() <= 80) {
        return Ok(());
    }
    Err(garde::Error::new(format!("there is no voice {voice:?}; the voices are {}", VOICES.join(", "))))
}

fn language_code(code: &str, (): &()) -> garde::Result {
    if code.is_empty() || (code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_lowercase())) {
        return Ok(());
    }
    Err(garde::Error::new("write the language as two letters, such as en or es, or leave it empty"))
}

fn interruption_delay(ms: &u32, (): &()) -> garde::Result {
    if *ms == 0 || (100..=600).contains(ms) {
        return Ok(());
    }
    Err(garde::Error::new("must be 0 (stop at once) or between 100 and 600 ms"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_voice_greeting_comes_first_then_the_welcome_then_the_default() {
        let mut config = AgentConfig::default();
        assert_eq!(config.greeting("Acme"), "Hello! Thank you for calling Acme. How can I help you today?");
        config.welcome_message = "Welcome to {businessName}.".into();
        assert_eq!(config.greeting("Acme"), "Welcome to Acme.");
        config.voice_greeting_message = "{businessName} speaking.".into();
        assert_eq!(config.greeting("Acme"), "Acme speaking.");
        config.voice_greeting_message = "  ".into();
        assert_eq!(config.greeting("Acme"), "Welcome to Acme.");
    }

    #[test]
    fn every_mistake_is_listed_with_its_field() {
        assert_eq!(AgentConfig::default().faults(), []);
        let config = AgentConfig {
            voice: "darth".into(),
            interruption_delay_ms: 50,
            vad: Vad { threshold: 1.5, ..Vad::default() },
            language: "english".into(),
            ..AgentConfig::default()
        };
        let fields: Vec<_> = config.faults().into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["interruptionDelayMs", "language", "vad.threshold", "voice"]);
    }
}
