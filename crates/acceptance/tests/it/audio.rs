//! Sound: all of it, in order, at its own speed, both ways.

use anyhow::Result;
use std::time::Duration;
use studioconnect_acceptance::steps::{ask, listen};
use studioconnect_acceptance::{Ended, Setup, SlowLine, TestApp};
use studioconnect_domain::agent::NoiseReduction;
use studioconnect_domain::call::EndReason;
use studioconnect_domain::transcript::Speaker;
use studioconnect_simulators::phone::{Click, ClickCause, Step};
use studioconnect_simulators::realtime::SessionReport;
use studioconnect_simulators::speech::{clip, sound_of};
use studioconnect_simulators::ulaw;

fn text_of(name: &str) -> &'static str {
    clip(name).unwrap().text
}

fn hanging_up(steps: Vec<Step>) -> Vec<Step> {
    [listen(), steps, vec![Step::HangUp]].concat()
}

/// Places where two of our messages do not fit together.
fn torn_joints(ended: &Ended) -> Vec<Click> {
    ended.report.clicks().into_iter().filter(|click| click.cause == ClickCause::Joint).collect()
}

/// Every frame that our server counted reached the model; what was given up is counted too.
fn assert_all_arrived(ended: &Ended, session: &SessionReport) {
    let analytics = &ended.call.analytics;
    assert_eq!(
        session.appended_ms + analytics.caller_audio_dropped_ms,
        analytics.audio_packets_received * 20 + analytics.padded_ms
    );
    assert_eq!(ended.call.end_reason, Some(EndReason::CallerHungUp));
    // The news that the line has ended may overtake the last frames on it.
    let late_ms = (ended.report.frames_sent - analytics.audio_packets_received) * 20;
    assert!(late_ms <= 1_500, "{late_ms} ms were not counted");
}

/// Row 27.
#[tokio::test]
async fn every_frame_of_the_caller_reaches_the_model_in_order() -> Result<()> {
    let app = TestApp::start().await?;
    let ended = app.fast_call(3.0, hanging_up([ask("caller-phone"), ask("caller-leak")].concat())).await?;
    let session = app.session().await?;

    assert_all_arrived(&ended, &session);
    assert_eq!(ended.call.analytics.caller_audio_dropped_ms, 0);
    let heard: Vec<(&str, usize)> = session
        .turns
        .iter()
        .flat_map(|turn| &turn.sounds)
        .map(|sound| (sound.text.as_str(), sound.missing()))
        .collect();
    assert_eq!(heard, [(text_of("caller-phone"), 0), (text_of("caller-leak"), 0)]);
    app.end().await
}

/// Row 27: what was said before the model was there is heard by it all the same.
#[tokio::test]
async fn what_the_caller_says_before_the_model_is_ready_is_not_lost() -> Result<()> {
    let line = SlowLine::open(Duration::from_secs(1)).await?;
    let app = TestApp::start_with(|setup| setup.variables.push(("OPENAI_REALTIME_URL", line.url()))).await?;
    line.lead_to(&app)?;
    let question = vec![Step::wait_for_stream(), Step::SayClip("caller-hours".into())];
    let ended = app.call([question, listen(), vec![Step::HangUp]].concat()).await?;
    let session = app.session().await?;

    let ready = ended.events_of("session_ready")[0].at_ms;
    let said = &ended.report.said_spans[0];
    assert!(
        ready + ended.report.streams[0].opened_ms > said.start_ms + 500,
        "the model was not late: {ready}"
    );
    assert_all_arrived(&ended, &session);
    assert_eq!(ended.call.analytics.caller_audio_dropped_ms, 0);
    assert_eq!(session.turns[0].transcript, text_of("caller-hours"));
    assert_eq!(session.turns[0].sounds[0].missing(), 0);
    app.end().await
}

