//! The model's side of a call.

use super::Shared;
use super::websocket::{flush, queue};
use futures_util::{FutureExt as _, StreamExt as _};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use studioconnect_connectors::openai::realtime::{self, ConnectFault, ModelSocket};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

/// Time for the model's socket to open.
const DIAL_LIMIT: Duration = Duration::from_millis(1_500);
const CLOSE_LIMIT: Duration = Duration::from_millis(500);

/// A socket that is being opened. Dropping it stops that.
pub(super) struct Dialling(JoinHandle<Result<Box<ModelSocket>, ConnectFault>>);

impl Dialling {
    /// Opens a socket in a task of its own, so that it opens while nobody waits for it.
    pub(super) fn start(shared: &Arc<Shared>) -> Self {
        let shared = shared.clone();
        Self(tokio::task::spawn_local(async move {
            realtime::connect(&shared.settings.endpoint, DIAL_LIMIT).await.map(Box::new)
        }))
    }

    /// Gives up a socket, politely if it is open already.
    pub(super) async fn close(mut self) {
        if let Ok(Ok(Ok(socket))) = tokio::time::timeout(CLOSE_LIMIT, &mut self.0).await {
            close(*socket).await;
        }
    }
}

impl Drop for Dialling {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Future for Dialling {
    type Output = Result<Box<ModelSocket>, ConnectFault>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0
            .poll_unpin(cx)
            .map(|joined| joined.unwrap_or_else(|fault| Err(ConnectFault::Unreachable(fault.to_string()))))
    }
}

/// Where the model's side stands.
pub(super) enum ModelLeg {
    Dialling(Dialling),
    Open(Box<ModelSocket>),
    Closed,
}

/// What came from the model's side.
pub(super) enum FromModel {
    Connected(Result<Box<ModelSocket>, ConnectFault>),
    Read(Option<Result<Message, WsError>>),
}

impl ModelLeg {
    /// What comes next; never, once it is closed.
    pub(super) async fn next(&mut self) -> FromModel {
        match self {
            Self::Dialling(dialling) => FromModel::Connected(dialling.await),
            Self::Open(socket) => FromModel::Read(socket.next().await),
            Self::Closed => std::future::pending().await,
        }
    }

    /// What has come already.
    pub(super) fn ready(&mut self) -> Option<FromModel> {
        match self {
            Self::Open(socket) => socket.next().now_or_never().map(FromModel::Read),
            Self::Dialling(_) | Self::Closed => None,
        }
    }

    /// Queues a message; waits only when the peer is slow. A closed leg swallows it: its end has been told to the flow.
    pub(super) async fn send(&mut self, message: Message) -> Result<(), WsError> {
        match self {
            Self::Open(socket) => queue(&mut **socket, message).await,
            Self::Dialling(_) | Self::Closed => Ok(()),
        }
    }

    pub(super) async fn flush(&mut self) -> Result<(), WsError> {
        match self {
            Self::Open(socket) => flush(&mut **socket).await,
            Self::Dialling(_) | Self::Closed => Ok(()),
        }
    }

    /// Closes it without keeping anybody waiting.
    pub(super) fn hang_up(&mut self) {
        match std::mem::replace(self, Self::Closed) {
            Self::Open(socket) => drop(tokio::task::spawn_local(close(*socket))),
            Self::Dialling(dialling) => drop(dialling),
            Self::Closed => {}
        }
    }
}

async fn close(mut socket: ModelSocket) {
    let _ = tokio::time::timeout(CLOSE_LIMIT, async {
        socket.close(None).await?;
        while socket.next().await.is_some_and(|read| read.is_ok()) {}
        Ok::<_, WsError>(())
    })
    .await;
}
