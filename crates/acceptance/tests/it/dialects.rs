//! The model's two dialects, its moods, and what becomes of a mistake of ours.

use anyhow::{Context as _, Result};
use futures_util::future::try_join;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::time::Duration;
use studioconnect_acceptance::steps::{ask, listen};
use studioconnect_acceptance::{Ended, Setup, TestApp};
use studioconnect_domain::call::{EndReason, Outcome};
use studioconnect_domain::lead::Completeness;
use studioconnect_domain::transcript::Speaker;
use studioconnect_simulators::phone::Step;
use studioconnect_simulators::realtime::{Dialect, Fault, FaultPlan, RealtimeServer, Strangeness};
use studioconnect_simulators::speech::{clip, sound_of};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;

const PATIENCE: Duration = Duration::from_secs(10);

fn text_of(name: &str) -> &'static str {
    clip(name).unwrap().text
}

/// Sets the dialect, and a voice that it has.
fn speak(setup: &mut Setup, dialect: Dialect) {
    setup.realtime.dialect = dialect;
    setup.agent.voice = "alloy".into();
}

/// A whole call that ends in a lead.
async fn journey(change: impl FnOnce(&mut Setup)) -> Result<(TestApp, Ended)> {
    let app = TestApp::start_with(|setup| {
        setup.agent.voice_greeting_message = "Hello.".into();
        change(setup);
    })
    .await?;
    let asked = ["caller-leak", "caller-name", "caller-phone", "caller-address"].map(ask).concat();
    let end = vec![Step::SayClip("caller-goodbye".into()), Step::WaitHangup { timeout_ms: 20_000 }];
    let ended = app.fast_call(3.5, [listen(), asked, end].concat()).await?;

    assert_eq!(ended.report.script_failures, Vec::<String>::new());
    assert_eq!((ended.call.outcome, ended.call.end_reason), (Some(Outcome::Lead), Some(EndReason::Goodbye)));
    assert_eq!(ended.lead.as_ref().unwrap().completeness, Completeness::Complete);
    let said =
        ["caller-leak", "caller-name", "caller-phone", "caller-address", "caller-goodbye"].map(text_of);
    assert_eq!(ended.said(Speaker::Caller), said);
    let heard =
        ["agent-name", "agent-phone", "agent-address", "agent-callback", "agent-goodbye"].map(text_of);
    assert_eq!(ended.said(Speaker::Agent)[1..], heard);
    assert!(ended.heard_sound().ends_with(&sound_of(text_of("agent-goodbye"))));
    assert_eq!(ended.call.analytics.model_errors, 0);
    Ok((app, ended))
}

/// Rows 24, 116. Regression 4: one schema-valid update, and sound only when it is acknowledged.
#[tokio::test]
async fn the_journey_in_today_s_dialect_breaks_no_rule() -> Result<()> {
    let (app, _) = journey(|_| {}).await?;
    let session = app.session().await?;
    assert_eq!(session.events[0].event["type"], "session.update", "something was said before the update");
    assert_eq!((session.updates, session.events_of("session.update").len()), (1, 1));
    assert_eq!(session.config["audio"]["input"]["format"], json!({"type": "audio/pcmu"}));
    assert_eq!(session.config["audio"]["output"]["format"], json!({"type": "audio/pcmu"}));
    assert_eq!(session.config["audio"]["output"]["voice"], "marin");
    app.end().await
}

/// Rows 24, 116. Regression 4: servers that still speak the old dialect.
#[tokio::test]
async fn the_journey_in_the_old_dialect_breaks_no_rule() -> Result<()> {
    let (app, ended) = journey(|setup| speak(setup, Dialect::Beta)).await?;
    let session = app.session().await?;
    assert_eq!(session.events[0].event["type"], "session.update");
    assert_eq!(session.updates, 1);
    assert_eq!(session.config["input_audio_format"], "g711_ulaw");
    assert_eq!(session.config["output_audio_format"], "g711_ulaw");
    assert_eq!(session.config["voice"], "alloy");
    assert_eq!(ended.call.analytics.audio_packets_sent, ended.report.frames_received);
    app.end().await
}

