//! Everything that can happen to a call.

use super::audio::Audio;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use studioconnect_connectors::openai::realtime::{ServerEvent, Verdict};

/// One thing that happened. A call's inputs with their times are the whole of it: replayed, they give the same effects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Input<'a> {
    /// The caller's stream was accepted.
    StreamStarted,
    /// Sound of the caller.
    #[serde(rename = "C")]
    CallerAudio {
        /// Position on the stream, in ms, as the network counts it.
        #[serde(rename = "p")]
        position_ms: u64,
        /// The sound.
        #[serde(rename = "a")]
        audio: Audio<'a>,
        /// Loudness in dBFS, measured only while the flow wants it.
        #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
        level: Option<i8>,
    },
    /// The network echoed a mark.
    Mark(#[serde(borrow)] Cow<'a, str>),
    /// The caller pressed a key.
    Digit(char),
    /// The network ended the stream: the caller hung up, or the call was updated.
    StreamStopped,
    /// The stream's socket broke without a word.
    StreamLost,
    /// The model's socket is open.
    ModelConnected,
    /// Sound of the model.
    #[serde(rename = "A")]
    ModelAudio {
        /// Which reply.
        #[serde(rename = "r", borrow)]
        response_id: Cow<'a, str>,
        /// Which item.
        #[serde(rename = "i", borrow)]
        item_id: Cow<'a, str>,
        /// Which part of the item.
        #[serde(rename = "c")]
        content_index: u32,
        /// The sound, µ-law.
        #[serde(rename = "a")]
        audio: Audio<'a>,
    },
    /// Anything else the model says.
    #[serde(borrow)]
    Model(ServerEvent<'a>),
    /// The model's socket could not be opened, or closed.
    ModelClosed {
        /// Whether another one may work.
        verdict: Verdict,
        /// What is known about it, for the log.
        detail: String,
    },
    /// A tool finished.
    ToolDone {
        /// The model's id of the call.
        call_id: String,
        /// Its answer, JSON.
        output: String,
    },
    /// Somebody wants something of the call.
    Command(Command),
    /// Time went by.
    #[serde(rename = "T")]
    Tick,
}

/// What people and the process can ask of a live call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// End it now.
    End,
    /// The network says that the line is gone.
    LineEnded,
}
