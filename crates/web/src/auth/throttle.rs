//! Wrong passwords cost time: more and more of it, by account and by address.
//!
//! An account's own wait is short, or a stranger who keeps being wrong would keep its owner out; an address where the right
//! password was shown before does not have it at all. The long waits are for one address: alone, and with one account.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;

/// Nobody who has been quiet for this long is remembered.
const FORGET: TimeDelta = TimeDelta::hours(1);
/// How long an address is known where the right password was shown.
const KNOWN: TimeDelta = TimeDelta::days(30);
/// Most accounts and addresses remembered; beyond it a tenth is forgotten, those who were wrong least often first.
const MOST: usize = 50_000;

/// What being wrong costs.
#[derive(Clone, Copy, Debug)]
struct Rule {
    /// Times that cost nothing: people mistype.
    free: u32,
    /// Longest wait.
    longest: TimeDelta,
}

/// One thing of one person, such as an account from one address.
const USUAL: Rule = Rule { free: 4, longest: TimeDelta::minutes(15) };
/// An account from wherever.
const ACCOUNT: Rule = Rule { free: 4, longest: TimeDelta::minutes(1) };
/// An address, behind which a whole office may sit.
const ADDRESS: Rule = Rule { free: 20, longest: TimeDelta::minutes(15) };

#[derive(Clone, Copy, Debug)]
struct Failures {
    rule: Rule,
    count: u32,
    last: DateTime<Utc>,
    /// When the right password was shown here.
    right: Option<DateTime<Utc>>,
}

impl Failures {
    /// When the next attempt is looked at.
    fn until(self) -> DateTime<Utc> {
        let beyond = self.count.saturating_sub(self.rule.free);
        if beyond == 0 {
            return self.last;
        }
        // 1, 2, 4 … seconds.
        let wait = TimeDelta::seconds(1_i64 << (beyond - 1).min(20));
        self.last + wait.min(self.rule.longest)
    }

    fn is_known(self, now: DateTime<Utc>) -> bool {
        self.right.is_some_and(|right| now - right <= KNOWN)
    }
}

/// Keys are of strangers' making, so their length is not.
type Id = [u8; 32];

fn id_of(key: &str) -> Id {
    Sha256::digest(key.as_bytes()).into()
}

/// Who has been wrong how often. Pure: time is passed in.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    known: HashMap<Id, Failures>,
}

impl Throttle {
    /// Somebody is about to show a password. Counted before it is looked at, so that many attempts at once are many;
    /// an attempt that has to wait is not counted.
    pub(crate) fn attempt(
        &mut self,
        email: &str,
        address: &str,
        now: DateTime<Utc>,
    ) -> Result<(), TimeDelta> {
        let [account, pair, from] = keys(email, address);
        let is_known = self.known.get(&id_of(&pair)).is_some_and(|own| own.is_known(now));
        let account_wait = self.wait(&account, now).filter(|_| !is_known);
        if let Some(wait) =
            [account_wait, self.wait(&pair, now), self.wait(&from, now)].into_iter().flatten().max()
        {
            return Err(wait);
        }
        for (key, rule) in [(account, ACCOUNT), (pair, USUAL), (from, ADDRESS)] {
            self.count(&key, rule, now);
        }
        Ok(())
    }

    /// The password of an attempt was right. What others got wrong from the same address still counts: somebody with an
    /// account of their own would else wipe their slate with it.
    pub(crate) fn was_right(&mut self, email: &str, address: &str, now: DateTime<Utc>) {
        let [account, pair, from] = keys(email, address);
        self.succeeded(&account);
        if let Some(own) = self.known.get_mut(&id_of(&pair)) {
            own.count = 0;
            own.right = Some(now);
        }
        if let Some(all) = self.known.get_mut(&id_of(&from)) {
            all.count = all.count.saturating_sub(1);
        }
    }

    /// How long somebody has to wait before they are looked at, if at all.
    pub(crate) fn wait(&self, key: &str, now: DateTime<Utc>) -> Option<TimeDelta> {
        let until = self.known.get(&id_of(key))?.until();
        (until > now).then(|| until - now)
    }

    /// Somebody was wrong. Counted before anything is looked at, so that many attempts at once are many.
    pub(crate) fn failed(&mut self, key: &str, now: DateTime<Utc>) {
        self.count(key, USUAL, now);
    }

    /// Requests from one address that cost us something, such as a mail. False when it has to wait.
    pub(crate) fn may_ask(&mut self, kind: &str, address: &str, now: DateTime<Utc>) -> bool {
        let key = format!("{kind}:{}", neighbourhood(address));
        let may = self.wait(&key, now).is_none();
        if may {
            self.count(&key, ADDRESS, now);
        }
        may
    }

    /// Somebody was right.
    pub(crate) fn succeeded(&mut self, key: &str) {
        self.known.remove(&id_of(key));
    }

    fn count(&mut self, key: &str, rule: Rule, now: DateTime<Utc>) {
        let id = id_of(key);
        if self.known.len() >= MOST && !self.known.contains_key(&id) {
            self.make_room(now);
        }
        let failures = self.known.entry(id).or_insert(Failures { rule, count: 0, last: now, right: None });
        if now - failures.last > FORGET {
            failures.count = 0;
        }
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
    }

    fn make_room(&mut self, now: DateTime<Utc>) {
        self.known.retain(|_, own| now - own.last <= FORGET || own.is_known(now));
        if self.known.len() < MOST {
            return;
        }
        let rank = |own: &Failures| (own.is_known(now), own.count, own.last);
        let mut ranks: Vec<_> = self.known.iter().map(|(id, own)| (rank(own), *id)).collect();
        let tenth = ranks.len() / 10;
        if ranks.len() > tenth {
            ranks.select_nth_unstable(tenth);
        }
        for (_, id) in ranks.iter().take(tenth.max(1)) {
            self.known.remove(id);
        }
    }
}

/// An account, an account from one address, an address.
fn keys(email: &str, address: &str) -> [String; 3] {
    let from = neighbourhood(address);
    [format!("m:{email}"), format!("b:{from} {email}"), format!("a:{from}")]
}

/// Whoever has one IPv6 address has the other 2^64 of its network too.
pub(crate) fn neighbourhood(address: &str) -> String {
    match address.parse().map(|address: IpAddr| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => format!("{:x}", address.to_bits() >> 64),
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests;
