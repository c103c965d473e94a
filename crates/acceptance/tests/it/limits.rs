//! How calls end by themselves: silence, length, cost, goodbye. Our timers are real, so greetings are short.

use anyhow::Result;
use futures_util::future::try_join_all;
use studioconnect_acceptance::steps::{ask, listen};
use studioconnect_acceptance::{Ended, Setup, TestApp};
use studioconnect_domain::call::{CallStatus, EndReason};
use studioconnect_domain::transcript::Speaker;
use studioconnect_simulators::phone::{self, MarkOutcome, Step};
use studioconnect_simulators::speech::{clip, sound_of};

/// What the agent says when it has no last words of its own.
const GOODBYE: &str = "Thank you for calling. Goodbye!";

fn short_greeting(setup: &mut Setup) {
    setup.agent.voice_greeting_message = "Hello.".into();
}

fn text_of(name: &str) -> &'static str {
    clip(name).unwrap().text
}

fn until_hang_up() -> Vec<Step> {
    vec![Step::WaitHangup { timeout_ms: 120_000 }]
}

/// We hung up, and not before the last word was heard.
fn assert_ended_politely(ended: &Ended, reason: EndReason, last_words: &str) {
    assert_eq!(ended.report.script_failures, Vec::<String>::new());
    assert_eq!((ended.call.status, ended.call.end_reason), (CallStatus::Completed, Some(reason)));
    assert_eq!(ended.report.end, phone::EndReason::ServerHungUp);
    assert!(ended.heard_sound().ends_with(&sound_of(last_words)), "the last words were cut");
    assert_eq!(ended.report.streams.iter().map(|stream| stream.dropped_ms).sum::<u64>(), 0);
    let last = ended.report.marks.last().unwrap();
    assert_eq!(last.outcome, MarkOutcome::Played, "{last:?}");
    assert_eq!(ended.said(Speaker::Agent).last(), Some(&last_words));
    // Nothing is run behind a call that has ended.
    assert!(!ended.report.verb_names().contains(&"Record"));
}

/// Rows 51, 57: asked twice, then let go.
#[tokio::test]
async fn a_silent_caller_is_asked_twice_and_then_let_go() -> Result<()> {
    let app = TestApp::start_with(|setup| {
        short_greeting(setup);
        setup.agent.silence_nudge_ms = 3_000;
    })
    .await?;
    let ended = app.fast_call(2.0, until_hang_up()).await?;

    assert_ended_politely(&ended, EndReason::Silence, GOODBYE);
    let still_there = text_of("agent-still-there");
    assert_eq!(ended.said(Speaker::Agent), ["Hello.", still_there, still_there, GOODBYE]);
    assert_eq!(ended.call.analytics.nudges, 2);
    // Each comes when there were three seconds of silence, no sooner.
    let spoken = ended.turns.windows(2).map(|pair| pair[1].started_ms - pair[0].ended_ms.unwrap());
    for silence in spoken {
        assert!(silence >= 3_000, "{silence} ms");
    }
    app.end().await
}

/// Row 51: nobody is asked whether they are there while they listen, or while they speak.
#[tokio::test]
async fn nobody_is_nudged_while_the_agent_or_the_caller_speaks() -> Result<()> {
    let app = TestApp::start_with(|setup| {
        short_greeting(setup);
        setup.agent.silence_nudge_ms = 3_000;
    })
    .await?;
    // 9.5 s of answer and 4.9 s of question, both at twice the pace, both longer than the limit or near it.
    let steps = [listen(), ask("caller-hours"), vec![Step::HangUp]].concat();
    let speaks = [listen(), vec![Step::Noise(8_000)], listen(), vec![Step::HangUp]].concat();
    let ended = try_join_all([app.fast_call(2.0, steps), app.fast_call(2.0, speaks)]).await?;
    for ended in &ended {
        assert_eq!(ended.call.analytics.nudges, 0, "{:?}", ended.events_of("nudge"));
        assert_eq!(ended.call.end_reason, Some(EndReason::CallerHungUp));
    }
    assert!(ended[0].heard_sound().ends_with(&sound_of(text_of("agent-hours"))));
    app.end().await
}

/// A caller who answers a nudge is there again.
#[tokio::test]
async fn a_caller_who_answers_a_nudge_is_served() -> Result<()> {
    let app = TestApp::start_with(|setup| {
        short_greeting(setup);
        setup.agent.silence_nudge_ms = 3_000;
    })
    .await?;
    let nudged = vec![Step::wait_for_agent(300), Step::wait_quiet(300)];
    let steps = [listen(), nudged, ask("caller-yes"), vec![Step::HangUp]].concat();
    let ended = app.fast_call(2.0, steps).await?;
    assert_eq!(ended.said(Speaker::Agent), ["Hello.", text_of("agent-still-there"), text_of("agent-moment")]);
    assert_eq!(ended.call.analytics.nudges, 1);
    app.end().await
}

