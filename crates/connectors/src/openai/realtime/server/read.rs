//! Reading one frame: a single pass over all fields we know, nested objects only when wanted.

use super::{FunctionCall, ItemKind, ResponseStatus, ServerEvent, TokenCount};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

impl<'a> ServerEvent<'a> {
    /// Reads one text frame. Errors only when it is not a JSON object with a `type`; a known event that lacks what makes
    /// it useful is [`ServerEvent::Other`].
    pub fn parse(frame: &'a str) -> Result<Self, serde_json::Error> {
        match serde_json::from_str::<Flat<'a>>(frame) {
            Ok(flat) => {
                let kind = flat.kind.clone();
                Ok(flat.known().unwrap_or(Self::Other { kind }))
            }
            // An event we do not know may use a known field's name for something else.
            Err(_) => {
                serde_json::from_str::<KindOnly<'a>>(frame).map(|event| Self::Other { kind: event.kind })
            }
        }
    }
}

#[derive(Deserialize)]
struct KindOnly<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
}

/// All fields of all events we read, in one pass over the frame; nested objects are read only when wanted.
#[derive(Deserialize)]
struct Flat<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(default, borrow)]
    delta: Option<Text<'a>>,
    #[serde(default, borrow)]
    transcript: Option<Text<'a>>,
    #[serde(default, borrow)]
    item_id: Option<Text<'a>>,
    #[serde(default, borrow)]
    response_id: Option<Text<'a>>,
    #[serde(default)]
    content_index: Option<u32>,
    #[serde(default)]
    audio_start_ms: Option<i64>,
    #[serde(default)]
    audio_end_ms: Option<i64>,
    #[serde(default, borrow)]
    session: Option<&'a RawValue>,
    #[serde(default, borrow)]
    item: Option<&'a RawValue>,
    #[serde(default, borrow)]
    response: Option<&'a RawValue>,
    #[serde(default, borrow)]
    error: Option<&'a RawValue>,
}

/// `Option<Cow>` is never borrowed by serde; this is.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Flat<'a> {
    fn known(self) -> Option<ServerEvent<'a>> {
        Some(match &*self.kind {
            "response.output_audio.delta" | "response.audio.delta" => ServerEvent::Audio {
                response_id: self.response_id?.0,
                item_id: self.item_id?.0,
                content_index: self.content_index.unwrap_or(0),
                delta: self.delta?.0,
            },
            "response.output_audio_transcript.delta"
            | "response.audio_transcript.delta"
            | "response.output_text.delta"
            | "response.text.delta" => ServerEvent::Words {
                response_id: self.response_id?.0,
                item_id: self.item_id?.0,
                content_index: self.content_index.unwrap_or(0),
                delta: self.delta?.0,
            },
            "session.created" => session_created(self.session?)?,
            "session.updated" => ServerEvent::SessionUpdated,
            "input_audio_buffer.speech_started" => ServerEvent::SpeechStarted {
                item_id: self.item_id.map(|text| text.0).unwrap_or_default(),
                audio_start_ms: self.audio_start_ms.unwrap_or(0).max(0).unsigned_abs(),
            },
            "input_audio_buffer.speech_stopped" => ServerEvent::SpeechStopped {
                item_id: self.item_id.map(|text| text.0).unwrap_or_default(),
                audio_end_ms: self.audio_end_ms.unwrap_or(0).max(0).unsigned_abs(),
            },
            "input_audio_buffer.committed" => ServerEvent::Committed { item_id: self.item_id?.0 },
            "conversation.item.added" | "conversation.item.created" => item_added(self.item?)?,
            "conversation.item.input_audio_transcription.completed" => ServerEvent::Transcript {
                item_id: self.item_id?.0,
                text: self.transcript.map(|text| text.0).unwrap_or_default(),
            },
            "conversation.item.input_audio_transcription.failed" => {
                ServerEvent::TranscriptFailed { item_id: self.item_id?.0 }
            }
            "response.created" => ServerEvent::ResponseCreated {
                response_id: Cow::Owned(serde_json::from_str::<Response>(self.response?.get()).ok()?.id),
            },
            "response.done" => response_done(self.response?)?,
            "error" => error(self.error?)?,
            _ => return None,
        })
    }
}

