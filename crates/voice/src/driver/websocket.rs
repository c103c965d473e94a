//! How sockets are set up and written to.

use futures_util::{FutureExt as _, SinkExt as _};
use std::time::Duration;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

/// Said to a peer that sends more.
pub(super) const TOO_BIG: &str = "frames of at most 64 KB are read";
/// Largest frame read from a socket that others open to us (contract.md).
const MAX_FRAME: usize = 64 * 1024;
/// tungstenite fills its read buffer with zeros before each read; frames are some 300 bytes.
const READ_BUFFER: usize = 4 * 1024;
const WRITE_BUFFER: usize = 8 * 1024;
const MAX_WRITE_BUFFER: usize = 512 * 1024;
/// A peer that does not take what is written for this long is gone.
const WRITE_LIMIT: Duration = Duration::from_secs(5);

/// For sockets that others open to us.
pub(super) fn websocket_config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(MAX_WRITE_BUFFER)
        .max_message_size(Some(MAX_FRAME))
        .max_frame_size(Some(MAX_FRAME))
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
