//! The chat on a business's website, from the visitor's side: a key and an origin lead to a session with a signed token, a
//! message leads to one turn, and all that happens is told as events that can be taken up again where they broke off.
//!
//! No cookie is set or read here, so no page can act in somebody else's name: whoever asks shows a token in a header.

mod agent;
#[expect(unused_qualifications, reason = "written by the macro that describes a query")]
mod events;
mod front;
mod history;
mod hub;
mod limits;
mod message;
mod origin;
mod session;
mod sweep;
pub(crate) mod takeover;
mod token;
mod turn;
mod visitor;
mod words;

pub use agent::answered_by;
pub use hub::Hub;
pub use sweep::{keep_swept, sweep};
pub use turn::{Answerer, Asked, By, Piece, Thought};

use crate::headers;
use crate::state::AppState;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::options;
use limits::Limits;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;
use studioconnect_connectors::secret::Secret;
use token::ChatTokens;
use utoipa::openapi::OpenApi as Document;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Largest body of a request (contract.md).
const BODY: usize = 8 * 1024;
/// Time between signs of life on a stream on which nothing happens.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// What the chat keeps in memory.
pub struct Chat {
    tokens: ChatTokens,
    limits: Mutex<Limits>,
    pub(crate) hub: Hub,
    answerer: RwLock<Answerer>,
    heartbeat: RwLock<Duration>,
}

impl Chat {
    /// Nobody has said anything yet. `secret` is the one that signs sessions of people; the chat's own is made of it.
    pub fn new(secret: &Secret, answerer: Answerer) -> Self {
        Self {
            tokens: ChatTokens::new(secret),
            limits: Mutex::default(),
            hub: Hub::default(),
            answerer: RwLock::new(answerer),
            heartbeat: RwLock::new(HEARTBEAT),
        }
    }

    /// Who answers from the next turn on.
    pub fn answer_with(&self, answerer: Answerer) {
        *self.answerer.write().unwrap_or_else(PoisonError::into_inner) = answerer;
    }

    /// Time between signs of life, for streams that are opened from now on.
    pub fn beat_every(&self, time: Duration) {
        *self.heartbeat.write().unwrap_or_else(PoisonError::into_inner) = time;
    }

    /// Ends every stream, as the process is about to stop.
    pub fn close(&self) {
        self.hub.close();
    }

    fn answerer(&self) -> Answerer {
        Arc::clone(&self.answerer.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn heartbeat(&self) -> Duration {
        *self.heartbeat.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn limits(&self) -> MutexGuard<'_, Limits> {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Chat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chat").finish_non_exhaustive()
    }
}

fn described() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(session::begin))
        .routes(routes!(history::read))
        .routes(routes!(message::say))
        .routes(routes!(events::listen))
}

/// What the OpenAPI document says of the chat.
pub(crate) fn document() -> Document {
    described().into_openapi()
}

/// The routes, for pages of origins that the business named.
pub(crate) fn routes(state: &AppState) -> Router<AppState> {
    let (mut router, _) = described().split_for_parts();
    for path in ["/api/chat", "/api/chat/{id}", "/api/chat/{id}/events", "/api/chat/{id}/message"] {
        // What browsers ask with it is answered before it comes here.
        router = router.route(path, options(async || StatusCode::NO_CONTENT));
    }
    router
        .layer(DefaultBodyLimit::max(BODY))
        .layer(map_response(headers::api))
        .layer(from_fn_with_state(state.clone(), origin::across))
}
