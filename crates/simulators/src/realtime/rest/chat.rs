//! `POST /v1/chat/completions`.

use axum::response::{IntoResponse as _, Json, Response};
use serde_json::{Value, json};

use super::faults::{RestFault, Route};
use super::stream;
use super::words::{self, Reply};
use crate::realtime::hub::Hub;
use crate::realtime::schema::{CHAT, Refusal};
use crate::realtime::settings::Dialect;
use crate::realtime::usage::text_tokens;

/// An answer before it is put on the wire.
pub(super) struct Completion {
    pub(super) model: String,
    pub(super) reply: Reply,
    pub(super) finish: &'static str,
    pub(super) usage: Value,
}

pub(super) fn answer(hub: &Hub, body: &Value, fault: Option<&RestFault>) -> Result<Response, Refusal> {
    CHAT.check(body, "")?;
    check_model(hub, body)?;
    check_options(body)?;
    let messages = body.get("messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    check_order(messages)?;
    let settings = hub.desk.settings();
    let reply = words::reply(&settings.brain, messages);
    let completion = complete(hub, body, messages, reply);
    if body.get("stream") == Some(&Value::Bool(true)) {
        let wants_usage = body.pointer("/stream_options/include_usage") == Some(&Value::Bool(true));
        return Ok(stream::response(&settings, &completion, wants_usage, fault));
    }
    Ok(Json(whole(&completion)).into_response())
}

fn check_model(hub: &Hub, body: &Value) -> Result<(), Refusal> {
    let model = body.get("model").and_then(Value::as_str).unwrap_or_default();
    let is_known = hub.desk.settings().chat_models.iter().any(|known| known == model);
    // A self-hosted server takes any name.
    if !is_known && hub.settings.dialect == Dialect::Ga {
        return Err(super::no_such_model(model));
    }
    let reasons = model.starts_with("gpt-5") || model.starts_with("gpt-6");
    if reasons { check_reasoning(model, body) } else { Ok(()) }
}

/// What current models refuse (section 1).
fn check_reasoning(model: &str, body: &Value) -> Result<(), Refusal> {
    if body.get("max_tokens").is_some() {
        let message = format!(
            "Unsupported parameter: 'max_tokens' is not supported with {model}. Use 'max_completion_tokens'."
        );
        return Err(Refusal::new("unsupported_parameter", "max_tokens", message));
    }
    for name in ["temperature", "top_p"] {
        if body.get(name).and_then(Value::as_f64).is_some_and(|value| (value - 1.0).abs() > f64::EPSILON) {
            let message = format!(
                "Unsupported value: '{name}' does not support this value with {model}. Only 1 is supported."
            );
            return Err(Refusal::new("unsupported_value", name, message));
        }
    }
    let has_tools = body.get("tools").and_then(Value::as_array).is_some_and(|tools| !tools.is_empty());
    if has_tools && body.get("reasoning_effort").and_then(Value::as_str) != Some("none") {
        let message = format!(
            "Function tools with reasoning are not supported for {model} here. Set 'reasoning_effort' to 'none'."
        );
        return Err(Refusal::new("unsupported_value", "reasoning_effort", message));
    }
    Ok(())
}

fn check_options(body: &Value) -> Result<(), Refusal> {
    let is_stream = body.get("stream") == Some(&Value::Bool(true));
    if body.get("stream_options").is_some() && !is_stream {
        return Err(Refusal::invalid(
            "stream_options",
            "'stream_options' is only allowed when 'stream' is enabled.",
        ));
    }
    let tools = body.get("tools").and_then(Value::as_array);
    if tools.is_some_and(Vec::is_empty) {
        return Err(Refusal::new("empty_array", "tools", "[] is too short - 'tools'"));
    }
    for name in ["tool_choice", "parallel_tool_calls"] {
        if body.get(name).is_some() && tools.is_none() {
            return Err(Refusal::invalid(
                name,
                format!("'{name}' is only allowed when 'tools' are specified."),
            ));
        }
    }
    if body.get("messages").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        return Err(Refusal::new("empty_array", "messages", "[] is too short - 'messages'"));
    }
    Ok(())
}

