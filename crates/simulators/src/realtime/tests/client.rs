use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::realtime::{Dialect, RealtimeServer, RealtimeSettings, Strangeness};
use crate::speech::{FRAME_BYTES, silence, sound_of};

const PATIENCE: Duration = Duration::from_secs(5);

/// What came out of the socket.
#[derive(Debug)]
pub(super) enum Frame {
    Event(Value),
    Closed(u16, String),
    Gone,
}

/// A client that knows nothing but the wire.
pub(super) struct Client {
    pub(super) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// A quick server of one dialect.
pub(super) async fn server(change: impl FnOnce(&mut RealtimeSettings)) -> RealtimeServer {
    let mut settings = RealtimeSettings {
        response_delay: Duration::from_millis(10),
        pace: 40.0,
        ..RealtimeSettings::default()
    };
    change(&mut settings);
    RealtimeServer::start(settings).await.unwrap()
}

impl Client {
    pub(super) async fn try_connect(
        server: &RealtimeServer,
        query: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, tungstenite::Error> {
        let mut request = format!("{}{query}", server.url()).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        Ok(Self { socket: connect_async(request).await?.0 })
    }

    /// A client of the current model that has read `session.created`.
    pub(super) async fn connect(server: &RealtimeServer) -> Self {
        let headers: &[_] = match server.hub.settings.dialect {
            Dialect::Ga => &[],
            Dialect::Beta => &[("OpenAI-Beta", "realtime=v1")],
        };
        let mut client = Self::try_connect(server, "?model=gpt-realtime-2.1", headers).await.unwrap();
        assert_eq!(client.event().await["type"], "session.created");
        client
    }

    /// A client on a µ-law line whose turns are made by the server, with `turn_detection` changed.
    pub(super) async fn on_the_phone(server: &RealtimeServer, detection: &Value) -> Self {
        let mut client = Self::connect(server).await;
        client.update(&phone_session(detection)).await;
        client
    }

    pub(super) async fn update(&mut self, session: &Value) {
        self.send(&json!({"type": "session.update", "session": session})).await;
        assert_eq!(self.event().await["type"], "session.updated");
    }

    pub(super) async fn send(&mut self, event: &Value) {
        self.socket.send(Message::text(event.to_string())).await.unwrap();
    }

    pub(super) async fn append(&mut self, sound: &[u8]) {
        for frame in sound.chunks(FRAME_BYTES) {
            self.send(&json!({"type": "input_audio_buffer.append", "audio": STANDARD.encode(frame)})).await;
        }
    }

    /// Speaks a sentence between silences, the last one long enough to end the turn.
    pub(super) async fn say(&mut self, text: &str) {
        self.append(&[silence(400), sound_of(text).into_owned(), silence(600)].concat()).await;
    }

    pub(super) async fn frame(&mut self) -> Frame {
        loop {
            match tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("nothing came for 5 s") {
                Some(Ok(Message::Text(text))) => {
                    let event: Value = serde_json::from_str(&text).unwrap();
                    if event["type"] != "session.weather.sampled" {
                        return Frame::Event(event);
                    }
                }
                Some(Ok(Message::Close(frame))) => {
                    return frame.map_or(Frame::Gone, |f| Frame::Closed(f.code.into(), f.reason.to_string()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Frame::Gone,
            }
        }
    }

    pub(super) async fn event(&mut self) -> Value {
        match self.frame().await {
            Frame::Event(event) => event,
            other => panic!("{other:?}"),
        }
    }

    /// Everything up to and with the next event of this type.
    pub(super) async fn until(&mut self, kind: &str) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            events.push(self.event().await);
            if events.last().unwrap()["type"] == kind {
                return events;
            }
        }
    }

    /// Asks for a sentence and waits until it is through.
    pub(super) async fn ask_for(&mut self, sentence: &str) -> Vec<Value> {
        let instructions = format!("Say exactly: \"{sentence}\"");
        self.send(&json!({"type": "response.create", "response": {"instructions": instructions}})).await;
        self.until("response.done").await
    }

    /// Sends an event that must be refused, and gives the error.
    pub(super) async fn refused(&mut self, event: &Value) -> Value {
        self.send(event).await;
        let mut answer = self.event().await;
        // A response that is being made goes on beside it.
        while answer["type"].as_str().is_some_and(|kind| MAKING.iter().any(|part| kind.starts_with(part))) {
            answer = self.event().await;
        }
        assert_eq!(answer["type"], "error", "{event} was answered with {answer}");
        answer["error"].clone()
    }
}

/// What is said while a response is being made.
const MAKING: [&str; 4] =
    ["response.output", "response.content_part", "conversation.item.added", "conversation.item.done"];

/// The session of a phone call, over `detection` for the turns.
pub(super) fn phone_session(detection: &Value) -> Value {
    let mut turns = json!({"type": "server_vad", "silence_duration_ms": 500});
    turns.as_object_mut().unwrap().extend(detection.as_object().unwrap().clone());
    json!({
        "type": "realtime",
        "audio": {
            "input": {
                "format": {"type": "audio/pcmu"}, "transcription": {"model": "gpt-transcribe"},
                "turn_detection": turns,
            },
            "output": {"format": {"type": "audio/pcmu"}, "voice": "marin"},
        },
        "tools": [
            {"type": "function", "name": "save_answer", "parameters": {"type": "object"}},
            {"type": "function", "name": "end_call"},
        ],
    })
}

pub(super) fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

/// Event types with runs of the same one, and of words and sound, drawn together.
pub(super) fn outline(events: &[Value]) -> Vec<&str> {
    const SPEECH: [&str; 4] = [
        "response.output_audio.delta",
        "response.output_audio_transcript.delta",
        "response.audio.delta",
        "response.audio_transcript.delta",
    ];
    let drawn = |kind| if SPEECH.contains(&kind) { "words and sound" } else { kind };
    let mut outline: Vec<&str> = kinds(events).into_iter().map(drawn).collect();
    outline.dedup();
    outline
}

/// All audio of these events, out of base64.
pub(super) fn audio_in(events: &[Value]) -> Vec<u8> {
    let deltas = events.iter().filter(|event| event["type"] == "response.output_audio.delta");
    deltas.flat_map(|event| STANDARD.decode(event["delta"].as_str().unwrap()).unwrap()).collect()
}

/// The first event of a type.
pub(super) fn find<'a>(events: &'a [Value], kind: &str) -> &'a Value {
    events
        .iter()
        .find(|event| event["type"] == kind)
        .unwrap_or_else(|| panic!("no {kind} in {:?}", kinds(events)))
}

pub(super) fn without_strangeness(settings: &mut RealtimeSettings) {
    settings.faults.strangeness = Strangeness::NONE;
}
