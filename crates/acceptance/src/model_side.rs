//! What a test changes at the model's side of a call, and reads there.

use crate::test_app::TestApp;
use anyhow::{Context as _, Result, ensure};
use std::net::SocketAddr;
use std::time::Duration;
use studioconnect_domain::agent::AgentConfig;
use studioconnect_simulators::realtime::SessionReport;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use url::Url;

impl TestApp {
    /// Waits until no call is left, and returns what the one session of this app saw.
    pub async fn session(&self) -> Result<SessionReport> {
        self.empty().await?;
        let mut sessions = self.stage.realtime.sessions();
        ensure!(sessions.len() == 1, "the model saw {} sessions", sessions.len());
        sessions.pop().context("no session")
    }

    /// Saves changed settings of the business's agent, for the next call.
    pub async fn configure(&self, change: impl FnOnce(&mut AgentConfig)) -> Result<()> {
        let (store, business) = (&self.stage.server.state.store, self.business.business.id);
        let mut config = store.agent_config(business).await?;
        change(&mut config);
        Ok(store.set_agent_config(business, &config).await?)
    }
}

/// A way to the model on which every connection waits a while before it gets through.
pub struct SlowLine {
    address: SocketAddr,
    target: watch::Sender<Option<SocketAddr>>,
}

impl SlowLine {
    /// Opens it; connections wait until [`SlowLine::lead_to`] says where they are to go, and then for `delay`.
    pub async fn open(delay: Duration) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let target = watch::Sender::new(None);
        let known = target.subscribe();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                // A connection that breaks is the business of its two ends.
                drop(tokio::spawn(carry(near, known.clone(), delay)));
            }
        });
        Ok(Self { address, target })
    }

    /// For `OPENAI_REALTIME_URL`.
    pub fn url(&self) -> String {
        format!("ws://{}/v1/realtime", self.address)
    }

    /// Connections get through to this app's model.
    pub fn lead_to(&self, app: &TestApp) -> Result<()> {
        let url = Url::parse(&app.stage.realtime.url())?;
        let address = url.socket_addrs(|| None)?.pop().context("the model has no address")?;
        self.target.send_replace(Some(address));
        Ok(())
    }
}

async fn carry(
    mut near: TcpStream,
    mut known: watch::Receiver<Option<SocketAddr>>,
    delay: Duration,
) -> Result<()> {
    let target = *known.wait_for(Option::is_some).await?;
    tokio::time::sleep(delay).await;
    let mut far = TcpStream::connect(target.context("no target")?).await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    copy_bidirectional(&mut near, &mut far).await?;
    Ok(())
}
