//! `/admin/knowledge-base`: what the agent may answer from, what a question finds in it, and what it could not answer.

use super::frame::{Faults, Frame, led_to, page, page_with};
use super::words;
use crate::api::knowledge::{
    DocumentInput, SearchInput, SearchResult, add, answer_gap, body_limit, dismiss_gap, embed_anew, find,
    open_gaps, page as page_of, read_anew, read_form, replace, take_in, take_out, try_out,
};
use crate::auth::{Admin, Viewer};
use crate::input::{Form, Id, Page, Paging, Search};
use crate::problem::Problem;
use crate::state::AppState;
use askama::Template;
use axum::Router;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use studioconnect_domain::Fault;
use studioconnect_domain::business::Role;
use studioconnect_domain::ids::{DocumentId, GapId};
use studioconnect_domain::knowledge::{
    self, BASIC_FAQ_ENTRIES, Document, DocumentKind, DocumentState, EmbeddingState, Gap,
};
use studioconnect_domain::plan::Feature;

/// Characters of what was read elsewhere that are shown.
const SHOWN: usize = 2_000;
const HERE: &str = "/admin/knowledge-base";

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(HERE, get(list).post(create))
        .route("/admin/knowledge-base/upload", post(upload).layer(body_limit()))
        .route("/admin/knowledge-base/pages", post(add_page))
        .route("/admin/knowledge-base/{id}", get(edit).post(change))
        .route("/admin/knowledge-base/{id}/refresh", post(refresh))
        .route("/admin/knowledge-base/{id}/embed", post(embed))
        .route("/admin/knowledge-base/{id}/remove", post(remove))
        .route("/admin/knowledge-base/gaps/{id}/answer", post(answer))
        .route("/admin/knowledge-base/gaps/{id}/dismiss", post(dismiss))
}

#[derive(Template)]
#[template(path = "admin/knowledge_base.html")]
struct KnowledgePage {
    frame: Frame,
    documents: Page<Document>,
    gaps: Vec<Gap>,
    /// The question that was tried out, and what it found.
    question: String,
    result: Option<SearchResult>,
    /// What stands in the form.
    draft: DocumentInput,
    /// The document that is being edited; none adds one.
    editing: Option<Document>,
    faults: Faults,
    may_change: bool,
    /// There is a model that could find documents by their meaning.
    has_model: bool,
    zone: Tz,
    /// The plan includes documents, not questions with answers only.
    has_documents: bool,
}

impl KnowledgePage {
    fn is_qa(&self) -> bool {
        self.draft.kind == Some(DocumentKind::Qa) || !self.has_documents
    }

    /// Whether what the form is about was read elsewhere, and is not to be written over.
    fn is_read(&self) -> bool {
        self.editing.as_ref().is_some_and(|document| !document.kind.is_written_here())
    }

    /// What was read, as far as a page shows it.
    fn beginning(&self) -> String {
        self.draft.body.chars().take(SHOWN).collect()
    }

    #[expect(clippy::unused_self, reason = "templates call what is the page's")]
    fn kind(&self, document: &Document) -> &'static str {
        match document.kind {
            DocumentKind::Qa if document.is_pinned => "Question and answer, pinned",
            DocumentKind::Qa => "Question and answer",
            DocumentKind::Text => "Text",
            DocumentKind::Upload => "Upload",
            DocumentKind::Url => "Web page",
            DocumentKind::Drive => "Google Drive",
        }
    }

    fn date(&self, at: &DateTime<Utc>) -> String {
        words::date(at, &self.zone)
    }

    /// The address in the form for pages.
    fn url(&self) -> &str {
        self.draft.url.as_deref().unwrap_or_default()
    }
}

/// What the page's address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ListQuery {
    q: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
    done: Option<String>,
}

async fn whole(state: &AppState, viewer: &Viewer, query: ListQuery) -> Result<KnowledgePage, Problem> {
    let paging = Paging { limit: query.limit, cursor: query.cursor };
    let question = query.q.map(|text| text.trim().to_owned()).unwrap_or_default();
    let (mut result, mut faults) = (None, Vec::new());
    if !question.is_empty() {
        let asked = SearchInput { question: question.clone(), project_id: None };
        match try_out(state, viewer, &asked).await {
            Ok(found) => result = Some(found),
            Err(problem) if problem.code == "invalid" => faults = problem.errors,
            Err(problem) => return Err(problem),
        }
    }
    Ok(KnowledgePage {
        documents: page_of(state, viewer, &paging).await?,
        gaps: open_gaps(state, viewer).await?.items,
        frame: Frame::of(state, viewer, "Knowledge base", HERE).await?.with_notice(query.done.as_deref()),
        question,
        result,
        draft: DocumentInput::default(),
        editing: None,
        faults: Faults(faults),
        may_change: viewer.role >= Role::Admin,
        has_model: state.embedder.is_some(),
        zone: viewer.business.zone(),
        has_documents: viewer.includes(Feature::KnowledgeBaseManagement),
    })
}

async fn list(
    State(state): State<AppState>,
    viewer: Viewer,
    Search(query): Search<ListQuery>,
) -> Result<Response, Problem> {
    whole(&state, &viewer, query).await.map(|shown| page(&shown))
}

async fn edit(
    State(state): State<AppState>,
    viewer: Viewer,
    Id(id): Id<DocumentId>,
) -> Result<Response, Problem> {
    let document = find(&state, &viewer, id).await?;
    let shown = whole(&state, &viewer, ListQuery::default()).await?;
    Ok(page(&KnowledgePage { draft: written(&document), editing: Some(document), ..shown }))
}

