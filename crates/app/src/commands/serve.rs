//! `serve`: the server until it is told to stop.

use crate::config::Config;
use crate::server::Server;
use anyhow::{Context as _, Result};
use std::time::Duration;
use studioconnect_domain::Clock;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Calls may go on for this long after the first signal; a second one ends them.
const DRAIN: Duration = Duration::from_mins(15);

pub(super) async fn run(config: &Config) -> Result<bool> {
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    let server = Server::start(config, Clock::System, listener).await?;
    tracing::info!(address = %server.address, "StudioConnect is up");
    if config.twilio.is_none() {
        tracing::info!("the phone is off: TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set");
    } else if !config.public.is_secure() {
        tracing::warn!("TWILIO_WEBHOOK_BASE_URL is not https: Twilio itself cannot open media streams to it");
    }
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut told = async || {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    told().await;
    tracing::info!("stopping: no new calls are taken; a second signal ends those that go on");
    let phone = server.state.phone.clone();
    tokio::select! {
        () = server.stop(DRAIN) => {}
        () = told() => {
            if let Some(phone) = phone {
                phone.switchboard.drain(Duration::ZERO).await;
            }
        }
    }
    Ok(true)
}
