use super::*;
use crate::escalation::Effect as E;
use chrono::{NaiveTime, TimeZone as _};
use chrono_tz::Tz;

mod world;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn contact(name: &str, line: u32) -> EscalationContact {
    EscalationContact {
        id: EscalationContactId::new(),
        name: name.into(),
        phone: PhoneNumber::read(&format!("206 555 01{line:02}"), "US").unwrap(),
        email: Some(format!("{}@example.com", name.to_lowercase())),
        quiet_hours: None,
        tries: 1,
        is_active: true,
    }
}

fn policy(contacts: Vec<EscalationContact>) -> Policy {
    Policy {
        contacts,
        ring_timeout_s: 25,
        rounds: 2,
        repage_after_minutes: Some(30),
        most_attempts: 20,
        has_calls: true,
    }
}

struct Scene {
    machine: Escalation,
    now: DateTime<Utc>,
    effects: Vec<E>,
}

impl Scene {
    fn of(policy: Policy) -> Self {
        let now = at("2026-11-24T02:00:00Z");
        let machine = Escalation::new(IncidentId::new(), policy, 9, now);
        let mut scene = Self { machine, now, effects: Vec::new() };
        scene.tell(Event::Started);
        scene
    }

    fn tell(&mut self, event: Event) -> &[E] {
        self.effects = self.machine.happened(event, self.now);
        &self.effects
    }

    fn attempt(&self) -> AttemptId {
        self.machine.current().unwrap().id
    }

    fn rings(&self) -> String {
        let contact = self.machine.current().map(|attempt| attempt.contact);
        contact.and_then(|id| self.machine.policy.contact(id)).map(|one| one.name.clone()).unwrap_or_default()
    }

    /// The call at hand is placed, answered and ends, with a key or without.
    fn call(&mut self, key: Option<Key>, outcome: Outcome) {
        let (attempt, sid) = (self.attempt(), format!("CA{}", self.machine.attempts()));
        self.tell(Event::CallPlaced { attempt, sid: sid.clone() });
        if matches!(outcome, Outcome::Completed | Outcome::Machine) {
            self.tell(Event::Answered { attempt, sid: sid.clone() });
        }
        if let Some(key) = key {
            self.tell(Event::KeyPressed { attempt, sid: sid.clone(), key });
        } else {
            self.tell(Event::Ended { attempt, sid, outcome });
        }
    }

    fn wake(&mut self) -> &[E] {
        self.now = self.machine.wake_at().expect("it waits for something");
        self.tell(Event::Deadline)
    }
}

fn places(effects: &[E]) -> usize {
    effects.iter().filter(|effect| matches!(effect, E::PlaceCall { .. })).count()
}

/// Rows 74 and 128: voicemail, a busy line, no answer, a hang-up and no key accept nothing; the key does.
#[test]
fn only_a_key_accepts_and_the_next_one_is_rung_at_once_otherwise() {
    for outcome in [Outcome::Busy, Outcome::NoAnswer, Outcome::Failed, Outcome::Completed, Outcome::Machine] {
        let mut scene = Scene::of(policy(vec![contact("Ana", 1), contact("Ben", 2)]));
        assert_eq!(scene.rings(), "Ana");
        assert!(scene.effects.contains(&E::TellCaller(News::Ringing { name: "Ana".into() })));
        scene.call(None, outcome);
        assert_eq!(
            (scene.rings().as_str(), scene.machine.state()),
            ("Ben", IncidentState::Ringing),
            "{outcome:?}"
        );
        scene.call(Some(Key::Accept), Outcome::Completed);
        assert_eq!(scene.machine.state(), IncidentState::Accepted);
        assert_eq!(scene.machine.accepted_by().unwrap().name, "Ben");
        assert!(scene.effects.contains(&E::TellCaller(News::Accepted { name: "Ben".into() })));
    }
}

