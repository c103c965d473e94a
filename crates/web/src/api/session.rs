//! `/api/login`, `/api/auth/…`: signing in and out, and the sessions of whoever is signed in.

use crate::auth::{Address, Signed, Viewer, cookies, password, renew, sign_in, start_session, waits};
use crate::input::{Id, Input};
use crate::problem::Problem;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::{Deserialize, Serialize};
use studioconnect_domain::Fault;
use studioconnect_domain::account::{Membership, Session};
use studioconnect_domain::business::{Role, User};
use studioconnect_domain::ids::{BusinessId, SessionId, UserId};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(login))
        .route("/api/auth/login", post(login))
        .routes(routes!(refresh))
        .routes(routes!(logout))
        .routes(routes!(me))
        .routes(routes!(switch))
        .routes(routes!(sessions, end_other_sessions))
        .routes(routes!(end_session))
        .routes(routes!(change_password))
}

/// A mail address and a password; `code` for who has a second factor.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Credentials {
    email: String,
    password: String,
    /// Of the authenticator app, or a recovery code. Without it `second_factor_required` says when one is wanted.
    #[serde(default)]
    code: Option<String>,
}

/// A refresh token; a browser's stands in its cookie.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Refreshing {
    refresh_token: Option<String>,
}

/// What somebody holds who is signed in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tokens {
    /// For `Authorization: Bearer`.
    token: String,
    /// Good for one use; none when another request with the same cookies has just got it.
    refresh_token: Option<String>,
    /// Seconds for which the token is good.
    expires_in: i64,
    user: Person,
}

/// Somebody who may sign in.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) business_id: BusinessId,
}

impl Person {
    pub(crate) fn of(user: &User, business: BusinessId, role: Role) -> Self {
        Self { id: user.id, email: user.email.clone(), name: user.name.clone(), role, business_id: business }
    }
}

/// Who is signed in, and where they may go.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Me {
    user: Person,
    business_name: String,
    plan: String,
    businesses: Vec<Membership>,
}

/// Another business of theirs.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Switch {
    business_id: BusinessId,
}

/// A session, and whether it is the one that asks.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OwnSession {
    #[serde(flatten)]
    session: Session,
    is_current: bool,
}

/// An old and a new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewPassword {
    current: String,
    next: String,
}

/// Signs somebody in, and sets the cookies of a browser.
#[utoipa::path(post, path = "/api/login", tag = "session", request_body = Credentials,
    responses((status = 200, body = Tokens), (status = 401), (status = 429)))]
pub(crate) async fn login(
    State(state): State<AppState>,
    Address(address): Address,
    headers: HeaderMap,
    Input(given): Input<Credentials>,
) -> Result<Response, Problem> {
    let user = sign_in(&state, (&given.email, &given.password), given.code.as_deref(), &address).await?;
    let (signed, business) = enter(&state, &user, &headers, &address).await?;
    answer(&state, &signed, user.id, business).await
}

/// Opens a session in the business somebody was in first.
pub(crate) async fn enter(
    state: &AppState,
    user: &User,
    headers: &HeaderMap,
    address: &str,
) -> Result<(Signed, BusinessId), Problem> {
    let business = crate::auth::business_for(state, user.id, None).await?;
    let business = business.ok_or_else(Problem::wrong_credentials)?;
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    Ok((start_session(state, user.id, business, agent, address).await?, business))
}

async fn answer(
    state: &AppState,
    signed: &Signed,
    user: UserId,
    business: BusinessId,
) -> Result<Response, Problem> {
    let person = state.store.find_member(business, user).await?.ok_or_else(Problem::session_expired)?;
    let tokens = Tokens {
        token: signed.access.clone(),
        refresh_token: signed.refresh.clone(),
        expires_in: crate::auth::ACCESS_LASTS.num_seconds(),
        user: Person::of(&person, business, person.role),
    };
    let mut response = Json(tokens).into_response();
    cookies::set(response.headers_mut(), &state.auth, &signed.access, signed.refresh.as_deref());
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Renews a session: the refresh token is used up, and a new one comes back.
#[utoipa::path(post, path = "/api/auth/refresh", tag = "session", request_body = Refreshing,
    responses((status = 200, body = Tokens), (status = 401)))]
pub(crate) async fn refresh(
    State(state): State<AppState>,
    Address(address): Address,
    headers: HeaderMap,
    Input(given): Input<Refreshing>,
) -> Result<Response, Problem> {
    let shown = given.refresh_token.or_else(|| cookies::of(&headers, cookies::REFRESH).map(str::to_owned));
    let shown = shown.ok_or_else(Problem::signed_out)?;
    let business =
        cookies::of(&headers, cookies::ACCESS).and_then(|token| state.auth.tokens.business_of(token));
    let signed = renew(&state, &shown, business, &address).await?.ok_or_else(Problem::session_expired)?;
    let claims = state.auth.tokens.read(&signed.access, state.clock.now());
    let claims = claims.map_err(|_| Problem::internal())?;
    answer(&state, &signed, claims.sub, claims.bid).await
}

