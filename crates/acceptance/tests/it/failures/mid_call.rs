//! A model that is lost in the middle of a call.

use super::{
    AHEAD, CUT_OFF, FAST, SILENT_MOST, TOLERANCE, agent_pauses, agent_speaks, assert_apology, at, error,
    greeted, hears_and_leaves, leaves_message, says, when,
};
use serde_json::Value;
use std::time::Duration;
use studioconnect_acceptance::{Ended, TestApp};
use studioconnect_domain::call::{CallStatus, EndReason, Outcome};
use studioconnect_domain::lead::Completeness;
use studioconnect_domain::transcript::Speaker;
use studioconnect_simulators::phone::{Dial, HeardSpan, PhoneEvent, PhoneEventKind, Source, Step};
use studioconnect_simulators::realtime::{Ending, Fault, FaultPlan, SessionEnd, SessionReport};
use studioconnect_simulators::speech::sound_of;
use tokio::sync::broadcast::Receiver;

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