#[test]
fn tries_rounds_and_pauses_are_those_of_the_policy_and_then_everybody_is_told() {
    let twice = EscalationContact { tries: 2, ..contact("Ana", 1) };
    let away = EscalationContact { is_active: false, ..contact("Away", 3) };
    let mut scene = Scene::of(policy(vec![twice, away, contact("Ben", 2)]));
    let mut order = Vec::new();
    while scene.machine.state() == IncidentState::Ringing {
        if scene.machine.current().is_some() {
            order.push(scene.rings());
            scene.call(None, Outcome::NoAnswer);
        } else {
            scene.wake();
        }
    }
    assert_eq!(order, ["Ana", "Ana", "Ben", "Ana", "Ana", "Ben"]);
    assert_eq!(scene.machine.state(), IncidentState::Exhausted);
    assert!(
        scene.effects.contains(&E::TellEveryone)
            && scene.effects.contains(&E::TellCaller(News::NobodyReached))
    );
    assert!(scene.machine.wake_at().is_some(), "until everybody is told it is not left alone");
    scene.tell(Event::TellingFailed);
    assert!(scene.wake().contains(&E::TellEveryone), "telling is tried again");
    scene.tell(Event::EveryoneTold);
    assert_eq!(scene.machine.wake_at(), None);
    scene.tell(Event::AcceptedBy { name: "Olga".into() });
    assert_eq!(scene.machine.state(), IncidentState::Accepted, "somebody may still take it on");
}

#[test]
fn two_is_the_next_one_for_good_and_three_accepts_and_connects_once() {
    let mut scene = Scene::of(policy(vec![contact("Ana", 1), contact("Ben", 2)]));
    scene.call(Some(Key::Next), Outcome::Completed);
    assert_eq!(scene.rings(), "Ben");
    scene.call(None, Outcome::Busy);
    scene.wake();
    assert_eq!(scene.rings(), "Ben", "who passed it on is not woken again");
    let attempt = scene.attempt();
    scene.call(Some(Key::Connect), Outcome::Completed);
    let connect = E::Connect { attempt, sid: "CA3".into() };
    assert!(scene.effects.contains(&connect) && scene.machine.state() == IncidentState::Accepted);
    scene.tell(Event::KeyPressed { attempt, sid: "CA3".into(), key: Key::Connect });
    assert_eq!(scene.effects, [], "the same key told twice does nothing twice");
}

/// A call is never doubled: after an unclear failure the network is asked, twice before a call is asked for again.
#[test]
fn an_unclear_placement_is_looked_up_before_any_retry() {
    let mut scene = Scene::of(policy(vec![contact("Ana", 1)]));
    let attempt = scene.attempt();
    scene.tell(Event::PlaceFailed { attempt, fault: PlaceFault::Unclear });
    assert_eq!(places(&scene.effects), 0);
    for asked in 0..2 {
        let effects = scene.wake();
        assert!(matches!(effects, [E::AskProvider { .. }]), "{asked}: {effects:?}");
        scene.tell(Event::ProviderSays { attempt, found: Found::NoCall });
    }
    assert_eq!((places(&scene.effects), scene.attempt()), (1, attempt), "the same call, under the same name");

    scene.tell(Event::PlaceFailed { attempt, fault: PlaceFault::Unclear });
    scene.wake();
    scene.tell(Event::ProviderSays { attempt, found: Found::Call("CA7".into()) });
    assert_eq!((places(&scene.effects), scene.machine.current().unwrap().stage), (0, Stage::Ringing));
    scene.tell(Event::CallPlaced { attempt, sid: "CA8".into() });
    assert_eq!(
        scene.effects,
        [E::HangUp { sid: "CA8".into() }],
        "a second call under the same name is ended"
    );
}

#[test]
fn a_process_that_died_before_it_placed_the_call_asks_first_and_then_places_it() {
    let mut scene = Scene::of(policy(vec![contact("Ana", 1)]));
    let stored = serde_json::to_string(&scene.machine).unwrap();
    scene.machine = serde_json::from_str(&stored).unwrap();
    assert!(matches!(scene.wake(), [E::AskProvider { .. }]));
}

