//! Barge-in: what stops the agent, what does not, and what is remembered of what was heard.
//!
//! These calls run at real pace: between two marks the ledger knows only by the clock how much was heard.

use anyhow::Result;
use futures_util::future::try_join_all;
use studioconnect_acceptance::steps::{ask, ask_and_wait, listen};
use studioconnect_acceptance::{Ended, Pulse, Setup, TestApp};
use studioconnect_domain::transcript::Speaker;
use studioconnect_simulators::phone::{ClickCause, MarkOutcome, Step};
use studioconnect_simulators::realtime::{Brain, RealtimeSettings, Rule, SessionReport};
use studioconnect_simulators::speech::{FRAME_BYTES, clip, level_dbfs, sound_of};

/// The longest answer of the demo's receptionist: 9.5 s of sound, which the model sends in a quarter of that.
const HOURS: &str = "agent-hours";
/// How far the truncation may be from what was heard, in ms.
const EXACT: u64 = 40;
/// Times a call is made anew because the machine stood still in it, by its own pulse.
const ATTEMPTS: usize = 6;
/// Speech that the simulated detector needs before it says that speech has started, in ms.
const ONSET: u32 = 60;

fn short_greeting(setup: &mut Setup) {
    setup.agent.voice_greeting_message = "Hello.".into();
}

fn text_of(name: &str) -> &'static str {
    clip(name).unwrap().text
}

/// A caller who asks for the hours and makes a sound of `interruption_ms` at `into_ms` of the answer.
fn interrupting(into_ms: u64, interruption_ms: u64) -> Vec<Step> {
    let ending = vec![Step::Noise(interruption_ms), Step::Wait(900), Step::HangUp];
    [listen(), ask_and_wait("caller-hours", into_ms), ending].concat()
}

/// Half a second out of the middle of real speech.
fn half_a_second_of_speech() -> Step {
    let speech = clip("caller-interrupt").unwrap().ulaw;
    let begin = speech.chunks(FRAME_BYTES).position(|frame| level_dbfs(frame) > -30.0).unwrap();
    Step::Play(speech[begin * FRAME_BYTES..][..500 * 8].into())
}

/// What the caller had heard when the sound stopped, and what the model keeps of it, cut by cut, the shortest first.
fn cuts(ended: &[Ended], sessions: &[SessionReport]) -> Vec<(u64, u64)> {
    let clears = ended.iter().flat_map(|call| &call.report.clears);
    let truncations = sessions.iter().flat_map(|session| &session.truncations);
    let mut heard: Vec<u64> = clears.map(|clear| clear.heard_ms).collect();
    let mut kept: Vec<u64> = truncations.map(|cut| cut.audio_end_ms).collect();
    heard.sort_unstable();
    kept.sort_unstable();
    assert_eq!(heard.len(), kept.len(), "heard {heard:?}, kept {kept:?}");
    heard.into_iter().zip(kept).collect()
}

/// Whether a cut is exact. Both sides measure by the clock, so a machine that stood still at that moment may have blurred
/// it, by no more than its pulse was late: then nothing can be said of it. Anything else is wrong.
fn is_exact((heard, kept): (u64, u64), pulse: &Pulse) -> bool {
    let off = heard.abs_diff(kept);
    let stood_still = pulse.worst_ms();
    assert!(
        off <= EXACT + stood_still,
        "heard {heard} ms, kept {kept} ms, the machine stood still for {stood_still} ms"
    );
    off <= EXACT
}

/// Makes a call and holds its cuts against what was heard; again only if the machine stood still.
async fn exact_call(
    change: impl Fn(&mut Setup),
    steps: Vec<Step>,
) -> Result<(TestApp, Ended, SessionReport)> {
    let mut inexact = Vec::new();
    for _ in 0..ATTEMPTS {
        let app = TestApp::start_with(&change).await?;
        let pulse = Pulse::start();
        let ended = app.call(steps.clone()).await?;
        let session = app.session().await?;
        let cuts = cuts(std::slice::from_ref(&ended), std::slice::from_ref(&session));
        assert!(!cuts.is_empty(), "nothing was cut");
        if cuts.iter().all(|cut| is_exact(*cut, &pulse)) {
            return Ok((app, ended, session));
        }
        inexact.push(cuts);
        app.end().await?;
    }
    panic!("the machine stands still in every call; (heard, kept) in ms: {inexact:?}")
}

