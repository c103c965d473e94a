//! Everything the flow can want done.

use super::audio::Audio;
use serde::Serialize;
use studioconnect_assistant::tools::ToolCall;
use studioconnect_connectors::openai::realtime::ClientEvent;
use studioconnect_domain::call::EndReason;
use studioconnect_domain::transcript::{CallEvent, Turn};

/// One thing to do, in order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Effect<'a> {
    /// Play this to the caller, after what is queued already.
    Play(Audio<'a>),
    /// Have the network say when everything before this was played.
    Mark(String),
    /// Drop everything queued for the caller.
    Clear,
    /// Let the model hear this.
    Hear(Audio<'a>),
    /// Let the model hear silence of this many ms.
    HearSilence(u64),
    /// Tell the model something; the number names our event in its errors.
    Tell(u32, ClientEvent),
    /// Open another socket to the model; the old one is gone or useless.
    DialModel,
    /// Run a tool.
    RunTool {
        /// The model's id of the call.
        call_id: String,
        /// What to do.
        call: ToolCall,
    },
    /// Keep a turn of the transcript; a later one of the same number replaces it.
    KeepTurn(Turn),
    /// Keep a line of the event log.
    KeepEvent(CallEvent),
    /// The call leaves us.
    Leave(Leave),
}

/// How a call leaves the flow. Nothing follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Leave {
    /// Why.
    pub reason: EndReason,
    /// What is left to do about the caller's line.
    pub line: Line,
}

/// What is left to do about the caller's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Line {
    /// Nothing: the caller has hung up.
    Gone,
    /// Hang up by REST, then close the stream.
    HangUp,
    /// Close the stream: the network goes on with the verbs behind it, and the caller hears the fallback.
    Fallback,
    /// Unknown: the stream broke. The status callback will tell.
    Unknown,
}
