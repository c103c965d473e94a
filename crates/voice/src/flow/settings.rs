//! What a call's flow is told when it begins.

use serde::{Deserialize, Serialize};
use studioconnect_connectors::openai::realtime::SessionSettings;
use studioconnect_domain::price::Price;

/// All that a flow needs to know; it is the first line of a call's recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlowSettings {
    /// What the model is told.
    pub session: SessionSettings,
    /// First words, with the business's name filled in.
    pub greeting: String,
    /// Voiced ms that stop the agent; 0 stops it at the first sign of speech.
    pub interruption_delay_ms: u64,
    /// Silence before the caller is asked whether they are there, in ms.
    pub silence_nudge_ms: u64,
    /// Longest call, in ms.
    pub max_call_ms: u64,
    /// Most the call may cost, in millionths of a dollar; none is no cap.
    pub spend_cap_micros: Option<u64>,
    /// What the model costs, when known.
    pub price: Option<Price>,
}

/// Limits that are the same for every call, in ms. Where they come from stands beside each.
pub mod limits {
    /// `session.update` unanswered for this long ends the attempt (design 3.13, protocols section 2).
    pub const CONFIGURE: u64 = 1_500;
    /// Caller audio kept while the model is not ready (design 3.3).
    pub const KEEP_AUDIO: u64 = 2_000;
    /// Largest gap in the caller's stream that is filled with silence (protocols section 4).
    pub const PAD_MOST: u64 = 10_000;
    /// Gaps below this are the network's jitter.
    pub const PAD_LEAST: u64 = 40;
    /// No media for this long in mid-speech: the turn would never close (protocols section 4).
    pub const STALL: u64 = 750;
    /// Silence put in then.
    pub const STALL_PAD: u64 = 1_000;
    /// The caller is done and nothing sounds: ask for the reply once more (design 3.6).
    pub const REPLY_AGAIN: u64 = 4_000;
    /// Still nothing: the ladder (design 3.6).
    pub const REPLY_GIVE_UP: u64 = 8_000;
    /// A cancelled reply that is never reported done.
    pub const CANCEL: u64 = 3_000;
    /// A tool may take this long (design 3.7).
    pub const TOOL: u64 = 8_000;
    /// The caller is told to wait after this long (design 3.7).
    pub const TOOL_FILLER: u64 = 1_200;
    /// Nudges before the goodbye (design 3.8).
    pub const NUDGES: u32 = 2;
    /// Warning before the longest call ends (design 3.8).
    pub const WARNING: u64 = 60_000;
    /// A goodbye takes no longer than this beyond what is queued.
    pub const GOODBYE: u64 = 8_000;
    /// A mark that has not come back this long after its sound should have played counts as played.
    pub const MARK: u64 = 2_000;
    /// Speech that never ends stops counting as speech after this.
    pub const SPEECH: u64 = 60_000;
    /// Another session may be opened this long after the last.
    pub const RECONNECT_EVERY: u64 = 60_000;
    /// Voice shorter than this before the greeting is a knock or a cough, and no turn.
    pub const SHORTEST_WORD: u64 = 200;
    /// Sessions opened in one call after the first; with more, the provider is in no state to carry it.
    pub const RECONNECTS: u32 = 10;
    /// Keys pressed within this belong together.
    pub const DIGITS: u64 = 2_000;
    /// More than this unplayed is no answer any more.
    pub const UNPLAYED: u64 = 120_000;
}
