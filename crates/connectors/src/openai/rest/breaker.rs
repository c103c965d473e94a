//! A circuit breaker as a pure machine: a server that is down is left alone for a while, so that nobody waits for what is
//! not coming.

use std::time::Duration;

#[cfg(test)]
mod tests;

/// Troubles in a row after which a server counts as down.
const TROUBLES: u32 = 5;
/// How long it is left alone at first; twice as long after each probe that fails.
const FIRST_REST: Duration = Duration::from_secs(10);
/// It is never left alone for longer.
const LONGEST_REST: Duration = Duration::from_mins(2);
/// A probe nobody heard of again in this time was given up by whoever made it.
const PROBE: Duration = Duration::from_mins(1);

/// Where the breaker stands. Times count from any one start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breaker {
    /// Requests go out; so many in a row met trouble.
    Closed {
        /// Troubles since the last success.
        troubles: u32,
    },
    /// No request goes out.
    Open {
        /// Until then.
        until: Duration,
        /// How long this rest is.
        rest: Duration,
    },
    /// One request is out to see whether the server is back.
    HalfOpen {
        /// When it went out.
        since: Duration,
        /// How long the rest before it was.
        rest: Duration,
    },
}

/// What happened to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The server did its work, or refused for a reason: it is there.
    There,
    /// It could not be reached, did not answer in time, or failed.
    Trouble,
    /// It is there, but busy: no word about whether it works.
    Busy,
}

impl Default for Breaker {
    fn default() -> Self {
        Self::Closed { troubles: 0 }
    }
}

impl Breaker {
    /// Whether a request may go out now. After the rest one is let through, and its outcome decides.
    pub fn lets_through(&mut self, now: Duration) -> bool {
        match *self {
            Self::Closed { .. } => true,
            Self::Open { until, .. } if now < until => false,
            Self::HalfOpen { since, .. } if now < since + PROBE => false,
            Self::Open { rest, .. } | Self::HalfOpen { rest, .. } => {
                *self = Self::HalfOpen { since: now, rest };
                true
            }
        }
    }

    /// Learns what became of a request that was let through.
    pub fn learn(&mut self, outcome: Outcome, now: Duration) {
        *self = match (*self, outcome) {
            (_, Outcome::There) => Self::default(),
            (Self::Closed { troubles }, Outcome::Trouble) if troubles + 1 < TROUBLES => {
                Self::Closed { troubles: troubles + 1 }
            }
            (Self::Closed { .. }, Outcome::Trouble) => Self::open(FIRST_REST, now),
            (Self::HalfOpen { rest, .. }, Outcome::Trouble) => Self::open((rest * 2).min(LONGEST_REST), now),
            (Self::HalfOpen { rest, .. }, Outcome::Busy) => Self::open(rest, now),
            // A straggler from before the rest began says nothing new.
            (open @ Self::Open { .. }, Outcome::Trouble | Outcome::Busy) => open,
            (closed @ Self::Closed { .. }, Outcome::Busy) => closed,
        };
    }

    fn open(rest: Duration, now: Duration) -> Self {
        Self::Open { until: now + rest, rest }
    }
}
