//! How a simulated Realtime server is set up.

use std::time::Duration;

use super::brain::Brain;
use super::faults::FaultPlan;
use super::rest::RestSettings;

/// Which shape of the wire a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// The interface OpenAI serves today: nested session, `response.output_audio.delta`.
    Ga,
    /// The interface removed on 2026-05-12, still spoken by self-hosted servers: flat session,
    /// `response.audio.delta`, and an `OpenAI-Beta: realtime=v1` header.
    Beta,
}

/// A row of `GET /v1/models`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The name asked for in the URL.
    pub id: String,
    /// The day the model is switched off, `YYYY-MM-DD`.
    pub shutdown_date: Option<String>,
}

impl Model {
    /// A model without a shutdown date.
    pub fn lasting(id: &str) -> Self {
        Self { id: id.to_owned(), shutdown_date: None }
    }

    /// A model that goes away on `date` (`YYYY-MM-DD`).
    pub fn until(id: &str, date: &str) -> Self {
        Self { id: id.to_owned(), shutdown_date: Some(date.to_owned()) }
    }
}

/// Everything a server is started with. The default is a GA server on a free port that takes any
/// caller and speaks [`Brain::demo`].
#[derive(Debug, Clone)]
pub struct RealtimeSettings {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Which wire is spoken.
    pub dialect: Dialect,
    /// When set, `Authorization: Bearer <key>` must match, else HTTP 401 at the upgrade.
    pub api_key: Option<String>,
    /// The models this account may use. A beta server, being self-hosted, takes any name.
    pub models: Vec<Model>,
    /// The models `transcription.model` may name.
    pub transcription_models: Vec<String>,
    /// What is said in reply.
    pub brain: Brain,
    /// What goes wrong; can be changed while running.
    pub faults: FaultPlan,
    /// Think time between a response's creation and its first word.
    pub response_delay: Duration,
    /// Middle length of an audio delta in milliseconds; single ones vary from 0.6 to 2 times it.
    pub delta_ms: u32,
    /// How much faster than real time audio is sent.
    pub pace: f64,
    /// How long a session lasts before `session_expired` (60 minutes: protocol page, section 13).
    pub session_life: Duration,
    /// The REST side.
    pub rest: RestSettings,
    /// Decides the sizes of deltas and the delays of transcripts.
    pub seed: u64,
}

impl Default for RealtimeSettings {
    fn default() -> Self {
        Self {
            port: 0,
            dialect: Dialect::Ga,
            api_key: None,
            models: vec![
                Model::lasting("gpt-realtime-2.1"),
                Model::lasting("gpt-realtime-2.1-mini"),
                Model::lasting("gpt-realtime-2"),
                Model::lasting("gpt-realtime-1.5"),
                Model::until("gpt-realtime", "2027-01-20"),
                Model::until("gpt-realtime-mini", "2027-01-20"),
            ],
            transcription_models: [
                "gpt-transcribe",
                "gpt-live-transcribe",
                "gpt-realtime-whisper",
                "gpt-4o-transcribe",
                "gpt-4o-mini-transcribe",
                "gpt-4o-transcribe-diarize",
                "whisper-1",
            ]
            .map(str::to_owned)
            .to_vec(),
            brain: Brain::demo(),
            faults: FaultPlan::default(),
            response_delay: Duration::from_millis(120),
            delta_ms: 100,
            pace: 4.0,
            session_life: Duration::from_hours(1),
            rest: RestSettings::default(),
            seed: 1,
        }
    }
}

impl RealtimeSettings {
    /// The defaults with another brain.
    pub fn with_brain(brain: Brain) -> Self {
        Self { brain, ..Self::default() }
    }
}
