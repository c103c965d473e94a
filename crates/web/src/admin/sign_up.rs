//! `/admin/signup`: a stranger opens a business, where the installation lets them.

use super::frame::{Faults, Frame, page, page_with};
use super::values::Values;
use crate::api::session::enter;
use crate::auth::{Address, cookies, password};
use crate::input::Form;
use crate::onboarding::{Opening, OpeningFault, Place, open_business_in};
use crate::problem::Problem;
use crate::state::AppState;
use crate::urls;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use serde_json::json;
use studioconnect_domain::Fault;
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::business::{self, User};
use studioconnect_domain::plan::PlanCode;
use studioconnect_domain::rule::EMAIL;
use studioconnect_store::StoreError;

const FIELDS: [&str; 4] = ["name", "email", "timezone", "region"];

pub(super) fn routes() -> Router<AppState> {
    Router::new().route(urls::SIGN_UP, get(show).post(sign_up))
}

#[derive(Template)]
#[template(path = "admin/sign_up.html")]
struct SignUpPage {
    frame: Frame,
    values: Values,
    faults: Faults,
    problem: Option<Problem>,
    zones: Vec<&'static str>,
}

fn empty() -> SignUpPage {
    SignUpPage {
        frame: Frame::outside("Open your business"),
        values: Values::of(&json!({"timezone": "UTC", "region": "US"})),
        faults: Faults::default(),
        problem: None,
        zones: chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect(),
    }
}

/// Where sign-up is off there is no such page.
fn check_is_on(state: &AppState) -> Result<(), Problem> {
    if state.auth.has_sign_up { Ok(()) } else { Err(Problem::not_found()) }
}

async fn show(State(state): State<AppState>) -> Result<Response, Problem> {
    check_is_on(&state)?;
    Ok(page(&empty()))
}

async fn sign_up(
    State(state): State<AppState>,
    Address(address): Address,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Problem> {
    check_is_on(&state)?;
    let refused = SignUpPage { values: Values::default().typed_over(&form, &FIELDS), ..empty() };
    if let Err(problem) = count_attempt(&state, &address) {
        let shown = SignUpPage { problem: Some(problem), ..refused };
        return Ok(page_with(StatusCode::TOO_MANY_REQUESTS, &shown));
    }
    let owner = match open(&state, &form).await {
        Ok(owner) => owner,
        Err(problem) if problem.code == "invalid" => {
            let shown = SignUpPage { faults: Faults(problem.errors), ..refused };
            return Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown));
        }
        Err(problem) => return Err(problem),
    };
    let (signed, business) = enter(&state, &owner, &headers, &address).await?;
    tracing::info!(%business, "a business was opened by sign-up");
    let mut response = Redirect::to(urls::DASHBOARD).into_response();
    cookies::set(response.headers_mut(), &state.auth, &signed.access, signed.refresh.as_deref());
    Ok(response)
}

/// Each attempt counts, whatever comes of it, and none is forgiven by success: nobody opens a hundred businesses, or tries a
/// list of mail addresses, from one place.
fn count_attempt(state: &AppState, address: &str) -> Result<(), Problem> {
    let (key, now) = (format!("s:{address}"), state.clock.now());
    let mut throttle = state.auth.throttle();
    if let Some(wait) = throttle.wait(&key, now) {
        return Err(Problem::too_many_attempts(wait.num_seconds().max(1)));
    }
    throttle.failed(&key, now);
    Ok(())
}

async fn open(state: &AppState, form: &Form) -> Result<User, Problem> {
    let (email, region) = (form.text("email"), form.text("region").to_uppercase());
    // A page that looked the same for a known address would leave its owner waiting for nothing, as there is no mail to tell
    // them. So the form says it; what a stranger learns by it is bounded by `count_attempt`, which comes first.
    if state.store.find_user_by_email(email).await?.is_some() {
        return Err(address_taken());
    }
    let opening = Opening {
        name: form.text("name"),
        plan: PlanCode::Free,
        numbers: &[],
        email,
        password: form.raw("password"),
        config: AgentConfig::default(),
    };
    let place = Place { timezone: form.text("timezone"), region: &region };
    let opened = open_business_in(&state.store, &state.clock, opening, Some(place)).await;
    let opened = opened.map_err(|fault| match fault {
        OpeningFault::Invalid(faults) => Problem::invalid(faults),
        // Somebody was quicker with the same address.
        OpeningFault::Store(StoreError::Conflict { .. }) => address_taken(),
        OpeningFault::Store(fault) => Problem::from(fault),
        OpeningFault::Failed => Problem::internal(),
    })?;
    state.store.find_user(opened.owner).await?.ok_or_else(Problem::internal)
}

fn address_taken() -> Problem {
    let why = "cannot be used for a new business; if it is yours, sign in with it";
    Problem::invalid(vec![Fault::new("email", why)])
}
