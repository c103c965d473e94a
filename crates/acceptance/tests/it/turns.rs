//! Turns: one answer each, found as the business wants them found, written down in their order.

use anyhow::Result;
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use std::time::Duration;
use studioconnect_acceptance::steps::{ask, listen};
use studioconnect_acceptance::{Ended, Setup, TestApp};
use studioconnect_domain::agent::{Eagerness, Vad, VadKind};
use studioconnect_domain::call::Outcome;
use studioconnect_domain::transcript::Speaker;
use studioconnect_simulators::phone::Step;
use studioconnect_simulators::realtime::{
    Brain, Dialect, Fault, FaultPlan, RealtimeSettings, Rule, SessionReport,
};
use studioconnect_simulators::speech::{clip, sound_of};

fn short_greeting(setup: &mut Setup) {
    setup.agent.voice_greeting_message = "Hello.".into();
}

fn with_rules(setup: &mut Setup, rules: Vec<Rule>) {
    short_greeting(setup);
    setup.realtime = RealtimeSettings::with_brain(Brain::Script(rules));
}

fn text_of(name: &str) -> &'static str {
    clip(name).unwrap().text
}

fn hanging_up(steps: Vec<Step>) -> Vec<Step> {
    [listen(), steps, vec![Step::HangUp]].concat()
}

/// The one `session.update` of a session.
fn update(session: &SessionReport) -> &Value {
    let [update] = &session.events_of("session.update")[..] else { panic!("not one session.update") };
    &update["session"]
}

/// A call of three questions, in which each turn is to be found as `vad` says.
async fn three_turns(vad: Vad) -> Result<()> {
    let app = TestApp::start_with(|setup| {
        let rules = vec![
            Rule::heard("dana", "Hello Dana.").repeat(),
            Rule::heard("open", "From eight to six.").repeat(),
            Rule::heard("sam", "Hello Sam.").repeat(),
        ];
        with_rules(setup, rules);
        setup.agent.vad = vad.clone();
    })
    .await?;
    let questions = ["caller-name", "caller-hours", "sam-name"];
    let ended = app.fast_call(3.0, hanging_up(questions.map(ask).concat())).await?;
    let session = app.session().await?;

    let said: Vec<&str> = session.responses.iter().map(|response| response.words.as_str()).collect();
    assert_eq!(said, ["Hello.", "Hello Dana.", "From eight to six.", "Hello Sam."], "{vad:?}");
    assert_eq!(session.turns.len(), 3, "{vad:?}");
    assert!(session.responses.iter().all(|response| response.asked_by_client));
    assert_eq!(session.events_of("response.create").len(), 4);
    assert_eq!(session.events_of("input_audio_buffer.commit").len(), 0);
    assert_eq!(ended.said(Speaker::Caller), questions.map(text_of));
    app.end().await
}

/// Row 48. Regression 5.
#[tokio::test]
async fn each_turn_has_exactly_one_answer_with_the_loudness_detector() -> Result<()> {
    Box::pin(three_turns(Vad::default())).await
}

/// Row 48. Regression 5: with every eagerness.
#[tokio::test]
async fn each_turn_has_exactly_one_answer_with_the_semantic_detector() -> Result<()> {
    let eagerness = [Eagerness::Low, Eagerness::Medium, Eagerness::High, Eagerness::Auto];
    let vads = eagerness.map(|eagerness| Vad { kind: VadKind::SemanticVad, eagerness, ..Vad::default() });
    try_join_all(vads.map(three_turns)).await?;
    Ok(())
}

