//! `/admin/clients`: whom the business works for.

use super::calls::Done;
use super::frame::{Faults, Frame, page, page_with};
use super::undo::{self, Undo};
use crate::api::clients::{ClientInput, ClientSearch, add, find, page as page_of, replace, take_out};
use crate::auth::{Member, Viewer};
use crate::input::{Form, Id, Page};
use crate::problem::Problem;
use crate::state::AppState;
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
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
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let given = |name: &str| {
        let pair = pairs.iter().find(|(known, value)| known == name && !value.is_empty());
        pair.map(|(_, value)| value.clone())
    };
    let search = ClientSearch { q: given("q"), limit: given("limit"), cursor: given("cursor") };
    let shown = whole(&state, &viewer, search, given("done").as_deref()).await?;
    let frame = shown.frame.with_undo(&state, &viewer, given("undo").as_deref());
    Ok(page(&ClientsPage { frame, ..shown }))
}

async fn edit(
    State(state): State<AppState>,
    viewer: Viewer,
    Id(id): Id<ClientId>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let client = find(&state, &viewer, id).await?;
    let draft = ClientInput {
        name: client.name,
        company: client.company,
        email: client.email.unwrap_or_default(),
        phone: client.phone.unwrap_or_default(),
        notes: client.notes,
        version: client.version,
    };
    let shown = whole(&state, &viewer, ClientSearch::default(), done.done.as_deref()).await?;
    Ok(page(&ClientsPage { draft, editing: Some(id), ..shown }))
}

async fn create(
    State(state): State<AppState>,
    member: Member,
    viewer: Viewer,
    form: Form,
) -> Result<Response, Problem> {
    let given = read(&form);
    match add(&state, &member, &given).await {
        Ok(_) => Ok(led_to("added")),
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
        Ok(_) => Ok(led_to("saved")),
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

fn led_to(done: &str) -> Response {
    Redirect::to(&format!("{HERE}?done={done}")).into_response()
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
        "overtaken" => {
            vec![Fault::new("name", "somebody else has changed this client; open it again to see how")]
        }
        _ => return Err(problem),
    };
    let shown = whole(state, viewer, ClientSearch::default(), None).await?;
    let refused = ClientsPage { draft, editing, faults: Faults(faults), ..shown };
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &refused))
}