#[test]
fn a_network_that_does_not_answer_leaves_the_person_alone_until_the_call_must_be_over() {
    let mut scene = Scene::of(policy(vec![contact("Ana", 1)]));
    let (began, attempt) = (scene.now, scene.attempt());
    scene.tell(Event::PlaceFailed { attempt, fault: PlaceFault::Unclear });
    while scene.machine.current().is_some() {
        scene.wake();
        scene.tell(Event::ProviderSays { attempt, found: Found::Unknown });
    }
    while scene.machine.current().is_none() {
        scene.wake();
    }
    assert!(scene.now - began > TimeDelta::seconds(280), "{}", scene.now - began);
}

#[test]
fn a_refused_number_is_never_rung_again_and_the_network_s_words_are_kept() {
    let mut scene = Scene::of(policy(vec![contact("Ana", 1), contact("Ben", 2)]));
    let attempt = scene.attempt();
    let fault = PlaceFault::Permanent("21211: not a valid phone number".into());
    scene.tell(Event::PlaceFailed { attempt, fault });
    let kept = Some("21211: not a valid phone number".to_owned());
    assert!(scene.effects.iter().any(|e| matches!(e, E::Note { detail, .. } if *detail == kept)));
    scene.call(None, Outcome::Busy);
    scene.wake();
    assert_eq!(scene.rings(), "Ben");
}

#[test]
fn late_events_of_an_old_call_change_nothing_but_its_key_accepts() {
    let mut scene = Scene::of(policy(vec![contact("Ana", 1), contact("Ben", 2)]));
    let old = scene.attempt();
    scene.call(None, Outcome::NoAnswer);
    let (ben, before) = (scene.attempt(), scene.machine.clone());
    for event in [
        Event::Ended { attempt: old, sid: "CA1".into(), outcome: Outcome::Busy },
        Event::Answered { attempt: old, sid: "CA1".into() },
        Event::NoKey { attempt: old },
        Event::KeyPressed { attempt: old, sid: "CA1".into(), key: Key::Next },
        Event::PlaceFailed { attempt: old, fault: PlaceFault::Unclear },
        Event::ProviderSays { attempt: old, found: Found::NoCall },
        Event::Started,
        Event::Deadline,
    ] {
        scene.tell(event.clone());
        assert_eq!((scene.effects.as_slice(), &scene.machine), (&[][..], &before), "{event:?}");
    }
    scene.tell(Event::CallPlaced { attempt: ben, sid: "CA2".into() });
    scene.tell(Event::KeyPressed { attempt: old, sid: "CA1".into(), key: Key::Accept });
    assert_eq!(scene.machine.accepted_by().unwrap().name, "Ana");
    assert!(scene.effects.contains(&E::HangUp { sid: "CA2".into() }), "the other phone is let go");
}

#[test]
fn what_was_accepted_and_is_not_over_is_asked_about_again_whoever_accepted_first() {
    let mut scene = Scene::of(policy(vec![contact("Ana", 1), contact("Ben", 2)]));
    scene.call(None, Outcome::Busy);
    scene.call(Some(Key::Accept), Outcome::Completed);
    for _ in 0..2 {
        assert_eq!(scene.machine.wake_at(), Some(scene.now + TimeDelta::minutes(30)));
        scene.wake();
        assert_eq!((scene.rings().as_str(), scene.machine.state()), ("Ben", IncidentState::Ringing));
        assert!(!scene.effects.iter().any(|effect| matches!(effect, E::TellCaller(_))));
        scene.call(Some(Key::Accept), Outcome::Completed);
    }
    assert_eq!(scene.machine.wake_at(), None, "but not for ever");
    scene.tell(Event::Resolved { name: "Ben".into() });
    assert_eq!(scene.machine.state(), IncidentState::Resolved);
    assert_eq!(scene.tell(Event::AcceptedBy { name: "Olga".into() }), []);
}

/// Row 69: a plan without calls rings nobody; everybody is written to at once.
#[test]
fn without_calls_in_the_plan_everybody_is_written_to_at_once() {
    let scene = Scene::of(Policy { has_calls: false, ..policy(vec![contact("Ana", 1)]) });
    assert_eq!((places(&scene.effects), scene.machine.state()), (0, IncidentState::Exhausted));
    assert!(scene.effects.contains(&E::TellEveryone));
}

