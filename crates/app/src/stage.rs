//! The whole outside world on this machine: a server of ours with simulators around it, for the demo and for tests.

use crate::config::Config;
use crate::onboarding::{self, Opened, Opening};
use crate::server::Server;
use anyhow::{Result, anyhow};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use studioconnect_domain::Clock;
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::plan::PlanCode;
use studioconnect_simulators::phone::{Dial, NetworkSettings, PhoneNetwork, Script};
use studioconnect_simulators::realtime::{Dialect, RealtimeServer, RealtimeSettings};
use studioconnect_web::urls;
use tokio::net::{TcpListener, TcpSocket};
use url::Url;

/// Account of the simulated phone network.
pub const ACCOUNT: &str = "AC00000000000000000000000000000001";
/// Its auth token.
pub const TOKEN: &str = "simulated-auth-token-0123456789";
/// Number of the demo business.
pub const BUSINESS_NUMBER: &str = "+12065550100";
/// Number of the demo caller.
pub const CALLER_NUMBER: &str = "+12065550142";
/// Who signs in to the demo business.
pub const OWNER_EMAIL: &str = "owner@example.com";
/// Their password.
pub const OWNER_PASSWORD: &str = "demo-password";

/// How a stage is set up.
#[derive(Clone, Debug)]
pub struct StageSettings {
    /// The simulated model.
    pub realtime: RealtimeSettings,
    /// Variables besides those that lead to the simulators.
    pub variables: BTreeMap<String, String>,
    /// Where the data folder and the recordings go.
    pub folder: PathBuf,
    /// The built program, where this process is another one.
    pub program: Option<PathBuf>,
}

impl StageSettings {
    /// The default model, in `folder`.
    pub fn new(folder: PathBuf) -> Self {
        Self { realtime: RealtimeSettings::default(), variables: BTreeMap::new(), folder, program: None }
    }

    /// Sets a variable of the server's environment.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_string());
        self
    }
}

/// A server and the simulators around it.
pub struct Stage {
    /// The simulated model.
    pub realtime: RealtimeServer,
    /// The simulated phone network.
    pub network: PhoneNetwork,
    /// Our server.
    pub server: Server,
    /// Its settings.
    pub config: Config,
    /// Files of this stage.
    pub folder: PathBuf,
}

impl Stage {
    /// Starts the simulators and then the server, on a free port.
    pub async fn start(settings: StageSettings) -> Result<Self> {
        Self::start_at(settings, SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Starts the simulators and then the server at `listen`.
    pub async fn start_at(settings: StageSettings, listen: SocketAddr) -> Result<Self> {
        let recordings = settings.folder.join("recordings");
        let network =
            NetworkSettings { recordings_dir: Some(recordings), ..NetworkSettings::new(ACCOUNT, TOKEN) };
        let network = PhoneNetwork::start(network).await?;
        let dialect = settings.realtime.dialect;
        let api_key = settings.realtime.api_key.clone();
        let realtime = RealtimeServer::start(settings.realtime).await?;
        let listener = TcpListener::bind(listen).await?;
        let mut variables = BTreeMap::from([
            ("DATA_DIR".to_owned(), settings.folder.join("data").display().to_string()),
            ("TWILIO_ACCOUNT_SID".to_owned(), ACCOUNT.to_owned()),
            ("TWILIO_AUTH_TOKEN".to_owned(), TOKEN.to_owned()),
            ("TWILIO_API_BASE_URL".to_owned(), network.rest_url()),
            ("TWILIO_WEBHOOK_BASE_URL".to_owned(), format!("http://{}", listener.local_addr()?)),
            ("OPENAI_BASE_URL".to_owned(), realtime.base_url()),
            ("OPENAI_REALTIME_URL".to_owned(), realtime.url()),
        ]);
        if dialect == Dialect::Beta {
            variables.insert("OPENAI_REALTIME_DIALECT".to_owned(), "beta".to_owned());
        }
        if let Some(key) = api_key {
            variables.insert("OPENAI_API_KEY".to_owned(), key);
        }
        variables.extend(settings.variables);
        let mut config = Config::read(&variables).map_err(|faults| {
            let faults: Vec<_> =
                faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect();
            anyhow!("the stage's settings are wrong: {}", faults.join("; "))
        })?;
        if let Some(program) = settings.program {
            config.program = program;
        }
        let server = Server::start(&config, Clock::System, listener).await?;
        Ok(Self { realtime, network, server, config, folder: settings.folder })
    }

    /// Stops the server and starts it again where it was, on the same database.
    pub async fn restart(self) -> Result<Self> {
        let Self { realtime, network, server, config, folder } = self;
        let address = server.address;
        server.stop(Duration::from_secs(2)).await;
        let socket = TcpSocket::new_v4()?;
        // The connections that were just closed keep the port for a while.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let server = Server::start(&config, Clock::System, socket.listen(1_024)?).await?;
        Ok(Self { realtime, network, server, config, folder })
    }

    /// Opens the demo business, with changes to its agent.
    pub async fn open_business(
        &self,
        plan: PlanCode,
        change: impl FnOnce(&mut AgentConfig),
    ) -> Result<Opened> {
        let mut config = AgentConfig {
            voice_greeting_message:
                "Thank you for calling {businessName}, this is Mia. How can I help you today?".into(),
            ..AgentConfig::default()
        };
        change(&mut config);
        let opening = Opening {
            name: "Harbor Light Plumbing",
            plan,
            numbers: &[BUSINESS_NUMBER],
            email: OWNER_EMAIL,
            password: OWNER_PASSWORD,
            config,
        };
        Ok(onboarding::open_business(&self.server.state.store, &self.server.state.clock, opening).await?)
    }

    /// The server's absolute URL of a path.
    pub fn url(&self, path: &str) -> Result<Url> {
        Ok(Url::parse(&self.config.public.of(path))?)
    }

    /// A call of the demo caller to the demo business.
    pub fn dial(&self, script: impl Into<Script>) -> Result<Dial> {
        Ok(Dial {
            status_callback: Some(self.url(urls::VOICE_STATUS)?),
            fallback: Some(self.url(urls::VOICE_FALLBACK)?),
            script: script.into(),
            hang_up_after: Some(CALL_MOST),
            ..Dial::new(self.url(urls::VOICE_INBOUND)?, CALLER_NUMBER, BUSINESS_NUMBER)
        })
    }

    /// Stops everything, the server first.
    pub async fn stop(self) {
        self.server.stop(Duration::from_secs(2)).await;
        self.network.shutdown().await;
        self.realtime.shutdown().await;
    }
}

/// No simulated call lasts longer, whatever goes wrong.
const CALL_MOST: Duration = Duration::from_mins(20);
