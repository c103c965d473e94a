//! How a business's agent sounds and behaves: one set of settings, one validator for API, page and engine.

use crate::fault::{Fault, from_report};
use crate::rule::{self, Number, Text};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Voices of the Realtime API (protocols/openai-realtime.md, section 2).
pub const VOICES: [&str; 10] =
    ["alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"];

/// The greeting of a business that has written none.
pub const DEFAULT_GREETING: &str = "Hello! Thank you for calling {businessName}. How can I help you today?";

/// What the agent calls itself.
pub static AGENT_NAME: Text = Text::of(1, 60);
/// What the owner tells the agent about manner and business.
pub static PERSONA: Text = Text::of(0, 8_000);
/// A greeting.
pub static GREETING: Text = Text::of(0, 600);
/// What a caller hears when the agent cannot answer.
pub static UNAVAILABLE: Text = Text::of(1, 600);
/// Speech that must be heard before the agent stops talking, in ms.
pub static INTERRUPTION_DELAY_MS: Number =
    Number::whole(100, 600).or(0.0, "must be 0 (stop at once) or between 100 and 600 ms");
/// Length of a reply, in tokens.
pub static MAX_RESPONSE_TOKENS: Number = Number::whole(20, 4_096);
/// What only servers of the older dialect take.
pub static TEMPERATURE: Number = Number::any(0.0, 2.0);
/// Longest call, in seconds.
pub static MAX_CALL_SECONDS: Number = Number::whole(60, 14_400);
/// Most that one call may cost, in cents.
pub static SPEND_CAP_CENTS: Number = Number::whole(0, 100_000);
/// Most that models may cost in chats, in cents a day.
pub static CHAT_BUDGET_CENTS: Number = Number::whole(0, 100_000);
/// Silence after which the caller is asked whether they are there, in ms.
pub static SILENCE_NUDGE_MS: Number = Number::whole(3_000, 60_000);
/// How sure the detector must be.
pub static THRESHOLD: Number = Number::any(0.0, 1.0);
/// Sound kept from before the speech, in ms.
pub static PREFIX_PADDING_MS: Number = Number::whole(0, 5_000);
/// Silence that ends a turn, in ms.
pub static SILENCE_DURATION_MS: Number = Number::whole(100, 5_000);

/// The settings that are numbers, by their names in JSON: what is no number at all is told in the same words as one that is
/// out of bounds.
pub static NUMBERS: [(&str, &Number); 10] = [
    ("interruptionDelayMs", &INTERRUPTION_DELAY_MS),
    ("maxResponseTokens", &MAX_RESPONSE_TOKENS),
    ("temperature", &TEMPERATURE),
    ("maxCallSeconds", &MAX_CALL_SECONDS),
    ("spendCapCents", &SPEND_CAP_CENTS),
    ("chatBudgetCents", &CHAT_BUDGET_CENTS),
    ("silenceNudgeMs", &SILENCE_NUDGE_MS),
    ("vad.threshold", &THRESHOLD),
    ("vad.prefixPaddingMs", &PREFIX_PADDING_MS),
    ("vad.silenceDurationMs", &SILENCE_DURATION_MS),
];

/// The agent's configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AgentConfig {
    /// What the agent calls itself.
    #[garde(custom(rule::text(&AGENT_NAME)))]
    pub agent_name: String,
    /// What the owner tells the agent about manner and business.
    #[garde(custom(rule::text(&PERSONA)))]
    pub persona_prompt: String,
    /// Greeting of the chat, and of the phone when it has none of its own.
    #[garde(custom(rule::text(&GREETING)))]
    pub welcome_message: String,
    /// Greeting of the phone.
    #[garde(custom(rule::text(&GREETING)))]
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
    #[garde(custom(rule::number(&INTERRUPTION_DELAY_MS)))]
    pub interruption_delay_ms: u32,
    /// Length of a reply the agent aims for, in tokens.
    #[garde(custom(rule::number(&MAX_RESPONSE_TOKENS)))]
    pub max_response_tokens: u32,
    /// Sent only to servers that still take it.
    #[garde(custom(rule::number(&TEMPERATURE)))]
    pub temperature: f32,
    /// What a caller hears when the agent cannot answer, before leaving a message.
    #[garde(custom(rule::text(&UNAVAILABLE)))]
    pub voice_unavailable_message: String,
    /// Noise reduction at the model's side.
    #[garde(skip)]
    pub noise_reduction: NoiseReduction,
    /// Also suppress noise ourselves before the model hears the caller.
    #[garde(skip)]
    pub suppress_noise_locally: bool,
    /// Longest call, in seconds; the caller is warned a minute before.
    #[garde(custom(rule::number(&MAX_CALL_SECONDS)))]
    pub max_call_seconds: u32,
    /// Most that one call may cost, in cents; 0 means no cap.
    #[garde(custom(rule::number(&SPEND_CAP_CENTS)))]
    pub spend_cap_cents: u32,
    /// Most that models may cost in chats, in cents a day of the business; 0 means no cap. Beyond it the rules answer.
    #[garde(custom(rule::number(&CHAT_BUDGET_CENTS)))]
    pub chat_budget_cents: u32,
    /// Silence after which the caller is asked whether they are there, in ms.
    #[garde(custom(rule::number(&SILENCE_NUDGE_MS)))]
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
    #[garde(custom(rule::number(&THRESHOLD)))]
    pub threshold: f32,
    /// Sound kept from before the speech, in ms.
    #[garde(custom(rule::number(&PREFIX_PADDING_MS)))]
    pub prefix_padding_ms: u32,
    /// Silence that ends a turn, in ms.
    #[garde(custom(rule::number(&SILENCE_DURATION_MS)))]
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
            chat_budget_cents: 200,
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
