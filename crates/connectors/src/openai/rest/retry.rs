//! When and how often a request is repeated: a pure decision (protocols/openai-text.md, section 7).

use std::time::Duration;

use chrono::DateTime;
use http::HeaderMap;

#[cfg(test)]
mod tests;

/// How failures are repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts after the first one.
    pub repeats: u32,
    /// The longest first pause; each later one may be twice as long. The shortest is half of it.
    pub first_pause: Duration,
    /// No pause of our own choice is longer.
    pub longest_pause: Duration,
    /// The longest pause a server may ask for; one that asks for more gets no further attempt.
    pub longest_asked: Duration,
}

impl Default for RetryPolicy {
    /// The vendor's own clients: 2 repeats, 0.5·2ⁿ s up to 8 s. They wait up to 120 s where the server asks for it; here
    /// somebody is waiting for the answer.
    fn default() -> Self {
        Self {
            repeats: 2,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(8),
            longest_asked: Duration::from_secs(20),
        }
    }
}

/// How an attempt failed, as far as it matters for another one.
#[derive(Debug, Clone, Copy)]
pub enum Failed<'a> {
    /// There was no connection, or it broke before the answer began.
    NotReached,
    /// Nothing came in time. That has cost its full length already.
    TimedOut,
    /// The server answered with an error.
    Answered {
        /// Its HTTP status.
        status: u16,
        /// The answer's headers.
        headers: &'a HeaderMap,
        /// The account's money is used up; only paying helps.
        is_quota: bool,
    },
    /// Part of the answer has been handed on: somebody may have seen it.
    Begun,
}

/// What to do after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Try again after this long.
    Wait(Duration),
    /// It stays failed.
    GiveUp,
}

impl RetryPolicy {
    /// Decides. `attempt` counts from 0; `jitter` is from 0 to 1 and makes many clients come back apart.
    pub fn after(&self, attempt: u32, failed: Failed<'_>, jitter: f64) -> Next {
        if attempt >= self.repeats {
            return Next::GiveUp;
        }
        let jitter = jitter.clamp(0.0, 1.0);
        match failed {
            Failed::TimedOut | Failed::Begun | Failed::Answered { is_quota: true, .. } => Next::GiveUp,
            Failed::NotReached => Next::Wait(self.pause(attempt, jitter)),
            Failed::Answered { status, headers, .. } if is_worth_it(status, headers) => {
                match asked_pause(headers) {
                    Some(asked) if asked > self.longest_asked => Next::GiveUp,
                    // Never earlier than asked, and not all at the same moment.
                    Some(asked) => Next::Wait(asked.mul_f64(1.0 + jitter / 10.0)),
                    None => Next::Wait(self.pause(attempt, jitter)),
                }
            }
            Failed::Answered { .. } => Next::GiveUp,
        }
    }

    fn pause(&self, attempt: u32, jitter: f64) -> Duration {
        let ceiling = self.first_pause.saturating_mul(2_u32.saturating_pow(attempt));
        ceiling.min(self.longest_pause).mul_f64(1.0 - jitter / 2.0)
    }
}

/// Whether a repeat may help: what the server says of it, or else by the status.
fn is_worth_it(status: u16, headers: &HeaderMap) -> bool {
    match text(headers, "x-should-retry") {
        Some("true") => true,
        Some("false") => false,
        _ => matches!(status, 408 | 409 | 429 | 500..),
    }
}

/// How long the server asks to be left alone: `retry-after-ms`, or `retry-after` in seconds or as a date. A date is held
/// against the answer's own `date`, so that it does not matter how our clock goes.
pub(super) fn asked_pause(headers: &HeaderMap) -> Option<Duration> {
    let positive = |seconds: f64| Duration::try_from_secs_f64(seconds).ok();
    let number = |name| text(headers, name).and_then(|value| value.trim().parse::<f64>().ok());
    if let Some(pause) = number("retry-after-ms").and_then(|ms| positive(ms / 1000.0)) {
        return Some(pause);
    }
    if let Some(seconds) = number("retry-after") {
        return positive(seconds);
    }
    let date = |name| DateTime::parse_from_rfc2822(text(headers, name)?).ok();
    (date("retry-after")? - date("date")?).to_std().ok()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
