//! How much a visitor, an address and a business may say and begin in a time, with a reserve for who has no time.
//!
//! Each is a bucket that holds so many messages and fills again at so many a minute. Nothing here waits: who has no room is
//! told when to ask again.

use crate::problem::Problem;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;
use studioconnect_domain::emergency::{Detector, Rules, Sensitivity};
use studioconnect_domain::ids::{BusinessId, ConversationId};

/// Most buckets; beyond it those that are full again are forgotten, then all but the emptiest.
const MOST: usize = 50_000;

/// How much fits into a bucket, and how long until the next piece fits.
#[derive(Clone, Copy, Debug)]
struct Size {
    holds: u32,
    every_ms: i64,
}

/// What one visitor says: thirty messages in ten seconds are too many.
const VISITOR: Size = Size { holds: 10, every_ms: 1_000 };
/// What visitors behind one address say: an office may sit behind it.
const ADDRESS: Size = Size { holds: 60, every_ms: 250 };
/// What all visitors of a business say.
const BUSINESS: Size = Size { holds: 300, every_ms: 50 };
/// Urgent words of one visitor beyond all that.
const RESERVE: Size = Size { holds: 3, every_ms: 20_000 };
/// The same of all visitors behind one address.
const ADDRESS_RESERVE: Size = Size { holds: 10, every_ms: 20_000 };
/// Conversations begun from one address.
const BEGUN: Size = Size { holds: 20, every_ms: 15_000 };
/// Conversations begun with one business.
const BEGUN_WITH: Size = Size { holds: 300, every_ms: 200 };
/// Requests with a token from one address, whatever they ask for.
const ASKED: Size = Size { holds: 300, every_ms: 25 };

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Visitor(ConversationId),
    Address(String),
    Business(BusinessId),
    Reserve(ConversationId),
    AddressReserve(String),
    Begun(String),
    BegunWith(BusinessId),
    Asked(String),
}

impl Key {
    fn size(&self) -> Size {
        match self {
            Self::Visitor(_) => VISITOR,
            Self::Address(_) => ADDRESS,
            Self::Business(_) => BUSINESS,
            Self::Reserve(_) => RESERVE,
            Self::AddressReserve(_) => ADDRESS_RESERVE,
            Self::Begun(_) => BEGUN,
            Self::BegunWith(_) => BEGUN_WITH,
            Self::Asked(_) => ASKED,
        }
    }
}

/// The buckets that are not full.
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// When each will be full again: a bucket is no more than this.
    full_at: HashMap<Key, DateTime<Utc>>,
}

impl Limits {
    /// A visitor says something.
    pub(super) fn say(
        &mut self,
        (business, visitor): (BusinessId, ConversationId),
        address: &str,
        text: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Problem> {
        let address = crate::auth::neighbourhood(address);
        let usual = [Key::Visitor(visitor), Key::Address(address.clone()), Key::Business(business)];
        let refused = match self.take(&usual, now) {
            Ok(()) => return Ok(()),
            Err(wait) => Problem::said_too_much(seconds(wait)),
        };
        if is_urgent(text) && self.take(&[Key::Reserve(visitor), Key::AddressReserve(address)], now).is_ok() {
            return Ok(());
        }
        Err(refused)
    }

    /// Somebody begins a conversation.
    pub(super) fn begin(
        &mut self,
        business: BusinessId,
        address: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Problem> {
        let keys = [Key::Begun(crate::auth::neighbourhood(address)), Key::BegunWith(business)];
        self.take(&keys, now).map_err(|wait| Problem::said_too_much(seconds(wait)))
    }

    /// Somebody with a token asks for anything.
    pub(super) fn ask(&mut self, address: &str, now: DateTime<Utc>) -> Result<(), Problem> {
        let keys = [Key::Asked(crate::auth::neighbourhood(address))];
        self.take(&keys, now).map_err(|wait| Problem::said_too_much(seconds(wait)))
    }

    /// Takes from all of them, or from none and says how long to wait.
    fn take(&mut self, keys: &[Key], now: DateTime<Utc>) -> Result<(), TimeDelta> {
        let wait = keys.iter().map(|key| self.wait(key, now)).max().unwrap_or_default();
        if wait > TimeDelta::zero() {
            return Err(wait);
        }
        for key in keys {
            if self.full_at.len() >= MOST && !self.full_at.contains_key(key) {
                self.make_room(now);
            }
            let before = self.full_at.get(key).copied().unwrap_or(now).max(now);
            self.full_at.insert(key.clone(), before + TimeDelta::milliseconds(key.size().every_ms));
        }
        Ok(())
    }

    fn wait(&self, key: &Key, now: DateTime<Utc>) -> TimeDelta {
        let Size { holds, every_ms } = key.size();
        let fills_in = self.full_at.get(key).map_or(TimeDelta::zero(), |full| *full - now);
        fills_in - TimeDelta::milliseconds(every_ms * (i64::from(holds) - 1))
    }

    fn make_room(&mut self, now: DateTime<Utc>) {
        self.full_at.retain(|_, full| *full > now);
        if self.full_at.len() >= MOST {
            let mut times: Vec<_> = self.full_at.values().copied().collect();
            let middle = times.len() / 2;
            let (_, median, _) = times.select_nth_unstable(middle);
            let median = *median;
            self.full_at.retain(|_, full| *full > median);
        }
    }
}

fn seconds(wait: TimeDelta) -> i64 {
    (wait.num_milliseconds() + 999).div_euclid(1_000).max(1)
}

/// Whether a message may be one that cannot wait, seen as readily as may be. It decides no more than whether it is let through.
fn is_urgent(text: &str) -> bool {
    let rules = Rules { sensitivity: Sensitivity::High, ..Rules::default() };
    Detector::new(&rules).detect(text).is_emergency
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_790_000_000_000 + ms).unwrap()
    }

