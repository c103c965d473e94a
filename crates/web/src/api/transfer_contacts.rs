//! `/api/transfer-contacts`: people a call may be connected to, in the order in which they are rung.

use crate::audit::Changes;
use crate::auth::{Admin, Entitlement as _, Viewer};
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
use studioconnect_domain::Fault;
use studioconnect_domain::contact::Contact;
use studioconnect_domain::ids::ContactId;
use studioconnect_domain::phone::PhoneNumber;
use studioconnect_domain::plan::Feature;
use studioconnect_store::StoreError;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(change, remove))
}

/// A contact as it is written. The phone number is brought to its normal form.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ContactInput {
    /// Who they are, as the caller is told.
    pub(crate) name: String,
    /// Where they are rung, as people write it.
    pub(crate) phone: String,
    /// What the team should know, such as when they can be reached.
    #[serde(default)]
    pub(crate) note: String,
    /// Whether they are rung at present; so they are when it is not given.
    #[serde(default = "yes")]
    pub(crate) is_active: bool,
    /// Place in the list, from 0; the end, or where they are, when it is not given.
    #[serde(default)]
    pub(crate) order: Option<u32>,
}

fn yes() -> bool {
    true
}

/// The contacts.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Contacts {
    pub(crate) items: Vec<Contact>,
}

/// Lists the people a call may be connected to.
#[utoipa::path(get, path = "/api/transfer-contacts", tag = "contacts", security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Contacts), (status = 401), (status = 403)))]
pub(crate) async fn list(State(state): State<AppState>, viewer: Viewer) -> Result<Json<Contacts>, Problem> {
    viewer.needs(Feature::VoiceConfiguration)?;
    Ok(Json(Contacts { items: state.store.transfer_contacts(viewer.tenant()).await? }))
}

/// Adds somebody.
#[utoipa::path(post, path = "/api/transfer-contacts", tag = "contacts", request_body = ContactInput,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 201, body = Contact), (status = 401), (status = 403), (status = 409), (status = 422)))]
pub(crate) async fn create(
    State(state): State<AppState>,
    admin: Admin,
    key: Key,
    Input(given): Input<ContactInput>,
) -> Result<Response, Problem> {
    once(&state, admin.tenant(), key, &given, StatusCode::CREATED, async || {
        put(&state, &admin, None, given.clone()).await
    })
    .await
}

/// Changes somebody, and their place.
#[utoipa::path(put, path = "/api/transfer-contacts/{id}", tag = "contacts", request_body = ContactInput,
    params(("id" = String, Path)), security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Contact), (status = 401), (status = 403), (status = 404), (status = 422)))]
pub(crate) async fn change(
    State(state): State<AppState>,
    admin: Admin,
    Id(id): Id<ContactId>,
    Input(given): Input<ContactInput>,
) -> Result<Json<Contact>, Problem> {
    put(&state, &admin, Some(id), given).await.map(Json)
}

/// Removes somebody.
#[utoipa::path(delete, path = "/api/transfer-contacts/{id}", tag = "contacts", params(("id" = String, Path)),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn remove(
    State(state): State<AppState>,
    admin: Admin,
    Id(id): Id<ContactId>,
) -> Result<StatusCode, Problem> {
    take_out(&state, &admin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Adds somebody, or changes the one that `id` names; the page does it through this too.
pub(crate) async fn put(
    state: &AppState,
    admin: &Admin,
    id: Option<ContactId>,
    given: ContactInput,
) -> Result<Contact, Problem> {
    admin.needs(Feature::VoiceConfiguration)?;
    let own = state.store.list_numbers(admin.tenant()).await?;
    let own: Vec<PhoneNumber> = own.into_iter().map(|number| number.number).collect();
    let contact = contact_of(id.unwrap_or_default(), &given, &admin.business.region)?;
    let stored = state
        .store
        .change_transfer_contacts(admin.tenant(), |contacts| {
            let order = match id {
                Some(id) => {
                    let at = contacts.iter().position(|contact| contact.id == id);
                    let at = at.ok_or(StoreError::Missing { what: "contact" })?;
                    contacts.remove(at);
                    given.order.map_or(at, |order| order as usize)
                }
                None => given.order.map_or(contacts.len(), |order| order as usize),
            };
            let faults = contact.faults(contacts, &own);
            if !faults.is_empty() {
                return Err(StoreError::Invalid(faults));
            }
            let at = order.min(contacts.len());
            contacts.insert(at, contact.clone());
            Ok(Contact { order: at as u32, ..contact })
        })
        .await?;
    let what = if id.is_some() { "contact.changed" } else { "contact.added" };
    state.note_change(&admin.0, what, json!({"id": stored.id})).await;
    Ok(stored)
}

/// Removes somebody; the page does it through this too.
pub(crate) async fn take_out(state: &AppState, admin: &Admin, id: ContactId) -> Result<(), Problem> {
    admin.needs(Feature::VoiceConfiguration)?;
    state
        .store
        .change_transfer_contacts(admin.tenant(), |contacts| {
            let at = contacts.iter().position(|contact| contact.id == id);
            contacts.remove(at.ok_or(StoreError::Missing { what: "contact" })?);
            Ok(())
        })
        .await?;
    state.note_change(&admin.0, "contact.removed", json!({"id": id})).await;
    Ok(())
}

/// Reads what was typed. With a number that cannot be read, the other fields are looked at all the same.
fn contact_of(id: ContactId, given: &ContactInput, region: &str) -> Result<Contact, Problem> {
    let read = PhoneNumber::read(&given.phone, region);
    let mut faults = Vec::new();
    if let Err(fault) = &read {
        faults.push(Fault::new("phone", fault.to_string()));
    }
    let stand_in = || PhoneNumber::read("+12065550100", region);
    let Ok(phone) = read.or_else(|_| stand_in()) else { return Err(Problem::invalid(faults)) };
    let contact = Contact {
        id,
        name: kept(&given.name),
        phone,
        note: kept(&given.note),
        is_active: given.is_active,
        order: 0,
    };
    if faults.is_empty() {
        return Ok(contact);
    }
    faults.extend(contact.faults(&[], &[]));
    Err(Problem::invalid(faults))
}
