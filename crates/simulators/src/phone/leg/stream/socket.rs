//! Opening a media stream's socket.

use std::time::Duration;

use http::HeaderValue;
use http::header::USER_AGENT;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async_tls_with_config};
use url::Url;

use crate::phone::violation::{STREAM_CONNECT, STREAM_HANDSHAKE, STREAM_TLS};

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// How long the server may take to accept, from the first packet to the 101. The page has no figure.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);

/// A larger message ends the stream; see `wire::MAX_MESSAGE` for where the complaints begin.
const HARD_LIMIT: usize = 1024 * 1024;

/// Why a stream could not be opened: Twilio's number, and words.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) code: u32,
    pub(crate) what: String,
}

/// Connects and upgrades. The upgrade carries `signature` when there is one.
pub(crate) async fn open(url: String, signature: Option<String>) -> Result<Socket, Refused> {
    match tokio::time::timeout(OPEN_TIMEOUT, upgrade(&url, signature)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Refused {
            code: STREAM_CONNECT,
            what: format!("{url} did not accept within {OPEN_TIMEOUT:?}"),
        }),
    }
}

async fn upgrade(url: &str, signature: Option<String>) -> Result<Socket, Refused> {
    let refused = |code: u32, what: String| Refused { code, what: format!("{url}: {what}") };
    let parsed = Url::parse(url).map_err(|error| refused(STREAM_HANDSHAKE, error.to_string()))?;
    let host = parsed.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = parsed.port().unwrap_or(if parsed.scheme() == "wss" { 443 } else { 80 });
    let stream =
        TcpStream::connect((host, port)).await.map_err(|error| refused(STREAM_CONNECT, error.to_string()))?;
    stream.set_nodelay(true).map_err(|error| refused(STREAM_CONNECT, error.to_string()))?;
    let mut request =
        url.into_client_request().map_err(|error| refused(STREAM_HANDSHAKE, error.to_string()))?;
    let headers = request.headers_mut();
    headers.insert(USER_AGENT, HeaderValue::from_static("Twilio.TmeWs/1.0"));
    if let Some(value) = signature.and_then(|text| HeaderValue::from_str(&text).ok()) {
        headers.insert("x-twilio-signature", value);
    }
    // The library clears its whole read buffer on every read; 8 KiB holds what comes in 20 ms.
    let config = WebSocketConfig::default()
        .read_buffer_size(8 * 1024)
        .max_message_size(Some(HARD_LIMIT))
        .max_frame_size(Some(HARD_LIMIT));
    client_async_tls_with_config(request, stream, Some(config), None).await.map(|(socket, _)| socket).map_err(
        |error| match error {
            Error::Tls(error) => refused(STREAM_TLS, error.to_string()),
            Error::Http(answer) => refused(STREAM_HANDSHAKE, format!("answered {}", answer.status())),
            other => refused(STREAM_HANDSHAKE, other.to_string()),
        },
    )
}
