//! `/admin/_components`: every part that pages are made of, side by side. In debug builds alone.

use super::frame::{Frame, page};
use crate::auth::Viewer;
use crate::problem::Problem;
use crate::state::AppState;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

pub(super) fn routes() -> Router<AppState> {
    let router = Router::new();
    if cfg!(debug_assertions) { router.route("/admin/_components", get(show)) } else { router }
}

#[derive(Template)]
#[template(path = "admin/components.html")]
struct ComponentsPage {
    frame: Frame,
}

async fn show(State(state): State<AppState>, viewer: Viewer) -> Result<Response, Problem> {
    let frame = Frame::of(&state, &viewer, "Components", "").await?.with_notice(Some("saved"));
    Ok(page(&ComponentsPage { frame }))
}
