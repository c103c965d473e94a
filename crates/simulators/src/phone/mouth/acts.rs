//! What goes into the mouth and what comes out of it, tick by tick.

use serde::Serialize;

use crate::phone::ear::FRAME;

/// Something the person said, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SaidSpan {
    /// When it began, in milliseconds of the call.
    pub start_ms: u64,
    /// When it ended.
    pub end_ms: u64,
    /// The words; empty for noise and tones.
    pub text: String,
}

/// One frame as it leaves the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frame {
    /// Something was said.
    Sound([u8; FRAME]),
    /// Silence, which silence suppression would leave out.
    Quiet,
    /// The frame is lost on the way.
    Lost,
}

/// What the person did besides speaking.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Act {
    Begins(String),
    Finished {
        text: String,
    },
    Digit(char),
    CutSocket,
    RawText(String),
    RawBytes(Vec<u8>),
    HangUp,
    /// A step could not be done or its wait was in vain.
    Failed(String),
}

/// What the person perceives, which waiting steps look at.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Senses {
    pub(crate) now_ms: u64,
    /// A media stream is open.
    pub(crate) is_streaming: bool,
    /// Of the agent's sound heard in the whole call.
    pub(crate) heard_ms: u64,
    /// How far the agent is into the present utterance.
    pub(crate) utterance_ms: Option<u64>,
    pub(crate) quiet_ms: u64,
}

/// A tick's doings.
pub(crate) struct Uttered {
    pub(crate) frame: Frame,
    pub(crate) acts: Vec<Act>,
    /// Frames are being held back for a burst.
    pub(crate) hold: bool,
}
