//! Changes noted for the owner. A note that cannot be written loses no change: it is logged.

use crate::problem::as_sent;
use crate::state::AppState;
use serde::Serialize;
use serde_json::{Map, Value, json};
use studioconnect_domain::account::Standing;
use studioconnect_store::AuditEntry;
use uuid::Uuid;

/// Longest text of a value that is kept, in characters; the log says what was changed, it is no second copy.
const VALUE: usize = 200;

/// Notes what people change.
pub(crate) trait Changes {
    /// Somebody did something; `detail` never holds a secret, nor what a caller said.
    async fn note_change(&self, by: &Standing, action: &str, detail: Value);
}

impl Changes for AppState {
    async fn note_change(&self, by: &Standing, action: &str, detail: Value) {
        let address = self.store.address_of_session(by.session).await.unwrap_or_else(|fault| {
            tracing::warn!(%fault, action, "a change is noted without its address");
            None
        });
        let entry = AuditEntry {
            id: Uuid::now_v7(),
            user: Some(by.user.id),
            at: self.clock.now(),
            action: action.to_owned(),
            detail,
            address,
        };
        if let Err(fault) = self.store.note_change(by.tenant(), &entry).await {
            tracing::error!(%fault, action, "a change was made, and could not be noted");
        }
    }
}

/// What two forms of one thing differ in: `{field: {from, to}}`. What counts changes is none.
pub(crate) fn differences(before: &impl Serialize, after: &impl Serialize) -> Value {
    let fields = |thing: Value| match thing {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    let (before, after) = (fields(as_sent(before)), fields(as_sent(after)));
    let changed = after.into_iter().filter_map(|(name, to)| {
        let from = before.get(&name).cloned().unwrap_or_default();
        let is_counter = matches!(name.as_str(), "version" | "updatedAt");
        (from != to && !is_counter).then(|| (name, json!({"from": shortened(from), "to": shortened(to)})))
    });
    Value::Object(changed.collect())
}

fn shortened(value: Value) -> Value {
    match value {
        Value::String(text) if text.chars().count() > VALUE => {
            Value::String(text.chars().take(VALUE).chain(['…']).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_told_by_field_and_long_texts_are_cut() {
        let before = json!({"name": "Ada", "hours": {"mon": 1}, "version": 3, "same": true, "notes": null});
        let after =
            json!({"name": "Eve", "hours": {"mon": 2}, "version": 4, "same": true, "notes": "x".repeat(900)});
        let told = differences(&before, &after);
        assert_eq!(told["name"], json!({"from": "Ada", "to": "Eve"}));
        assert_eq!(told["hours"], json!({"from": {"mon": 1}, "to": {"mon": 2}}));
        assert_eq!(told["notes"]["to"].as_str().map(|text| text.chars().count()), Some(VALUE + 1));
        assert_eq!(told.as_object().map(Map::len), Some(3));
    }
}
