//! A whole client event, with the items inside it.

use serde_json::Value;

use super::Shape::{Free, Integer, List, OneOf, Tagged, Text};
use super::parts::NULL_OR_TEXT;
use super::{Field, Refusal, Shape, beta, ga, may, must};
use crate::realtime::settings::Dialect;

const EVENT_ID: Field = may("event_id", Text);
const ITEM_ID: Field = must("item_id", Text);

/// The events of both dialects; what is in `session`, `response` and `item` has tables of its own.
const EVENT: Shape = Tagged(
    "type",
    &[
        ("session.update", &[EVENT_ID, must("session", Free)]),
        ("input_audio_buffer.append", &[EVENT_ID, must("audio", Text)]),
        ("input_audio_buffer.commit", &[EVENT_ID]),
        ("input_audio_buffer.clear", &[EVENT_ID]),
        ("conversation.item.create", &[EVENT_ID, must("item", Free), may("previous_item_id", NULL_OR_TEXT)]),
        ("conversation.item.retrieve", &[EVENT_ID, ITEM_ID]),
        (
            "conversation.item.truncate",
            &[
                EVENT_ID,
                ITEM_ID,
                must("content_index", Integer(0, i64::MAX)),
                must("audio_end_ms", Integer(0, i64::MAX)),
            ],
        ),
        ("conversation.item.delete", &[EVENT_ID, ITEM_ID]),
        ("response.create", &[EVENT_ID, may("response", Free)]),
        ("response.cancel", &[EVENT_ID, may("response_id", Text)]),
    ],
);

/// Holds a client event against the tables of a dialect.
pub(in crate::realtime) fn check_event(dialect: Dialect, event: &Value) -> Result<(), Refusal> {
    EVENT.check(event, "")?;
    let (session, response) = match dialect {
        Dialect::Ga => (&ga::SESSION, &ga::RESPONSE),
        Dialect::Beta => (&beta::SESSION, &beta::RESPONSE),
    };
    for (name, shape) in [("session", session), ("response", response)] {
        if let Some(value) = event.get(name) {
            shape.check(value, name)?;
        }
    }
    if let Some(item) = event.get("item") {
        check_item(dialect, item, "item")?;
    }
    let input = event.pointer("/response/input").and_then(Value::as_array);
    for (at, item) in input.into_iter().flatten().enumerate() {
        let path = format!("response.input[{at}]");
        if item.get("type").and_then(Value::as_str) == Some("item_reference") {
            REFERENCE.check(item, &path)?;
        } else {
            check_item(dialect, item, &path)?;
        }
    }
    Ok(())
}

/// Where a field of the session lives in each dialect, as the path an error names.
pub(in crate::realtime) fn session_path(dialect: Dialect, ga: &'static str, beta: &'static str) -> String {
    let path = match dialect {
        Dialect::Ga => ga,
        Dialect::Beta => beta,
    };
    format!("session.{path}")
}

const REFERENCE: Shape = Tagged("type", &[("item_reference", &[must("id", Text)])]);

const ID: Field = may("id", Text);
const OBJECT: Field = may("object", OneOf(&["realtime.item"]));
const STATUS: Field = may("status", OneOf(&["completed", "incomplete", "in_progress"]));

const ANY_OBJECT: Shape = Free;

const ITEM: Shape = Tagged(
    "type",
    &[
        (
            "message",
            &[
                ID,
                OBJECT,
                STATUS,
                must("role", OneOf(&["user", "assistant", "system"])),
                must("content", List(&ANY_OBJECT)),
            ],
        ),
        (
            "function_call",
            &[ID, OBJECT, STATUS, may("call_id", Text), must("name", Text), must("arguments", Text)],
        ),
        ("function_call_output", &[ID, OBJECT, STATUS, must("call_id", Text), must("output", Text)]),
        (
            "mcp_approval_response",
            &[
                ID,
                OBJECT,
                must("approval_request_id", Text),
                must("approve", Shape::Bool),
                may("reason", Text),
            ],
        ),
    ],
);

fn check_item(dialect: Dialect, item: &Value, path: &str) -> Result<(), Refusal> {
    ITEM.check(item, path)?;
    let Some(content) = item.get("content").and_then(Value::as_array) else { return Ok(()) };
    let part = match (dialect, item.get("role").and_then(Value::as_str)) {
        (Dialect::Ga, Some("assistant")) => &ga::ASSISTANT_PART,
        (Dialect::Ga, Some("system")) => &ga::SYSTEM_PART,
        (Dialect::Ga, _) => &ga::USER_PART,
        (Dialect::Beta, Some("assistant")) => &beta::ASSISTANT_PART,
        (Dialect::Beta, Some("system")) => &beta::SYSTEM_PART,
        (Dialect::Beta, _) => &beta::USER_PART,
    };
    for (at, value) in content.iter().enumerate() {
        part.check(value, &format!("{path}.content[{at}]"))?;
    }
    Ok(())
}
