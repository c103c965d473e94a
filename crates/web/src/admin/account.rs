//! `/admin/account`: one's own name, password and sessions; and the way back in for who forgot the password.

use super::calls::Done;
use super::frame::{Faults, Frame, led_to, page, page_with};
use super::words;
use crate::api::session::set_password;
use crate::auth::{Address, RefreshToken, Viewer, password};
use crate::input::{Form, Id, Search, kept};
use crate::problem::Problem;
use crate::state::AppState;
use crate::urls;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use chrono_tz::Tz;
use serde::Deserialize;
use studioconnect_connectors::mail::Mail;
use studioconnect_domain::Fault;
use studioconnect_domain::account::{Purpose, Session};
use studioconnect_domain::business::PERSON_NAME;
use studioconnect_domain::ids::{LinkId, SessionId};
use studioconnect_store::{Link, normal_email};

const HERE: &str = "/admin/account";

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(HERE, get(show))
        .route("/admin/account/name", post(rename))
        .route("/admin/account/password", post(change_password))
        .route("/admin/account/sessions", post(end_others))
        .route("/admin/account/sessions/{id}", post(end_one))
        .route("/admin/forgotten", get(forgotten).post(send_link))
        .route("/admin/password", get(choose).post(reset))
}

#[derive(Template)]
#[template(path = "admin/account.html")]
struct AccountPage {
    frame: Frame,
    email: String,
    name: String,
    has_second_factor: bool,
    sessions: Vec<Session>,
    current: SessionId,
    faults: Faults,
    zone: Tz,
}

#[derive(Template)]
#[template(path = "admin/forgotten.html")]
struct ForgottenPage {
    frame: Frame,
    is_sent: bool,
}

#[derive(Template)]
#[template(path = "admin/password.html")]
struct PasswordPage {
    frame: Frame,
    token: String,
    faults: Faults,
}

async fn whole(state: &AppState, viewer: &Viewer, done: Option<&str>) -> Result<AccountPage, Problem> {
    Ok(AccountPage {
        frame: Frame::of(state, viewer, "Your account", HERE).await?.with_notice(done),
        email: viewer.user.email.clone(),
        name: viewer.user.name.clone(),
        has_second_factor: viewer.user.second_factor.is_some(),
        sessions: state.store.sessions(viewer.user.id, state.clock.now()).await?,
        current: viewer.session,
        faults: Faults::default(),
        zone: viewer.business.zone(),
    })
}

async fn show(
    State(state): State<AppState>,
    viewer: Viewer,
    Search(done): Search<Done>,
) -> Result<Response, Problem> {
    Ok(page(&whole(&state, &viewer, done.done.as_deref()).await?))
}

async fn rename(State(state): State<AppState>, viewer: Viewer, form: Form) -> Result<Response, Problem> {
    let name = kept(form.text("name"));
    if let Some(says) = PERSON_NAME.fault(&name) {
        let faults = Faults(vec![Fault::new("name", says)]);
        let shown = AccountPage { name, faults, ..whole(&state, &viewer, None).await? };
        return Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown));
    }
    state.store.rename_user(viewer.user.id, &name).await?;
    Ok(led_to(HERE, "saved"))
}

async fn change_password(
    State(state): State<AppState>,
    viewer: Viewer,
    form: Form,
) -> Result<Response, Problem> {
    let Err(problem) = set_password(&state, &viewer, form.raw("current"), form.raw("next")).await else {
        return Ok(led_to(HERE, "password"));
    };
    if problem.code != "invalid" {
        return Err(problem);
    }
    let shown = whole(&state, &viewer, None).await?;
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &AccountPage { faults: Faults(problem.errors), ..shown }))
}

async fn end_others(State(state): State<AppState>, viewer: Viewer) -> Result<Response, Problem> {
    state.store.end_sessions(viewer.user.id, Some(viewer.session)).await?;
    Ok(led_to(HERE, "removed"))
}

async fn end_one(
    State(state): State<AppState>,
    viewer: Viewer,
    Id(id): Id<SessionId>,
) -> Result<Response, Problem> {
    state.store.end_session(viewer.user.id, id).await?;
    Ok(led_to(HERE, "removed"))
}

