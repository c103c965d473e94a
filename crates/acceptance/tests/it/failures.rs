//! The model fails, in every way it can: what the caller hears, what is kept, and that every call ends.

use serde_json::Value;
use std::time::Duration;
use studioconnect_acceptance::{Ended, Setup, TestApp};
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::call::{CallStatus, EndReason, Outcome};
use studioconnect_domain::lead::Completeness;
use studioconnect_domain::transcript::Speaker;
use studioconnect_simulators::phone::{
    Call, CallReport, ClosedBy, Delivery, Dial, HeardSpan, PhoneEvent, PhoneEventKind, Source, Step,
};
use studioconnect_simulators::realtime::{Ending, Fault, FaultPlan, PlannedFault, SessionEnd, SessionReport};
use studioconnect_simulators::speech::sound_of;
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

/// Rows 23, 44. Regression 19: a key that is refused is not tried again.
#[tokio::test]
async fn a_refused_key_is_not_tried_again_and_the_caller_hears_the_fallback() -> anyhow::Result<()> {
    for status in [401, 403, 404] {
        let app = app_with(Fault::RefuseUpgrade(status).always()).await?;
        let ended = app.call(hears_and_leaves()).await?;
        assert_unavailable_in_time(&ended);
        assert_eq!(ended.call.analytics.reconnects, 0, "{status}");
        app.end().await?;
    }
    Ok(())
}

/// Rows 23, 43. A server that cannot now may be able to in a moment: one more attempt, within the time.
#[tokio::test]
async fn a_server_that_is_unable_is_asked_once_more() -> anyhow::Result<()> {
    let app = app_with(Fault::RefuseUpgrade(503).in_session(1)).await?;
    let ended = app.call(hears_and_leaves()).await?;
    assert_eq!(ended.report.words_heard(), Vec::<&str>::new());
    assert!(silent_at_first(&ended.report) <= SILENT_MOST + TOLERANCE);
    assert_eq!((ended.call.end_reason, ended.call.analytics.reconnects), (Some(EndReason::CallerHungUp), 1));
    app.end().await?;

    let app = app_with(Fault::RefuseUpgrade(503).always()).await?;
    let ended = app.call(hears_and_leaves()).await?;
    assert_unavailable_in_time(&ended);
    assert_eq!(ended.call.analytics.reconnects, 1);
    app.end().await
}

/// Rows 23, 44.
#[tokio::test]
async fn a_server_that_is_not_there_leads_to_the_fallback() -> anyhow::Result<()> {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let app = TestApp::start_with(|setup| {
        setup.variables.push(("OPENAI_REALTIME_URL", format!("ws://{nobody}/v1/realtime")));
    })
    .await?;
    assert_unavailable_in_time(&app.call(hears_and_leaves()).await?);
    app.end().await?;

    // One that takes connections and never answers: its port is open, and nobody reads.
    let mute = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = mute.local_addr()?;
    let app = TestApp::start_with(|setup| {
        setup.variables.push(("OPENAI_REALTIME_URL", format!("ws://{address}/v1/realtime")));
    })
    .await?;
    assert_unavailable_in_time(&app.call(hears_and_leaves()).await?);
    app.end().await
}

/// Row 44.
#[tokio::test]
async fn without_a_key_callers_leave_a_message_and_no_socket_is_tried() -> anyhow::Result<()> {
    let app = TestApp::start_with(|setup| {
        setup.variables.push(("OPENAI_BASE_URL", String::new()));
        setup.variables.push(("OPENAI_REALTIME_URL", String::new()));
    })
    .await?;
    let health = app.read_json("/health").await?;
    assert_eq!(health["environment"]["realtimeAPIEnabled"], false);
    assert!(health["findings"].to_string().contains("OPENAI_API_KEY"), "{health}");
    let mut steps = vec![Step::wait_for_agent(300)];
    steps.extend(leaves_message());
    let ended = app.fast_call(4.0, steps).await?;
    assert_eq!((ended.call.outcome, ended.report.streams.len()), (Some(Outcome::Voicemail), 0));
    app.end().await
}