/// Ends the session and takes the cookies away.
#[utoipa::path(post, path = "/api/auth/logout", tag = "session", security(("bearer" = []), ("cookie" = [])),
    responses((status = 204), (status = 401)))]
pub(crate) async fn logout(State(state): State<AppState>, viewer: Viewer) -> Result<Response, Problem> {
    state.store.end_session(viewer.user.id, viewer.session).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    cookies::clear(response.headers_mut(), &state.auth);
    Ok(response)
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/auth/me", tag = "session", security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Me), (status = 401)))]
pub(crate) async fn me(State(state): State<AppState>, viewer: Viewer) -> Result<Json<Me>, Problem> {
    Ok(Json(Me {
        user: Person::of(&viewer.user, viewer.tenant(), viewer.role),
        business_name: viewer.business.name.clone(),
        plan: viewer.plan.code.to_string(),
        businesses: state.store.memberships(viewer.user.id).await?,
    }))
}

/// Works in another of one's businesses from now on.
#[utoipa::path(post, path = "/api/auth/business", tag = "session", request_body = Switch,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Tokens), (status = 401), (status = 404)))]
pub(crate) async fn switch(
    State(state): State<AppState>,
    viewer: Viewer,
    Input(wanted): Input<Switch>,
) -> Result<Response, Problem> {
    let signed = enter_business(&state, &viewer, wanted.business_id).await?;
    answer(&state, &signed, viewer.user.id, wanted.business_id).await
}

/// An access token for another business of the same person, in the same session.
pub(crate) async fn enter_business(
    state: &AppState,
    viewer: &Viewer,
    business: BusinessId,
) -> Result<Signed, Problem> {
    state.store.find_member(business, viewer.user.id).await?.ok_or_else(Problem::not_found)?;
    state.store.enter_business(viewer.user.id, viewer.session, business).await?;
    let access = state.auth.tokens.issue(viewer.user.id, business, viewer.session, state.clock.now());
    Ok(Signed { access: access.ok_or_else(Problem::internal)?, refresh: None })
}

/// Where somebody is signed in.
#[utoipa::path(get, path = "/api/auth/sessions", tag = "session", security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = [OwnSession]), (status = 401)))]
pub(crate) async fn sessions(
    State(state): State<AppState>,
    viewer: Viewer,
) -> Result<Json<Vec<OwnSession>>, Problem> {
    let sessions = state.store.sessions(viewer.user.id, state.clock.now()).await?;
    let own = |session: Session| OwnSession { is_current: session.id == viewer.session, session };
    Ok(Json(sessions.into_iter().map(own).collect()))
}

/// Signs somebody out everywhere else.
#[utoipa::path(delete, path = "/api/auth/sessions", tag = "session", security(("bearer" = []), ("cookie" = [])),
    responses((status = 204), (status = 401)))]
pub(crate) async fn end_other_sessions(
    State(state): State<AppState>,
    viewer: Viewer,
) -> Result<StatusCode, Problem> {
    state.store.end_sessions(viewer.user.id, Some(viewer.session)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Signs somebody out in one place.
#[utoipa::path(delete, path = "/api/auth/sessions/{id}", tag = "session", params(("id" = String, Path)),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 204), (status = 401), (status = 404)))]
pub(crate) async fn end_session(
    State(state): State<AppState>,
    viewer: Viewer,
    Id(id): Id<SessionId>,
) -> Result<StatusCode, Problem> {
    if state.store.end_session(viewer.user.id, id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found())
    }
}

/// Chooses another password; every other session is over.
#[utoipa::path(post, path = "/api/auth/password", tag = "session", request_body = NewPassword,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 204), (status = 401), (status = 422)))]
pub(crate) async fn change_password(
    State(state): State<AppState>,
    viewer: Viewer,
    Input(given): Input<NewPassword>,
) -> Result<StatusCode, Problem> {
    set_password(&state, &viewer, &given.current, &given.next).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes somebody's password, which they must know.
pub(crate) async fn set_password(
    state: &AppState,
    viewer: &Viewer,
    current: &str,
    next: &str,
) -> Result<(), Problem> {
    let fault = |field: &str, text: String| Problem::invalid(vec![Fault::new(field, text)]);
    // Whoever has found a session open does not find the password by trying.
    let (key, now) = (format!("p:{}", viewer.user.id), state.clock.now());
    {
        let mut throttle = state.auth.throttle();
        if let Some(wait) = throttle.wait(&key, now) {
            return Err(waits(wait));
        }
        throttle.failed(&key, now);
    }
    if !password::is_right(current, Some(viewer.user.password_hash.clone())).await {
        return Err(fault("current", "this is not your password".into()));
    }
    state.auth.throttle().succeeded(&key);
    let hash = password::hash(next).await.map_err(|why| fault("next", why.to_string()))?;
    state.store.set_password(viewer.user.business_id, viewer.user.id, &hash).await?;
    state.store.end_sessions(viewer.user.id, Some(viewer.session)).await?;
    Ok(())
}
