//! A fake phone: one media stream, played at the pace of a phone.

mod frame;
mod player;
mod speaker;
mod webhook;

use super::board::{Board, Phase, Scene};
use super::percentile::Histogram;
use super::plot::scripted;
use super::sequence::Arrivals;
use super::wire::Header;
use anyhow::{Context as _, Result, bail};
use frame::{FromServer, Writer};
use futures_util::{SinkExt as _, StreamExt as _};
use player::Player;
use speaker::{Cleared, Speaker};
use std::sync::atomic::Ordering;
use std::time::Duration;
use studioconnect_connectors::twilio::media::payload_bytes;
use tokio::net::TcpStream;
use tokio::time::MissedTickBehavior;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
pub(super) use webhook::{Invitation, ring};

const FRAME: Duration = Duration::from_millis(20);
const READ_BUFFER: usize = 8 * 1024;
/// Time for the server to close after `stop`.
const CLOSE_LIMIT: Duration = Duration::from_secs(3);
/// What the converter keeps back of a reply comes as a piece of its own of at most 2.5 ms; it has no number.
const REST_MOST: u32 = 24;

/// What one phone saw.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// The pieces of each reply.
    pub(super) received: Vec<Arrivals>,
    /// From the model's sending to the phone's reading.
    pub(super) latency: Histogram,
    /// From the frame that makes a sound an interruption to the `clear`.
    pub(super) reaction: Histogram,
    /// Interruptions that stopped the agent.
    pub(super) interruptions: u64,
    /// Interruptions that should have and did not.
    pub(super) missed: u64,
}

struct Phone<'a> {
    socket: WebSocketStream<TcpStream>,
    scene: &'a Scene,
    board: &'a Board,
    writer: Writer,
    player: Player,
    speaker: Speaker,
    report: Report,
    /// Sound of replies up to this one was cleared; none of it may come any more.
    cut: Option<u32>,
}

/// Carries a call until the round hangs up. Errors mean that the call failed.
pub(super) async fn call(invitation: &Invitation, scene: &Scene, board: &Board) -> Result<Report> {
    let socket = open(invitation).await.context("the stream cannot be opened")?;
    let mut phone = Phone {
        socket,
        scene,
        board,
        writer: Writer::new(board.number, invitation),
        player: Player::default(),
        speaker: Speaker::new(board.number),
        report: Report::default(),
        cut: None,
    };
    for hello in phone.writer.hello(&invitation.token) {
        phone.socket.feed(Message::text(hello)).await?;
    }
    phone.socket.flush().await?;
    phone.run().await?;
    phone.hang_up().await;
    Ok(phone.report)
}

async fn open(invitation: &Invitation) -> Result<WebSocketStream<TcpStream>> {
    let mut request = invitation.url.as_str().into_client_request()?;
    request.headers_mut().insert("x-twilio-signature", invitation.stream_signature().parse()?);
    let address = url::Url::parse(&invitation.url)?.socket_addrs(|| Some(80))?;
    let stream = TcpStream::connect(address.as_slice()).await?;
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
    Ok(client_async_with_config(request, stream, Some(config)).await?.0)
}

