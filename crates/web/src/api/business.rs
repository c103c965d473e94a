//! `/api/business`: the business itself, and the numbers it is reached on.

use crate::audit::{Changes, differences};
use crate::auth::{Admin, Viewer};
use crate::input::Input;
use crate::problem::Problem;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use studioconnect_domain::business::Business;
use studioconnect_domain::hours::Hours;
use studioconnect_domain::ids::{BusinessId, PhoneNumberId};
use studioconnect_domain::plan::PlanCode;
use studioconnect_store::StoreError;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(read, change))
}

/// What people of the business can change about it. A field that is not given stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct BusinessChange {
    /// The version that was read; a change of an older one is refused.
    pub(crate) version: u32,
    pub(crate) name: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    /// IANA name.
    pub(crate) timezone: Option<String>,
    /// Two-letter country of numbers written without one.
    pub(crate) region: Option<String>,
    pub(crate) website: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) hours: Option<Hours>,
}

/// The business.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BusinessAnswer {
    id: BusinessId,
    name: String,
    #[serde(rename = "type")]
    kind: String,
    plan: PlanCode,
    timezone: String,
    region: String,
    website: String,
    address: String,
    hours: Hours,
    /// Whether it is open at this moment.
    is_open: bool,
    /// Shown by its website's widget.
    widget_key: String,
    /// Numbers it is reached on.
    numbers: Vec<NumberAnswer>,
    version: u32,
}

/// A number the business is reached on.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NumberAnswer {
    id: PhoneNumberId,
    number: String,
}

/// Reads the business.
#[utoipa::path(get, path = "/api/business", tag = "business", security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = BusinessAnswer), (status = 401)))]
pub(crate) async fn read(
    State(state): State<AppState>,
    viewer: Viewer,
) -> Result<Json<BusinessAnswer>, Problem> {
    answer(&state, viewer.business.clone()).await.map(Json)
}

/// Changes the business.
#[utoipa::path(put, path = "/api/business", tag = "business", request_body = BusinessChange,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = BusinessAnswer), (status = 401), (status = 403), (status = 409), (status = 422)))]
pub(crate) async fn change(
    State(state): State<AppState>,
    admin: Admin,
    Input(given): Input<BusinessChange>,
) -> Result<Json<BusinessAnswer>, Problem> {
    let changed = apply(&state, &admin, given).await?;
    answer(&state, changed).await.map(Json)
}

/// Makes a change; the page does it through this too.
pub(crate) async fn apply(
    state: &AppState,
    admin: &Admin,
    given: BusinessChange,
) -> Result<Business, Problem> {
    let before = admin.business.clone();
    let wanted = Business {
        version: given.version,
        name: given.name.map_or_else(|| before.name.clone(), |name| name.trim().to_owned()),
        kind: given.kind.unwrap_or_else(|| before.kind.clone()),
        timezone: given.timezone.unwrap_or_else(|| before.timezone.clone()),
        region: given.region.map_or_else(|| before.region.clone(), |region| region.to_uppercase()),
        website: given.website.unwrap_or_else(|| before.website.clone()),
        address: given.address.unwrap_or_else(|| before.address.clone()),
        hours: given.hours.unwrap_or_else(|| before.hours.clone()),
        ..before
    };
    let changed = match state.store.change_business(&wanted).await {
        Err(StoreError::Overtaken { what }) => {
            let current = state.store.find_business(wanted.id).await?.ok_or_else(Problem::not_found)?;
            return Err(Problem::overtaken_by(what, &answer(state, current).await?));
        }
        outcome => outcome?,
    };
    let detail = json!({"version": changed.version, "changes": differences(&admin.business, &changed)});
    state.note_change(&admin.0, "business.changed", detail).await;
    Ok(changed)
}

async fn answer(state: &AppState, business: Business) -> Result<BusinessAnswer, Problem> {
    let numbers = state.store.list_numbers(business.id).await?;
    let shown = |number: studioconnect_domain::business::BusinessNumber| NumberAnswer {
        id: number.id,
        number: number.number.to_string(),
    };
    Ok(BusinessAnswer {
        id: business.id,
        is_open: business.hours.is_open(state.clock.now(), business.zone()),
        name: business.name,
        kind: business.kind,
        plan: business.plan,
        timezone: business.timezone,
        region: business.region,
        website: business.website,
        address: business.address,
        hours: business.hours,
        widget_key: business.widget_key,
        numbers: numbers.into_iter().map(shown).collect(),
        version: business.version,
    })
}
