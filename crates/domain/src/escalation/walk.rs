//! Whose turn it is.

use super::{Attempt, Effect, Escalation, EscalationContact, News, Stage};
use crate::ids::{AttemptId, EscalationContactId};
use crate::incident::{EntryKind, IncidentState};
use chrono::{DateTime, TimeDelta, Utc};

/// Between two calls to the same person: long enough to put the phone down.
const RETRY_PAUSE: TimeDelta = TimeDelta::seconds(5);
/// Before the list is gone through again.
const ROUND_PAUSE: TimeDelta = TimeDelta::seconds(30);
/// Until a call that was asked for must be known to exist.
pub(super) const PLACE_LIMIT: TimeDelta = TimeDelta::seconds(20);
/// Until telling everybody counts as failed.
const TELL_LIMIT: TimeDelta = TimeDelta::seconds(60);

impl Escalation {
    /// Begins at the top of the list.
    pub(super) fn begin(&mut self, now: DateTime<Utc>, effects: &mut Vec<Effect>) {
        self.state = IncidentState::Ringing;
        self.current = None;
        (self.round, self.place, self.tries) = (1, 0, 0);
        let first = self.rungable_from(0, now);
        self.turn_to(first.map(|place| (1, place, TimeDelta::zero())), now, effects);
    }

    /// The call at hand is over without anybody having accepted: whose turn is it?
    pub(super) fn go_on(&mut self, now: DateTime<Utc>, effects: &mut Vec<Effect>) {
        self.current = None;
        let next = self.following(now);
        self.turn_to(next, now, effects);
    }

    fn following(&self, now: DateTime<Utc>) -> Option<(u32, usize, TimeDelta)> {
        let same = self.order.get(self.place).and_then(|id| self.policy.contact(*id));
        if same.is_some_and(|contact| self.tries < contact.tries && self.may_ring(contact, now)) {
            return Some((self.round, self.place, RETRY_PAUSE));
        }
        if let Some(place) = self.rungable_from(self.place + 1, now) {
            return Some((self.round, place, TimeDelta::zero()));
        }
        let is_last = self.round >= self.policy.rounds;
        let first = self.rungable_from(0, now).filter(|_| !is_last)?;
        Some((self.round + 1, first, ROUND_PAUSE))
    }

    fn rungable_from(&self, place: usize, now: DateTime<Utc>) -> Option<usize> {
        let rest = self.order.iter().enumerate().skip(place);
        let mut may = rest
            .filter(|(_, id)| self.policy.contact(**id).is_some_and(|contact| self.may_ring(contact, now)));
        may.next().map(|(place, _)| place)
    }

    fn may_ring(&self, contact: &EscalationContact, now: DateTime<Utc>) -> bool {
        let is_quiet =
            !self.ignores_quiet && contact.quiet_hours.as_ref().is_some_and(|quiet| quiet.hold_at(now));
        !is_quiet && !self.passed_over.contains(&contact.id)
    }

    fn turn_to(
        &mut self,
        turn: Option<(u32, usize, TimeDelta)>,
        now: DateTime<Utc>,
        effects: &mut Vec<Effect>,
    ) {
        let spent = self.rung.len() >= self.policy.most_attempts as usize;
        let Some((round, place, pause)) = turn.filter(|_| self.policy.has_calls && !spent) else {
            return self.exhaust(now, effects);
        };
        if (round, place) != (self.round, self.place) {
            self.tries = 0;
        }
        (self.round, self.place) = (round, place);
        if pause > TimeDelta::zero() {
            return self.wake(now, pause);
        }
        self.ring(now, effects);
    }

    /// Rings whose turn it is, unless a call to them may still be under way.
    pub(super) fn ring(&mut self, now: DateTime<Utc>, effects: &mut Vec<Effect>) {
        self.holds.retain(|(_, until)| *until > now);
        let contact = self.order.get(self.place).and_then(|id| self.policy.contact(*id)).cloned();
        let Some(contact) = contact.filter(|contact| self.may_ring(contact, now)) else {
            return self.go_on(now, effects);
        };
        if let Some((_, until)) = self.holds.iter().find(|(id, _)| *id == contact.id) {
            let wait = *until - now;
            return self.wake(now, wait);
        }
        self.rung.push(contact.id);
        self.tries += 1;
        let id = self.attempt_id(self.rung.len());
        let attempt =
            Attempt { id, contact: contact.id, stage: Stage::Placing, sid: None, since: now, placements: 1 };
        self.current = Some(attempt);
        self.wake(now, PLACE_LIMIT);
        let detail = format!("round {}, try {}", self.round, self.tries);
        effects.push(note(EntryKind::Ringing, Some(contact.name.clone()), Some(detail)));
        effects.push(self.placing(&contact, id));
        if self.accepted_by.is_none() {
            effects.push(Effect::TellCaller(News::Ringing { name: contact.name }));
        }
    }

    pub(super) fn placing(&self, contact: &EscalationContact, attempt: AttemptId) -> Effect {
        Effect::PlaceCall {
            attempt,
            contact: contact.id,
            phone: contact.phone.clone(),
            ring_timeout_s: self.policy.ring_timeout_s,
        }
    }

    /// Nobody is left to ring.
    fn exhaust(&mut self, now: DateTime<Utc>, effects: &mut Vec<Effect>) {
        self.state = IncidentState::Exhausted;
        self.current = None;
        self.is_everyone_told = false;
        self.tellings = 0;
        effects.push(note(EntryKind::Exhausted, None, None));
        if self.accepted_by.is_none() {
            effects.push(Effect::TellCaller(News::NobodyReached));
        }
        self.tell_everyone(now, effects);
    }

    pub(super) fn tell_everyone(&mut self, now: DateTime<Utc>, effects: &mut Vec<Effect>) {
        self.tellings += 1;
        effects.push(Effect::TellEveryone);
        self.wake(now, TELL_LIMIT);
    }

    /// Nobody rings there before `until`.
    pub(super) fn hold(&mut self, contact: EscalationContactId, until: DateTime<Utc>) {
        self.holds.push((contact, until));
    }
}

pub(super) fn note(kind: EntryKind, who: Option<String>, detail: Option<String>) -> Effect {
    Effect::Note { kind, who, detail }
}
