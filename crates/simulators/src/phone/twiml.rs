//! TwiML as the network understands it: the verbs of one document, read strictly.
//!
//! Unknown elements and attributes, text where none belongs, and URLs that are not absolute are
//! problems, not something to skip: the real service would do something else than was meant.

mod attributes;
mod input;
mod nouns;
#[cfg(test)]
mod tests;
mod verbs;
mod xml;

use url::Url;

pub(crate) use nouns::is_e164;

use super::violation::BAD_TWIML;

/// One document.
#[derive(Debug, PartialEq)]
pub(crate) struct Document {
    pub(crate) verbs: Vec<Spelled>,
    /// Mistakes Twilio only warns of; the document runs all the same.
    pub(crate) warnings: Vec<Problem>,
}

/// A verb and how it was written, for the report.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spelled {
    pub(crate) verb: Verb,
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) text: Option<String>,
}

/// Why a document cannot be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {what}")]
pub(crate) struct Problem {
    pub(crate) code: u32,
    pub(crate) what: String,
}

impl Problem {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { code: BAD_TWIML, what: what.into() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
}

/// A URL to ask, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Callback {
    pub(crate) url: Url,
    /// The URL as it was written, which is what gets signed.
    pub(crate) written: String,
    pub(crate) method: Method,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verb {
    Connect { stream: StreamNoun, action: Option<Callback> },
    Prompt(Prompt),
    Redirect(Callback),
    Hangup,
    Reject { busy: bool },
    Record(RecordVerb),
    Gather(GatherVerb),
    Dial(DialVerb),
}

/// What the caller hears: alone a verb, or inside `<Gather>`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Prompt {
    Say { text: String, times: u32 },
    Play { times: u32 },
    Pause { ms: u64 },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StreamNoun {
    pub(crate) url: String,
    pub(crate) name: Option<String>,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) status: Option<Callback>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RecordVerb {
    pub(crate) action: Option<Callback>,
    pub(crate) status: Option<Callback>,
    /// Whether the status callback wants these events: in-progress, completed, absent.
    pub(crate) status_events: Vec<String>,
    pub(crate) timeout_ms: u64,
    pub(crate) max_length_ms: u64,
    /// Keys that end the recording.
    pub(crate) finish_keys: String,
    pub(crate) beep: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GatherVerb {
    pub(crate) action: Option<Callback>,
    pub(crate) dtmf: bool,
    pub(crate) speech: bool,
    pub(crate) timeout_ms: u64,
    pub(crate) speech_timeout_ms: u64,
    pub(crate) digits: Option<usize>,
    pub(crate) finish_key: Option<char>,
    pub(crate) on_empty: bool,
    pub(crate) barge_in: bool,
    pub(crate) prompts: Vec<Spelled>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DialVerb {
    pub(crate) action: Option<Callback>,
    pub(crate) timeout_ms: u64,
    pub(crate) time_limit_ms: u64,
    pub(crate) caller_id: Option<String>,
    pub(crate) hangup_on_star: bool,
    pub(crate) target: DialTarget,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum DialTarget {
    Numbers(Vec<NumberNoun>),
    Conference(ConferenceNoun),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NumberNoun {
    pub(crate) number: String,
    pub(crate) whisper: Option<Callback>,
    pub(crate) status: Option<Callback>,
    pub(crate) status_events: Vec<String>,
    pub(crate) send_digits: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ConferenceNoun {
    pub(crate) name: String,
    pub(crate) starts: bool,
    pub(crate) ends: bool,
    pub(crate) muted: bool,
    pub(crate) status: Option<Callback>,
    pub(crate) status_events: Vec<String>,
}

/// Reads a document.
pub(crate) fn read(text: &str) -> Result<Document, Problem> {
    let root = xml::read(text)?;
    if root.name != "Response" {
        return Err(Problem::new(format!("the root element is <{}>, not <Response>", root.name)));
    }
    root.allow(&[])?;
    root.no_text()?;
    let mut warnings = Vec::new();
    let verbs = root
        .elements()
        .enumerate()
        .map(|(index, element)| verbs::spelled(element, index == 0, &mut warnings))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Document { verbs, warnings })
}
