//! An answer in pieces, as server-sent events.

use std::collections::VecDeque;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use http::header;
use serde_json::{Value, json};

use super::chat::{Completion, wire_call};
use super::faults::RestFault;
use super::{RestSettings, SILENCE};

/// One thing the stream does.
enum Act {
    Send(Vec<u8>),
    Wait(Duration),
    Break,
}

pub(super) fn response(
    settings: &RestSettings,
    completion: &Completion,
    wants_usage: bool,
    fault: Option<&RestFault>,
) -> Response {
    let acts = acts(settings, completion, wants_usage, fault);
    let body = stream::unfold(acts, |mut acts| async move {
        loop {
            match acts.pop_front()? {
                Act::Send(bytes) => return Some((Ok(Bytes::from(bytes)), acts)),
                Act::Wait(pause) => tokio::time::sleep(pause).await,
                Act::Break => {
                    return Some((Err(std::io::Error::other("the connection breaks")), VecDeque::new()));
                }
            }
        }
    });
    ([(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")], Body::from_stream(body)).into_response()
}

fn acts(
    settings: &RestSettings,
    completion: &Completion,
    wants_usage: bool,
    fault: Option<&RestFault>,
) -> VecDeque<Act> {
    let mut acts = VecDeque::new();
    let send = |acts: &mut VecDeque<Act>, text: String| {
        if fault == Some(&RestFault::SingleBytes) {
            acts.extend(text.bytes().map(|byte| Act::Send(vec![byte])));
        } else {
            acts.push_back(Act::Send(text.into_bytes()));
        }
    };
    let event = |body: &Value| format!("data: {body}\n\n");
    let chunk = |delta: &Value, finish: &Value| event(&piece(completion, delta, finish, wants_usage));
    send(&mut acts, ": a comment that keeps the line open\n\n".to_owned());
    send(&mut acts, chunk(&json!({"role": "assistant", "content": "", "refusal": null}), &Value::Null));
    if fault == Some(&RestFault::StallBeforeFirst) {
        acts.push_back(Act::Wait(SILENCE));
        return acts;
    }
    acts.push_back(Act::Wait(settings.first_delay));
    let pieces = pieces(completion, fault == Some(&RestFault::Homemade));
    let middle = pieces.len().div_ceil(2);
    for (at, delta) in pieces.iter().enumerate() {
        if at == middle && end_early(&mut acts, fault) {
            return acts;
        }
        send(&mut acts, chunk(delta, &Value::Null));
        acts.push_back(Act::Wait(settings.gap));
    }
    if end_early(&mut acts, fault) || fault == Some(&RestFault::NoEnd) {
        return acts;
    }
    let is_homemade = fault == Some(&RestFault::Homemade);
    let finish = if is_homemade { "stop" } else { completion.finish };
    send(&mut acts, chunk(&json!({}), &finish.into()));
    if wants_usage && !is_homemade {
        let mut last = piece(completion, &json!({}), &Value::Null, false);
        if let Some(fields) = last.as_object_mut() {
            fields.insert("choices".to_owned(), json!([]));
            fields.insert("usage".to_owned(), completion.usage.clone());
        }
        send(&mut acts, event(&last));
    }
    send(&mut acts, "data: [DONE]\n\n".to_owned());
    acts
}

/// The ends that are none.
fn end_early(acts: &mut VecDeque<Act>, fault: Option<&RestFault>) -> bool {
    match fault {
        Some(RestFault::StallMidStream) => acts.push_back(Act::Wait(SILENCE)),
        Some(RestFault::CutMidStream) => acts.push_back(Act::Break),
        Some(RestFault::ErrorMidStream) => {
            let error = json!({"error": {"message": "The server had an error.", "type": "server_error", "param": null, "code": null}});
            acts.push_back(Act::Send(format!("data: {error}\n\n").into_bytes()));
        }
        _ => return false,
    }
    true
}

/// The deltas: words one by one, then each call in fragments.
fn pieces(completion: &Completion, are_calls_whole: bool) -> Vec<Value> {
    let words = completion.reply.say.split_inclusive(' ').map(|word| json!({"content": word}));
    let calls = completion.reply.calls.iter().enumerate().flat_map(|(at, call)| {
        let mut whole = wire_call(at, &call.name, &call.arguments);
        let index = if are_calls_whole { 0 } else { at };
        if let Some(fields) = whole.as_object_mut() {
            fields.insert("index".to_owned(), index.into());
        }
        if are_calls_whole {
            return vec![json!({"tool_calls": [whole]})];
        }
        if let Some(arguments) = whole.pointer_mut("/function/arguments") {
            *arguments = "".into();
        }
        let text: Vec<char> = call.arguments.to_string().chars().collect();
        let fragments = text.chunks(5).map(|part| {
            let part: String = part.iter().collect();
            json!({"tool_calls": [{"index": at, "function": {"arguments": part}}]})
        });
        std::iter::once(json!({"tool_calls": [whole]})).chain(fragments).collect()
    });
    words.chain(calls).collect()
}

fn piece(completion: &Completion, delta: &Value, finish: &Value, has_usage: bool) -> Value {
    let mut body = json!({
        "id": "chatcmpl-sim", "object": "chat.completion.chunk", "created": 1_790_000_000, "model": completion.model,
        "service_tier": "default", "obfuscation": "x7Q",
        "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}],
    });
    if let Some(fields) = body.as_object_mut().filter(|_| has_usage) {
        fields.insert("usage".to_owned(), Value::Null);
    }
    body
}
