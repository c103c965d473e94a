//! `<Connect><Stream>`: the phone's sound goes out as frames, what comes back is played.

mod incoming;
mod session;
mod socket;

use futures_util::StreamExt as _;
use tokio_tungstenite::tungstenite::Message;

use self::session::{Session, Stuck};
use super::{Beat, Interrupt, Leg};
use crate::phone::ear::FRAME;
use crate::phone::event::PhoneEventKind;
use crate::phone::mouth::{Act, Frame};
use crate::phone::network::{new_sid, now};
use crate::phone::report::{ClosedBy, MarkOutcome, StreamRecord};
use crate::phone::signature::sign_url;
use crate::phone::tape::QUIET;
use crate::phone::twiml::StreamNoun;
use crate::phone::violation::{STREAM_CLOSED, STREAM_HANDSHAKE};
use crate::phone::webhook::Params;
use crate::phone::wire;

/// Messages read between two beats: a flood must not stop the call's clock.
const READS_PER_BEAT: u32 = 256;

/// How a stream ended from the other side.
pub(crate) struct Ended {
    by: ClosedBy,
    code: Option<u16>,
    reason: String,
}

impl Ended {
    fn by(by: ClosedBy, reason: impl Into<String>) -> Self {
        Self { by, code: None, reason: reason.into() }
    }
}

impl From<Stuck> for Ended {
    fn from(_: Stuck) -> Self {
        Self::by(ClosedBy::Protocol, "the server does not read")
    }
}

impl Leg {
    /// Runs the stream. Returns when the server has closed it, or when it could not be opened; the
    /// next verb runs in both cases.
    pub(crate) async fn connect(&mut self, noun: &StreamNoun) -> Result<(), Interrupt> {
        let sid = new_sid("MZ");
        let signed = self.line.stream_signature;
        let signature = signed.then(|| sign_url(&self.network.settings.auth_token, &noun.url));
        if noun.url.contains('?') {
            let what = format!("a stream URL takes no query string: {}", noun.url);
            self.violation(STREAM_HANDSHAKE, what.clone());
            self.tell_stream(noun, &sid, "stream-error", &what);
            return Ok(());
        }
        let opened = self.during(socket::open(noun.url.clone(), signature)).await?;
        let socket = match opened {
            Some(Ok(socket)) => socket,
            Some(Err(refused)) => {
                self.tell_stream(noun, &sid, "stream-error", &refused.what);
                self.alert(refused.code, refused.what);
                return Ok(());
            }
            None => {
                self.alert(STREAM_HANDSHAKE, "TLS could not be set up");
                return Ok(());
            }
        };
        let opened_ms = self.now_ms();
        self.emit(PhoneEventKind::StreamStarted { stream_sid: sid.clone() });
        self.tell_stream(noun, &sid, "stream-started", "");
        let mut session = Session::new(socket, sid.clone(), self.ear.position());
        let outcome = self.converse(&mut session, noun).await;
        self.is_streaming = false;
        self.report.frames_sent += session.frames_sent;
        let (ended, interrupt) = self.part(session, outcome).await;
        self.close_record(noun, sid, opened_ms, ended);
        match interrupt {
            Some(interrupt) => Err(interrupt),
            None => Ok(()),
        }
    }

    /// Ends the socket as fits how the conversation ended.
    async fn part(
        &mut self,
        session: Session,
        outcome: Result<Ended, Interrupt>,
    ) -> (Ended, Option<Interrupt>) {
        match outcome {
            Err(interrupt) => {
                let network = std::sync::Arc::clone(&self.network);
                session.stop(&network.settings.account_sid, &self.about.sid).await;
                (Ended::by(ClosedBy::Network, ""), Some(interrupt))
            }
            // Dropping the session breaks the connection without a word.
            Ok(ended) if ended.by == ClosedBy::Script => (ended, None),
            Ok(ended) => {
                session.close();
                let what = match ended.code {
                    Some(code) => format!("the server closed the stream: {code} {}", ended.reason),
                    None => format!("the stream broke: {}", ended.reason),
                };
                self.alert(STREAM_CLOSED, what);
                (ended, None)
            }
        }
    }