/// Row 32. Regression 19.
#[tokio::test]
async fn a_silent_server_and_a_refused_session_lead_to_the_fallback_in_time() -> anyhow::Result<()> {
    for fault in [Fault::Silent, Fault::RefuseUpdate { code: "unknown_parameter".into() }] {
        let app = app_with(fault.clone().always()).await?;
        let ended = app.call(hears_and_leaves()).await?;
        assert_unavailable_in_time(&ended);
        assert_eq!(app.stage.realtime.sessions().len(), 1, "{fault:?} was tried again");
        app.end().await?;
    }
    Ok(())
}

/// Row 32. Regressions 4, 19.
#[tokio::test]
async fn fatal_errors_at_the_start_are_never_retried() -> anyhow::Result<()> {
    for code in ["insufficient_quota", "invalid_api_key", "account_deactivated", "billing_hard_limit_reached"]
    {
        let app = app_with(error(code).always()).await?;
        let ended = app.call(hears_and_leaves()).await?;
        assert_unavailable_in_time(&ended);
        assert_eq!(app.stage.realtime.sessions().len(), 1, "{code} was tried again");
        app.end().await?;
    }
    Ok(())
}

/// Waits until the caller has said this and the model has made all of its answer; the caller may still be listening to it.
async fn answered(app: &TestApp, events: &mut Receiver<PhoneEvent>, clip: &str) -> anyhow::Result<()> {
    let words = studioconnect_simulators::speech::clip(clip).unwrap().text;
    when(events, |kind| matches!(kind, PhoneEventKind::CallerSpeaks { text } if text == words)).await?;
    when(events, |kind| matches!(kind, PhoneEventKind::CallerPauses)).await?;
    when(events, agent_speaks).await?;
    let is_made = async || {
        let session = app.stage.realtime.sessions().pop();
        Ok(session.and_then(|session| session.responses.last().map(|last| last.done_at.is_some()))
            == Some(true))
    };
    app.until("the answer is made", is_made).await
}

/// A call in which each plan's faults begin once the caller's words before it were answered.
async fn interrupted_call(
    plans: impl IntoIterator<Item = (&'static str, FaultPlan)>,
    steps: impl IntoIterator<Item = Step>,
) -> anyhow::Result<(TestApp, Ended)> {
    let app = TestApp::start_with(|setup| setup.realtime.pace = AHEAD).await?;
    let mut all = greeted().to_vec();
    all.extend(says("caller-leak"));
    all.extend(steps);
    let dial = Dial { speed: FAST, ..app.dial(all)? };
    let mut call = app.stage.network.dial(dial);
    let mut events = call.events().unwrap();
    for (clip, plan) in plans {
        answered(&app, &mut events, clip).await?;
        app.stage.realtime.set_faults(plan);
    }
    let ended = app.finish(call).await?;
    Ok((app, ended))
}

fn rest_of_the_lead() -> Vec<Step> {
    let mut steps = Vec::new();
    for clip in ["caller-name", "caller-phone", "caller-address"] {
        steps.extend(says(clip));
    }
    steps.extend([Step::SayClip("caller-goodbye".into()), Step::WaitHangup { timeout_ms: 20_000 }]);
    steps
}

/// The items that the client put into a session, as role and text, or name of the tool.
fn replayed(session: &SessionReport) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let creates = session.events_of("conversation.item.create");
    let items = creates.iter().map(|event| &event["item"]);
    items
        .map(|item| match text(&item["type"]).as_str() {
            "message" => (text(&item["role"]), text(&item["content"][0]["text"])),
            kind => (kind.to_owned(), text(&item["name"])),
        })
        .collect()
}