/// Row 35. Regression 9.
#[tokio::test]
async fn a_noise_of_150_ms_leaves_the_agent_speaking_and_makes_no_turn() -> Result<()> {
    let app = TestApp::start_with(short_greeting).await?;
    let noise = [Step::Noise(150), Step::wait_quiet(700), Step::HangUp].to_vec();
    let steps = [listen(), ask_and_wait("caller-hours", 1_500), noise].concat();
    let ended = app.fast_call(2.0, steps).await?;
    let session = app.session().await?;

    assert_eq!(ended.report.clears, []);
    assert!(ended.heard_sound().ends_with(&sound_of(text_of(HOURS))), "the answer was not heard to its end");
    assert_eq!(ended.said(Speaker::Caller), [text_of("caller-hours")]);
    assert_eq!(ended.said(Speaker::Agent), ["Hello.", text_of(HOURS)]);
    assert_eq!((session.turns.len(), session.responses.len()), (2, 2), "the noise was answered");
    let noise = &session.turns[1].item_id;
    assert_eq!(session.deletions, std::slice::from_ref(noise));
    assert!(session.items.iter().all(|item| item.id != *noise), "the model remembers the noise");
    assert_eq!(session.events_of("response.cancel").len() + session.truncations.len(), 0);
    app.end().await
}

/// Row 35. Regression 2.
#[tokio::test]
async fn half_a_second_of_speech_stops_the_agent() -> Result<()> {
    let rest = vec![half_a_second_of_speech(), Step::Wait(1_500), Step::HangUp];
    let steps = [listen(), ask_and_wait("caller-hours", 1_500), rest].concat();
    let (app, ended, session) = Box::pin(exact_call(short_greeting, steps)).await?;

    assert_eq!(ended.report.clears.len(), 1);
    assert!(ended.report.clears[0].dropped_ms > 0);
    assert_eq!(session.turns.len(), 2);
    assert_eq!(session.deletions, Vec::<String>::new());
    assert_eq!(session.responses.len(), 3, "who interrupts is answered");
    app.end().await
}

/// Rows 29, 36, 38. Regression 1: never past what there is, and exactly what was heard, wherever the cut falls.
#[tokio::test]
async fn the_model_keeps_what_the_caller_heard_wherever_the_cut_falls() -> Result<()> {
    let app = TestApp::start_with(short_greeting).await?;
    let mut places = vec![250, 1_300, 2_600, 4_700, 7_900];
    let mut calls = Vec::new();
    for _ in 0..ATTEMPTS {
        let before = app.stage.realtime.sessions().len();
        let pulse = Pulse::start();
        let made = places.iter().map(|into_ms| app.call(interrupting(*into_ms, 900)));
        let ended = try_join_all(made).await?;
        app.empty().await?;
        calls.push(cuts(&ended, &app.stage.realtime.sessions()[before..]));
        let mut outcome = calls.last().unwrap().iter();
        places.retain(|_| outcome.next().is_none_or(|cut| !is_exact(*cut, &pulse)));
    }
    assert!(places.is_empty(), "the machine stands still; (heard, kept) in ms, call by call: {calls:?}");
    let sessions = app.stage.realtime.sessions();
    for session in &sessions {
        let [cut] = &session.truncations[..] else { panic!("{:?}", session.truncations) };
        assert!(cut.audio_end_ms <= cut.was_ms);
        let item = session.items.iter().find(|item| item.id == cut.item_id).unwrap();
        assert!(item.is_truncated && item.text.is_none());
        assert_eq!(item.audio_ms, Some(cut.audio_end_ms), "nothing was added after the cut");
    }
    app.end().await
}

/// Rows 36, 38. Regressions 2 and 5: an answer of which the last sound was sent long ago is stopped all the same, and
/// nothing is cancelled that is over.
#[tokio::test]
async fn an_answer_that_was_sent_long_ago_is_stopped_without_a_cancel() -> Result<()> {
    let (app, ended, session) = Box::pin(exact_call(short_greeting, interrupting(5_500, 900))).await?;

    let clear = ended.report.clears[0];
    assert!(clear.dropped_ms > 2_000, "{clear:?}");
    let mut before = ended.report.heard_spans.iter().filter(|span| span.start_ms() < clear.at_ms);
    assert!(before.all(|span| span.end_ms() <= clear.at_ms + 20), "the agent went on after {clear:?}");
    assert_eq!(session.responses[1].status, "completed");
    assert_eq!(session.events_of("response.cancel").len(), 0);
    app.end().await
}

/// Rows 36, 38. Regression 5: a reply that is still being made is cancelled once, and its late sound is dropped.
#[tokio::test]
async fn an_answer_that_is_still_being_made_is_cancelled_once() -> Result<()> {
    let (app, ended, session) = Box::pin(exact_call(short_greeting, interrupting(300, 900))).await?;

    assert_eq!(session.responses[1].status, "cancelled");
    assert_eq!(session.events_of("response.cancel").len(), 1);
    let clear = ended.report.clears[0];
    let after = ended.report.heard_spans.iter().find(|span| span.end_ms() > clear.at_ms + 20);
    // What follows is the answer to the interruption, not the rest of the old one.
    assert!(after.is_none_or(|span| span.start_ms() >= clear.at_ms + 1_000), "{after:?}");
    assert_eq!(ended.call.analytics.model_errors, 0);
    app.end().await
}

