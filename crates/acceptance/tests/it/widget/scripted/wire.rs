//! The wire: requests are looked at closely, and answered as the chat's server would.

use super::World;
use super::talk::{Event, Fault, Session, turn};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use futures_util::stream;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const MOST_BYTES: usize = 8 * 1024;

pub(super) fn routes(world: Arc<World>) -> Router {
    let chat = Router::new()
        .route("/api/chat", post(begin))
        .route("/api/chat/{session}", get(history))
        .route("/api/chat/{session}/message", post(message))
        .route("/api/chat/{session}/events", get(events))
        .layer(from_fn_with_state(world.clone(), across_origins));
    chat.fallback(pass_on).with_state(world)
}

/// What is not of the conversation is the real server's.
async fn pass_on(State(world): State<Arc<World>>, request: Request) -> Response {
    let mut asked = world.client.get(format!("{}{}", world.real, request.uri()));
    for name in ["origin", "sec-fetch-site", "if-none-match"] {
        if let Some(value) = request.headers().get(name) {
            asked = asked.header(name, value);
        }
    }
    let answer = asked.send().await.unwrap();
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        if !matches!(name.as_str(), "transfer-encoding" | "content-length" | "connection") {
            response = response.header(name, value);
        }
    }
    response.body(Body::from(answer.bytes().await.unwrap())).unwrap()
}

