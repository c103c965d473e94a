//! `/admin/clients`: whom the business works for.

use super::calls::Done;
use super::frame::{Faults, Frame, led_to, page, page_with};
use super::refused::{Overtaken, overtaken};
use super::undo::{self, Undo};
use super::words;
use crate::api::clients::{ClientInput, ClientSearch, add, find, page as page_of, replace, take_out};
use crate::auth::{Member, Viewer};
use crate::input::{Form, Id, Page, Search};
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
use studioconnect_domain::client::{self, Client};
use studioconnect_domain::ids::ClientId;
use studioconnect_domain::rule::EMAIL_OR_NONE;

const HERE: &str = "/admin/clients";

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(HERE, get(list).post(create))
        .route("/admin/clients/{id}", get(edit).post(change))
        .route("/admin/clients/{id}/remove", post(remove))
}

#[derive(Template)]
#[template(path = "admin/clients.html")]
struct ClientsPage {
    frame: Frame,
    clients: Page<Client>,
    text: String,
    /// What stands in the form.
    draft: ClientInput,
    /// The client that is being edited; none adds one.
    editing: Option<ClientId>,
    faults: Faults,
    may_change: bool,
}

/// What the list's address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ListQuery {
    q: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
    done: Option<String>,
    undo: Option<String>,
}

async fn whole(
    state: &AppState,
    viewer: &Viewer,
    search: ClientSearch,
    done: Option<&str>,
) -> Result<ClientsPage, Problem> {
    Ok(ClientsPage {
        frame: Frame::of(state, viewer, "Clients", HERE).await?.with_notice(done),
        clients: page_of(state, viewer, &search).await?,
        text: search.q.unwrap_or_default(),
        draft: ClientInput::default(),
        editing: None,
        faults: Faults::default(),
        may_change: viewer.role >= Role::Member,
    })
}

async fn list(
    State(state): State<AppState>,
    viewer: Viewer,
    Search(query): Search<ListQuery>,
) -> Result<Response, Problem> {
    let search = ClientSearch { q: query.q, limit: query.limit, cursor: query.cursor };
    let shown = whole(&state, &viewer, search, query.done.as_deref()).await?;
    let frame = shown.frame.with_undo(&state, &viewer, query.undo.as_deref());
    Ok(page(&ClientsPage { frame, ..shown }))
}

async fn edit(
    State(state): State<AppState>,
    viewer: Viewer,
    Id(id): Id<ClientId>,
    Search(done): Search<Done>,
) -> Result<Response, Problem> {
    let draft = written(find(&state, &viewer, id).await?);
    let shown = whole(&state, &viewer, ClientSearch::default(), done.done.as_deref()).await?;
    Ok(page(&ClientsPage { draft, editing: Some(id), ..shown }))
}

fn written(client: Client) -> ClientInput {
    ClientInput {
        name: client.name,
        company: client.company,
        email: client.email.unwrap_or_default(),
        phone: client.phone.unwrap_or_default(),
        notes: client.notes,
        version: client.version,
    }
}

async fn create(
    State(state): State<AppState>,
    member: Member,
    viewer: Viewer,
    form: Form,
) -> Result<Response, Problem> {
    let given = read(&form);
    match add(&state, &member, &given).await {
        Ok(_) => Ok(led_to(HERE, "added")),
        Err(problem) => refuse(&state, &viewer, problem, given, None).await,
    }
}

async fn change(
    State(state): State<AppState>,
    member: Member,
    viewer: Viewer,
    Id(id): Id<ClientId>,
    form: Form,
) -> Result<Response, Problem> {
    let given = read(&form);
    match replace(&state, &member, id, &given).await {
        Ok(_) => Ok(led_to(HERE, "saved")),
        Err(problem) => refuse(&state, &viewer, problem, given, Some(id)).await,
    }
}

async fn remove(
    State(state): State<AppState>,
    member: Member,
    viewer: Viewer,
    Id(id): Id<ClientId>,
) -> Result<Response, Problem> {
    let removed = take_out(&state, &member, id).await?;
    Ok(undo::led_to(&state, &viewer, Undo::Client(Box::new(removed)), HERE, "removed"))
}

fn read(form: &Form) -> ClientInput {
    ClientInput {
        name: form.text("name").to_owned(),
        company: form.text("company").to_owned(),
        email: form.text("email").to_owned(),
        phone: form.text("phone").to_owned(),
        notes: form.text("notes").to_owned(),
        version: form.text("version").parse().unwrap_or_default(),
    }
}

async fn refuse(
    state: &AppState,
    viewer: &Viewer,
    problem: Problem,
    draft: ClientInput,
    editing: Option<ClientId>,
) -> Result<Response, Problem> {
    let faults = match problem.code {
        "invalid" => problem.errors,
        "conflict" => {
            let sentence = problem.detail.unwrap_or_default();
            let field = if sentence.contains("phone") { "phone" } else { "email" };
            vec![Fault::new(field, "another client has this already")]
        }
        "overtaken" => return overtaken_by(state, viewer, draft, editing).await,
        _ => return Err(problem),
    };
    let shown = whole(state, viewer, ClientSearch::default(), None).await?;
    let refused = ClientsPage { draft, editing, faults: Faults(faults), ..shown };
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &refused))
}

/// The form with what was typed, beside what somebody else has made of the client.
async fn overtaken_by(
    state: &AppState,
    viewer: &Viewer,
    typed: ClientInput,
    editing: Option<ClientId>,
) -> Result<Response, Problem> {
    let current = written(find(state, viewer, editing.ok_or_else(Problem::not_found)?).await?);
    let field = |field, typed: &str, current: String| Overtaken { field, typed: typed.to_owned(), current };
    let fields = [
        field("name", &typed.name, current.name),
        field("company", &typed.company, current.company),
        field("phone", &typed.phone, current.phone),
        field("email", &typed.email, current.email),
        field("notes", &typed.notes.replace('\r', ""), current.notes),
    ];
    let faults = overtaken(fields, "name");
    let draft = ClientInput { version: current.version, ..typed };
    let shown = whole(state, viewer, ClientSearch::default(), None).await?;
    let refused = ClientsPage { draft, editing, faults, ..shown };
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &refused))
}
