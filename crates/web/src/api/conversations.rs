//! `/api/conversations`: what visitors of the website say, and a person's answers to them.

use crate::auth::{Member, Viewer};
use crate::chat::takeover;
use crate::idempotency::{Key, once};
use crate::input::{Id, Input, Page, Paging, Search, sought};
use crate::problem::Problem;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use studioconnect_domain::business::User;
use studioconnect_domain::conversation::{Conversation, ConversationStatus, Message};
use studioconnect_domain::ids::ConversationId;
use studioconnect_domain::lead::Lead;
use studioconnect_store::ConversationFilter;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Most messages that are read with a conversation; one has no more.
const MESSAGES: u64 = 1_100;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(read))
        .routes(routes!(take))
        .routes(routes!(release))
        .routes(routes!(end))
        .routes(routes!(say))
}

/// Which conversations are wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConversationSearch {
    pub(crate) status: Option<ConversationStatus>,
    /// Whether a lead came of it.
    pub(crate) has_lead: Option<bool>,
    /// RFC 3339; something was said in it then or later.
    pub(crate) since: Option<DateTime<Utc>>,
    /// RFC 3339; nothing was said in it since.
    pub(crate) until: Option<DateTime<Utc>>,
    /// Held in what the visitor wrote, or in the page's address.
    pub(crate) q: Option<String>,
    /// Most rows, 1 to 200; 50 when it is not given.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    pub(crate) limit: Option<String>,
    /// `nextCursor` of the page before.
    pub(crate) cursor: Option<String>,
}

/// What a person says to a visitor.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SayInput {
    /// Up to 2,000 characters.
    pub(crate) message: String,
}

/// A conversation with all that was said.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConversationAnswer {
    #[serde(flatten)]
    pub(crate) conversation: Conversation,
    pub(crate) messages: Vec<Message>,
    pub(crate) lead: Option<Lead>,
    /// Who answers the visitor, when a person does.
    #[serde(skip)]
    pub(crate) person: Option<User>,
}

/// Lists conversations, the one in which somebody spoke last first.
#[utoipa::path(get, path = "/api/conversations", tag = "conversations", params(ConversationSearch),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Page<Conversation>), (status = 401), (status = 422)))]
pub(crate) async fn list(
    State(state): State<AppState>,
    viewer: Viewer,
    Search(search): Search<ConversationSearch>,
) -> Result<Json<Page<Conversation>>, Problem> {
    page(&state, &viewer, &search).await.map(Json)
}

/// A page of conversations; the dashboard's list is made of it too.
pub(crate) async fn page(
    state: &AppState,
    viewer: &Viewer,
    search: &ConversationSearch,
) -> Result<Page<Conversation>, Problem> {
    let paging = Paging { limit: search.limit.clone(), cursor: search.cursor.clone() };
    let filter = ConversationFilter {
        status: search.status,
        has_lead: search.has_lead,
        since: search.since,
        until: search.until,
        text: sought(search.q.as_deref())?,
    };
    let ask =
        async |limit, before| state.store.search_conversations(viewer.tenant(), &filter, limit, before).await;
    paging.page(ConversationId, |talk: &Conversation| (talk.last_at, talk.id.0), ask).await
}

/// Reads a conversation with all that was said.
#[utoipa::path(get, path = "/api/conversations/{id}", tag = "conversations", params(("id" = String, Path)),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = ConversationAnswer), (status = 401), (status = 404)))]
pub(crate) async fn read(
    State(state): State<AppState>,
    viewer: Viewer,
    Id(id): Id<ConversationId>,
) -> Result<Json<ConversationAnswer>, Problem> {
    whole(&state, &viewer, id).await.map(Json)
}

/// A conversation of the business with all that is known of it.
pub(crate) async fn whole(
    state: &AppState,
    viewer: &Viewer,
    id: ConversationId,
) -> Result<ConversationAnswer, Problem> {
    let tenant = viewer.tenant();
    let conversation = state.store.find_conversation(tenant, id).await?.ok_or_else(Problem::not_found)?;
    let messages = state.store.messages(tenant, id, 0, MESSAGES).await?;
    let lead = match conversation.lead_id {
        Some(lead) => state.store.find_lead(tenant, lead).await?,
        None => None,
    };
    let person = match conversation.taken_by {
        Some(user) => state.store.find_member(tenant, user).await?,
        None => None,
    };
    Ok(ConversationAnswer { conversation, messages, lead, person })
}

/// Takes a conversation over: the agent falls silent at once, and the visitor is told who answers.
#[utoipa::path(post, path = "/api/conversations/{id}/takeover", tag = "conversations",
    params(("id" = String, Path)), security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Conversation), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn take(
    State(state): State<AppState>,
    member: Member,
    Id(id): Id<ConversationId>,
) -> Result<Json<Conversation>, Problem> {
    takeover::take(&state, &member, id).await.map(Json)
}

/// Gives a conversation back to the agent.
#[utoipa::path(post, path = "/api/conversations/{id}/release", tag = "conversations",
    params(("id" = String, Path)), security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Conversation), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn release(
    State(state): State<AppState>,
    member: Member,
    Id(id): Id<ConversationId>,
) -> Result<Json<Conversation>, Problem> {
    takeover::release(&state, &member, id).await.map(Json)
}

/// Ends a conversation; a visitor who writes again opens it.
#[utoipa::path(post, path = "/api/conversations/{id}/end", tag = "conversations", params(("id" = String, Path)),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Conversation), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn end(
    State(state): State<AppState>,
    member: Member,
    Id(id): Id<ConversationId>,
) -> Result<Json<Conversation>, Problem> {
    takeover::end(&state, &member, id).await.map(Json)
}

/// Says something to the visitor of a conversation that was taken over.
#[utoipa::path(post, path = "/api/conversations/{id}/message", tag = "conversations",
    params(("id" = String, Path)), request_body = SayInput, security(("bearer" = []), ("cookie" = [])),
    responses((status = 201, body = Message), (status = 401), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
pub(crate) async fn say(
    State(state): State<AppState>,
    member: Member,
    Id(id): Id<ConversationId>,
    key: Key,
    Input(given): Input<SayInput>,
) -> Result<Response, Problem> {
    once(&state, member.tenant(), key, &given, StatusCode::CREATED, async || {
        takeover::say(&state, &member, id, &given.message).await
    })
    .await
}
