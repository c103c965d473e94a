//! What the simulated model answers in a chat: the same rules as on the phone, held against the conversation that came.

use serde_json::{Map, Value, json};

use super::super::brain::{Brain, Rule, ToolCall, UNDERSTOOD, When};

/// What is said and called.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Reply {
    pub(super) say: String,
    pub(super) calls: Vec<ToolCall>,
}

/// Decides the answer to a conversation.
pub(super) fn reply(brain: &Brain, messages: &[Value]) -> Reply {
    let Brain::Script(rules) = brain else {
        return Reply { say: UNDERSTOOD.to_owned(), calls: Vec::new() };
    };
    let role = |message: &Value| message.get("role").and_then(Value::as_str).map(str::to_owned);
    let tools_answered = messages.last().and_then(role).as_deref() == Some("tool");
    let heard = messages.iter().rev().find(|message| role(message).as_deref() == Some("user"));
    let heard = heard.map(text_of).unwrap_or_default().to_lowercase();
    let applies =
        |rule: &&Rule| matches!(&rule.when, When::Heard(part) if heard.contains(&part.to_lowercase()));
    let otherwise = |rule: &&Rule| rule.when == When::Otherwise;
    let rule = rules.iter().find(applies).or_else(|| rules.iter().find(otherwise));
    match rule {
        Some(rule) if tools_answered => {
            let say = rule.then_say_after_tools.clone().unwrap_or_else(|| rule.say.clone());
            Reply { say, calls: Vec::new() }
        }
        Some(rule) => Reply { say: rule.say.clone(), calls: rule.calls.clone() },
        None => Reply { say: told(messages).unwrap_or_else(|| UNDERSTOOD.to_owned()), calls: Vec::new() },
    }
}

/// What the client wants said, as a model does what it is told: the last text that stands between `<<<` and `>>>` in what the
/// client said last by itself.
fn told(messages: &[Value]) -> Option<String> {
    let of_client = |message: &&Value| message.get("role").and_then(Value::as_str) == Some("system");
    let text = text_of(messages.iter().rev().find(of_client)?);
    let (before, _) = text.rsplit_once(">>>")?;
    let (_, told) = before.rsplit_once("<<<")?;
    Some(told.trim().to_owned()).filter(|told| !told.is_empty())
}

/// The words of a message, whichever way they are given.
pub(super) fn text_of(message: &Value) -> String {
    match message.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let texts = parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str));
            texts.collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    }
}

/// The plainest value that a schema allows.
pub(super) fn sample_of(schema: &Value) -> Value {
    if let Some(first) = schema.get("enum").and_then(Value::as_array).and_then(|list| list.first()) {
        return first.clone();
    }
    if let Some(first) = schema.get("anyOf").and_then(Value::as_array).and_then(|list| list.first()) {
        return sample_of(first);
    }
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str),
        other => other.and_then(Value::as_str),
    };
    match kind {
        Some("object") => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let fields = properties.into_iter().flatten().map(|(name, of)| (name.clone(), sample_of(of)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        Some("array") => json!([]),
        Some("string") => json!(""),
        Some("integer" | "number") => json!(0),
        Some("boolean") => json!(false),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_without_a_rule_says_what_it_is_told_and_else_that_it_understood() {
        let brain = Brain::Script(Vec::new());
        let user = json!({"role": "user", "content": "Do you say <<< anything >>>?"});
        let told = json!({"role": "system", "content": "Known:\n<<<\nx\n>>>\nSay:\n<<<\nWhat is your name?\n>>>\nBe brief."});
        assert_eq!(reply(&brain, &[told, user.clone()]).say, "What is your name?");
        assert_eq!(reply(&brain, &[json!({"role": "system", "content": "Be kind."}), user]).say, UNDERSTOOD);
    }
}
