//! `/api/client`: whom the business works for.

use crate::audit::{Changes, differences};
use crate::auth::{Entitlement as _, Member, Viewer};
use crate::idempotency::{Key, once};
use crate::input::{Id, Input, Page, Paging, Search, kept, sought};
use crate::problem::Problem;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use studioconnect_domain::Fault;
use studioconnect_domain::answer;
use studioconnect_domain::client::Client;
use studioconnect_domain::ids::ClientId;
use studioconnect_domain::plan::Feature;
use studioconnect_domain::question::AnswerFormat;
use studioconnect_store::StoreError;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, change, remove))
        .route("/api/clients", get(list).post(create))
        .route("/api/clients/{id}", get(read).put(change).delete(remove))
}

/// Which clients are wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ClientSearch {
    /// Held in name, company, mail or phone.
    pub(crate) q: Option<String>,
    /// Most rows, 1 to 200; 50 when it is not given.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    pub(crate) limit: Option<String>,
    /// `nextCursor` of the page before.
    pub(crate) cursor: Option<String>,
}

/// A client as it is written. Phone and mail are brought to their normal form.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct ClientInput {
    pub(crate) name: String,
    pub(crate) company: String,
    pub(crate) email: String,
    pub(crate) phone: String,
    pub(crate) notes: String,
    /// The version that was read, when a client is changed.
    pub(crate) version: u32,
}

/// Lists clients, newest first.
#[utoipa::path(get, path = "/api/client", tag = "clients", params(ClientSearch),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Page<Client>), (status = 401), (status = 403), (status = 422)))]
pub(crate) async fn list(
    State(state): State<AppState>,
    viewer: Viewer,
    Search(search): Search<ClientSearch>,
) -> Result<Json<Page<Client>>, Problem> {
    page(&state, &viewer, &search).await.map(Json)
}

/// A page of clients; the dashboard's list is made of it too.
pub(crate) async fn page(
    state: &AppState,
    viewer: &Viewer,
    search: &ClientSearch,
) -> Result<Page<Client>, Problem> {
    viewer.needs(Feature::Clients)?;
    let paging = Paging { limit: search.limit.clone(), cursor: search.cursor.clone() };
    let text = sought(search.q.as_deref())?;
    let ask =
        async |limit, before| state.store.clients(viewer.tenant(), text.as_deref(), limit, before).await;
    paging.page(ClientId, |client: &Client| (client.created_at, client.id.0), ask).await
}

/// Adds a client.
#[utoipa::path(post, path = "/api/client", tag = "clients", request_body = ClientInput,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 201, body = Client), (status = 401), (status = 403), (status = 409), (status = 422)))]
pub(crate) async fn create(
    State(state): State<AppState>,
    member: Member,
    key: Key,
    Input(given): Input<ClientInput>,
) -> Result<Response, Problem> {
    once(&state, member.tenant(), key, &given, StatusCode::CREATED, async || {
        add(&state, &member, &given).await
    })
    .await
}

/// Reads a client.
#[utoipa::path(get, path = "/api/client/{id}", tag = "clients", params(("id" = String, Path)),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Client), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn read(
    State(state): State<AppState>,
    viewer: Viewer,
    Id(id): Id<ClientId>,
) -> Result<Json<Client>, Problem> {
    find(&state, &viewer, id).await.map(Json)
}

/// A client of the business.
pub(crate) async fn find(state: &AppState, viewer: &Viewer, id: ClientId) -> Result<Client, Problem> {
    viewer.needs(Feature::Clients)?;
    state.store.find_client(viewer.tenant(), id).await?.ok_or_else(Problem::not_found)
}

/// Changes a client.
#[utoipa::path(put, path = "/api/client/{id}", tag = "clients", params(("id" = String, Path)),
    request_body = ClientInput, security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Client), (status = 401), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
pub(crate) async fn change(
    State(state): State<AppState>,
    member: Member,
    Id(id): Id<ClientId>,
    Input(given): Input<ClientInput>,
) -> Result<Json<Client>, Problem> {
    replace(&state, &member, id, &given).await.map(Json)
}

