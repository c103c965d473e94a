//! One open media stream: its counters and its socket.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::tungstenite::Message;

use super::socket::Socket;
use crate::phone::ear::FRAME;
use crate::phone::wire;

/// How long the server may leave its receive window closed before the stream is given up.
const SEND_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the closing handshake may take after the call has moved on.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Frames held back for a burst: ten seconds.
const MAX_HELD: usize = 500;

/// The server does not read.
#[derive(Debug)]
pub(crate) struct Stuck;

pub(crate) struct Session {
    pub(crate) socket: Socket,
    pub(crate) sid: String,
    /// Sample of the call at which the stream began.
    epoch: u64,
    sequence: u64,
    chunk: u64,
    held: Vec<Message>,
    pub(crate) frames_sent: u64,
}

impl Session {
    pub(crate) fn new(socket: Socket, sid: String, epoch: u64) -> Self {
        Self { socket, sid, epoch, sequence: 1, chunk: 0, held: Vec::new(), frames_sent: 0 }
    }

    pub(crate) async fn send(&mut self, message: Message) -> Result<(), Stuck> {
        match tokio::time::timeout(SEND_TIMEOUT, self.socket.send(message)).await {
            // A broken socket shows when it is read next.
            Ok(_) => Ok(()),
            Err(_) => Err(Stuck),
        }
    }

    pub(crate) async fn send_text(&mut self, text: String) -> Result<(), Stuck> {
        self.send(Message::text(text)).await
    }

    fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// Sends the frame that ends at sample `now`, or holds it back.
    pub(crate) async fn frame(&mut self, frame: &[u8; FRAME], now: u64, hold: bool) -> Result<(), Stuck> {
        self.chunk += 1;
        let at_ms = now.saturating_sub(self.epoch) / 8;
        let sequence = self.next_sequence();
        let text = wire::media(&self.sid, sequence, self.chunk, at_ms, frame);
        self.frames_sent += 1;
        if hold && self.held.len() < MAX_HELD {
            self.held.push(Message::text(text));
            return Ok(());
        }
        self.release().await?;
        self.send_text(text).await
    }

    /// Delivers what was held back.
    pub(crate) async fn release(&mut self) -> Result<(), Stuck> {
        for message in std::mem::take(&mut self.held) {
            self.send(message).await?;
        }
        Ok(())
    }

    pub(crate) async fn dtmf(&mut self, digit: char) -> Result<(), Stuck> {
        let sequence = self.next_sequence();
        self.send_text(wire::dtmf(&self.sid, sequence, digit)).await
    }

    pub(crate) async fn mark(&mut self, name: &str) -> Result<(), Stuck> {
        let sequence = self.next_sequence();
        self.send_text(wire::mark(&self.sid, sequence, name)).await
    }

    /// Says `stop` and closes, leaving the closing handshake to a task of its own.
    pub(crate) async fn stop(mut self, account_sid: &str, call_sid: &str) {
        let sequence = self.next_sequence();
        let sids = wire::Sids { account: account_sid, call: call_sid, stream: &self.sid };
        let text = wire::stop(&sids, sequence);
        if self.release().await.is_ok() && self.send_text(text).await.is_ok() {
            self.close();
        }
    }

    /// Finishes the closing handshake in the background.
    pub(crate) fn close(mut self) {
        tokio::spawn(async move {
            let closing = async {
                // Whatever goes wrong now, the stream is over.
                let _ = self.socket.close(None).await;
                while let Some(Ok(_)) = self.socket.next().await {}
            };
            let _ = tokio::time::timeout(CLOSE_TIMEOUT, closing).await;
        });
    }
}
