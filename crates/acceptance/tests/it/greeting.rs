//! First words: owed to every caller, said once, soon, and to a silent caller too.

use anyhow::Result;
use futures_util::future::try_join_all;
use std::time::Duration;
use studioconnect_acceptance::steps::{ask, listen};
use studioconnect_acceptance::{SlowLine, TestApp};
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::transcript::Speaker;
use studioconnect_simulators::phone::{Dial, Step};
use studioconnect_simulators::speech::{clip, sound_of};

/// The greeting sounds this soon after the stream began, in ms.
const SOON: u64 = 2_000;

fn text_of(name: &str) -> &'static str {
    clip(name).unwrap().text
}

fn heard_out() -> Vec<Step> {
    [listen(), vec![Step::HangUp]].concat()
}

fn is_heard_whole(sound: &[u8], words: &str) -> bool {
    let wanted = sound_of(words);
    sound.windows(wanted.len()).any(|window| window == wanted.as_ref())
}

/// Row 50: the phone's greeting, else the chat's welcome, else the default; whichever it is, once, with the name in it.
#[tokio::test]
async fn each_of_the_three_greetings_is_spoken_exactly_once_with_the_name_in_it() -> Result<()> {
    let cases = [
        ("You have reached {businessName}.", "Welcome!", "You have reached Harbor Light Plumbing."),
        (
            "  ",
            "Welcome to {businessName}, {businessName}!",
            "Welcome to Harbor Light Plumbing, Harbor Light Plumbing!",
        ),
        ("", "", "Hello! Thank you for calling Harbor Light Plumbing. How can I help you today?"),
    ];
    let app = TestApp::start().await?;
    for (at, (voice_greeting, welcome, expected)) in cases.into_iter().enumerate() {
        app.configure(|config| {
            *config = AgentConfig {
                voice_greeting_message: voice_greeting.into(),
                welcome_message: welcome.into(),
                ..AgentConfig::default()
            };
        })
        .await?;
        // Long enough for a second greeting to show itself.
        let steps = [listen(), vec![Step::Wait(1_500), Step::HangUp]].concat();
        let ended = app.fast_call(3.0, steps).await?;
        app.empty().await?;
        assert_eq!(ended.heard_sound(), sound_of(expected).as_ref(), "{expected}");
        assert_eq!(ended.said(Speaker::Agent), [expected]);
        assert_eq!(app.stage.realtime.sessions()[at].responses.len(), 1);
    }
    app.end().await
}

/// Row 51. At real pace, with several calls at once.
#[tokio::test]
async fn a_silent_caller_hears_the_greeting_within_two_seconds() -> Result<()> {
    let app = TestApp::start().await?;
    let steps = vec![Step::wait_for_agent(300), Step::HangUp];
    let calls = (0..4).map(|_| app.call(steps.clone()));
    for ended in try_join_all(calls).await? {
        let waited = ended.report.heard_spans[0].start_ms() - ended.report.streams[0].opened_ms;
        assert!(waited <= SOON, "{waited} ms");
        let counted = ended.call.analytics.greeting_ms.unwrap();
        assert!(counted <= SOON, "{counted} ms");
        assert_eq!(ended.said(Speaker::Caller), Vec::<&str>::new());
    }
    app.end().await
}

/// Row 51. Regression 7: the model is there long before the stream begins.
#[tokio::test]
async fn a_stream_that_begins_late_loses_nothing_of_the_greeting() -> Result<()> {
    let app = TestApp::start().await?;
    let dial = Dial { stream_start_delay: Duration::from_millis(1_500), ..app.dial(heard_out())? };
    let ended = app.make(dial).await?;
    let session = app.session().await?;

    assert_eq!(ended.heard_sound(), clip("greeting").unwrap().ulaw);
    assert_eq!(session.responses.len(), 1);
    assert!(ended.call.analytics.greeting_ms.unwrap() <= SOON);
    app.end().await
}

/// Row 51. Regression 7: the stream has begun long before the model is there.
#[tokio::test]
async fn a_model_that_comes_late_loses_nothing_of_the_greeting() -> Result<()> {
    let line = SlowLine::open(Duration::from_millis(900)).await?;
    let app = TestApp::start_with(|setup| setup.variables.push(("OPENAI_REALTIME_URL", line.url()))).await?;
    line.lead_to(&app)?;
    let ended = app.call(heard_out()).await?;
    let session = app.session().await?;

    let ready = ended.events_of("session_ready")[0];
    assert!(ready.at_ms > 500, "the model was not late: {ready:?}");
    assert_eq!(ended.heard_sound(), clip("greeting").unwrap().ulaw);
    assert_eq!(session.responses.len(), 1);
    let waited = ended.report.heard_spans[0].start_ms() - ended.report.streams[0].opened_ms;
    assert!(waited <= SOON, "{waited} ms");
    app.end().await
}

/// Regressions 7 and 8: a caller who talks from the first moment is greeted all the same, and then answered.
#[tokio::test]
async fn a_caller_who_talks_at_once_is_greeted_and_answered() -> Result<()> {
    let line = SlowLine::open(Duration::from_millis(400)).await?;
    let late = line.url();
    let apps = [
        TestApp::start().await?,
        TestApp::start_with(|setup| setup.variables.push(("OPENAI_REALTIME_URL", late))).await?,
    ];
    line.lead_to(&apps[1])?;
    try_join_all(apps.map(talk_at_once)).await?;
    Ok(())
}

async fn talk_at_once(app: TestApp) -> Result<()> {
    let question = vec![Step::wait_for_stream(), Step::SayClip("caller-hours".into())];
    let steps = [question, listen(), vec![Step::Wait(1_500), Step::HangUp]].concat();
    // At real pace: the question must not be over before the model is there, as the simulated one takes it for answered then.
    let ended = app.call(steps).await?;
    let session = app.session().await?;
    let said: Vec<&str> = session.responses.iter().map(|response| response.words.as_str()).collect();
    assert_eq!(said, [text_of("greeting"), text_of("agent-hours")]);
    assert_eq!(ended.said(Speaker::Caller), [text_of("caller-hours")]);
    assert!(is_heard_whole(&ended.heard_sound(), text_of("greeting")), "the greeting was cut");
    assert!(is_heard_whole(&ended.heard_sound(), text_of("agent-hours")), "the answer was cut");
    app.end().await
}

/// Regression 8: what is no speech does not wipe the greeting, before it or during it.
#[tokio::test]
async fn noise_on_the_line_does_not_wipe_the_greeting() -> Result<()> {
    let app = TestApp::start().await?;
    let knocks = Step::Loop(4, vec![Step::Noise(150), Step::Wait(800)].into());
    let steps = [vec![Step::wait_for_stream(), knocks], listen(), ask("caller-hours"), vec![Step::HangUp]];
    let ended = app.fast_call(2.0, steps.concat()).await?;
    let session = app.session().await?;

    assert_eq!(ended.report.clears, []);
    assert!(
        ended.heard_sound().starts_with(clip("greeting").unwrap().ulaw),
        "the greeting was not heard whole"
    );
    let greetings = session.responses.iter().filter(|reply| reply.words == text_of("greeting"));
    assert_eq!(greetings.count(), 1);
    assert!(ended.said(Speaker::Agent).contains(&text_of("agent-hours")));
    app.end().await
}
