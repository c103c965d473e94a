//! The one place that builds an HTTP client and reads an answer.

use std::sync::Once;
use std::time::Duration;

use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, Response};
use serde::de::DeserializeOwned;

/// How many redirects within one host are followed before the answer is given up.
const MAX_REDIRECTS: usize = 5;

/// How long a client waits.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Until the connection stands, TLS included.
    pub connect: Duration,
    /// From the first byte sent to the last byte of the body.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), total: Duration::from_secs(10) }
    }
}

/// Why an answer could not be had or used.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The client itself could not be built: a matter of this machine, not of the peer.
    #[error("cannot set up the HTTP client")]
    Setup(#[source] reqwest::Error),
    /// The connection broke, or took too long, before the body was whole.
    #[error("the answer broke off")]
    BrokenOff(#[source] reqwest::Error),
    /// The body is longer than the caller is ready to hold.
    #[error("the answer is longer than {limit} bytes")]
    TooLong {
        /// The bound that was passed, in bytes.
        limit: usize,
    },
    /// The body is not the JSON that was expected.
    #[error("the answer is not the expected JSON")]
    NotJson(#[source] serde_json::Error),
}

/// Makes aws-lc-rs the process's TLS provider. May be called any number of times; without it the
/// first `wss://` connection panics as soon as two providers are linked.
pub fn install_tls_provider() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // An error means that another one stands already, which is the state wanted.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    });
}

/// Builds a client: bounded waits, our user agent, and no redirect to another host, so that
/// credentials never follow one.
pub fn client(timeouts: Timeouts) -> Result<Client, HttpError> {
    install_tls_provider();
    Client::builder()
        .connect_timeout(timeouts.connect)
        .timeout(timeouts.total)
        .redirect(Policy::custom(stay_with_the_host))
        .user_agent(concat!("StudioConnect/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(HttpError::Setup)
}

fn stay_with_the_host(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let stays = attempt.previous().last().is_some_and(|previous| previous.origin() == attempt.url().origin());
    if !stays {
        return attempt.stop();
    }
    if attempt.previous().len() > MAX_REDIRECTS {
        return attempt.error("too many redirects");
    }
    attempt.follow()
}

/// Reads a body of at most `limit` bytes; the rest of a longer one is never fetched.
pub async fn read_bounded(mut response: Response, limit: usize) -> Result<Vec<u8>, HttpError> {
    let announced = response.content_length().unwrap_or(0);
    if announced > limit as u64 {
        return Err(HttpError::TooLong { limit });
    }
    let mut body = Vec::with_capacity(announced as usize);
    while let Some(chunk) = response.chunk().await.map_err(HttpError::BrokenOff)? {
        if body.len() + chunk.len() > limit {
            return Err(HttpError::TooLong { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Reads a JSON body of at most `limit` bytes, whatever its content type says.
pub async fn read_json_bounded<T: DeserializeOwned>(
    response: Response,
    limit: usize,
) -> Result<T, HttpError> {
    let body = read_bounded(response, limit).await?;
    serde_json::from_slice(&body).map_err(HttpError::NotJson)
}

#[cfg(test)]
mod tests;