/// Row 24. Regression 4: the voice that a business starts with is not among those of the old dialect; its callers are served
/// all the same.
#[tokio::test]
async fn a_business_with_the_default_voice_is_served_in_the_old_dialect() -> Result<()> {
    let app = TestApp::start_with(|setup| setup.realtime.dialect = Dialect::Beta).await?;
    let ended = app.fast_call(3.0, [listen(), ask("caller-hours"), vec![Step::HangUp]].concat()).await?;
    assert_eq!(ended.call.end_reason, Some(EndReason::CallerHungUp));
    assert!(ended.heard_sound().ends_with(&sound_of(text_of("agent-hours"))));
    app.end().await
}

/// Row 116. Regression 4: events and fields of a later release are no reason to stumble.
#[tokio::test]
async fn unknown_events_and_fields_everywhere_do_not_matter() -> Result<()> {
    let strange = |dialect| {
        journey(move |setup| {
            speak(setup, dialect);
            setup.realtime.faults = FaultPlan { strangeness: Strangeness::CONSTANT, ..FaultPlan::default() };
        })
    };
    let (today, old) = try_join(Box::pin(strange(Dialect::Ga)), Box::pin(strange(Dialect::Beta))).await?;
    for (app, ended) in [today, old] {
        assert_eq!(ended.call.analytics.faulty_frames, 0);
        app.end().await?;
    }
    Ok(())
}

/// Row 24. Regression 4: a mistake in our `session.update` shows as a broken rule, which fails every test that ends well, and
/// the caller is asked for a message.
#[tokio::test]
async fn a_mistake_in_our_session_update_is_seen_and_leads_to_the_fallback() -> Result<()> {
    let app = TestApp::start_with(|setup| {
        setup.variables.push(("OPENAI_TRANSCRIPTION_MODEL", "gpt-transcribb".into()));
    })
    .await?;
    let ended = app.call([Step::Wait(3_000), Step::HangUp]).await?;

    let violations = app.stage.realtime.violations();
    assert_eq!(violations.len(), 1, "{violations:?}");
    assert_eq!(violations[0].event["type"], "session.update");
    assert!(violations[0].param.as_deref().unwrap().contains("transcription"), "{violations:?}");
    assert_fell_back(&ended);
    app.end_in_disgrace().await
}

/// Row 24: a server that will not be configured.
#[tokio::test]
async fn a_refused_session_update_leads_to_the_fallback() -> Result<()> {
    let app = TestApp::start_with(|setup| {
        let fault = Fault::RefuseUpdate { code: "unsupported_parameter".into() };
        setup.realtime.faults = FaultPlan::of([fault.always()]);
    })
    .await?;
    let ended = app.call([Step::Wait(3_000), Step::HangUp]).await?;
    assert_fell_back(&ended);
    for session in app.stage.realtime.sessions() {
        assert_eq!(
            (session.appended_ms, session.responses.len()),
            (0, 0),
            "the session was used all the same"
        );
    }
    app.end().await
}

fn assert_fell_back(ended: &Ended) {
    assert_eq!(ended.call.end_reason, Some(EndReason::ModelUnavailable));
    let words = ended.report.words_heard().join(" ");
    assert!(words.contains("after the tone"), "{words}");
    let spoken = ended.report.verbs.iter().find(|verb| verb.name == "Say").unwrap();
    let silent_ms = spoken.at_ms - ended.report.streams[0].opened_ms;
    assert!(silent_ms <= 2_000, "{silent_ms} ms of silence");
    assert_eq!(ended.heard_sound(), Vec::<u8>::new());
}

/// Says `update` to a server by hand, and returns its answer.
async fn say_by_hand(server: &RealtimeServer, dialect: Dialect, update: &Value) -> Result<Value> {
    let mut request = format!("{}?model=gpt-realtime-2.1", server.url()).into_client_request()?;
    if dialect == Dialect::Beta {
        request.headers_mut().insert("OpenAI-Beta", HeaderValue::from_static("realtime=v1"));
    }
    let (mut socket, _) = connect_async(request).await?;
    socket.send(Message::text(update.to_string())).await?;
    loop {
        let read = tokio::time::timeout(PATIENCE, socket.next()).await?;
        let Message::Text(text) = read.context("closed")?? else { continue };
        let event: Value = serde_json::from_str(&text)?;
        if matches!(event["type"].as_str(), Some("session.updated" | "error")) {
            socket.close(None).await?;
            return Ok(event);
        }
    }
}

/// Our real update, as the server of a call got it.
async fn real_update(dialect: Dialect) -> Result<(TestApp, Value)> {
    let app = TestApp::start_with(|setup| speak(setup, dialect)).await?;
    app.fast_call(2.0, vec![Step::wait_for_agent(100), Step::HangUp]).await?;
    let session = app.session().await?;
    let update = session.events_of("session.update")[0].clone();
    Ok((app, update))
}

