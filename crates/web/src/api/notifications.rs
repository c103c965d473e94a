//! `/api/admin/business/notifications`: whom the business wants to be told, a word to see whether words arrive, and what became of
//! each message.

use crate::audit::Changes as _;
use crate::auth::{Admin, Viewer};
use crate::input::{Id, Input, Page, Paging, Search};
use crate::problem::Problem;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use studioconnect_connectors::mail::Mail;
use studioconnect_domain::ids::OutgoingId;
use studioconnect_domain::notification::{self, Given, NotificationSettings};
use studioconnect_domain::outbox::Outgoing;
use studioconnect_domain::phone::PhoneNumber;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(read, change))
        .routes(routes!(test_email))
        .routes(routes!(test_sendgrid))
        .routes(routes!(list))
        .routes(routes!(replay))
}

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NotificationAnswer {
    #[serde(flatten)]
    pub(crate) settings: NotificationSettings,
    /// How often they were changed.
    pub(crate) version: u32,
}

/// The settings as they are written. What is not given is as it is in a new business.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NotificationInput {
    /// The version that was read; without one the change is made whatever anybody else has changed.
    pub(crate) version: Option<u32>,
    /// Where each lead is mailed to; empty or none is the owner's own address.
    pub(crate) notification_email: Option<String>,
    /// Who is rung in an emergency, in any usual format.
    pub(crate) notification_phone_number: Option<String>,
    /// Whether leads are mailed at all.
    pub(crate) mails_leads: Option<bool>,
    /// Whether people who leave a mail address get a word that their request has arrived.
    pub(crate) confirms_to_customers: Option<bool>,
}

/// A word was taken by whoever carries it on.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TestAnswer {
    /// Always true; a failure is a problem.
    pub(crate) sent: bool,
    /// To whom.
    pub(crate) to: String,
    /// What the mail server said.
    pub(crate) words: String,
}

/// Which messages are wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct OutgoingSearch {
    /// Most rows, 1 to 200; 50 when it is not given.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    pub(crate) limit: Option<String>,
    /// `nextCursor` of the page before.
    pub(crate) cursor: Option<String>,
}

/// Reads whom the business wants to be told.
#[utoipa::path(get, path = "/api/admin/business/notifications", tag = "notifications",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = NotificationAnswer), (status = 401)))]
pub(crate) async fn read(
    State(state): State<AppState>,
    viewer: Viewer,
) -> Result<Json<NotificationAnswer>, Problem> {
    own(&state, &viewer).await.map(Json)
}

/// The settings; the page shows them too.
pub(crate) async fn own(state: &AppState, viewer: &Viewer) -> Result<NotificationAnswer, Problem> {
    let (settings, version) = state.store.notification_settings(viewer.tenant()).await?;
    Ok(NotificationAnswer { settings, version })
}

/// Changes whom the business wants to be told.
#[utoipa::path(put, path = "/api/admin/business/notifications", tag = "notifications",
    request_body = NotificationInput, security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = NotificationAnswer), (status = 401), (status = 403), (status = 409), (status = 422)))]
pub(crate) async fn change(
    State(state): State<AppState>,
    admin: Admin,
    Input(given): Input<NotificationInput>,
) -> Result<Json<NotificationAnswer>, Problem> {
    apply(&state, &admin, &given).await.map(Json)
}

/// Makes a change; the page does it through this too.
pub(crate) async fn apply(
    state: &AppState,
    admin: &Admin,
    given: &NotificationInput,
) -> Result<NotificationAnswer, Problem> {
    let own: Vec<PhoneNumber> =
        state.store.list_numbers(admin.tenant()).await?.into_iter().map(|number| number.number).collect();
    let written = Given {
        email: given.notification_email.as_deref().unwrap_or_default(),
        phone: given.notification_phone_number.as_deref().unwrap_or_default(),
    };
    let (email, phone) =
        notification::read(&written, &admin.business.region, &own).map_err(Problem::invalid)?;
    let usual = NotificationSettings::default();
    let settings = NotificationSettings {
        notification_email: email,
        notification_phone_number: phone,
        mails_leads: given.mails_leads.unwrap_or(usual.mails_leads),
        confirms_to_customers: given.confirms_to_customers.unwrap_or(usual.confirms_to_customers),
    };
    let before = match given.version {
        Some(version) => version,
        None => state.store.notification_settings(admin.tenant()).await?.1,
    };
    let version = state.store.put_notification_settings(admin.tenant(), before, &settings).await?;
    state.note_change(&admin.0, "notifications.changed", json!({"version": version})).await;
    Ok(NotificationAnswer { settings, version })
}

