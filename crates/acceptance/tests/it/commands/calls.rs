//! Calls from the command line, and what operators see of them.

use super::{KEY, PASSWORD, Place, Running, SCRIPT, World, create_business, free_port};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use studioconnect_app::stage::{ACCOUNT, BUSINESS_NUMBER, TOKEN};
use studioconnect_domain::call::{CallStatus, Outcome};

/// Rows 18, 119, 120: three processes, one call, and nothing secret in what they say.
#[tokio::test]
async fn a_call_from_the_command_line_runs_through_server_and_model() -> anyhow::Result<()> {
    let world = World::start().await?;
    let script = world.place.folder.path().join("call.txt");
    std::fs::write(&script, SCRIPT)?;
    let ran = world.call(&["--script", script.to_str().unwrap()]).await?;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("completed after") && !ran.out.contains("the script:"), "{}", ran.out);
    let recording = ran.out.lines().last().unwrap().trim_start_matches("what the caller heard: ");
    assert!(world.place.folder.path().join(recording).metadata()?.len() > 50_000, "{recording}");

    let healthy = world.place.run(&["health", "--server", &world.url]).await?;
    assert_eq!(healthy.code, Some(0), "{healthy:?}");
    assert_eq!(serde_json::from_str::<Value>(&healthy.out)?["status"], "healthy");
    let sockets = world.place.run(&["health", "websockets", "--server", &world.url]).await?;
    assert_eq!(sockets.code, Some(0), "{sockets:?}");
    assert!(sockets.out.starts_with("0 of 100 places taken") && sockets.out.contains("1 streams today"));

    assert_monitored(&world).await?;

    let store = world.place.store().await?;
    let business = store.list_businesses().await?[0].id;
    let call = store.recent_calls(business, 10, None).await?[0].clone();
    assert_eq!((call.status, call.outcome), (CallStatus::Completed, Some(Outcome::Lead)));
    let saved = world.place.folder.path().join("call.rec").display().to_string();
    let ran = world.place.run(&["replay", "--call", &call.provider_sid, "--save", &saved]).await?;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for arguments in [vec!["replay", &saved], vec!["replay", "--brief", "--call", &call.provider_sid]] {
        let ran = world.place.run(&arguments).await?;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(ran.out.contains("inputs gave the same effects again."), "{}", ran.out);
    }
    let text = std::fs::read_to_string(&saved)?.replace("kitchen tap is leaking", "bathroom is on fire");
    std::fs::write(&saved, text)?;
    let ran = world.place.run(&["replay", &saved]).await?;
    assert!(ran.code == Some(1) && ran.out.contains("gave other effects"), "{ran:?}");

    assert_kept_secret(world).await
}

/// Row 122: live connections and their traffic, once or until stopped, for people and for programs.
async fn assert_monitored(world: &World) -> anyhow::Result<()> {
    let monitor = ["monitor", "websockets", "--server", &world.url];
    let once = world.place.run(&[&monitor[..], &["--once"]].concat()).await?;
    let lines: Vec<Vec<&str>> = once.out.lines().map(|line| line.split_whitespace().collect()).collect();
    let [heading, figures] = &lines[..] else { panic!("{once:?}") };
    assert_eq!(
        (once.code, &heading[..5]),
        (Some(0), &["live", "waiting", "places", "today", "messages"][..])
    );
    assert_eq!(figures[..4], ["0", "0", "100", "1"]);
    assert!(figures[4].parse::<u32>()? > 500, "a call of many seconds has 50 frames in each: {figures:?}");

    let mut watching = Running::start(&world.place, &[&monitor[..], &["--json", "--every", "1"]].concat())?;
    for _ in 0..2 {
        let look: Value = serde_json::from_str(&watching.says("live").await?)?;
        assert_eq!((&look["live"], &look["today"]), (&0.into(), &1.into()));
    }
    assert_eq!(watching.end("-INT").await?.0, Some(0));
    Ok(())
}

