//! Pages of other origins: which of them a browser may let speak with us. Denied unless the business named the origin.

use super::front::Front;
use super::token::TokenFault;
use crate::auth::bearer;
use crate::problem::Problem;
use crate::state::AppState;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use studioconnect_domain::ids::ConversationId;

/// How long a browser remembers that a page may ask, in seconds; an origin that is taken off the list asks again by then.
const REMEMBERED: &str = "300";
/// Headers of ours that the chat is told to send.
const SENT: &str = "authorization, content-type, last-event-id, accept";
/// Headers of ours that a page may read.
const READ: &str = "retry-after";

/// The origin that a browser says a page is from.
pub(super) fn named(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ORIGIN)?.to_str().ok().filter(|origin| *origin != "null")
}

/// Answers what browsers ask before they let a page ask, and tells them who may read the answer.
pub(super) async fn across(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let origin = named(request.headers()).map(str::to_owned);
    let is_question = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let may = match &origin {
        Some(origin) => {
            is_known(&state, request.uri().clone(), bearer(request.headers()).map(str::to_owned), origin)
                .await
        }
        None => Ok(false),
    };
    let may = match may {
        Ok(may) => may,
        Err(problem) => return problem.into_response(),
    };
    let mut response = match (is_question, may) {
        (true, true) => told(),
        (true, false) => Problem::origin_refused().into_response(),
        (false, _) => next.run(request).await,
    };
    if let Some(origin) = origin.filter(|_| may) {
        allow(response.headers_mut(), &origin);
    }
    response.headers_mut().append(header::VARY, HeaderValue::from_static("origin"));
    response
}

/// Lets pages of an origin read an answer. Nothing is ever allowed with cookies.
pub(super) fn allow(headers: &mut HeaderMap, origin: &str) {
    if let Ok(origin) = HeaderValue::from_str(origin) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(READ));
    }
}

fn told() -> Response {
    let headers: [(HeaderName, &str); 3] = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, SENT),
        (header::ACCESS_CONTROL_MAX_AGE, REMEMBERED),
    ];
    (StatusCode::NO_CONTENT, headers.map(|(name, value)| (name, HeaderValue::from_static(value))))
        .into_response()
}

/// Whether an origin belongs to what is asked for: to the token's page, to the conversation's, or to the business whose key
/// the address names.
async fn is_known(state: &AppState, uri: Uri, token: Option<String>, origin: &str) -> Result<bool, Problem> {
    if origin == state.public.origin() {
        return Ok(true);
    }
    if let Some(token) = token {
        let claims = match state.chat.tokens.read(&token, state.clock.now()) {
            Ok(claims) => claims,
            Err(TokenFault::Expired(claims)) => *claims,
            Err(TokenFault::Invalid) => return Ok(false),
        };
        return Ok(claims.org == origin);
    }
    if let Some(id) = conversation_in(uri.path()) {
        return Ok(state.store.origin_of_conversation(id).await?.as_deref() == Some(origin));
    }
    let Some(key) = key_in(&uri) else { return Ok(false) };
    let front = Front::of_key(state, &key).await?;
    Ok(front.is_some_and(|front| front.allows(state, origin)))
}

/// `/api/chat/{id}/…`
fn conversation_in(path: &str) -> Option<ConversationId> {
    path.strip_prefix("/api/chat/")?.split('/').next()?.parse().ok()
}

fn key_in(uri: &Uri) -> Option<String> {
    let query = uri.query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "key")
        .map(|(_, key)| key.into_owned())
}
