//! A line to a server that can be cut and mended, as when a server is started anew.

use anyhow::{Context as _, Result};
use std::net::SocketAddr;
use std::sync::Mutex;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

pub(super) struct Line {
    pub(super) address: SocketAddr,
    target: SocketAddr,
    carrying: Mutex<Option<AbortHandle>>,
}

impl Line {
    pub(super) async fn to(target: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let line = Self { address, target, carrying: Mutex::default() };
        line.carry(listener);
        Ok(line)
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends every connection, and takes no other.
    pub(super) fn cut(&self) {
        if let Some(carrying) = self.carrying.lock().unwrap().take() {
            carrying.abort();
        }
    }

    /// Takes connections again, at the same address.
    pub(super) async fn mend(&self) -> Result<()> {
        let mut attempts = 0;
        let listener = loop {
            match TcpListener::bind(self.address).await {
                Ok(listener) => break listener,
                // The task that held it ends when it is next looked at.
                Err(_) if attempts < 1_000 => tokio::task::yield_now().await,
                Err(fault) => return Err(fault).context("the line cannot be mended"),
            }
            attempts += 1;
        };
        self.carry(listener);
        Ok(())
    }

    fn carry(&self, listener: TcpListener) {
        let target = self.target;
        let task = tokio::spawn(async move {
            // Dropped with this task, and with it every connection.
            let mut connections = JoinSet::new();
            while let Ok((mut near, _)) = listener.accept().await {
                connections.spawn(async move {
                    let mut far = TcpStream::connect(target).await?;
                    near.set_nodelay(true)?;
                    far.set_nodelay(true)?;
                    copy_bidirectional(&mut near, &mut far).await
                });
                while connections.try_join_next().is_some() {}
            }
        });
        *self.carrying.lock().unwrap() = Some(task.abort_handle());
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.cut();
    }
}
