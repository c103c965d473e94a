//! From text to settings, with every mistake on one list.

use super::variables::VARIABLES;
use super::{Config, LogConfig, MailConfig, ModelConfig, TwilioConfig, slips};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use studioconnect_connectors::fetch::{NoTargets, PrivateTargets};
use studioconnect_connectors::mail::Mailer;
use studioconnect_connectors::openai::realtime::{AudioKind, Dialect, Endpoint};
use studioconnect_connectors::openai::rest::base_url;
use studioconnect_connectors::secret::Secret;
use studioconnect_domain::Fault;
use studioconnect_domain::phone::PhoneNumber;
use studioconnect_store::Backend;
use studioconnect_web::auth::{Proxies, ProxiesFault};
use studioconnect_web::urls::PublicUrl;
use url::Url;

const OPENAI: &str = "https://api.openai.com/v1";
const TWILIO: &str = "https://api.twilio.com";
/// Longest time between pings that still notices a dead line, in ms.
const INTERVAL_MOST: u64 = 600_000;
const JWT_LEAST: usize = 32;
/// The running program, also after its file was replaced by a newer one.
const PROGRAM: &str = "/proc/self/exe";

/// Reads variables and collects what is wrong with them.
struct Reader<'a> {
    given: &'a BTreeMap<String, String>,
    faults: Vec<Fault>,
}

impl Config {
    /// Reads the process's environment.
    pub fn from_environment() -> Result<Self, Vec<Fault>> {
        // A name or value that is no text is none of ours.
        let given = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self::read(&given)
    }

    /// Reads settings; an empty value counts as none.
    pub fn read(given: &BTreeMap<String, String>) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader { given, faults: slips::faults(given.keys().map(String::as_str)) };
        let host = reader.parsed::<IpAddr>("HOST", "127.0.0.1", "an IP address such as 0.0.0.0");
        let port = reader.number("PORT", 3_000, 0..=65_535);
        let listen = SocketAddr::new(host.unwrap_or(IpAddr::from([127, 0, 0, 1])), port as u16);
        let data_dir = PathBuf::from(reader.text("DATA_DIR").unwrap_or("./data"));
        let store = reader.store(&data_dir);
        let config = Self {
            public: reader.public(listen),
            program: PathBuf::from(PROGRAM),
            proxies: reader.proxies(),
            private_targets: reader.targets(),
            model: reader.model(),
            twilio: reader.twilio(),
            jwt_secret: reader.jwt_secret(),
            encryption_key: reader.encryption_key(),
            has_redis: reader.text("REDIS_URL").is_some(),
            has_sign_up: reader.choice("ALLOW_SIGNUP", &[("true", true), ("false", false)], false),
            ping_interval: reader.millis("WEBSOCKET_PING_INTERVAL", 30_000),
            pong_timeout: reader.millis("WEBSOCKET_PONG_TIMEOUT", 5_000),
            max_calls: reader.number("MAX_WEBSOCKET_CONNECTIONS", 100, 1..=100_000) as usize,
            max_memory_mb: reader.number("MAX_MEMORY_USAGE_MB", 1_536, 16..=1_048_576),
            node_env: reader.text("NODE_ENV").map(str::to_owned),
            mail: reader.mail(),
            log: reader.log(),
            listen,
            data_dir,
            store,
        };
        reader.secrets_with_postgres(&config);
        reader.later();
        if reader.faults.is_empty() { Ok(config) } else { Err(reader.faults) }
    }
}

impl<'a> Reader<'a> {
    fn text(&self, name: &str) -> Option<&'a str> {
        debug_assert!(VARIABLES.iter().any(|variable| variable.name == name), "{name} is not in the table");
        self.given.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    fn fault(&mut self, name: &str, message: impl Into<String>) {
        self.faults.push(Fault::new(name, message));
    }

    fn parsed<T: FromStr>(&mut self, name: &str, default: &str, shape: &str) -> Option<T> {
        let parsed = self.text(name).unwrap_or(default).parse().ok();
        if parsed.is_none() {
            self.fault(name, format!("must be {shape}"));
        }
        parsed
    }

    fn number(&mut self, name: &str, default: u64, range: std::ops::RangeInclusive<u64>) -> u64 {
        let Some(text) = self.text(name) else { return default };
        if let Some(number) = text.parse().ok().filter(|number| range.contains(number)) {
            return number;
        }
        self.fault(name, format!("must be a whole number from {} to {}", range.start(), range.end()));
        default
    }

    fn millis(&mut self, name: &str, default: u64) -> Duration {
        Duration::from_millis(self.number(name, default, 100..=INTERVAL_MOST))
    }

