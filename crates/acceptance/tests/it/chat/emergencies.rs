//! Emergencies in the chat: kept before anything else, and somebody's phone rings.

use anyhow::{Context as _, Result};
use serde_json::json;
use std::time::Duration;
use studioconnect_acceptance::TestApp;
use studioconnect_domain::alarm::AlarmSettings;
use studioconnect_domain::escalation::EscalationContact;
use studioconnect_domain::ids::EscalationContactId;
use studioconnect_domain::incident::{EntryKind, IncidentState};
use studioconnect_domain::lead::Channel;
use studioconnect_domain::phone::PhoneNumber;
use studioconnect_simulators::phone::Answerer;

const ANA: &str = "+12065550171";

/// Rows 14, 73 and 127: an urgent lead and an incident of one conversation; whoever is rung hears the visitor's words.
#[tokio::test]
async fn a_visitor_who_cries_for_help_has_somebody_rung() -> Result<()> {
    let app = TestApp::start().await?;
    let (store, business) = (&app.stage.server.state.store, app.business.business.id);
    let ana = EscalationContact {
        id: EscalationContactId::new(),
        name: "Ana".into(),
        phone: PhoneNumber::read(ANA, "US")?,
        email: None,
        quiet_hours: None,
        tries: 1,
        is_active: true,
    };
    let settings = AlarmSettings { contacts: vec![ana], ..AlarmSettings::default() };
    store.put_alarm_settings(business, 0, &settings, &[]).await?;
    app.stage.network.answer_with(ANA, Answerer::PressDigit('1'));
    let visitor = app.visitor().await?;
    let answer = visitor.say("m1", "Water is pouring through my ceiling!").await?;
    let reply = answer["reply"].as_str().context("no reply")?;
    assert!(reply.contains("rung right now") && reply.contains("Shall I connect you"), "{reply}");
    let calls = app.stage.network.reports_of_calls_to(ANA, 1, Duration::from_mins(1)).await;
    let words = calls.first().context("Ana was not rung")?.words_heard().join(" ");
    assert!(words.contains("Water is pouring through my ceiling"), "{words}");
    let incident = store.recent_incidents(business, 10, None).await?.pop().context("no incident")?;
    assert_eq!((incident.channel, incident.state), (Channel::Chat, IncidentState::Accepted));
    let lead = incident.lead_id.context("an incident without a lead")?;
    let lead = app.owner().await?.json(&format!("/api/leads/{lead}")).await?;
    assert_eq!((&lead["priority"], &lead["emergency"]), (&json!("URGENT"), &json!(incident.severity)));
    let entries = store.incident_entries(business, incident.id).await?;
    let at = |kind| entries.iter().find(|entry| entry.kind == kind).map(|entry| entry.at);
    let (opened, ringing) =
        (at(EntryKind::Opened).context("opened")?, at(EntryKind::Ringing).context("rung")?);
    assert!(ringing >= opened, "nobody is rung before it is kept");
    let found = app.owner().await?.json("/api/leads?priority=URGENT").await?;
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1));
    app.end().await
}
