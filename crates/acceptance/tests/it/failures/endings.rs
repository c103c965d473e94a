//! Every call ends, whatever fails in it.

use super::{APOLOGY, assert_apology, assert_unavailable, at, greeted, says};
use std::time::Duration;
use studioconnect_acceptance::{Setup, TestApp};
use studioconnect_domain::call::{CallStatus, EndReason, Outcome};
use studioconnect_simulators::phone::{Call, Delivery, Dial, Step};
use studioconnect_simulators::realtime::{Ending, Fault, FaultPlan, PlannedFault, SessionEnd};

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
