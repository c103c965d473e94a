//! The command line, as the built program.

mod calls;
mod checks;
mod classify;
mod setup;

use anyhow::{Context as _, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, SystemTime};
use studioconnect_app::stage::{ACCOUNT, BUSINESS_NUMBER, TOKEN};
use studioconnect_store::{Settings, Store};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Time for a command that does its work and ends, on a machine that builds and browses beside it. What hangs, hangs longer.
const LIMIT: Duration = Duration::from_mins(2);
const KEY: &str = "sk-only-tests-know-this-key";
const PASSWORD: &str = "a password of tests";
const SCRIPT: &str = "wait-for-agent 300\nwait-quiet 600 20s\nclip caller-leak\nwait-for-agent 300\n\
    wait-quiet 600 20s\nclip caller-goodbye\nwait-hangup 30s\n";

/// The program beside this test, built when it is not there or older than its sources.
pub(super) async fn program() -> anyhow::Result<PathBuf> {
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

    /// Runs a command that reads these bytes from its standard input.
    async fn run_on(&self, arguments: &[&str], input: &[u8]) -> anyhow::Result<Ran> {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let mut pipe = child.stdin.take().context("it has no standard input")?;
        let input = input.to_vec();
        let writing = tokio::spawn(async move { pipe.write_all(&input).await });
        let output = tokio::time::timeout(LIMIT, child.wait_with_output()).await;
        let ran = Ran::of(&output.with_context(|| format!("{arguments:?} does not end"))??);
        writing.await??;
        Ok(ran)
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