/// Row 45: one line for a call that fails, with the stage it was in and the cause; whose call, and no more of it.
#[tokio::test]
async fn a_failed_call_leaves_one_line_with_stage_and_cause_and_no_secret() -> anyhow::Result<()> {
    let wrong = "sk-that-nobody-knows";
    let world = World::start_with_key(wrong).await?;
    let script = world.place.folder.path().join("call.txt");
    std::fs::write(&script, "wait-for-agent 300\nhangup\n")?;
    let ran = world.call(&["--script", script.to_str().unwrap()]).await?;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let store = world.place.store().await?;
    let business = store.list_businesses().await?[0].id;
    let call = store.recent_calls(business, 10, None).await?[0].clone();
    let (_, log) = world.server.end("-TERM").await?;
    let failed: Vec<Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &Value| line["fields"]["message"] == "call failed")
        .collect();
    let [line] = &failed[..] else { panic!("{failed:#?}") };
    assert_eq!((&line["level"], &line["fields"]["call"]), (&"WARN".into(), &call.id.to_string().into()));
    assert_eq!(line["fields"]["stage"], "before the greeting");
    assert!(line["fields"]["cause"].as_str().unwrap().contains("401"), "{line}");
    for secret in [wrong, TOKEN, "2065550142"] {
        assert!(!log.contains(secret), "the log holds {secret:?}");
    }
    // The model's server saw a wrong key, which is the rule that was broken here.
    world.model.end("-INT").await?;
    Ok(())
}

/// Row 148 (secrets never logged), contract (0600): ends a world and looks at what it said and left.
async fn assert_kept_secret(world: World) -> anyhow::Result<()> {
    let World { place, model, server, .. } = world;
    let (code, log) = server.end("-TERM").await?;
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("stopping") && log.contains("call ends"), "{log}");
    let mut secrets = vec![KEY.to_owned(), TOKEN.to_owned(), PASSWORD.to_owned()];
    for name in ["jwt.secret", "encryption.key"] {
        let file = place.data().join(name);
        assert_eq!(file.metadata()?.permissions().mode() & 0o777, 0o600, "{name}");
        secrets.push(std::fs::read_to_string(file)?);
    }
    // Neither secrets nor what was said nor who called belongs into a log.
    secrets.extend(["kitchen tap", "2065550142"].map(str::to_owned));
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(secret.trim()));
        assert!(line.is_none(), "the log holds {secret:?}: {line:?}");
    }
    let (code, said) = model.end("-INT").await?;
    assert_eq!(code, Some(0), "the model saw rules broken: {said}");
    Ok(())
}

/// Contract: a simulated call must never reach a server that talks to the real Twilio.
#[tokio::test]
async fn call_refuses_a_server_whose_twilio_is_not_on_this_machine() -> anyhow::Result<()> {
    let port = free_port()?;
    let place = Place::new()
        .await?
        .with("PORT", port.to_string())
        .with("TWILIO_ACCOUNT_SID", ACCOUNT)
        .with("TWILIO_AUTH_TOKEN", TOKEN)
        .with("TWILIO_API_BASE_URL", "https://twilio.example.com");
    create_business(&place).await?;
    let mut server = Running::start(&place, &["serve"])?;
    server.says("StudioConnect is up").await?;
    let url = format!("http://127.0.0.1:{port}");
    let rest_port = free_port()?.to_string();
    let call = ["call", "--to", BUSINESS_NUMBER, "--server", &url, "--rest-port", &rest_port];
    let ran = place.run(&call).await?;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("TWILIO_API_BASE_URL"), "{}", ran.err);
    let store = place.store().await?;
    let business = store.list_businesses().await?[0].id;
    assert_eq!(store.recent_calls(business, 10, None).await?, []);
    assert_eq!(server.end("-TERM").await?.0, Some(0));
    let gone = place.run(&call).await?;
    assert!(gone.code == Some(1) && gone.err.contains("is the server running?"), "{gone:?}");
    Ok(())
}
