//! `/admin/support`: a question to whoever runs the installation, by mail.

use super::calls::Done;
use super::frame::{Faults, Frame, page, page_with};
use super::values::Values;
use crate::auth::Viewer;
use crate::input::{Form, Search};
use crate::problem::Problem;
use crate::state::AppState;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use studioconnect_connectors::mail::Mail;
use studioconnect_domain::Fault;
use studioconnect_domain::plan::Feature;
use studioconnect_domain::rule::Text;

const HERE: &str = "/admin/support";
const FIELDS: [&str; 2] = ["subject", "text"];
/// Longest subject and longest question, in characters.
static SUBJECT: Text = Text::of(1, 120);
static QUESTION: Text = Text::of(1, 5_000);

pub(super) fn routes() -> Router<AppState> {
    Router::new().route(HERE, get(show).post(ask))
}

#[derive(Template)]
#[template(path = "admin/support.html")]
struct SupportPage {
    frame: Frame,
    email: String,
    has_address: bool,
    has_priority: bool,
    values: Values,
    faults: Faults,
    problem: Option<Problem>,
}

async fn whole(state: &AppState, viewer: &Viewer) -> Result<SupportPage, Problem> {
    Ok(SupportPage {
        frame: Frame::of(state, viewer, "Support", HERE).await?,
        email: viewer.user.email.clone(),
        has_address: state.support.is_some(),
        has_priority: viewer.includes(Feature::PrioritySupport),
        values: Values::default(),
        faults: Faults::default(),
        problem: None,
    })
}

async fn show(
    State(state): State<AppState>,
    viewer: Viewer,
    Search(done): Search<Done>,
) -> Result<Response, Problem> {
    let shown = whole(&state, &viewer).await?;
    Ok(page(&SupportPage { frame: shown.frame.with_notice(done.done.as_deref()), ..shown }))
}

async fn ask(State(state): State<AppState>, viewer: Viewer, form: Form) -> Result<Response, Problem> {
    let Some(address) = state.support.clone() else { return Ok(Redirect::to(HERE).into_response()) };
    let faults = faults(&form);
    if !faults.is_empty() {
        let values = Values::default().typed_over(&form, &FIELDS);
        let shown = SupportPage { values, faults: Faults(faults), ..whole(&state, &viewer).await? };
        return Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown));
    }
    if let Err(problem) = state.count_request("q", &viewer.user, "You have sent several questions already.") {
        let values = Values::default().typed_over(&form, &FIELDS);
        let shown = SupportPage { values, problem: Some(problem), ..whole(&state, &viewer).await? };
        return Ok(page_with(StatusCode::TOO_MANY_REQUESTS, &shown));
    }
    state.mailer.send(&mail(&address, &viewer, &form)).await.map_err(|fault| {
        tracing::error!(%fault, "a question to support could not be mailed");
        Problem::mail_failed()
    })?;
    Ok(Redirect::to(&format!("{HERE}?done=sent")).into_response())
}

fn faults(form: &Form) -> Vec<Fault> {
    let rules = FIELDS.into_iter().zip([&SUBJECT, &QUESTION]);
    rules.filter_map(|(name, rule)| Some(Fault::new(name, rule.fault(form.text(name))?))).collect()
}

fn mail(to: &str, viewer: &Viewer, form: &Form) -> Mail {
    let is_urgent = viewer.includes(Feature::PrioritySupport);
    let subject = format!("{}{}", if is_urgent { "[priority] " } else { "" }, form.text("subject"));
    let text = format!(
        "{}\n\n-- \n{} of {} ({}, {})\n",
        form.text("text"),
        viewer.user.email,
        viewer.business.name,
        viewer.plan.code,
        viewer.business.id
    );
    Mail { reply_to: Some(viewer.user.email.clone()), is_urgent, ..Mail::new(to, subject, text) }
}
