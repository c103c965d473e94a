//! Somebody outside who speaks the wires by hand: webhooks signed or not, and streams that break rules.

use crate::test_app::TestApp;
use anyhow::{Context as _, Result, bail, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use std::time::Duration;
use studioconnect_app::stage::{ACCOUNT, BUSINESS_NUMBER, CALLER_NUMBER, TOKEN};
use studioconnect_simulators::phone::{sign_form, sign_url};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

/// Parameters of a webhook.
pub type Form = Vec<(String, String)>;

/// Longest wait for anything a server should do at once.
const AT_ONCE: Duration = Duration::from_secs(10);

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Content type, as it came.
    pub kind: String,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The stable code of an `application/problem+json` answer; none when it is no such answer.
    pub fn problem(&self) -> Option<String> {
        let value: Value = serde_json::from_str(&self.body).ok()?;
        let code = value.get("code").and_then(Value::as_str).map(str::to_owned);
        code.filter(|_| self.kind == "application/problem+json")
    }

    /// How long an answer tells to wait, in seconds.
    pub fn seconds_to_wait(&self) -> Result<u64> {
        let (_, rest) = self.body.split_once("Try again in ").context("it says nothing of a wait")?;
        Ok(rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse()?)
    }
}

impl TestApp {
    /// The parameters with which the network tells of a call to the demo business.
    pub fn form(&self, sid: &str, changes: &[(&str, &str)]) -> Form {
        let mut form: Form = [
            ("AccountSid", ACCOUNT),
            ("CallSid", sid),
            ("From", CALLER_NUMBER),
            ("To", BUSINESS_NUMBER),
            ("CallStatus", "ringing"),
            ("Direction", "inbound"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        for (name, value) in changes {
            form.retain(|(known, _)| known != name);
            form.push(((*name).to_owned(), (*value).to_owned()));
        }
        form
    }

    /// Sends a webhook as the phone network does.
    pub async fn post(&self, path: &str, form: &Form) -> Result<Answer> {
        let signature = sign_form(TOKEN, self.stage.url(path)?.as_str(), form);
        self.post_signed(path, form, Some(&signature)).await
    }

    /// Sends a webhook with any signature, or none.
    pub async fn post_signed(&self, path: &str, form: &Form, signature: Option<&str>) -> Result<Answer> {
        let mut request = client()?.post(self.stage.url(path)?).form(form);
        if let Some(signature) = signature {
            request = request.header("X-Twilio-Signature", signature);
        }
        answer(request).await
    }

    /// Any other request.
    pub async fn request(&self, method: &str, path: &str) -> Result<Answer> {
        answer(client()?.request(method.parse()?, self.stage.url(path)?)).await
    }

    /// The answer of an address as JSON.
    pub async fn read_json(&self, path: &str) -> Result<Value> {
        Ok(serde_json::from_str(&self.request("GET", path).await?.body)?)
    }

    /// Rings the demo business by hand and returns the token that the stream must show.
    pub async fn ring(&self, sid: &str) -> Result<String> {
        let answer = self.post("/api/voice/inbound", &self.form(sid, &[])).await?;
        ensure!(answer.status == 200, "the webhook was answered with {}", answer.status);
        token_in(&answer.body).with_context(|| format!("there is no token in {}", answer.body))
    }

    /// The media stream's URL as it stands in TwiML.
    pub fn stream_url(&self) -> String {
        self.stage.config.public.socket_of("/api/voice/stream")
    }

    /// Opens a media stream with the right signature.
    pub async fn open_stream(&self) -> Result<RawStream> {
        let signature = sign_url(TOKEN, &self.stream_url());
        Ok(self.open_stream_signed(Some(&signature)).await??)
    }

    /// Opens a media stream with any signature, or none; the inner result is the handshake's.
    pub async fn open_stream_signed(&self, signature: Option<&str>) -> Result<Result<RawStream, WsError>> {
        let mut request = self.stream_url().into_client_request()?;
        if let Some(signature) = signature {
            request.headers_mut().insert("X-Twilio-Signature", HeaderValue::from_str(signature)?);
        }
        // What a hostile peer sends is not bounded on its own side.
        let config = WebSocketConfig::default().write_buffer_size(0);
        let opened = connect_async_with_config(request, Some(config), true).await;
        Ok(opened.map(|(socket, _)| RawStream { socket, chunk: 0 }))
    }

    /// Opens a stream for a call that was rung, and starts it.
    pub async fn start_stream(&self, sid: &str) -> Result<RawStream> {
        let token = self.ring(sid).await?;
        let mut stream = self.open_stream().await?;
        stream.send(r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#).await?;
        stream.start(sid, Some(&token)).await?;
        Ok(stream)
    }

    /// Waits until something is true of the app; `what` is said when it never is.
    pub async fn until<F: Future<Output = Result<bool>>>(
        &self,
        what: &str,
        mut is_so: impl FnMut() -> F,
    ) -> Result<()> {
        let waiting = async {
            while !is_so().await? {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(())
        };
        tokio::time::timeout(2 * AT_ONCE, waiting)
            .await
            .with_context(|| format!("never came true: {what}"))?
    }
}

fn client() -> Result<reqwest::Client> {
    Ok(reqwest::Client::builder().no_proxy().timeout(AT_ONCE).build()?)
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Answer> {
    let response = request.send().await?;
    let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().to_owned();
    Ok(Answer { status: response.status().as_u16(), kind, body: response.text().await? })
}

/// The stream's token in TwiML, if the caller is connected to the agent.
pub fn token_in(twiml: &str) -> Option<String> {
    let (_, rest) = twiml.split_once(r#"name="token" value=""#)?;
    rest.split_once('"').map(|(token, _)| token.to_owned())
}

/// A media stream that says whatever it is told to.
#[derive(Debug)]
pub struct RawStream {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    chunk: u64,
}

impl RawStream {
    /// The stream's name in its frames.
    pub const SID: &str = "MZ0000000000000000000000000000ab01";

    /// Sends a text frame. Nothing is read meanwhile, so no ping is answered.
    pub async fn send(&mut self, text: &str) -> Result<()> {
        Ok(self.socket.send(Message::text(text)).await?)
    }

    /// Sends a binary frame.
    pub async fn send_bytes(&mut self, bytes: Vec<u8>) -> Result<()> {
        Ok(self.socket.send(Message::binary(bytes)).await?)
    }

    /// Says which call this is.
    pub async fn start(&mut self, call_sid: &str, token: Option<&str>) -> Result<()> {
        let parameters = token.map_or_else(|| json!({}), |token| json!({ "token": token }));
        let start = json!({
            "event": "start",
            "sequenceNumber": "1",
            "start": {
                "accountSid": ACCOUNT,
                "streamSid": Self::SID,
                "callSid": call_sid,
                "tracks": ["inbound"],
                "mediaFormat": { "encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1 },
                "customParameters": parameters,
            },
            "streamSid": Self::SID,
        });
        self.send(&start.to_string()).await
    }

    /// Sends a frame of 20 ms; `payload` is base64, or what claims to be.
    pub async fn media(&mut self, payload: &str) -> Result<()> {
        self.chunk += 1;
        let at = (self.chunk * 20).to_string();
        let frame = json!({
            "event": "media",
            "sequenceNumber": (self.chunk + 1).to_string(),
            "media": { "track": "inbound", "chunk": self.chunk.to_string(), "timestamp": at, "payload": payload },
            "streamSid": Self::SID,
        });
        self.send(&frame.to_string()).await
    }

    /// The next thing the server says; none when it has closed. Pings are answered on the way.
    pub async fn next(&mut self) -> Result<Option<Value>> {
        loop {
            let read = tokio::time::timeout(AT_ONCE, self.socket.next()).await;
            match read.context("the server says nothing")? {
                Some(Ok(Message::Text(text))) => return Ok(Some(serde_json::from_str(&text)?)),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(None),
                Some(Ok(_)) => {}
            }
        }
    }

    /// Waits for an event of a name; fails when the stream ends before.
    pub async fn wait_for(&mut self, event: &str) -> Result<Value> {
        while let Some(value) = self.next().await? {
            if value.get("event").and_then(Value::as_str) == Some(event) {
                return Ok(value);
            }
        }
        bail!("the stream ended without {event}")
    }

    /// Waits for the server's close and returns its code with all that was said before.
    pub async fn closed(&mut self) -> Result<(Option<u16>, Vec<String>)> {
        let mut said = Vec::new();
        loop {
            let read = tokio::time::timeout(AT_ONCE, self.socket.next()).await;
            match read.context("the server does not close")? {
                Some(Ok(Message::Text(text))) => said.push(text.to_string()),
                Some(Ok(Message::Close(frame))) => return Ok((frame.map(|frame| frame.code.into()), said)),
                Some(Err(_)) | None => return Ok((None, said)),
                Some(Ok(_)) => {}
            }
        }
    }

    /// Ends the call as the network does.
    pub async fn stop(mut self, call_sid: &str) -> Result<()> {
        let stop = json!({"event": "stop", "stop": {"accountSid": ACCOUNT, "callSid": call_sid}, "streamSid": Self::SID});
        self.send(&stop.to_string()).await?;
        self.socket.close(None).await?;
        while self.socket.next().await.is_some_and(|read| read.is_ok()) {}
        Ok(())
    }
}
