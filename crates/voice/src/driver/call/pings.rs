//! Whether both peers are still there.

use std::time::Duration;

/// Pings out and pongs back, for both sockets.
#[derive(Debug)]
pub(super) struct Pings {
    interval: u64,
    timeout: u64,
    pub(super) next_at: u64,
    pub(super) phone_due: Option<u64>,
    pub(super) model_due: Option<u64>,
}

impl Pings {
    pub(super) fn new(interval: Duration, timeout: Duration) -> Self {
        let (interval, timeout) = (interval.as_millis() as u64, timeout.as_millis() as u64);
        Self { interval, timeout, next_at: interval, phone_due: None, model_due: None }
    }

    pub(super) fn sent(&mut self, now: u64, to_model: bool) {
        self.next_at = now + self.interval;
        self.phone_due.get_or_insert(now + self.timeout);
        if to_model {
            self.model_due.get_or_insert(now + self.timeout);
        }
    }

    pub(super) fn is_overdue(due: Option<u64>, now: u64) -> bool {
        due.is_some_and(|due| due <= now)
    }

    pub(super) fn due(&self) -> u64 {
        [self.phone_due, self.model_due, Some(self.next_at)]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(self.next_at)
    }
}
