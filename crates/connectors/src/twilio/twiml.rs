//! `TwiML`: what Twilio is told to do with a call (section 3).
//!
//! A typed builder: verbs run in the order they are added, the end of the document hangs up. Text
//! and attributes may hold anything, a caller's words included; they can neither add an element nor
//! make the document unreadable.

use std::fmt::Write as _;

mod dial;
mod gather;
mod markup;
mod record;
mod say;
mod stream;

pub use dial::{Conference, Dial, DialTarget, Number};
pub use gather::{Gather, GatherInput, Prompt, SpeechTimeout};
pub use record::Record;
pub use say::{Speech, Voice};
pub use stream::StreamUrl;

/// The content type of an answer that holds `TwiML`.
pub const CONTENT_TYPE: &str = "text/xml; charset=utf-8";

/// Why a document cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TwimlFault {
    /// Name and value of a stream parameter have 500 characters or more together.
    #[error("the stream parameter {name:?} is too long: {characters} characters with its name")]
    ParameterTooLong {
        /// The parameter's name.
        name: String,
        /// Name and value together.
        characters: usize,
    },
    /// More than 99 stream parameters.
    #[error("{0} stream parameters are too many")]
    TooManyParameters(usize),
    /// Not an absolute `wss://` (or, for the simulator, `ws://`) URL without query and fragment.
    #[error("not a stream URL: {0}")]
    NotAStreamUrl(&'static str),
}

/// Why a call is refused without being answered; only possible as the first verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectReason {
    /// "Not in service."
    Rejected,
    /// The busy tone.
    Busy,
}

/// A document under construction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Twiml {
    verbs: String,
}

impl Twiml {
    /// An empty document, which hangs up.
    pub fn new() -> Self {
        Self::default()
    }

    /// Connects the call to our media socket, both ways. The parameters arrive in the stream's
    /// `start`. The next verb runs when the socket closes, whoever closes it.
    pub fn connect_stream(self, url: &StreamUrl, parameters: &[(&str, &str)]) -> Result<Self, TwimlFault> {
        self.connect_watched_stream(url, parameters, None)
    }

    /// The same, with an absolute URL that is told of the stream's start, stop and failed handshake.
    pub fn connect_watched_stream(
        mut self,
        url: &StreamUrl,
        parameters: &[(&str, &str)],
        status_callback: Option<&str>,
    ) -> Result<Self, TwimlFault> {
        stream::write(&mut self.verbs, url, parameters, status_callback)?;
        Ok(self)
    }

    /// Speaks plain text, cut to what the voice's family takes.
    pub fn say(mut self, voice: &Voice, text: &str) -> Self {
        say::write(&mut self.verbs, voice, &[Speech::Plain(text)]);
        self
    }

    /// Speaks text with emphasis and pauses.
    pub fn speak(mut self, voice: &Voice, parts: &[Speech<'_>]) -> Self {
        say::write(&mut self.verbs, voice, parts);
        self
    }

    /// Plays a sound file by its absolute URL.
    pub fn play(mut self, url: &str) -> Self {
        markup::element(&mut self.verbs, "Play", url);
        self
    }

    /// Records the caller, for a voicemail.
    pub fn record(mut self, record: &Record<'_>) -> Self {
        record::write(&mut self.verbs, record);
        self
    }

    /// Goes on with another document; verbs after it are never reached.
    pub fn redirect(mut self, url: &str) -> Self {
        markup::element(&mut self.verbs, "Redirect", url);
        self
    }

    /// Ends the call.
    pub fn hangup(mut self) -> Self {
        self.verbs.push_str("<Hangup/>");
        self
    }

    /// Refuses the call, unbilled.
    pub fn reject(mut self, reason: RejectReason) -> Self {
        let reason = match reason {
            RejectReason::Rejected => "rejected",
            RejectReason::Busy => "busy",
        };
        let _ = write!(self.verbs, r#"<Reject reason="{reason}"/>"#);
        self
    }

    /// Says nothing for a while.
    pub fn pause(mut self, seconds: u32) -> Self {
        markup::pause(&mut self.verbs, seconds);
        self
    }

    /// Collects keys or speech. Without any, the next verb runs.
    pub fn gather(mut self, gather: &Gather<'_>, prompt: &Prompt) -> Self {
        gather::write(&mut self.verbs, gather, prompt);
        self
    }

    /// Rings others, or joins a conference.
    pub fn dial(mut self, dial: &Dial<'_>, targets: &[DialTarget<'_>]) -> Self {
        dial::write(&mut self.verbs, dial, targets);
        self
    }

    /// The finished document. Twilio reads at most 64 KB of a webhook's answer, and 4000 characters
    /// of a document that is sent by REST.
    pub fn render(&self) -> String {
        format!(r#"<?xml version="1.0" encoding="UTF-8"?><Response>{}</Response>"#, self.verbs)
    }
}

#[cfg(test)]
mod tests;
