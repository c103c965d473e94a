//! Striking out words: their lengths and places stay, their letters do not.

use crate::flow::Input;
use serde_json::Value;

/// Fields whose text is somebody's words.
const WORDS: [&str; 5] = ["text", "delta", "arguments", "output", "message"];

/// The input as JSON, without words.
pub(super) fn input(input: &Input) -> String {
    if let Input::Digit(_) = input {
        return r#"{"Digit":"0"}"#.to_owned();
    }
    let mut value = serde_json::to_value(input).unwrap_or(Value::Null);
    strike(&mut value, false);
    value.to_string()
}

fn strike(value: &mut Value, is_words: bool) {
    match value {
        Value::String(text) if is_words => {
            *text = text.chars().map(|letter| if letter.is_alphanumeric() { 'x' } else { letter }).collect();
        }
        Value::Array(items) => items.iter_mut().for_each(|item| strike(item, is_words)),
        Value::Object(fields) => {
            for (name, field) in fields {
                strike(field, WORDS.contains(&name.as_str()));
            }
        }
        _ => {}
    }
}
