//! What the caller does: listens, answers, interrupts, coughs.

use crate::commands::bench::board::Board;
use crate::commands::bench::plot::{Caller, scripted};
use anyhow::{Result, bail};
use std::sync::atomic::Ordering;

const MS: u64 = 1_000_000;
/// Loud frames after which a sound is an interruption: 300 ms, the settings' default.
const NEEDED: u32 = 15;
/// The server may have seen the model's word a little before we did.
const NEEDED_LEAST: u32 = NEEDED - 2;
/// Loud frames of an answer, after the model began to hear it.
const ANSWER: u32 = 40;
/// Of a cough: well below what is needed.
const COUGH: u32 = 5;
/// Silence after which a person answers.
const PAUSE: u64 = 600 * MS;
/// An interruption goes on this long after the agent stopped.
const FINISH: u64 = 300 * MS;
/// An interruption that stops nobody is given up.
const INTERRUPTION_LIMIT: u64 = 3_000 * MS;
/// A caller who hears nothing at all for this long has been failed.
const SILENCE_LIMIT: u64 = 12_000 * MS;

#[derive(Clone, Copy, Debug)]
enum State {
    /// The agent has the floor, or had.
    Listens,
    /// The caller makes a sound.
    Sounds(Sounding),
    /// The caller has spoken and waits for the agent.
    Waits { since: u64 },
}

#[derive(Clone, Copy, Debug)]
struct Sounding {
    why: Why,
    since: u64,
    /// Frames sent since the model hears it.
    heard: u32,
    last_at: u64,
    confirmed_at: Option<u64>,
    cleared_at: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    Answer,
    Interruption,
    Cough,
}

/// What a `clear` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cleared {
    /// It answers an interruption, after so many ns.
    After(u64),
    /// Nobody interrupted.
    Unasked,
}

/// One caller. Times are in ns since the round's zero.
#[derive(Debug)]
pub(super) struct Speaker {
    call: u32,
    state: State,
    reply: Option<u32>,
    heard_since: u64,
    has_coughed: bool,
    missed: u64,
}

impl Speaker {
    pub(super) fn new(call: u32) -> Self {
        Self {
            call,
            state: State::Waits { since: 0 },
            reply: None,
            heard_since: 0,
            has_coughed: false,
            missed: 0,
        }
    }

    /// Interruptions that did not stop the agent.
    pub(super) fn missed(&self) -> u64 {
        self.missed
    }

    /// A piece of a reply came.
    pub(super) fn hears(&mut self, reply: u32, now: u64) {
        if self.reply.is_none_or(|known| reply > known) {
            self.reply = Some(reply);
            self.heard_since = now;
            self.has_coughed = false;
            if matches!(self.state, State::Waits { .. }) {
                self.state = State::Listens;
            }
        }
    }

    /// Whether the next frame is loud. `silent_at` is when the agent falls, or fell, silent. Errors when the caller was left
    /// alone.
    pub(super) fn beat(&mut self, now: u64, silent_at: u64, board: &Board) -> Result<bool> {
        match &mut self.state {
            State::Listens => self.state = self.listen(now, silent_at, board),
            State::Sounds(sounding) if sounding.is_over(now) => {
                let sounding = *sounding;
                if sounding.why == Why::Interruption && sounding.cleared_at.is_none() {
                    self.missed += 1;
                }
                self.state = match sounding.why {
                    Why::Cough => State::Listens,
                    Why::Answer | Why::Interruption => State::Waits { since: now },
                };
            }
            State::Sounds(_) => {}
            State::Waits { since } => {
                if *since == 0 {
                    *since = now;
                }
                if now.saturating_sub(*since) > SILENCE_LIMIT {
                    bail!("the caller heard nothing for {} s", SILENCE_LIMIT / MS / 1_000);
                }
            }
        }
        Ok(matches!(self.state, State::Sounds(_)))
    }

    fn listen(&mut self, now: u64, silent_at: u64, board: &Board) -> State {
        let Some(reply) = self.reply else { return State::Listens };
        let is_audible = silent_at > now;
        let listened = now.saturating_sub(self.heard_since);
        match scripted(self.call, reply).caller {
            Caller::Interrupts(after) if is_audible && listened >= after.as_nanos() as u64 => {
                State::Sounds(Sounding::new(Why::Interruption, now))
            }
            Caller::Coughs(after)
                if is_audible && !self.has_coughed && listened >= after.as_nanos() as u64 =>
            {
                self.has_coughed = true;
                State::Sounds(Sounding::new(Why::Cough, now))
            }
            _ if now.saturating_sub(silent_at) >= PAUSE
                && !board.is_replying.load(Ordering::Acquire)
                && !board.is_heard.load(Ordering::Acquire) =>
            {
                State::Sounds(Sounding::new(Why::Answer, now))
            }
            _ => State::Listens,
        }
    }

    /// A frame was sent at `at`; `counts` when it was loud and the model was hearing speech.
    pub(super) fn spoke(&mut self, at: u64, counts: bool) {
        let State::Sounds(sounding) = &mut self.state else { return };
        sounding.last_at = at;
        if counts {
            sounding.heard += 1;
            if sounding.heard == NEEDED {
                sounding.confirmed_at = Some(at);
            }
        }
    }

    /// The server dropped what was queued.
    pub(super) fn cleared(&mut self, now: u64) -> Cleared {
        let State::Sounds(sounding) = &mut self.state else { return Cleared::Unasked };
        let is_right = sounding.why == Why::Interruption
            && sounding.cleared_at.is_none()
            && sounding.heard >= NEEDED_LEAST;
        if !is_right {
            return Cleared::Unasked;
        }
        sounding.cleared_at = Some(now);
        Cleared::After(now.saturating_sub(sounding.confirmed_at.unwrap_or(sounding.last_at)))
    }
}

impl Sounding {
    fn new(why: Why, since: u64) -> Self {
        Self { why, since, heard: 0, last_at: since, confirmed_at: None, cleared_at: None }
    }

    fn is_over(&self, now: u64) -> bool {
        let is_done = match self.why {
            Why::Answer => self.heard >= ANSWER,
            Why::Cough => self.heard >= COUGH,
            Why::Interruption => self.cleared_at.is_some_and(|at| now >= at + FINISH),
        };
        is_done || now >= self.since + INTERRUPTION_LIMIT
    }
}

#[cfg(test)]
mod tests;
