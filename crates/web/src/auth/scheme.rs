//! Whether a request came by https, as far as we can know: TLS ends at a proxy before us.

use super::{Auth, cookies};
use crate::state::AppState;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use std::net::SocketAddr;

/// A browser that has come by https once comes no other way for a year. Hosts beside ours are not ours to decide for.
const STRICT: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// What a trusted proxy says counts, else what the public URL says. Cookies are for https alone when either says https: a
/// proxy may make us stricter, never laxer.
pub(crate) async fn by_scheme(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let said = said_of(&state.auth, &request);
    let mut response = next.run(request).await;
    if said == Some(true) && !state.auth.is_secure {
        cookies::make_secure(response.headers_mut());
    }
    if said.unwrap_or(state.auth.is_secure) {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, STRICT);
    }
    response
}

fn said_of(auth: &Auth, request: &Request) -> Option<bool> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>()?.0.ip();
    auth.proxies.came_by_https(peer, request.headers())
}
