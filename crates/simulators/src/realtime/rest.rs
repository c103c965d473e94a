//! The REST side of the same server: chat, embeddings, transcription and speech, as strict as the Realtime side.
//!
//! It speaks the protocol page "OpenAI-compatible text APIs". What it is asked is kept for tests; what a client does wrong
//! is refused as the real service refuses it, and remembered as a [`RestViolation`].

mod audio;
mod chat;
mod embeddings;
mod faults;
mod multipart;
mod stream;
#[cfg(test)]
mod tests;
mod words;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::post;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

pub use faults::{PlannedRestFault, RestFault, Route};

use super::brain::Brain;
use super::hub::{Hub, locked};
use super::report::push_bounded;
use super::schema::Refusal;
use super::server::{has_key, wrong_key};

/// The largest body: a file of 25 MB, and what is around it.
const MOST_BODY_BYTES: usize = 26 * 1024 * 1024;
/// A request that is never answered ends after this, so that a forgotten one does not stay for ever.
const SILENCE: Duration = Duration::from_mins(5);

/// How the REST side is set up.
#[derive(Debug, Clone, PartialEq)]
pub struct RestSettings {
    /// Models that chat.
    pub chat_models: Vec<String>,
    /// Models that make vectors, with their dimensions.
    pub embedding_models: Vec<(String, usize)>,
    /// Models that speak.
    pub speech_models: Vec<String>,
    /// What is answered in a chat. Rules are not used up here: the conversation comes whole with each request.
    pub brain: Brain,
    /// What goes wrong; can be changed while running.
    pub faults: Vec<PlannedRestFault>,
    /// Time to the first token.
    pub first_delay: Duration,
    /// Time between two pieces of a stream.
    pub gap: Duration,
}

impl Default for RestSettings {
    fn default() -> Self {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            chat_models: names(&["gpt-6-luna", "gpt-5.6-luna", "gpt-4.1-mini"]),
            embedding_models: vec![
                ("text-embedding-3-small".to_owned(), 1536),
                ("text-embedding-3-large".to_owned(), 3072),
                ("text-embedding-ada-002".to_owned(), 1536),
            ],
            speech_models: names(&["gpt-4o-mini-tts", "tts-1", "tts-1-hd"]),
            brain: Brain::demo(),
            faults: Vec::new(),
            first_delay: Duration::from_millis(20),
            gap: Duration::from_millis(2),
        }
    }
}

/// Something a client did that the real service refuses or asks not to do.
#[derive(Debug, Clone, PartialEq)]
pub struct RestViolation {
    /// Where.
    pub route: Route,
    /// The error code it was given, or one of our own: `came_back_too_early`, `script_tool_missing`.
    pub code: String,
    /// What was wrong.
    pub detail: String,
    /// The field at fault.
    pub param: Option<String>,
}

/// A request and what it was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct RestRequest {
    /// Where.
    pub route: Route,
    /// When, from the start of the server.
    pub at: Duration,
    /// The body; of a file only its name and length.
    pub body: Value,
    /// The answer's status.
    pub status: u16,
}

/// What the REST side remembers.
#[derive(Debug)]
pub(super) struct Desk {
    settings: Mutex<RestSettings>,
    requests: Mutex<Vec<RestRequest>>,
    violations: Mutex<Vec<RestViolation>>,
    /// Before these moments nobody should ask again.
    not_before: Mutex<Vec<(Route, Instant)>>,
    started: Instant,
}

impl Desk {
    pub(super) fn new(settings: RestSettings) -> Self {
        Self {
            settings: Mutex::new(settings),
            requests: Mutex::default(),
            violations: Mutex::default(),
            not_before: Mutex::default(),
            started: Instant::now(),
        }
    }

    pub(super) fn settings(&self) -> RestSettings {
        locked(&self.settings).clone()
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut RestSettings)) {
        change(&mut locked(&self.settings));
    }

    pub(super) fn requests(&self) -> Vec<RestRequest> {
        locked(&self.requests).clone()
    }

    pub(super) fn violations(&self) -> Vec<RestViolation> {
        locked(&self.violations).clone()
    }

    pub(super) fn clear_violations(&self) {
        locked(&self.violations).clear();
    }

    /// Every model of this side.
    pub(super) fn models(&self) -> Vec<String> {
        let settings = self.settings();
        let embedding = settings.embedding_models.into_iter().map(|(name, _)| name);
        settings.chat_models.into_iter().chain(embedding).chain(settings.speech_models).collect()
    }

    fn report(&self, route: Route, refusal: &Refusal) {
        tracing::warn!(?route, code = refusal.code, detail = %refusal.message, "simulated model: the client broke a rule");
        push_bounded(
            &mut locked(&self.violations),
            RestViolation {
                route,
                code: refusal.code.to_owned(),
                detail: refusal.message.clone(),
                param: refusal.param.clone(),
            },
        );
    }

    /// Notes a request; the fault that strikes it, if one does.
    fn note(&self, route: Route, body: Value) -> (usize, Option<RestFault>) {
        let now = Instant::now();
        if locked(&self.not_before).iter().any(|(of, until)| *of == route && now < *until) {
            let message = "The client was told when to come back and came earlier.";
            self.report(route, &Refusal::new("came_back_too_early", "", message));
        }
        let mut requests = locked(&self.requests);
        let number = requests.iter().filter(|request| request.route == route).count() + 1;
        let fault = faults::striking(&locked(&self.settings).faults, route, number);
        push_bounded(&mut requests, RestRequest { route, at: self.started.elapsed(), body, status: 0 });
        (requests.len(), fault)
    }

    fn answered(&self, number: usize, status: u16) {
        if let Some(request) = locked(&self.requests).get_mut(number.wrapping_sub(1)) {
            request.status = status;
        }
    }
}

