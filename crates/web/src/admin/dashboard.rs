//! `/admin/dashboard`: the day at a glance, and what is still to be set up.

use super::frame::Frame;
use super::streamed::page_with_part;
use super::words;
use crate::api::dashboard::{Dashboard, SetUp, day};
use crate::auth::Viewer;
use crate::problem::Problem;
use crate::state::AppState;
use crate::urls;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use chrono_tz::Tz;
use studioconnect_domain::call::Call;
use studioconnect_store::CallFilter;

/// Calls shown of the latest.
const LATEST: u64 = 6;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route(urls::DASHBOARD, get(show))
}

#[derive(Template)]
#[template(path = "admin/dashboard.html")]
struct DashboardPage {
    frame: Frame,
    is_open: Option<bool>,
}

/// The figures and lists, which are counted anew for each look.
#[derive(Template)]
#[template(path = "admin/day.html")]
struct DayPart {
    day: Dashboard,
    tasks: Vec<Task>,
    latest: Vec<Call>,
    zone: Tz,
}

impl DayPart {
    fn is_set_up(&self) -> bool {
        self.tasks.iter().all(|task| task.is_done)
    }
}

/// One thing to set up, in words.
struct Task {
    name: &'static str,
    why: &'static str,
    target: &'static str,
    is_done: bool,
}

async fn show(State(state): State<AppState>, viewer: Viewer) -> Result<Response, Problem> {
    let frame = Frame::of(&state, &viewer, "Today", urls::DASHBOARD).await?;
    let hours = &viewer.business.hours;
    let is_open = hours.are_set().then(|| hours.is_open(state.clock.now(), viewer.business.zone()));
    Ok(page_with_part(&DashboardPage { frame, is_open }, async move { part(&state, &viewer).await }))
}

async fn part(state: &AppState, viewer: &Viewer) -> Result<String, Problem> {
    let latest = CallFilter::default();
    let (day, latest) = tokio::try_join!(day(state, viewer), async {
        Ok(state.store.calls(viewer.tenant(), &latest, LATEST, None).await?)
    })?;
    let tasks = day.checklist.iter().map(|step| task(step.step, step.is_done)).collect();
    let part = DayPart { day, tasks, latest, zone: viewer.business.zone() };
    part.render().map_err(|fault| {
        tracing::error!(%fault, "a part of a page could not be rendered");
        Problem::internal()
    })
}

fn task(step: SetUp, is_done: bool) -> Task {
    let (name, why, target) = match step {
        SetUp::Number => (
            "A phone number leads here",
            "Whoever runs this installation connects one from Twilio.",
            "/admin/settings",
        ),
        SetUp::Hours => {
            ("Opening hours", "So that callers hear when you are there.", "/admin/settings#hours")
        }
        SetUp::Greeting => {
            ("Your own greeting", "The first words that callers hear.", "/admin/settings#greeting")
        }
        SetUp::Questions => {
            ("Questions for callers", "What you need to know before you call back.", "/admin/lead-questions")
        }
        SetUp::FirstCall => {
            ("A test call", "Call your number and listen to yourself being received.", "/admin/calls")
        }
    };
    Task { name, why, target, is_done }
}
