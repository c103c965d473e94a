//! An answer as it comes.

use std::collections::VecDeque;
use std::sync::Arc;

use reqwest::Response;
use serde_json::json;
use tokio::time::{Instant, timeout_at};

use super::draft::{Body, Draft, Piece};
use super::{Chat, ChatRequest};
use crate::openai::rest::fault::Failure;
use crate::openai::rest::sse::EventReader;
use crate::openai::rest::usage::Counters;
use crate::openai::rest::{Kind, OpenAiError, OpenAiRest};

/// What comes of a streamed answer.
#[derive(Debug, Clone, PartialEq)]
pub enum ChatEvent {
    /// More words for the person.
    Words(String),
    /// The whole answer; nothing comes after it.
    Done(Chat),
}

/// A streamed answer whose first token is there. Dropped before its end, what it took until then is counted by a guess.
#[derive(Debug)]
pub struct ChatStream {
    rest: OpenAiRest,
    source: Source,
    draft: Draft,
    /// Words that came while the stream was opened.
    opening: String,
    model: String,
    sent: usize,
    counters: Arc<Counters>,
    is_over: bool,
}

/// Where the pieces come from.
#[derive(Debug)]
struct Source {
    response: Response,
    reader: EventReader,
    waiting: VecDeque<String>,
    /// The last byte has come.
    is_read: bool,
    deadline: Instant,
}

/// One step of a stream.
enum Step {
    Piece(Piece),
    End,
}

impl OpenAiRest {
    /// Opens a stream and waits for its first token; until then every failure may be made good by another attempt.
    pub(super) async fn open_stream(
        &self,
        request: &ChatRequest,
        deadline: Instant,
    ) -> Result<ChatStream, Failure> {
        let first = deadline.min(Instant::now() + self.limits.first);
        let body = request.body(true, &self.shared.unwanted);
        let asked = timeout_at(first, self.ask_chat(&body, deadline)).await;
        let response = asked.map_err(|_| Failure::late("no first word in time"))??;
        let mut source = Source {
            response,
            reader: EventReader::default(),
            waiting: VecDeque::new(),
            is_read: false,
            deadline,
        };
        let mut draft = Draft::default();
        let opening = loop {
            match source.step(&mut draft, first).await? {
                Step::Piece(piece) if piece.is_token => break piece.words,
                Step::Piece(_) => {}
                Step::End => return Err(Failure::not_understood()),
            }
        };
        Ok(ChatStream {
            rest: self.clone(),
            source,
            draft,
            opening,
            model: request.model.clone(),
            sent: request.characters(),
            counters: Arc::clone(&self.shared.counters),
            is_over: false,
        })
    }
}

impl ChatStream {
    /// Waits for what comes next; none after the end or an error. Nothing is tried again here: part of the answer may have
    /// been seen.
    pub async fn next(&mut self) -> Option<Result<ChatEvent, OpenAiError>> {
        if !self.opening.is_empty() {
            return Some(Ok(ChatEvent::Words(std::mem::take(&mut self.opening))));
        }
        while !self.is_over {
            let limit = self.source.deadline.min(Instant::now() + self.rest.limits.idle);
            match self.source.step(&mut self.draft, limit).await {
                Ok(Step::Piece(piece)) if piece.words.is_empty() => {}
                Ok(Step::Piece(piece)) => return Some(Ok(ChatEvent::Words(piece.words))),
                Ok(Step::End) => return Some(Ok(ChatEvent::Done(self.end()))),
                Err(failure) => {
                    self.count();
                    self.rest.learn(Kind::Chat, failure.outcome());
                    let reason = failure.error.to_string();
                    return Some(Err(self.rest.failed(Kind::Chat, OpenAiError::BrokenOff { reason })));
                }
            }
        }
        None
    }

    fn end(&mut self) -> Chat {
        let used = self.count();
        std::mem::take(&mut self.draft).finish(used)
    }

    /// Counts what was used, once.
    fn count(&mut self) -> super::Used {
        self.is_over = true;
        self.counters.add(Kind::Chat, self.draft.used(&self.model, self.sent))
    }
}

impl Drop for ChatStream {
    fn drop(&mut self) {
        if !self.is_over {
            self.count();
        }
    }
}

impl Source {
    /// Takes the next piece into `draft`, waiting until `limit` at most.
    async fn step(&mut self, draft: &mut Draft, limit: Instant) -> Result<Step, Failure> {
        loop {
            if let Some(data) = self.waiting.pop_front() {
                if data.trim() == "[DONE]" {
                    return self.end(draft);
                }
                return read_piece(draft, &data).map(Step::Piece);
            }
            if self.is_read {
                return self.end(draft);
            }
            match self.read(limit).await {
                Ok(()) => {}
                // Nothing was missing but the mark of the end.
                Err(_) if draft.is_ended() => return Ok(Step::End),
                Err(failure) => return Err(failure),
            }
        }
    }

    async fn read(&mut self, limit: Instant) -> Result<(), Failure> {
        let chunk = timeout_at(limit, self.response.chunk()).await;
        let chunk = chunk.map_err(|_| Failure::late("it fell silent"))?;
        if let Some(bytes) = chunk.map_err(|fault| Failure::of_transport(&fault))? {
            let events = self.reader.push(&bytes).map_err(|_| Failure::not_understood())?;
            self.waiting.extend(events);
        } else {
            self.is_read = true;
            self.waiting.extend(self.reader.finish());
        }
        Ok(())
    }

    /// The end, if it is one: with a reason to end, or with the mark of the end behind something of use.
    fn end(&self, draft: &Draft) -> Result<Step, Failure> {
        if draft.is_ended() || (!self.is_read && !draft.is_empty()) {
            return Ok(Step::End);
        }
        Err(Failure::cut())
    }
}

fn read_piece(draft: &mut Draft, data: &str) -> Result<Piece, Failure> {
    let body: Body = serde_json::from_str(data).map_err(|_| Failure::not_understood())?;
    if let Some(error) = body.error.as_ref().filter(|error| !error.is_null()) {
        return Err(Failure::of_event(&json!({"error": error})));
    }
    draft.take(body).map_err(|_| Failure::not_understood())
}