fn written(document: &Document) -> DocumentInput {
    DocumentInput {
        kind: Some(document.kind),
        title: document.title.clone(),
        body: document.body.clone(),
        url: None,
        project_id: document.project_id.clone(),
        is_pinned: document.is_pinned,
        version: document.version,
    }
}

fn read(form: &Form) -> DocumentInput {
    let kind = DocumentKind::named(form.text("kind"));
    DocumentInput {
        kind,
        title: form.text("title").to_owned(),
        body: form.text("body").to_owned(),
        url: None,
        project_id: form.some("projectId").map(str::to_owned),
        // The box stands there for texts too, where it means nothing.
        is_pinned: form.ticked("isPinned") && kind == Some(DocumentKind::Qa),
        version: form.text("version").parse().unwrap_or_default(),
    }
}

async fn create(
    State(state): State<AppState>,
    admin: Admin,
    viewer: Viewer,
    form: Form,
) -> Result<Response, Problem> {
    let given = read(&form);
    match add(&state, &admin, &given).await {
        Ok(_) => Ok(led_to(HERE, "added")),
        Err(problem) => refuse(&state, &viewer, problem, given, None).await,
    }
}

/// Says what became of a page: one that could not be read is no refusal, as it may be read later.
fn led_after_reading(document: &Document) -> Response {
    let is_read = document.state == DocumentState::Ready && document.state_reason.is_none();
    led_to(HERE, if is_read { "read" } else { "unread" })
}

async fn add_page(
    State(state): State<AppState>,
    admin: Admin,
    viewer: Viewer,
    form: Form,
) -> Result<Response, Problem> {
    let given = DocumentInput {
        kind: Some(DocumentKind::Url),
        url: Some(form.text("url").to_owned()),
        ..DocumentInput::default()
    };
    match add(&state, &admin, &given).await {
        Ok(document) => Ok(led_after_reading(&document)),
        Err(problem) => refuse(&state, &viewer, problem, given, None).await,
    }
}

async fn upload(
    State(state): State<AppState>,
    admin: Admin,
    viewer: Viewer,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    let given = read_form(form).await?;
    match take_in(&state, &admin, &given).await {
        Ok(_) => Ok(led_to(HERE, "added")),
        Err(problem) => refuse(&state, &viewer, problem, DocumentInput::default(), None).await,
    }
}

async fn refresh(
    State(state): State<AppState>,
    admin: Admin,
    Id(id): Id<DocumentId>,
) -> Result<Response, Problem> {
    read_anew(&state, &admin, id).await.map(|document| led_after_reading(&document))
}

async fn embed(
    State(state): State<AppState>,
    admin: Admin,
    Id(id): Id<DocumentId>,
) -> Result<Response, Problem> {
    embed_anew(&state, &admin, id).await?;
    Ok(led_to(HERE, "saved"))
}

async fn change(
    State(state): State<AppState>,
    admin: Admin,
    viewer: Viewer,
    Id(id): Id<DocumentId>,
    form: Form,
) -> Result<Response, Problem> {
    let given = read(&form);
    match replace(&state, &admin, id, &given).await {
        Ok(_) => Ok(led_to(HERE, "saved")),
        Err(problem) => refuse(&state, &viewer, problem, given, Some(id)).await,
    }
}

async fn remove(
    State(state): State<AppState>,
    admin: Admin,
    Id(id): Id<DocumentId>,
) -> Result<Response, Problem> {
    take_out(&state, &admin, id).await?;
    Ok(led_to(HERE, "removed"))
}

async fn answer(
    State(state): State<AppState>,
    admin: Admin,
    viewer: Viewer,
    Id(id): Id<GapId>,
    form: Form,
) -> Result<Response, Problem> {
    let (question, body) = (form.text("question"), form.text("answer"));
    match answer_gap(&state, &admin, id, Some(question), body).await {
        Ok(_) => Ok(led_to(HERE, "added")),
        Err(problem) => {
            let kind = Some(DocumentKind::Qa);
            let (title, body) = (question.to_owned(), body.to_owned());
            let draft = DocumentInput { kind, title, body, is_pinned: true, ..DocumentInput::default() };
            refuse(&state, &viewer, problem, draft, None).await
        }
    }
}

async fn dismiss(
    State(state): State<AppState>,
    admin: Admin,
    Id(id): Id<GapId>,
) -> Result<Response, Problem> {
    dismiss_gap(&state, &admin, id).await?;
    Ok(led_to(HERE, "saved"))
}

async fn refuse(
    state: &AppState,
    viewer: &Viewer,
    problem: Problem,
    draft: DocumentInput,
    editing: Option<DocumentId>,
) -> Result<Response, Problem> {
    let faults = match problem.code {
        "invalid" => problem.errors,
        // What was typed stays; saving once more is done over what the other person wrote.
        "overtaken" => {
            vec![Fault::new("body", "somebody else changed this meanwhile: open it again to see how")]
        }
        _ => return Err(problem),
    };
    let editing = match editing {
        Some(id) => Some(find(state, viewer, id).await?),
        None => None,
    };
    let shown = whole(state, viewer, ListQuery::default()).await?;
    let refused = KnowledgePage { draft, editing, faults: Faults(faults), ..shown };
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &refused))
}
