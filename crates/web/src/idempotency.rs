//! Creates that may be sent twice: a request with an `Idempotency-Key` is done once, and its answer is given again.

use crate::problem::Problem;
use crate::state::AppState;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use studioconnect_domain::Fault;
use studioconnect_domain::ids::BusinessId;
use studioconnect_store::KeptAnswer;

const KEY: &str = "idempotency-key";
/// Longest key.
const LONGEST: usize = 100;

/// The key of a request, with what it was sent to.
#[derive(Debug)]
pub(crate) struct Key {
    key: Option<String>,
    target: String,
}

impl<S: Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let key = match parts.headers.get(KEY) {
            None => None,
            Some(value) => {
                let text = value.to_str().ok().filter(|text| (1..=LONGEST).contains(&text.len()));
                let text = text.ok_or_else(|| {
                    let sentence = format!("must be 1 to {LONGEST} ASCII characters");
                    Problem::invalid(vec![Fault::new("Idempotency-Key", sentence)])
                })?;
                Some(text.to_owned())
            }
        };
        Ok(Self { key, target: format!("{} {}", parts.method, parts.uri.path()) })
    }
}

/// A request with a key is answered to its end though whoever sent it has hung up: broken off between the work and the
/// keeping of its answer, it would be done again when it is sent again.
pub(crate) async fn to_the_end(request: Request, next: Next) -> Response {
    if !request.headers().contains_key(KEY) {
        return next.run(request).await;
    }
    match tokio::spawn(next.run(request)).await {
        Ok(response) => response,
        Err(fault) if fault.is_panic() => std::panic::resume_unwind(fault.into_panic()),
        Err(_) => Problem::unavailable().into_response(),
    }
}

/// Does something once for a key, and gives its answer each time the key comes again. A failure is not kept: the same
/// request may succeed later.
pub(crate) async fn once<I: Serialize, T: Serialize>(
    state: &AppState,
    tenant: BusinessId,
    key: Key,
    input: &I,
    status: StatusCode,
    work: impl AsyncFnOnce() -> Result<T, Problem>,
) -> Result<Response, Problem> {
    let Some(name) = key.key else {
        let done = work().await?;
        return Ok((status, axum::Json(done)).into_response());
    };
    let body = serde_json::to_string(input).map_err(|_| Problem::internal())?;
    let request_hash = hex(&Sha256::digest(format!("{}\n{body}", key.target).as_bytes()));
    if let Some(kept) = state.store.take_key(tenant, &name, &request_hash, state.clock.now()).await? {
        return given_again(kept, &request_hash);
    }
    let done = match work().await {
        Ok(done) => done,
        Err(problem) => {
            if let Err(fault) = state.store.release_key(tenant, &name).await {
                tracing::warn!(%fault, "a key could not be given back; it can be used again in a minute");
            }
            return Err(problem);
        }
    };
    let body = serde_json::to_string(&done).map_err(|_| Problem::internal())?;
    // What is done is done: to say otherwise would have it done twice.
    if let Err(fault) = state.store.keep_answer(tenant, &name, status.as_u16(), &body).await {
        tracing::error!(%fault, "an answer could not be kept under its key");
    }
    Ok(json(status, body))
}

fn given_again(kept: KeptAnswer, request_hash: &str) -> Result<Response, Problem> {
    if kept.request_hash != request_hash {
        return Err(Problem::key_reused());
    }
    let status = kept.status.ok_or_else(Problem::still_at_it)?;
    let mut response = json(StatusCode::from_u16(status).unwrap_or(StatusCode::OK), kept.body);
    response.headers_mut().insert("idempotent-replay", HeaderValue::from_static("true"));
    Ok(response)
}

fn json(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
