//! A phone call as it is remembered.

use crate::ids::{BusinessId, CallId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a call stands, in the words of Twilio's `CallStatus` (protocols/twilio.md, section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CallStatus {
    /// The webhook came in.
    Ringing,
    /// Somebody or something is talking.
    InProgress,
    /// Over.
    Completed,
    /// Over before it began: the line was busy.
    Busy,
    /// Over before it began: it could not be put through.
    Failed,
    /// Over before it began: nobody took it.
    NoAnswer,
    /// Over before it began: the caller gave up.
    Canceled,
}

impl CallStatus {
    /// Whether nothing can follow.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Ringing | Self::InProgress)
    }

    /// The name in the database and on Twilio's wires.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ringing => "ringing",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::Failed => "failed",
            Self::NoAnswer => "no-answer",
            Self::Canceled => "canceled",
        }
    }

    /// Reads a status; `queued` and anything new count as ringing.
    pub fn from_wire(text: &str) -> Self {
        [Self::InProgress, Self::Completed, Self::Busy, Self::Failed, Self::NoAnswer, Self::Canceled]
            .into_iter()
            .find(|status| status.as_str() == text)
            .unwrap_or(Self::Ringing)
    }
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A lead was taken.
    Lead,
    /// They talked, and nothing needed keeping.
    Talked,
    /// The caller left a message on the fallback.
    Voicemail,
    /// The caller heard the fallback and left nothing.
    NoMessage,
    /// The caller hung up before saying anything.
    Abandoned,
}

/// Why a call ended, for the log and the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The caller hung up.
    CallerHungUp,
    /// The agent said goodbye.
    Goodbye,
    /// Nobody spoke for too long.
    Silence,
    /// The longest call was reached.
    TimeLimit,
    /// The most a call may cost was reached.
    SpendCap,
    /// The model could not be used; the caller went on to the fallback.
    ModelUnavailable,
    /// Our connection to the caller broke.
    StreamLost,
    /// Somebody ended it from the dashboard, or the server shut down.
    Ended,
    /// The plan has no voice agent, or the line was full.
    NotAnswered,
}

/// One phone call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// Its id.
    pub id: CallId,
    /// Whose call.
    pub business_id: BusinessId,
    /// The provider's id (`CA…`), unique.
    pub provider_sid: String,
    /// Caller's number as it came; may be `anonymous`.
    pub from_number: String,
    /// The number that was dialled.
    pub to_number: String,
    /// Where it stands.
    pub status: CallStatus,
    /// What came of it, once it is over.
    pub outcome: Option<Outcome>,
    /// Why it ended, once it is over.
    pub end_reason: Option<EndReason>,
    /// When the webhook came in.
    pub started_at: DateTime<Utc>,
    /// When the media stream began.
    pub answered_at: Option<DateTime<Utc>>,
    /// When it was over.
    pub ended_at: Option<DateTime<Utc>>,
    /// Length as the provider counts it, else as we do, in seconds.
    pub duration_seconds: Option<u32>,
    /// One or two sentences of what it was about.
    pub summary: Option<String>,
    /// Counters and latencies.
    pub analytics: Analytics,
}

impl Call {
    /// A call that has just come in.
    pub fn ringing(business_id: BusinessId, sid: &str, from: &str, to: &str, now: DateTime<Utc>) -> Self {
        Self {
            id: CallId::new(),
            business_id,
            provider_sid: sid.to_owned(),
            from_number: from.to_owned(),
            to_number: to.to_owned(),
            status: CallStatus::Ringing,
            outcome: None,
            end_reason: None,
            started_at: now,
            answered_at: None,
            ended_at: None,
            duration_seconds: None,
            summary: None,
            analytics: Analytics::default(),
        }
    }
}

/// What was counted and measured during a call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Analytics {
    /// Id of our end of the media stream.
    pub connection_id: Option<String>,
    /// `CONNECTED`, `DISCONNECTED`; none before the stream began.
    pub connection_status: Option<String>,
    /// Media frames that came from the caller.
    pub audio_packets_received: u64,
    /// Media messages that went to the caller.
    pub audio_packets_sent: u64,
    /// Caller audio given up because the model was not there to hear it, in ms.
    pub caller_audio_dropped_ms: u64,
    /// Silence put in for gaps on the line, in ms.
    pub padded_ms: u64,
    /// Turns of caller and agent in the transcript.
    pub message_count: u32,
    /// Interruptions that stopped the agent.
    pub interruptions_confirmed: u32,
    /// Sounds that did not.
    pub interruptions_rejected: u32,
    /// Times the caller was asked whether they are there.
    pub nudges: u32,
    /// Sessions opened again after the first.
    pub reconnects: u32,
    /// Frames that broke the protocol's rules and were ignored.
    pub faulty_frames: u32,
    /// Error events of the model, benign ones too.
    pub model_errors: u32,
    /// What the agent did: tool names in order.
    pub voice_actions: Vec<String>,
    /// One for each answer of the agent.
    pub turns: Vec<TurnLatency>,
    /// Stream start to first sound of the greeting, in ms.
    pub greeting_ms: Option<u64>,
    /// Tokens of all responses.
    pub usage: Usage,
    /// Cost by the price table, in millionths of a dollar.
    pub cost_micros: u64,
    /// What the caller came for; none when nothing but courtesies was said.
    pub topic: Option<Topic>,
    /// Details the caller gave.
    pub details: Vec<Detail>,
}

/// What a conversation is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Topic {
    /// The intent, such as `ASK_PRICE`.
    pub intent: String,
    /// How sure that is, in percent.
    pub confidence: u8,
}

/// A detail that was said: a name, a day, an amount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Detail {
    /// What it is, such as `phone`.
    pub kind: String,
    /// In its one form.
    pub value: String,
    /// How sure that is, in percent.
    pub confidence: u8,
}

/// How long a caller waited for an answer, and where the time went, in ms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TurnLatency {
    /// End of speech to the server's decision that the turn is over.
    pub vad_ms: u64,
    /// That decision to our request for an answer.
    pub ours_ms: u64,
    /// Our request to the first sound.
    pub model_ms: u64,
    /// Sound already queued ahead of the answer.
    pub playback_ms: u64,
}

/// Tokens, in the words of `response.done` (protocols/openai-realtime.md, section 14).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Usage {
    /// Text read, not from the cache.
    pub text_in: u64,
    /// Text read from the cache.
    pub text_cached: u64,
    /// Text written.
    pub text_out: u64,
    /// Audio read, not from the cache.
    pub audio_in: u64,
    /// Audio read from the cache.
    pub audio_cached: u64,
    /// Audio spoken.
    pub audio_out: u64,
}

impl Usage {
    /// Adds what another response used.
    pub fn add(&mut self, other: Self) {
        self.text_in += other.text_in;
        self.text_cached += other.text_cached;
        self.text_out += other.text_out;
        self.audio_in += other.audio_in;
        self.audio_cached += other.audio_cached;
        self.audio_out += other.audio_out;
    }
}