    #[test]
    fn of_thirty_messages_in_ten_seconds_some_are_refused_and_told_when_to_come_again() {
        let mut limits = Limits::default();
        let who = (BusinessId::new(), ConversationId::new());
        let outcomes: Vec<_> =
            (0..30).map(|place| limits.say(who, "203.0.113.9", "hello", at(place * 333))).collect();
        let refused: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
        assert!(
            outcomes[..10].iter().all(Result::is_ok) && (8..=12).contains(&refused.len()),
            "{}",
            refused.len()
        );
        assert!(refused.iter().all(|problem| problem.status == 429 && problem.retry_after == Some(1)));
        assert!(limits.say(who, "203.0.113.9", "hello", at(11_500)).is_ok(), "a moment later there is room");
    }

    #[test]
    fn the_reserve_lets_an_emergency_through_and_is_bounded() {
        let mut limits = Limits::default();
        let who = (BusinessId::new(), ConversationId::new());
        for _ in 0..10 {
            limits.say(who, "203.0.113.9", "hello", at(0)).unwrap();
        }
        assert!(limits.say(who, "203.0.113.9", "hello", at(0)).is_err());
        for text in ["EMERGENCY, the pipe burst!", "¡Huele a gas!", "there is smoke"] {
            assert!(limits.say(who, "203.0.113.9", text, at(0)).is_ok(), "{text}");
        }
        assert!(
            limits.say(who, "203.0.113.9", "emergency", at(0)).is_err(),
            "nobody writes for ever that way"
        );
    }

    #[test]
    fn a_visitor_who_says_much_keeps_others_from_nothing() {
        let mut limits = Limits::default();
        let business = BusinessId::new();
        let loud = (business, ConversationId::new());
        for _ in 0..100 {
            let _ = limits.say(loud, "203.0.113.9", "x", at(0));
        }
        assert!(limits.say((business, ConversationId::new()), "203.0.113.10", "hello", at(0)).is_ok());
        assert!(limits.say((business, ConversationId::new()), "203.0.113.9", "hello", at(0)).is_ok());
    }

    #[test]
    fn sessions_of_one_address_have_an_end_and_whoever_has_many_addresses_of_a_network_has_one() {
        let mut limits = Limits::default();
        let business = BusinessId::new();
        let begun =
            (0..50).filter(|host| limits.begin(business, &format!("2001:db8::{host:x}"), at(0)).is_ok());
        assert_eq!(begun.count(), 20);
        assert!(limits.begin(business, "2001:db9::1", at(0)).is_ok());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut limits = Limits::default();
        for _ in 0..MOST {
            limits.full_at.insert(Key::Visitor(ConversationId::new()), at(1_000));
        }
        let loud = ConversationId::new();
        limits.full_at.insert(Key::Visitor(loud), at(9_900));
        limits.make_room(at(0));
        assert!(limits.full_at.len() <= MOST / 2 + 1, "{}", limits.full_at.len());
        assert!(limits.full_at.contains_key(&Key::Visitor(loud)), "whoever said most is not forgotten");
    }
}