/// Row 36. Regression 1: what was not heard at all is taken out whole.
#[tokio::test]
async fn an_answer_of_which_nothing_was_heard_is_deleted() -> Result<()> {
    let change = |setup: &mut Setup| {
        short_greeting(setup);
        let rule = Rule::heard("when are you open", text_of(HOURS))
            .calling("save_answer", serde_json::json!({"question": "q4", "answer": "Opening hours"}))
            .then_say(text_of("agent-callback"));
        setup.realtime = RealtimeSettings::with_brain(Brain::Script(vec![rule]));
    };
    // The second item is queued behind the first, which still plays.
    let (app, ended, session) = Box::pin(exact_call(change, interrupting(4_500, 900))).await?;

    let words: Vec<&str> = session.responses.iter().map(|response| response.words.as_str()).collect();
    assert_eq!(words[..3], ["Hello.", text_of(HOURS), text_of("agent-callback")]);
    assert_eq!(session.truncations.len(), 1);
    assert_eq!(session.deletions.len(), 1);
    let held = |words: &str| session.items.iter().any(|item| item.text.as_deref() == Some(words));
    assert!(!held(text_of("agent-callback")), "the model remembers what nobody heard");
    let unheard = ended.turns.iter().find(|turn| turn.text == text_of("agent-callback")).unwrap();
    assert_eq!(unheard.heard.as_deref(), Some(""));
    app.end().await
}

/// Row 29. Regression 1: after `clear` the network returns all marks at once; they say nothing of the next answer.
#[tokio::test]
async fn marks_that_come_back_after_a_clear_do_not_blur_the_next_cut() -> Result<()> {
    let first = ask_and_wait("caller-hours", 1_400);
    let second = ask_and_wait("caller-interrupt", 400);
    let rest = vec![Step::Noise(900), Step::Wait(900), Step::HangUp];
    let (app, ended, _) =
        Box::pin(exact_call(short_greeting, [listen(), first, second, rest].concat())).await?;

    assert_eq!(ended.report.clears.len(), 2);
    let stale = ended.report.marks.iter().filter(|mark| mark.outcome == MarkOutcome::Cleared).count();
    assert!(stale > 10, "only {stale} marks came back unplayed");
    app.end().await
}

/// Row 37: the setting is the time it takes, from the next call on.
#[tokio::test]
async fn the_configured_delay_is_the_time_until_the_agent_stops() -> Result<()> {
    let app = TestApp::start().await?;
    for delay in [300, 100, 600, 0] {
        app.configure(|config| config.interruption_delay_ms = delay).await?;
        let steps =
            [Step::wait_agent_speaking(700), Step::Noise(1_200), Step::Wait(200), Step::HangUp].to_vec();
        let ended = app.call(steps).await?;
        let [clear] = &ended.report.clears[..] else { panic!("{delay}: {:?}", ended.report.clears) };
        let onset = ended.report.said_spans[0].start_ms;
        let took = clear.at_ms.saturating_sub(onset);
        // Nothing can be done about a sound that has not been detected, and the frame that decides is sent as it begins.
        let expected = u64::from(delay.max(ONSET)).saturating_sub(40)..u64::from(delay.max(ONSET)) + 250;
        assert!(expected.contains(&took), "{delay} ms: the agent stopped {took} ms after the sound began");
    }
    app.end().await
}

/// Row 37.
#[tokio::test]
async fn confirmed_and_rejected_interruptions_are_counted() -> Result<()> {
    let burst = vec![Step::Noise(140), Step::Wait(1_000)];
    let rest = vec![Step::Noise(900), Step::Wait(900), Step::HangUp];
    let steps =
        [listen(), ask_and_wait("caller-hours", 800), burst.clone(), burst.clone(), burst, rest].concat();
    let (app, ended, session) = Box::pin(exact_call(short_greeting, steps)).await?;

    let analytics = &ended.call.analytics;
    assert_eq!((analytics.interruptions_rejected, analytics.interruptions_confirmed), (3, 1));
    assert_eq!(ended.events_of("interruption_rejected").len(), 3);
    let [confirmed] = &ended.events_of("interruption_confirmed")[..] else { panic!("{:?}", ended.events) };
    // What was heard to within 40 ms, as the call was held to.
    assert_eq!(confirmed.detail["heard_ms"], session.truncations[0].audio_end_ms, "{confirmed:?}");
    app.end().await
}

