//! `GET /api/voice/stream`: the media stream's WebSocket.
//!
//! The upgrade is done here by hand, because the socket leaves this server for the thread that carries its call. A wrong
//! signature is refused; a missing one is counted, as what decides is the one-time token in the stream's `start`.

use super::request::SIGNATURE;
use crate::problem::Problem;
use crate::state::{AppState, Phone};
use crate::urls;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::upgrade;
use std::sync::atomic::Ordering;
use studioconnect_connectors::twilio::signature::check_upgrade;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

pub(crate) async fn stream(State(state): State<AppState>, mut request: Request) -> Result<Response, Problem> {
    let phone = state.phone.ok_or_else(Problem::phone_off)?;
    let is_signed = check_signature(&phone, request.headers())?;
    let accept = accept_key(request.headers()).ok_or_else(|| {
        Problem::bad_request("this is where media streams connect, by WebSocket version 13")
    })?;
    // Anybody may knock, but only so many strangers stand at the door at once; the network itself always gets in.
    let place = if is_signed {
        None
    } else {
        Some(phone.door.clone().try_acquire_owned().map_err(|_| Problem::unavailable())?)
    };
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let _place = place;
        match upgrade.await {
            Ok(upgraded) => receive(&phone, upgraded).await,
            Err(fault) => tracing::warn!(%fault, "a media stream was lost in its handshake"),
        }
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    Ok(response)
}

/// True when the network signed it; a wrong signature is refused.
fn check_signature(phone: &Phone, headers: &HeaderMap) -> Result<bool, Problem> {
    let Some(given) = headers.get(SIGNATURE) else {
        phone.unsigned_streams.fetch_add(1, Ordering::Relaxed);
        return Ok(false);
    };
    let url = phone.public.socket_of(urls::VOICE_STREAM);
    let right = given.to_str().is_ok_and(|given| check_upgrade(&phone.tokens, &url, given));
    if right { Ok(true) } else { Err(Problem::signature_refused()) }
}

/// The answer to the handshake's key (RFC 6455, 4.2.2); none when the request is no handshake.
fn accept_key(headers: &HeaderMap) -> Option<HeaderValue> {
    let has = |name: header::HeaderName, word: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok())?;
        value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word)).then_some(())
    };
    has(header::CONNECTION, "upgrade")?;
    has(header::UPGRADE, "websocket")?;
    has(header::SEC_WEBSOCKET_VERSION, "13")?;
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok()
}

async fn receive(phone: &Phone, upgraded: Upgraded) {
    let Ok(parts) = upgrade::downcast::<TokioIo<TcpStream>>(upgraded) else {
        tracing::error!("a media stream came over something that is no TCP connection");
        return;
    };
    phone.switchboard.receive(parts.io.into_inner(), parts.read_buf.to_vec()).await;
}