fn session_created<'a>(raw: &RawValue) -> Option<ServerEvent<'a>> {
    #[derive(Deserialize)]
    struct Session {
        #[serde(default)]
        id: Option<String>,
        #[serde(default)]
        expires_at: Option<f64>,
    }
    let session: Session = serde_json::from_str(raw.get()).ok()?;
    Some(ServerEvent::SessionCreated {
        id: session.id.unwrap_or_default(),
        expires_at: session.expires_at.filter(|at| *at > 0.0).map(|at| at as u64),
    })
}

fn item_added<'a>(raw: &RawValue) -> Option<ServerEvent<'a>> {
    #[derive(Deserialize)]
    struct Item {
        id: String,
        #[serde(default, rename = "type")]
        kind: Option<String>,
        #[serde(default)]
        role: Option<String>,
    }
    let item: Item = serde_json::from_str(raw.get()).ok()?;
    let kind = match (item.kind.as_deref(), item.role.as_deref()) {
        (Some("message") | None, Some("user")) => ItemKind::Caller,
        (Some("message") | None, Some("assistant")) => ItemKind::Agent,
        _ => ItemKind::Other,
    };
    Some(ServerEvent::ItemAdded { item_id: Cow::Owned(item.id), kind })
}

#[derive(Deserialize)]
struct Response {
    #[serde(default)]
    id: String,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    status_details: Option<StatusDetails>,
    #[serde(default)]
    output: Option<Vec<OutputItem>>,
    #[serde(default)]
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct StatusDetails {
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    error: Option<WireError>,
}

#[derive(Deserialize)]
struct OutputItem {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    call_id: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    arguments: Option<String>,
}

#[derive(Deserialize)]
struct WireError {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    param: Option<String>,
    #[serde(default)]
    event_id: Option<String>,
}

impl WireError {
    fn name(self) -> Option<String> {
        self.code.or(self.kind)
    }
}

fn response_done<'a>(raw: &RawValue) -> Option<ServerEvent<'a>> {
    let response: Response = serde_json::from_str(raw.get()).ok()?;
    let status = match response.status.as_deref() {
        Some("cancelled") => ResponseStatus::Cancelled,
        Some("failed") => ResponseStatus::Failed,
        Some("incomplete") => ResponseStatus::Incomplete,
        _ => ResponseStatus::Completed,
    };
    let reason = response.status_details.and_then(|details| {
        let StatusDetails { reason, error } = details;
        error.and_then(WireError::name).or(reason)
    });
    let calls = response.output.unwrap_or_default().into_iter().filter_map(function_call).collect();
    let usage = response.usage.unwrap_or_default().count();
    Some(ServerEvent::ResponseDone { response_id: Cow::Owned(response.id), status, reason, calls, usage })
}

fn function_call(item: OutputItem) -> Option<FunctionCall> {
    (item.kind.as_deref() == Some("function_call")).then_some(())?;
    Some(FunctionCall {
        call_id: item.call_id?,
        name: item.name.unwrap_or_default(),
        arguments: item.arguments.unwrap_or_default(),
    })
}

fn error<'a>(raw: &RawValue) -> Option<ServerEvent<'a>> {
    let error: WireError = serde_json::from_str(raw.get()).ok()?;
    let message = error.message.clone().unwrap_or_default();
    let (param, event_id) = (error.param.clone(), error.event_id.clone());
    Some(ServerEvent::Error {
        code: error.name().unwrap_or_else(|| "unknown".into()),
        message,
        param,
        event_id,
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireUsage {
    input_token_details: Option<WireDetails>,
    output_token_details: Option<WireDetails>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireDetails {
    text_tokens: Option<u64>,
    audio_tokens: Option<u64>,
    cached_tokens_details: Option<WireCached>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireCached {
    #[serde(alias = "text")]
    text_tokens: Option<u64>,
    #[serde(alias = "audio")]
    audio_tokens: Option<u64>,
}

impl WireUsage {
    fn count(self) -> TokenCount {
        let read = self.input_token_details.unwrap_or_default();
        let written = self.output_token_details.unwrap_or_default();
        let cached = read.cached_tokens_details.unwrap_or_default();
        TokenCount {
            text_in: read.text_tokens.unwrap_or(0),
            text_cached: cached.text_tokens.unwrap_or(0),
            audio_in: read.audio_tokens.unwrap_or(0),
            audio_cached: cached.audio_tokens.unwrap_or(0),
            text_out: written.text_tokens.unwrap_or(0),
            audio_out: written.audio_tokens.unwrap_or(0),
        }
    }
}
