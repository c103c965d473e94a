//! Text on its way into a column.

use serde_json::Value;

/// The text without NUL characters, which PostgreSQL refuses: one of them, said by a peer, would fail its whole batch.
pub(crate) fn clean(text: &str) -> String {
    text.replace('\0', "")
}

/// [`clean`] for every text within a JSON value, the names of its fields too.
pub(crate) fn clean_json(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(clean(&text)),
        Value::Array(items) => items.into_iter().map(clean_json).collect(),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (clean(&name), clean_json(value))).collect())
        }
        other => other,
    }
}
