//! `/admin/account/second-factor`: setting it up, its recovery codes, and switching it off.

use super::calls::Done;
use super::frame::{Faults, Frame, page, page_with};
use crate::audit::Changes as _;
use crate::auth::second_factor::{check_code, offer, offered, renew_codes, turn_on};
use crate::auth::totp::{TotpKey, picture};
use crate::auth::{Viewer, password};
use crate::input::{Form, Search};
use crate::problem::Problem;
use crate::state::AppState;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use serde_json::json;
use studioconnect_domain::Fault;

const HERE: &str = "/admin/account/second-factor";

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(HERE, get(show))
        .route("/admin/account/second-factor/on", post(switch_on))
        .route("/admin/account/second-factor/codes", post(renew))
        .route("/admin/account/second-factor/off", post(switch_off))
}

/// A key that an app is to take.
#[derive(Template)]
#[template(path = "admin/factor_offer.html")]
struct OfferPage {
    frame: Frame,
    offer: String,
    key: String,
    url: String,
    picture: String,
    faults: Faults,
}

/// Codes that are shown this once.
#[derive(Template)]
#[template(path = "admin/factor_codes.html")]
struct CodesPage {
    frame: Frame,
    codes: Vec<String>,
}

#[derive(Template)]
#[template(path = "admin/factor_on.html")]
struct OnPage {
    frame: Frame,
    codes_left: u64,
    /// Beside the form for new codes.
    codes_faults: Faults,
    /// Beside the form that switches it off.
    faults: Faults,
}

/// What somebody who shows password and code wants.
#[derive(Clone, Copy, Debug)]
enum Wish {
    Codes,
    Off,
}

async fn frame(state: &AppState, viewer: &Viewer) -> Result<Frame, Problem> {
    Frame::of(state, viewer, "Second factor", "/admin/account").await
}

async fn show(
    State(state): State<AppState>,
    viewer: Viewer,
    Search(done): Search<Done>,
) -> Result<Response, Problem> {
    if viewer.user.second_factor.is_some() {
        return Ok(page(&on_page(&state, &viewer).await?));
    }
    let shown = offer_page(&state, &viewer, &TotpKey::new()).await?;
    Ok(page(&OfferPage { frame: shown.frame.with_notice(done.done.as_deref()), ..shown }))
}

async fn on_page(state: &AppState, viewer: &Viewer) -> Result<OnPage, Problem> {
    let codes_left = state.store.count_recovery_codes(viewer.user.id).await?;
    Ok(OnPage {
        frame: frame(state, viewer).await?,
        codes_left,
        codes_faults: Faults::default(),
        faults: Faults::default(),
    })
}

async fn offer_page(state: &AppState, viewer: &Viewer, key: &TotpKey) -> Result<OfferPage, Problem> {
    let url = key.url(&viewer.user.email);
    Ok(OfferPage {
        frame: frame(state, viewer).await?,
        offer: offer(state, viewer.user.id, key)?,
        key: key.as_text(),
        picture: picture(&url, "QR code with the key").ok_or_else(Problem::internal)?,
        url,
        faults: Faults::default(),
    })
}

async fn switch_on(State(state): State<AppState>, viewer: Viewer, form: Form) -> Result<Response, Problem> {
    // A page that was left open too long is offered another key.
    let Some(key) = offered(&state, viewer.user.id, form.text("offer")) else {
        return Ok(Redirect::to(HERE).into_response());
    };
    let codes = match turn_on(&state, &viewer.user, &key, form.text("code")).await {
        Ok(codes) => codes,
        Err(problem) if problem.code == "wrong_second_factor" => {
            let why = "this is not the code of the moment; is the clock of your device right?";
            let faults = Faults(vec![Fault::new("code", why)]);
            let shown = OfferPage { faults, ..offer_page(&state, &viewer, &key).await? };
            return Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown));
        }
        Err(problem) => return Err(problem),
    };
    state.note_change(&viewer.0, "second_factor.on", json!({})).await;
    Ok(page(&CodesPage { frame: frame(&state, &viewer).await?, codes }))
}

async fn switch_off(State(state): State<AppState>, viewer: Viewer, form: Form) -> Result<Response, Problem> {
    if let Some(refused) = unconfirmed(&state, &viewer, &form, Wish::Off).await? {
        return Ok(refused);
    }
    state.store.turn_off_second_factor(viewer.user.id).await?;
    state.note_change(&viewer.0, "second_factor.off", json!({})).await;
    Ok(Redirect::to("/admin/account?done=saved").into_response())
}

async fn renew(State(state): State<AppState>, viewer: Viewer, form: Form) -> Result<Response, Problem> {
    if let Some(refused) = unconfirmed(&state, &viewer, &form, Wish::Codes).await? {
        return Ok(refused);
    }
    let codes = renew_codes(&state, &viewer.user).await?;
    state.note_change(&viewer.0, "second_factor.codes_renewed", json!({})).await;
    Ok(page(&CodesPage { frame: frame(&state, &viewer).await?, codes }))
}

/// What is said to somebody who has not shown both a code and their password; none when they have.
async fn unconfirmed(
    state: &AppState,
    viewer: &Viewer,
    form: &Form,
    wish: Wish,
) -> Result<Option<Response>, Problem> {
    if viewer.user.second_factor.is_none() {
        return Ok(Some(Redirect::to(HERE).into_response()));
    }
    // The code first: it is what is throttled, so a stolen session cannot be used to guess the password.
    let fault = match check_code(state, &viewer.user, form.text("code")).await {
        Ok(()) => {
            let stored = Some(viewer.user.password_hash.clone());
            let is_right = password::is_right(form.raw("password"), stored).await;
            if is_right {
                return Ok(None);
            }
            Fault::new("password", "this is not your password")
        }
        Err(problem) if problem.status < 500 => {
            Fault::new("code", format!("{} {}", problem.title, problem.detail.unwrap_or_default()))
        }
        Err(problem) => return Err(problem),
    };
    let faults = Faults(vec![fault]);
    let shown = on_page(state, viewer).await?;
    let shown = match wish {
        Wish::Codes => OnPage { codes_faults: faults, ..shown },
        Wish::Off => OnPage { faults, ..shown },
    };
    Ok(Some(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown)))
}
