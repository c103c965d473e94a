//! What is left of a call: everything that was heard, said, sent and asked.

mod analysis;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub use analysis::{Click, ClickCause};

use super::ear::{ClearRecord, HeardSpan};
use super::mouth::SaidSpan;
use super::violation::{Alert, Violation};

/// Who rang whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Somebody rang one of the account's numbers.
    #[default]
    Inbound,
    /// The server rang somebody over REST.
    OutboundApi,
    /// `<Dial>` rang somebody.
    OutboundDial,
}

impl Direction {
    /// As Twilio writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::OutboundApi => "outbound-api",
            Self::OutboundDial => "outbound-dial",
        }
    }
}

/// Why a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndReason {
    /// The person on the simulated phone hung up.
    CallerHungUp,
    /// The server ended the call over REST.
    ServerHungUp,
    /// No verb was left.
    #[default]
    TwimlEnded,
    /// `<Hangup>`.
    HangupVerb,
    /// `<Reject>`.
    Rejected,
    /// The person's line was engaged.
    Busy,
    /// Nobody answered.
    NoAnswer,
    /// Given up before it was answered.
    Canceled,
    /// A document could not be had or could not be run.
    ApplicationError,
    /// The other leg of a `<Dial>` ended.
    PeerHungUp,
    /// Four hours, or the `TimeLimit` of a REST call, have passed.
    TimeLimit,
    /// The simulated network was shut down.
    NetworkDown,
}

/// A verb that was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerbRecord {
    /// When it began, in milliseconds of the call.
    pub at_ms: u64,
    /// The element's name.
    pub name: String,
    /// Its attributes as written.
    pub attributes: Vec<(String, String)>,
    /// Its text: the words of `<Say>`, the URL of `<Redirect>`.
    pub text: Option<String>,
}

/// What became of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MarkOutcome {
    /// Still waiting; in a finished report this does not occur.
    Waiting,
    /// Echoed when everything before it had been heard.
    Played,
    /// Echoed because of `clear`.
    Cleared,
    /// The stream ended first; never echoed.
    Lost,
}

/// A `mark` message and its echo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MarkRecord {
    /// The name.
    pub name: String,
    /// When it came, in milliseconds of the call.
    pub sent_at_ms: u64,
    /// When it was echoed.
    pub echoed_at_ms: Option<u64>,
    /// How it ended.
    pub outcome: MarkOutcome,
}

/// Who ended a media stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClosedBy {
    /// The server closed the socket, with a closing frame or without.
    Server,
    /// The network sent `stop` and closed: the call ended or was given another document.
    Network,
    /// The script broke the connection.
    Script,
    /// The server broke the WebSocket protocol or stopped reading.
    Protocol,
}

/// One media stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StreamRecord {
    /// `MZ…`.
    pub stream_sid: String,
    /// The URL of the TwiML.
    pub url: String,
    /// When the upgrade was accepted, in milliseconds of the call.
    pub opened_ms: u64,
    /// When the stream ended.
    pub closed_ms: u64,
    /// Who ended it.
    pub by: ClosedBy,
    /// The server's close code.
    pub code: Option<u16>,
    /// The server's close reason.
    pub reason: String,
    /// Sound that was queued and lost with the stream.
    pub dropped_ms: u64,
}

/// A webhook that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WebhookRecord {
    /// The URL.
    pub url: String,
    /// Its HTTP status; none when no answer came.
    pub status: Option<u16>,
    /// Real milliseconds until the answer was complete.
    pub took_ms: u64,
}

/// Everything about a finished call. Times are milliseconds of the call's own time since dialling;
/// sound is µ-law at 8 kHz on one time line, silence where nothing was.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CallReport {
    /// `CA…`.
    pub call_sid: String,
    /// The call whose `<Dial>` made this one.
    pub parent_sid: Option<String>,
    /// Who rang whom.
    pub direction: Direction,
    /// The caller's number.
    pub from: String,
    /// The number rung.
    pub to: String,
    /// When the call was answered.
    pub answered_ms: Option<u64>,
    /// From the answer to the end.
    pub duration_ms: u64,
    /// Why it ended.
    pub end: EndReason,
    /// Twilio's final status: completed, busy, no-answer, canceled, failed.
    pub status: String,
    /// Verbs in the order they ran.
    pub verbs: Vec<VerbRecord>,
    /// Media streams in order.
    pub streams: Vec<StreamRecord>,
    /// What the person heard.
    #[serde(skip)]
    pub heard: Vec<u8>,
    /// What the person said.
    #[serde(skip)]
    pub said: Vec<u8>,
    /// Stretches of heard sound.
    pub heard_spans: Vec<HeardSpan>,
    /// Samples in [`CallReport::heard`] where one stream message followed another without a gap.
    #[serde(skip)]
    pub joints: Vec<u64>,
    /// What was said, in words.
    pub said_spans: Vec<SaidSpan>,
    /// Every `clear`.
    pub clears: Vec<ClearRecord>,
    /// Every mark.
    pub marks: Vec<MarkRecord>,
    /// Keys pressed.
    pub digits: String,
    /// `media` messages sent to the server.
    pub frames_sent: u64,
    /// `media` messages received.
    pub frames_received: u64,
    /// µ-law bytes received in them.
    pub bytes_received: u64,
    /// A hash of each received payload's text, in order.
    #[serde(skip)]
    pub payload_hashes: Vec<u64>,
    /// Recordings made by `<Record>`, `RE…`.
    pub recordings: Vec<String>,
    /// Webhooks asked, in order of their answers.
    pub webhooks: Vec<WebhookRecord>,
    /// Steps of the script that could not be done, or waited in vain.
    pub script_failures: Vec<String>,
    /// Rules the server broke in this call.
    pub violations: Vec<Violation>,
    /// Failures along the way.
    pub alerts: Vec<Alert>,
}

impl CallReport {
    /// The SID of the first media stream.
    pub fn stream_sid(&self) -> Option<&str> {
        self.streams.first().map(|stream| stream.stream_sid.as_str())
    }

    /// The words of every `<Say>`, also those inside `<Gather>`, in order.
    pub fn words_heard(&self) -> Vec<&str> {
        self.verbs.iter().filter(|verb| verb.name == "Say").filter_map(|verb| verb.text.as_deref()).collect()
    }

    /// The names of the verbs in order.
    pub fn verb_names(&self) -> Vec<&str> {
        self.verbs.iter().map(|verb| verb.name.as_str()).collect()
    }
}
