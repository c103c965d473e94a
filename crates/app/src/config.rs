//! The installation's settings, all from the environment.
//!
//! [`variables`] is the table of every variable; [`Config::read`] turns the environment into what the program's parts are
//! started with, or lists every mistake in it at once.

mod read;
mod slips;
pub mod variables;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use studioconnect_connectors::fetch::PrivateTargets;
use studioconnect_connectors::openai::realtime::{AudioKind, Endpoint};
use studioconnect_connectors::secret::Secret;
use studioconnect_web::auth::Proxies;
use studioconnect_web::urls::PublicUrl;
use url::Url;

/// Settings as the program uses them.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where files go.
    pub data_dir: PathBuf,
    /// This program, which is started anew to read documents.
    pub program: PathBuf,
    /// Whose word is believed about where requests come from.
    pub proxies: Proxies,
    /// What addresses given by people may lead to although it is not public.
    pub private_targets: PrivateTargets,
    /// The database.
    pub store: studioconnect_store::Settings,
    /// Our address as others see it.
    pub public: PublicUrl,
    /// The model and what belongs to it.
    pub model: ModelConfig,
    /// The phone; none is phone off.
    pub twilio: Option<TwilioConfig>,
    /// Signs sessions of people.
    pub jwt_secret: Option<Secret>,
    /// Seals what must be read again.
    pub encryption_key: Option<Secret>,
    /// Strangers may open a business.
    pub has_sign_up: bool,
    /// Time between pings.
    pub ping_interval: Duration,
    /// Time for a pong.
    pub pong_timeout: Duration,
    /// Most calls at once.
    pub max_calls: usize,
    /// Above this health says warning.
    pub max_memory_mb: u64,
    /// Shown in health.
    pub node_env: Option<String>,
    /// Whether a Redis is named, which this version does not use yet.
    pub has_redis: bool,
    /// How mail goes out.
    pub mail: MailConfig,
    /// What is logged.
    pub log: LogConfig,
}

/// How mail goes out.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// Its sender.
    pub from: String,
    /// Where questions to the operator go.
    pub support: Option<String>,
    /// The server; none writes files.
    pub smtp_url: Option<Secret>,
}

/// The model.
#[derive(Clone, Debug)]
pub struct ModelConfig {
    /// REST base, such as `https://api.openai.com/v1`.
    pub base_url: Url,
    /// Realtime.
    pub endpoint: Endpoint,
    /// How sound travels.
    pub audio: AudioKind,
    /// Writes down what callers say.
    pub transcription_model: String,
    /// Chats.
    pub chat_model: String,
    /// Makes vectors of texts.
    pub embedding_model: String,
    /// Speaks where nobody is on the line, such as in a preview of a voice.
    pub speech_model: String,
    /// Whether there is anything to speak with: no key at OpenAI's own address is no model.
    pub is_usable: bool,
}

/// The phone.
#[derive(Clone, Debug)]
pub struct TwilioConfig {
    /// `AC…`
    pub account_sid: String,
    /// Signs webhooks and REST requests.
    pub auth_token: Secret,
    /// The number for outgoing calls.
    pub number: Option<String>,
    /// REST base.
    pub api_base_url: Url,
}

/// What is logged and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// `RUST_LOG`'s directives.
    pub filter: String,
    /// JSON lines instead of text.
    pub json: bool,
}

impl TwilioConfig {
    /// Whether the REST side is on this machine: a simulator.
    pub fn is_local(&self) -> bool {
        is_loopback(&self.api_base_url)
    }
}

/// Whether a URL leads to this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests;
