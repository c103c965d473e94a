//! `/admin/notifications`: whom the business wants to be told, whether words arrive, and what became of each message.

use super::frame::{Faults, Frame, led_to, page, page_with};
use super::words;
use crate::api::notifications::{
    NotificationInput, OutgoingSearch, TestAnswer, apply, own, page as page_of, send_again, send_test,
};
use crate::auth::{Admin, Viewer};
use crate::input::{Form, Id, Page, Search};
use crate::problem::Problem;
use crate::state::AppState;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use chrono_tz::Tz;
use serde::Deserialize;
use studioconnect_domain::business::Role;
use studioconnect_domain::ids::OutgoingId;
use studioconnect_domain::outbox::{MessageKind, Outgoing, OutgoingState};

const HERE: &str = "/admin/notifications";

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(HERE, get(show).post(save))
        .route("/admin/notifications/test", post(test))
        .route("/admin/notifications/{id}/replay", post(replay))
}

#[derive(Template)]
#[template(path = "admin/notifications.html")]
struct NotificationsPage {
    frame: Frame,
    given: NotificationInput,
    version: u32,
    /// Where mails go when no address is given.
    own_email: String,
    messages: Page<Outgoing>,
    zone: Tz,
    faults: Faults,
    /// What came of a test.
    tested: Option<Result<TestAnswer, Problem>>,
    may_change: bool,
}

impl NotificationsPage {
    fn email(&self) -> &str {
        self.given.notification_email.as_deref().unwrap_or_default()
    }

    fn phone(&self) -> String {
        words::phone(self.given.notification_phone_number.as_deref().unwrap_or_default())
    }

    fn kind(message: &Outgoing) -> &'static str {
        match message.kind {
            MessageKind::Lead => "Lead",
            MessageKind::Confirmation => "Confirmation to the customer",
            MessageKind::Test => "Test",
            MessageKind::Invitation => "Invitation",
            MessageKind::PasswordReset => "New password",
            MessageKind::Support => "Support",
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Shown {
    done: Option<String>,
    cursor: Option<String>,
}

async fn whole(state: &AppState, viewer: &Viewer, shown: Shown) -> Result<NotificationsPage, Problem> {
    let answer = own(state, viewer).await?;
    let search = OutgoingSearch { limit: None, cursor: shown.cursor };
    Ok(NotificationsPage {
        frame: Frame::of(state, viewer, "Notifications", HERE).await?.with_notice(shown.done.as_deref()),
        given: NotificationInput {
            version: None,
            notification_email: answer.settings.notification_email,
            notification_phone_number: answer
                .settings
                .notification_phone_number
                .map(|phone| phone.as_str().to_owned()),
            mails_leads: Some(answer.settings.mails_leads),
            confirms_to_customers: Some(answer.settings.confirms_to_customers),
        },
        version: answer.version,
        own_email: viewer.user.email.clone(),
        messages: page_of(state, viewer, &search).await?,
        zone: viewer.business.zone(),
        faults: Faults::default(),
        tested: None,
        may_change: viewer.role >= Role::Admin,
    })
}

async fn show(
    State(state): State<AppState>,
    viewer: Viewer,
    Search(shown): Search<Shown>,
) -> Result<Response, Problem> {
    whole(&state, &viewer, shown).await.map(|shown| page(&shown))
}

async fn save(
    State(state): State<AppState>,
    admin: Admin,
    viewer: Viewer,
    form: Form,
) -> Result<Response, Problem> {
    let given = NotificationInput {
        version: form.text("version").parse().ok(),
        notification_email: Some(form.text("notificationEmail").to_owned()),
        notification_phone_number: Some(form.text("notificationPhoneNumber").to_owned()),
        mails_leads: Some(form.ticked("mailsLeads")),
        confirms_to_customers: Some(form.ticked("confirmsToCustomers")),
    };
    match apply(&state, &admin, &given).await {
        Ok(_) => Ok(led_to(HERE, "saved")),
        Err(problem) if problem.code == "invalid" => {
            let shown = whole(&state, &viewer, Shown::default()).await?;
            let shown = NotificationsPage { given, faults: Faults(problem.errors), ..shown };
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown))
        }
        Err(problem) => Err(problem),
    }
}

async fn test(State(state): State<AppState>, admin: Admin, viewer: Viewer) -> Result<Response, Problem> {
    let tested = send_test(&state, &admin).await;
    let status = tested.as_ref().map_or_else(
        |problem| StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_GATEWAY),
        |_| StatusCode::OK,
    );
    let shown = whole(&state, &viewer, Shown::default()).await?;
    Ok(page_with(status, &NotificationsPage { tested: Some(tested), ..shown }))
}

async fn replay(
    State(state): State<AppState>,
    admin: Admin,
    Id(id): Id<OutgoingId>,
) -> Result<Response, Problem> {
    send_again(&state, &admin, id).await?;
    Ok(led_to(HERE, "saved"))
}
