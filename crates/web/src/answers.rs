//! The outermost layer: whatever goes wrong, also in what stands around the handlers, is told in our own words – to
//! programs as a problem, to people as a page.

use crate::admin::refused;
use crate::headers;
use crate::problem::Problem;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use std::time::Duration;

/// Twilio gives up on a webhook after 15 s; whatever takes this long is not coming (protocols/twilio.md, section 1).
const ANSWER_LIMIT: Duration = Duration::from_secs(12);

/// Ends what takes too long, and gives every refusal its form.
pub(crate) async fn shaped(request: Request, next: Next) -> Response {
    shaped_within(ANSWER_LIMIT, request, next).await
}

async fn shaped_within(limit: Duration, request: Request, next: Next) -> Response {
    let reader = Reader::of(request.uri().path(), request.headers());
    let answered = tokio::time::timeout(limit, next.run(request)).await;
    let mut response = answered.unwrap_or_else(|_| Problem::timed_out().into_response());
    let Some(problem) = problem_in(&mut response) else { return response };
    match reader {
        Reader::Person => headers::page(refused::shown(problem, response.headers())).await,
        Reader::Program => headers::api(with_headers_of(&response, problem)).await,
    }
}

/// The problem that an answer tells of. Parts of others say theirs in plain words, or not at all.
fn problem_in(response: &mut Response) -> Option<Problem> {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        return Some(problem);
    }
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_ours = kind.is_some_and(|kind| !kind.starts_with("text/plain"));
    let is_refusal = status.is_client_error() || status.is_server_error();
    (is_refusal && !is_ours).then(|| Problem::of_status(status))
}

fn with_headers_of(response: &Response, problem: Problem) -> Response {
    let mut told = problem.into_response();
    for name in refused::KEPT {
        for value in response.headers().get_all(&name) {
            told.headers_mut().append(name.clone(), value.clone());
        }
    }
    told
}

/// For whom an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    Person,
    Program,
}

impl Reader {
    fn of(path: &str, headers: &HeaderMap) -> Self {
        let is_under =
            |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let wants_page = || {
            let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
            accepted.is_some_and(|accepted| accepted.contains("text/html"))
        };
        let is_person = path == "/" || is_under("/admin") || (!is_under("/api") && wants_page());
        if is_person { Self::Person } else { Self::Program }
    }
}

#[cfg(test)]
mod tests;
