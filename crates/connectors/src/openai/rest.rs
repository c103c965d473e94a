//! The REST side: chat, embeddings, transcription, speech and the list of models (protocols/openai-text.md).
//!
//! Written on our own HTTP client and not on a vendor's library: docs/decisions/model-client.md says why. Reading is
//! lenient, as many servers speak this and none quite like another. Requests are repeated on passing troubles, within one
//! bound of time for all attempts, and never once part of an answer was handed on.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::{RequestBuilder, Response, Url};
use tokio::time::Instant;

use crate::http::{HttpError, Timeouts, client, read_bounded};
use crate::secret::Secret;

pub mod audio;
pub mod breaker;
pub mod chat;
mod embeddings;
mod fault;
mod models;
pub mod retry;
mod sse;
mod usage;

pub use embeddings::Embeddings;
pub use fault::{Blame, OpenAiError};
pub use usage::{Count, Counters, Kind, Prices, Used};

use breaker::{Breaker, Outcome};
use chat::Unwanted;
use fault::Failure;
use retry::{Next, RetryPolicy};
use usage::PerKind;

/// The longest error that is read, in bytes.
const MOST_ERROR_BYTES: usize = 64 * 1024;

/// How long is waited, for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Until the connection stands.
    pub connect: Duration,
    /// Until a streamed answer's first token.
    pub first: Duration,
    /// Between two pieces of a streamed answer.
    pub idle: Duration,
    /// For everything, repeats and their pauses included.
    pub total: Duration,
}

impl Default for Limits {
    /// For somebody who waits at a chat (protocols/openai-text.md, section 7).
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first: Duration::from_secs(20),
            idle: Duration::from_secs(15),
            total: Duration::from_mins(1),
        }
    }
}

/// Access to one server. Clones share counters and breakers.
#[derive(Debug, Clone)]
pub struct OpenAiRest {
    http: reqwest::Client,
    base_url: Url,
    api_key: Option<Secret>,
    limits: Limits,
    retry: RetryPolicy,
    shared: Arc<Shared>,
}

/// What all clones have in common.
#[derive(Debug)]
struct Shared {
    counters: Arc<Counters>,
    breakers: PerKind<Mutex<Breaker>>,
    /// Parameters this server has refused.
    unwanted: Unwanted,
    started: Instant,
}

/// The address in the form that paths are added to: with `/v1` where only a host was given, and no slash at the end.
pub fn base_url(given: &Url) -> Url {
    let mut url = given.clone();
    let path = given.path().trim_end_matches('/').to_owned();
    url.set_path(if path.is_empty() { "/v1" } else { &path });
    url
}

impl OpenAiRest {
    /// `server` is a base URL with or without `/v1`; no key is sent when there is none. Fails only where no HTTP client can
    /// be set up at all.
    pub fn new(server: &Url, api_key: Option<Secret>, prices: Prices) -> Result<Self, HttpError> {
        let limits = Limits::default();
        let http = client(Timeouts { connect: limits.connect, total: limits.total })?;
        let shared = Shared {
            counters: Arc::new(Counters::new(prices)),
            breakers: PerKind::default(),
            unwanted: Unwanted::default(),
            started: Instant::now(),
        };
        let (base_url, retry) = (base_url(server), RetryPolicy::default());
        Ok(Self { http, base_url, api_key, limits, retry, shared: Arc::new(shared) })
    }

    /// Changes how long is waited, except for the connection.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = Limits { connect: self.limits.connect, ..limits };
        self
    }

    /// Changes how failures are repeated.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// What was asked, what failed and what it cost, since the start.
    pub fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    /// Where the breaker of one kind of work stands.
    pub fn breaker(&self, kind: Kind) -> Breaker {
        *self.shared.breakers.of(kind).lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes attempts until one succeeds, or another one is not worth it, or time is up.
    async fn repeated<T, A, F>(&self, kind: Kind, attempt: A) -> Result<T, OpenAiError>
    where
        A: Fn(Instant) -> F,
        F: Future<Output = Result<T, Failure>>,
    {
        let deadline = Instant::now() + self.limits.total;
        self.shared.counters.note(kind, |count| count.requests += 1);
        let mut repeats = 0;
        loop {
            if !self.may_ask(kind) {
                self.shared.counters.note(kind, |count| count.held_back += 1);
                return Err(
                    self.failed(kind, OpenAiError::away("it failed often and is left alone for a while"))
                );
            }
            let failure = match attempt(deadline).await {
                Ok(answer) => {
                    self.learn(kind, Outcome::There);
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            self.learn(kind, failure.outcome());
            if failure.is_learnt {
                continue;
            }
            let next = self.retry.after(repeats, failure.failed(), rand::random());
            let Next::Wait(pause) = next else { return Err(self.failed(kind, failure.error)) };
            if Instant::now() + pause >= deadline {
                return Err(self.failed(kind, failure.error));
            }
            tracing::debug!(?kind, repeats, ?pause, "a request to the model's server is repeated");
            self.shared.counters.note(kind, |count| count.repeats += 1);
            tokio::time::sleep(pause).await;
            repeats += 1;
        }
    }

    fn failed(&self, kind: Kind, error: OpenAiError) -> OpenAiError {
        self.shared.counters.note(kind, |count| count.failures += 1);
        error
    }

    /// Sends one request and gives back the answer once it is known to be none of an error.
    async fn ask(&self, request: RequestBuilder, deadline: Instant) -> Result<Response, Failure> {
        let request = match &self.api_key {
            Some(key) => request.bearer_auth(key.expose()),
            None => request,
        };
        let left = deadline.saturating_duration_since(Instant::now());
        let sent = request.timeout(left).send().await;
        let response = sent.map_err(|fault| Failure::of_transport(&fault))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        if let Some(id) = headers.get("x-request-id").and_then(|id| id.to_str().ok()) {
            tracing::debug!(status, id, "the model's server answered with an error");
        }
        let body = read_bounded(response, MOST_ERROR_BYTES).await.unwrap_or_default();
        Err(Failure::of_status(status, headers, &body))
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    fn may_ask(&self, kind: Kind) -> bool {
        let now = self.shared.started.elapsed();
        self.shared.breakers.of(kind).lock().unwrap_or_else(PoisonError::into_inner).lets_through(now)
    }

    fn learn(&self, kind: Kind, outcome: Outcome) {
        let now = self.shared.started.elapsed();
        self.shared.breakers.of(kind).lock().unwrap_or_else(PoisonError::into_inner).learn(outcome, now);
    }
}

#[cfg(test)]
mod tests;
