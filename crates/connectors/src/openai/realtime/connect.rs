//! Opening the socket to a Realtime server.

use super::{Dialect, Verdict, close_verdict};
use crate::secret::Secret;
use http::HeaderValue;
use std::time::Duration;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};
use url::Url;

/// Largest frame read from the model; session objects and deltas can be big (section 13).
const MAX_FRAME: usize = 8 << 20;
/// tungstenite fills its whole read buffer with zeros before each read, so a big one costs a call its speed.
const READ_BUFFER: usize = 4 * 1024;
/// Messages gather up to here and leave in one write.
const WRITE_BUFFER: usize = 16 * 1024;
/// What may wait to be written before the call counts as stuck.
const MAX_WRITE_BUFFER: usize = 1 << 20;

/// A connected model.
pub type ModelSocket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Where the model is and how it is spoken to.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// `wss://…/realtime`, without the model.
    pub url: Url,
    /// Sent as bearer; none for servers that want none.
    pub api_key: Option<Secret>,
    /// The model's name.
    pub model: String,
    /// GA or beta.
    pub dialect: Dialect,
}

/// Why no session could be opened.
#[derive(Debug, Error)]
pub enum ConnectFault {
    /// The server said no in a way that will not change by asking again.
    #[error("the model refused the connection with status {0}: check OPENAI_API_KEY and the model's name")]
    Refused(u16),
    /// The server is there but not able.
    #[error("the model answered with status {0}")]
    Unable(u16),
    /// No answer, or not in time.
    #[error("the model could not be reached: {0}")]
    Unreachable(String),
}

impl ConnectFault {
    /// Whether another attempt makes sense.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Refused(_) => Verdict::Fatal,
            Self::Unable(_) | Self::Unreachable(_) => Verdict::Reconnect,
        }
    }
}

impl Endpoint {
    /// The URL of one session.
    pub fn session_url(&self) -> Url {
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("model", &self.model);
        url
    }
}

/// Connects within `limit`. Nothing is sent on the socket yet.
pub async fn connect(endpoint: &Endpoint, limit: Duration) -> Result<ModelSocket, ConnectFault> {
    let mut request = endpoint
        .session_url()
        .as_str()
        .into_client_request()
        .map_err(|fault| ConnectFault::Unreachable(fault.to_string()))?;
    let headers = request.headers_mut();
    if let Some(key) = &endpoint.api_key {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose()))
            .map_err(|_| ConnectFault::Refused(401))?;
        value.set_sensitive(true);
        headers.insert(http::header::AUTHORIZATION, value);
    }
    // A GA server that sees this header closes the session, whatever else is right (section 0).
    if endpoint.dialect == Dialect::Beta {
        headers.insert("OpenAI-Beta", HeaderValue::from_static("realtime=v1"));
    }
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(MAX_WRITE_BUFFER)
        .max_message_size(Some(MAX_FRAME))
        .max_frame_size(Some(MAX_FRAME));
    let dialled = tokio::time::timeout(limit, connect_async_with_config(request, Some(config), true)).await;
    match dialled {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(WsError::Http(answer))) => Err(match answer.status().as_u16() {
            status @ (429 | 500..=599) => ConnectFault::Unable(status),
            status => ConnectFault::Refused(status),
        }),
        Ok(Err(fault)) => Err(ConnectFault::Unreachable(fault.to_string())),
        Err(_) => Err(ConnectFault::Unreachable(format!("no answer within {} ms", limit.as_millis()))),
    }
}

/// How the model's socket ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// The close code; none when the connection broke.
    pub code: Option<u16>,
    /// What to do about it.
    pub verdict: Verdict,
}

/// Reads the end of a socket out of what its stream gave; none when it has not ended.
pub fn close_of(read: Option<&Result<Message, WsError>>) -> Option<Close> {
    let code = match read {
        Some(Ok(Message::Close(frame))) => frame.as_ref().map(|frame| u16::from(frame.code)),
        Some(Err(_)) | None => None,
        Some(Ok(_)) => return None,
    };
    Some(Close { code, verdict: close_verdict(code) })
}