/// Row 27: more than is kept for a late model is given up, and counted.
#[tokio::test]
async fn sound_that_is_given_up_for_a_late_model_is_counted() -> Result<()> {
    let line = SlowLine::open(Duration::from_secs(1)).await?;
    let app = TestApp::start_with(|setup| setup.variables.push(("OPENAI_REALTIME_URL", line.url()))).await?;
    line.lead_to(&app)?;
    // A second of ours is four of this call's.
    let ended = app.fast_call(4.0, vec![Step::wait_for_agent(300), Step::HangUp]).await?;
    let session = app.session().await?;

    assert!(ended.call.analytics.caller_audio_dropped_ms > 500, "{:?}", ended.call.analytics);
    assert_all_arrived(&ended, &session);
    app.end().await
}

/// Row 28: under the right stream (else the network complains), in order, byte for byte.
#[tokio::test]
async fn every_sound_of_the_model_reaches_the_caller_in_order() -> Result<()> {
    let app = TestApp::start_with(far_ahead).await?;
    let ended = app.fast_call(3.0, hanging_up([ask("caller-hours"), ask("caller-yes")].concat())).await?;
    let session = app.session().await?;

    let said: Vec<u8> =
        session.responses.iter().flat_map(|response| sound_of(&response.words).into_owned()).collect();
    assert_eq!(session.responses.len(), 3);
    assert!(ended.heard_sound() == said, "something else was heard than was said");
    assert_eq!(ended.call.analytics.audio_packets_sent, ended.report.frames_received);
    assert_eq!(ended.report.bytes_received, said.len() as u64);
    assert_eq!(torn_joints(&ended), Vec::<Click>::new());
    app.end().await
}

fn linear(sound: &[u8]) -> Vec<f64> {
    sound.iter().map(|code| f64::from(ulaw::decode(*code))).collect()
}

/// How alike two stretches are: 1 for the same wave.
fn likeness(a: &[f64], b: &[f64]) -> f64 {
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    product(a, b) / (product(a, a) * product(b, b)).sqrt().max(1.0)
}

/// By how many samples `heard` lags behind `said` around `at`, and how alike they are there.
fn lag_at(said: &[f64], heard: &[f64], at: usize) -> (i64, f64) {
    const STRETCH: usize = 1_600;
    const REACH: i64 = 60;
    let lags = (-REACH..=REACH).filter_map(|lag| {
        let start = usize::try_from(at as i64 + lag).ok()?;
        Some((lag, likeness(&said[at..at + STRETCH], heard.get(start..start + STRETCH)?)))
    });
    lags.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap()
}

/// The model is far ahead of the line, so that a busy machine makes no holes.
fn far_ahead(setup: &mut Setup) {
    setup.realtime.pace = 20.0;
}

fn pcm(setup: &mut Setup) {
    far_ahead(setup);
    setup.variables.push(("OPENAI_REALTIME_AUDIO", "pcm24k".into()));
}

/// Row 40. Regression 11: a sample that lies late by the same few at the beginning and at the end was played at its own speed,
/// and the waves are the same: every tone in them has kept its frequency.
#[tokio::test]
async fn a_model_that_speaks_pcm_is_heard_at_its_own_speed() -> Result<()> {
    let app = TestApp::start_with(pcm).await?;
    let ended = app.call(hanging_up(ask("caller-yes"))).await?;
    let session = app.session().await?;

    let format = serde_json::json!({"type": "audio/pcm", "rate": 24_000});
    assert_eq!(session.config["audio"]["output"]["format"], format);
    let said = [clip("greeting").unwrap().ulaw, clip("agent-moment").unwrap().ulaw].concat();
    let heard = ended.heard_sound();
    // The converter may add the tail of its filter to each of the two.
    assert!(heard.len().abs_diff(said.len()) <= 2 * 160, "{} bytes of {}", heard.len(), said.len());
    let greeting = clip("greeting").unwrap().ulaw.len();
    let (said, heard) = (linear(&said), linear(&heard));
    let places = [8_000, greeting - 8_000, greeting + 1_600, said.len() - 4_800];
    let lags = places.map(|at| lag_at(&said, &heard, at));
    assert!(lags.iter().all(|(_, alike)| *alike > 0.97), "{lags:?}");
    assert_eq!(lags[0].0, lags[1].0, "the greeting drifts: {lags:?}");
    assert_eq!(lags[2].0, lags[3].0, "the answer drifts: {lags:?}");
    assert_eq!(torn_joints(&ended), Vec::<Click>::new());
    app.end().await
}