/// Removes a client.
#[utoipa::path(delete, path = "/api/client/{id}", tag = "clients", params(("id" = String, Path)),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn remove(
    State(state): State<AppState>,
    member: Member,
    Id(id): Id<ClientId>,
) -> Result<StatusCode, Problem> {
    take_out(&state, &member, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a client; the page does it through this too.
pub(crate) async fn take_out(state: &AppState, member: &Member, id: ClientId) -> Result<Client, Problem> {
    member.needs(Feature::Clients)?;
    let client = state.store.find_client(member.tenant(), id).await?.ok_or_else(Problem::not_found)?;
    if !state.store.remove_client(member.tenant(), id).await? {
        return Err(Problem::not_found());
    }
    state.note_change(&member.0, "client.removed", json!({"id": id})).await;
    Ok(client)
}

/// Puts a client back that was removed, as they were.
pub(crate) async fn put_back(state: &AppState, member: &Member, client: &Client) -> Result<(), Problem> {
    member.needs(Feature::Clients)?;
    state.store.add_client(client).await?;
    state.note_change(&member.0, "client.added", json!({"id": client.id})).await;
    Ok(())
}

/// Adds a client; the page does it through this too.
pub(crate) async fn add(state: &AppState, member: &Member, given: &ClientInput) -> Result<Client, Problem> {
    member.needs(Feature::Clients)?;
    let now = state.clock.now();
    let blank = Client {
        id: ClientId::new(),
        business_id: member.tenant(),
        name: String::new(),
        company: String::new(),
        email: None,
        phone: None,
        notes: String::new(),
        version: 0,
        created_at: now,
        updated_at: now,
    };
    let client = filled(&blank, given, &member.business.region)?;
    state.store.add_client(&client).await?;
    state.note_change(&member.0, "client.added", json!({"id": client.id})).await;
    Ok(client)
}

/// Changes a client; the page does it through this too.
pub(crate) async fn replace(
    state: &AppState,
    member: &Member,
    id: ClientId,
    given: &ClientInput,
) -> Result<Client, Problem> {
    member.needs(Feature::Clients)?;
    let stored = state.store.find_client(member.tenant(), id).await?.ok_or_else(Problem::not_found)?;
    let blank = Client { version: given.version, updated_at: state.clock.now(), ..stored.clone() };
    let client = filled(&blank, given, &member.business.region)?;
    let changed = match state.store.change_client(&client).await {
        Err(StoreError::Overtaken { what }) => {
            let current = state.store.find_client(member.tenant(), id).await?;
            return Err(Problem::overtaken_by(what, &current.ok_or_else(Problem::not_found)?));
        }
        outcome => outcome?,
    };
    // A client may ask to be forgotten: the log keeps no second copy of who they are.
    let fields: Vec<_> =
        differences(&stored, &changed).as_object().into_iter().flat_map(Map::keys).cloned().collect();
    state.note_change(&member.0, "client.changed", json!({"id": id, "fields": fields})).await;
    Ok(changed)
}

fn filled(blank: &Client, given: &ClientInput, region: &str) -> Result<Client, Problem> {
    let mut faults = Vec::new();
    let mut normal = |field: &str, format, text: &str| {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        match answer::read(format, text, region) {
            Ok(normal) => Some(normal),
            Err(why) => {
                faults.push(Fault::new(field, why.to_string()));
                None
            }
        }
    };
    let email = normal("email", AnswerFormat::Email, &given.email);
    let phone = normal("phone", AnswerFormat::Phone, &given.phone);
    let client = Client {
        name: kept(&given.name),
        company: kept(&given.company),
        email,
        phone,
        notes: kept(&given.notes),
        ..blank.clone()
    };
    faults.extend(client.faults());
    if faults.is_empty() { Ok(client) } else { Err(Problem::invalid(faults)) }
}
