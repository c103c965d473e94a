//! `/api/kb`: what the agent may answer from.

mod gaps;
mod search;
mod sources;

pub(crate) use gaps::{answer_gap, dismiss_gap, open_gaps};
pub(crate) use search::{SearchInput, SearchResult, try_out};
pub(crate) use sources::{body_limit, embed_anew, read_anew, read_form, take_in};

use crate::audit::Changes;
use crate::auth::{Admin, Entitlement as _, Viewer};
use crate::idempotency::{Key, once};
use crate::input::{Id, Input, Page, Paging, Search, kept};
use crate::problem::Problem;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use studioconnect_assistant::knowledge::chunks_of;
use studioconnect_domain::Fault;
use studioconnect_domain::account::Standing;
use studioconnect_domain::ids::DocumentId;
use studioconnect_domain::knowledge::{BASIC_FAQ_ENTRIES, Chunk, Document, DocumentKind};
use studioconnect_domain::plan::Feature;
use studioconnect_store::{Found, StoreError};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, change, remove))
        .merge(sources::routes())
        .merge(search::routes())
        .merge(gaps::routes())
}

/// A document as it is written.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct DocumentInput {
    /// `TEXT`, `QA` or `URL`; of a document that is there, it stays what it is.
    #[schema(value_type = Option<String>)]
    pub(crate) kind: Option<DocumentKind>,
    /// What it is called; of a question with its answer, the question. A page that gets none is called as it calls itself.
    pub(crate) title: String,
    /// What it says; of a question with its answer, the answer. Of a file or a page it is what was read, and stays so.
    pub(crate) body: String,
    /// The page that it is read from, for `URL`.
    pub(crate) url: Option<String>,
    /// The project it is about; none is found everywhere.
    pub(crate) project_id: Option<String>,
    /// Whether its answer is given whenever its question is asked. Of questions with answers only.
    pub(crate) is_pinned: bool,
    /// The version that was read, when a document is changed.
    pub(crate) version: u32,
}

/// Lists documents, newest first, each with the beginning of what it says.
#[utoipa::path(get, path = "/api/kb", tag = "knowledge", params(Paging),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Page<Document>), (status = 401), (status = 403), (status = 422)))]
pub(crate) async fn list(
    State(state): State<AppState>,
    viewer: Viewer,
    Search(paging): Search<Paging>,
) -> Result<Json<Page<Document>>, Problem> {
    page(&state, &viewer, &paging).await.map(Json)
}

/// A page of documents; the dashboard's list is made of it too.
pub(crate) async fn page(
    state: &AppState,
    viewer: &Viewer,
    paging: &Paging,
) -> Result<Page<Document>, Problem> {
    viewer.needs(Feature::BasicFaq)?;
    let ask = async |limit, before| {
        let items = state.store.documents(viewer.tenant(), limit, before).await?;
        Ok(Found { items, stopped_at: None })
    };
    paging.page(DocumentId, |document: &Document| (document.created_at, document.id.0), ask).await
}

/// Adds a text, a question with its answer, or a page. A page is read within the request if that takes no longer than 15 s;
/// one that cannot be read is there as `FAILED`, with the reason.
#[utoipa::path(post, path = "/api/kb", tag = "knowledge", request_body = DocumentInput,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 201, body = Document), (status = 401), (status = 403), (status = 409), (status = 422),
        (status = 429)))]
pub(crate) async fn create(
    State(state): State<AppState>,
    admin: Admin,
    key: Key,
    Input(given): Input<DocumentInput>,
) -> Result<Response, Problem> {
    once(&state, admin.tenant(), key, &given, StatusCode::CREATED, async || add(&state, &admin, &given).await)
        .await
}

/// Reads a document whole.
#[utoipa::path(get, path = "/api/kb/{id}", tag = "knowledge", params(("id" = String, Path)),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Document), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn read(
    State(state): State<AppState>,
    viewer: Viewer,
    Id(id): Id<DocumentId>,
) -> Result<Json<Document>, Problem> {
    find(&state, &viewer, id).await.map(Json)
}

/// A document of the business.
pub(crate) async fn find(state: &AppState, viewer: &Viewer, id: DocumentId) -> Result<Document, Problem> {
    viewer.needs(Feature::BasicFaq)?;
    state.store.find_document(viewer.tenant(), id).await?.ok_or_else(Problem::not_found)
}

/// Changes a document; from then on it is found by what it says now.
#[utoipa::path(put, path = "/api/kb/{id}", tag = "knowledge", params(("id" = String, Path)),
    request_body = DocumentInput, security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Document), (status = 401), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
