//! Who a request says it is: a bearer token, else a browser's cookies, renewed on the way when the access token has run out.

use super::token::TokenFault;
use super::{Auth, Claims, Signed, cookies, renew};
use crate::state::AppState;
use axum::extract::{ConnectInfo, FromRef, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName, header};
use axum::middleware::Next;
use axum::response::Response;
use std::convert::Infallible;
use std::net::SocketAddr;

/// What is known of who asks.
#[derive(Clone, Debug)]
pub(crate) enum Identity {
    /// A token that is good.
    Known(Claims),
    /// A token that was.
    Expired,
    /// A token that is none.
    Refused,
    /// No token.
    Nobody,
}

/// Where a request comes from, as far as we believe it.
#[derive(Clone, Debug)]
pub(crate) struct Address(pub(crate) String);

impl Address {
    fn of(auth: &Auth, headers: &HeaderMap, extensions: &Extensions) -> Self {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        let sender = peer.map(|peer| auth.proxies.sender(peer, headers));
        Self(sender.map_or_else(|| "unknown".to_owned(), |sender| sender.to_string()))
    }
}

impl<S> FromRequestParts<S> for Address
where
    S: Sync,
    AppState: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&AppState::from_ref(state).auth, &parts.headers, &parts.extensions))
    }
}

/// Finds out who asks and leaves it with the request. A browser whose access token has run out gets new cookies.
pub(crate) async fn identify(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let headers = request.headers().clone();
    let Address(address) = Address::of(&state.auth, &headers, request.extensions());
    let (identity, renewed) = who(&state, &headers, &address).await;
    request.extensions_mut().insert(identity);
    let mut response = next.run(request).await;
    if let Some(renewed) = renewed {
        cookies::set_missing(
            response.headers_mut(),
            &state.auth,
            &renewed.access,
            renewed.refresh.as_deref(),
        );
    }
    response
}

/// A token in a header is sent by its holder alone, never by a browser for a page of another site: then it does not matter
/// which page sends it.
pub(crate) async fn without_origin(mut request: Request) -> Request {
    if bearer(request.headers()).is_some() {
        for name in [header::ORIGIN, HeaderName::from_static("sec-fetch-site")] {
            request.headers_mut().remove(name);
        }
    }
    request
}

async fn who(state: &AppState, headers: &HeaderMap, address: &str) -> (Identity, Option<Signed>) {
    let now = state.clock.now();
    if let Some(token) = bearer(headers) {
        return (read(&state.auth, token, now), None);
    }
    let access = cookies::of(headers, cookies::ACCESS).map(|token| read(&state.auth, token, now));
    if let Some(Identity::Known(claims)) = access {
        return (Identity::Known(claims), None);
    }
    let Some(refresh) = cookies::of(headers, cookies::REFRESH) else {
        return (access.unwrap_or(Identity::Nobody), None);
    };
    // The business a browser works in stands in its last access token, run out or not.
    let business =
        cookies::of(headers, cookies::ACCESS).and_then(|token| state.auth.tokens.business_of(token));
    match renew(state, refresh, business, address).await {
        Ok(Some(signed)) => (read(&state.auth, &signed.access, now), Some(signed)),
        Ok(None) => (Identity::Expired, None),
        Err(fault) => {
            tracing::warn!(%fault, "a session could not be renewed");
            (Identity::Expired, None)
        }
    }
}

fn read(auth: &Auth, token: &str, now: chrono::DateTime<chrono::Utc>) -> Identity {
    match auth.tokens.read(token, now) {
        Ok(claims) => Identity::Known(claims),
        Err(TokenFault::Expired) => Identity::Expired,
        Err(TokenFault::Invalid) => Identity::Refused,
    }
}

/// RFC 6750, section 2.1.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
