//! What comes from the server on a media stream.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use tokio_tungstenite::tungstenite::{Error, Message};

use super::Ended;
use super::session::Session;
use crate::phone::ear::{Mark, Queued, Source};
use crate::phone::event::PhoneEventKind;
use crate::phone::leg::Leg;
use crate::phone::report::{ClosedBy, MarkOutcome, MarkRecord};
use crate::phone::violation::{STREAM_MESSAGE, STREAM_PROTOCOL};
use crate::phone::wire::{self, Command};

/// Marks and payload hashes a report keeps: more than a call of four hours needs.
const MAX_RECORDS: usize = 1_000_000;

impl Leg {
    /// Takes what the server sent.
    pub(crate) async fn incoming(
        &mut self,
        session: &mut Session,
        message: Option<Result<Message, Error>>,
        is_started: bool,
    ) -> Result<(), Ended> {
        match message {
            Some(Ok(Message::Text(text))) if is_started => self.command(session, &text).await,
            Some(Ok(Message::Text(_))) => {
                self.violation(STREAM_MESSAGE, "a message before `start`");
                Ok(())
            }
            Some(Ok(Message::Binary(_))) => {
                self.violation(STREAM_PROTOCOL, "a binary message; only text is taken");
                Ok(())
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(()),
            Some(Ok(Message::Close(frame))) => Err(Ended {
                by: ClosedBy::Server,
                code: frame.as_ref().map(|frame| frame.code.into()),
                reason: frame.map(|frame| frame.reason.to_string()).unwrap_or_default(),
            }),
            Some(Err(error @ (Error::Protocol(_) | Error::Utf8(_) | Error::Capacity(_)))) => {
                if error.to_string().contains("without closing handshake") {
                    return Err(Ended::by(ClosedBy::Server, error.to_string()));
                }
                self.violation(STREAM_PROTOCOL, error.to_string());
                Err(Ended::by(ClosedBy::Protocol, error.to_string()))
            }
            Some(Err(error)) => Err(Ended::by(ClosedBy::Server, error.to_string())),
            None => Err(Ended::by(ClosedBy::Server, "closed")),
        }
    }

    async fn command(&mut self, session: &mut Session, text: &str) -> Result<(), Ended> {
        if text.len() > wire::MAX_MESSAGE {
            let what = format!("a message of {} bytes; 64 KB is the most", text.len());
            self.violation(STREAM_MESSAGE, what);
        }
        match wire::read(text, &session.sid) {
            Err(what) => self.violation(STREAM_MESSAGE, what),
            Ok(Command::Media { sound, payload }) => self.hear(sound, &payload),
            Ok(Command::Mark(name)) => {
                if let Some(mark) = self.take_mark(&name) {
                    self.echo(session, vec![mark], MarkOutcome::Played).await?;
                }
            }
            Ok(Command::Clear) => {
                let (marks, change) = self.ear.clear(self.now());
                let dropped_ms = self.ear.clears.last().map_or(0, |clear| clear.dropped_ms);
                self.emit(PhoneEventKind::Cleared { dropped_ms });
                self.tell_change(change);
                self.echo(session, marks, MarkOutcome::Cleared).await?;
            }
        }
        Ok(())
    }

    fn hear(&mut self, sound: Vec<u8>, payload: &str) {
        self.report.frames_received += 1;
        self.report.bytes_received += sound.len() as u64;
        if self.report.payload_hashes.len() < MAX_RECORDS {
            let mut hasher = DefaultHasher::new();
            payload.hash(&mut hasher);
            self.report.payload_hashes.push(hasher.finish());
        }
        if self.ear.play(Source::Stream, sound) == Queued::Full {
            self.violation(STREAM_MESSAGE, "more than ten minutes of sound queued");
        }
    }

    /// Notes a mark; returns it when its echo is due at once.
    fn take_mark(&mut self, name: &str) -> Option<Mark> {
        let record = self.report.marks.len();
        if record >= MAX_RECORDS {
            return None;
        }
        self.report.marks.push(MarkRecord {
            name: name.to_owned(),
            sent_at_ms: self.now_ms(),
            echoed_at_ms: None,
            outcome: MarkOutcome::Waiting,
        });
        let name = name.to_owned();
        match self.ear.mark(Mark { name, record }) {
            Queued::DueNow(mark) => Some(mark),
            Queued::Waiting => None,
            Queued::Full => {
                self.violation(STREAM_MESSAGE, "more than 10 000 marks waiting");
                None
            }
        }
    }

    pub(crate) async fn echo(
        &mut self,
        session: &mut Session,
        marks: Vec<Mark>,
        outcome: MarkOutcome,
    ) -> Result<(), Ended> {
        self.settle(&marks, outcome);
        for mark in marks {
            session.mark(&mark.name).await?;
        }
        Ok(())
    }
}