impl Phone<'_> {
    async fn run(&mut self) -> Result<()> {
        let mut beat = tokio::time::interval(FRAME);
        beat.set_missed_tick_behavior(MissedTickBehavior::Burst);
        while !self.scene.is_at_least(Phase::HangUp) {
            tokio::select! {
                biased;
                read = self.socket.next() => match read {
                    Some(Ok(Message::Text(text))) => self.take(&text).await?,
                    Some(Ok(Message::Close(frame))) => {
                        bail!("the server closed the stream: {}", frame.map_or_else(String::new, |frame| frame.to_string()))
                    }
                    Some(Ok(_)) => {}
                    Some(Err(fault)) => bail!("the stream broke: {fault}"),
                    None => bail!("the stream ended"),
                },
                _ = beat.tick() => self.beat().await?,
            }
        }
        Ok(())
    }

    /// Every 20 ms: marks whose sound has played, and a frame of the caller's sound.
    async fn beat(&mut self) -> Result<()> {
        let now = self.scene.now();
        while let Some(mark) = self.player.played(now) {
            self.socket.feed(Message::text(self.writer.mark(&mark))).await?;
        }
        if !self.scene.is_at_least(Phase::Settle) {
            let is_loud = self.speaker.beat(now, self.player.silent_at(), self.board)?;
            self.board.is_loud.store(is_loud, Ordering::Release);
            let is_heard = self.board.is_heard.load(Ordering::Acquire);
            let at = self.scene.now();
            let frame = self.writer.media(at, is_loud);
            if !self.scene.reads_caller {
                self.board.depart_in(at);
            }
            self.board.sent.fetch_add(1, Ordering::Release);
            self.speaker.spoke(at, is_loud && is_heard);
            self.socket.feed(Message::text(frame)).await?;
        }
        self.socket.flush().await?;
        Ok(())
    }

    async fn take(&mut self, text: &str) -> Result<()> {
        let now = self.scene.now();
        match serde_json::from_str::<FromServer>(text) {
            Ok(FromServer { stream_sid, .. }) if stream_sid != self.writer.stream_sid() => {
                self.board.fault("a frame names another stream");
            }
            Ok(FromServer { event: "media", media: Some(media), .. }) => self.hear(media.payload, now),
            Ok(FromServer { event: "mark", mark: Some(mark), .. }) => self.player.mark(now, mark.name),
            Ok(FromServer { event: "clear", .. }) => self.clear(now).await?,
            Ok(FromServer { event, .. }) => self.board.fault(format!("the phone was sent {event}")),
            Err(_) => self.board.fault("the phone was sent what is no frame"),
        }
        Ok(())
    }

    fn hear(&mut self, payload: &str, now: u64) {
        let bytes = payload_bytes(payload);
        self.player.queue(now, bytes);
        if self.scene.pcm && bytes <= REST_MOST {
            return;
        }
        let header = if self.scene.pcm { self.board.arrive_out(self.cut) } else { Header::read(payload) };
        let Some(header) = header else { return self.board.fault("the phone hears what no model sent") };
        if header.call != self.board.number {
            return self.board.fault(format!("hears call {}", header.call));
        }
        if header.reply > self.board.reply.load(Ordering::Acquire) {
            return self.board.fault("the phone hears a reply that was not made");
        }
        if self.cut.is_some_and(|cut| header.reply <= cut) {
            self.board.fault("the phone hears what was cleared");
        }
        let index = header.reply as usize;
        if index >= self.report.received.len() {
            self.report.received.resize_with(index + 1, Arrivals::default);
        }
        if let Some(arrivals) = self.report.received.get_mut(index) {
            arrivals.take(header.number);
        }
        // What stands behind the first piece of a burst waits for its turn, and is played long after.
        let is_timed = header.number == 0 || !scripted(header.call, header.reply).is_burst;
        if is_timed && self.scene.is_measuring() {
            self.report.latency.record_ns(now.saturating_sub(header.at));
        }
        self.speaker.hears(header.reply, now);
        self.board.is_live.store(true, Ordering::Release);
    }

    async fn clear(&mut self, now: u64) -> Result<(), WsError> {
        for mark in self.player.clear(now) {
            self.socket.feed(Message::text(self.writer.mark(&mark))).await?;
        }
        self.cut = Some(self.board.reply.load(Ordering::Acquire));
        match self.speaker.cleared(now) {
            Cleared::After(nanos) => {
                self.report.interruptions += 1;
                self.report.reaction.record_ns(nanos);
            }
            Cleared::Unasked => self.board.fault("the server cleared although nobody interrupted"),
        }
        self.socket.flush().await
    }

    async fn hang_up(&mut self) {
        self.report.missed = self.speaker.missed();
        let stop = self.writer.stop();
        // The server may be faster than we are; that it goes is all that matters now.
        let _ = tokio::time::timeout(CLOSE_LIMIT, async {
            self.socket.send(Message::text(stop)).await?;
            while let Some(Ok(message)) = self.socket.next().await {
                if message.is_close() {
                    break;
                }
            }
            self.socket.close(None).await
        })
        .await;
    }
}
