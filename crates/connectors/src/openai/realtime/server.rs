//! What the server says.

mod read;

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// One event of the server, names of both dialects brought together. Text is borrowed from the frame where JSON allows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ServerEvent<'a> {
    /// First event of a session.
    SessionCreated {
        /// `sess_…`.
        id: String,
        /// Unix seconds at which the server will close it, when it says so.
        expires_at: Option<u64>,
    },
    /// Our configuration holds.
    SessionUpdated,
    /// The server hears speech.
    SpeechStarted {
        /// The item the speech will become.
        item_id: Cow<'a, str>,
        /// Where it began, in ms of all audio appended, minus the prefix.
        audio_start_ms: u64,
    },
    /// The server hears that it ended.
    SpeechStopped {
        /// The item.
        item_id: Cow<'a, str>,
        /// Where it ended, in ms of all audio appended.
        audio_end_ms: u64,
    },
    /// The caller's turn is part of the conversation.
    Committed {
        /// The item.
        item_id: Cow<'a, str>,
    },
    /// An item exists on the server and can be deleted or cut.
    ItemAdded {
        /// Which.
        item_id: Cow<'a, str>,
        /// What it is.
        kind: ItemKind,
    },
    /// What the caller said, in words; may come long after the answer has begun.
    Transcript {
        /// The caller's item.
        item_id: Cow<'a, str>,
        /// The words; empty when nothing was understood.
        text: Cow<'a, str>,
    },
    /// The caller's words could not be written down.
    TranscriptFailed {
        /// The caller's item.
        item_id: Cow<'a, str>,
    },
    /// A reply has begun.
    ResponseCreated {
        /// `resp_…`.
        response_id: Cow<'a, str>,
    },
    /// Sound of a reply.
    Audio {
        /// Which reply.
        response_id: Cow<'a, str>,
        /// Which item; one reply may hold several.
        item_id: Cow<'a, str>,
        /// Which part of the item.
        content_index: u32,
        /// Base64, in the session's output format.
        delta: Cow<'a, str>,
    },
    /// Words of a reply's sound; they run ahead of it.
    Words {
        /// Which reply.
        response_id: Cow<'a, str>,
        /// Which item.
        item_id: Cow<'a, str>,
        /// Which part of the item.
        content_index: u32,
        /// The next words.
        delta: Cow<'a, str>,
    },
    /// A reply is over, well or not.
    ResponseDone {
        /// Which reply.
        response_id: Cow<'a, str>,
        /// How it ended.
        status: ResponseStatus,
        /// Code or reason when it did not end well.
        reason: Option<String>,
        /// Functions the agent calls.
        calls: Vec<FunctionCall>,
        /// What it used.
        usage: TokenCount,
    },
    /// Something went wrong; most errors leave the session open.
    Error {
        /// Stable code, or the error's type when it has none.
        code: String,
        /// The server's words, for the log.
        message: String,
        /// Path of the field at fault.
        param: Option<String>,
        /// Which of our events it is about.
        event_id: Option<String>,
    },
    /// Anything else: new events appear without notice.
    Other {
        /// Its type.
        kind: Cow<'a, str>,
    },
}

/// What an item of the conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ItemKind {
    /// The caller's words.
    Caller,
    /// The agent's words.
    Agent,
    /// Calls, outputs, guidance.
    Other,
}

/// How a reply ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResponseStatus {
    /// As meant.
    Completed,
    /// We stopped it.
    Cancelled,
    /// It broke; on the phone that is silence.
    Failed,
    /// It reached a limit.
    Incomplete,
}

/// A function the agent calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionCall {
    /// Id that the answer must carry.
    pub call_id: String,
    /// The function.
    pub name: String,
    /// Arguments as JSON text; may be cut short and must be checked.
    pub arguments: String,
}

/// Tokens as `response.done` counts them (section 14); cached ones are a part of the ones read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenCount {
    /// Text read.
    pub text_in: u64,
    /// Text read from the cache.
    pub text_cached: u64,
    /// Audio read.
    pub audio_in: u64,
    /// Audio read from the cache.
    pub audio_cached: u64,
    /// Text written.
    pub text_out: u64,
    /// Audio spoken.
    pub audio_out: u64,
}
