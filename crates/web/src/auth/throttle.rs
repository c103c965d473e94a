//! Wrong passwords cost time: more and more of it, by account and by address.

use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;

/// Wrong passwords that cost nothing: people mistype.
const FREE: u32 = 4;
/// Longest wait.
const LONGEST: TimeDelta = TimeDelta::minutes(15);
/// Nobody who has been quiet for this long is remembered.
const FORGET: TimeDelta = TimeDelta::hours(1);
/// Most accounts and addresses remembered; beyond it those that may try again are forgotten.
const MOST: usize = 50_000;

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: DateTime<Utc>,
}

impl Failures {
    /// When the next attempt is looked at.
    fn until(self) -> DateTime<Utc> {
        let beyond = self.count.saturating_sub(FREE);
        if beyond == 0 {
            return self.last;
        }
        // 1, 2, 4 … seconds.
        let wait = TimeDelta::seconds(1_i64 << (beyond - 1).min(20));
        self.last + wait.min(LONGEST)
    }
}

/// Who has been wrong how often. Pure: time is passed in.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    known: HashMap<String, Failures>,
}

impl Throttle {
    /// How long somebody has to wait before they are looked at, if at all.
    pub(crate) fn wait(&self, key: &str, now: DateTime<Utc>) -> Option<TimeDelta> {
        let until = self.known.get(key)?.until();
        (until > now).then(|| until - now)
    }

    /// Somebody was wrong. Counted before the password is looked at, so that many attempts at once are many.
    pub(crate) fn failed(&mut self, key: &str, now: DateTime<Utc>) {
        if self.known.len() >= MOST && !self.known.contains_key(key) {
            self.known.retain(|_, failures| failures.until() > now);
        }
        if self.known.len() >= MOST && !self.known.contains_key(key) {
            return;
        }
        let failures = self.known.entry(key.to_owned()).or_insert(Failures { count: 0, last: now });
        if now - failures.last > FORGET {
            failures.count = 0;
        }
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
    }

    /// Somebody was right.
    pub(crate) fn succeeded(&mut self, key: &str) {
        self.known.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn the_wait_doubles_after_a_few_slips_and_ends_with_the_right_password() {
        let mut throttle = Throttle::default();
        for _ in 0..FREE {
            assert_eq!(throttle.wait("a", at(0)), None);
            throttle.failed("a", at(0));
        }
        assert_eq!(throttle.wait("a", at(0)), None);
        for wait in [1, 2, 4, 8, 16] {
            throttle.failed("a", at(0));
            assert_eq!(throttle.wait("a", at(0)), Some(TimeDelta::seconds(wait)));
        }
        assert_eq!(throttle.wait("b", at(0)), None);
        assert_eq!(throttle.wait("a", at(16)), None);
        for _ in 0..40 {
            throttle.failed("a", at(16));
        }
        assert_eq!(throttle.wait("a", at(16)), Some(LONGEST));
        throttle.succeeded("a");
        assert_eq!(throttle.wait("a", at(16)), None);
    }

    #[test]
    fn an_hour_of_quiet_is_forgiven() {
        let mut throttle = Throttle::default();
        for _ in 0..10 {
            throttle.failed("a", at(0));
        }
        throttle.failed("a", at(3_601));
        assert_eq!(throttle.wait("a", at(3_601)), None);
    }

    #[test]
    fn strangers_do_not_make_it_grow_without_end() {
        let mut throttle = Throttle::default();
        for number in 0..MOST + 1_000 {
            throttle.failed(&number.to_string(), at(0));
        }
        assert!(throttle.known.len() <= MOST);
    }
}
