//! Callers who leave a message.

use super::{INBOUND, SID, STATUS, call_of, leave_message};
use studioconnect_acceptance::{Ended, TestApp};
use studioconnect_app::stage::CALLER_NUMBER;
use studioconnect_domain::call::{CallStatus, EndReason, Outcome};
use studioconnect_domain::lead::Completeness;
use studioconnect_domain::plan::PlanCode;
use studioconnect_simulators::phone::{Dial, PhoneEventKind, Source, Step};
use studioconnect_simulators::speech::sound_of;

/// Rows 44, 67.
#[tokio::test]
async fn plans_without_the_agent_never_open_a_model_session_and_take_a_message() -> anyhow::Result<()> {
    for plan in [PlanCode::Free, PlanCode::Basic] {
        let app = TestApp::start_with(|setup| {
            setup.plan = plan;
            setup.agent.voice_unavailable_message = "This is {businessName}. Leave word, please.".into();
        })
        .await?;
        let ended = app.fast_call(4.0, leave_message()).await?;
        assert_message_taken(&ended, "This is Harbor Light Plumbing. Leave word, please.");
        assert_eq!(ended.call.end_reason, Some(EndReason::NotAnswered), "{plan}");
        assert_eq!(app.stage.realtime.sessions(), [], "{plan}");
        app.end().await?;
    }
    Ok(())
}

fn assert_message_taken(ended: &Ended, words: &str) {
    let Ended { report, call, lead, turns, .. } = ended;
    assert_eq!(report.script_failures, Vec::<String>::new());
    assert_eq!(report.words_heard(), [words, "Thank you. We will call you back. Goodbye."]);
    let said = report.heard_spans.iter().find(|span| span.source == Source::Say).unwrap();
    assert_eq!(said.bytes(), sound_of(words).len() as u64, "the message was not heard whole");
    assert_eq!((call.status, call.outcome), (CallStatus::Completed, Some(Outcome::Voicemail)));
    let lead = lead.as_ref().unwrap();
    assert_eq!(lead.completeness, Completeness::Partial);
    assert_eq!(lead.phone.as_deref(), Some(CALLER_NUMBER));
    assert!(lead.recording_url.as_ref().unwrap().ends_with(&report.recordings[0]), "{lead:?}");
    assert!(turns.is_empty());
}

/// Row 44. A caller who leaves nothing makes no lead.
#[tokio::test]
async fn a_caller_who_leaves_no_message_makes_no_lead() -> anyhow::Result<()> {
    let app = TestApp::start_with(|setup| setup.plan = PlanCode::Free).await?;
    let ended = app.fast_call(4.0, [Step::WaitHangup { timeout_ms: 60_000 }]).await?;
    assert_eq!(ended.report.words_heard().last(), Some(&"We did not hear a message. Goodbye."));
    assert_eq!((ended.call.status, ended.call.outcome), (CallStatus::Completed, Some(Outcome::NoMessage)));
    assert_eq!(ended.lead, None);
    app.end().await
}

/// Row 44. The recording's two callbacks and a repeat of one make one lead.
#[tokio::test]
async fn a_message_told_of_several_times_is_one_lead() -> anyhow::Result<()> {
    let app = TestApp::start_with(|setup| setup.plan = PlanCode::Free).await?;
    app.post(INBOUND, &app.form(SID, &[])).await?;
    let url = "https://api.example.com/Recordings/RE1";
    let form = app.form(SID, &[("RecordingUrl", url), ("RecordingDuration", "7")]);
    for path in ["/api/voice/recorded", "/api/voice/voicemail", "/api/voice/recorded", "/api/voice/voicemail"]
    {
        let answer = app.post(path, &form).await?;
        assert!([200, 204].contains(&answer.status), "{path}: {answer:?}");
    }
    app.post(STATUS, &app.form(SID, &[("CallStatus", "completed"), ("CallDuration", "21")])).await?;
    let call = call_of(&app, SID).await?;
    assert_eq!((call.status, call.outcome), (CallStatus::Completed, Some(Outcome::Voicemail)));
    let leads = app.stage.server.state.store.recent_leads(call.business_id, 10, None).await?;
    assert_eq!(leads.len(), 1);
    assert_eq!(leads[0].recording_url.as_deref(), Some(url));
    app.end().await
}

/// Rows 62, 44.
#[tokio::test]
async fn when_all_places_are_taken_the_next_caller_may_leave_a_message() -> anyhow::Result<()> {
    let app = TestApp::start_with(|setup| {
        setup.variables.push(("MAX_WEBSOCKET_CONNECTIONS", "1".to_owned()));
    })
    .await?;
    let mut first = app.stage.network.dial(app.dial(vec![])?);
    let mut events = first.events().unwrap();
    while !matches!(events.recv().await?.kind, PhoneEventKind::AgentSpeaks { .. }) {}
    let second = app.dial(leave_message())?;
    let second = app.make(Dial { from: "+12065550143".into(), speed: 4.0, ..second }).await?;
    assert_eq!(second.report.streams, []);
    assert!(second.report.words_heard()[0].contains("cannot take your call right now"));
    assert_eq!(second.call.outcome, Some(Outcome::Voicemail));
    assert_eq!(second.lead.as_ref().unwrap().phone.as_deref(), Some("+12065550143"));
    assert_eq!(app.stage.realtime.sessions().len(), 1, "the second caller cost a model session");
    first.hang_up();
    let first = app.finish(first).await?;
    assert_eq!(first.call.end_reason, Some(EndReason::CallerHungUp));
    // The place is free again.
    let third = app.fast_call(3.0, [Step::wait_for_agent(300), Step::HangUp]).await?;
    assert_eq!((third.report.streams.len(), third.report.script_failures.len()), (1, 0));
    app.end().await
}
