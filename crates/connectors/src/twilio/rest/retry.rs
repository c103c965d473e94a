//! When and how often a request is repeated.

use std::time::Duration;

use rand::RngExt as _;

use super::fault::{Failure, TwilioError};

/// Growing pauses with jitter, so that many calls failing together do not come back together.
#[derive(Debug, Clone, Copy)]
pub struct RetryPolicy {
    /// Attempts after the first one.
    pub repeats: u32,
    /// The longest first pause; each later one may be twice as long. The shortest is half of it.
    pub first_pause: Duration,
    /// No pause is longer; a peer that asks for a longer one gets no further attempt.
    pub longest_pause: Duration,
}

impl Default for RetryPolicy {
    /// At most 0.3 + 0.6 s: a caller is waiting on most of these requests.
    fn default() -> Self {
        Self { repeats: 2, first_pause: Duration::from_millis(300), longest_pause: Duration::from_secs(2) }
    }
}

impl RetryPolicy {
    /// How long to wait before the next attempt, `None` to give up. `attempt` counts from 0.
    pub(super) fn pause(&self, attempt: u32, failure: &Failure) -> Option<Duration> {
        if !failure.is_passing || attempt >= self.repeats {
            return None;
        }
        if let TwilioError::RateLimited { retry_after: Some(asked) } = failure.error {
            return (asked <= self.longest_pause).then_some(asked);
        }
        let ceiling = self.first_pause.saturating_mul(2_u32.saturating_pow(attempt));
        Some(ceiling.min(self.longest_pause).mul_f64(rand::rng().random_range(0.5..=1.0)))
    }
}

/// Reads a `Retry-After` in seconds; the date form is not used by Twilio.
pub(super) fn seconds(text: &str) -> Option<Duration> {
    text.trim().parse().ok().map(Duration::from_secs)
}
