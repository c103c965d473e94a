//! How the process says that it is.

use serde_json::Value;
use std::time::Duration;
use studioconnect_acceptance::TestApp;
use studioconnect_simulators::phone::{PhoneEventKind, Step};

/// Every key of the guide's section 6.1 with the type it has there.
const KEYS: [(&str, &str); 24] = [
    ("/status", "string"),
    ("/timestamp", "string"),
    ("/memory/rss", "number"),
    ("/memory/heapUsed", "number"),
    ("/memory/heapTotal", "number"),
    ("/memory/external", "number"),
    ("/memory/heapUsedPercent", "number"),
    ("/redis/connected", "boolean"),
    ("/redis/reconnectAttempts", "number"),
    ("/redis/maxReconnectAttempts", "number"),
    ("/redis/consecutiveFailures", "number"),
    ("/sessions", "object"),
    ("/sessions/activeVoiceSessions", "number"),
    ("/webSocket/activeConnections", "number"),
    ("/webSocket/totalMessages", "number"),
    ("/webSocket/averageLatency", "number"),
    ("/webSocket/connectionsToday", "number"),
    ("/openAI/realtimeConnections", "number"),
    ("/openAI/modelStatus", "string"),
    ("/openAI/averageResponseTime", "number"),
    ("/environment", "object"),
    ("/environment/nodeEnv", "string"),
    ("/environment/verboseLogging", "boolean"),
    ("/environment/realtimeAPIEnabled", "boolean"),
];

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Row 58.
#[tokio::test]
async fn health_has_every_key_of_the_guide() -> anyhow::Result<()> {
    let app = TestApp::start_with(|setup| setup.variables.push(("NODE_ENV", "test".to_owned()))).await?;
    let answer = app.request("GET", "/health").await?;
    assert_eq!((answer.status, answer.kind.as_str()), (200, "application/json"));
    let health: Value = serde_json::from_str(&answer.body)?;
    for (key, expected) in KEYS {
        assert_eq!(health.pointer(key).map(kind), Some(expected), "{key} in {health}");
    }
    assert_eq!(health["environment"]["nodeEnv"], "test");
    assert_eq!(health["openAI"]["modelStatus"], "gpt-realtime-2.1");
    let timestamp = health["timestamp"].as_str().unwrap();
    assert!(
        timestamp.contains('T') && timestamp.ends_with('Z'),
        "{timestamp} is not written as JavaScript does"
    );
    let memory = |key: &str| health["memory"][key].as_f64().unwrap();
    assert!(memory("rss") > 1.0 && memory("heapUsed") > 0.0 && memory("heapUsed") <= memory("heapTotal"));
    assert!((0.0..=100.0).contains(&memory("heapUsedPercent")));
    app.end().await
}

/// Rows 58, 59, 60: the figures are those of the calls, and idle is no reason for anything but healthy.
#[tokio::test]
async fn healths_figures_follow_the_calls_and_idle_is_healthy() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    let idle = app.read_json("/health").await?;
    assert_eq!((&idle["status"], &idle["findings"]), (&Value::from("healthy"), &Value::Array(Vec::new())));
    assert_eq!(idle["webSocket"]["connectionsToday"], 0);
    let mut call = app.stage.network.dial(app.dial(vec![
        Step::wait_for_agent(300),
        Step::wait_quiet(400),
        Step::SayClip("caller-yes".into()),
        Step::WaitHangup { timeout_ms: 60_000 },
    ])?);
    let mut events = call.events().unwrap();
    for _ in 0..2 {
        while !matches!(events.recv().await?.kind, PhoneEventKind::AgentSpeaks { .. }) {}
    }
    let busy = app.read_json("/health").await?;
    assert_eq!(busy["sessions"]["activeVoiceSessions"], 1);
    assert_eq!(
        (&busy["webSocket"]["activeConnections"], &busy["openAI"]["realtimeConnections"]),
        (&1.into(), &1.into())
    );
    assert!(busy["webSocket"]["totalMessages"].as_u64().unwrap() > 200, "{busy}");
    call.hang_up();
    let ended = app.finish(call).await?;
    app.empty().await?;
    let after = app.read_json("/health").await?;
    // A process whose calls are over is idle, not degraded.
    assert_eq!(
        (&after["status"], &after["webSocket"]["activeConnections"]),
        (&Value::from("healthy"), &0.into())
    );
    assert_eq!(after["webSocket"]["connectionsToday"], 1);
    let turn = ended.call.analytics.turns[0];
    assert_eq!(after["openAI"]["averageResponseTime"], turn.vad_ms + turn.ours_ms + turn.model_ms);
    app.end().await
}

