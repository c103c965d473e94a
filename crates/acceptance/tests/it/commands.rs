//! The command line, as the built program.

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, SystemTime};
use studioconnect_app::stage::{ACCOUNT, BUSINESS_NUMBER, TOKEN};
use studioconnect_domain::call::{CallStatus, Outcome};
use studioconnect_store::{Settings, Store};
use studioconnect_voice::admission::promises::PROMISES;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Time for a command that does its work and ends.
const LIMIT: Duration = Duration::from_secs(40);
const KEY: &str = "sk-only-tests-know-this-key";
const PASSWORD: &str = "a password of tests";
const SCRIPT: &str = "wait-for-agent 300\nwait-quiet 600 20s\nclip caller-leak\nwait-for-agent 300\n\
    wait-quiet 600 20s\nclip caller-goodbye\nwait-hangup 30s\n";

/// The program beside this test, built when it is not there or older than its sources.
async fn program() -> anyhow::Result<PathBuf> {
    let test = std::env::current_exe()?;
    let folder = test.parent().and_then(Path::parent).context("the test is nowhere")?;
    let program = folder.join("studioconnect");
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    if changed(&program) < newest_source(&crates)? {
        let profile = match folder.file_name().and_then(|name| name.to_str()) {
            Some("debug") | None => "dev",
            Some(name) => name,
        };
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["build", "--quiet", "--package", "studioconnect-app", "--profile", profile]);
        let built = build.current_dir(crates).status().await;
        ensure!(built.is_ok_and(|status| status.success()), "the program cannot be built");
    }
    Ok(program)
}

fn changed(path: &Path) -> SystemTime {
    path.metadata().and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// When a source of the program, which is any but a test's, was last changed.
fn newest_source(crates: &Path) -> anyhow::Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    let mut folders = vec![crates.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                let is_of_tests = ["acceptance", "tests"].iter().any(|name| path.ends_with(name));
                folders.extend((!is_of_tests).then_some(path));
            } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
                newest = newest.max(changed(&path));
            }
        }
    }
    Ok(newest)
}

/// A folder with the settings of one installation.
struct Place {
    folder: TempDir,
    program: PathBuf,
    variables: Vec<(String, String)>,
}

impl Place {
    async fn new() -> anyhow::Result<Self> {
        let folder = TempDir::with_prefix("studioconnect-commands-")?;
        let data = folder.path().join("data").display().to_string();
        Ok(Self { folder, program: program().await?, variables: vec![("DATA_DIR".into(), data)] })
    }

    fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).env_clear().envs(self.variables.iter().cloned());
        command.current_dir(self.folder.path()).stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    async fn run(&self, arguments: &[&str]) -> anyhow::Result<Ran> {
        let output = tokio::time::timeout(LIMIT, self.command(arguments).output()).await;
        Ok(Ran::of(&output.with_context(|| format!("{arguments:?} does not end"))??))
    }

    async fn store(&self) -> anyhow::Result<Store> {
        let file = self.data().join("studioconnect.db");
        Ok(Store::open(&Settings::new(format!("sqlite://{}", file.display()))).await?)
    }
}

/// How a command ended and what it said.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

/// A program that goes on until it is told to end.
struct Running {
    child: Child,
    lines: mpsc::UnboundedReceiver<String>,
    seen: String,
    readers: [JoinHandle<()>; 2],
}

impl Running {
    fn start(place: &Place, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut child = place.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (sender, lines) = mpsc::unbounded_channel();
        let out = child.stdout.take().context("no output")?;
        let err = child.stderr.take().context("no errors")?;
        let readers = [listen(out, sender.clone()), listen(err, sender)];
        Ok(Self { child, lines, seen: String::new(), readers })
    }

    /// Waits for a line with these words and returns it.
    async fn says(&mut self, words: &str) -> anyhow::Result<String> {
        let waiting = async {
            while let Some(line) = self.lines.recv().await {
                self.seen.push_str(&line);
                self.seen.push('\n');
                if line.contains(words) {
                    return Ok(line);
                }
            }
            bail!("it ended before it said {words:?}: {}", self.seen)
        };
        tokio::time::timeout(LIMIT, waiting).await.with_context(|| format!("it never said {words:?}"))?
    }

    /// Sends a signal and waits for the end; everything it said, and its exit code.
    async fn end(mut self, signal: &str) -> anyhow::Result<(Option<i32>, String)> {
        let id = self.child.id().context("it is over already")?.to_string();
        ensure!(
            Command::new("kill").args([signal, &id]).status().await?.success(),
            "no signal could be sent"
        );
        let status = tokio::time::timeout(LIMIT, self.child.wait()).await.context("it does not end")??;
        for reader in self.readers {
            reader.await?;
        }
        while let Some(line) = self.lines.recv().await {
            self.seen.push_str(&line);
            self.seen.push('\n');
        }
        Ok((status.code(), self.seen))
    }
}