/// Every call is answered directly after, and nothing is answered that was not called (section 2).
fn check_order(messages: &[Value]) -> Result<(), Refusal> {
    let mut open: Vec<&str> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let path = format!("messages[{at}]");
        let role = message.get("role").and_then(Value::as_str).unwrap_or_default();
        if role == "tool" {
            let id = message.get("tool_call_id").and_then(Value::as_str).unwrap_or_default();
            let Some(place) = open.iter().position(|known| *known == id) else {
                let said =
                    "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'.";
                return Err(Refusal::invalid(&path, said));
            };
            open.remove(place);
            continue;
        }
        if !open.is_empty() {
            return Err(unanswered(&path));
        }
        let calls = message.get("tool_calls").and_then(Value::as_array).into_iter().flatten();
        open = calls.filter_map(|call| call.get("id").and_then(Value::as_str)).collect();
        if role == "assistant" && open.is_empty() && message.get("content").is_none_or(Value::is_null) {
            return Err(Refusal::invalid(&format!("{path}.content"), "expected a string, got null."));
        }
    }
    if open.is_empty() { Ok(()) } else { Err(unanswered("messages")) }
}

fn unanswered(path: &str) -> Refusal {
    let said = "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.";
    Refusal::invalid(path, said)
}

fn complete(hub: &Hub, body: &Value, messages: &[Value], mut reply: Reply) -> Completion {
    let offered: Vec<&str> = body
        .get("tools")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|tool| tool.pointer("/function/name").and_then(Value::as_str))
        .collect();
    let may_call = body.get("tool_choice").and_then(Value::as_str) != Some("none");
    reply.calls.retain(|call| {
        let is_offered = offered.contains(&call.name.as_str());
        if !is_offered && !offered.is_empty() {
            let message =
                format!("The script calls '{}', which is not among the request's tools.", call.name);
            hub.desk.report(Route::Chat, &Refusal::new("script_tool_missing", "tools", message));
        }
        is_offered && may_call
    });
    if let Some(schema) = body.pointer("/response_format/json_schema/schema")
        && serde_json::from_str::<Value>(&reply.say).is_err()
    {
        reply.say = words::sample_of(schema).to_string();
    }
    if reply.say.is_empty() && reply.calls.is_empty() {
        crate::realtime::brain::UNDERSTOOD.clone_into(&mut reply.say);
    }
    let limit = ["max_completion_tokens", "max_tokens"]
        .into_iter()
        .find_map(|name| body.get(name).and_then(Value::as_u64));
    let is_cut = limit.is_some_and(|limit| text_tokens(&reply.say) > limit);
    if let Some(limit) = limit.filter(|_| is_cut) {
        reply.say = reply.say.chars().take(limit as usize * 4).collect();
    }
    let finish = match () {
        () if is_cut => "length",
        () if !reply.calls.is_empty() => "tool_calls",
        () => "stop",
    };
    let sent: u64 = messages.iter().map(|message| text_tokens(&message.to_string())).sum();
    let sent = sent + body.get("tools").map_or(0, |tools| text_tokens(&tools.to_string()));
    let called: u64 = reply
        .calls
        .iter()
        .map(|call| text_tokens(&call.name) + text_tokens(&call.arguments.to_string()))
        .sum();
    let made = text_tokens(&reply.say) + called;
    let usage = json!({
        "prompt_tokens": sent, "completion_tokens": made, "total_tokens": sent + made,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    });
    let model = body.get("model").and_then(Value::as_str).unwrap_or_default().to_owned();
    Completion { model, reply, finish, usage }
}

/// The call on the wire, with an id that tells its place.
pub(super) fn wire_call(at: usize, name: &str, arguments: &Value) -> Value {
    let function = json!({"name": name, "arguments": arguments.to_string()});
    json!({"id": format!("call_sim{at}"), "type": "function", "function": function})
}

fn whole(completion: &Completion) -> Value {
    let calls = completion.reply.calls.iter().enumerate();
    let calls: Vec<Value> = calls.map(|(at, call)| wire_call(at, &call.name, &call.arguments)).collect();
    let content =
        if completion.reply.say.is_empty() { Value::Null } else { completion.reply.say.clone().into() };
    let mut message = json!({"role": "assistant", "content": content, "refusal": null, "annotations": []});
    if let Some(fields) = message.as_object_mut().filter(|_| !calls.is_empty()) {
        fields.insert("tool_calls".to_owned(), calls.into());
    }
    json!({
        "id": "chatcmpl-sim", "object": "chat.completion", "created": 1_790_000_000, "model": completion.model,
        "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": completion.finish}],
        "usage": completion.usage, "service_tier": "default",
    })
}
