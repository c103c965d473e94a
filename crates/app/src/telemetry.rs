//! What is logged, and how.

use crate::config::LogConfig;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::util::SubscriberInitExt as _;

/// At their finest these log whole requests and frames: keys, and what people say.
const NEVER_TRACED: &str =
    "tungstenite=info,tokio_tungstenite=info,hyper=info,hyper_util=info,reqwest=info,sqlx=info";

/// Begins to log to standard error. A second call changes nothing, so tests can call it too.
pub fn start(config: &LogConfig) {
    let filter = EnvFilter::try_new(format!("{},{NEVER_TRACED}", config.filter));
    let filter = filter.unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = if config.json { builder.json().finish().try_init() } else { builder.finish().try_init() };
}
