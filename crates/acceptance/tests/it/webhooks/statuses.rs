//! What the network tells of a call that it knows.

use super::{INBOUND, RESUME, SID, STATUS, call_of};
use studioconnect_acceptance::TestApp;
use studioconnect_domain::call::{CallStatus, EndReason, Outcome};
use studioconnect_simulators::phone::{Delivery, Dial, Step};

/// Row 114.
#[tokio::test]
async fn each_status_of_twilio_updates_the_call() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    let expected = [
        ("queued", CallStatus::Ringing),
        ("initiated", CallStatus::Ringing),
        ("ringing", CallStatus::Ringing),
        ("in-progress", CallStatus::InProgress),
        ("answered", CallStatus::InProgress),
        ("completed", CallStatus::Completed),
        ("busy", CallStatus::Busy),
        ("failed", CallStatus::Failed),
        ("no-answer", CallStatus::NoAnswer),
        ("canceled", CallStatus::Canceled),
        ("teleported", CallStatus::Ringing),
        ("", CallStatus::Ringing),
    ];
    for (at, (word, status)) in expected.into_iter().enumerate() {
        let sid = format!("CA{at:032}");
        app.ring(&sid).await?;
        let answer = app.post(STATUS, &app.form(&sid, &[("CallStatus", word)])).await?;
        assert_eq!(answer.status, 204, "{word}");
        let call = call_of(&app, &sid).await?;
        assert_eq!(call.status, status, "{word}");
        assert_eq!((call.ended_at.is_some(), call.outcome.is_some()), (status.is_final(), status.is_final()));
    }
    let unknown = app.form(SID, &[("CallStatus", "completed")]);
    assert_eq!(app.post(STATUS, &unknown).await?.status, 204);
    assert_eq!(app.stage.server.state.store.find_call_by_sid(SID).await?, None);
    app.end_dirty().await
}

/// Row 114. Regression 25: a call's end is told once, whatever is told again.
#[tokio::test]
async fn statuses_that_come_twice_or_out_of_order_never_move_a_call_back() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    app.ring(SID).await?;
    let tell = async |status: &str, seconds: &str| {
        let form = app.form(SID, &[("CallStatus", status), ("CallDuration", seconds)]);
        assert_eq!(app.post(STATUS, &form).await?.status, 204);
        call_of(&app, SID).await
    };
    let ended = tell("completed", "42").await?;
    assert_eq!((ended.status, ended.duration_seconds), (CallStatus::Completed, Some(42)));
    for (late, seconds) in [
        ("completed", "42"),
        ("in-progress", ""),
        ("ringing", ""),
        ("queued", ""),
        ("no-answer", "0"),
        ("?", ""),
    ] {
        assert_eq!(tell(late, seconds).await?, ended, "{late}");
    }
    app.end_dirty().await
}

/// Row 114.
#[tokio::test]
async fn the_status_completed_ends_a_stream_that_still_lives() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    let mut stream = app.start_stream(SID).await?;
    stream.wait_for("media").await?;
    let form = app.form(SID, &[("CallStatus", "completed"), ("CallDuration", "33")]);
    app.post(STATUS, &form).await?;
    let (code, _) = stream.closed().await?;
    assert_eq!(code, None, "a normal close has no code of ours");
    app.empty().await?;
    let call = call_of(&app, SID).await?;
    assert_eq!((call.status, call.end_reason), (CallStatus::Completed, Some(EndReason::CallerHungUp)));
    assert_eq!((call.duration_seconds, call.outcome), (Some(33), Some(Outcome::Abandoned)));
    app.end().await
}

/// Row 114. The callback may come twice or never: the end is the same.
#[tokio::test]
async fn a_calls_end_is_the_same_whether_the_callback_comes_twice_or_never() -> anyhow::Result<()> {
    for delivery in [Delivery::Twice, Delivery::Never] {
        let app = TestApp::start().await?;
        let dial = app.dial(vec![Step::wait_for_agent(300), Step::HangUp])?;
        let ended = app.make(Dial { status_delivery: delivery, speed: 3.0, ..dial }).await?;
        assert_eq!(ended.call.status, CallStatus::Completed, "{delivery:?}");
        assert_eq!(ended.call.end_reason, Some(EndReason::CallerHungUp), "{delivery:?}");
        assert!(ended.call.duration_seconds.is_some() && ended.call.ended_at.is_some(), "{:?}", ended.call);
        app.end().await?;
    }
    Ok(())
}

/// Rows 33, 114.
#[tokio::test]
async fn resuming_a_call_that_has_ended_only_hangs_up() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    app.ring(SID).await?;
    let open = app.post(RESUME, &app.form(SID, &[])).await?;
    assert!(open.body.contains("problem with the line") && open.body.contains("<Record"), "{}", open.body);
    app.post(STATUS, &app.form(SID, &[("CallStatus", "completed")])).await?;
    for path in [RESUME, INBOUND] {
        let ended = app.post(path, &app.form(SID, &[])).await?;
        assert!(ended.body.ends_with("<Response><Hangup/></Response>"), "{path}: {}", ended.body);
    }
    // A call nobody knows of is still a person on the line.
    let unknown = app.post(RESUME, &app.form("CA0000000000000000000000000000e009", &[])).await?;
    assert!(unknown.body.contains("<Record"), "{}", unknown.body);
    app.end_dirty().await
}
