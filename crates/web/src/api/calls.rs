//! `/api/calls`: calls with their transcripts, and the end of a live one.

use crate::audit::Changes;
use crate::auth::{Entitlement as _, Member, Viewer};
use crate::input::{Id, Page, Paging, Search, sought};
use crate::problem::Problem;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use studioconnect_domain::call::{Call, CallStatus, Outcome};
use studioconnect_domain::ids::CallId;
use studioconnect_domain::lead::Lead;
use studioconnect_domain::plan::Feature;
use studioconnect_domain::transcript::{CallEvent, Turn};
use studioconnect_store::CallFilter;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(read)).routes(routes!(end))
}

/// Which calls are wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct CallSearch {
    pub(crate) status: Option<CallStatus>,
    pub(crate) outcome: Option<Outcome>,
    /// RFC 3339.
    pub(crate) since: Option<DateTime<Utc>>,
    /// RFC 3339.
    pub(crate) until: Option<DateTime<Utc>>,
    /// Held in the caller's number or the summary.
    pub(crate) q: Option<String>,
    /// Most rows, 1 to 200; 50 when it is not given.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    pub(crate) limit: Option<String>,
    /// `nextCursor` of the page before.
    pub(crate) cursor: Option<String>,
}

/// A call with all that is known of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallAnswer {
    #[serde(flatten)]
    pub(crate) call: Call,
    pub(crate) turns: Vec<Turn>,
    pub(crate) events: Vec<CallEvent>,
    pub(crate) lead: Option<Lead>,
    /// Whether it is carried at this moment.
    pub(crate) is_live: bool,
}

impl CallAnswer {
    /// Whether the caller left a message that can be listened to.
    pub(crate) fn has_recording(&self) -> bool {
        self.lead.as_ref().is_some_and(|lead| lead.recording_url.is_some())
    }
}

/// Lists calls, newest first.
#[utoipa::path(get, path = "/api/calls", tag = "calls", params(CallSearch),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Page<Call>), (status = 401), (status = 422)))]
pub(crate) async fn list(
    State(state): State<AppState>,
    viewer: Viewer,
    Search(search): Search<CallSearch>,
) -> Result<Json<Page<Call>>, Problem> {
    page(&state, &viewer, &search).await.map(Json)
}

/// A page of calls; the dashboard's list is made of it too.
pub(crate) async fn page(
    state: &AppState,
    viewer: &Viewer,
    search: &CallSearch,
) -> Result<Page<Call>, Problem> {
    let paging = Paging { limit: search.limit.clone(), cursor: search.cursor.clone() };
    let filter = CallFilter {
        status: search.status,
        outcome: search.outcome,
        since: search.since,
        until: search.until,
        has_failed: false,
        text: sought(search.q.as_deref())?,
    };
    let ask = async |limit, before| state.store.search_calls(viewer.tenant(), &filter, limit, before).await;
    paging.page(CallId, |call: &Call| (call.started_at, call.id.0), ask).await
}

/// Reads a call with its transcript.
#[utoipa::path(get, path = "/api/calls/{id}", tag = "calls", params(("id" = String, Path)),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = CallAnswer), (status = 401), (status = 404)))]
pub(crate) async fn read(
    State(state): State<AppState>,
    viewer: Viewer,
    Id(id): Id<CallId>,
) -> Result<Json<CallAnswer>, Problem> {
    whole(&state, &viewer, id).await.map(Json)
}

/// A call of the business with all that is known of it.
pub(crate) async fn whole(state: &AppState, viewer: &Viewer, id: CallId) -> Result<CallAnswer, Problem> {
    let tenant = viewer.tenant();
    let call = state.store.find_call(tenant, id).await?.ok_or_else(Problem::not_found)?;
    let (turns, events, lead) = tokio::try_join!(
        state.store.turns(tenant, id),
        state.store.events(tenant, id),
        state.store.find_lead_of_call(tenant, id),
    )?;
    let is_live = is_live(state, id);
    Ok(CallAnswer { call, turns, events, lead, is_live })
}

fn is_live(state: &AppState, id: CallId) -> bool {
    let phone = state.phone.as_ref();
    phone.is_some_and(|phone| phone.switchboard.live_calls().iter().any(|live| live.id == id))
}

/// Ends a live call.
#[utoipa::path(post, path = "/api/calls/{id}/end", tag = "calls", params(("id" = String, Path)),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 202), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn end(
    State(state): State<AppState>,
    member: Member,
    Id(id): Id<CallId>,
) -> Result<StatusCode, Problem> {
    hang_up(&state, &member, id).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Ends a live call; the page does it through this too.
pub(crate) async fn hang_up(state: &AppState, member: &Member, id: CallId) -> Result<(), Problem> {
    member.needs(Feature::SessionManagement)?;
    let phone = state.phone.as_ref();
    if !phone.is_some_and(|phone| phone.switchboard.end_call(member.tenant(), id)) {
        return Err(Problem::not_found());
    }
    state.note_change(&member.0, "call.ended", json!({"id": id})).await;
    Ok(())
}