async fn forgotten() -> Response {
    page(&ForgottenPage { frame: Frame::outside("Forgotten password"), is_sent: false })
}

/// The answer is the same whether there is such an account or not, and does not wait for the mail.
async fn send_link(State(state): State<AppState>, Address(address): Address, form: Form) -> Response {
    let (email, now) = (normal_email(form.text("email")), state.clock.now());
    let key = format!("r:{email}");
    let may_send = {
        let mut throttle = state.auth.throttle();
        // What is not sent is not counted: a stranger cannot put off somebody's own link for ever.
        let may_send = throttle.wait(&key, now).is_none() && throttle.may_ask("r", &address, now);
        if may_send {
            throttle.failed(&key, now);
        }
        may_send
    };
    if may_send {
        tokio::spawn(async move {
            if let Err(problem) = mail_link(&state, &email).await {
                tracing::error!(code = problem.code, "a link for a new password could not be mailed");
            }
        });
    }
    page(&ForgottenPage { frame: Frame::outside("Forgotten password"), is_sent: true })
}

async fn mail_link(state: &AppState, email: &str) -> Result<(), Problem> {
    let Some(user) = state.store.find_user_by_email(email).await? else { return Ok(()) };
    let (token, now) = (RefreshToken::new(LinkId::new().0), state.clock.now());
    let link = Link {
        id: LinkId(token.id),
        purpose: Purpose::PasswordReset,
        user: Some(user.id),
        business: None,
        email: user.email.clone(),
        role: None,
        created_at: now,
        expires_at: now + Purpose::PasswordReset.lasts(),
    };
    state.store.add_link(&link, &token.hash()).await?;
    let url = state.public.of(&urls::password_reset(&token.expose()));
    let text = format!(
        "Somebody, we hope you, asked for a new password.\n\nTo choose one, open this page within an hour:\n{url}\n\n\
        If it was not you, ignore this mail; your password stays as it is.\n"
    );
    state.mailer.send(&Mail::new(&user.email, "A new password", text)).await.map_err(|fault| {
        tracing::error!(%fault, "the mail was not sent");
        Problem::mail_failed()
    })?;
    Ok(())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Shown {
    token: String,
}

async fn choose(State(state): State<AppState>, Search(shown): Search<Shown>) -> Result<Response, Problem> {
    let token = RefreshToken::parse(&shown.token).ok_or_else(Problem::link_used)?;
    let link = state.store.find_link(LinkId(token.id), &token.hash(), state.clock.now()).await?;
    link.filter(|link| link.purpose == Purpose::PasswordReset).ok_or_else(Problem::link_used)?;
    let frame = Frame::outside("New password");
    Ok(page(&PasswordPage { frame, token: shown.token, faults: Faults::default() }))
}

/// The link is used up, the password is changed, and everybody who was signed in is signed out.
async fn reset(State(state): State<AppState>, form: Form) -> Result<Response, Problem> {
    let token = RefreshToken::parse(form.text("token")).ok_or_else(Problem::link_used)?;
    // Hashing is slow on purpose: it is not done for whoever has no link.
    let found = state.store.find_link(LinkId(token.id), &token.hash(), state.clock.now()).await?;
    found.filter(|link| link.purpose == Purpose::PasswordReset).ok_or_else(Problem::link_used)?;
    let hash = match password::hash(form.raw("password")).await {
        Ok(hash) => hash,
        Err(why) => {
            let faults = Faults(vec![Fault::new("password", why.to_string())]);
            let frame = Frame::outside("New password");
            let shown = PasswordPage { frame, token: form.text("token").to_owned(), faults };
            return Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown));
        }
    };
    let link = state.store.use_link(LinkId(token.id), &token.hash(), state.clock.now()).await?;
    let link = link.filter(|link| link.purpose == Purpose::PasswordReset).ok_or_else(Problem::link_used)?;
    let user = match link.user {
        Some(user) => state.store.find_user(user).await?,
        None => None,
    };
    let user = user.ok_or_else(Problem::link_used)?;
    state.store.set_password(user.business_id, user.id, &hash).await?;
    state.store.end_sessions(user.id, None).await?;
    Ok(Redirect::to(urls::LOGIN).into_response())
}
