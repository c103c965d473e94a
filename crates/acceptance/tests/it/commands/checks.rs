//! Whether a server is well, a model speaks as it should, and pages are quick.

use super::{KEY, LIMIT, Place, Running, World, free_port, simulated_model};
use anyhow::Context as _;
use serde_json::Value;
use studioconnect_app::stage::BUSINESS_NUMBER;
use studioconnect_voice::admission::promises::PROMISES;
use tokio::process::Command;

/// Row 124.
#[tokio::test]
async fn health_exits_with_1_when_the_server_is_down_or_its_phone_is_off() -> anyhow::Result<()> {
    let port = free_port()?;
    let url = format!("http://127.0.0.1:{port}");
    let place = Place::new().await?.with("PORT", port.to_string());
    for command in [&["health", "--server", &url][..], &["health", "websockets", "--server", &url]] {
        let ran = place.run(command).await?;
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.err.contains("is the server running?"), "{}", ran.err);
    }
    let mut server = Running::start(&place, &[])?;
    server.says("StudioConnect is up").await?;
    server.says("the phone is off").await?;
    assert_eq!(place.run(&["health", "--server", &url]).await?.code, Some(0));
    let sockets = place.run(&["health", "websockets", "--server", &url]).await?;
    assert_eq!(sockets.code, Some(1), "{sockets:?}");
    assert!(sockets.out.contains("the phone is off"), "{}", sockets.out);
    assert_eq!(server.end("-INT").await?.0, Some(0));
    Ok(())
}

/// Row 121.
#[tokio::test]
async fn test_realtime_passes_in_both_dialects_and_fails_with_a_wrong_key() -> anyhow::Result<()> {
    for dialect in ["ga", "beta"] {
        let place = Place::new().await?;
        let (model, base) = simulated_model(&place, &["--dialect", dialect, "--api-key", KEY]).await?;
        let place = place.with("OPENAI_BASE_URL", &base).with("OPENAI_REALTIME_DIALECT", dialect);
        let wrong = place.run(&["test", "realtime"]).await?;
        assert_eq!(wrong.code, Some(1), "{dialect}: {wrong:?}");
        assert!(wrong.err.contains("OPENAI_API_KEY"), "{dialect}: {}", wrong.err);
        let place = place.with("OPENAI_API_KEY", KEY);
        let right = place.run(&["test", "realtime"]).await?;
        assert_eq!(right.code, Some(0), "{dialect}: {right:?}");
        assert!(right.out.ends_with("The server keeps the contract.\n"), "{dialect}: {}", right.out);
        assert_eq!(right.out.lines().filter(|line| line.starts_with("ok  ")).count(), 7, "{}", right.out);
        // The request without a key is the one rule that was broken, on purpose.
        let (code, said) = model.end("-INT").await?;
        assert_eq!(code, Some(1), "{said}");
        assert_eq!(said.lines().filter(|line| line.starts_with("violation ")).count(), 1, "{said}");
    }
    Ok(())
}

/// Regression 23: the first signal waits for calls, the second does not.
#[tokio::test]
async fn a_second_signal_ends_a_server_that_waits_for_its_calls() -> anyhow::Result<()> {
    let world = World::start().await?;
    let script = world.place.folder.path().join("call.txt");
    std::fs::write(&script, "wait-for-agent 300\nwait-hangup 60s\n")?;
    let port = world.rest_port.to_string();
    let script = script.to_str().unwrap();
    let fixed =
        ["call", "--to", BUSINESS_NUMBER, "--server", &world.url, "--rest-port", &port, "--script", script];
    let mut caller = Running::start(&world.place, &fixed)?;
    caller.says("AgentSpeaks").await?;
    let World { mut server, model, .. } = world;
    let id = server.child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await?.success());
    server.says("stopping").await?;
    let (code, log) = server.end("-TERM").await?;
    assert_eq!(code, Some(0), "{log}");
    caller.says("Ended").await?;
    let status = tokio::time::timeout(LIMIT, caller.child.wait()).await??;
    assert_eq!(status.code(), Some(0), "the network saw rules broken: {}", caller.seen);
    assert_eq!(model.end("-INT").await?.0, Some(0));
    Ok(())
}

/// The document that is printed is the one that is served.
#[tokio::test]
async fn openapi_prints_the_document_that_the_server_gives() -> anyhow::Result<()> {
    let place = Place::new().await?;
    let printed = place.run(&["openapi"]).await?;
    assert_eq!(printed.code, Some(0), "{printed:?}");
    let printed: Value = serde_json::from_str(&printed.out)?;
    let app = studioconnect_acceptance::TestApp::start().await?;
    assert_eq!(printed, app.read_json("/api/openapi.json").await?);
    app.end().await
}

/// A bench of a few rows: it writes them, visits every page and tells of each.
#[tokio::test]
async fn bench_pages_visits_every_page_of_a_business_with_a_history() -> anyhow::Result<()> {
    let place = Place::new().await?;
    let ran =
        place.run(&["bench", "pages", "--calls", "20", "--leads", "20", "--rounds", "2", "--json"]).await?;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let lines: Vec<Value> = ran.out.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let (first, pages) = lines.split_last().context("nothing was told")?;
    assert!((1_000..100_000).contains(&first["firstLoadBytes"].as_u64().context("no size")?), "{first}");
    for name in
        ["/admin/dashboard", "/admin/leads/board", "/admin/calls/{id}", "/api/leads", "/api/calls/{id}"]
    {
        let page = pages.iter().find(|page| page["page"] == name);
        let page = page.with_context(|| format!("{name} was not visited"))?;
        assert!(page["p95Ms"].as_f64() > Some(0.0) && page["packedBytes"].as_u64() < page["bytes"].as_u64());
    }
    Ok(())
}

/// Row 123: what the store of voice sessions promises is checked where it is to be kept; a Redis that is named is not passed
/// off as tried. That a broken promise fails the command is the unit tests' matter, as there is no way to break one.
#[tokio::test]
async fn test_voice_sessions_checks_every_promise_and_says_what_it_did_not_try() -> anyhow::Result<()> {
    let ran = Place::new().await?.run(&["test", "voice-sessions"]).await?;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.out.lines().filter(|line| line.starts_with("ok  ")).count(), PROMISES.len());
    assert!(ran.out.contains("one gets in") && ran.out.contains("Every promise is kept."), "{}", ran.out);
    assert!(!ran.out.contains("Redis"));
    let place = Place::new().await?.with("REDIS_URL", "redis://127.0.0.1:1/0");
    let ran = place.run(&["test", "voice-sessions"]).await?;
    assert!(ran.code == Some(0) && ran.out.contains("nothing was tried on Redis"), "{ran:?}");
    Ok(())
}
