//! What stands in the fields of a settings form: the stored settings, or what was typed and not taken.

use super::refused::Overtaken;
use crate::input::Form;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Texts of fields by their names, which are paths in the JSON of the API: `vad.threshold`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values(BTreeMap<String, String>);

impl Values {
    /// The fields of stored settings.
    pub(crate) fn of(settings: &Value) -> Self {
        let mut values = BTreeMap::new();
        flatten("", settings, &mut values);
        Self(values)
    }

    /// The same with what was typed over them. A box that was not ticked is not in a form.
    pub(crate) fn typed_over(mut self, form: &Form, names: &[&str]) -> Self {
        for name in names {
            let was_box = self.0.get(*name).is_some_and(|text| matches!(text.as_str(), "true" | "false"));
            let text = if was_box { form.ticked(name).to_string() } else { form.text(name).to_owned() };
            self.0.insert((*name).to_owned(), text);
        }
        self
    }

    /// Fields in which these values are others than the stored ones.
    pub(crate) fn beside<'a>(
        &'a self,
        stored: &'a Self,
        names: &'a [&str],
    ) -> impl Iterator<Item = Overtaken<'a>> {
        let shown = |text: &str| match text {
            "true" => "ticked".to_owned(),
            "false" => "not ticked".to_owned(),
            text => text.to_owned(),
        };
        names.iter().map(move |field| Overtaken {
            field,
            typed: shown(self.get(field)),
            current: shown(stored.get(field)),
        })
    }

    /// What stands in a field.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Whether a field says so.
    pub(crate) fn is(&self, name: &str, text: &str) -> bool {
        self.get(name) == text
    }

    /// Whether a box is ticked.
    pub(crate) fn ticked(&self, name: &str) -> bool {
        self.is(name, "true")
    }
}

fn flatten(path: &str, value: &Value, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(&path, value, into);
            }
        }
        Value::String(text) => drop(into.insert(path.to_owned(), text.clone())),
        Value::Null | Value::Array(_) => {}
        other => drop(into.insert(path.to_owned(), shown(other))),
    }
}

/// A number as a person writes it: settings of single precision come out of JSON with the digits of double precision.
fn shown(value: &Value) -> String {
    match value.as_f64() {
        Some(number) if value.is_f64() => format!("{}", number as f32),
        _ => value.to_string(),
    }
}

/// The fields of a form as the JSON that the API takes. `stored` tells what is a number and what is a box.
pub(crate) fn json_of(form: &Form, names: &[&str], stored: &Value) -> Map<String, Value> {
    let mut whole = Map::new();
    for name in names {
        let pointer = format!("/{}", name.replace('.', "/"));
        let value = match stored.pointer(&pointer) {
            Some(Value::Bool(_)) => Value::Bool(form.ticked(name)),
            // What is no number is refused where numbers are checked.
            Some(Value::Number(_)) => serde_json::from_str(form.text(name))
                .map_or_else(|_| Value::String(form.text(name).to_owned()), Value::Number),
            _ => Value::String(form.text(name).to_owned()),
        };
        match name.split_once('.') {
            None => drop(whole.insert((*name).to_owned(), value)),
            Some((outer, inner)) => {
                let part = whole.entry(outer).or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(part) = part {
                    part.insert(inner.to_owned(), value);
                }
            }
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn form(pairs: &[(&str, &str)]) -> Form {
        Form(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_form_becomes_the_json_of_the_api() {
        let stored = json!({"name": "Mia", "limit": 3, "isOn": true, "vad": {"threshold": 0.5}});
        let names = ["name", "limit", "isOn", "vad.threshold"];
        let read =
            json_of(&form(&[("name", " Ada "), ("limit", "7"), ("vad.threshold", "0.25")]), &names, &stored);
        assert_eq!(
            Value::Object(read),
            json!({"name": "Ada", "limit": 7, "isOn": false, "vad": {"threshold": 0.25}})
        );
        let read = json_of(&form(&[("limit", "many"), ("vad.threshold", "")]), &names, &stored);
        assert_eq!((&read["limit"], &read["vad"]["threshold"]), (&json!("many"), &json!("")));
    }

    #[test]
    fn what_was_typed_stands_in_the_form_again() {
        let stored = Values::of(&json!({"limit": 3, "isOn": true, "t": 0.7_f32}));
        assert_eq!((stored.get("limit"), stored.get("t")), ("3", "0.7"));
        let typed = stored.typed_over(&form(&[("limit", "many")]), &["limit", "isOn"]);
        assert!(typed.is("limit", "many") && !typed.ticked("isOn"));
    }
}
