//! `/admin/websockets` and `/admin/health`: what is on the line at this moment, how the parts are, and what went wrong of
//! late.

use super::frame::{Frame, page};
use super::words;
use crate::auth::{Entitlement as _, Viewer};
use crate::problem::Problem;
use crate::state::AppState;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use chrono::TimeDelta;
use chrono_tz::Tz;
use studioconnect_domain::business::Role;
use studioconnect_domain::call::Call;
use studioconnect_domain::plan::Feature;
use studioconnect_store::CallFilter;

const HERE: &str = "/admin/websockets";
/// How far back failures are shown.
const LOOK_BACK: TimeDelta = TimeDelta::days(7);
/// Most of them.
const FAILURES: u64 = 20;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route(HERE, get(show)).route("/admin/health", get(show))
}

#[derive(Template)]
#[template(path = "admin/line.html")]
struct LinePage {
    frame: Frame,
    live: Vec<Call>,
    parts: Vec<Part>,
    failures: Vec<Call>,
    may_end: bool,
    zone: Tz,
}

/// A part of the installation, and how it is.
struct Part {
    name: &'static str,
    is_well: bool,
    word: &'static str,
}

async fn show(State(state): State<AppState>, viewer: Viewer) -> Result<Response, Problem> {
    viewer.needs(Feature::WebsocketMonitoring)?;
    let frame = Frame::of(&state, &viewer, "On the line", HERE).await?;
    let since = state.clock.now() - LOOK_BACK;
    let failed = CallFilter { since: Some(since), has_failed: true, ..CallFilter::default() };
    let failures = state.store.calls(viewer.tenant(), &failed, FAILURES, None).await?;
    let mut live = Vec::new();
    for call in state.phone.iter().flat_map(|phone| phone.switchboard.live_calls()) {
        if call.business == viewer.tenant()
            && let Some(call) = state.store.find_call(viewer.tenant(), call.id).await?
        {
            live.push(call);
        }
    }
    let parts = parts(&state).await;
    let may_end = viewer.includes(Feature::SessionManagement) && viewer.role >= Role::Member;
    let zone = viewer.business.zone();
    Ok(page(&LinePage { frame, live, parts, failures, may_end, zone }))
}

async fn parts(state: &AppState) -> Vec<Part> {
    let part =
        |name, is_well, well, unwell| Part { name, is_well, word: if is_well { well } else { unwell } };
    let phone = state.phone.as_ref();
    vec![
        part("Phone", phone.is_some(), "connected", "off: no Twilio account is set up"),
        part(
            "Speech model",
            phone.is_some_and(|phone| phone.has_model),
            "set up",
            "none: callers leave a message",
        ),
        part(
            "Database",
            state.store.ping().await.is_ok(),
            "answers",
            "does not answer: calls go on, their rows wait",
        ),
        part(
            "Writing calls down",
            phone.is_none_or(|phone| !phone.scribe.state().is_away),
            "keeps up",
            "waits for the database",
        ),
    ]
}