#[test]
fn the_cap_holds_whatever_the_policy_multiplies_to() {
    let eager = |line| EscalationContact { tries: 3, ..contact("Ana", line) };
    let mut scene = Scene::of(Policy { rounds: 3, most_attempts: 7, ..policy((1..9).map(eager).collect()) });
    while scene.machine.state() == IncidentState::Ringing {
        if scene.machine.current().is_some() {
            scene.call(None, Outcome::NoAnswer);
        } else {
            scene.wake();
        }
    }
    assert_eq!(scene.machine.attempts(), 7);
}

#[test]
fn a_clock_that_is_put_back_delays_nothing_by_more_than_was_left() {
    let mut scene = Scene::of(policy(vec![contact("Ana", 1)]));
    let attempt = scene.attempt();
    scene.tell(Event::CallPlaced { attempt, sid: "CA1".into() });
    scene.now -= TimeDelta::hours(5);
    scene.tell(Event::Deadline);
    assert_eq!(scene.machine.wake_at(), Some(scene.now + TimeDelta::seconds(45)));
    scene.now += TimeDelta::days(400);
    scene.tell(Event::Deadline);
    assert!(scene.machine.wake_at().is_some(), "put forward, it goes on at once");
}

#[test]
fn quiet_hours_hold_in_the_person_s_own_night_and_give_way_to_what_is_urgent() {
    let quiet = QuietHours {
        from: NaiveTime::from_hms_opt(22, 0, 0).unwrap(),
        to: NaiveTime::from_hms_opt(7, 0, 0).unwrap(),
        timezone: "America/New_York".into(),
    };
    // 2026-11-01: the hour from one to two comes twice; 2026-03-08: the hour from two to three does not come.
    for (moment, holds) in [
        ("2026-11-01T05:30:00Z", true),
        ("2026-11-01T06:30:00Z", true),
        ("2026-11-01T11:59:00Z", true),
        ("2026-11-01T12:00:00Z", false),
        ("2026-03-08T07:30:00Z", true),
        ("2026-03-08T10:59:00Z", true),
        ("2026-03-08T11:00:00Z", false),
        ("2026-03-08T01:59:00Z", false),
        ("2026-03-09T02:00:00Z", true),
    ] {
        assert_eq!(quiet.hold_at(at(moment)), holds, "{moment}");
    }
    let sleeper = EscalationContact { quiet_hours: Some(quiet), ..contact("Ana", 1) };
    let night = at("2026-11-24T08:00:00Z");
    let policy = policy(vec![sleeper, contact("Ben", 2)]);
    for (severity, first) in [(8, "Ana"), (7, "Ben")] {
        let mut machine = Escalation::new(IncidentId::new(), policy.clone(), severity, night);
        machine.happened(Event::Started, night);
        assert_eq!(machine.rung_by(machine.current().unwrap().id).unwrap().name, first, "{severity}");
    }
}

#[test]
fn the_plan_for_sunday_at_two_is_the_exact_list() {
    let zone: Tz = "America/New_York".parse().unwrap();
    let sunday = zone.with_ymd_and_hms(2026, 11, 29, 2, 0, 0).unwrap().with_timezone(&Utc);
    let twice = EscalationContact { tries: 2, ..contact("Ana", 1) };
    let steps = plan_for(
        &policy(vec![twice, EscalationContact { email: None, ..contact("Ben", 2) }]),
        9,
        sunday,
        zone,
    );
    let listed: Vec<String> = steps
        .iter()
        .map(|step| format!("{} {} {} {}", step.after_s, step.at.format("%H:%M:%S"), step.who, step.how))
        .collect();
    assert_eq!(
        listed,
        [
            "0 02:00:00 Ana CALL",
            "30 02:00:30 Ana CALL",
            "55 02:00:55 Ben CALL",
            "110 02:01:50 Ana CALL",
            "140 02:02:20 Ana CALL",
            "165 02:02:45 Ben CALL",
            "190 02:03:10 Ana MAIL",
        ]
    );
    assert_eq!(steps[0].to, "+12065550101");
}
