//! Random people, lost and doubled messages, processes that die: what must hold all the same.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What the call of somebody leads to.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Presses(char),
    Silent(Outcome),
    Refused,
    /// The request's answer is lost; the call was placed, or not.
    Unclear {
        placed: bool,
    },
    /// The call is placed and no webhook about it ever arrives.
    Unheard,
}

fn fates() -> impl Strategy<Value = Fate> {
    prop_oneof![
        1 => Just(Fate::Presses('1')),
        1 => Just(Fate::Presses('3')),
        2 => Just(Fate::Presses('2')),
        1 => Just(Fate::Presses('9')),
        2 => Just(Fate::Silent(Outcome::Busy)),
        2 => Just(Fate::Silent(Outcome::NoAnswer)),
        2 => Just(Fate::Silent(Outcome::Completed)),
        2 => Just(Fate::Silent(Outcome::Machine)),
        1 => Just(Fate::Refused),
        2 => any::<bool>().prop_map(|placed| Fate::Unclear { placed }),
        2 => Just(Fate::Unheard),
    ]
}

struct Live {
    contact: EscalationContactId,
    attempt: AttemptId,
    over_at: DateTime<Utc>,
    outcome: Outcome,
}

struct World {
    machine: Escalation,
    now: DateTime<Utc>,
    fates: Vec<Fate>,
    chaos: Vec<u8>,
    turn: usize,
    post: Vec<(DateTime<Utc>, Event)>,
    calls: BTreeMap<String, Live>,
}

impl World {
    fn dice(&mut self) -> u8 {
        self.turn += 1;
        self.chaos[self.turn % self.chaos.len()].wrapping_add((self.turn / self.chaos.len()) as u8)
    }

    /// A message arrives after a while; sometimes twice, the second time much later.
    fn send(&mut self, after_ms: i64, event: Event) {
        let dice = self.dice();
        let jitter = TimeDelta::milliseconds(i64::from(dice) * 3);
        let at = self.now + TimeDelta::milliseconds(after_ms) + jitter;
        if dice.is_multiple_of(5) {
            self.post.push((at + TimeDelta::seconds(i64::from(dice)), event.clone()));
        }
        self.post.push((at, event));
    }

    fn happened(&mut self, event: Event) {
        let effects = self.machine.happened(event, self.now);
        // Each step is stored and read back, as if by another process.
        let stored = serde_json::to_string(&self.machine).unwrap();
        self.machine = serde_json::from_str(&stored).unwrap();
        let is_waiting = self.machine.wake_at().is_some();
        assert!(
            is_waiting || !self.machine.state().is_unaccepted() || self.machine.is_everyone_told(),
            "an incident that nobody accepted is silent: {:?}",
            self.machine
        );
        // The process may die here: what was to be done is not.
        if self.dice().is_multiple_of(11) {
            return;
        }
        for effect in effects {
            self.carry_out(effect);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::PlaceCall { attempt, contact, .. } => self.place(attempt, contact),
            Effect::AskProvider { attempt, since, .. } => {
                assert!(since <= self.now);
                let is_away = self.dice().is_multiple_of(7);
                let known = self.calls.iter().find(|(_, call)| call.attempt == attempt);
                let found = match known {
                    _ if is_away => Found::Unknown,
                    Some((_, call)) if call.over_at <= self.now => Found::Ended(call.outcome),
                    Some((sid, _)) => Found::Call(sid.clone()),
                    None => Found::NoCall,
                };
                self.send(50, Event::ProviderSays { attempt, found });
            }
            Effect::HangUp { sid } => {
                if let Some(call) = self.calls.get_mut(&sid) {
                    call.over_at = call.over_at.min(self.now);
                }
            }
            Effect::TellEveryone => {
                let is_down = self.dice().is_multiple_of(3);
                self.send(20, if is_down { Event::TellingFailed } else { Event::EveryoneTold });
            }
            Effect::Connect { .. } | Effect::TellCaller(_) | Effect::Note { .. } => {}
        }
    }

