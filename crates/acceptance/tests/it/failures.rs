//! The model fails, in every way it can: what the caller hears, what is kept, and that every call ends.

mod endings;
mod mid_call;
mod replies;
mod start;

use std::time::Duration;
use studioconnect_acceptance::{Ended, TestApp};
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::call::EndReason;
use studioconnect_simulators::phone::{CallReport, ClosedBy, PhoneEvent, PhoneEventKind, Step};
use studioconnect_simulators::realtime::{Ending, Fault, FaultPlan, PlannedFault};
use tokio::sync::broadcast::Receiver;

/// No rung of the ladder is silent for longer (design 3.9), in ms of the call.
const SILENT_MOST: u64 = 2_000;
/// What a machine that runs six tests on two cores may add.
const TOLERANCE: u64 = 700;
/// Pace of calls in which only orders and contents matter.
const FAST: f32 = 2.0;
const CUT_OFF: &str = "Sorry, we were cut off for a second. Please go on.";
const APOLOGY: &str = "I am sorry, we have a problem with the line. \
    Please leave your name, your number and what we can do for you after the tone.";

/// Sound comes well ahead of a fast call, so that a busy machine leaves no gap in which a caller would begin to speak.
const AHEAD: f64 = 12.0;

fn at(after: Duration, how: Ending) -> Fault {
    Fault::Close { after, how }
}

fn error(code: &str) -> Fault {
    Fault::ErrorEvent { after: Duration::ZERO, kind: "invalid_request_error".into(), code: code.into() }
}

async fn app_with(fault: PlannedFault) -> anyhow::Result<TestApp> {
    TestApp::start_with(|setup| setup.realtime.faults = FaultPlan::of([fault])).await
}

/// Waits for something to happen in a call.
async fn when(
    events: &mut Receiver<PhoneEvent>,
    wanted: impl Fn(&PhoneEventKind) -> bool,
) -> anyhow::Result<()> {
    while !wanted(&events.recv().await?.kind) {}
    Ok(())
}

fn agent_pauses(kind: &PhoneEventKind) -> bool {
    matches!(kind, PhoneEventKind::AgentPauses { .. })
}

fn agent_speaks(kind: &PhoneEventKind) -> bool {
    matches!(kind, PhoneEventKind::AgentSpeaks { .. })
}

/// The caller listens to the first words of whoever speaks, and hangs up.
fn hears_and_leaves() -> Vec<Step> {
    vec![Step::wait_for_agent(400), Step::HangUp]
}

fn says(clip: &str) -> [Step; 3] {
    [Step::SayClip(clip.into()), Step::wait_for_agent(300), Step::wait_quiet(500)]
}

fn greeted() -> [Step; 2] {
    [Step::wait_for_agent(300), Step::wait_quiet(500)]
}

/// The caller hears the apology and leaves a message after the tone.
fn leaves_message() -> [Step; 3] {
    [
        Step::WaitQuiet { ms: 1_500, timeout_ms: 60_000 },
        Step::SayClip("caller-phone".into()),
        Step::WaitHangup { timeout_ms: 30_000 },
    ]
}

/// From the opening of the stream to the first sound.
fn silent_at_first(report: &CallReport) -> u64 {
    report.heard_spans[0].start_ms() - report.streams[0].opened_ms
}

fn assert_given_up(ended: &Ended) {
    assert_eq!(ended.call.end_reason, Some(EndReason::ModelUnavailable));
    assert!(ended.call.status.is_final());
}

/// Who was in a talk is told that it broke.
fn assert_apology(ended: &Ended) {
    assert_eq!(ended.report.words_heard().first(), Some(&APOLOGY));
    assert_given_up(ended);
}

/// Who was never greeted hears what the business says when nobody can answer.
fn assert_unavailable(ended: &Ended) {
    let words = AgentConfig::default().unavailable_message("Harbor Light Plumbing");
    assert_eq!(ended.report.words_heard().first(), Some(&words.as_str()));
    assert_given_up(ended);
}

fn assert_unavailable_in_time(ended: &Ended) {
    assert_unavailable(ended);
    let silent = silent_at_first(&ended.report);
    assert!(silent <= SILENT_MOST + TOLERANCE, "silence for {silent} ms");
    assert_eq!(ended.report.streams.len(), 1);
    assert_eq!(ended.report.streams[0].by, ClosedBy::Server);
}

/// Greeting and one question; `answered` is the steps after it.
async fn one_question(fault: PlannedFault, answered: Vec<Step>) -> anyhow::Result<(TestApp, Ended)> {
    let app = app_with(fault).await?;
    let mut steps = greeted().to_vec();
    steps.push(Step::SayClip("caller-hours".into()));
    steps.extend(answered);
    let ended = app.call(steps).await?;
    Ok((app, ended))
}