fn listen(
    from: impl AsyncRead + Unpin + Send + 'static,
    to: mpsc::UnboundedSender<String>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut lines = BufReader::new(from).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let _ = to.send(line);
        }
    })
}

/// A port nobody has now; somebody else could take it before it is used, which is rare enough.
fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The simulated model as a process, and the base URL it is reached on.
async fn simulated_model(place: &Place, more: &[&str]) -> anyhow::Result<(Running, String)> {
    let arguments = [&["simulate", "openai", "--port", "0"], more].concat();
    let mut model = Running::start(place, &arguments)?;
    let line = model.says("OPENAI_BASE_URL=").await?;
    let (_, url) = line.split_once("OPENAI_BASE_URL=").context("no URL")?;
    Ok((model, url.trim().to_owned()))
}

/// A running server that speaks with a simulated model and a phone network that is still to come.
struct World {
    place: Place,
    model: Running,
    server: Running,
    url: String,
    rest_port: u16,
}

impl World {
    async fn start() -> anyhow::Result<Self> {
        Self::start_with_key(KEY).await
    }

    /// The model's server knows [`KEY`] alone.
    async fn start_with_key(key: &str) -> anyhow::Result<Self> {
        let place = Place::new().await?;
        let (model, base) = simulated_model(&place, &["--api-key", KEY]).await?;
        let (port, rest_port) = (free_port()?, free_port()?);
        let place = place
            .with("PORT", port.to_string())
            .with("OPENAI_BASE_URL", base)
            .with("OPENAI_API_KEY", key)
            .with("LOG_FORMAT", "json")
            .with("TWILIO_ACCOUNT_SID", ACCOUNT)
            .with("TWILIO_AUTH_TOKEN", TOKEN)
            .with("TWILIO_API_BASE_URL", format!("http://127.0.0.1:{rest_port}"))
            .with("RUST_LOG", "debug");
        create_business(&place).await?;
        let mut server = Running::start(&place, &["serve"])?;
        server.says("StudioConnect is up").await?;
        Ok(Self { place, model, server, url: format!("http://127.0.0.1:{port}"), rest_port })
    }

    async fn call(&self, more: &[&str]) -> anyhow::Result<Ran> {
        let port = self.rest_port.to_string();
        let fixed = ["call", "--to", BUSINESS_NUMBER, "--server", &self.url, "--rest-port", &port];
        self.place.run(&[&fixed, more].concat()).await
    }
}

async fn create_business(place: &Place) -> anyhow::Result<Ran> {
    let ran = place
        .run(&[
            "business",
            "create",
            "--name",
            "Harbor Light Plumbing",
            "--plan",
            "PRO",
            "--phone",
            BUSINESS_NUMBER,
            "--email",
            "Owner@Example.com",
            "--password",
            PASSWORD,
        ])
        .await?;
    ensure!(ran.code == Some(0), "{ran:?}");
    Ok(ran)
}

/// Row 119.
#[tokio::test]
async fn bad_settings_are_all_listed_and_end_with_2() -> anyhow::Result<()> {
    let place = Place::new()
        .await?
        .with("PORT", "70000")
        .with("HOST", "somewhere")
        .with("OPENAI_REALTIME_DIALECT", "gamma")
        .with("TWILIO_ACCOUNT_SID", "SK123")
        .with("TWILIO_WEBHOOK_BASE_URL", "voice.example.com")
        .with("DATABASE_URL", "mysql://localhost/x")
        .with("JWT_SECRET", "short")
        .with("MAX_WEBSOCKET_CONNECTIONS", "many")
        .with("OPENAI_API_KYE", "x")
        .with("Twilio_Phone_Number", "+12065550100");
    let names = [
        "PORT",
        "HOST",
        "OPENAI_REALTIME_DIALECT",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_WEBHOOK_BASE_URL",
        "DATABASE_URL",
        "JWT_SECRET",
        "MAX_WEBSOCKET_CONNECTIONS",
        "OPENAI_API_KYE",
        "Twilio_Phone_Number",
    ];
    for command in [&["serve"][..], &[], &["migrate"], &["test", "realtime"]] {
        let ran = place.run(command).await?;
        assert_eq!(ran.code, Some(2), "{command:?}: {ran:?}");
        for name in names {
            assert!(
                ran.err.contains(&format!("  {name}: ")),
                "{command:?} does not name {name}: {}",
                ran.err
            );
        }
    }
    let ran = place.run(&["serve"]).await?;
    assert!(ran.err.contains("OPENAI_API_KEY was probably meant"), "{}", ran.err);
    assert!(ran.err.contains("TWILIO_PHONE_NUMBER was probably meant"), "{}", ran.err);
    assert!(!place.data().exists(), "something was made although the settings are wrong");
    Ok(())
}

