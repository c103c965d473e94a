//! The fake model: one session of a Realtime server that hears by what the phone says of itself, not by listening.
//!
//! It costs next to nothing, so that what is measured is the server and not its surroundings.

mod event;
mod hearing;
mod speaking;

use super::board::{Board, Phase, Reply, Scene, locked};
use event::FromServer;
use futures_util::{SinkExt as _, StreamExt as _};
use hearing::{Ear, Sensed};
use speaking::Speaking;
use std::sync::atomic::Ordering;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{WebSocketStream, accept_async_with_config};

/// tungstenite fills its read buffer before each read; frames of 20 ms have some 300 bytes.
const READ_BUFFER: usize = 8 * 1024;

/// One session, until its socket is closed.
pub(super) async fn serve(stream: TcpStream, scene: &Scene, board: &Board) -> Result<(), WsError> {
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
    let socket = accept_async_with_config(stream, Some(config)).await?;
    let mut session = Session { socket, scene, board, ear: Ear::new(), speaking: None, replies: Vec::new() };
    let outcome = session.run().await;
    let mut heard = session.ear.into_heard();
    heard.replies = session.replies.into_iter().map(|made| made.reply).collect();
    *locked(&board.heard) = heard;
    outcome
}

struct Session<'a> {
    socket: WebSocketStream<TcpStream>,
    scene: &'a Scene,
    board: &'a Board,
    ear: Ear,
    speaking: Option<Speaking>,
    replies: Vec<Made>,
}

/// A reply, and how much of it was made.
#[derive(Clone, Copy, Debug, Default)]
struct Made {
    reply: Reply,
    ms: u32,
}

impl Session<'_> {
    async fn run(&mut self) -> Result<(), WsError> {
        self.say(event::session("session.created")).await?;
        loop {
            let due = self.speaking.as_ref().map(Speaking::due);
            tokio::select! {
                biased;
                read = self.socket.next() => match read {
                    Some(Ok(Message::Text(text))) => self.take(&text).await?,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                    Some(Ok(_)) => {}
                },
                () = at(due) => self.speak().await?,
            }
        }
        if !self.scene.is_at_least(Phase::HangUp) {
            self.board.fault("the server left the model in mid-call");
        }
        Ok(())
    }

    async fn say(&mut self, event: String) -> Result<(), WsError> {
        self.socket.send(Message::text(event)).await
    }

    async fn say_all(&mut self, events: impl IntoIterator<Item = String>) -> Result<(), WsError> {
        for event in events {
            self.socket.feed(Message::text(event)).await?;
        }
        self.socket.flush().await
    }

    async fn take(&mut self, text: &str) -> Result<(), WsError> {
        let Ok(event) = serde_json::from_str::<FromServer>(text) else {
            self.board.fault("the model was sent what is no event");
            return Ok(());
        };
        match (event.kind, event.audio, event.item_id) {
            ("input_audio_buffer.append", Some(audio), _) => self.hear(audio).await,
            ("session.update", ..) => self.say(event::session("session.updated")).await,
            ("response.create", ..) => self.begin().await,
            ("response.cancel", ..) => self.cancel(event.response_id).await,
            ("conversation.item.truncate", _, Some(item)) => {
                let end = event.audio_end_ms.unwrap_or(u64::MAX);
                let known = event::reply_of(item).and_then(|reply| self.replies.get(reply));
                if known.is_none_or(|made| end > u64::from(made.ms)) {
                    self.board.fault(format!("{item} cannot be cut at {end} ms"));
                }
                self.say(event::truncated(item, end)).await
            }
            ("conversation.item.delete", _, Some(item)) => self.say(event::deleted(item)).await,
            ("conversation.item.create", ..) => {
                let kind = event.item.map_or("message", |item| item.kind);
                self.say(event::item_added(
                    &format!("item_s{}", self.board.got.load(Ordering::Relaxed)),
                    kind,
                ))
                .await
            }
            (kind, ..) => {
                self.board.fault(format!("the model was sent {kind}"));
                Ok(())
            }
        }
    }

    async fn hear(&mut self, audio: &str) -> Result<(), WsError> {
        match self.ear.hear(audio, self.scene, self.board) {
            Some(Sensed::Begins(item)) => self.say(event::speech_started(item, self.ear.position_ms())).await,
            Some(Sensed::Ends(item)) => self.say_all(event::turn(item, self.ear.position_ms())).await,
            None => Ok(()),
        }
    }

    async fn begin(&mut self) -> Result<(), WsError> {
        if self.speaking.is_some() {
            self.board.fault("a reply was asked for while one is being made");
            return self.say(event::error("conversation_already_has_active_response")).await;
        }
        if self.scene.is_at_least(Phase::Settle) {
            return Ok(());
        }
        let number = self.replies.len() as u32;
        self.replies.push(Made::default());
        self.board.reply.store(number, Ordering::Release);
        self.say_all(event::reply_begins(number)).await?;
        let speaking = Speaking::new(self.board.number, number);
        if speaking.is_silent() {
            return self.say(event::tool_called(number)).await;
        }
        self.board.is_replying.store(true, Ordering::Release);
        self.speaking = Some(speaking);
        Ok(())
    }

    async fn cancel(&mut self, response_id: Option<&str>) -> Result<(), WsError> {
        // Whether or not it is too late here: the server drops what still comes of a reply that it cancels.
        let named = response_id.and_then(event::reply_of).and_then(|number| self.replies.get_mut(number));
        if let Some(made) = named {
            made.reply.is_cancelled = true;
        }
        let Some(speaking) = self.speaking.take() else {
            return self.say(event::error("response_cancel_not_active")).await;
        };
        self.board.is_replying.store(false, Ordering::Release);
        self.say(event::reply_done(speaking.reply(), "cancelled")).await
    }

    /// The next piece of the reply, or its end.
    async fn speak(&mut self) -> Result<(), WsError> {
        let Some(speaking) = &mut self.speaking else { return Ok(()) };
        if self.scene.is_at_least(Phase::Settle) {
            self.speaking = None;
            return Ok(());
        }
        let number = speaking.reply();
        let Some(piece) = speaking.next(self.scene, self.board) else {
            self.speaking = None;
            self.board.is_replying.store(false, Ordering::Release);
            return self.say_all(event::reply_ends(number)).await;
        };
        self.say_all([piece.sound, event::words(number)]).await?;
        if let Some(made) = self.replies.last_mut() {
            made.reply.sent += 1;
            made.ms += piece.ms;
        }
        Ok(())
    }
}

async fn at(due: Option<tokio::time::Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
