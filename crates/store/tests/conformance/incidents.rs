//! Emergencies: opened with their lead, each step made once, and how a business is woken.

use super::samples::{after, noon, stored_call, stored_shop};
use super::site::on_each;
use chrono::TimeDelta;
use std::collections::BTreeSet;
use studioconnect_domain::alarm::AlarmSettings;
use studioconnect_domain::escalation::{Effect, Escalation, EscalationContact, Event, Key};
use studioconnect_domain::ids::{BusinessId, CallId, EscalationContactId, IncidentId};
use studioconnect_domain::incident::{Entry, EntryKind, Incident, IncidentState};
use studioconnect_domain::lead::{Channel, Lead};
use studioconnect_domain::phone::PhoneNumber;
use studioconnect_store::StoreError;

fn settings() -> AlarmSettings {
    let contact = |name: &str, line: u32| EscalationContact {
        id: EscalationContactId::new(),
        name: name.into(),
        phone: PhoneNumber::read(&format!("206 555 01{line}"), "US").unwrap(),
        email: None,
        quiet_hours: None,
        tries: 1,
        is_active: true,
    };
    AlarmSettings { contacts: vec![contact("Ana", 71), contact("Ben", 72)], ..AlarmSettings::default() }
}

fn incident(business: BusinessId, call: Option<CallId>) -> Incident {
    let id = IncidentId::new();
    Incident {
        id,
        business_id: business,
        channel: Channel::Voice,
        call_id: call,
        conversation_id: None,
        lead_id: None,
        is_drill: false,
        severity: 9,
        words: "water through the ceiling\0".into(),
        address: Some("12 Elm St".into()),
        caller_name: None,
        caller_phone: Some("+12065550142".into()),
        state: IncidentState::Open,
        accepted_by: None,
        created_at: noon(),
        updated_at: noon(),
        escalation: Escalation::new(id, settings().policy(true), 9, noon()),
        version: 0,
    }
}

/// Takes one event in, as the job does.
fn step(incident: &mut Incident, event: Event, seconds: i64) -> (Vec<Effect>, Vec<Entry>) {
    let effects = incident.escalation.happened(event, after(seconds));
    let entries = effects.iter().filter_map(|effect| match effect.clone() {
        Effect::Note { kind, who, detail } => Some(Entry { at: after(seconds), kind, who, detail }),
        _ => None,
    });
    let entries = entries.collect();
    (effects, entries)
}

/// Rows 73 and 74.
#[tokio::test]
async fn an_incident_is_opened_with_its_lead_and_only_once_for_a_call() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let call = stored_call(store, business, "CA1").await;
        let lead = Lead::of_call(business, call.id, None, noon());
        let opened = store.open_incident(&incident(business, Some(call.id)), Some(&lead)).await.unwrap();
        assert_eq!(opened.lead_id, Some(lead.id));
        assert!(store.find_lead_of_call(business, call.id).await.unwrap().is_some());
        let again = store.open_incident(&incident(business, Some(call.id)), Some(&lead)).await.unwrap();
        assert_eq!(again.id, opened.id, "the same call is the same emergency");
        let kept = store.find_incident(business, opened.id).await.unwrap().unwrap();
        assert_eq!(
            (kept.words.as_str(), &kept.escalation),
            ("water through the ceiling", &opened.escalation)
        );
        let history = store.incident_entries(business, opened.id).await.unwrap();
        assert_eq!(history.iter().map(|entry| entry.kind).collect::<Vec<_>>(), [EntryKind::Opened]);

        let nowhere = Lead::of_call(business, CallId::new(), None, noon());
        let refused = store.open_incident(&incident(business, nowhere.call_id), Some(&nowhere)).await;
        assert!(matches!(refused, Err(StoreError::Missing { .. })), "{refused:?}");
        assert_eq!(store.recent_incidents(business, 10, None).await.unwrap().len(), 1, "both or neither");
        let theirs = stored_shop(store, 101).await.business.id;
        assert_eq!(store.find_incident(theirs, opened.id).await.unwrap(), None);
        assert_eq!(store.incident_entries(theirs, opened.id).await.unwrap(), []);
    })
    .await;
}

