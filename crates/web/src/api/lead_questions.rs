//! `/api/lead-questions`: what the agent asks, in order.

use crate::audit::{Changes, differences};
use crate::auth::{Admin, Viewer};
use crate::idempotency::{Key, once};
use crate::input::{Id, Input, kept};
use crate::problem::Problem;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use studioconnect_domain::Fault;
use studioconnect_domain::ids::QuestionId;
use studioconnect_domain::plan::{Feature, Plan};
use studioconnect_domain::question::{AnswerFormat, LeadField, Question, ShowWhen};
use studioconnect_domain::rule::Text;
use studioconnect_store::StoreError;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Most questions of any business.
const MOST: usize = 50;
/// What a question may be.
pub(crate) static QUESTION: Text = Text::of(1, 300).called("a question");

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(change, remove))
}

/// A question as it is written.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct QuestionInput {
    /// What the caller is asked.
    pub(crate) question_text: String,
    /// What an answer looks like; text when it is not given.
    #[serde(default = "any_text")]
    pub(crate) expected_format: AnswerFormat,
    /// Place in the list, from 0; the end when it is not given.
    #[serde(default)]
    pub(crate) order: Option<u32>,
    /// Whether the agent insists.
    #[serde(default)]
    pub(crate) is_required: bool,
    /// Which field of the lead the answer fills.
    #[serde(default)]
    pub(crate) maps_to_lead_field: Option<LeadField>,
    /// Asked even when every second counts.
    #[serde(default)]
    pub(crate) is_essential_for_emergency: bool,
    /// What can be chosen from, with the format `CHOICE`.
    #[serde(default)]
    pub(crate) choices: Vec<String>,
    /// Asked only after a certain answer to a question that stands before it.
    #[serde(default)]
    pub(crate) show_when: Option<ShowWhen>,
    /// The version that was read, when a question is changed; none changes whatever version there is.
    #[serde(default)]
    pub(crate) version: Option<u32>,
}

/// A question with its version.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QuestionAnswer {
    #[serde(flatten)]
    pub(crate) question: Question,
    /// Another one after each edit. Its place in the list is no part of it.
    pub(crate) version: u32,
}

impl From<Question> for QuestionAnswer {
    fn from(question: Question) -> Self {
        Self { version: version_of(&question), question }
    }
}

/// A number made of what is asked and how: two people who write the same have not overtaken each other.
pub(crate) fn version_of(question: &Question) -> u32 {
    let placed = Question { order: 0, ..question.clone() };
    let text = serde_json::to_vec(&placed).unwrap_or_default();
    Sha256::digest(&text).iter().take(4).fold(0, |version, byte| version << 8 | u32::from(*byte))
}

fn any_text() -> AnswerFormat {
    AnswerFormat::Text
}

/// The questions, and how many of them are asked.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Questions {
    pub(crate) items: Vec<QuestionAnswer>,
    /// How many the plan asks, from the first on; none is all.
    pub(crate) limit: Option<u32>,
}

/// Lists the questions.
#[utoipa::path(get, path = "/api/lead-questions", tag = "questions", security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Questions), (status = 401)))]
pub(crate) async fn list(State(state): State<AppState>, viewer: Viewer) -> Result<Json<Questions>, Problem> {
    let items = state.store.list_questions(viewer.tenant()).await?;
    let items = items.into_iter().map(QuestionAnswer::from).collect();
    Ok(Json(Questions { items, limit: limit_of(&viewer.plan) }))
}

/// Adds a question.
#[utoipa::path(post, path = "/api/lead-questions", tag = "questions", request_body = QuestionInput,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 201, body = QuestionAnswer), (status = 401), (status = 403), (status = 409), (status = 422)))]
pub(crate) async fn create(
    State(state): State<AppState>,
    admin: Admin,
    key: Key,
    Input(given): Input<QuestionInput>,
) -> Result<Response, Problem> {
    once(&state, admin.tenant(), key, &given, StatusCode::CREATED, async || {
        add(&state, &admin, given.clone()).await.map(QuestionAnswer::from)
    })
    .await
}

/// Changes a question, and its place.
#[utoipa::path(put, path = "/api/lead-questions/{id}", tag = "questions", request_body = QuestionInput,
    params(("id" = String, Path)), security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = QuestionAnswer), (status = 401), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
pub(crate) async fn change(
    State(state): State<AppState>,
    admin: Admin,
    Id(id): Id<QuestionId>,
    Input(given): Input<QuestionInput>,
) -> Result<Json<QuestionAnswer>, Problem> {
    replace(&state, &admin, id, given).await.map(|changed| Json(changed.into()))
}

