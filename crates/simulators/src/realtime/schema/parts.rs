//! Shapes both dialects share.

use serde_json::Value;

use super::Shape::{Bool, Either, Free, Integer, List, Null, Number, OneOf, Rule, Tagged, Text};
use super::{Field, Refusal, Shape, may, must};

pub(super) const NULL_OR_TEXT: Shape = Either(&[Null, Text]);

/// 1–4096 or `"inf"`.
pub(super) const MAX_TOKENS: Shape = Either(&[Integer(1, 4096), OneOf(&["inf"])]);

pub(super) const NOISE_REDUCTION: Shape =
    Either(&[Null, Shape::Record(&[must("type", OneOf(&["near_field", "far_field"]))])]);

pub(super) const FUNCTION_NAME: Shape = Rule(function_name);

pub(super) const FUNCTION: (&str, &[Field]) =
    ("function", &[must("name", FUNCTION_NAME), may("description", Text), may("parameters", Free)]);

/// `auto`, `none`, `required`, or one tool.
pub(super) const TOOL_CHOICE: Shape = Either(&[
    OneOf(&["auto", "none", "required"]),
    Tagged(
        "type",
        &[
            ("function", &[must("name", Text)]),
            ("mcp", &[must("server_label", Text), may("name", NULL_OR_TEXT)]),
        ],
    ),
]);

pub(super) const TRACING: Shape = Either(&[
    Null,
    OneOf(&["auto"]),
    Shape::Record(&[may("workflow_name", Text), may("group_id", Text), may("metadata", Free)]),
]);

/// Semantic detection is the same in both dialects; the server's own differs by one field.
pub(super) const SEMANTIC_VAD: (&str, &[Field]) = (
    "semantic_vad",
    &[
        may("eagerness", OneOf(&["low", "medium", "high", "auto"])),
        may("create_response", Bool),
        may("interrupt_response", Bool),
    ],
);

pub(super) const THRESHOLD: Field = may("threshold", Number(0.0, 1.0));
pub(super) const PREFIX: Field = may("prefix_padding_ms", Integer(0, 10_000));
pub(super) const SILENCE: Field = may("silence_duration_ms", Integer(0, 20_000));
pub(super) const CREATE: Field = may("create_response", Bool);
pub(super) const INTERRUPT: Field = may("interrupt_response", Bool);

pub(super) const TEXT: Shape = Text;

/// ISO-639-1: two small letters. There is no `auto` (protocol page, section 2).
pub(super) const LANGUAGE: Shape = Rule(language);

/// At most 16 pairs, keys up to 64 and values up to 512 characters (protocol page, section 7).
pub(super) const METADATA: Shape = Rule(metadata);

pub(super) const ITEM_OR_REFERENCE: Shape = Free;

pub(super) const INPUT_ITEMS: Shape = List(&ITEM_OR_REFERENCE);

fn language(value: &Value, path: &str) -> Result<(), Refusal> {
    let fits = |code: &str| code.len() == 2 && code.bytes().all(|b| b.is_ascii_lowercase());
    if value.as_str().is_some_and(fits) {
        return Ok(());
    }
    Err(Refusal::invalid(path, format!("Invalid language {value}: expected an ISO-639-1 code such as 'en'.")))
}

fn function_name(value: &Value, path: &str) -> Result<(), Refusal> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    let fits = |name: &str| (1..=64).contains(&name.len()) && name.bytes().all(allowed);
    if value.as_str().is_some_and(fits) {
        return Ok(());
    }
    Err(Refusal::invalid(
        path,
        format!("Invalid '{path}': {value} does not match '^[a-zA-Z0-9_-]{{1,64}}$'."),
    ))
}

fn metadata(value: &Value, path: &str) -> Result<(), Refusal> {
    if value.is_null() {
        return Ok(());
    }
    let Some(pairs) = value.as_object() else {
        return Err(Refusal::invalid(path, format!("Invalid type for '{path}': expected an object.")));
    };
    if pairs.len() > 16 {
        return Err(Refusal::invalid(path, format!("'{path}' has more than 16 pairs.")));
    }
    for (key, value) in pairs {
        let short = value.as_str().is_some_and(|text| text.chars().count() <= 512);
        if key.chars().count() > 64 || !short {
            return Err(Refusal::invalid(
                &super::below(path, key),
                "Metadata keys have at most 64 characters, values are strings of at most 512.",
            ));
        }
    }
    Ok(())
}
