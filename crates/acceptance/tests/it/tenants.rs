//! Two businesses side by side.

use studioconnect_acceptance::TestApp;
use studioconnect_app::onboarding::{Opened, Opening, open_business};
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::call::EndReason;
use studioconnect_domain::ids::BusinessId;
use studioconnect_domain::plan::PlanCode;
use studioconnect_domain::transcript::Speaker;
use studioconnect_simulators::phone::{CallReport, Dial, PhoneEventKind, Source, Step};
use studioconnect_simulators::realtime::SessionReport;
use studioconnect_simulators::speech::sound_of;

const SECOND_NUMBER: &str = "+12065550177";
const SECOND_GREETING: &str = "Bakery on Second Street, good morning.";
const FIRST_GREETING: &str =
    "Thank you for calling Harbor Light Plumbing, this is Mia. How can I help you today?";

/// Sound comes well ahead of a fast call, so that a busy machine leaves no gap in which a caller would begin to speak.
const AHEAD: f64 = 12.0;

async fn open_second(app: &TestApp) -> anyhow::Result<Opened> {
    let state = &app.stage.server.state;
    let config = AgentConfig { voice_greeting_message: SECOND_GREETING.into(), ..AgentConfig::default() };
    let opening = Opening {
        name: "Second Street Bakery",
        plan: PlanCode::Pro,
        numbers: &[SECOND_NUMBER],
        email: "second@example.com",
        password: "demo-password",
        config,
    };
    Ok(open_business(&state.store, &state.clock, opening).await?)
}

fn conversation(words: [&str; 2]) -> Vec<Step> {
    let mut steps = vec![Step::wait_for_agent(300), Step::wait_quiet(400)];
    for clip in words {
        steps.extend([Step::SayClip(clip.into()), Step::wait_for_agent(300), Step::wait_quiet(400)]);
    }
    steps.push(Step::HangUp);
    steps
}

/// What was heard before the caller said anything. A busy machine may leave a gap in it.
fn first_words(report: &CallReport) -> Vec<u8> {
    let said_at = report.said_spans.first().map_or(u64::MAX, |span| span.start_ms * 8);
    let spans =
        report.heard_spans.iter().filter(|span| span.source == Source::Stream && span.start < said_at);
    spans.flat_map(|span| &report.heard[span.start as usize..span.end as usize]).copied().collect()
}

/// Asserts that nothing of a call can be had in the name of another business.
async fn assert_hidden(
    app: &TestApp,
    from: BusinessId,
    call: &studioconnect_domain::call::Call,
) -> anyhow::Result<()> {
    let store = &app.stage.server.state.store;
    assert_eq!(store.find_call(from, call.id).await?, None);
    assert_eq!(store.find_lead_of_call(from, call.id).await?, None);
    assert!(store.turns(from, call.id).await.unwrap_or_default().is_empty());
    assert!(store.events(from, call.id).await.unwrap_or_default().is_empty());
    assert!(store.inputs(from, call.id).await.unwrap_or_default().is_empty());
    assert!(store.recent_calls(from, 100, None).await?.iter().all(|row| row.business_id == from));
    assert!(store.recent_calls(from, 100, None).await?.iter().all(|row| row.id != call.id));
    let leads = store.recent_leads(from, 100, None).await?;
    assert!(leads.iter().all(|row| row.business_id == from && row.call_id != Some(call.id)));
    Ok(())
}

/// Row 1. Regression 17: two calls at once, one for each business, and neither sees anything of the other.
#[tokio::test]
async fn calls_of_two_businesses_at_once_stay_apart() -> anyhow::Result<()> {
    let app = TestApp::start_with(|setup| setup.realtime.pace = AHEAD).await?;
    let second = open_second(&app).await?;
    let dial = app.dial(conversation(["caller-leak", "caller-name"]))?;
    let to_first = Dial { speed: 2.0, ..dial };
    let to_second = Dial {
        to: SECOND_NUMBER.into(),
        from: "+12065550143".into(),
        script: conversation(["caller-leak", "sam-name"]).into(),
        ..to_first.clone()
    };
    let (of_first, of_second) = tokio::join!(app.make(to_first), app.make(to_second));
    let (of_first, of_second) = (of_first?, of_second?);
    assert_eq!(of_first.report.script_failures, Vec::<String>::new());
    assert_eq!(of_second.report.script_failures, Vec::<String>::new());

    assert!(first_words(&of_first.report) == *sound_of(FIRST_GREETING));
    assert!(first_words(&of_second.report) == *sound_of(SECOND_GREETING));
    let sessions = app.stage.realtime.sessions();
    let names = |session: &SessionReport| {
        let text = session.config.to_string();
        (text.contains("Harbor Light Plumbing"), text.contains("Second Street Bakery"))
    };
    let mut told: Vec<_> = sessions.iter().map(names).collect();
    told.sort_unstable();
    assert_eq!(told, [(false, true), (true, false)], "a session was told of the other business");

    let (first, second) = (app.business.business.id, second.business.id);
    assert_eq!((of_first.call.business_id, of_second.call.business_id), (first, second));
    let leak = "Hello, my kitchen tap is leaking.";
    assert_eq!(of_first.said(Speaker::Caller), [leak, "My name is Dana Reyes."]);
    assert_eq!(of_second.said(Speaker::Caller), [leak, "This is Sam Porter."]);
    let name = |ended: &studioconnect_acceptance::Ended| ended.lead.as_ref().unwrap().name.clone().unwrap();
    assert_eq!((name(&of_first).as_str(), name(&of_second).as_str()), ("Dana Reyes", "Sam Porter"));
    assert_hidden(&app, second, &of_first.call).await?;
    assert_hidden(&app, first, &of_second.call).await?;
    assert_hidden(&app, BusinessId::new(), &of_first.call).await?;
    app.end().await
}

/// Row 1.
#[tokio::test]
async fn a_business_cannot_end_the_call_of_another() -> anyhow::Result<()> {
    let app = TestApp::start_with(|setup| setup.realtime.pace = AHEAD).await?;
    let second = open_second(&app).await?;
    let mut call = app.stage.network.dial(app.dial(vec![Step::WaitHangup { timeout_ms: 30_000 }])?);
    let mut events = call.events().unwrap();
    while !matches!(events.recv().await?.kind, PhoneEventKind::AgentSpeaks { .. }) {}
    let switchboard = &app.stage.server.state.phone.as_ref().unwrap().switchboard;
    let live = switchboard.live_calls();
    assert_eq!((live.len(), live[0].business), (1, app.business.business.id));
    assert!(!switchboard.end_call(second.business.id, live[0].id));
    // The greeting goes on to its end, untouched.
    while !matches!(events.recv().await?.kind, PhoneEventKind::AgentPauses { .. }) {}
    assert_eq!(switchboard.count(), (1, 0));
    assert!(switchboard.end_call(app.business.business.id, live[0].id));
    let ended = app.finish(call).await?;
    assert_eq!(ended.call.end_reason, Some(EndReason::Ended));
    assert!(first_words(&ended.report) == *sound_of(FIRST_GREETING));
    app.end().await
}
