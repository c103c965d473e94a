//! What follows from what happened.

use super::walk::{PLACE_LIMIT, note};
use super::{
    Acceptance, Effect, Escalation, Event, Found, Key, MOST_REPAGES, MOST_TELLINGS, News, Outcome,
    PlaceFault, Stage,
};
use crate::ids::{AttemptId, EscalationContactId};
use crate::incident::{EntryKind, IncidentState};
use chrono::{DateTime, TimeDelta, Utc};

/// Between an unclear failure and asking the network: a request under way needs a moment to become a call.
const ASK_AFTER: TimeDelta = TimeDelta::seconds(3);
/// Until asking counts as failed.
const ASK_LIMIT: TimeDelta = TimeDelta::seconds(15);
/// Times that the network is asked before a call is given up.
const MOST_ASKS: u32 = 4;
/// Times that it must say there is no call before the call is asked for again.
const NO_CALLS: u32 = 2;
/// Times that one call is asked for.
const MOST_PLACEMENTS: u32 = 3;
/// Beyond the ringing: the network waits for its turn (one call a second) and adds 5 s.
const RING_MARGIN: TimeDelta = TimeDelta::seconds(20);
/// Longest that an alert is spoken: three rounds, some with a repetition.
const TALK_LIMIT: TimeDelta = TimeDelta::seconds(240);