/// Row 40: the caller is understood through the conversion too.
#[tokio::test]
async fn a_caller_is_understood_by_a_model_that_hears_pcm() -> Result<()> {
    let app = TestApp::start_with(|setup| {
        pcm(setup);
        setup.agent.voice_greeting_message = "Hello.".into();
    })
    .await?;
    let asked = ["caller-leak", "caller-name"];
    let ended = app.call(hanging_up(asked.map(ask).concat())).await?;
    let session = app.session().await?;

    assert_eq!(ended.said(Speaker::Caller), asked.map(text_of));
    assert_eq!(ended.lead.as_ref().unwrap().name.as_deref(), Some("Dana Reyes"));
    assert_appended(&ended, &session);
    app.end().await
}

/// As much reached the model as there was, to within the converter's own few ms.
fn assert_appended(ended: &Ended, session: &SessionReport) {
    let analytics = &ended.call.analytics;
    let wanted = analytics.audio_packets_received * 20 + analytics.padded_ms;
    assert!(session.appended_ms.abs_diff(wanted) <= 20, "{} ms of {wanted}", session.appended_ms);
}

/// Row 41: the provider's own noise reduction is a switch of the business.
#[tokio::test]
async fn the_provider_s_noise_reduction_is_asked_for() -> Result<()> {
    let app = TestApp::start().await?;
    let brief = vec![Step::wait_for_agent(100), Step::HangUp];
    for (noise, wanted) in [
        (NoiseReduction::Off, serde_json::Value::Null),
        (NoiseReduction::FarField, serde_json::json!({"type": "far_field"})),
        (NoiseReduction::NearField, serde_json::json!({"type": "near_field"})),
    ] {
        app.configure(|config| config.noise_reduction = noise).await?;
        app.fast_call(2.0, brief.clone()).await?;
        app.empty().await?;
        let session = app.stage.realtime.sessions().pop().unwrap();
        assert_eq!(session.config["audio"]["input"]["noise_reduction"], wanted);
    }
    app.end().await
}

/// Row 41: our own suppressor changes neither the number of frames nor their length, finds turns whole and leaves
/// interruptions possible; what is left of the words is measured where it is made.
#[tokio::test]
async fn our_noise_suppressor_loses_no_frame_and_no_turn() -> Result<()> {
    let app = TestApp::start_with(|setup| setup.agent.suppress_noise_locally = true).await?;
    let interruption = vec![Step::wait_agent_speaking(900), Step::SayClip("caller-interrupt".into())];
    let rest = [listen(), ask("caller-yes"), vec![Step::HangUp]].concat();
    let ended = app.call([interruption, rest].concat()).await?;
    let session = app.session().await?;

    assert_all_arrived(&ended, &session);
    assert_eq!((session.turns.len(), session.responses.len()), (2, 3));
    assert_eq!(session.deletions, Vec::<String>::new());
    assert_eq!((ended.report.clears.len(), ended.call.analytics.faulty_frames), (1, 0));
    app.end().await
}

/// Row 41: the suppressor and the conversion get along.
#[tokio::test]
async fn our_noise_suppressor_works_for_a_model_that_hears_pcm() -> Result<()> {
    let app = TestApp::start_with(|setup| {
        pcm(setup);
        setup.agent.voice_greeting_message = "Hello.".into();
        setup.agent.suppress_noise_locally = true;
    })
    .await?;
    let ended = app.call(hanging_up([ask("caller-leak"), ask("caller-name")].concat())).await?;
    let session = app.session().await?;

    let nudges = ended.call.analytics.nudges as usize;
    assert_eq!((session.turns.len(), session.responses.len() - nudges), (2, 3));
    assert_appended(&ended, &session);
    assert_eq!(ended.call.analytics.faulty_frames, 0);
    app.end().await
}
