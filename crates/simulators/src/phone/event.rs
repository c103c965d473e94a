//! What happens in the network, live: for timelines and for tests that wait for something.

use std::sync::Arc;

use serde::Serialize;

use super::report::EndReason;

/// One thing that happened in a call.
#[derive(Debug, Clone, Serialize)]
pub struct PhoneEvent {
    /// The call's SID, `CA…`.
    pub call_sid: Arc<str>,
    /// Milliseconds of the call's own time since it was dialled.
    pub at_ms: u64,
    /// What happened.
    pub kind: PhoneEventKind,
}

/// The kinds of [`PhoneEvent`].
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub enum PhoneEventKind {
    /// The phone at the other end is ringing.
    Ringing,
    /// Somebody, or TwiML, took the call.
    Answered,
    /// A webhook was answered, or failed when there is no status.
    Webhook {
        /// The URL asked.
        url: String,
        /// Its HTTP status.
        status: Option<u16>,
        /// How long the answer took, in real milliseconds.
        took_ms: u64,
    },
    /// A TwiML verb began.
    Verb {
        /// The verb's element name.
        name: String,
        /// The words of a `<Say>`.
        text: Option<String>,
    },
    /// A media stream was accepted by the server.
    StreamStarted {
        /// The stream's SID, `MZ…`.
        stream_sid: String,
    },
    /// A media stream ended.
    StreamEnded {
        /// The close code, when the server sent one.
        code: Option<u16>,
    },
    /// The person on the simulated phone began to speak.
    CallerSpeaks {
        /// The words; empty for sounds without words.
        text: String,
    },
    /// The person on the simulated phone stopped speaking.
    CallerPauses,
    /// Sound from the other side began to be heard.
    AgentSpeaks {
        /// Since the person's own last words ended; none before the first.
        after_caller_ms: Option<u64>,
    },
    /// Sound from the other side ended, by itself or cut by `clear`.
    AgentPauses {
        /// How much was heard.
        heard_ms: u64,
    },
    /// The server dropped what was queued.
    Cleared {
        /// How much was dropped unheard.
        dropped_ms: u64,
    },
    /// The person pressed a key.
    Pressed {
        /// `0`–`9`, `*`, `#`, `A`–`D`.
        digit: char,
    },
    /// A recording was finished.
    Recorded {
        /// Its SID, `RE…`.
        recording_sid: String,
        /// Its length.
        seconds: u64,
    },
    /// The server broke a rule of the protocols.
    Violation {
        /// Twilio's number for it.
        code: u32,
        /// What was wrong.
        what: String,
    },
    /// The call is over.
    Ended {
        /// Why.
        reason: EndReason,
    },
}