/// Row 25: with the values a business starts with, and then with its own.
#[tokio::test]
async fn saved_detection_values_appear_verbatim_in_the_next_call() -> Result<()> {
    let app = TestApp::start_with(short_greeting).await?;
    let brief = vec![Step::wait_for_agent(100), Step::HangUp];
    app.fast_call(2.0, brief.clone()).await?;
    app.configure(|config| {
        config.vad =
            Vad { threshold: 0.62, prefix_padding_ms: 250, silence_duration_ms: 640, ..Vad::default() };
    })
    .await?;
    app.fast_call(2.0, brief.clone()).await?;
    app.configure(|config| {
        config.vad = Vad { kind: VadKind::SemanticVad, eagerness: Eagerness::High, ..config.vad.clone() };
    })
    .await?;
    app.fast_call(2.0, brief).await?;
    app.empty().await?;

    let sessions = app.stage.realtime.sessions();
    let detections: Vec<&Value> =
        sessions.iter().map(|session| &update(session)["audio"]["input"]["turn_detection"]).collect();
    let server = |threshold: f64, prefix: u32, silence: u32| {
        json!({
            "type": "server_vad", "threshold": threshold, "prefix_padding_ms": prefix,
            "silence_duration_ms": silence, "create_response": false, "interrupt_response": false,
        })
    };
    let semantic = json!({
        "type": "semantic_vad", "eagerness": "high", "create_response": false, "interrupt_response": false,
    });
    assert_eq!(detections, [&server(0.5, 300, 500), &server(0.62, 250, 640), &semantic]);
    app.end().await
}

/// Regression 10: the transcript is in the business's language, whatever the first words sound like.
#[tokio::test]
async fn the_language_of_the_transcript_is_pinned() -> Result<()> {
    let app = TestApp::start_with(|setup| setup.agent.language = "es".into()).await?;
    let brief = vec![Step::wait_for_agent(100), Step::HangUp];
    app.fast_call(2.0, brief.clone()).await?;
    app.configure(|config| config.language = String::new()).await?;
    app.fast_call(2.0, brief).await?;
    app.empty().await?;

    let sessions = app.stage.realtime.sessions();
    let transcription = |at: usize| &update(&sessions[at])["audio"]["input"]["transcription"];
    assert_eq!(transcription(0), &json!({"model": "gpt-transcribe", "language": "es"}));
    assert_eq!(transcription(1), &json!({"model": "gpt-transcribe"}), "there is no `auto` on the wire");
    app.end().await
}

/// Row 26: the length is a wish in words; the hard stop is far above it. Temperature goes only where it is taken.
#[tokio::test]
async fn the_cap_on_replies_is_told_in_words_and_stops_far_above_it() -> Result<()> {
    let app = TestApp::start_with(|setup| setup.agent.max_response_tokens = 150).await?;
    app.fast_call(2.0, vec![Step::wait_for_agent(100), Step::HangUp]).await?;
    let session = app.session().await?;
    let told = update(&session);
    assert!(told["instructions"].as_str().unwrap().contains("under about 75 words"));
    assert!(told["max_output_tokens"].as_u64().unwrap() >= 8 * 150);
    assert!(told.get("temperature").is_none());
    app.end().await?;

    let app = TestApp::start_with(|setup| {
        setup.realtime.dialect = Dialect::Beta;
        setup.agent.voice = "alloy".into();
        setup.agent.max_response_tokens = 400;
        setup.agent.temperature = 0.7;
    })
    .await?;
    app.fast_call(2.0, vec![Step::wait_for_agent(100), Step::HangUp]).await?;
    let session = app.session().await?;
    let told = update(&session);
    assert!(told["instructions"].as_str().unwrap().contains("under about 200 words"));
    assert!(told["max_response_output_tokens"].as_u64().unwrap() >= 8 * 400);
    assert_eq!(told["temperature"], json!(0.7));
    app.end().await
}

/// Row 26: the least cap does not cut a reply ten times its size.
#[tokio::test]
async fn a_reply_far_above_the_cap_is_heard_to_its_last_word() -> Result<()> {
    let app = TestApp::start_with(|setup| {
        short_greeting(setup);
        setup.agent.max_response_tokens = 20;
    })
    .await?;
    let ended = app.fast_call(3.0, hanging_up(ask("caller-hours"))).await?;
    let session = app.session().await?;
    assert_eq!(session.responses[1].status, "completed");
    assert!(ended.heard_sound().ends_with(&sound_of(text_of("agent-hours"))));
    app.end().await
}