/// Row 59.
#[tokio::test]
async fn health_warns_above_the_memory_limit() -> anyhow::Result<()> {
    let app = TestApp::start_with(|setup| {
        setup.variables.push(("MAX_MEMORY_USAGE_MB", "16".to_owned()));
    })
    .await?;
    // Held until the end, and touched, so that it counts.
    let ballast = vec![1_u8; 48 << 20];
    let answer = app.request("GET", "/health").await?;
    let health: Value = serde_json::from_str(&answer.body)?;
    assert_eq!((answer.status, &health["status"]), (200, &Value::from("warning")));
    assert!(health["findings"][0].as_str().unwrap().contains("16 MB"), "{health}");
    assert_eq!(ballast.iter().map(|byte| u64::from(*byte)).sum::<u64>(), 48 << 20);
    drop(ballast);
    app.end().await
}

/// Row 59. With the database gone the process says so, and does not take new work.
#[tokio::test]
async fn health_is_an_error_and_the_process_not_ready_without_its_database() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    assert_eq!(app.request("GET", "/readyz").await?.status, 200);
    app.stage.server.state.store.close().await?;
    let answer = app.request("GET", "/health").await?;
    let health: Value = serde_json::from_str(&answer.body)?;
    assert_eq!((answer.status, &health["status"]), (500, &Value::from("error")));
    let ready = app.request("GET", "/readyz").await?;
    assert_eq!((ready.status, ready.problem().as_deref()), (503, Some("unavailable")));
    assert_eq!(app.request("GET", "/livez").await?.status, 200);
    // A caller is told to ring again rather than left in silence.
    let form = app.form("CA0000000000000000000000000000b001", &[]);
    let rung = app.post("/api/voice/inbound", &form).await?;
    assert!(rung.status == 200 && rung.body.contains("cannot take your call right now"), "{rung:?}");
    app.end_dirty().await
}

/// Row 59. Regression 23.
#[tokio::test]
async fn a_process_that_drains_lives_and_is_not_ready() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    assert_eq!(app.request("GET", "/livez").await?.body, "ok");
    assert_eq!(app.request("GET", "/readyz").await?.body, "ok");
    let environment = app.stage.server.state.environment.clone();
    let mut call = app.stage.network.dial(app.dial(vec![Step::WaitHangup { timeout_ms: 60_000 }])?);
    let mut events = call.events().unwrap();
    while !matches!(events.recv().await?.kind, PhoneEventKind::AgentSpeaks { .. }) {}
    let base = app.stage.url("/")?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    let stopping = tokio::spawn(app.end_in_disgrace());
    let until = std::time::Instant::now() + Duration::from_secs(5);
    while !environment.draining.load(std::sync::atomic::Ordering::Relaxed) {
        assert!(std::time::Instant::now() < until);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(client.get(base.join("livez")?).send().await?.status(), 200);
    assert_eq!(client.get(base.join("readyz")?).send().await?.status(), 503);
    stopping.await??;
    call.finish().await;
    // Nobody listens any more.
    assert!(client.get(base.join("livez")?).send().await.is_err());
    Ok(())
}