fn assert_resumed_once(app: &TestApp, ended: &Ended) {
    assert_eq!(ended.report.script_failures, Vec::<String>::new());
    assert_eq!(ended.report.words_heard(), Vec::<&str>::new());
    let sessions = app.stage.realtime.sessions();
    assert_eq!((sessions.len(), ended.call.analytics.reconnects), (2, 1));
    let items = replayed(&sessions[1]);
    let items: Vec<_> = items.iter().map(|(role, text)| (role.as_str(), text.as_str())).collect();
    assert_eq!(
        items[..5],
        [
            (
                "assistant",
                "Thank you for calling Harbor Light Plumbing, this is Mia. How can I help you today?"
            ),
            ("user", "Hello, my kitchen tap is leaking."),
            ("function_call", "save_answer"),
            ("function_call_output", ""),
            ("assistant", "I am sorry to hear that. May I have your name, please?"),
        ]
    );
    // Nothing was cut off, so the agent has nothing to apologise for.
    assert!(!items.iter().any(|(role, _)| *role == "system"), "{items:?}");
    // The greeting is said once.
    let greetings =
        sessions[1].responses.iter().filter(|response| response.words.starts_with("Thank you for"));
    assert_eq!(greetings.filter(|response| response.instructions.is_some()).count(), 0);
    assert_eq!(
        sessions[1].turns.iter().map(|turn| turn.transcript.as_str()).collect::<Vec<_>>(),
        [
            "My name is Dana Reyes.",
            "You can reach me at two zero six, five five five, zero one four two.",
            "Twelve Harbor Street, Portland.",
            "No, that is all. Thank you, goodbye.",
        ]
    );
    let lead = ended.lead.as_ref().unwrap();
    assert_eq!((lead.completeness, lead.name.as_deref()), (Completeness::Complete, Some("Dana Reyes")));
    assert_eq!(lead.message.as_deref(), Some("The kitchen tap is leaking"));
    assert_eq!(
        (ended.call.outcome, ended.call.end_reason, ended.call.status),
        (Some(Outcome::Lead), Some(EndReason::Goodbye), CallStatus::Completed)
    );
}

/// Rows 32, 43. Regression 18: 1006.
#[tokio::test]
async fn a_connection_that_breaks_is_opened_once_more_with_everything_that_was_said() -> anyhow::Result<()> {
    let plan = FaultPlan::of([at(Duration::ZERO, Ending::Drop).in_session(1)]);
    let (app, ended) = interrupted_call([("caller-leak", plan)], rest_of_the_lead()).await?;
    assert_resumed_once(&app, &ended);
    assert_eq!(app.stage.realtime.sessions()[0].ended, Some(SessionEnd::Dropped));
    app.end().await
}

/// Rows 32, 43. Regression 18: 1011.
#[tokio::test]
async fn a_session_closed_with_1011_is_opened_once_more() -> anyhow::Result<()> {
    let plan = FaultPlan::of([at(Duration::ZERO, Ending::Close(1011)).in_session(1)]);
    let (app, ended) = interrupted_call([("caller-leak", plan)], rest_of_the_lead()).await?;
    assert_resumed_once(&app, &ended);
    app.end().await
}

/// Rows 32, 43. Regression 3.
#[tokio::test]
async fn a_session_that_expires_is_opened_once_more() -> anyhow::Result<()> {
    let plan = FaultPlan::of([Fault::Expire { after: Duration::ZERO }.in_session(1)]);
    let (app, ended) = interrupted_call([("caller-leak", plan)], rest_of_the_lead()).await?;
    assert_resumed_once(&app, &ended);
    app.end().await
}

/// Row 43: within 3 s the agent speaks again when the line was lost in mid-sentence.
#[tokio::test]
async fn an_agent_cut_off_in_mid_sentence_speaks_again_within_three_seconds() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    let mut steps = greeted().to_vec();
    steps.extend(says("caller-hours"));
    steps.extend([Step::SayClip("caller-leak".into()), Step::wait_for_agent(300), Step::HangUp]);
    let mut call = app.stage.network.dial(app.dial(steps)?);
    let mut events = call.events().unwrap();
    for _ in 0..2 {
        when(&mut events, agent_speaks).await?;
    }
    app.stage.realtime.set_faults(FaultPlan::of([at(Duration::ZERO, Ending::Drop).in_session(1)]));
    let ended = app.finish(call).await?;
    assert_eq!(ended.report.script_failures, Vec::<String>::new());
    let sessions = app.stage.realtime.sessions();
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions[1].responses[0].words, CUT_OFF);
    assert!(replayed(&sessions[1]).iter().any(|(role, text)| role == "system" && text.contains("Apologise")));
    // Between the two questions: the words that were cut off, and the apology.
    let [first, second, ..] = ended.report.said_spans.as_slice() else {
        panic!("the caller did not speak twice")
    };
    let heard = |span: &&HeardSpan| span.start_ms() > first.end_ms && span.start_ms() < second.start_ms;
    let spans: Vec<_> = ended.report.heard_spans.iter().filter(heard).collect();
    let longest_gap = spans.windows(2).map(|pair| pair[1].start_ms() - pair[0].end_ms()).max();
    assert!(longest_gap.unwrap_or(0) <= 3_000, "{spans:?}");
    assert!(
        spans.iter().map(|span| span.bytes()).sum::<u64>() >= sound_of(CUT_OFF).len() as u64,
        "{spans:?}"
    );
    assert_eq!(ended.call.end_reason, Some(EndReason::CallerHungUp));
    app.end().await
}

