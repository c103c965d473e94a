//! Documents that nobody writes here: `POST /api/kb/upload`, pages that are read and read anew, and asking for vectors again.

use super::{DocumentInput, may_keep, stored};
use crate::audit::Changes;
use crate::auth::{Admin, Entitlement as _};
use crate::idempotency::{Key, once};
use crate::input::{Id, kept};
use crate::problem::Problem;
use crate::state::AppState;
use axum::Json;
use axum::extract::multipart::{Field, MultipartRejection};
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use studioconnect_assistant::knowledge::extract::titled;
use studioconnect_assistant::knowledge::reading::{MOST_BYTES, NotRead};
use studioconnect_assistant::knowledge::sources::{cut, provisional_title};
use studioconnect_domain::Fault;
use studioconnect_domain::ids::DocumentId;
use studioconnect_domain::knowledge::{Document, DocumentKind};
use studioconnect_domain::plan::Feature;
use url::Url;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What stands in a request around a file.
const AROUND: usize = 64 * 1024;
/// Longest text of a field beside it, in bytes.
const FIELD: usize = 4 * 1024;
/// How long whoever names a page waits for it to be read; it is read all the same when it takes longer.
const SHOWN_WITHIN: Duration = Duration::from_secs(15);

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(OpenApiRouter::new().routes(routes!(upload)).layer(body_limit()))
        .routes(routes!(refresh))
        .routes(routes!(embed))
}

/// The largest body of a request with a file; the page takes files too.
pub(crate) fn body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(MOST_BYTES + AROUND)
}

/// A file with what is said of it.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "the document alone speaks of it")]
pub(crate) struct UploadForm {
    /// A PDF, DOCX, HTML, CSV, Markdown or plain text of at most 10 MB.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// What it is called; as it calls itself, or as the file is called, when it is not given.
    title: Option<String>,
    /// The project it is about; none is found everywhere.
    project_id: Option<String>,
}

/// The same as it came.
#[derive(Debug, Default)]
pub(crate) struct Upload {
    name: String,
    bytes: Vec<u8>,
    title: String,
    project_id: Option<String>,
}

/// What tells one upload from another when it is sent again.
#[derive(Serialize)]
struct Told<'a> {
    name: &'a str,
    title: &'a str,
    project_id: Option<&'a str>,
    file: Vec<u8>,
}

/// Adds a file: what it says is read once, the file itself is not kept. What it is, is found out from what is in it.
#[utoipa::path(post, path = "/api/kb/upload", tag = "knowledge",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 201, body = Document), (status = 401), (status = 403), (status = 413), (status = 422),
        (status = 503)))]
pub(crate) async fn upload(
    State(state): State<AppState>,
    admin: Admin,
    key: Key,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    may_keep(&admin, DocumentKind::Upload)?;
    let given = read_form(form).await?;
    let told = Told {
        name: &given.name,
        title: &given.title,
        project_id: given.project_id.as_deref(),
        file: Sha256::digest(&given.bytes).to_vec(),
    };
    let work = async || take_in(&state, &admin, &given).await;
    once(&state, admin.tenant(), key, &told, StatusCode::CREATED, work).await
}

/// Reads a form with a file, which the page sends too.
pub(crate) async fn read_form(form: Result<Multipart, MultipartRejection>) -> Result<Upload, Problem> {
    let mut form = form.map_err(|_| Problem::bad_request("The body is no form with a file."))?;
    let mut given = Upload::default();
    while let Some(field) = form.next_field().await.map_err(|fault| problem_of(fault.status()))? {
        match field.name() {
            Some("file") => {
                given.name = field.file_name().unwrap_or_default().to_owned();
                given.bytes = whole(field, MOST_BYTES).await?;
            }
            Some("title") => given.title = text(field).await?,
            Some("projectId") => given.project_id = Some(text(field).await?).filter(|text| !text.is_empty()),
            _ => drop(whole(field, FIELD).await?),
        }
    }
    Ok(given)
}

async fn text(field: Field<'_>) -> Result<String, Problem> {
    let bytes = whole(field, FIELD).await?;
    Ok(kept(&String::from_utf8_lossy(&bytes)))
}

