//! This binary as a server in a process of its own.

use super::world::World;
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use studioconnect_connectors::http::read_json_bounded;
use studioconnect_domain::ids::BusinessId;
use studioconnect_store::{Settings, Store};
use tokio::process::{Child, Command};

use crate::stage::{ACCOUNT, BUSINESS_NUMBER, TOKEN};

/// A debug build with an empty database takes some seconds at most.
const READY_LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(10);
/// Largest health report that is read, in bytes.
const REPORT: usize = 1 << 20;
/// Longest call the settings allow, in seconds: a bench is not to be ended by the receptionist.
const LONGEST_CALL: u32 = 14_400;

/// How the server is to be started.
#[derive(Clone, Debug)]
pub(super) struct ServerSettings {
    /// Most calls at once.
    pub(super) places: usize,
    /// Sound is turned into PCM for the model.
    pub(super) pcm: bool,
    /// Noise is suppressed in the server.
    pub(super) suppress_noise: bool,
    /// Variables on top.
    pub(super) environment: BTreeMap<String, String>,
}

/// A running server. It is killed when this is dropped.
pub(super) struct Server {
    child: Child,
    pid: u32,
    base: String,
    folder: tempfile::TempDir,
    client: reqwest::Client,
}

impl Server {
    /// Opens a business, starts the server, and waits until it is ready.
    pub(super) async fn start(
        settings: &ServerSettings,
        world: &World,
        client: reqwest::Client,
    ) -> Result<Self> {
        let folder = tempfile::tempdir().context("no temporary folder")?;
        let port = free_port()?;
        let variables = variables(settings, world, folder.path(), port);
        open_business(&variables).await?;
        change_agent(folder.path(), settings.suppress_noise).await?;
        Self::spawn(folder, port, &variables, client).await
    }

    /// Starts the server with these variables, and waits until it is ready. Without `DATA_DIR` it is the folder.
    pub(super) async fn spawn(
        folder: tempfile::TempDir,
        port: u16,
        variables: &BTreeMap<String, String>,
        client: reqwest::Client,
    ) -> Result<Self> {
        let mut variables = variables.clone();
        variables.entry("DATA_DIR".to_owned()).or_insert_with(|| folder.path().display().to_string());
        let log = std::fs::File::create(log_of(folder.path()))?;
        let mut command = this_binary(&variables)?;
        // Signals of the terminal are ours: the server is to be killed, not to wait for its calls.
        command.arg("serve").stdout(Stdio::null()).stderr(log).process_group(0);
        let child = command.spawn().context("the server cannot be started")?;
        let pid = child.id().context("the server ended at once")?;
        let base = format!("http://127.0.0.1:{port}");
        let mut server = Self { child, pid, base, folder, client };
        server.wait_ready().await?;
        Ok(server)
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    async fn wait_ready(&mut self) -> Result<()> {
        let url = self.url(studioconnect_web::urls::READYZ);
        let since = Instant::now();
        while since.elapsed() < READY_LIMIT {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended with {status}: {}", self.last_words(8));
            }
            if self.client.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
        bail!("the server was not ready within {} s: {}", READY_LIMIT.as_secs(), self.last_words(8))
    }

    /// A number of the health report.
    pub(super) async fn health(&self, pointer: &str) -> Result<u64> {
        let url = self.url(studioconnect_web::urls::HEALTH);
        let answer = self.client.get(url).send().await.context("the server does not answer")?;
        let report: Value = read_json_bounded(answer, REPORT).await?;
        report.pointer(pointer).and_then(Value::as_u64).with_context(|| format!("/health has no {pointer}"))
    }

    /// The end of what the server logged.
    pub(super) fn last_words(&self, lines: usize) -> String {
        let text = std::fs::read_to_string(log_of(self.folder.path())).unwrap_or_default();
        let all: Vec<_> = text.lines().collect();
        all.get(all.len().saturating_sub(lines)..).unwrap_or_default().join("\n")
    }

    /// Ends it and waits until it is gone.
    pub(super) async fn kill(mut self) {
        // It may have ended already, which is as good.
        let _ = self.child.kill().await;
    }
}

fn log_of(folder: &Path) -> std::path::PathBuf {
    folder.join("server.log")
}

pub(super) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn this_binary(variables: &BTreeMap<String, String>) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("this program's file")?);
    command.env_clear().envs(variables).stdin(Stdio::null()).kill_on_drop(true);
    Ok(command)
}

fn variables(settings: &ServerSettings, world: &World, folder: &Path, port: u16) -> BTreeMap<String, String> {
    let mut variables: BTreeMap<String, String> = [
        ("DATA_DIR", folder.display().to_string()),
        ("PORT", port.to_string()),
        ("TWILIO_ACCOUNT_SID", ACCOUNT.to_owned()),
        ("TWILIO_AUTH_TOKEN", TOKEN.to_owned()),
        ("TWILIO_API_BASE_URL", world.rest_url()),
        ("TWILIO_WEBHOOK_BASE_URL", format!("http://127.0.0.1:{port}")),
        ("OPENAI_BASE_URL", format!("{}/v1", world.rest_url())),
        ("OPENAI_REALTIME_URL", world.model_url()),
        ("OPENAI_REALTIME_AUDIO", if settings.pcm { "pcm24k" } else { "pcmu" }.to_owned()),
        ("MAX_WEBSOCKET_CONNECTIONS", settings.places.to_string()),
        ("RUST_LOG", "warn".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    variables.extend(settings.environment.clone());
    variables
}

async fn open_business(variables: &BTreeMap<String, String>) -> Result<()> {
    let mut command = this_binary(variables)?;
    command.args(["business", "create", "--name", "Harbor Light Plumbing", "--plan", "PRO"]);
    command.args([
        "--phone",
        BUSINESS_NUMBER,
        "--email",
        "owner@example.com",
        "--password",
        "bench-password",
    ]);
    let done = command.output().await.context("`business create` cannot be run")?;
    let complaint = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "`business create` failed: {}", complaint.trim());
    Ok(())
}

/// What `business create` has no words for. A database named by `--server-env` is left as it is.
async fn change_agent(folder: &Path, suppress_noise: bool) -> Result<()> {
    let file = folder.join("studioconnect.db");
    if !file.exists() {
        ensure!(!suppress_noise, "--suppress-noise needs the bench's own database");
        return Ok(());
    }
    let store = Store::open(&Settings::new(format!("sqlite://{}?mode=rwc", file.display()))).await?;
    let number = studioconnect_domain::phone::PhoneNumber::read(BUSINESS_NUMBER, "US")?;
    let reception = store.find_business_by_number(&number).await?.context("the business was not kept")?;
    let business: BusinessId = reception.business.id;
    let mut config = store.agent_config(business).await?;
    config.suppress_noise_locally = suppress_noise;
    config.max_call_seconds = LONGEST_CALL;
    config.spend_cap_cents = 0;
    store.set_agent_config(business, &config).await?;
    store.close().await?;
    Ok(())
}