    fn close_record(&mut self, noun: &StreamNoun, sid: String, opened_ms: u64, ended: Ended) {
        let (marks, dropped_ms) = self.ear.stop();
        self.settle(&marks, MarkOutcome::Lost);
        self.emit(PhoneEventKind::StreamEnded { code: ended.code });
        self.tell_stream(noun, &sid, "stream-stopped", "");
        let closed_ms = self.now_ms();
        self.report.streams.push(StreamRecord {
            stream_sid: sid,
            url: noun.url.clone(),
            opened_ms,
            closed_ms,
            by: ended.by,
            code: ended.code,
            reason: ended.reason,
            dropped_ms,
        });
    }

    async fn converse(&mut self, session: &mut Session, noun: &StreamNoun) -> Result<Ended, Interrupt> {
        if session.send_text(wire::CONNECTED.to_owned()).await.is_err() {
            return Ok(Stuck.into());
        }
        let start_at = self.ear.position() + self.line.stream_start_delay_ms * 8;
        let mut is_started = false;
        let mut reads = READS_PER_BEAT;
        loop {
            if !is_started && self.ear.position() >= start_at {
                is_started = true;
                self.is_streaming = true;
                let text = self.start_message(session, noun);
                if session.send_text(text).await.is_err() {
                    return Ok(Stuck.into());
                }
            }
            let step = tokio::select! {
                biased;
                message = session.socket.next(), if reads > 0 => {
                    reads -= 1;
                    self.incoming(session, message, is_started).await
                }
                beat = self.beat() => {
                    reads = READS_PER_BEAT;
                    self.outgoing(session, beat?, is_started).await
                }
            };
            if let Err(ended) = step {
                return Ok(ended);
            }
        }
    }

    fn start_message(&self, session: &Session, noun: &StreamNoun) -> String {
        let mut parameters = noun.parameters.clone();
        for (name, value) in &self.line.stream_parameters {
            parameters.retain(|(known, _)| known != name);
            parameters.push((name.clone(), value.clone()));
        }
        let sids = wire::Sids {
            account: &self.network.settings.account_sid,
            call: &self.about.sid,
            stream: &session.sid,
        };
        wire::start(&sids, &parameters)
    }

    /// Sends what this beat brings.
    async fn outgoing(&mut self, session: &mut Session, beat: Beat, is_started: bool) -> Result<(), Ended> {
        self.echo(session, beat.marks, MarkOutcome::Played).await?;
        for act in beat.acts {
            match act {
                Act::CutSocket => return Err(Ended::by(ClosedBy::Script, "cut by the script")),
                Act::Digit(digit) if is_started => session.dtmf(digit).await?,
                Act::RawText(text) => session.send_text(text).await?,
                Act::RawBytes(bytes) => session.send(Message::binary(bytes)).await?,
                _ => {}
            }
        }
        if !is_started {
            return Ok(());
        }
        let at = self.ear.position();
        match beat.frame {
            Frame::Sound(frame) => session.frame(&frame, at, beat.hold).await?,
            Frame::Quiet if !self.mouth.dtx => {
                session.frame(&[QUIET; FRAME], at, beat.hold).await?;
            }
            Frame::Quiet | Frame::Lost if !beat.hold => session.release().await?,
            Frame::Quiet | Frame::Lost => {}
        }
        Ok(())
    }

    fn tell_stream(&mut self, noun: &StreamNoun, sid: &str, event: &str, error: &str) {
        let Some(callback) = noun.status.clone() else {
            return;
        };
        let timestamp = now().to_rfc3339();
        let mut params: Params = [
            ("AccountSid", self.network.settings.account_sid.as_str()),
            ("CallSid", &self.about.sid),
            ("StreamSid", sid),
            ("StreamName", noun.name.as_deref().unwrap_or(sid)),
            ("StreamEvent", event),
            ("Timestamp", &timestamp),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        if !error.is_empty() {
            params.push(("StreamError".to_owned(), error.to_owned()));
        }
        self.post(callback, params);
    }
}
