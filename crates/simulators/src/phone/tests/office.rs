//! The program under test, in small: answers webhooks with prepared documents and streams with
//! prepared behaviour, and remembers what it was asked.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts as _, Request, State};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use super::super::{sign_form, sign_url};
use super::TOKEN;

/// A webhook as it arrived.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) path: String,
    pub(super) params: Vec<(String, String)>,
    pub(super) is_signed: bool,
    pub(super) agent: String,
}

impl Seen {
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        let found = self.params.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

type Talk = Pin<Box<dyn Future<Output = ()> + Send>>;
type OnStream = Arc<dyn Fn(Stream) -> Talk + Send + Sync>;

/// What `/path` is answered with: status, content type, text.
pub(super) type Document = (u16, &'static str, String);

#[derive(Default)]
struct Desk {
    base: Mutex<String>,
    documents: Mutex<HashMap<String, VecDeque<Document>>>,
    streams: Mutex<HashMap<String, OnStream>>,
    seen: Mutex<Vec<Seen>>,
}

#[derive(Clone)]
pub(super) struct Office {
    desk: Arc<Desk>,
}

impl Office {
    /// An office that answers `/voice` with `twiml`, in which `BASE` is its own URL and `WS` the same
    /// for streams.
    pub(super) async fn open(twiml: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let desk = Arc::new(Desk::default());
        *desk.base.lock().unwrap() = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&desk));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let office = Self { desk };
        office.answers("/voice", twiml);
        office
    }

    pub(super) fn url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.desk.base.lock().unwrap()).parse().unwrap()
    }

    /// Answers `path` with a document; several for one path are given in order, the last one stays.
    pub(super) fn answers(&self, path: &str, twiml: &str) {
        self.answers_with(path, (200, "text/xml", format!("<Response>{twiml}</Response>")));
    }

    pub(super) fn answers_with(&self, path: &str, (status, kind, text): Document) {
        let base = self.desk.base.lock().unwrap().clone();
        let text = text.replace("BASE", &format!("http://{base}")).replace("WS", &format!("ws://{base}"));
        let mut documents = self.desk.documents.lock().unwrap();
        documents.entry(path.to_owned()).or_default().push_back((status, kind, text));
    }

    /// Takes streams at `path`.
    pub(super) fn takes<F>(&self, path: &str, talk: impl Fn(Stream) -> F + Send + Sync + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let boxed: OnStream = Arc::new(move |stream| Box::pin(talk(stream)));
        self.desk.streams.lock().unwrap().insert(path.to_owned(), boxed);
    }

    pub(super) fn seen(&self, path: &str) -> Vec<Seen> {
        let seen = self.desk.seen.lock().unwrap();
        seen.iter().filter(|seen| seen.path == path).cloned().collect()
    }
}

async fn answer(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let header = |name: &str| {
        let value = parts.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let (signature, agent) = (header("x-twilio-signature"), header("user-agent"));
    let base = desk.base.lock().unwrap().clone();
    let talk = desk.streams.lock().unwrap().get(&path).cloned();
    let mut seen = Seen { path: path.clone(), params: Vec::new(), is_signed: false, agent };
    if let Some(talk) = talk {
        seen.is_signed = signature == sign_url(TOKEN, &format!("ws://{base}{path}"));
        desk.seen.lock().unwrap().push(seen);
        let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await.unwrap();
        return upgrade.on_upgrade(move |socket| talk(Stream { socket, sid: String::new() }));
    }
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let url = format!("http://{base}{}", parts.uri.path_and_query().unwrap());
    seen.params = serde_urlencoded::from_bytes(&body).unwrap();
    seen.is_signed = signature == sign_form(TOKEN, &url, &seen.params);
    desk.seen.lock().unwrap().push(seen);
    let mut documents = desk.documents.lock().unwrap();
    let Some(queue) = documents.get_mut(&path) else {
        return StatusCode::NO_CONTENT.into_response();
    };
    let (status, kind, text) =
        if queue.len() > 1 { queue.pop_front() } else { queue.front().cloned() }.unwrap();
    (StatusCode::from_u16(status).unwrap(), [(CONTENT_TYPE, kind)], text).into_response()
}

/// The office's end of a media stream.
pub(super) struct Stream {
    pub(super) socket: WebSocket,
    pub(super) sid: String,
}

impl Stream {
    /// The next message, or nothing when the other side has closed.
    pub(super) async fn next(&mut self) -> Option<Value> {
        loop {
            match self.socket.recv().await? {
                Ok(Message::Text(text)) => {
                    let value: Value = serde_json::from_str(&text).unwrap();
                    if value["event"] == "start" {
                        self.sid = value["streamSid"].as_str().unwrap().to_owned();
                    }
                    return Some(value);
                }
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next message of this kind.
    pub(super) async fn wait(&mut self, event: &str) -> Option<Value> {
        loop {
            let message = self.next().await?;
            if message["event"] == event {
                return Some(message);
            }
        }
    }

    pub(super) async fn send(&mut self, value: Value) {
        let _ = self.socket.send(Message::text(value.to_string())).await;
    }

    pub(super) async fn play(&mut self, sound: &[u8]) {
        let payload = STANDARD.encode(sound);
        let sid = self.sid.clone();
        self.send(json!({ "event": "media", "streamSid": sid, "media": { "payload": payload } })).await;
    }

    pub(super) async fn mark(&mut self, name: &str) {
        let sid = self.sid.clone();
        self.send(json!({ "event": "mark", "streamSid": sid, "mark": { "name": name } })).await;
    }

    pub(super) async fn clear(&mut self) {
        let sid = self.sid.clone();
        self.send(json!({ "event": "clear", "streamSid": sid })).await;
    }
}

/// The sound of a `media` message.
pub(super) fn sound_of(message: &Value) -> Vec<u8> {
    STANDARD.decode(message["media"]["payload"].as_str().unwrap()).unwrap()
}