/// Row 26: a reply that hits the stop all the same is continued.
#[tokio::test]
async fn an_incomplete_reply_is_continued() -> Result<()> {
    let app = TestApp::start_with(|setup| {
        let rules = vec![
            Rule::heard("when are you open", text_of("agent-hours")),
            Rule::otherwise("and a plumber usually calls back within one hour."),
        ];
        with_rules(setup, rules);
        setup.realtime.faults = FaultPlan::of([Fault::IncompleteResponse.always().at_response(2)]);
    })
    .await?;
    let ended = app.fast_call(3.0, hanging_up(ask("caller-hours"))).await?;
    let session = app.session().await?;

    let statuses: Vec<&str> = session.responses.iter().map(|response| response.status.as_str()).collect();
    assert_eq!(statuses, ["completed", "incomplete", "completed"]);
    let half = &sound_of(text_of("agent-hours"))[..session.responses[1].audio_ms as usize * 8];
    let rest = sound_of("and a plumber usually calls back within one hour.");
    assert!(
        ended.heard_sound().ends_with(&[half, &rest].concat()),
        "the two halves do not follow each other"
    );
    assert_eq!(ended.events_of("reply_cut").len(), 1);
    app.end().await
}

/// Row 31: speech begins and ends in the event log when it did on the line, and always one after the other.
#[tokio::test]
async fn speech_start_and_stop_alternate_in_the_log_at_their_times() -> Result<()> {
    let app = TestApp::start_with(short_greeting).await?;
    let pause = vec![Step::Wait(300)];
    let steps = [ask("caller-yes"), pause, ask("caller-name")].concat();
    let ended = app.call(hanging_up(steps)).await?;

    let marks: Vec<_> = ended.events.iter().filter(|event| event.kind.starts_with("speech_")).collect();
    let kinds: Vec<&str> = marks.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["speech_started", "speech_stopped", "speech_started", "speech_stopped"]);
    let began = ended.report.streams[0].opened_ms;
    for (said, pair) in ended.report.said_spans.iter().zip(marks.chunks(2)) {
        let (started, stopped) = (pair[0].at_ms + began, pair[1].at_ms + began);
        // The detector wants 60 ms of voice, and recordings begin softly; a busy machine adds its own.
        assert!(started.abs_diff(said.start_ms) < 450, "{said:?} {started}");
        let ended_at = stopped - pair[1].detail["ended_ms_ago"].as_u64().unwrap();
        assert!(ended_at.abs_diff(said.end_ms) < 450, "{said:?} {ended_at}");
    }
    let times: Vec<u64> = ended.events.iter().map(|event| event.at_ms).collect();
    assert!(times.is_sorted(), "{times:?}");
    app.end().await
}

/// Row 34: what callers say is written down after the answer has begun; it stands before it all the same.
#[tokio::test]
async fn transcripts_that_come_late_keep_the_conversation_in_order() -> Result<()> {
    let app = TestApp::start_with(|setup| {
        short_greeting(setup);
        // The transcript takes 100 to 300 ms.
        setup.realtime.response_delay = Duration::ZERO;
    })
    .await?;
    let steps = hanging_up([ask("caller-interrupt"), ask("caller-yes")].concat());
    let mut ended = app.fast_call(3.0, steps.clone()).await?;
    for _ in 0..4 {
        // On a busy machine the words may win the race; the order is to hold when they lose it.
        if came_late(&ended, text_of("caller-interrupt")) {
            break;
        }
        ended = app.fast_call(3.0, steps.clone()).await?;
    }
    assert!(came_late(&ended, text_of("caller-interrupt")), "the transcript was never late");
    let script: Vec<(u32, Speaker, &str)> =
        ended.turns.iter().map(|turn| (turn.seq, turn.speaker, turn.text.as_str())).collect();
    let expected = [
        (0, Speaker::Agent, "Hello."),
        (1, Speaker::Caller, text_of("caller-interrupt")),
        (2, Speaker::Agent, text_of("agent-callback")),
        (3, Speaker::Caller, text_of("caller-yes")),
        (4, Speaker::Agent, text_of("agent-moment")),
    ];
    assert_eq!(script, expected);
    let starts: Vec<u64> = ended.turns.iter().map(|turn| turn.started_ms).collect();
    assert!(starts.is_sorted(), "{starts:?}");
    assert!(ended.turns.iter().all(|turn| turn.ended_ms.is_some_and(|end| end >= turn.started_ms)));
    app.end().await
}

