//! What was said in a call, by whom and when.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// The person who called.
    Caller,
    /// Our agent.
    Agent,
}

/// One turn of the transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Turn {
    /// Place in the call, from 0, in the order of the conversation.
    pub seq: u32,
    /// Who spoke.
    pub speaker: Speaker,
    /// What was said: for the caller what was understood, for the agent all it meant to say.
    pub text: String,
    /// For the agent, what the caller heard of it; the same as `text` unless it was interrupted.
    pub heard: Option<String>,
    /// Start, in ms since the stream began.
    pub started_ms: u64,
    /// End, in ms since the stream began, once known.
    pub ended_ms: Option<u64>,
}

/// One line of a call's event log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallEvent {
    /// Place in the log, from 0.
    pub seq: u32,
    /// When, in ms since the stream began.
    pub at_ms: u64,
    /// What happened, such as `speech_started` or `interruption_confirmed`.
    pub kind: String,
    /// Particulars, never words of a conversation.
    pub detail: serde_json::Value,
}
