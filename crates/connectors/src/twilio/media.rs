//! Media Streams frames, both ways (section 4).
//!
//! A call has some hundred of these a second, so reading borrows from the text and writing only
//! appends to a buffer that the caller keeps.

mod read;
mod scalar;
mod write;

use std::borrow::Cow;

pub use read::{MAX_FRAME_BYTES, parse};
pub use write::{write_clear, write_mark, write_media};

/// A frame from Twilio.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame<'a> {
    /// First of all; says nothing about the call.
    Connected,
    /// Second, and once: what the stream is.
    Start(Start<'a>),
    /// A piece of the caller's sound.
    Media(Media<'a>),
    /// A key was pressed.
    Dtmf {
        /// `0`–`9`, `*`, `#`, `A`–`D`.
        digit: Cow<'a, str>,
    },
    /// Everything queued before this mark has been played, or was dropped by a clear.
    Mark {
        /// The name we gave it.
        name: Cow<'a, str>,
    },
    /// The stream has ended: hang-up, or the call went on to other `TwiML`.
    Stop,
    /// An event not known here; to be ignored.
    Unknown {
        /// Its name.
        event: Cow<'a, str>,
    },
}

/// What a stream is. Caller and called number are not in it: pass them as parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Start<'a> {
    /// To be put into every frame we send.
    pub stream_sid: Cow<'a, str>,
    /// The call.
    pub call_sid: Cow<'a, str>,
    /// The account; empty when absent.
    pub account_sid: Cow<'a, str>,
    /// The `<Parameter>` elements, in order of arrival.
    pub custom_parameters: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// `audio/x-mulaw`, always so far; empty when absent.
    pub encoding: Cow<'a, str>,
    /// 8000, always so far; 0 when absent.
    pub sample_rate: u32,
    /// 1, always so far; 0 when absent.
    pub channels: u32,
}

impl Start<'_> {
    /// A parameter's value by name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.custom_parameters.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }
}

/// A piece of sound: in practice 20 ms, 160 bytes, but nothing promises that.
#[derive(Debug, Clone, PartialEq)]
pub struct Media<'a> {
    /// The stream it belongs to.
    pub stream_sid: Cow<'a, str>,
    /// Its number from 1; 0 when absent.
    pub chunk: u64,
    /// Milliseconds since the stream began.
    pub timestamp_ms: u64,
    /// Whose sound.
    pub track: Track,
    /// Base64 of raw µ-law, 8 kHz, mono; not looked into.
    pub payload: Cow<'a, str>,
}

/// Whose sound a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Track {
    /// The caller's; the only one of a bidirectional stream.
    Inbound,
    /// The other side's, on listen-only streams.
    Outbound,
    /// A name not known here.
    Other,
}

/// Why a text is no frame. Worth a count and a closer look, never the end of a call by itself.
#[derive(Debug, thiserror::Error)]
pub enum FrameFault {
    /// Longer than [`MAX_FRAME_BYTES`].
    #[error("the frame is longer than {MAX_FRAME_BYTES} bytes")]
    TooLong,
    /// Not JSON, or a field is of the wrong kind.
    #[error("the frame cannot be read: {0}")]
    Unreadable(serde_json::Error),
    /// The event needs a field that is not there.
    #[error("the {event} frame has no {field}")]
    Missing {
        /// The event.
        event: &'static str,
        /// The field, with the object it belongs into.
        field: &'static str,
    },
}

/// The number of bytes a base64 text stands for, padded or not, without decoding it. Its alphabet is
/// not checked.
pub fn payload_bytes(base64: &str) -> u32 {
    let significant = base64.trim_end_matches('=').len() as u64;
    u32::try_from(significant * 3 / 4).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
