//! The HTTP side: `GET /v1/realtime`, `GET /v1/models` and the routes of [`super::rest`].

use std::sync::Arc;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::hub::Hub;
use super::report::Violation;
use super::rest;
use super::session::{Session, Visitor};
use super::settings::Model;
use super::socket;

/// A text frame holds an append of 15 MiB in base64, with room for its envelope.
const MOST_FRAME_BYTES: usize = 22 * 1024 * 1024;

pub(super) fn router(hub: Arc<Hub>) -> Router {
    Router::new()
        .route("/v1/realtime", get(realtime))
        .route("/v1/models", get(models))
        .merge(rest::routes())
        .with_state(hub)
}

#[derive(Debug, Deserialize)]
struct Wanted {
    model: Option<String>,
}

async fn realtime(
    State(hub): State<Arc<Hub>>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let number = hub.next_attempt();
    if let Some(status) = hub.refused_upgrade(number) {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        return refusal(status, "simulated_fault", "The server refuses this connection.");
    }
    if let Some(refused) = unauthorised(&hub, number, &headers) {
        return refused;
    }
    let Some(model) = wanted.model.filter(|model| !model.is_empty()) else {
        report(&hub, number, "missing_required_parameter", "The URL names no model.");
        let message = "You must provide a model parameter.";
        return refusal(StatusCode::BAD_REQUEST, "missing_required_parameter", message);
    };
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let visitor = Visitor {
        model,
        beta_header: text("openai-beta"),
        safety_identifier: text("openai-safety-identifier"),
    };
    let session = Session::new(Arc::clone(&hub), number, visitor);
    let live = hub.enter();
    let tasks = hub.tasks.clone();
    upgrade
        .max_message_size(MOST_FRAME_BYTES)
        .max_frame_size(MOST_FRAME_BYTES)
        .on_upgrade(move |stream| tasks.track_future(socket::run(stream, session, hub, live)))
}

async fn models(State(hub): State<Arc<Hub>>, headers: HeaderMap) -> Response {
    if let Some(refused) = unauthorised(&hub, 0, &headers) {
        return refused;
    }
    let mut rest = hub.desk.models();
    rest.extend(hub.settings.transcription_models.iter().cloned());
    let rows: Vec<Value> = hub
        .models()
        .into_iter()
        .chain(rest.iter().map(|name| Model::lasting(name)))
        .map(|model| {
            json!({
                "id": model.id, "object": "model", "created": 1_700_000_000, "owned_by": "openai",
                "shutdown_date": model.shutdown_date,
            })
        })
        .collect();
    Json(json!({"object": "list", "data": rows})).into_response()
}

/// The 401 of a request without the right key, where one is asked for.
fn unauthorised(hub: &Hub, number: usize, headers: &HeaderMap) -> Option<Response> {
    if has_key(hub, headers) {
        return None;
    }
    report(hub, number, "invalid_api_key", "The Authorization header is missing or wrong.");
    Some(wrong_key())
}

/// Whether a request brings the right key, or none is asked for.
pub(super) fn has_key(hub: &Hub, headers: &HeaderMap) -> bool {
    let Some(key) = hub.settings.api_key.as_deref() else { return true };
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    given == Some(format!("Bearer {key}").as_str())
}

/// The answer to a wrong key.
pub(super) fn wrong_key() -> Response {
    refusal(StatusCode::UNAUTHORIZED, "invalid_api_key", "Incorrect API key provided.")
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({"error": {
        "message": message, "type": "invalid_request_error", "param": null, "code": code,
    }});
    (status, Json(body)).into_response()
}

fn report(hub: &Hub, session: usize, code: &str, detail: &str) {
    hub.report_violation(Violation {
        session,
        code: code.to_owned(),
        detail: detail.to_owned(),
        param: None,
        event: Value::Null,
    });
}