/// Whether sound of the answer came before the words of the turn it answers.
fn came_late(ended: &Ended, words: &str) -> bool {
    let lines: Vec<&str> = ended.inputs.lines().collect();
    let heard = lines.iter().position(|line| line.contains("Transcript") && line.contains(words)).unwrap();
    let committed = lines.iter().position(|line| line.contains("Committed")).unwrap();
    lines[committed..heard].iter().any(|line| line.contains(r#""A""#))
}

/// Regression 24: silence suppression sends nothing at all after the last word; the turn ends nevertheless.
#[tokio::test]
async fn a_turn_ends_although_silence_is_not_sent() -> Result<()> {
    let app = TestApp::start_with(short_greeting).await?;
    let steps = [vec![Step::Dtx(true)], ask("caller-yes"), ask("caller-name")].concat();
    let ended = app.call(hanging_up(steps)).await?;
    let session = app.session().await?;

    assert_eq!(ended.said(Speaker::Caller), [text_of("caller-yes"), text_of("caller-name")]);
    assert_eq!(session.responses.len() - session.turns.len(), 2, "greeting, and what follows the saved name");
    assert_eq!(ended.events_of("stall_padded").len(), 2);
    // What was left out is put in, so the model's clock and the line's agree.
    let line_ms = ended.report.streams[0].closed_ms - ended.report.streams[0].opened_ms;
    assert!(session.appended_ms <= line_ms + 1_100, "{} ms of {line_ms}", session.appended_ms);
    app.end().await
}

/// Regression 24: a hole in mid-speech becomes silence of its length, and the turn stays one.
#[tokio::test]
async fn a_hole_in_the_line_becomes_silence_of_its_length() -> Result<()> {
    let app = TestApp::start_with(short_greeting).await?;
    let clip_then = |name: &str| Step::SayClip(name.into());
    let holed = vec![clip_then("caller-yes"), Step::DropMedia(300), clip_then("caller-hours")];
    let ended = app.fast_call(2.0, hanging_up([holed, listen()].concat())).await?;
    let session = app.session().await?;

    let both = format!("{} {}", text_of("caller-yes"), text_of("caller-hours"));
    assert_eq!(ended.said(Speaker::Caller), [both.as_str()]);
    assert_eq!(ended.call.analytics.padded_ms, 300);
    assert!(session.turns[0].sounds.iter().all(|sound| sound.missing() == 0));
    let received = ended.call.analytics.audio_packets_received * 20;
    assert_eq!(session.appended_ms, received + 300);
    app.end().await
}

/// Regression 20: a tool that takes its time is bridged, and what it found is said when it is there. The answer that could not
/// be written down in time is kept all the same.
#[tokio::test]
async fn a_slow_tool_is_bridged() -> Result<()> {
    let app = TestApp::start_with(short_greeting).await?;
    let mut database = app.database().await?;
    // Both sentences: the one that bridges and the one that answers.
    let leak = vec![Step::SayClip("caller-leak".into()), Step::wait_for_agent(2_500), Step::wait_quiet(400)];
    let call = app.stage.network.dial(app.dial(hanging_up(leak))?);
    app.until("the agent listens", async || Ok(heard(&app) >= 1)).await?;
    database.hold_leads().await?;
    app.until("the tool has answered", async || Ok(heard(&app) >= 3)).await?;
    database.let_go().await?;
    let ended = app.finish(call).await?;

    assert_eq!(ended.said(Speaker::Agent), ["Hello.", text_of("agent-moment"), text_of("agent-name")]);
    let done = ended.events_of("tool_done")[0].detail["took_ms"].as_u64().unwrap();
    assert!((1_200..8_000).contains(&done), "{done} ms");
    let delays = ended.report.response_delays();
    assert!(delays.iter().all(|delay| *delay < 4_000), "silence of {delays:?} ms");
    assert_eq!(ended.lead.as_ref().unwrap().message.as_deref(), Some("The kitchen tap is leaking"));
    app.end().await
}

/// How many replies the model has finished.
fn heard(app: &TestApp) -> usize {
    let sessions = app.stage.realtime.sessions();
    sessions.iter().flat_map(|session| &session.responses).filter(|reply| reply.done_at.is_some()).count()
}

/// Row 34: people correct themselves.
#[tokio::test]
async fn a_corrected_answer_replaces_the_first_one() -> Result<()> {
    let app = TestApp::start_with(short_greeting).await?;
    let ended = app.fast_call(3.0, hanging_up([ask("caller-name"), ask("sam-name")].concat())).await?;

    let lead = ended.lead.unwrap();
    assert_eq!(lead.name.as_deref(), Some("Sam Porter"));
    let answers: Vec<&str> = lead.answers.iter().map(|answer| answer.value.as_str()).collect();
    assert_eq!(answers, ["Sam Porter"]);
    assert_eq!(ended.call.analytics.voice_actions, ["save_answer", "save_answer"]);
    app.end().await
}

/// Row 34: a message is a lead too.
#[tokio::test]
async fn a_message_becomes_a_lead() -> Result<()> {
    let app = TestApp::start_with(|setup| {
        let message = json!({
            "message": "Please call me back today", "name": "Dana Reyes", "phone": "206 555 0117",
        });
        let rule = Rule::heard("call me back today", "").calling("take_message", message);
        with_rules(setup, vec![rule.then_say(text_of("agent-callback"))]);
    })
    .await?;
    let ended = app.fast_call(3.0, hanging_up(ask("caller-interrupt"))).await?;
    let session = app.session().await?;

    let lead = ended.lead.as_ref().unwrap();
    assert_eq!(lead.message.as_deref(), Some("Please call me back today"));
    assert_eq!((lead.name.as_deref(), lead.phone.as_deref()), (Some("Dana Reyes"), Some("+12065550117")));
    assert_eq!(ended.call.outcome, Some(Outcome::Lead));
    let answer = session.items.iter().find(|item| item.call_id.is_some() && item.by_client).unwrap();
    assert_eq!(answer.payload.as_deref(), Some(r#"{"saved":true}"#));
    assert!(ended.heard_sound().ends_with(&sound_of(text_of("agent-callback"))));
    app.end().await
}

/// Row 30: keys reach the model as what they are, at once after `#` and otherwise after a pause.
#[tokio::test]
async fn keypad_digits_reach_the_model() -> Result<()> {
    let app = TestApp::start_with(|setup| {
        let rules = vec![
            Rule::heard("pressed 2065550117", "Thank you, I have your number."),
            Rule::heard("pressed 42", "Forty-two."),
        ];
        with_rules(setup, rules);
    })
    .await?;
    let press = |keys: &str| [vec![Step::Press(keys.into())], listen()].concat();
    let ended = app.fast_call(2.0, hanging_up([press("2065550117#"), press("42")].concat())).await?;
    let session = app.session().await?;

    let said: Vec<&str> = session.responses.iter().map(|response| response.words.as_str()).collect();
    assert_eq!(said, ["Hello.", "Thank you, I have your number.", "Forty-two."]);
    let typed = ["(The caller pressed 2065550117 on the keypad.)", "(The caller pressed 42 on the keypad.)"];
    assert_eq!(ended.said(Speaker::Caller), typed);
    assert_eq!(ended.report.digits, "2065550117#42");
    app.end().await
}
