//! A strict OpenAI server on loopback: the Realtime side here, the REST side in `rest`.
//!
//! It speaks the GA or the beta wire (protocol page "OpenAI Realtime API"), listens to the audio it is
//! really sent, refuses what the real service refuses, and remembers all of it:
//! [`RealtimeServer::violations`] is empty after a call of a well-behaved client.
//!
//! Replies come from a [`Brain`]: rules, so that a call is the same every time. What is said is heard
//! as [`crate::speech::sound_of`] the words. What a caller says is understood when it is a recording,
//! or was made known by [`RealtimeServer::register_utterance`], and at least 90 % of it arrived.

mod brain;
mod config;
mod conversation;
mod ear;
mod faults;
mod format;
mod hearing;
mod hub;
mod item;
mod report;
mod rest;
mod schema;
mod server;
mod session;
mod settings;
mod socket;
#[cfg(test)]
mod tests;
mod usage;
mod vad;
mod wire;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use brain::{Brain, Rule, ToolCall, When};
pub use faults::{Ending, Fault, FaultPlan, PlannedFault, Strangeness};
pub use hearing::HeardSound;
pub use item::{Item, ItemKind};
pub use report::{ClientEvent, ResponseReport, SessionEnd, SessionReport, Truncation, TurnReport, Violation};
pub use rest::{PlannedRestFault, RestFault, RestRequest, RestSettings, RestViolation, Route};
pub use settings::{Dialect, Model, RealtimeSettings};

use hub::Hub;

/// How long [`RealtimeServer::shutdown`] waits for sessions to close.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(2);

/// A running server. It stops when dropped.
pub struct RealtimeServer {
    hub: Arc<Hub>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl RealtimeServer {
    /// Starts a server on 127.0.0.1. Fails when the port is taken.
    pub async fn start(settings: RealtimeSettings) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.port)).await?;
        let address = listener.local_addr()?;
        let hub = Arc::new(Hub::new(settings));
        let router = server::router(Arc::clone(&hub));
        let stop = hub.stop.clone();
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "simulated Realtime server: Nagle's algorithm stays on");
            }
        });
        let server = tokio::spawn(async move {
            let serving = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned());
            if let Err(error) = serving.await {
                tracing::error!(%error, "simulated Realtime server stopped");
            }
        });
        Ok(Self { hub, address, server })
    }

    /// `ws://127.0.0.1:PORT/v1/realtime`; the client adds `?model=…`.
    pub fn url(&self) -> String {
        format!("ws://{}/v1/realtime", self.address)
    }

    /// `http://127.0.0.1:PORT/v1`, the REST side.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Everything clients did wrong so far, in order.
    pub fn violations(&self) -> Vec<Violation> {
        self.hub.violations()
    }

    /// Forgets the violations, after a test has provoked and checked them.
    pub fn clear_violations(&self) {
        self.hub.clear_violations();
    }

    /// What every session saw so far, in the order they connected.
    pub fn sessions(&self) -> Vec<SessionReport> {
        self.hub.reports()
    }

    /// How many sessions are connected now.
    pub fn live_sessions(&self) -> usize {
        self.hub.live()
    }

    /// Changes what goes wrong, in running sessions too. A timed fault whose time has passed strikes
    /// at once.
    pub fn set_faults(&self, plan: FaultPlan) {
        self.hub.faults.send_replace(plan);
    }

    /// Changes what new sessions say.
    pub fn set_brain(&self, brain: Brain) {
        self.hub.set_brain(brain);
    }

    /// Changes the list of `GET /v1/models`, and which models new sessions may use.
    pub fn set_models(&self, models: Vec<Model>) {
        self.hub.set_models(models);
    }

    /// Makes a sentence known, so that its [`crate::speech::sound_of`] is understood.
    pub fn register_utterance(&self, text: &str) {
        self.hub.register_utterance(text);
    }

    /// Everything clients did wrong on the REST side so far, in order.
    pub fn rest_violations(&self) -> Vec<RestViolation> {
        self.hub.desk.violations()
    }

    /// Forgets them, after a test has provoked and checked them.
    pub fn clear_rest_violations(&self) {
        self.hub.desk.clear_violations();
    }

    /// What the REST side was asked so far, in order.
    pub fn rest_requests(&self) -> Vec<RestRequest> {
        self.hub.desk.requests()
    }

    /// Changes what the REST side does from the next request on.
    pub fn change_rest(&self, change: impl FnOnce(&mut RestSettings)) {
        self.hub.desk.change(change);
    }

    /// Closes every session with 1001 and stops listening.
    pub async fn shutdown(mut self) {
        self.hub.stop.cancel();
        self.hub.tasks.close();
        let closing = async {
            self.hub.tasks.wait().await;
            (&mut self.server).await
        };
        if tokio::time::timeout(SHUTDOWN_LIMIT, closing).await.is_err() {
            tracing::warn!("simulated Realtime server: sessions did not close in time");
        }
    }
}

impl Drop for RealtimeServer {
    fn drop(&mut self) {
        self.hub.stop.cancel();
        self.server.abort();
    }
}