/// Removes a question.
#[utoipa::path(delete, path = "/api/lead-questions/{id}", tag = "questions", params(("id" = String, Path)),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn remove(
    State(state): State<AppState>,
    admin: Admin,
    Id(id): Id<QuestionId>,
) -> Result<StatusCode, Problem> {
    take_out(&state, &admin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How many questions a plan asks.
pub(crate) fn limit_of(plan: &Plan) -> Option<u32> {
    plan.question_limit.filter(|_| !plan.includes(Feature::UnlimitedQuestions))
}

/// Adds a question; the page does it through this too.
pub(crate) async fn add(state: &AppState, admin: &Admin, given: QuestionInput) -> Result<Question, Problem> {
    put_in(state, admin, QuestionId::new(), given, limit_of(&admin.plan)).await
}

async fn put_in(
    state: &AppState,
    admin: &Admin,
    id: QuestionId,
    given: QuestionInput,
    limit: Option<u32>,
) -> Result<Question, Problem> {
    check(&given)?;
    let question = question_of(id, &given);
    let added = state
        .store
        .change_questions(admin.tenant(), |questions| {
            if questions.iter().any(|known| known.id == id) {
                return Err(StoreError::Conflict { what: "question" });
            }
            if limit.is_some_and(|limit| questions.len() >= limit as usize) {
                return Ok(None);
            }
            if questions.len() >= MOST {
                return Err(StoreError::Invalid(vec![Fault::new(
                    "questionText",
                    format!("there are {MOST} questions already; nobody would answer more"),
                )]));
            }
            fits(questions, &question, given.order)?;
            Ok(Some(place(questions, question, given.order)))
        })
        .await?;
    let added = added.ok_or_else(|| Problem::question_limit(limit.unwrap_or_default()))?;
    state.note_change(&admin.0, "question.added", json!({"id": added.id})).await;
    Ok(added)
}

/// Changes a question; the page does it through this too.
pub(crate) async fn replace(
    state: &AppState,
    admin: &Admin,
    id: QuestionId,
    given: QuestionInput,
) -> Result<Question, Problem> {
    check(&given)?;
    let changed = state
        .store
        .change_questions(admin.tenant(), |questions| {
            let at = questions.iter().position(|question| question.id == id);
            let at = at.ok_or(StoreError::Missing { what: "question" })?;
            let before = questions.get(at).cloned().ok_or(StoreError::Missing { what: "question" })?;
            if given.version.is_some_and(|version| version != version_of(&before)) {
                return Err(StoreError::Overtaken { what: "question" });
            }
            questions.remove(at);
            let order = given.order.or(u32::try_from(at).ok());
            let question = question_of(id, &given);
            fits(questions, &question, order)?;
            Ok((before, place(questions, question, order)))
        })
        .await;
    let (before, changed) = match changed {
        Err(StoreError::Overtaken { what }) => {
            let questions = state.store.list_questions(admin.tenant()).await?;
            let current = questions.into_iter().find(|question| question.id == id);
            let current = current.ok_or_else(Problem::not_found)?;
            return Err(Problem::overtaken_by(what, &QuestionAnswer::from(current)));
        }
        outcome => outcome?,
    };
    let detail = json!({"id": id, "changes": differences(&before, &changed)});
    state.note_change(&admin.0, "question.changed", detail).await;
    Ok(changed)
}

/// Removes a question; the page does it through this too.
pub(crate) async fn take_out(state: &AppState, admin: &Admin, id: QuestionId) -> Result<Question, Problem> {
    let removed = state
        .store
        .change_questions(admin.tenant(), |questions| {
            let at = questions.iter().position(|question| question.id == id);
            Ok(questions.remove(at.ok_or(StoreError::Missing { what: "question" })?))
        })
        .await?;
    state.note_change(&admin.0, "question.removed", json!({"id": id})).await;
    Ok(removed)
}

/// What would make a question as it is.
pub(crate) fn written(question: &Question) -> QuestionInput {
    QuestionInput {
        question_text: question.question_text.clone(),
        expected_format: question.expected_format,
        order: Some(question.order),
        is_required: question.is_required,
        maps_to_lead_field: question.maps_to_lead_field,
        is_essential_for_emergency: question.is_essential_for_emergency,
        choices: question.choices.clone(),
        show_when: question.show_when.clone(),
        version: Some(version_of(question)),
    }
}

/// Moves a question to a place; the one it had.
pub(crate) async fn shift(state: &AppState, admin: &Admin, id: QuestionId, to: u32) -> Result<u32, Problem> {
    let from = state
        .store
        .change_questions(admin.tenant(), |questions| {
            let at = questions.iter().position(|question| question.id == id);
            let question = questions.remove(at.ok_or(StoreError::Missing { what: "question" })?);
            let from = question.order;
            place(questions, question, Some(to));
            Ok(from)
        })
        .await?;
    state.note_change(&admin.0, "question.changed", json!({"id": id})).await;
    Ok(from)
}

/// Puts a question back that was taken out, in its place and under its own id; also where a plan allows fewer by now, as they
/// were there before.
pub(crate) async fn put_back(state: &AppState, admin: &Admin, question: &Question) -> Result<(), Problem> {
    let given = QuestionInput { version: None, ..written(question) };
    put_in(state, admin, question.id, given, None).await.map(|_| ())
}

fn check(given: &QuestionInput) -> Result<(), Problem> {
    let fault = QUESTION.fault(&kept(&given.question_text));
    fault.map_or(Ok(()), |says| Err(Problem::invalid(vec![Fault::new("questionText", says)])))
}

fn question_of(id: QuestionId, given: &QuestionInput) -> Question {
    Question {
        id,
        question_text: kept(&given.question_text),
        expected_format: given.expected_format,
        order: 0,
        is_required: given.is_required,
        maps_to_lead_field: given.maps_to_lead_field,
        is_essential_for_emergency: given.is_essential_for_emergency,
        choices: given
            .choices
            .iter()
            .map(|choice| kept(choice))
            .filter(|choice| !choice.is_empty())
            .collect(),
        show_when: given.show_when.clone(),
    }
}

/// Whether a question makes sense in its place.
fn fits(questions: &[Question], question: &Question, order: Option<u32>) -> Result<(), StoreError> {
    let at = order.map_or(questions.len(), |order| questions.len().min(order as usize));
    let faults = question.faults(questions.get(..at).unwrap_or_default());
    if faults.is_empty() { Ok(()) } else { Err(StoreError::Invalid(faults)) }
}

/// Puts a question in its place and numbers all of them anew.
fn place(questions: &mut Vec<Question>, question: Question, order: Option<u32>) -> Question {
    let at = order.map_or(questions.len(), |order| questions.len().min(order as usize));
    questions.insert(at, question.clone());
    for (order, question) in questions.iter_mut().enumerate() {
        question.order = order as u32;
    }
    Question { order: at as u32, ..question }
}
