//! A model that cannot be used from the first moment.

use super::{
    SILENT_MOST, TOLERANCE, app_with, assert_unavailable_in_time, error, hears_and_leaves, leaves_message,
    silent_at_first,
};
use studioconnect_acceptance::TestApp;
use studioconnect_domain::call::{EndReason, Outcome};
use studioconnect_simulators::phone::Step;
use studioconnect_simulators::realtime::Fault;

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
