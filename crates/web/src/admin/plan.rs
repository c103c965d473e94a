//! `/admin/plan`: what the plan includes, what others would add, and what was used.

use super::calls::Done;
use super::frame::{Frame, page};
use crate::api::plan::{PlanAnswer, apply, whole};
use crate::auth::{Owner, Viewer};
use crate::input::{Form, Search};
use crate::problem::Problem;
use crate::state::AppState;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use studioconnect_domain::Fault;
use studioconnect_domain::business::Role;
use studioconnect_domain::plan::{Feature, Plan, PlanCode};

const HERE: &str = "/admin/plan";

pub(super) fn routes() -> Router<AppState> {
    Router::new().route(HERE, get(show).post(change))
}

#[derive(Template)]
#[template(path = "admin/plan.html")]
struct PlanPage {
    frame: Frame,
    answer: PlanAnswer,
    plans: Vec<Offer>,
    may_change: bool,
}

/// A plan, and what it adds to the one before it.
struct Offer {
    code: PlanCode,
    is_current: bool,
    question_limit: Option<u32>,
    before: Option<PlanCode>,
    adds: Vec<Feature>,
}

async fn show(
    State(state): State<AppState>,
    viewer: Viewer,
    Search(done): Search<Done>,
) -> Result<Response, Problem> {
    let answer = whole(&state, &viewer.business, &viewer.plan).await?;
    let mut plans = Vec::new();
    let mut before: Option<Plan> = None;
    for code in PlanCode::ALL {
        let plan = state.store.plan(code).await?;
        let is_new = |feature: &Feature| before.as_ref().is_none_or(|before| !before.includes(*feature));
        plans.push(Offer {
            code,
            is_current: code == viewer.plan.code,
            question_limit: plan.question_limit.filter(|_| !plan.includes(Feature::UnlimitedQuestions)),
            adds: Feature::ALL
                .iter()
                .copied()
                .filter(|feature| plan.includes(*feature) && is_new(feature))
                .collect(),
            before: before.as_ref().map(|before| before.code),
        });
        before = Some(plan);
    }
    let frame = Frame::of(&state, &viewer, "Plan and usage", "/admin/team").await?;
    let frame = frame.with_notice(done.done.as_deref());
    let may_change = viewer.role >= Role::Owner;
    Ok(page(&PlanPage { frame, answer, plans, may_change }))
}

async fn change(State(state): State<AppState>, owner: Owner, form: Form) -> Result<Response, Problem> {
    let code = form.text("code").parse::<PlanCode>();
    let code = code.map_err(|sentence| Problem::invalid(vec![Fault::new("code", sentence)]))?;
    apply(&state, &owner, code).await?;
    Ok(Redirect::to(&format!("{HERE}?done=saved")).into_response())
}