pub(crate) async fn change(
    State(state): State<AppState>,
    admin: Admin,
    Id(id): Id<DocumentId>,
    Input(given): Input<DocumentInput>,
) -> Result<Json<Document>, Problem> {
    replace(&state, &admin, id, &given).await.map(Json)
}

/// Removes a document; from then on it is found no more.
#[utoipa::path(delete, path = "/api/kb/{id}", tag = "knowledge", params(("id" = String, Path)),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn remove(
    State(state): State<AppState>,
    admin: Admin,
    Id(id): Id<DocumentId>,
) -> Result<StatusCode, Problem> {
    take_out(&state, &admin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Adds a document; the page does it through this too.
pub(crate) async fn add(state: &AppState, admin: &Admin, given: &DocumentInput) -> Result<Document, Problem> {
    let kind = given.kind.unwrap_or(DocumentKind::Text);
    if kind == DocumentKind::Url {
        return sources::add_page(state, admin, given).await;
    }
    if !kind.is_written_here() {
        return Err(Problem::invalid(vec![Fault::new("kind", "must be TEXT, QA or URL")]));
    }
    let most = may_keep(admin, kind)?;
    let blank = Document::new(admin.tenant(), kind, "", "", state.clock.now());
    let document = filled(blank, given)?;
    let stored = stored(state, &document, &chunks_of(&document), most).await?;
    state.note_change(&admin.0, "document.added", json!({"id": stored.id})).await;
    Ok(stored)
}

/// Stores a document, unless there are as many of its kind as the plan lets there be.
async fn stored(
    state: &AppState,
    document: &Document,
    chunks: &[Chunk],
    most: Option<u64>,
) -> Result<Document, Problem> {
    match state.store.add_document(document, chunks, most).await {
        Err(StoreError::Conflict { what: "number of entries" }) => {
            Err(Problem::plan_upgrade_required(Feature::KnowledgeBaseManagement))
        }
        outcome => Ok(outcome?),
    }
}

/// Changes a document; the page does it through this too.
pub(crate) async fn replace(
    state: &AppState,
    admin: &Admin,
    id: DocumentId,
    given: &DocumentInput,
) -> Result<Document, Problem> {
    admin.needs(Feature::BasicFaq)?;
    let stored = state.store.find_document(admin.tenant(), id).await?.ok_or_else(Problem::not_found)?;
    may_keep(admin, stored.kind)?;
    let blank = Document { version: given.version, updated_at: state.clock.now(), ..stored };
    let document = filled(blank, given)?;
    let changed = match state.store.change_document(&document, &chunks_of(&document)).await {
        Err(StoreError::Overtaken { what }) => {
            let current = state.store.find_document(admin.tenant(), id).await?;
            return Err(Problem::overtaken_by(what, &current.ok_or_else(Problem::not_found)?));
        }
        outcome => outcome?,
    };
    state.note_change(&admin.0, "document.changed", json!({"id": id})).await;
    Ok(changed)
}

/// Removes a document; the page does it through this too. Whoever lost a plan may still remove what it let them add.
pub(crate) async fn take_out(state: &AppState, admin: &Admin, id: DocumentId) -> Result<(), Problem> {
    admin.needs(Feature::BasicFaq)?;
    if !state.store.remove_document(admin.tenant(), id).await? {
        return Err(Problem::not_found());
    }
    state.note_change(&admin.0, "document.removed", json!({"id": id})).await;
    Ok(())
}

/// How many documents of a kind the plan lets a business keep; none is as many as there is room for.
pub(crate) fn may_keep(standing: &Standing, kind: DocumentKind) -> Result<Option<u64>, Problem> {
    if standing.includes(Feature::KnowledgeBaseManagement) {
        return Ok(None);
    }
    if kind == DocumentKind::Qa && standing.includes(Feature::BasicFaq) {
        return Ok(Some(BASIC_FAQ_ENTRIES));
    }
    Err(Problem::plan_upgrade_required(Feature::KnowledgeBaseManagement))
}

fn filled(blank: Document, given: &DocumentInput) -> Result<Document, Problem> {
    let is_qa = blank.kind == DocumentKind::Qa;
    let mut faults = Vec::new();
    if given.is_pinned && !is_qa {
        faults.push(Fault::new("isPinned", "only a question with its answer can be pinned"));
    }
    let project = given.project_id.as_deref().map(kept).filter(|project| !project.is_empty());
    // What was read elsewhere is not written over here: the next reading would do the same to it.
    let body = if blank.kind.is_written_here() { kept(&given.body) } else { blank.body.clone() };
    let document = Document {
        title: kept(&given.title),
        body,
        project_id: project,
        is_pinned: given.is_pinned,
        ..blank
    };
    faults.extend(document.faults());
    if faults.is_empty() { Ok(document) } else { Err(Problem::invalid(faults)) }
}
