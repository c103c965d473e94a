//! What a recording of the ear consists of.

use serde::Serialize;

/// Where heard sound came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Source {
    /// `media` messages of a media stream.
    Stream,
    /// `<Say>`.
    Say,
    /// `<Play>`.
    Play,
    /// The tone before a recording.
    Beep,
    /// Another call, joined by `<Dial>`.
    Bridge,
}

/// How a stretch of heard sound ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum SpanEnd {
    /// Nothing more was queued.
    Dry,
    /// `clear` cut it.
    Cleared,
    /// The stream or the verb it belonged to ended.
    Stopped,
}

/// A stretch of sound heard without interruption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HeardSpan {
    /// First sample, counted from dialling; 8 are a millisecond.
    pub start: u64,
    /// One past the last sample.
    pub end: u64,
    /// Where the sound came from.
    pub source: Source,
    /// Why it ended.
    pub ended: SpanEnd,
}

impl HeardSpan {
    /// When it began, in milliseconds of the call.
    pub fn start_ms(&self) -> u64 {
        self.start / 8
    }

    /// When it ended.
    pub fn end_ms(&self) -> u64 {
        self.end / 8
    }

    /// µ-law bytes heard.
    pub fn bytes(&self) -> u64 {
        self.end - self.start
    }
}

/// One `clear` and what it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ClearRecord {
    /// When it took effect, in milliseconds of the call.
    pub at_ms: u64,
    /// Sound dropped unheard, in milliseconds.
    pub dropped_ms: u64,
    /// How much of the utterance it cut had been heard. An utterance is stream sound without a gap
    /// of 300 ms; 0 when nothing was being heard.
    pub heard_ms: u64,
}
