//! Settings that another version wrote.
//!
//! The type refuses unknown fields, as it should at the API. A stored row must not lose a business its calls over one:
//! a newer version's field is passed over, a missing or unreadable one takes its default.

use serde_json::{Map, Value};
use studioconnect_domain::agent::AgentConfig;

/// The settings in `stored`; none when there is nothing in it that could be read.
pub(super) fn config(stored: Value) -> Option<AgentConfig> {
    let Value::Object(fields) = stored else { return None };
    if let Ok(config) = serde_json::from_value(Value::Object(fields.clone())) {
        return Some(config);
    }
    let mut kept = Map::new();
    let passed_over = take_over(&fields, &mut kept, &|whole| serde_json::from_value(whole).ok());
    tracing::warn!(fields = ?passed_over, "agent settings of another version: these fields were passed over");
    if kept.is_empty() {
        return None;
    }
    serde_json::from_value(Value::Object(kept)).ok()
}

/// Keeps each field that the type takes on its own, and within a structure that it does not take, what it takes of it.
/// Returns the names of the others.
fn take_over(
    stored: &Map<String, Value>,
    kept: &mut Map<String, Value>,
    readable: &dyn Fn(Value) -> Option<AgentConfig>,
) -> Vec<String> {
    let mut passed_over = Vec::new();
    for (name, value) in stored {
        let alone = |value: Value| Value::Object(Map::from_iter([(name.clone(), value)]));
        if readable(alone(value.clone())).is_some() {
            kept.insert(name.clone(), value.clone());
            continue;
        }
        let mut inner_kept = Map::new();
        if let Value::Object(inner) = value {
            let inner_readable = |inner: Value| readable(alone(inner));
            let inner_passed_over = take_over(inner, &mut inner_kept, &inner_readable);
            passed_over.extend(inner_passed_over.into_iter().map(|inner| format!("{name}.{inner}")));
        }
        if inner_kept.is_empty() {
            passed_over.push(name.clone());
        } else {
            kept.insert(name.clone(), Value::Object(inner_kept));
        }
    }
    passed_over
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use studioconnect_domain::agent::Vad;

    #[test]
    fn what_is_missing_takes_its_default() {
        let read = config(json!({"agentName": "Ada"})).unwrap();
        assert_eq!(read, AgentConfig { agent_name: "Ada".into(), ..AgentConfig::default() });
        assert_eq!(config(json!({})), Some(AgentConfig::default()));
    }

    #[test]
    fn what_is_unknown_or_unreadable_is_passed_over_at_any_depth() {
        let read = config(json!({
            "agentName": "Ada",
            "mood": "sunny",
            "maxCallSeconds": "an hour",
            "vad": {"type": "telepathic", "threshold": 0.25, "aura": 3},
        }));
        let expected = AgentConfig {
            agent_name: "Ada".into(),
            vad: Vad { threshold: 0.25, ..Vad::default() },
            ..AgentConfig::default()
        };
        assert_eq!(read, Some(expected));
    }

    #[test]
    fn nothing_readable_is_told_as_such() {
        for stored in [json!(null), json!([1, 2]), json!("x"), json!({"mood": "sunny"}), json!({"voice": 5})]
        {
            assert_eq!(config(stored.clone()), None, "{stored}");
        }
    }
}
