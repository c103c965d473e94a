//! `/admin/calls`: the list, and one call in full.

use super::frame::{Frame, page};
use super::words;
use crate::api::calls::{CallAnswer, CallSearch, hang_up, page as page_of, whole};
use crate::auth::{Member, Viewer};
use crate::input::{Id, Page, SameList, Search};
use crate::problem::Problem;
use crate::state::AppState;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use chrono_tz::Tz;
use serde::Deserialize;
use studioconnect_domain::call::{Call, Outcome};
use studioconnect_domain::ids::CallId;
use studioconnect_domain::plan::Feature;
use studioconnect_domain::transcript::Speaker;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/admin/calls", get(list))
        .route("/admin/calls/live", get(super::live::live))
        .route("/admin/calls/{id}", get(show))
        .route("/admin/calls/{id}/end", post(end))
}

#[derive(Template)]
#[template(path = "admin/calls.html")]
struct CallsPage {
    frame: Frame,
    calls: Page<Call>,
    search: CallSearch,
    outcomes: [(Outcome, &'static str, &'static str); 5],
    live: Vec<CallId>,
    /// The same search for other pages of it, without its cursor.
    query: String,
    zone: Tz,
}

#[derive(Template)]
#[template(path = "admin/call.html")]
struct CallPage {
    frame: Frame,
    answer: CallAnswer,
    may_end: bool,
    shows_costs: bool,
    zone: Tz,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Done {
    pub(super) done: Option<String>,
    pub(super) undo: Option<String>,
}

const OUTCOMES: [(Outcome, &str, &str); 5] = [
    (Outcome::Lead, "lead", "Lead"),
    (Outcome::Talked, "talked", "Talked"),
    (Outcome::Voicemail, "voicemail", "Message"),
    (Outcome::NoMessage, "no_message", "No message"),
    (Outcome::Abandoned, "abandoned", "Hung up"),
];

async fn list(
    State(state): State<AppState>,
    viewer: Viewer,
    Search(search): Search<CallSearch>,
    SameList(query): SameList,
) -> Result<Response, Problem> {
    let frame = Frame::of(&state, &viewer, "Calls", "/admin/calls").await?;
    let calls = page_of(&state, &viewer, &search).await?;
    let carried = state.phone.as_ref().map(|phone| phone.switchboard.live_calls()).unwrap_or_default();
    let live =
        carried.into_iter().filter(|call| call.business == viewer.tenant()).map(|call| call.id).collect();
    let zone = viewer.business.zone();
    Ok(page(&CallsPage { frame, calls, search, outcomes: OUTCOMES, live, query, zone }))
}

async fn show(
    State(state): State<AppState>,
    viewer: Viewer,
    Id(id): Id<CallId>,
    Search(done): Search<Done>,
) -> Result<Response, Problem> {
    let frame = Frame::of(&state, &viewer, "Call", "/admin/calls").await?.with_notice(done.done.as_deref());
    let answer = whole(&state, &viewer, id).await?;
    let may_end = answer.is_live && viewer.includes(Feature::SessionManagement);
    let shows_costs = viewer.includes(Feature::AdvancedAnalytics);
    let zone = viewer.business.zone();
    Ok(page(&CallPage { frame, answer, may_end, shows_costs, zone }))
}

async fn end(State(state): State<AppState>, member: Member, Id(id): Id<CallId>) -> Result<Response, Problem> {
    hang_up(&state, &member, id).await?;
    Ok(Redirect::to(&format!("/admin/calls/{id}?done=ended")).into_response())
}
