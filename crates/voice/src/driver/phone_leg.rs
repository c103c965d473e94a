//! The caller's side of a call.

use super::tape::Tape;
use super::websocket::{TOO_BIG, flush, queue, websocket_config};
use futures_util::{FutureExt as _, StreamExt as _};
use std::time::Duration;
use studioconnect_connectors::twilio::media::{write_clear, write_mark, write_media};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

/// Longest sound in one message, in base64 characters: under the 64 KB that are safe, and whole bytes for every cut.
const PIECE: usize = 48 * 1024;
const CLOSE_LIMIT: Duration = Duration::from_millis(300);
/// A network that has ended a call closes its stream within this.
const HANG_UP_LIMIT: Duration = Duration::from_millis(500);

/// What came from the caller's side.
pub(super) type FromPhone = Option<Result<Message, WsError>>;

pub(super) struct PhoneLeg {
    socket: WebSocketStream<Tape>,
    /// Empty until the stream has started.
    pub(super) stream_sid: String,
    /// The peer sent more than is read (contract.md); it is told so.
    pub(super) is_too_big: bool,
}

impl PhoneLeg {
    pub(super) async fn open(stream: TcpStream, ahead: Vec<u8>) -> Self {
        let tape = Tape::playing(stream, ahead);
        let socket = WebSocketStream::from_raw_socket(tape, Role::Server, Some(websocket_config())).await;
        Self { socket, stream_sid: String::new(), is_too_big: false }
    }

    pub(super) async fn next(&mut self) -> FromPhone {
        self.socket.next().await
    }

    pub(super) fn ready(&mut self) -> Option<FromPhone> {
        self.socket.next().now_or_never()
    }

    pub(super) async fn play(&mut self, base64: &str) -> Result<(), WsError> {
        let mut rest = base64;
        while !rest.is_empty() {
            // Base64 is ASCII on every path that leads here; anything else is cut nowhere.
            let at = rest.len().min(PIECE);
            let (piece, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
            rest = after;
            let mut frame = String::with_capacity(piece.len() + 96);
            write_media(&mut frame, &self.stream_sid, piece);
            queue(&mut self.socket, Message::text(frame)).await?;
        }
        Ok(())
    }

    pub(super) async fn mark(&mut self, name: &str) -> Result<(), WsError> {
        let mut frame = String::with_capacity(112);
        write_mark(&mut frame, &self.stream_sid, name);
        queue(&mut self.socket, Message::text(frame)).await
    }

    pub(super) async fn clear(&mut self) -> Result<(), WsError> {
        let mut frame = String::with_capacity(80);
        write_clear(&mut frame, &self.stream_sid);
        queue(&mut self.socket, Message::text(frame)).await
    }

    pub(super) async fn ping(&mut self) -> Result<(), WsError> {
        queue(&mut self.socket, Message::Ping(Vec::new().into())).await
    }

    pub(super) async fn flush(&mut self) -> Result<(), WsError> {
        flush(&mut self.socket).await
    }

    /// Waits for the network to close a stream whose call it was asked to end; closing first would make it go on with the
    /// verbs behind the stream.
    pub(super) async fn await_close(&mut self) {
        let _ = tokio::time::timeout(HANG_UP_LIMIT, async {
            while self.socket.next().await.is_some_and(|read| read.is_ok()) {}
        })
        .await;
    }

    /// Says goodbye and waits a moment for the answer.
    pub(super) async fn close(mut self) {
        let _ = tokio::time::timeout(CLOSE_LIMIT, async {
            let too_big = CloseFrame { code: CloseCode::Size, reason: TOO_BIG.into() };
            self.socket.close(self.is_too_big.then_some(too_big)).await?;
            while self.socket.next().await.is_some_and(|read| read.is_ok()) {}
            Ok::<_, WsError>(())
        })
        .await;
    }
}
