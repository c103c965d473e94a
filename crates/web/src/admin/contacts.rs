//! Whom a call may be connected to: a part of the voice page, with forms of its own.

use super::frame::{Faults, page, page_with};
use super::voice::{VOICE, voice_page};
use crate::api::transfer_contacts::{ContactInput, put, take_out};
use crate::auth::{Admin, Entitlement as _, Viewer};
use crate::input::{Form, Id};
use crate::problem::Problem;
use crate::state::AppState;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use studioconnect_domain::contact::Contact;
use studioconnect_domain::ids::ContactId;
use studioconnect_domain::plan::Feature;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/admin/voice/contacts", post(create))
        .route("/admin/voice/contacts/{id}", get(edit).post(change))
        .route("/admin/voice/contacts/{id}/move", post(shift))
        .route("/admin/voice/contacts/{id}/remove", post(remove))
}

/// The list, and what stands in the form below it.
pub(super) struct ContactsPart {
    pub(super) list: Vec<Contact>,
    pub(super) draft: ContactInput,
    /// Who is being edited; none adds somebody.
    pub(super) editing: Option<ContactId>,
    pub(super) faults: Faults,
}

impl ContactsPart {
    pub(super) async fn of(state: &AppState, viewer: &Viewer) -> Result<Self, Problem> {
        let list = state.store.transfer_contacts(viewer.tenant()).await?;
        Ok(Self { list, draft: blank(), editing: None, faults: Faults::default() })
    }
}

fn blank() -> ContactInput {
    ContactInput {
        name: String::new(),
        phone: String::new(),
        note: String::new(),
        is_active: true,
        order: None,
    }
}

fn written(contact: &Contact) -> ContactInput {
    ContactInput {
        name: contact.name.clone(),
        phone: contact.phone.as_str().to_owned(),
        note: contact.note.clone(),
        is_active: contact.is_active,
        order: Some(contact.order),
    }
}

fn read(form: &Form) -> ContactInput {
    ContactInput {
        name: form.text("name").to_owned(),
        phone: form.text("phone").to_owned(),
        note: form.text("note").to_owned(),
        is_active: form.ticked("isActive"),
        order: form.text("order").parse().ok(),
    }
}

async fn edit(
    State(state): State<AppState>,
    viewer: Viewer,
    Id(id): Id<ContactId>,
) -> Result<Response, Problem> {
    viewer.needs(Feature::VoiceConfiguration)?;
    let mut shown = voice_page(&state, &viewer, None).await?;
    let contact =
        shown.contacts.list.iter().find(|contact| contact.id == id).ok_or_else(Problem::not_found)?;
    shown.contacts.draft = written(contact);
    shown.contacts.editing = Some(id);
    Ok(page(&shown))
}

async fn create(
    State(state): State<AppState>,
    admin: Admin,
    viewer: Viewer,
    form: Form,
) -> Result<Response, Problem> {
    let given = read(&form);
    match put(&state, &admin, None, given.clone()).await {
        Ok(_) => Ok(led_to("added")),
        Err(problem) => refuse(&state, &viewer, problem, given, None).await,
    }
}

async fn change(
    State(state): State<AppState>,
    admin: Admin,
    viewer: Viewer,
    Id(id): Id<ContactId>,
    form: Form,
) -> Result<Response, Problem> {
    let given = read(&form);
    match put(&state, &admin, Some(id), given.clone()).await {
        Ok(_) => Ok(led_to("saved")),
        Err(problem) => refuse(&state, &viewer, problem, given, Some(id)).await,
    }
}

/// Moves somebody to the place in `to`, counted from 0.
async fn shift(
    State(state): State<AppState>,
    admin: Admin,
    Id(id): Id<ContactId>,
    form: Form,
) -> Result<Response, Problem> {
    let to = form.read("to", "a place in the list").map_err(|fault| Problem::invalid(vec![fault]))?;
    let contacts = state.store.transfer_contacts(admin.tenant()).await?;
    let contact = contacts.iter().find(|contact| contact.id == id).ok_or_else(Problem::not_found)?;
    put(&state, &admin, Some(id), ContactInput { order: Some(to), ..written(contact) }).await?;
    Ok(led_to("moved"))
}

async fn remove(
    State(state): State<AppState>,
    admin: Admin,
    Id(id): Id<ContactId>,
) -> Result<Response, Problem> {
    take_out(&state, &admin, id).await?;
    Ok(led_to("removed"))
}

fn led_to(done: &str) -> Response {
    Redirect::to(&format!("{VOICE}?done={done}#contacts")).into_response()
}

async fn refuse(
    state: &AppState,
    viewer: &Viewer,
    problem: Problem,
    draft: ContactInput,
    editing: Option<ContactId>,
) -> Result<Response, Problem> {
    if problem.code != "invalid" {
        return Err(problem);
    }
    let mut shown = voice_page(state, viewer, None).await?;
    let list = std::mem::take(&mut shown.contacts.list);
    shown.contacts = ContactsPart { list, draft, editing, faults: Faults(problem.errors) };
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown))
}