/// Row 119.
#[tokio::test]
async fn check_explains_every_variable_and_names_a_mend_for_each_finding() -> anyhow::Result<()> {
    let place = Place::new().await?;
    let (model, base) = simulated_model(&place, &["--api-key", KEY]).await?;
    let place = place.with("OPENAI_BASE_URL", &base).with("OPENAI_API_KEY", KEY);
    let ran = place.run(&["check"]).await?;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for variable in studioconnect_app::config::variables::VARIABLES {
        let line = ran.out.lines().find(|line| line.split_whitespace().next() == Some(variable.name));
        assert!(
            line.is_some_and(|line| line.ends_with(variable.meaning)),
            "{} in {}",
            variable.name,
            ran.out
        );
    }
    assert!(!ran.out.contains(KEY), "a secret is shown");
    for finding in ["the Realtime socket opens", "the model's server lists the model", "the phone is off"] {
        assert!(ran.out.contains(finding), "{finding} in {}", ran.out);
    }
    let (code, _) = model.end("-INT").await?;
    assert_eq!(code, Some(0));
    // The model's server is gone: that is wrong, and what to look at is said.
    let ran = place.run(&["check"]).await?;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("WRONG") && ran.out.contains("look at OPENAI_REALTIME_URL"), "{}", ran.out);
    // Settings that cannot be used are listed, not just refused.
    let ran = place.with("PORT", "x").run(&["check"]).await?;
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("  PORT: must be a whole number"), "{}", ran.out);
    Ok(())
}

/// Rows 2, 119. One command brings a fresh database up to date; a second finds nothing to do.
#[tokio::test]
async fn migrate_brings_a_fresh_database_up_to_date() -> anyhow::Result<()> {
    let place = Place::new().await?;
    let first = place.run(&["migrate"]).await?;
    assert_eq!(first.code, Some(0), "{first:?}");
    assert!(first.out.lines().filter(|line| line.starts_with("applied ")).count() >= 3, "{}", first.out);
    let second = place.run(&["migrate"]).await?;
    assert_eq!((second.code, second.out.trim()), (Some(0), "The SQLite database is up to date."));
    assert_eq!(place.store().await?.pending_migrations().await?, Vec::<String>::new());
    Ok(())
}

/// Contract: `business create` prints one JSON line; `user add` and `user reset-password` change who may sign in.
#[tokio::test]
async fn businesses_and_their_people_are_made_by_commands() -> anyhow::Result<()> {
    let place = Place::new().await?;
    let ran = create_business(&place).await?;
    let [line] = ran.out.lines().collect::<Vec<_>>()[..] else { panic!("not one line: {}", ran.out) };
    let made: Value = serde_json::from_str(line)?;
    let [business, user, key] =
        ["businessId", "userId", "widgetKey"].map(|name| made[name].as_str().unwrap());
    assert!(key.starts_with("wk_"), "{line}");

    let again = ["--name", "Other", "--plan", "FREE", "--email", "other@example.com", "--password", PASSWORD];
    let same_number = [&["business", "create", "--phone", BUSINESS_NUMBER], &again[..]].concat();
    let ran = place.run(&same_number).await?;
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "a number belongs to one business: {ran:?}");

    let add = ["user", "add", "--business", business, "--email", "two@example.com", "--password", PASSWORD];
    let added: Value = serde_json::from_str(place.run(&add).await?.out.trim())?;
    assert!(added["userId"].as_str().is_some_and(|id| id != user));
    let store = place.store().await?;
    let before = store.find_user_by_email("two@example.com").await?.unwrap();
    assert_eq!(before.business_id.to_string(), business);
    assert!(!before.password_hash.contains(PASSWORD));
    let reset = ["user", "reset-password", "--email", "TWO@example.com", "--password", "another password"];
    assert_eq!(place.run(&reset).await?.code, Some(0));
    let after = store.find_user_by_email("two@example.com").await?.unwrap();
    assert_ne!(after.password_hash, before.password_hash);
    let owner = store.find_user_by_email("owner@example.com").await?.unwrap();
    assert_eq!(owner.id.to_string(), user);

    for wrong in [
        vec!["user", "reset-password", "--email", "nobody@example.com", "--password", "another password"],
        vec!["user", "add", "--business", business, "--email", "three@example.com", "--password", "short"],
        vec!["user", "add", "--business", business, "--email", "no address", "--password", PASSWORD],
    ] {
        let ran = place.run(&wrong).await?;
        assert!(ran.code == Some(1) && !ran.err.trim().is_empty(), "{wrong:?}: {ran:?}");
    }
    Ok(())
}

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