/// The shortest limit that can be saved is a minute; this one is written past the check, so that tests are short.
async fn with_longest_call_of_5_s() -> Result<TestApp> {
    let app = TestApp::start_with(short_greeting).await?;
    app.database()
        .await?
        .execute(
            "UPDATE agent_configs SET settings = json_set(settings, '$.maxCallSeconds', 5)",
            "UPDATE agent_configs SET settings = jsonb_set(settings::jsonb, '{maxCallSeconds}', '5')",
        )
        .await?;
    Ok(app)
}

/// Row 57.
#[tokio::test]
async fn the_longest_call_ends_politely() -> Result<()> {
    let app = with_longest_call_of_5_s().await?;
    let ended = app.call(until_hang_up()).await?;
    assert_ended_politely(&ended, EndReason::TimeLimit, GOODBYE);
    let left = ended.events_of("left")[0].at_ms;
    assert!((5_000..12_000).contains(&left), "{left}");
    app.end().await
}

/// Row 57. A limit is a limit: it waits for the sentence that is being said, not for a caller who goes on.
#[tokio::test]
async fn the_longest_call_ends_although_the_caller_goes_on() -> Result<()> {
    let app = with_longest_call_of_5_s().await?;
    let talk = vec![Step::Loop(30, [ask("caller-yes"), vec![Step::Wait(100)]].concat().into())];
    let ended = app.call([listen(), talk].concat()).await?;
    assert_eq!(ended.call.end_reason, Some(EndReason::TimeLimit));
    assert_eq!(ended.report.end, phone::EndReason::ServerHungUp);
    assert!(ended.heard_sound().ends_with(&sound_of(GOODBYE)), "the last words were cut");
    let left = ended.events_of("left")[0].at_ms;
    assert!((5_000..14_000).contains(&left), "{left}");
    app.end().await
}

/// Row 57: the most a call may cost.
#[tokio::test]
async fn a_call_that_costs_too_much_ends_politely() -> Result<()> {
    let app = TestApp::start_with(|setup| {
        short_greeting(setup);
        setup.agent.spend_cap_cents = 1;
    })
    .await?;
    let steps = [listen(), ask("caller-hours"), until_hang_up()].concat();
    let ended = app.fast_call(2.0, steps).await?;
    assert_ended_politely(&ended, EndReason::SpendCap, GOODBYE);
    assert!(ended.call.analytics.cost_micros >= 10_000, "{:?}", ended.call.analytics);
    assert_eq!(ended.events_of("spend_cap_reached").len(), 1);
    app.end().await
}

/// Regression 6: at real pace, where every timer of ours counts.
#[tokio::test]
async fn the_goodbye_is_heard_to_its_last_word_before_we_hang_up() -> Result<()> {
    let app = TestApp::start_with(short_greeting).await?;
    let steps = [listen(), vec![Step::SayClip("caller-goodbye".into())], until_hang_up()].concat();
    let calls = (0..3).map(|_| app.call(steps.clone()));
    for ended in try_join_all(calls).await? {
        assert_ended_politely(&ended, EndReason::Goodbye, text_of("agent-goodbye"));
        let last = ended.report.heard_spans.last().unwrap().end_ms();
        let closed = ended.report.streams[0].closed_ms;
        assert!((last..last + 2_000).contains(&closed), "heard until {last}, closed at {closed}");
    }
    app.end().await
}

/// Regression 6: "one more thing" in the middle of the goodbye.
#[tokio::test]
async fn one_more_thing_during_the_goodbye_keeps_the_call() -> Result<()> {
    let app = TestApp::start_with(short_greeting).await?;
    let steps = [
        listen(),
        vec![Step::SayClip("caller-goodbye".into()), Step::wait_agent_speaking(800)],
        ask("caller-interrupt"),
        vec![Step::SayClip("caller-goodbye".into())],
        until_hang_up(),
    ];
    let ended = app.call(steps.concat()).await?;

    assert_ended_politely(&ended, EndReason::Goodbye, text_of("agent-goodbye"));
    assert_eq!(ended.report.clears.len(), 1);
    assert_eq!(
        ended.said(Speaker::Caller),
        ["caller-goodbye", "caller-interrupt", "caller-goodbye"].map(text_of)
    );
    assert_eq!(
        ended.said(Speaker::Agent)[1..],
        ["agent-goodbye", "agent-callback", "agent-goodbye"].map(text_of)
    );
    app.end().await
}