/// The routes besides those of the Realtime side.
pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/v1/chat/completions", post(completions))
        .route("/v1/embeddings", post(vectors))
        .route("/v1/audio/transcriptions", post(transcriptions))
        .route("/v1/audio/speech", post(speech))
        .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
}

async fn completions(State(hub): State<Arc<Hub>>, headers: HeaderMap, body: Bytes) -> Response {
    answer_json(&hub, Route::Chat, &headers, &body, chat::answer).await
}

async fn vectors(State(hub): State<Arc<Hub>>, headers: HeaderMap, body: Bytes) -> Response {
    answer_json(&hub, Route::Embeddings, &headers, &body, embeddings::answer).await
}

async fn speech(State(hub): State<Arc<Hub>>, headers: HeaderMap, body: Bytes) -> Response {
    answer_json(&hub, Route::Speech, &headers, &body, audio::speech).await
}

async fn transcriptions(State(hub): State<Arc<Hub>>, headers: HeaderMap, body: Bytes) -> Response {
    let parts = multipart::parts(&headers, &body);
    let shown = parts.as_ref().map_or(Value::Null, |parts| multipart::shown(parts));
    answer(&hub, Route::Transcription, &headers, shown, |_| audio::transcription(&hub, &parts?)).await
}

type Answer = fn(&Hub, &Value, Option<&RestFault>) -> Result<Response, Refusal>;

async fn answer_json(hub: &Hub, route: Route, headers: &HeaderMap, body: &[u8], make: Answer) -> Response {
    let parsed = serde_json::from_slice::<Value>(body);
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let shown = parsed.as_ref().cloned().unwrap_or_default();
    answer(hub, route, headers, shown, |fault| {
        if !kind.starts_with("application/json") {
            return Err(Refusal::new(
                "unsupported_content_type",
                "",
                format!("Unsupported content type: '{kind}'."),
            ));
        }
        let body = parsed.map_err(|error| {
            Refusal::new(
                "invalid_json",
                "",
                format!("We could not parse the JSON body of your request: {error}"),
            )
        })?;
        make(hub, &body, fault)
    })
    .await
}

/// Notes a request, lets a fault strike it, and answers it.
async fn answer(
    hub: &Hub,
    route: Route,
    headers: &HeaderMap,
    shown: Value,
    make: impl FnOnce(Option<&RestFault>) -> Result<Response, Refusal>,
) -> Response {
    let (number, fault) = hub.desk.note(route, shown);
    let response = if has_key(hub, headers) {
        match &fault {
            Some(RestFault::Silence) => {
                tokio::time::sleep(SILENCE).await;
                StatusCode::SERVICE_UNAVAILABLE.into_response()
            }
            Some(RestFault::Status { status, code, headers }) => {
                refused_by_plan(hub, route, *status, code, headers)
            }
            fault => make(fault.as_ref()).unwrap_or_else(|refusal| {
                hub.desk.report(route, &refusal);
                refused(&refusal)
            }),
        }
    } else {
        hub.desk.report(
            route,
            &Refusal::new("invalid_api_key", "", "The Authorization header is missing or wrong."),
        );
        wrong_key()
    };
    hub.desk.answered(number, response.status().as_u16());
    response
}

fn refused_by_plan(hub: &Hub, route: Route, status: u16, code: &str, lines: &[(String, String)]) -> Response {
    let mut pauses = locked(&hub.desk.not_before);
    pauses.retain(|(of, _)| *of != route);
    pauses.extend(faults::asked_pause(lines).map(|pause| (route, Instant::now() + pause)));
    drop(pauses);
    let kind = match code {
        "insufficient_quota" => "insufficient_quota",
        "rate_limit_exceeded" => "requests",
        _ if status >= 500 => "server_error",
        _ => "invalid_request_error",
    };
    let body =
        json!({"error": {"message": "A fault was asked for.", "type": kind, "param": null, "code": code}});
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Json(body)).into_response();
    for (name, value) in lines {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The error body of a refusal, with the status the real service gives it.
fn refused(refusal: &Refusal) -> Response {
    let status = match refusal.code {
        "model_not_found" => StatusCode::NOT_FOUND,
        "unsupported_content_type" => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        _ => StatusCode::BAD_REQUEST,
    };
    let body = json!({"error": {
        "message": refusal.message, "type": "invalid_request_error", "param": refusal.param, "code": refusal.code,
    }});
    (status, Json(body)).into_response()
}

fn no_such_model(model: &str) -> Refusal {
    Refusal::new(
        "model_not_found",
        "model",
        format!("The model '{model}' does not exist or you do not have access to it."),
    )
}
