//! `/admin/login`, and the way out.

use super::frame::{Frame, page, page_with};
use crate::api::session::{enter, enter_business};
use crate::auth::{Address, Viewer, check_password, cookies, second_factor};
use crate::input::{Form, Search};
use crate::problem::Problem;
use crate::state::AppState;
use crate::urls;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use studioconnect_domain::business::User;
use studioconnect_domain::ids::BusinessId;

/// Where the second step is sent to.
const CODE: &str = "/admin/login/code";

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(urls::LOGIN, get(show).post(enter_page))
        .route(CODE, get(async || Redirect::to(urls::LOGIN)).post(enter_code))
        .route("/admin/logout", post(leave))
        .route("/admin/switch", post(switch))
}

#[derive(Template)]
#[template(path = "admin/login.html")]
struct LoginPage {
    frame: Frame,
    email: String,
    next: String,
    problem: Option<Problem>,
    has_sign_up: bool,
}

#[derive(Template)]
#[template(path = "admin/code.html")]
struct CodePage {
    frame: Frame,
    ticket: String,
    next: String,
    problem: Option<Problem>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Back {
    next: String,
}

impl LoginPage {
    fn of(state: &AppState, next: &str) -> Self {
        Self {
            frame: Frame::outside("Sign in"),
            email: String::new(),
            next: safe(next).to_owned(),
            problem: None,
            has_sign_up: state.auth.has_sign_up,
        }
    }
}

impl CodePage {
    fn of(ticket: String, next: &str) -> Self {
        Self { frame: Frame::outside("Sign in"), ticket, next: safe(next).to_owned(), problem: None }
    }
}

async fn show(State(state): State<AppState>, Search(back): Search<Back>) -> Response {
    page(&LoginPage::of(&state, &back.next))
}

/// Only our own pages are led back to.
fn safe(next: &str) -> &str {
    let is_ours = next.starts_with("/admin/")
        && !next.contains('\\')
        && !next.contains(char::is_control)
        && !next.starts_with("/admin/log");
    if is_ours { next } else { urls::DASHBOARD }
}

async fn enter_page(
    State(state): State<AppState>,
    Address(address): Address,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Problem> {
    let (email, next) = (form.text("email").to_owned(), form.text("next"));
    let user = match check_password(&state, &email, form.raw("password"), &address).await {
        Ok(user) => user,
        Err(problem) if problem.status < 500 => {
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNAUTHORIZED);
            let shown = LoginPage { email, problem: Some(problem), ..LoginPage::of(&state, next) };
            return Ok(page_with(status, &shown));
        }
        Err(problem) => return Err(problem),
    };
    if user.second_factor.is_some() {
        let ticket = second_factor::ticket(&state, &user)?;
        return Ok(page(&CodePage::of(ticket, next)));
    }
    let request = Entering { headers: &headers, address: &address, next };
    let_in(&state, &user, &request).await
}

/// The second step: a code, and a ticket in place of the password.
async fn enter_code(
    State(state): State<AppState>,
    Address(address): Address,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Problem> {
    let (ticket, next) = (form.text("ticket"), form.text("next"));
    let Some(user) = second_factor::holder(&state, ticket).await? else {
        let problem = Some(Problem::session_expired());
        let shown = LoginPage { problem, ..LoginPage::of(&state, next) };
        return Ok(page_with(StatusCode::UNAUTHORIZED, &shown));
    };
    // Whoever has switched it off since has shown all there is to show.
    if user.second_factor.is_some() {
        match second_factor::check_code(&state, &user, form.text("code")).await {
            Ok(()) => {}
            Err(problem) if problem.status < 500 => {
                let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNAUTHORIZED);
                let shown = CodePage { problem: Some(problem), ..CodePage::of(ticket.to_owned(), next) };
                return Ok(page_with(status, &shown));
            }
            Err(problem) => return Err(problem),
        }
    }
    let request = Entering { headers: &headers, address: &address, next };
    let_in(&state, &user, &request).await
}

/// What a browser came with, and where it wants to go.
struct Entering<'a> {
    headers: &'a HeaderMap,
    address: &'a str,
    next: &'a str,
}

async fn let_in(state: &AppState, user: &User, request: &Entering<'_>) -> Result<Response, Problem> {
    let (signed, _) = enter(state, user, request.headers, request.address).await?;
    let next = request.next;
    let mut response = Redirect::to(safe(next)).into_response();
    cookies::set(response.headers_mut(), &state.auth, &signed.access, signed.refresh.as_deref());
    Ok(response)
}

async fn leave(State(state): State<AppState>, viewer: Result<Viewer, Problem>) -> Result<Response, Problem> {
    if let Ok(viewer) = viewer {
        state.store.end_session(viewer.user.id, viewer.session).await?;
    }
    let mut response = Redirect::to(urls::LOGIN).into_response();
    cookies::clear(response.headers_mut(), &state.auth);
    Ok(response)
}

async fn switch(State(state): State<AppState>, viewer: Viewer, form: Form) -> Result<Response, Problem> {
    let business: BusinessId =
        form.read("business", "one of your businesses").map_err(|fault| Problem::invalid(vec![fault]))?;
    let signed = enter_business(&state, &viewer, business).await?;
    let mut response = Redirect::to(urls::DASHBOARD).into_response();
    cookies::set(response.headers_mut(), &state.auth, &signed.access, None);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_off_the_pages() {
        assert_eq!(safe("/admin/leads?status=NEW"), "/admin/leads?status=NEW");
        for wrong in
            ["", "https://example.com", "//example.com", "/admin", "/admin/\\example.com", "/admin/logout"]
        {
            assert_eq!(safe(wrong), urls::DASHBOARD, "{wrong}");
        }
    }
}
