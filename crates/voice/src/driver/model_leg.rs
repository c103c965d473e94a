//! The model's side of a call.

use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use studioconnect_connectors::openai::realtime::{ConnectFault, ModelSocket};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

/// A peer that does not take what is written for this long is gone.
pub(super) const WRITE_LIMIT: Duration = Duration::from_secs(5);
const CLOSE_LIMIT: Duration = Duration::from_millis(500);

/// A socket that is being opened. Dropping it stops that.
pub(super) struct Dialling(JoinHandle<Result<Box<ModelSocket>, ConnectFault>>);

impl Dialling {
    pub(super) fn new(task: JoinHandle<Result<Box<ModelSocket>, ConnectFault>>) -> Self {
        Self(task)
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

/// Queues a message on a socket. While there is room this does not wait; a socket without room for [`WRITE_LIMIT`] is
/// lost, so a slow peer costs its own call and never memory.
pub(super) async fn queue<S>(socket: &mut S, message: Message) -> Result<(), WsError>
where
    S: futures_util::Sink<Message, Error = WsError> + Unpin,
{
    let mut room = std::future::poll_fn(|cx| socket.poll_ready_unpin(cx));
    match (&mut room).now_or_never() {
        Some(ready) => ready?,
        None => tokio::time::timeout(WRITE_LIMIT, room).await.map_err(|_| too_slow())??,
    }
    socket.start_send_unpin(message)
}

/// Sends what is queued, in one write if it fits.
pub(super) async fn flush<S>(socket: &mut S) -> Result<(), WsError>
where
    S: futures_util::Sink<Message, Error = WsError> + Unpin,
{
    let mut sent = std::future::poll_fn(|cx| socket.poll_flush_unpin(cx));
    match (&mut sent).now_or_never() {
        Some(sent) => sent,
        None => tokio::time::timeout(WRITE_LIMIT, sent).await.map_err(|_| too_slow())?,
    }
}

fn too_slow() -> WsError {
    WsError::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, "the peer does not take what is written"))
}