impl Escalation {
    /// Takes in what happened. The same event twice, late or out of order changes nothing that is decided.
    pub fn happened(&mut self, event: Event, now: DateTime<Utc>) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Started => {
                if self.state == IncidentState::Open {
                    self.begin(now, &mut effects);
                }
            }
            Event::CallPlaced { attempt, sid } => self.placed(attempt, sid, now, &mut effects),
            Event::PlaceFailed { attempt, fault } => self.not_placed(attempt, fault, now, &mut effects),
            Event::ProviderSays { attempt, found } => self.found(attempt, found, now, &mut effects),
            Event::Answered { attempt, sid } => self.answered(attempt, sid, now, &mut effects),
            Event::KeyPressed { attempt, sid, key } => self.pressed(attempt, sid, key, now, &mut effects),
            Event::NoKey { attempt } => {
                if let Some(contact) = self.at_hand(attempt) {
                    effects.push(note(EntryKind::NoKey, self.name_of(contact), None));
                }
            }
            Event::Ended { attempt, sid, outcome } => {
                if self.at_hand(attempt).is_some() && self.is_own(&sid) {
                    self.ended(outcome, now, &mut effects);
                }
            }
            Event::Deadline => self.look(now, &mut effects),
            Event::AcceptedBy { name } => self.accept(name, None, None, now, &mut effects),
            Event::Resolved { name } => self.resolve(name, &mut effects),
            Event::CallerGone => {
                if !self.is_caller_gone && self.state != IncidentState::Resolved {
                    self.is_caller_gone = true;
                    effects.push(note(EntryKind::CallerGone, None, None));
                }
            }
            Event::EveryoneTold => {
                if self.state == IncidentState::Exhausted && !self.is_everyone_told {
                    self.is_everyone_told = true;
                    self.sleep();
                    effects.push(note(EntryKind::EveryoneTold, None, None));
                }
            }
            Event::TellingFailed => {
                if self.state == IncidentState::Exhausted && !self.is_everyone_told {
                    let pause = 15_i64.saturating_mul(1 << self.tellings.min(6)).min(600);
                    self.wake(now, TimeDelta::seconds(pause));
                    effects.push(note(EntryKind::TellingFailed, None, None));
                }
            }
        }
        effects
    }

    /// Whom the call at hand is to, when it is this one and nobody has accepted.
    fn at_hand(&self, attempt: AttemptId) -> Option<EscalationContactId> {
        let current = self.current.as_ref().filter(|current| current.id == attempt)?;
        (self.state == IncidentState::Ringing).then_some(current.contact)
    }

    /// Whether the call at hand has this name, or none yet.
    fn is_own(&self, sid: &str) -> bool {
        let known = self.current.as_ref().and_then(|current| current.sid.as_deref());
        known.is_none_or(|known| known == sid)
    }

    fn name_of(&self, contact: EscalationContactId) -> Option<String> {
        self.policy.contact(contact).map(|contact| contact.name.clone())
    }

    fn placed(&mut self, attempt: AttemptId, sid: String, now: DateTime<Utc>, effects: &mut Vec<Effect>) {
        if self.at_hand(attempt).is_none() || !self.is_own(&sid) {
            // A call nobody waits for any more, or a second one; who accepted keeps theirs.
            if self.current.as_ref().is_none_or(|current| current.sid.as_deref() != Some(&sid)) {
                effects.push(Effect::HangUp { sid });
            }
            return;
        }
        let ringing = TimeDelta::seconds(self.policy.ring_timeout_s.into()) + RING_MARGIN;
        if let Some(current) = &mut self.current {
            current.sid = Some(sid);
            // The answer may have come before the network's word that it took the call.
            if matches!(current.stage, Stage::Talking | Stage::Ringing) {
                return;
            }
            current.stage = Stage::Ringing;
        }
        self.wake(now, ringing);
    }

    fn not_placed(
        &mut self,
        attempt: AttemptId,
        fault: PlaceFault,
        now: DateTime<Utc>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(contact) = self.at_hand(attempt) else { return };
        let Some(current) = self.current.as_mut().filter(|current| current.stage == Stage::Placing) else {
            return;
        };
        match fault {
            PlaceFault::Permanent(words) => {
                self.passed_over.push(contact);
                effects.push(note(EntryKind::NotPlaced, self.name_of(contact), Some(words)));
                self.go_on(now, effects);
            }
            PlaceFault::Unclear => {
                current.stage = Stage::Unclear { asks: 0 };
                effects.push(note(EntryKind::Unclear, self.name_of(contact), None));
                self.wake(now, ASK_AFTER);
            }
        }
    }

    fn ask(&mut self, asks: u32, now: DateTime<Utc>, effects: &mut Vec<Effect>) {
        let Some(current) = &mut self.current else { return };
        current.stage = Stage::Unclear { asks };
        let (attempt, since, contact) = (current.id, current.since, current.contact);
        if let Some(contact) = self.policy.contact(contact) {
            effects.push(Effect::AskProvider { attempt, phone: contact.phone.clone(), since });
        }
        self.wake(now, ASK_LIMIT);
    }

    fn found(&mut self, attempt: AttemptId, found: Found, now: DateTime<Utc>, effects: &mut Vec<Effect>) {
        let Some(contact) = self.at_hand(attempt) else { return };
        let Some(current) = &self.current else { return };
        let (Stage::Unclear { asks }, placements) = (current.stage, current.placements) else { return };
        match found {
            Found::Call(sid) => self.placed(attempt, sid, now, effects),
            Found::Ended(outcome) => self.ended(outcome, now, effects),
            Found::NoCall if asks >= NO_CALLS && placements < MOST_PLACEMENTS => {
                if let Some(current) = &mut self.current {
                    current.stage = Stage::Placing;
                    current.placements += 1;
                }
                if let Some(contact) = self.policy.contact(contact) {
                    effects.push(self.placing(contact, attempt));
                }
                self.wake(now, PLACE_LIMIT);
            }
            Found::NoCall | Found::Unknown if asks < MOST_ASKS => self.wake(now, ASK_AFTER),
            Found::NoCall | Found::Unknown => self.give_up(now, effects),
        }
    }

    /// Nothing is known of the call: it may ring or be answered yet, so this person is left alone for as long.
    fn give_up(&mut self, now: DateTime<Utc>, effects: &mut Vec<Effect>) {
        let Some(current) = self.current.take() else { return };
        let ringing = TimeDelta::seconds(self.policy.ring_timeout_s.into()) + RING_MARGIN;
        self.hold(current.contact, now + ringing + TALK_LIMIT);
        effects.extend(current.sid.map(|sid| Effect::HangUp { sid }));
        let detail = Some("the phone network does not say what became of the call".to_owned());
        effects.push(note(EntryKind::NotAccepted, self.name_of(current.contact), detail));
        self.go_on(now, effects);
    }

    fn answered(&mut self, attempt: AttemptId, sid: String, now: DateTime<Utc>, effects: &mut Vec<Effect>) {
        let Some(contact) = self.at_hand(attempt) else { return };
        if !self.is_own(&sid) {
            effects.push(Effect::HangUp { sid });
            return;
        }
        let Some(current) = &mut self.current else { return };
        if current.stage != Stage::Talking {
            current.stage = Stage::Talking;
            current.sid = Some(sid);
            effects.push(note(EntryKind::Answered, self.name_of(contact), None));
            self.wake(now, TALK_LIMIT);
        }
    }

    fn pressed(
        &mut self,
        attempt: AttemptId,
        sid: String,
        key: Key,
        now: DateTime<Utc>,
        effects: &mut Vec<Effect>,
    ) {
        // Somebody whose call we had given up may accept as well as anybody.
        let Some(contact) = self.rung_by(attempt).map(|contact| (contact.id, contact.name.clone())) else {
            return;
        };
        let (id, name) = contact;
        match key {
            Key::Accept => self.accept(name, Some(id), Some(&sid), now, effects),
            Key::Connect => {
                // The same key told twice connects once.
                if self.state.is_unaccepted() {
                    self.accept(name.clone(), Some(id), Some(&sid), now, effects);
                    effects.push(note(EntryKind::Connecting, Some(name), None));
                    effects.push(Effect::Connect { attempt, sid });
                }
            }
            Key::Next => {
                if self.at_hand(attempt).is_some() && self.is_own(&sid) {
                    self.passed_over.push(id);
                    effects.push(note(EntryKind::Declined, Some(name), None));
                    self.go_on(now, effects);
                }
            }
            Key::Repeat => self.answered(attempt, sid, now, effects),
        }
    }

    fn ended(&mut self, outcome: Outcome, now: DateTime<Utc>, effects: &mut Vec<Effect>) {
        let who = self.current.as_ref().and_then(|current| self.name_of(current.contact));
        effects.push(note(EntryKind::NotAccepted, who, Some(outcome.title().to_owned())));
        self.go_on(now, effects);
    }

    fn accept(
        &mut self,
        name: String,
        contact: Option<EscalationContactId>,
        sid: Option<&str>,
        now: DateTime<Utc>,
        effects: &mut Vec<Effect>,
    ) {
        if !self.state.is_unaccepted() {
            return;
        }
        // Another phone that rings meanwhile is let go.
        let other =
            self.current.take().and_then(|current| current.sid).filter(|own| Some(own.as_str()) != sid);
        effects.extend(other.map(|sid| Effect::HangUp { sid }));
        self.state = IncidentState::Accepted;
        effects.push(note(EntryKind::Accepted, Some(name.clone()), None));
        if self.accepted_by.is_none() {
            effects.push(Effect::TellCaller(News::Accepted { name: name.clone() }));
        }
        self.accepted_by = Some(Acceptance { name, contact, at: now });
        match self.policy.repage_after_minutes.filter(|_| self.repages < MOST_REPAGES) {
            Some(minutes) => self.wake(now, TimeDelta::minutes(minutes.into())),
            None => self.sleep(),
        }
    }

    fn resolve(&mut self, name: String, effects: &mut Vec<Effect>) {
        if self.state == IncidentState::Resolved {
            return;
        }
        effects.extend(self.current.take().and_then(|current| current.sid).map(|sid| Effect::HangUp { sid }));
        self.state = IncidentState::Resolved;
        self.sleep();
        effects.push(note(EntryKind::Resolved, Some(name), None));
    }

    /// It may be time for something.
    fn look(&mut self, now: DateTime<Utc>, effects: &mut Vec<Effect>) {
        let (Some(armed), Some(at)) = (self.armed_at, self.wake_at) else { return };
        if now < armed {
            // The clock was put back: wait for what is left, no longer.
            self.wake(now, at - armed);
            return;
        }
        if now < at {
            return;
        }
        match self.state {
            IncidentState::Open => self.begin(now, effects),
            IncidentState::Ringing => match self.current.as_ref().map(|current| current.stage) {
                None => self.ring(now, effects),
                Some(Stage::Placing) => self.ask(1, now, effects),
                Some(Stage::Unclear { asks }) if asks < MOST_ASKS => self.ask(asks + 1, now, effects),
                Some(Stage::Unclear { .. } | Stage::Ringing | Stage::Talking) => self.give_up(now, effects),
            },
            IncidentState::Accepted => self.ask_again(now, effects),
            IncidentState::Exhausted if !self.is_everyone_told && self.tellings < MOST_TELLINGS => {
                self.tell_everyone(now, effects);
            }
            IncidentState::Exhausted | IncidentState::Resolved => self.sleep(),
        }
    }

    /// It was accepted long ago and is not over: the list is gone through again, whoever accepted first.
    fn ask_again(&mut self, now: DateTime<Utc>, effects: &mut Vec<Effect>) {
        self.repages += 1;
        let accepter = self.accepted_by.as_ref().and_then(|by| by.contact);
        let active = self.policy.contacts.iter().filter(|one| one.is_active).map(|one| one.id);
        let rest: Vec<_> = active.filter(|id| Some(*id) != accepter).collect();
        self.order = accepter.into_iter().chain(rest).collect();
        let who = self.accepted_by.as_ref().map(|by| by.name.clone());
        effects.push(note(EntryKind::AskedAgain, who, None));
        self.begin(now, effects);
    }
}
