//! Bodies of the REST side (protocol page "OpenAI-compatible text APIs", sections 2, 3 and 5).

use serde_json::Value;

use super::Shape::{Bool, Either, Free, Integer, List, Null, Number, OneOf, Record, Rule, Tagged, Text};
use super::parts::FUNCTION_NAME;
use super::{Field, Refusal, Shape, may, must};

const TEXT: Shape = Text;
const FREE: Shape = Free;
const CONTENT: Shape = Either(&[Text, List(&FREE)]);
const NAME: Field = may("name", Text);

const CALL: Shape = Tagged(
    "type",
    &[(
        "function",
        &[
            must("id", Text),
            must("function", Record(&[must("name", FUNCTION_NAME), must("arguments", Rule(arguments))])),
        ],
    )],
);

const MESSAGE: Shape = Tagged(
    "role",
    &[
        ("developer", &[NAME, must("content", CONTENT)]),
        ("system", &[NAME, must("content", CONTENT)]),
        ("user", &[NAME, must("content", CONTENT)]),
        (
            "assistant",
            &[
                NAME,
                may("content", Either(&[Null, Text, List(&FREE)])),
                may("refusal", Either(&[Null, Text])),
                may("tool_calls", List(&CALL)),
            ],
        ),
        ("tool", &[must("tool_call_id", Text), must("content", CONTENT)]),
    ],
);

const TOOL: Shape = Tagged(
    "type",
    &[(
        "function",
        &[must(
            "function",
            Record(&[
                must("name", FUNCTION_NAME),
                may("description", Text),
                may("parameters", Free),
                may("strict", Either(&[Bool, Null])),
            ]),
        )],
    )],
);

const TOOL_CHOICE: Shape = Either(&[
    OneOf(&["none", "auto", "required"]),
    Tagged("type", &[("function", &[must("function", Record(&[must("name", Text)]))])]),
]);

const RESPONSE_FORMAT: Shape = Tagged(
    "type",
    &[
        ("text", &[]),
        ("json_object", &[]),
        (
            "json_schema",
            &[must(
                "json_schema",
                Record(&[
                    must("name", FUNCTION_NAME),
                    may("description", Text),
                    must("schema", Rule(strict_schema)),
                    may("strict", Either(&[Bool, Null])),
                ]),
            )],
        ),
    ],
);

/// `POST /v1/chat/completions`.
pub(in crate::realtime) const CHAT: Shape = Record(&[
    must("model", Text),
    must("messages", List(&MESSAGE)),
    may("stream", Bool),
    may("stream_options", Record(&[may("include_usage", Bool), may("include_obfuscation", Bool)])),
    may("tools", List(&TOOL)),
    may("tool_choice", TOOL_CHOICE),
    may("parallel_tool_calls", Bool),
    may("response_format", RESPONSE_FORMAT),
    may("max_completion_tokens", Integer(1, 128_000)),
    may("max_tokens", Integer(1, 128_000)),
    may("temperature", Number(0.0, 2.0)),
    may("top_p", Number(0.0, 1.0)),
    may("stop", Either(&[Null, Text, List(&TEXT)])),
    may("reasoning_effort", OneOf(&["none", "minimal", "low", "medium", "high", "xhigh", "max"])),
    may("verbosity", OneOf(&["low", "medium", "high"])),
    may("safety_identifier", Text),
    may("prompt_cache_key", Text),
    may("store", Bool),
    may("service_tier", OneOf(&["auto", "default", "flex", "priority"])),
]);

/// `POST /v1/embeddings`.
pub(in crate::realtime) const EMBEDDINGS: Shape = Record(&[
    must("model", Text),
    must("input", Either(&[Text, List(&TEXT)])),
    may("encoding_format", OneOf(&["float", "base64"])),
    may("dimensions", Integer(1, 3072)),
    may("user", Text),
]);

/// `POST /v1/audio/speech`.
pub(in crate::realtime) const SPEECH: Shape = Record(&[
    must("model", Text),
    must("input", Rule(spoken)),
    must("voice", Either(&[Text, Record(&[must("id", Text)])])),
    may("response_format", OneOf(&["mp3", "opus", "aac", "flac", "wav", "pcm"])),
    may("instructions", Text),
    may("speed", Number(0.25, 4.0)),
    may("stream_format", OneOf(&["sse", "audio"])),
]);

fn arguments(value: &Value, path: &str) -> Result<(), Refusal> {
    let is_json = |text: &str| serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_object());
    if value.as_str().is_some_and(is_json) {
        return Ok(());
    }
    Err(Refusal::invalid(path, format!("Invalid '{path}': expected a string holding a JSON object.")))
}

fn spoken(value: &Value, path: &str) -> Result<(), Refusal> {
    let count = value.as_str().map_or(0, |text| text.chars().count());
    match count {
        0 => Err(Refusal::invalid(
            path,
            format!("Invalid '{path}': expected a string of 1 to 4096 characters."),
        )),
        1..=4096 => Ok(()),
        _ => Err(Refusal::new("string_above_max_length", path, "String should have at most 4096 characters")),
    }
}

/// The strict subset: the root is an object, and every object names all its properties as required and allows no others.
fn strict_schema(value: &Value, path: &str) -> Result<(), Refusal> {
    if value.get("type").and_then(Value::as_str) != Some("object") {
        return Err(Refusal::new("invalid_json_schema", path, "The root of a schema must be an object."));
    }
    check_objects(value, path)
}

fn check_objects(value: &Value, path: &str) -> Result<(), Refusal> {
    if let Some(properties) = value.get("properties").and_then(Value::as_object) {
        if value.get("additionalProperties") != Some(&Value::Bool(false)) {
            let message = "'additionalProperties' is required to be supplied and to be false.";
            return Err(Refusal::new("invalid_json_schema", path, message));
        }
        let required: Vec<&str> = value
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        if let Some(missing) = properties.keys().find(|name| !required.contains(&name.as_str())) {
            let message = format!("'required' must name every property; '{missing}' is missing.");
            return Err(Refusal::new("invalid_json_schema", path, message));
        }
    }
    match value {
        Value::Object(fields) => fields.values().try_for_each(|value| check_objects(value, path)),
        Value::Array(list) => list.iter().try_for_each(|value| check_objects(value, path)),
        _ => Ok(()),
    }
}