/// Rows 43, 44. Regression 25: what was learned before the fallback stays in the lead.
#[tokio::test]
async fn a_second_loss_leads_to_a_message_and_the_lead_keeps_what_was_learned() -> anyhow::Result<()> {
    let drop_of = |session| FaultPlan::of([at(Duration::ZERO, Ending::Drop).in_session(session)]);
    let plans = [("caller-leak", drop_of(1)), ("caller-name", drop_of(2))];
    let mut steps = vec![Step::SayClip("caller-name".into()), Step::wait_for_agent(300)];
    steps.extend(leaves_message());
    let (app, ended) = interrupted_call(plans, steps).await?;
    assert_eq!(ended.report.script_failures, Vec::<String>::new());
    assert_apology(&ended);
    assert_eq!((app.stage.realtime.sessions().len(), ended.call.analytics.reconnects), (2, 1));
    // A lead is worth more than the message that completes it.
    assert_eq!((ended.call.status, ended.call.outcome), (CallStatus::Completed, Some(Outcome::Lead)));
    let lead = ended.lead.as_ref().unwrap();
    assert_eq!(lead.name.as_deref(), Some("Dana Reyes"));
    assert_eq!(lead.message.as_deref(), Some("The kitchen tap is leaking"));
    assert!(lead.recording_url.as_ref().unwrap().ends_with(&ended.report.recordings[0]));
    assert_eq!(ended.said(Speaker::Caller), ["Hello, my kitchen tap is leaking.", "My name is Dana Reyes."]);
    app.end().await
}

/// Rows 32, 44. Regression 19: no second session after a fatal close in mid-call.
#[tokio::test]
async fn a_fatal_close_in_mid_call_goes_straight_to_the_fallback() -> anyhow::Result<()> {
    for code in [4000, 1008] {
        let app = TestApp::start().await?;
        let mut steps = vec![Step::wait_for_agent(300), Step::wait_quiet(200)];
        steps.extend(hears_and_leaves());
        let mut call = app.stage.network.dial(app.dial(steps)?);
        let mut events = call.events().unwrap();
        when(&mut events, agent_pauses).await?;
        let plan = FaultPlan::of([at(Duration::ZERO, Ending::Close(code)).always()]);
        app.stage.realtime.set_faults(plan);
        let ended = app.finish(call).await?;
        assert_apology(&ended);
        assert_eq!(app.stage.realtime.sessions().len(), 1, "{code}");
        let [.., greeting, say] = ended.report.heard_spans.as_slice() else { panic!("nothing was heard") };
        assert_eq!((greeting.source, say.source), (Source::Stream, Source::Say));
        let silent = say.start_ms() - greeting.end_ms();
        assert!(silent <= SILENT_MOST + TOLERANCE, "silence for {silent} ms after {code}");
        app.end().await?;
    }
    Ok(())
}

/// Row 32. Regressions 5, 18: an error that answers a race, or one without a consequence, is counted and nothing else.
#[tokio::test]
async fn benign_errors_leave_the_call_alone() -> anyhow::Result<()> {
    let plan = FaultPlan::of(
        ["response_cancel_not_active", "conversation_already_has_active_response", "something_new"]
            .map(|code| error(code).in_session(1)),
    );
    let (app, ended) = interrupted_call([("caller-leak", plan)], rest_of_the_lead()).await?;
    assert_eq!(ended.report.script_failures, Vec::<String>::new());
    assert_eq!((ended.call.analytics.model_errors, ended.call.analytics.reconnects), (3, 0));
    assert_eq!(app.stage.realtime.sessions().len(), 1);
    assert_eq!((ended.call.outcome, ended.call.end_reason), (Some(Outcome::Lead), Some(EndReason::Goodbye)));
    app.end().await
}