/// One change of an update: where, and what stands there then; nothing takes the field away.
type Slip = (&'static str, &'static str, Option<Value>);

/// Holds an update with one slip in it against the server.
async fn assert_refused(app: &TestApp, dialect: Dialect, update: &Value, slip: &Slip) -> Result<()> {
    let (parent, field, value) = slip;
    let mut slipped = update.clone();
    let fields = slipped.pointer_mut(parent).and_then(Value::as_object_mut).context(*parent)?;
    match value {
        Some(value) => fields.insert((*field).to_owned(), value.clone()),
        None => fields.remove(*field),
    };
    let answer = say_by_hand(&app.stage.realtime, dialect, &slipped).await?;
    assert_eq!(answer["type"], "error", "{parent}/{field}: {value:?} was accepted");
    let violations = app.stage.realtime.violations();
    assert_eq!(violations.len(), 1, "{parent}/{field}: {violations:?}");
    app.stage.realtime.clear_violations();
    Ok(())
}

/// Rows 24, 116. Regression 4: any one field out of place in what we really send is refused whole, so no such mistake can
/// pass the suite.
#[tokio::test]
async fn one_wrong_key_in_our_real_update_is_refused() -> Result<()> {
    let (app, update) = real_update(Dialect::Ga).await?;
    let slips: Vec<Slip> = vec![
        ("/session", "type", None),
        ("/session", "temperature", Some(json!(0.7))),
        ("/session", "modalities", Some(json!(["text", "audio"]))),
        ("/session", "voice", Some(json!("marin"))),
        ("/session", "input_audio_format", Some(json!("g711_ulaw"))),
        ("/session", "max_response_output_tokens", Some(json!(1_200))),
        ("/session", "max_output_tokens", Some(json!(5_000))),
        ("/session", "output_modalities", Some(json!(["audio", "text"]))),
        ("/session", "model", Some(json!("gpt-realtime-2.1"))),
        ("/session/audio/input", "format", Some(json!("g711_ulaw"))),
        ("/session/audio/input/transcription", "language", Some(json!("auto"))),
        ("/session/audio/input/turn_detection", "threshold", Some(json!(1.5))),
        ("/session/audio/input/turn_detection", "type", Some(json!("vad"))),
        ("/session/audio/input/turn_detection", "eagerness", Some(json!("high"))),
        ("/session/audio/input", "noise_reduction", Some(json!("far_field"))),
        ("/session/audio/output", "voice", Some(json!("darth"))),
        ("/session/tools/0", "strict", Some(json!(true))),
        ("/session/tools/0", "type", None),
        ("", "sesion", Some(json!({}))),
    ];
    for slip in &slips {
        assert_refused(&app, Dialect::Ga, &update, slip).await?;
    }
    let accepted = say_by_hand(&app.stage.realtime, Dialect::Ga, &update).await?;
    assert_eq!(accepted["type"], "session.updated", "the unchanged update was refused: {accepted}");
    app.end().await
}

/// Row 116. Regression 4: the dialects do not mix.
#[tokio::test]
async fn neither_dialect_s_update_passes_for_the_other_s() -> Result<()> {
    let (old, old_update) = real_update(Dialect::Beta).await?;
    let (new, new_update) = real_update(Dialect::Ga).await?;
    let answer = say_by_hand(&new.stage.realtime, Dialect::Ga, &old_update).await?;
    assert_eq!(answer["type"], "error");
    let answer = say_by_hand(&old.stage.realtime, Dialect::Beta, &new_update).await?;
    assert_eq!(answer["type"], "error");
    for app in [&old, &new] {
        assert_eq!(app.stage.realtime.violations().len(), 1);
    }
    let slips: Vec<Slip> = vec![
        ("/session", "type", Some(json!("realtime"))),
        ("/session", "temperature", Some(json!(0.2))),
        ("/session", "input_audio_format", Some(json!("audio/pcmu"))),
        ("/session", "reasoning", Some(json!({"effort": "low"}))),
    ];
    old.stage.realtime.clear_violations();
    for slip in &slips {
        assert_refused(&old, Dialect::Beta, &old_update, slip).await?;
    }
    old.end().await?;
    new.end_in_disgrace().await
}