/// Row 74.
#[tokio::test]
async fn each_step_is_made_once_and_the_network_s_word_finds_its_incident() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let mut mine = store.open_incident(&incident(business, None), None).await.unwrap();
        let mut other = mine.clone();
        let (effects, entries) = step(&mut mine, Event::Started, 1);
        let placed = effects.iter().find_map(|effect| match effect {
            Effect::PlaceCall { attempt, .. } => Some(*attempt),
            _ => None,
        });
        let attempt = placed.unwrap();
        let mut mine = store.save_incident(&mine, &entries).await.unwrap();
        let (_, entries) = step(&mut other, Event::Started, 1);
        let late = store.save_incident(&other, &entries).await;
        assert!(matches!(late, Err(StoreError::Overtaken { .. })), "{late:?}");

        let found = store.incident_of_attempt(attempt).await.unwrap().unwrap();
        assert_eq!(found.escalation, mine.escalation);
        let sid = "CA9".to_owned();
        let (_, entries) = step(&mut mine, Event::KeyPressed { attempt, sid, key: Key::Accept }, 9);
        store.save_incident(&mine, &entries).await.unwrap();
        let kept = store.find_incident(business, mine.id).await.unwrap().unwrap();
        assert_eq!(
            (kept.state, kept.accepted_by.as_deref(), kept.version),
            (IncidentState::Accepted, Some("Ana"), 2)
        );
        let history = store.incident_entries(business, mine.id).await.unwrap();
        let kinds: Vec<_> = history.iter().map(|entry| entry.kind).collect();
        assert_eq!(kinds, [EntryKind::Opened, EntryKind::Ringing, EntryKind::Accepted]);
    })
    .await;
}

/// Row 14: two replicas never look at the same incident, and a clock that was put back leaves none aside.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn due_incidents_are_taken_once_and_again_when_the_lease_is_over() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        for _ in 0..12 {
            store.open_incident(&incident(business, None), None).await.unwrap();
        }
        assert_eq!(store.take_due_incidents(noon() - TimeDelta::days(1), 2).await.unwrap().len(), 2);
        let mut takers = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let store = store.clone();
            takers.spawn(async move { store.take_due_incidents(after(1), 5).await.unwrap() });
        }
        let taken: Vec<_> = takers.join_all().await.into_iter().flatten().map(|one| one.id).collect();
        let different: BTreeSet<_> = taken.iter().copied().collect();
        assert_eq!(taken.len(), different.len(), "nobody has one that another has");
        let mut rest = store.take_due_incidents(after(2), 50).await.unwrap();
        assert_eq!(taken.len() + rest.len(), 12);
        assert_eq!(store.take_due_incidents(after(3), 50).await.unwrap(), []);
        let again = store.take_due_incidents(after(60), 50).await.unwrap();
        assert_eq!(again.len(), 12, "who died over it has lost it");
        if let Some(mut one) = rest.pop() {
            let (_, entries) = step(&mut one, Event::Started, 61);
            store.save_incident(&one, &entries).await.unwrap();
            let due = store.take_due_incidents(after(62), 50).await.unwrap();
            assert!(due.iter().all(|other| other.id != one.id), "it waits for its call");
        }
    })
    .await;
}

/// Row 133.
#[tokio::test]
async fn emergency_settings_are_kept_whole_and_two_who_edit_at_once_are_told() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        assert_eq!(store.alarm_settings(business).await.unwrap(), (AlarmSettings::default(), 0));
        let changed = settings();
        assert_eq!(store.put_alarm_settings(business, 0, &changed, &[]).await.unwrap(), 1);
        assert_eq!(store.alarm_settings(business).await.unwrap(), (changed.clone(), 1));
        let late = store.put_alarm_settings(business, 0, &changed, &[]).await;
        assert!(matches!(late, Err(StoreError::Overtaken { .. })), "{late:?}");
        let wrong = AlarmSettings { voice_template: "{who}".into(), ..changed };
        let refused = store.put_alarm_settings(business, 1, &wrong, &[]).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    })
    .await;
}
