//! Twilio's REST API, as much of it as a telephone exchange needs (protocol page, section 5).

mod calls;
mod form;
mod messages;
mod recordings;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use self::form::Form;
use super::network::{Network, RestFault, RestRequest, locked};
use super::violation::Violation;

/// Largest request body.
const MAX_BODY: usize = 256 * 1_024;

/// What a request is answered with.
pub(crate) enum Reply {
    Json(StatusCode, Value),
    Sound(Vec<u8>),
    Nothing,
}

/// A refused request: HTTP status, Twilio's code, words.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: u16,
    code: u32,
    message: String,
    /// Whether the program under test made a mistake, or just had bad luck.
    is_violation: bool,
}

impl Refusal {
    /// A request no correct program makes.
    pub(crate) fn wrong(status: u16, code: u32, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), is_violation: true }
    }

    /// A refusal a correct program must be able to take.
    pub(crate) fn fair(status: u16, code: u32, message: impl Into<String>) -> Self {
        Self { is_violation: false, ..Self::wrong(status, code, message) }
    }

    fn not_found(path: &str) -> Self {
        Self::fair(404, 20_404, format!("The requested resource {path} was not found"))
    }
}

pub(crate) type Outcome = Result<Reply, Refusal>;

pub(crate) fn router(network: Arc<Network>) -> Router {
    Router::new().fallback(answer).with_state(network)
}

async fn answer(State(network): State<Arc<Network>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let (outcome, params) = match to_bytes(body, MAX_BODY).await {
        Ok(body) => {
            let form = Form::read(&parts.headers, parts.uri.query(), &body);
            let outcome = ask(&network, &parts.method, &path, &parts.headers, &form, &body).await;
            (outcome, form.params)
        }
        Err(_) => (Err(Refusal::wrong(413, 20_413, "body too large")), Vec::new()),
    };
    let response = respond(&network, outcome);
    network.request(RestRequest {
        method: parts.method.to_string(),
        path,
        params,
        status: response.status().as_u16(),
    });
    response
}

async fn ask(
    network: &Arc<Network>,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    form: &Form,
    body: &Bytes,
) -> Outcome {
    check_authority(network, headers)?;
    let creates = *method == Method::POST;
    let fault = creates.then(|| locked(&network.faults).pop_front()).flatten();
    if let Some(RestFault::Refuse(status)) = fault {
        let code = if status == 429 { 20_429 } else { 20_500 };
        return Err(Refusal::fair(status, code, "made to fail"));
    }
    if creates && !form.is_form && !body.is_empty() {
        return Err(Refusal::wrong(415, 20_415, "the body is not form-encoded"));
    }
    let outcome = route(network, method, path, form);
    if fault == Some(RestFault::DoneButSilent) {
        network.stop.cancelled().await;
    }
    outcome
}

fn route(network: &Arc<Network>, method: &Method, path: &str, form: &Form) -> Outcome {
    let account = network.settings.account_sid.as_str();
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let ["2010-04-01", "Accounts", owner, rest @ ..] = segments.as_slice() else {
        return Err(Refusal { is_violation: true, ..Refusal::not_found(path) });
    };
    if owner.trim_end_matches(".json") != account {
        return Err(Refusal::wrong(401, 20_003, "the account is not yours"));
    }
    match (method.as_str(), rest) {
        ("GET", []) => Ok(Reply::Json(
            StatusCode::OK,
            json!({ "sid": account, "status": "active", "type": "Full", "friendly_name": "Simulated" }),
        )),
        ("POST", ["Calls.json"]) => calls::create(network, form),
        ("GET", ["Calls.json"]) => calls::list(network, form),
        ("GET", ["Calls", file]) => calls::fetch(network, &sid(file, path)?),
        ("POST", ["Calls", file]) => calls::update(network, &sid(file, path)?, form),
        ("POST", ["Messages.json"]) => messages::create(network, form),
        ("GET", ["Messages.json"]) => messages::list(network, form),
        ("GET", ["Messages", file]) => messages::fetch(network, &sid(file, path)?),
        ("GET", ["Recordings", file]) => recordings::fetch(network, file),
        ("DELETE", ["Recordings", file]) => recordings::delete(network, &sid(file, path)?),
        _ => Err(Refusal { is_violation: true, ..Refusal::not_found(path) }),
    }
}

/// The SID in `<sid>.json`; without the ending the API would answer XML.
fn sid(file: &str, path: &str) -> Result<String, Refusal> {
    file.strip_suffix(".json")
        .map(str::to_owned)
        .ok_or_else(|| Refusal { is_violation: true, ..Refusal::not_found(path) })
}

fn check_authority(network: &Network, headers: &HeaderMap) -> Result<(), Refusal> {
    let settings = &network.settings;
    let expected = STANDARD.encode(format!("{}:{}", settings.account_sid, settings.auth_token));
    let given = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Basic "));
    if given == Some(expected.as_str()) {
        return Ok(());
    }
    Err(Refusal::fair(401, 20_003, "Authenticate"))
}

fn respond(network: &Network, outcome: Outcome) -> Response {
    match outcome {
        Ok(Reply::Json(status, value)) => (status, axum::Json(value)).into_response(),
        Ok(Reply::Sound(wav)) => ([(CONTENT_TYPE, "audio/x-wav")], Body::from(wav)).into_response(),
        Ok(Reply::Nothing) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => refuse(network, refusal),
    }
}

fn refuse(network: &Network, refusal: Refusal) -> Response {
    let Refusal { status, code, message, is_violation } = refusal;
    if is_violation {
        network.violation(Violation { code, what: format!("REST: {message}"), call_sid: None });
    }
    let body = json!({
        "code": code,
        "message": message,
        "more_info": format!("https://www.twilio.com/docs/errors/{code}"),
        "status": status,
    });
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, axum::Json(body)).into_response();
    if status == StatusCode::UNAUTHORIZED {
        let realm = http::HeaderValue::from_static("Basic realm=\"Twilio API\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, realm);
    }
    response
}