async fn whole(mut field: Field<'_>, most: usize) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(|fault| problem_of(fault.status()))? {
        if bytes.len() + piece.len() > most {
            return Err(Problem::too_large());
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

fn problem_of(status: StatusCode) -> Problem {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::too_large();
    }
    Problem::bad_request("The form could not be read.")
}

/// Adds what a file says; the page does it through this too.
pub(crate) async fn take_in(state: &AppState, admin: &Admin, given: &Upload) -> Result<Document, Problem> {
    let most = may_keep(admin, DocumentKind::Upload)?;
    if given.name.is_empty() && given.bytes.is_empty() {
        return Err(Problem::invalid(vec![Fault::new("file", "choose a file")]));
    }
    let read = state.sources.read_file(&given.bytes, &given.name).await.map_err(|reason| match reason {
        NotRead::Unreadable(reason) => Problem::invalid(vec![Fault::new("file", reason.0)]),
        NotRead::Busy => Problem::reading_busy(),
        NotRead::Setup(fault) => {
            tracing::error!(%fault, "a document's reader cannot be started");
            Problem::internal()
        }
    })?;
    let name = given.name.rsplit_once('.').map_or(given.name.as_str(), |(name, _)| name);
    let title = [given.title.clone(), read.title.unwrap_or_default(), titled(name), "File".to_owned()];
    let title = title.into_iter().find(|title| !title.is_empty()).unwrap_or_default();
    let now = state.clock.now();
    let document = Document {
        project_id: given.project_id.clone(),
        state_reason: read.note,
        fetched_at: Some(now),
        ..Document::new(admin.tenant(), DocumentKind::Upload, &title, &read.text, now)
    };
    let added = stored(state, &document, &cut(&document).await, most).await?;
    state
        .note_change(&admin.0, "document.added", json!({"id": added.id, "kind": DocumentKind::Upload}))
        .await;
    Ok(added)
}

/// Adds a page, and reads it; the page of the dashboard does it through this too.
pub(super) async fn add_page(
    state: &AppState,
    admin: &Admin,
    given: &DocumentInput,
) -> Result<Document, Problem> {
    let most = may_keep(admin, DocumentKind::Url)?;
    let fault = |told: &str| Problem::invalid(vec![Fault::new("url", told)]);
    let url = given.url.as_deref().map(str::trim).unwrap_or_default();
    let url = Url::parse(url)
        .map_err(|_| fault("write the whole address, such as https://www.example.com/prices"))?;
    state.sources.fetcher.check(&url).map_err(|reason| fault(&reason.to_string()))?;
    let (title, now) = (kept(&given.title), state.clock.now());
    state.visits.count(admin.tenant(), now)?;
    let title = if title.is_empty() { provisional_title(url.as_str()) } else { title };
    let project = given.project_id.as_deref().map(kept).filter(|project| !project.is_empty());
    let document =
        Document { project_id: project, ..Document::of_page(admin.tenant(), &title, url.as_str(), now) };
    let added = stored(state, &document, &[], most).await?;
    state.note_change(&admin.0, "document.added", json!({"id": added.id, "kind": DocumentKind::Url})).await;
    read_now(state, added).await
}

/// Reads the page of a document anew. What it said before is found until it is read, and stays when it cannot be read.
#[utoipa::path(post, path = "/api/kb/{id}/refresh", tag = "knowledge", params(("id" = String, Path)),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Document), (status = 401), (status = 403), (status = 404), (status = 422),
        (status = 429)))]
pub(crate) async fn refresh(
    State(state): State<AppState>,
    admin: Admin,
    Id(id): Id<DocumentId>,
) -> Result<Json<Document>, Problem> {
    read_anew(&state, &admin, id).await.map(Json)
}

/// Reads a page anew; the page of the dashboard does it through this too.
pub(crate) async fn read_anew(state: &AppState, admin: &Admin, id: DocumentId) -> Result<Document, Problem> {
    may_keep(admin, DocumentKind::Url)?;
    let document = state.store.find_document(admin.tenant(), id).await?.ok_or_else(Problem::not_found)?;
    if document.kind == DocumentKind::Url {
        state.visits.count(admin.tenant(), state.clock.now())?;
    }
    if !state.store.fetch_again(admin.tenant(), id, state.clock.now()).await? {
        return Err(Problem::invalid(vec![Fault::new("kind", "only a page can be read anew")]));
    }
    state.note_change(&admin.0, "document.refreshed", json!({"id": id})).await;
    read_now(state, document).await
}

/// Waits for a page to be read, for as long as somebody would. It is read to its end though they have gone away.
async fn read_now(state: &AppState, document: Document) -> Result<Document, Problem> {
    let (own, id) = (state.clone(), document.id);
    let work = tokio::spawn(async move { own.sources.read_now(&own.store, &own.clock, id).await });
    match tokio::time::timeout(SHOWN_WITHIN, work).await {
        Ok(Ok(outcome)) => outcome?,
        Ok(Err(fault)) => tracing::error!(%fault, "the reading of a page broke off"),
        Err(_) => {}
    }
    state.store.find_document(document.business_id, id).await?.ok_or_else(Problem::not_found)
}

/// Has a document's vectors asked for once more, from the beginning; they come in the background.
#[utoipa::path(post, path = "/api/kb/{id}/embed", tag = "knowledge", params(("id" = String, Path)),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Document), (status = 401), (status = 403), (status = 404), (status = 503)))]
pub(crate) async fn embed(
    State(state): State<AppState>,
    admin: Admin,
    Id(id): Id<DocumentId>,
) -> Result<Json<Document>, Problem> {
    embed_anew(&state, &admin, id).await.map(Json)
}

/// Has vectors asked for once more; the page does it through this too.
pub(crate) async fn embed_anew(state: &AppState, admin: &Admin, id: DocumentId) -> Result<Document, Problem> {
    admin.needs(Feature::BasicFaq)?;
    let own = async || state.store.find_document(admin.tenant(), id).await?.ok_or_else(Problem::not_found);
    own().await?;
    if state.embedder.is_none() || !state.store.has_vectors().await? {
        return Err(Problem::no_vectors());
    }
    if !state.store.embed_again(admin.tenant(), id, state.clock.now()).await? {
        return Err(Problem::not_found());
    }
    own().await
}