/// Pages of one origin may ask, with a token and JSON, without cookies.
async fn across_origins(State(world): State<Arc<World>>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let is_known = origin.as_ref().is_some_and(|origin| origin.as_bytes() == world.origin.as_bytes());
    if !is_known {
        world.fault(format!("{} came from {origin:?}", request.uri()));
        return StatusCode::FORBIDDEN.into_response();
    }
    if request.headers().contains_key(header::COOKIE) {
        world.fault(format!("{} came with a cookie", request.uri()));
    }
    let is_preflight = request.method() == Method::OPTIONS;
    let line = format!("{} {}", request.method(), request.uri().path());
    if request.uri().to_string().contains("tok_") {
        world.fault(format!("a token stands in {}", request.uri()));
    }
    let mut response = if is_preflight {
        StatusCode::NO_CONTENT.into_response()
    } else {
        world.lock().seen.push(line);
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.unwrap());
    for (name, value) in [
        (header::VARY, "origin"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "retry-after"),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

impl World {
    fn fault(&self, what: String) {
        self.lock().violations.push(what);
    }

    /// A body with these fields and no others; those with a question mark may be missing.
    fn read(&self, headers: &HeaderMap, body: &[u8], fields: &[&str]) -> Result<Value, StatusCode> {
        if body.len() > MOST_BYTES {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        if headers.get(header::CONTENT_TYPE).is_none_or(|kind| kind != "application/json") {
            self.fault("a body is not marked as JSON".into());
        }
        let read: Value = serde_json::from_slice(body).map_err(|_| StatusCode::BAD_REQUEST)?;
        let given = read.as_object().ok_or(StatusCode::BAD_REQUEST)?;
        for name in given.keys() {
            if !fields.iter().any(|field| field.trim_end_matches('?') == name) {
                self.fault(format!("there is no field {name}"));
            }
        }
        for field in fields.iter().filter(|field| !field.ends_with('?')) {
            if given.get(*field).is_none_or(|value| value.as_str() == Some("")) {
                self.fault(format!("{field} is missing"));
            }
        }
        Ok(read)
    }

    fn admit(&self, headers: &HeaderMap, session: &str) -> Result<(), StatusCode> {
        let shown =
            headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let shown = shown.strip_prefix("Bearer ").unwrap_or_default();
        let is_right = self.with(session, |session| session.token == shown) == Some(true);
        if is_right { Ok(()) } else { Err(StatusCode::UNAUTHORIZED) }
    }
}

async fn begin(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, StatusCode> {
    let fields = ["key", "pageUrl?", "language?", "consentVersion?", "identity?"];
    let given = world.read(&headers, &body, &fields)?;
    if given["key"] != world.key.as_str() {
        return Err(StatusCode::NOT_FOUND);
    }
    let mut inner = world.lock();
    inner.consents.push(given["consentVersion"].as_u64());
    inner.identities.push(given["identity"].as_str().map(str::to_owned));
    let id = format!("s{:04}", inner.sessions.len() + 1 + inner.seen.len());
    let token = format!("tok_{id}");
    inner.sessions.insert(id.clone(), Session { token: token.clone(), ..Session::default() });
    let notice = inner.notice.clone();
    let mut opened = json!({"sessionId": id, "token": token, "expiresAt": "2030-01-01T00:00:00Z", "greeting": "Hello!",
        "showBranding": false, "businessName": "Northwind Plumbing", "agentName": "Mia", "language": "en", "isOpen": notice.is_none(),
        "quickReplies": [{"text": "Are you open on Saturday?"}, {"text": "Please call me back", "value": "Please call me back"}],
        "consent": {"required": false, "text": "", "version": 0}, "lastEventId": "0"});
    if let Some(notice) = notice {
        opened["notice"] = notice.into();
    }
    Ok(axum::Json(opened).into_response())
}

async fn history(
    State(world): State<Arc<World>>,
    Path(session): Path<String>,
    headers: HeaderMap,
) -> Result<Response, StatusCode> {
    world.admit(&headers, &session)?;
    let history = world.with(&session, |found| found.history(&session));
    Ok(axum::Json(history.ok_or(StatusCode::UNAUTHORIZED)?).into_response())
}

async fn message(
    State(world): State<Arc<World>>,
    Path(session): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, StatusCode> {
    world.admit(&headers, &session)?;
    let given = world.read(&headers, &body, &["message", "clientMessageId"])?;
    let fault = world.lock().faults.pop_front();
    match fault {
        Some(Fault::TooMany(seconds)) => {
            let wait = [(header::RETRY_AFTER, seconds.to_string())];
            return Ok((StatusCode::TOO_MANY_REQUESTS, wait).into_response());
        }
        Some(Fault::Refuse(status)) => return Err(StatusCode::from_u16(status).unwrap()),
        _ => {}
    }
    let text = |name: &str| given[name].as_str().unwrap_or_default().to_owned();
    let (text, id) = (text("message"), text("clientMessageId"));
    let is_new = world.with(&session, |session| session.begin(&id, &text)).ok_or(StatusCode::UNAUTHORIZED)?;
    world.tell();
    if is_new {
        let reset = if let Some(Fault::ResetAfter(pieces)) = fault { Some(pieces) } else { None };
        tokio::spawn(turn(world.clone(), session.clone(), id.clone(), text, reset));
    }
    let breaks = if let Some(Fault::DropAfter(pieces)) = fault { Some(pieces) } else { None };
    Ok(streamed(Listener { world, session, turn: Some(id), at: 0, breaks, told: 0, is_over: false }))
}

async fn events(
    State(world): State<Arc<World>>,
    Path(session): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Result<Response, StatusCode> {
    world.admit(&headers, &session)?;
    let at = query.get("lastEventId").map_or(Ok(0), |id| id.parse()).map_err(|_| StatusCode::BAD_REQUEST)?;
    Ok(streamed(Listener { world, session, turn: None, at, breaks: None, told: 0, is_over: false }))
}

/// Somebody who is told what happens.
struct Listener {
    world: Arc<World>,
    session: String,
    /// Of this turn only.
    turn: Option<String>,
    at: usize,
    breaks: Option<usize>,
    told: usize,
    is_over: bool,
}

fn streamed(listener: Listener) -> Response {
    let pieces = stream::unfold(listener, |mut listener| async move {
        let piece = listener.next().await?;
        Some((piece, listener))
    });
    (
        [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")],
        Body::from_stream(pieces),
    )
        .into_response()
}

impl Listener {
    async fn next(&mut self) -> Option<std::io::Result<String>> {
        let mut news = self.world.news.subscribe();
        loop {
            if self.is_over {
                return None;
            }
            if let Some(breaks) = self.breaks.filter(|breaks| self.told >= *breaks) {
                // What was sent is lost with a line that breaks at once; a test says when it has been seen.
                let mut pause = self.world.pause.subscribe();
                let _ = pause.wait_for(|pause| pause.is_none_or(|pause| pause > breaks)).await;
                self.is_over = true;
                return Some(Err(std::io::Error::other("the line breaks")));
            }
            let session = self.session.clone();
            let written = self
                .world
                .with(&session, |session| session.events.get(self.at).map(|event| self.written(event)))?;
            match written {
                Some(written) => {
                    self.at += 1;
                    if let Some(text) = written {
                        self.told += usize::from(text.contains("event: delta"));
                        self.is_over = self.turn.is_some() && text.contains("event: done");
                        return Some(Ok(text));
                    }
                }
                None => news.changed().await.ok()?,
            }
        }
    }

    /// An event as it is sent, when it is for this listener.
    fn written(&self, event: &Event) -> Option<String> {
        let is_meant = match &self.turn {
            Some(turn) => event.turn.as_ref() == Some(turn),
            None => event.name != "accepted",
        };
        // Beats of the heart come between events.
        let text = format!(": beat\n\nid: {}\nevent: {}\ndata: {}\n\n", self.at + 1, event.name, event.data);
        is_meant.then_some(text)
    }
}
