//! Who is rung in an emergency, over the phone network.

use anyhow::{Context as _, Result};
use std::time::Duration;
use studioconnect_acceptance::TestApp;
use studioconnect_domain::alarm::AlarmSettings;
use studioconnect_domain::escalation::{Escalation, EscalationContact};
use studioconnect_domain::ids::{EscalationContactId, IncidentId};
use studioconnect_domain::incident::{EntryKind, Incident, IncidentState};
use studioconnect_domain::lead::Channel;
use studioconnect_domain::phone::PhoneNumber;
use studioconnect_simulators::phone::{Answerer, Step};

const ANA: &str = "+12065550171";
const BEN: &str = "+12065550172";

/// Rows 74, 128 and 131: a voicemail accepts nothing, the second contact presses 1, and the history tells it all.
#[tokio::test]
async fn a_voicemail_accepts_nothing_and_the_second_contact_does() -> Result<()> {
    use EntryKind::{Accepted, Answered, NotAccepted, Opened, Ringing};
    let app = TestApp::start().await?;
    let contact = |name: &str, phone: &str| EscalationContact {
        id: EscalationContactId::new(),
        name: name.into(),
        phone: PhoneNumber::read(phone, "US").unwrap(),
        email: None,
        quiet_hours: None,
        tries: 1,
        is_active: true,
    };
    let contacts = vec![contact("Ana", ANA), contact("Ben", BEN)];
    let policy = AlarmSettings { contacts, ..AlarmSettings::default() }.policy(true);
    let machine = vec![
        Step::say("You have reached my voicemail."),
        Step::Tone { hz: 440.0, ms: 300 },
        Step::Wait(1_000),
        Step::HangUp,
    ];
    app.stage.network.answer_with(ANA, Answerer::Script(machine.into()));
    app.stage.network.answer_with(BEN, Answerer::PressDigit('1'));
    let (store, business, id) = (&app.stage.server.state.store, app.business.business.id, IncidentId::new());
    let now = app.stage.server.state.clock.now();
    let incident = Incident {
        id,
        business_id: business,
        channel: Channel::Voice,
        call_id: None,
        conversation_id: None,
        lead_id: None,
        is_drill: false,
        severity: 9,
        words: "water </Say><Hangup/> through the ceiling".into(),
        address: Some("12 Elm St".into()),
        caller_name: None,
        caller_phone: Some("+12065550142".into()),
        state: IncidentState::Open,
        accepted_by: None,
        created_at: now,
        updated_at: now,
        escalation: Escalation::new(id, policy, 9, now),
        version: 0,
    };
    store.open_incident(&incident, None).await?;
    let calls = app.stage.network.reports_of_calls_to(BEN, 1, Duration::from_mins(2)).await;
    let ben = calls.first().context("Ben was not rung")?;
    let words = ben.words_heard().join(" ");
    assert!(
        words.contains("water </Say><Hangup/> through the ceiling") && words.contains("12 Elm St"),
        "{words}"
    );
    let done = store.find_incident(business, id).await?.context("it is kept")?;
    assert_eq!((done.state, done.accepted_by.as_deref()), (IncidentState::Accepted, Some("Ben")));
    let kinds: Vec<_> =
        store.incident_entries(business, id).await?.into_iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [Opened, Ringing, Answered, NotAccepted, Ringing, Answered, Accepted]);
    app.end().await
}