/// Sends a word to where leads are mailed, through the very way they go, and tells what the mail server said.
#[utoipa::path(post, path = "/api/admin/test-email", tag = "notifications",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = TestAnswer), (status = 401), (status = 403), (status = 429), (status = 502)))]
pub(crate) async fn test_email(
    State(state): State<AppState>,
    admin: Admin,
) -> Result<Json<TestAnswer>, Problem> {
    send_test(&state, &admin).await.map(Json)
}

/// The same under the name it has where mail goes through SendGrid.
#[utoipa::path(post, path = "/api/admin/test-sendgrid", tag = "notifications",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = TestAnswer), (status = 401), (status = 403), (status = 429), (status = 502)))]
pub(crate) async fn test_sendgrid(
    State(state): State<AppState>,
    admin: Admin,
) -> Result<Json<TestAnswer>, Problem> {
    send_test(&state, &admin).await.map(Json)
}

/// Sends the word; the page does it through this too.
pub(crate) async fn send_test(state: &AppState, admin: &Admin) -> Result<TestAnswer, Problem> {
    state.count_request("t", &admin.user, "You have sent several test mails already.")?;
    let to = state.store.notification_settings(admin.tenant()).await?.0.notification_email;
    let to = to.unwrap_or_else(|| admin.user.email.clone());
    let name = &admin.business.name;
    let text = format!(
        "This is a test. Mails about the leads of {name} arrive here, in the same way as this one did.\n"
    );
    let mail = Mail::new(&to, format!("{name}: mail arrives"), text);
    match state.mailer.send(&mail).await {
        Ok(words) => Ok(TestAnswer { sent: true, to, words }),
        Err(fault) => {
            tracing::warn!(%fault, "a test mail was not sent");
            Err(Problem::mail_failed().saying(fault.to_string()))
        }
    }
}

/// Lists what went out to people, newest first.
#[utoipa::path(get, path = "/api/outgoing", tag = "notifications", params(OutgoingSearch),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Page<Outgoing>), (status = 401), (status = 422)))]
pub(crate) async fn list(
    State(state): State<AppState>,
    viewer: Viewer,
    Search(search): Search<OutgoingSearch>,
) -> Result<Json<Page<Outgoing>>, Problem> {
    page(&state, &viewer, &search).await.map(Json)
}

/// A page of messages; the dashboard's list is made of it too.
pub(crate) async fn page(
    state: &AppState,
    viewer: &Viewer,
    search: &OutgoingSearch,
) -> Result<Page<Outgoing>, Problem> {
    let paging = Paging { limit: search.limit.clone(), cursor: search.cursor.clone() };
    let ask = async |limit, before| {
        let items = state.store.outgoing(viewer.tenant(), limit, before).await?;
        Ok(studioconnect_store::Found { items, stopped_at: None })
    };
    paging.page(OutgoingId, |message: &Outgoing| (message.created_at, message.id.0), ask).await
}

/// Sends a message that was given up on its way again.
#[utoipa::path(post, path = "/api/outgoing/{id}/replay", tag = "notifications", params(("id" = String, Path)),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn replay(
    State(state): State<AppState>,
    admin: Admin,
    Id(id): Id<OutgoingId>,
) -> Result<StatusCode, Problem> {
    send_again(&state, &admin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends it again; the page does it through this too.
pub(crate) async fn send_again(state: &AppState, admin: &Admin, id: OutgoingId) -> Result<(), Problem> {
    if !state.store.replay_outgoing(admin.tenant(), id, state.clock.now()).await? {
        return Err(Problem::not_found());
    }
    state.note_change(&admin.0, "message.replayed", json!({"id": id})).await;
    Ok(())
}
