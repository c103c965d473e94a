//! `/api/plan`: what the business's plan includes, what other plans would add, and what was used.

use crate::audit::Changes;
use crate::auth::{Owner, Viewer};
use crate::input::Input;
use crate::problem::Problem;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Datelike as _, TimeZone as _, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use studioconnect_domain::business::Business;
use studioconnect_domain::plan::{Feature, Plan, PlanCode};
use studioconnect_store::{CallFilter, LeadFilter};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(read, change))
}

/// The plan, its neighbours, and what was used.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlanAnswer {
    pub(crate) code: PlanCode,
    /// How many questions are asked; none is all.
    pub(crate) question_limit: Option<u32>,
    pub(crate) features: Vec<FeatureAnswer>,
    pub(crate) usage: PlanUsage,
}

/// A feature, and whether the plan includes it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FeatureAnswer {
    pub(crate) feature: Feature,
    pub(crate) title: &'static str,
    pub(crate) is_included: bool,
    /// The smallest plan that includes it as plans are delivered.
    pub(crate) since: PlanCode,
}

/// What was used this month, by the business's clock.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlanUsage {
    pub(crate) since: DateTime<Utc>,
    pub(crate) calls: u64,
    pub(crate) leads: u64,
    pub(crate) questions: u64,
    pub(crate) people: u64,
}

/// Another plan.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PlanChange {
    pub(crate) code: PlanCode,
}

/// Reads the plan.
#[utoipa::path(get, path = "/api/plan", tag = "plan", security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = PlanAnswer), (status = 401)))]
pub(crate) async fn read(State(state): State<AppState>, viewer: Viewer) -> Result<Json<PlanAnswer>, Problem> {
    whole(&state, &viewer.business, &viewer.plan).await.map(Json)
}

/// The plan with what was used; the page shows the same.
pub(crate) async fn whole(state: &AppState, business: &Business, plan: &Plan) -> Result<PlanAnswer, Problem> {
    let tenant = business.id;
    let since = beginning_of_month(business, state.clock.now());
    let calls = CallFilter { since: Some(since), ..CallFilter::default() };
    let leads = LeadFilter { since: Some(since), ..LeadFilter::default() };
    let (calls, leads, questions, people) = tokio::try_join!(
        state.store.count_calls(tenant, &calls),
        state.store.count_leads(tenant, &leads),
        state.store.list_questions(tenant),
        state.store.count_members(tenant),
    )?;
    let features = Feature::ALL.iter().map(|feature| FeatureAnswer {
        feature: *feature,
        title: feature.title(),
        is_included: plan.includes(*feature),
        since: feature.since(),
    });
    Ok(PlanAnswer {
        code: plan.code,
        question_limit: super::lead_questions::limit_of(plan),
        features: features.collect(),
        usage: PlanUsage { since, calls, leads, questions: questions.len() as u64, people },
    })
}

/// Moves the business to another plan. What it costs is between the business and whoever runs the installation.
#[utoipa::path(put, path = "/api/plan", tag = "plan", request_body = PlanChange,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = PlanAnswer), (status = 401), (status = 403), (status = 422)))]
pub(crate) async fn change(
    State(state): State<AppState>,
    owner: Owner,
    Input(wanted): Input<PlanChange>,
) -> Result<Json<PlanAnswer>, Problem> {
    let plan = apply(&state, &owner, wanted.code).await?;
    whole(&state, &owner.business, &plan).await.map(Json)
}

/// Changes the plan; the page does it through this too.
pub(crate) async fn apply(state: &AppState, owner: &Owner, code: PlanCode) -> Result<Plan, Problem> {
    state.store.set_plan(owner.tenant(), code).await?;
    state.note_change(&owner.0, "plan.changed", json!({"from": owner.plan.code, "to": code})).await;
    Ok(state.store.plan(code).await?)
}

fn beginning_of_month(business: &Business, now: DateTime<Utc>) -> DateTime<Utc> {
    let zone = business.zone();
    let first = now.with_timezone(&zone).date_naive().with_day(1).and_then(|day| day.and_hms_opt(0, 0, 0));
    first
        .and_then(|midnight| zone.from_local_datetime(&midnight).earliest())
        .map_or(now, |midnight| midnight.with_timezone(&Utc))
}