/// Row 32.
#[tokio::test]
async fn a_server_error_in_mid_call_does_not_end_it() -> anyhow::Result<()> {
    let plan = FaultPlan::of([error("server_error").in_session(1)]);
    let (app, ended) = interrupted_call([("caller-leak", plan)], rest_of_the_lead()).await?;
    assert_eq!(ended.report.script_failures, Vec::<String>::new());
    assert_eq!((ended.call.analytics.model_errors, app.stage.realtime.sessions().len()), (1, 1));
    assert_eq!((ended.call.outcome, ended.call.end_reason), (Some(Outcome::Lead), Some(EndReason::Goodbye)));
    app.end().await
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

/// Row 33. Regression 16: no model session lives on, and bills, after its caller has gone.
#[tokio::test]
async fn the_models_session_ends_with_the_call() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    for steps in [
        vec![Step::wait_for_agent(300), Step::HangUp],
        vec![Step::wait_for_agent(300), Step::CloseSocketAbruptly, Step::Wait(500), Step::HangUp],
    ] {
        app.fast_call(3.0, steps).await?;
        app.empty().await?;
        let session = app.stage.realtime.sessions().pop().unwrap();
        assert!(matches!(session.ended, Some(SessionEnd::ByClient(_))), "{:?}", session.ended);
    }
    app.end().await
}

/// Row 33. Regression 18: a stream lost without `stop` is no end; the network's word is.
#[tokio::test]
async fn a_call_whose_stream_breaks_stays_open_until_the_network_says_that_it_is_over() -> anyhow::Result<()>
{
    let app = TestApp::start().await?;
    let mut steps = greeted().to_vec();
    steps.extend(says("caller-leak"));
    // The network runs what stands behind the stream: the caller hears the apology, and waits.
    steps.extend([Step::CloseSocketAbruptly, Step::wait_for_agent(3_000), Step::HangUp]);
    let dial = Dial { status_delivery: Delivery::Never, speed: 3.0, ..app.dial(steps)? };
    let report = app.stage.network.dial(dial).finish().await;
    assert_eq!(report.words_heard(), [APOLOGY]);
    app.empty().await?;
    let store = &app.stage.server.state.store;
    app.stage.server.state.phone.as_ref().unwrap().scribe.flush().await;
    let call = store.find_call_by_sid(&report.call_sid).await?.unwrap();
    assert_eq!((call.status, call.end_reason), (CallStatus::InProgress, Some(EndReason::StreamLost)));
    assert_eq!((call.ended_at, call.duration_seconds), (None, None));

    let form = app.form(&report.call_sid, &[("CallStatus", "completed"), ("CallDuration", "19")]);
    app.post("/api/voice/status", &form).await?;
    let call = store.find_call_by_sid(&report.call_sid).await?.unwrap();
    assert_eq!((call.status, call.duration_seconds), (CallStatus::Completed, Some(19)));
    assert_eq!((call.outcome, call.end_reason), (Some(Outcome::Lead), Some(EndReason::StreamLost)));
    assert!(call.ended_at.is_some());
    app.end().await
}

/// Row 32: whatever fails, and however often, no call hangs.
#[tokio::test]
async fn no_call_hangs_whatever_fails_in_it() -> anyhow::Result<()> {
    let second = Duration::from_secs(1);
    let plans: [Vec<PlannedFault>; 6] = [
        vec![at(second, Ending::Drop).always()],
        vec![at(3 * second, Ending::Close(1011)).always()],
        vec![Fault::Expire { after: 2 * second }.always()],
        vec![Fault::StallResponse.always()],
        vec![Fault::RefuseUpgrade(503).in_session(1), Fault::Silent.in_session(2)],
        vec![at(4 * second, Ending::Drop).in_session(1), Fault::RefuseUpgrade(401).in_session(2)],
    ];
    let calls = plans.into_iter().map(|faults| async move {
        let change = |setup: &mut Setup| setup.realtime.faults = FaultPlan::of(faults.clone());
        let app = TestApp::start_with(change).await?;
        // A caller who never says a word and never hangs up.
        let dial = Dial { hang_up_after: Some(Duration::from_mins(2)), ..app.dial(vec![])? };
        let call: Call = app.stage.network.dial(dial);
        let ended = app.finish(call).await?;
        assert!(ended.report.duration_ms < 60_000, "{faults:?}: {} ms", ended.report.duration_ms);
        assert_eq!(ended.call.status, CallStatus::Completed, "{faults:?}");
        if ended.call.analytics.greeting_ms.is_some() {
            assert_apology(&ended);
        } else {
            assert_unavailable(&ended);
        }
        app.end().await
    });
    for outcome in futures_util::future::join_all(calls).await {
        outcome?;
    }
    Ok(())
}