/// Rows 34, 36: what was said and what was heard of it stand side by side.
#[tokio::test]
async fn the_transcript_keeps_what_was_heard_beside_what_was_said() -> Result<()> {
    let app = TestApp::start_with(short_greeting).await?;
    let steps = |into_ms| {
        let rest = [ask("caller-interrupt"), vec![Step::HangUp]].concat();
        [listen(), ask_and_wait("caller-hours", into_ms), rest].concat()
    };
    let calls = [600, 3_000, 6_000].map(|into_ms| app.call(steps(into_ms)));
    for ended in try_join_all(calls).await? {
        let turn = ended.turns.iter().find(|turn| turn.seq == 2).unwrap();
        assert_eq!(turn.speaker, Speaker::Agent);
        let heard = turn.heard.as_deref().unwrap();
        assert!(text_of(HOURS).starts_with(&turn.text), "{turn:?}");
        assert!(turn.text.starts_with(heard) && heard.len() < text_of(HOURS).len(), "{turn:?}");
        // Words are spoken at a fairly even pace.
        let share = ended.report.clears[0].heard_ms as f64 / clip(HOURS).unwrap().duration_ms() as f64;
        let words = heard.len() as f64 / text_of(HOURS).len() as f64;
        assert!((share - words).abs() < 0.12, "{share:.2} of the sound and {words:.2} of the words: {heard}");
        assert_eq!(
            ended.said(Speaker::Caller),
            [text_of("caller-hours"), text_of("caller-interrupt")],
            "who interrupts is written down"
        );
        assert!(ended.turns.iter().all(|other| other.seq == 2 || other.heard.is_none()));
    }
    app.end().await
}

/// Row 36.
#[tokio::test]
async fn an_interrupted_answer_is_heard_without_gap_or_click_up_to_the_cut() -> Result<()> {
    let app = TestApp::start_with(short_greeting).await?;
    let calls = [800, 4_000].map(|into_ms| app.call(interrupting(into_ms, 600)));
    for ended in try_join_all(calls).await? {
        let report = &ended.report;
        assert_eq!(report.longest_gap_within_speech(), 0);
        // Where in a wave the network cuts is its own matter.
        let clicks: Vec<_> =
            report.clicks().into_iter().filter(|click| click.cause != ClickCause::Clear).collect();
        assert_eq!(clicks, []);
        let greeting = sound_of("Hello.");
        let cut = greeting.len() + report.clears[0].heard_ms as usize * 8;
        let said = [greeting.as_ref(), &sound_of(text_of(HOURS))].concat();
        assert!(ended.heard_sound().starts_with(&said[..cut]), "something else was heard than was said");
    }
    app.end().await
}

/// Regression 9: a crackling line, of which no crack is speech, never stops the agent.
#[tokio::test]
async fn a_crackling_line_does_not_make_the_agent_interrupt_itself() -> Result<()> {
    let app = TestApp::start_with(short_greeting).await?;
    let crackle = Step::Loop(6, vec![Step::Noise(100), Step::Wait(750)].into());
    let rest = vec![crackle, Step::wait_quiet(700), Step::HangUp];
    let ended = app.fast_call(2.0, [listen(), ask_and_wait("caller-hours", 500), rest].concat()).await?;
    let session = app.session().await?;

    assert_eq!(ended.report.clears, []);
    assert!(ended.heard_sound().ends_with(&sound_of(text_of(HOURS))));
    assert_eq!(session.responses.len(), 2);
    assert_eq!(ended.call.analytics.interruptions_rejected, 6);
    assert_eq!(session.deletions.len(), 6);
    assert_eq!(ended.said(Speaker::Caller), [text_of("caller-hours")]);
    app.end().await
}

/// Regression 5: the caller goes on before the first sound of an answer. It is called off, once, and the next one asked
/// for when it is gone.
#[tokio::test]
async fn an_answer_overtaken_before_its_first_sound_is_called_off() -> Result<()> {
    let app = TestApp::start_with(|setup| {
        short_greeting(setup);
        setup.realtime.response_delay = std::time::Duration::from_millis(1_500);
    })
    .await?;
    let overtaking = vec![Step::SayClip("caller-hours".into()), Step::Wait(900)];
    let steps = [listen(), overtaking, ask("caller-interrupt"), vec![Step::HangUp]].concat();
    let ended = app.call(steps).await?;
    let session = app.session().await?;

    let statuses: Vec<_> = session.responses.iter().map(|response| response.status.as_str()).collect();
    assert_eq!(statuses, ["completed", "cancelled", "completed"]);
    assert_eq!(session.responses[1].audio_ms, 0);
    assert_eq!(session.events_of("response.cancel").len(), 1);
    assert_eq!(ended.report.clears, [], "there was nothing to clear");
    assert_eq!(ended.said(Speaker::Agent), ["Hello.", text_of("agent-callback")]);
    assert_eq!(ended.call.analytics.model_errors, 0);
    app.end().await
}