    fn place(&mut self, attempt: AttemptId, contact: EscalationContactId) {
        let fate = self.fates[self.machine.attempts() % self.fates.len()];
        match fate {
            Fate::Refused => {
                let fault = PlaceFault::Permanent("21211".into());
                return self.send(30, Event::PlaceFailed { attempt, fault });
            }
            Fate::Unclear { placed } => {
                self.send(30, Event::PlaceFailed { attempt, fault: PlaceFault::Unclear });
                if !placed {
                    return;
                }
            }
            _ => {}
        }
        for call in self.calls.values().filter(|call| call.contact == contact) {
            assert!(call.over_at <= self.now, "somebody is rung twice at once");
        }
        let sid = format!("CA{}", self.calls.len());
        let over = match fate {
            Fate::Unheard => 220_000,
            Fate::Silent(Outcome::Busy) => 1_000,
            Fate::Silent(Outcome::NoAnswer) => 25_000,
            _ => 60_000,
        };
        let outcome = if let Fate::Silent(outcome) = fate { outcome } else { Outcome::Completed };
        let over_at = self.now + TimeDelta::milliseconds(over);
        self.calls.insert(sid.clone(), Live { contact, attempt, over_at, outcome });
        if !matches!(fate, Fate::Unclear { .. }) {
            self.send(40, Event::CallPlaced { attempt, sid: sid.clone() });
        }
        if matches!(fate, Fate::Unheard) {
            return;
        }
        if over > 30_000 {
            self.send(5_000, Event::Answered { attempt, sid: sid.clone() });
        }
        if let Fate::Presses(key) = fate {
            let key = Key::read(&key.to_string()).unwrap();
            self.send(9_000, Event::KeyPressed { attempt, sid: sid.clone(), key });
            // Somebody who asks for the next one is let go by the document.
            if key == Key::Next
                && let Some(call) = self.calls.get_mut(&sid)
            {
                call.over_at = self.now + TimeDelta::seconds(9);
            }
        }
        self.send(over, Event::Ended { attempt, sid, outcome });
    }

    /// Goes on to the next message or the next moment to look; false when there is neither.
    fn step(&mut self) -> bool {
        let first = self.post.iter().enumerate().min_by_key(|(_, (at, _))| *at);
        let first = first.map(|(place, (at, _))| (place, *at));
        match (first, self.machine.wake_at()) {
            (Some((place, at)), wake) if wake.is_none_or(|wake| at <= wake) => {
                self.now = self.now.max(at);
                let (_, event) = self.post.remove(place);
                self.happened(event);
            }
            (_, Some(wake)) => {
                // Two replicas may look at once.
                self.now = self.now.max(wake);
                self.happened(Event::Deadline);
                self.happened(Event::Deadline);
            }
            (_, None) => return false,
        }
        true
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, ..ProptestConfig::default() })]

    /// Rows 14, 74 and 128: every incident ends accepted, or with everybody told; nobody is rung twice at once; what
    /// nobody accepted always waits for something; the number of calls is bounded.
    #[test]
    fn every_incident_ends_accepted_or_with_everybody_told(
        fates in proptest::collection::vec(fates(), 1..12),
        chaos in proptest::collection::vec(any::<u8>(), 16..64),
        people in 0_u32..5,
        tries in 1_u32..4,
        rounds in 1_u32..4,
        most_attempts in 1_u32..12,
        repages in any::<bool>(),
    ) {
        let contacts = (0..people).map(|line| EscalationContact { tries, ..contact("Ana", line) }).collect();
        let policy = Policy {
            rounds,
            most_attempts,
            repage_after_minutes: repages.then_some(10),
            ..policy(contacts)
        };
        let now = at("2026-11-01T05:50:00Z");
        let machine = Escalation::new(IncidentId::new(), policy, 9, now);
        let mut world = World { machine, now, fates, chaos, turn: 0, post: Vec::new(), calls: BTreeMap::new() };
        let mut steps = 0;
        while world.step() {
            steps += 1;
            prop_assert!(steps < 5_000, "it never ends: {:?}", world.machine);
        }
        let state = world.machine.state();
        let is_told = state == IncidentState::Exhausted && world.machine.is_everyone_told();
        prop_assert!(state == IncidentState::Accepted || is_told, "{:?}", world.machine);
        prop_assert!(world.machine.attempts() <= most_attempts as usize);
    }
}
