//! `/admin/knowledge-base`: what the agent may answer from, what a question finds in it, and what it could not answer.

use super::frame::{Faults, Frame, led_to, page, page_with};
use crate::api::knowledge::{
    DocumentInput, SearchInput, SearchResult, add, answer_gap, dismiss_gap, find, open_gaps, page as page_of,
    replace, take_out, try_out,
};
use crate::auth::{Admin, Viewer};
use crate::input::{Form, Id, Page, Paging, Search};
use crate::problem::Problem;
use crate::state::AppState;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use studioconnect_domain::Fault;
use studioconnect_domain::business::Role;
use studioconnect_domain::ids::{DocumentId, GapId};
use studioconnect_domain::knowledge::{self, BASIC_FAQ_ENTRIES, Document, DocumentKind, Gap};
use studioconnect_domain::plan::Feature;

const HERE: &str = "/admin/knowledge-base";

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(HERE, get(list).post(create))
        .route("/admin/knowledge-base/{id}", get(edit).post(change))
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
    editing: Option<DocumentId>,
    faults: Faults,
    may_change: bool,
    /// The plan includes documents, not questions with answers only.
    has_documents: bool,
}

impl KnowledgePage {
    fn is_qa(&self) -> bool {
        self.draft.kind == Some(DocumentKind::Qa) || !self.has_documents
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
    let draft = written(find(&state, &viewer, id).await?);
    let shown = whole(&state, &viewer, ListQuery::default()).await?;
    Ok(page(&KnowledgePage { draft, editing: Some(id), ..shown }))
}

fn written(document: Document) -> DocumentInput {
    DocumentInput {
        kind: Some(document.kind),
        title: document.title,
        body: document.body,
        project_id: document.project_id,
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
    let shown = whole(state, viewer, ListQuery::default()).await?;
    let refused = KnowledgePage { draft, editing, faults: Faults(faults), ..shown };
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &refused))
}
