//! What the person on the simulated phone does.

mod parse;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use parse::ScriptError;

/// How long a waiting step waits when the script does not say.
pub const DEFAULT_TIMEOUT_MS: u64 = 30_000;

/// One thing the person does. All times are milliseconds of the call's own time, which runs faster
/// than real time when the call's speed is above 1.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Waits until a media stream is open and `start` is sent.
    WaitForStream {
        /// When to give up; the report notes it and the script goes on.
        timeout_ms: u64,
    },
    /// Waits until so much of the agent's sound was heard since this step began.
    WaitForAgent {
        /// How much sound, in milliseconds.
        at_least_ms: u64,
        /// When to give up; the report notes it and the script goes on.
        timeout_ms: u64,
    },
    /// Waits until the agent speaks and is so far into its present utterance.
    WaitAgentSpeaking {
        /// Milliseconds into the utterance.
        ms: u64,
        /// When to give up.
        timeout_ms: u64,
    },
    /// Waits until the agent was silent, with nothing queued, for so long.
    WaitQuiet {
        /// How long the quiet must last.
        ms: u64,
        /// When to give up.
        timeout_ms: u64,
    },
    /// Lets time pass.
    Wait(u64),
    /// Stays until the other side ends the call.
    WaitHangup {
        /// When to give up.
        timeout_ms: u64,
    },
    /// Speaks the words, and goes on when they are spoken.
    Say(String),
    /// Plays the recording of that name.
    SayClip(String),
    /// Plays µ-law sound, 8 bytes per millisecond.
    Play(Arc<[u8]>),
    /// Line noise for so many milliseconds.
    Noise(u64),
    /// Silence that is sent as frames even while silence suppression is on.
    Silence(u64),
    /// A plain tone, as an answering machine makes.
    Tone {
        /// Pitch in hertz.
        hz: f32,
        /// Length.
        ms: u64,
    },
    /// Presses keys, 200 ms each.
    Press(String),
    /// No frame leaves the phone for so long; time stamps jump over the gap.
    DropMedia(u64),
    /// Frames of the coming milliseconds are held back and then delivered in one burst, while the
    /// script goes on.
    Burst(u64),
    /// Silence suppression: while on, silent frames are not sent at all.
    Dtx(bool),
    /// Does the steps so many times.
    Loop(u32, Script),
    /// The TCP connection of the media stream breaks, without `stop` and without a closing frame.
    CloseSocketAbruptly,
    /// Sends this text on the media stream instead of a proper message.
    SendRaw(String),
    /// Sends these bytes as a binary message on the media stream.
    SendBinary(Vec<u8>),
    /// Hangs up.
    HangUp,
}

/// The steps in order. After the last one the person stays on the line, silent, until the other
/// side hangs up or [`super::Dial::hang_up_after`] has passed.
///
/// A script can be written as text, one step a line; see [`Script::from_str`](std::str::FromStr).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Script {
    pub(crate) steps: Arc<[Step]>,
}

impl From<Vec<Step>> for Script {
    fn from(steps: Vec<Step>) -> Self {
        Self { steps: steps.into() }
    }
}

impl Script {
    /// Somebody who listens and never says a word.
    pub fn silent() -> Self {
        Self::default()
    }
}

impl Step {
    /// [`Step::WaitForStream`] with the default time-out.
    pub fn wait_for_stream() -> Self {
        Self::WaitForStream { timeout_ms: DEFAULT_TIMEOUT_MS }
    }

    /// [`Step::WaitForAgent`] with the default time-out.
    pub fn wait_for_agent(at_least_ms: u64) -> Self {
        Self::WaitForAgent { at_least_ms, timeout_ms: DEFAULT_TIMEOUT_MS }
    }

    /// [`Step::WaitAgentSpeaking`] with the default time-out.
    pub fn wait_agent_speaking(ms: u64) -> Self {
        Self::WaitAgentSpeaking { ms, timeout_ms: DEFAULT_TIMEOUT_MS }
    }

    /// [`Step::WaitQuiet`] with the default time-out.
    pub fn wait_quiet(ms: u64) -> Self {
        Self::WaitQuiet { ms, timeout_ms: DEFAULT_TIMEOUT_MS }
    }

    /// [`Step::Say`].
    pub fn say(text: &str) -> Self {
        Self::Say(text.to_owned())
    }
}