    fn choice<T: Copy>(&mut self, name: &str, choices: &[(&str, T)], default: T) -> T {
        let Some(text) = self.text(name) else { return default };
        if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == text) {
            return *choice;
        }
        let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
        self.fault(name, format!("must be {}", words.join(" or ")));
        default
    }

    fn url(&mut self, name: &str, default: &str, schemes: &[&str]) -> Option<Url> {
        let url = Url::parse(self.text(name).unwrap_or(default)).ok();
        let url =
            url.filter(|url| schemes.contains(&url.scheme()) && (url.has_host() || url.scheme() == "sqlite"));
        if url.is_none() {
            self.fault(name, format!("must be a URL that begins with {}", schemes.join(":// or ") + "://"));
        }
        url
    }

    fn store(&mut self, data_dir: &std::path::Path) -> studioconnect_store::Settings {
        let default = format!("sqlite://{}?mode=rwc", data_dir.join("studioconnect.db").display());
        let url = self.text("DATABASE_URL").map_or(default, str::to_owned);
        if let Err(fault) = Backend::of(&url) {
            self.fault("DATABASE_URL", fault.to_string());
        }
        let migration_url = self.text("DIRECT_URL").map(str::to_owned);
        if let Some(Err(fault)) = migration_url.as_deref().map(Backend::of) {
            self.fault("DIRECT_URL", fault.to_string());
        }
        studioconnect_store::Settings { migration_url, ..studioconnect_store::Settings::new(url) }
    }

    fn public(&mut self, listen: SocketAddr) -> PublicUrl {
        let default = format!("http://{listen}");
        match PublicUrl::parse(self.text("TWILIO_WEBHOOK_BASE_URL").unwrap_or(&default)) {
            Ok(public) => public,
            Err(fault) => {
                self.fault("TWILIO_WEBHOOK_BASE_URL", fault.to_string());
                PublicUrl::parse("http://127.0.0.1").unwrap_or_else(|_| unreachable_default())
            }
        }
    }

    fn model(&mut self) -> ModelConfig {
        let fallback = || Url::parse(OPENAI).unwrap_or_else(|_| unreachable_default());
        let given = self.url("OPENAI_BASE_URL", OPENAI, &["https", "http"]).unwrap_or_else(fallback);
        let base_url = base_url(&given);
        let realtime = realtime_url(&base_url);
        let url = self.url("OPENAI_REALTIME_URL", realtime.as_str(), &["wss", "ws"]).unwrap_or(realtime);
        let api_key = self.text("OPENAI_API_KEY").map(Secret::new);
        let dialect = self.choice(
            "OPENAI_REALTIME_DIALECT",
            &[("ga", Dialect::Ga), ("beta", Dialect::Beta)],
            Dialect::Ga,
        );
        let kinds = [("pcmu", AudioKind::Pcmu), ("pcm24k", AudioKind::Pcm24k)];
        let audio = self.choice("OPENAI_REALTIME_AUDIO", &kinds, AudioKind::Pcmu);
        let is_openai =
            base_url.host_str() == Some("api.openai.com") && url.host_str() == Some("api.openai.com");
        let named = |name, default: &str| self.text(name).unwrap_or(default).to_owned();
        ModelConfig {
            is_usable: api_key.is_some() || !is_openai,
            endpoint: Endpoint {
                url,
                api_key,
                model: named("OPENAI_REALTIME_MODEL", "gpt-realtime-2.1"),
                dialect,
            },
            audio,
            transcription_model: named("OPENAI_TRANSCRIPTION_MODEL", "gpt-transcribe"),
            chat_model: named("OPENAI_CHAT_MODEL", "gpt-6-luna"),
            embedding_model: named("OPENAI_EMBEDDING_MODEL", "text-embedding-3-small"),
            speech_model: named("OPENAI_SPEECH_MODEL", "gpt-4o-mini-tts"),
            base_url,
        }
    }

    fn twilio(&mut self) -> Option<TwilioConfig> {
        let api_base_url = self.url("TWILIO_API_BASE_URL", TWILIO, &["https", "http"]);
        let number = self.text("TWILIO_PHONE_NUMBER").map(str::to_owned);
        if let Some(Err(fault)) = number.as_deref().map(|number| PhoneNumber::read(number, "US")) {
            self.fault("TWILIO_PHONE_NUMBER", fault.to_string());
        }
        match (self.text("TWILIO_ACCOUNT_SID"), self.text("TWILIO_AUTH_TOKEN")) {
            (Some(sid), Some(token)) => {
                let is_sid = sid.len() == 34
                    && sid.starts_with("AC")
                    && sid.bytes().all(|byte| byte.is_ascii_alphanumeric());
                if !is_sid {
                    self.fault("TWILIO_ACCOUNT_SID", "must be AC and 32 letters or digits");
                }
                let (account_sid, auth_token) = (sid.to_owned(), Secret::new(token));
                api_base_url.map(|api_base_url| TwilioConfig {
                    account_sid,
                    auth_token,
                    number,
                    api_base_url,
                })
            }
            (None, None) => None,
            (Some(_), None) => {
                self.fault("TWILIO_AUTH_TOKEN", "is missing although TWILIO_ACCOUNT_SID is set");
                None
            }
            (None, Some(_)) => {
                self.fault("TWILIO_ACCOUNT_SID", "is missing although TWILIO_AUTH_TOKEN is set");
                None
            }
        }
    }

    fn jwt_secret(&mut self) -> Option<Secret> {
        let secret = self.text("JWT_SECRET")?;
        if secret.len() < JWT_LEAST {
            self.fault("JWT_SECRET", format!("must have at least {JWT_LEAST} characters"));
        }
        Some(Secret::new(secret))
    }

    fn encryption_key(&mut self) -> Option<Secret> {
        let key = self.text("ENCRYPTION_KEY")?;
        let is_hex = key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_base64 = matches!(key.trim_end_matches('=').len(), 43);
        if !is_hex && !is_base64 {
            self.fault("ENCRYPTION_KEY", "must be 32 bytes, as 64 hex digits or in base64");
        }
        Some(Secret::new(key))
    }

    /// Several replicas over one database must share their secrets; a file of one of them would not do.
    fn secrets_with_postgres(&mut self, config: &Config) {
        if Backend::of(&config.store.url).ok() != Some(Backend::Postgres) {
            return;
        }
        for (name, is_missing) in
            [("JWT_SECRET", config.jwt_secret.is_none()), ("ENCRYPTION_KEY", config.encryption_key.is_none())]
        {
            if is_missing {
                self.fault(name, "is required with PostgreSQL");
            }
        }
    }

    fn mail(&mut self) -> MailConfig {
        let smtp_url = self.text("SMTP_URL").map(Secret::new);
        if smtp_url.is_some() {
            self.url("SMTP_URL", "", &["smtp", "smtps"]);
        }
        let from = self.text("FROM_EMAIL").unwrap_or("StudioConnect <studioconnect@localhost>").to_owned();
        if let Err(fault) = Mailer::to_files(&from, PathBuf::new()) {
            self.fault("FROM_EMAIL", fault.to_string());
        }
        let support = self.text("SUPPORT_EMAIL").map(str::to_owned);
        if let Some(Err(fault)) = support.as_deref().map(|to| Mailer::to_files(to, PathBuf::new())) {
            self.fault("SUPPORT_EMAIL", fault.to_string());
        }
        MailConfig { from, support, smtp_url }
    }

    fn log(&mut self) -> LogConfig {
        let filter = self.text("RUST_LOG").unwrap_or("info").to_owned();
        if let Err(fault) = tracing_subscriber::EnvFilter::try_new(&filter) {
            self.fault("RUST_LOG", format!("cannot be read: {fault}"));
        }
        let json = self.choice("LOG_FORMAT", &[("text", false), ("json", true)], false);
        LogConfig { filter, json }
    }

    /// Variables whose features come later are checked now, so that nobody finds out then.
    fn later(&mut self) {
        if self.text("REDIS_URL").is_some() {
            self.url("REDIS_URL", "", &["redis", "rediss"]);
        }
        for (name, default) in [
            ("SENDGRID_BASE_URL", "https://api.sendgrid.com"),
            ("ASANA_BASE_URL", "https://app.asana.com"),
            ("MONDAY_BASE_URL", "https://api.monday.com"),
            ("TRELLO_BASE_URL", "https://api.trello.com"),
            ("GOOGLE_BASE_URL", "https://www.googleapis.com"),
        ] {
            self.url(name, default, &["https", "http"]);
        }
        self.number("PM_SYNC_INTERVAL", 300, 10..=86_400);
        self.choice("SEED_MOCK_PROJECTS", &[("true", true), ("false", false)], false);
    }

    fn proxies(&mut self) -> Proxies {
        self.text("TRUSTED_PROXIES").unwrap_or_default().parse().unwrap_or_else(|fault: ProxiesFault| {
            self.fault("TRUSTED_PROXIES", fault.to_string());
            Proxies::default()
        })
    }

    fn targets(&mut self) -> PrivateTargets {
        self.text("ALLOW_PRIVATE_TARGETS").unwrap_or_default().parse().unwrap_or_else(|fault: NoTargets| {
            self.fault("ALLOW_PRIVATE_TARGETS", fault.to_string());
            PrivateTargets::default()
        })
    }
}

/// The socket form of a REST base: `https://host/v1` → `wss://host/v1/realtime`.
fn realtime_url(base: &Url) -> Url {
    let scheme = if base.scheme() == "http" { "ws" } else { "wss" };
    let rest = base.as_str().split_once(':').map_or("", |(_, rest)| rest).trim_end_matches('/');
    Url::parse(&format!("{scheme}:{rest}/realtime")).unwrap_or_else(|_| base.clone())
}

/// For constants of ours that parse, whatever was given.
fn unreachable_default<T>() -> T {
    unreachable!("a constant of this file does not parse")
}
