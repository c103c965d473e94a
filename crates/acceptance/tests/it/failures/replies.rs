//! Replies that fail, stall or come slowly.

use super::{
    SILENT_MOST, TOLERANCE, agent_pauses, app_with, assert_apology, assert_unavailable,
    assert_unavailable_in_time, greeted, hears_and_leaves, one_question, when,
};
use studioconnect_acceptance::{Ended, TestApp};
use studioconnect_domain::call::EndReason;
use studioconnect_domain::transcript::Speaker;
use studioconnect_simulators::phone::{Source, Step};
use studioconnect_simulators::realtime::{Fault, FaultPlan};

/// From the end of the caller's first words to the next sound.
fn waited(ended: &Ended) -> u64 {
    let said = ended.report.said_spans[0].end_ms;
    let next = ended.report.heard_spans.iter().find(|span| span.start_ms() >= said).unwrap();
    next.start_ms() - said
}

/// Row 32. Design 3.6: no audio in 4 s, the reply is asked for once more.
#[tokio::test]
async fn a_reply_that_stalls_is_asked_for_again() -> anyhow::Result<()> {
    let fault = Fault::StallResponse.in_session(1).at_response(2);
    let (app, ended) = one_question(fault, vec![Step::wait_for_agent(400), Step::HangUp]).await?;
    assert_eq!(ended.report.script_failures, Vec::<String>::new());
    assert_eq!(ended.events_of("reply_asked_again").len(), 1);
    assert!(waited(&ended) <= 4_000 + SILENT_MOST + TOLERANCE, "{}", waited(&ended));
    let responses = &app.stage.realtime.sessions()[0].responses;
    assert_eq!((responses.len(), responses[1].status.as_str()), (3, "cancelled"));
    assert!(responses[2].words.starts_with("We are open Monday"));
    app.end().await
}

/// Rows 32, 44. Design 3.6: 8 s without a reply is the ladder.
#[tokio::test]
async fn replies_that_always_stall_lead_to_the_fallback() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    let mut steps = greeted().to_vec();
    steps.extend([Step::SayClip("caller-hours".into()), Step::wait_for_agent(400), Step::HangUp]);
    let mut call = app.stage.network.dial(app.dial(steps)?);
    let mut events = call.events().unwrap();
    when(&mut events, agent_pauses).await?;
    app.stage.realtime.set_faults(FaultPlan::of([Fault::StallResponse.always()]));
    let ended = app.finish(call).await?;
    assert_apology(&ended);
    assert!(waited(&ended) <= 8_000 + SILENT_MOST + TOLERANCE, "{}", waited(&ended));
    app.end().await
}

/// Row 32.
#[tokio::test]
async fn a_failed_reply_is_asked_for_once_more_and_then_given_up() -> anyhow::Result<()> {
    let failure =
        Fault::FailResponse { kind: "server_error".into(), code: "inference_rate_limit_exceeded".into() };
    let once = failure.clone().in_session(1).at_response(2);
    let (app, ended) = one_question(once, vec![Step::wait_for_agent(400), Step::HangUp]).await?;
    assert_eq!(ended.report.script_failures, Vec::<String>::new());
    assert_eq!(ended.call.end_reason, Some(EndReason::CallerHungUp));
    assert!(app.stage.realtime.sessions()[0].responses[2].words.starts_with("We are open Monday"));
    // Turn detection, the provider's failure, the pause it asks for, and the answer.
    assert!(waited(&ended) <= SILENT_MOST + 1_000 + TOLERANCE, "{}", waited(&ended));
    app.end().await?;

    let app = app_with(failure.always()).await?;
    let ended = app.call(hears_and_leaves()).await?;
    assert_unavailable(&ended);
    assert_eq!(ended.report.heard_spans[0].source, Source::Say);
    assert_eq!(app.stage.realtime.sessions()[0].responses.len(), 2);
    app.end().await
}

/// Rows 32, 44. Regression 19: a reply that fails for want of money is not asked for again.
#[tokio::test]
async fn a_reply_that_fails_for_want_of_quota_goes_straight_to_the_fallback() -> anyhow::Result<()> {
    let fault = Fault::FailResponse { kind: "insufficient_quota".into(), code: "insufficient_quota".into() };
    let app = app_with(fault.always()).await?;
    let ended = app.call(hears_and_leaves()).await?;
    assert_unavailable_in_time(&ended);
    let sessions = app.stage.realtime.sessions();
    assert_eq!((sessions.len(), sessions[0].responses.len()), (1, 1));
    app.end().await
}

/// Row 32. A model slower than speech leaves gaps, not a broken call.
#[tokio::test]
async fn slow_sound_is_played_as_it_comes_and_the_call_goes_on() -> anyhow::Result<()> {
    let app = app_with(Fault::SlowDeltas(0.6).always()).await?;
    let mut steps = vec![Step::wait_for_agent(3_000), Step::wait_quiet(1_200)];
    steps.extend([Step::SayClip("caller-leak".into()), Step::wait_for_agent(2_500), Step::wait_quiet(1_200)]);
    steps.push(Step::HangUp);
    let ended = app.call(steps).await?;
    assert_eq!(ended.report.script_failures, Vec::<String>::new());
    assert_eq!(ended.said(Speaker::Caller), ["Hello, my kitchen tap is leaking."]);
    let agent = ended.said(Speaker::Agent);
    assert_eq!(agent.last(), Some(&"I am sorry to hear that. May I have your name, please?"));
    assert_eq!((ended.call.analytics.reconnects, ended.call.end_reason), (0, Some(EndReason::CallerHungUp)));
    app.end().await
}
