//! `/api/kb/gaps`: questions that could not be answered.

use super::{DocumentInput, add};
use crate::audit::Changes;
use crate::auth::{Admin, Entitlement as _, Viewer};
use crate::input::{Id, Input};
use crate::problem::Problem;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use studioconnect_domain::ids::GapId;
use studioconnect_domain::knowledge::{Document, DocumentKind, Gap, GapState};
use studioconnect_domain::plan::Feature;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Questions that are shown.
const SHOWN: u64 = 100;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(gaps)).routes(routes!(answer)).routes(routes!(dismiss))
}

/// Questions that could not be answered.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GapList {
    pub(crate) items: Vec<Gap>,
}

/// The answer to one of them.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct GapAnswer {
    /// The question as it should stand there; as it was asked when it is not given.
    pub(crate) question: Option<String>,
    /// What is answered.
    pub(crate) answer: String,
}

/// Lists the hundred questions without an answer that were asked most often.
#[utoipa::path(get, path = "/api/kb/gaps", tag = "knowledge", security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = GapList), (status = 401), (status = 403)))]
pub(crate) async fn gaps(State(state): State<AppState>, viewer: Viewer) -> Result<Json<GapList>, Problem> {
    open_gaps(&state, &viewer).await.map(Json)
}

/// Questions without an answer; the page shows them too.
pub(crate) async fn open_gaps(state: &AppState, viewer: &Viewer) -> Result<GapList, Problem> {
    viewer.needs(Feature::BasicFaq)?;
    Ok(GapList { items: state.store.gaps(viewer.tenant(), GapState::Open, SHOWN).await? })
}

/// Writes the answer to a question; it is pinned to it.
#[utoipa::path(post, path = "/api/kb/gaps/{id}/answer", tag = "knowledge", params(("id" = String, Path)),
    request_body = GapAnswer, security(("bearer" = []), ("cookie" = [])),
    responses((status = 201, body = Document), (status = 401), (status = 403), (status = 404), (status = 422)))]
pub(crate) async fn answer(
    State(state): State<AppState>,
    admin: Admin,
    Id(id): Id<GapId>,
    Input(given): Input<GapAnswer>,
) -> Result<(StatusCode, Json<Document>), Problem> {
    let question = given.question.as_deref();
    let document = answer_gap(&state, &admin, id, question, &given.answer).await?;
    Ok((StatusCode::CREATED, Json(document)))
}

/// Writes the answer to a question; the page does it through this too.
pub(crate) async fn answer_gap(
    state: &AppState,
    admin: &Admin,
    id: GapId,
    question: Option<&str>,
    answer: &str,
) -> Result<Document, Problem> {
    admin.needs(Feature::BasicFaq)?;
    let gap = state.store.find_gap(admin.tenant(), id).await?.ok_or_else(Problem::not_found)?;
    let given = DocumentInput {
        kind: Some(DocumentKind::Qa),
        title: question.unwrap_or(&gap.question).split_whitespace().collect::<Vec<_>>().join(" "),
        body: answer.to_owned(),
        is_pinned: true,
        ..DocumentInput::default()
    };
    let document = add(state, admin, &given).await?;
    state.store.close_gap(admin.tenant(), id, GapState::Answered, Some(document.id)).await?;
    Ok(document)
}

/// Says that a question needs no answer.
#[utoipa::path(post, path = "/api/kb/gaps/{id}/dismiss", tag = "knowledge", params(("id" = String, Path)),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn dismiss(
    State(state): State<AppState>,
    admin: Admin,
    Id(id): Id<GapId>,
) -> Result<StatusCode, Problem> {
    dismiss_gap(&state, &admin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says that a question needs no answer; the page does it through this too.
pub(crate) async fn dismiss_gap(state: &AppState, admin: &Admin, id: GapId) -> Result<(), Problem> {
    admin.needs(Feature::BasicFaq)?;
    if !state.store.close_gap(admin.tenant(), id, GapState::Dismissed, None).await? {
        return Err(Problem::not_found());
    }
    state.note_change(&admin.0, "gap.dismissed", json!({"id": id})).await;
    Ok(())
}
