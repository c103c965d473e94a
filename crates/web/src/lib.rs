//! HTTP: what the phone network, browsers, programs and operators reach.
//!
//! [`router`] is the whole of it. Who may call a handler stands in its signature: [`telephony`]'s handlers take a
//! `TwilioRequest`, which exists only for a request that Twilio signed; those of the [`api`] and of the pages in [`admin`]
//! take an authority of [`auth`], which is the only way to a tenant's id.

mod admin;
mod answers;
mod api;
mod assets;
mod audit;
pub mod auth;
pub mod chat;
mod headers;
pub mod health;
mod idempotency;
mod input;
pub mod onboarding;
mod preview;
mod problem;
mod state;
mod telephony;
pub mod urls;
mod visits;
mod widget;

pub use admin::Undoes;
pub use api::document as openapi;
pub use auth::{Auth, AuthSettings};
pub use preview::TextModel;
pub use problem::Problem;
pub use state::{AppState, Environment, MemoryUse, Phone};
pub use visits::Visits;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state, map_request, map_response};
use axum::response::IntoResponse as _;
use axum::routing::{any, get, post};
use studioconnect_jobs::escalate;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;
use utoipa_swagger_ui::SwaggerUi;

/// Largest webhook body; Twilio's own limit for what it sends back is the same (protocols/twilio.md, section 1).
const WEBHOOK_BODY: usize = 64 * 1024;
/// Largest JSON body and form (contract.md).
const BODY: usize = 1024 * 1024;

/// All routes.
pub fn router(state: AppState) -> Router {
    let telephony = Router::new()
        .route(urls::VOICE_INBOUND, post(telephony::inbound))
        .route(urls::VOICE_INCOMING, post(telephony::inbound))
        .route(urls::VOICE_STATUS, post(telephony::status))
        .route(urls::VOICE_RESUME, post(telephony::resume))
        .route(urls::VOICE_FALLBACK, post(telephony::fallback))
        .route(escalate::ALERT_PATH, post(telephony::alert))
        .route(escalate::ALERT_KEY_PATH, post(telephony::key))
        .route(escalate::ALERT_STATUS_PATH, post(telephony::alert_status))
        .route(urls::VOICE_VOICEMAIL, post(telephony::voicemail))
        .route(urls::VOICE_RECORDED, post(telephony::recorded))
        .route(urls::VOICE_STREAM, any(telephony::stream))
        .layer(DefaultBodyLimit::max(WEBHOOK_BODY));
    Router::new()
        .merge(telephony)
        .merge(people(&state))
        .merge(chat::routes(&state))
        .route(urls::HEALTH, get(health::health))
        .route(urls::LIVEZ, get(health::livez))
        .route(urls::READYZ, get(health::readyz))
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(CatchPanicLayer::custom(|_| Problem::internal().into_response_parts()))
        .layer(from_fn(answers::shaped))
        .layer(from_fn_with_state(state.clone(), auth::by_scheme))
        .with_state(state)
}

/// What people and their programs reach: the API, its document, and the pages.
fn people(state: &AppState) -> Router<AppState> {
    let (api, document) = api::routes().split_for_parts();
    let docs = Router::from(SwaggerUi::new(urls::API_DOCS).url(urls::OPENAPI, document));
    let csrf = CsrfLayer::new();
    let csrf = match csrf.clone().add_trusted_origin(state.public.origin()) {
        Ok(csrf) => csrf,
        Err(fault) => {
            tracing::warn!(%fault, "the public URL has no origin that a browser would name");
            csrf
        }
    };
    let csrf = csrf.with_rejection_response(|_| Problem::cross_site().into_response());
    Router::new()
        .merge(api.layer(from_fn(idempotency::to_the_end)).layer(map_response(headers::api)))
        .merge(admin::routes())
        .layer(from_fn_with_state(state.clone(), auth::identify))
        .layer(csrf)
        .layer(map_request(auth::without_origin))
        .layer(DefaultBodyLimit::max(BODY))
        .merge(docs.layer(headers::docs()))
        .merge(assets::routes())
        .merge(widget::routes())
        .layer(CompressionLayer::new())
}
