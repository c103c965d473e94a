//! The REST side from the outside, over plain HTTP.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Response;
use serde_json::{Value, json};

use super::{RestFault, Route};
use crate::realtime::{RealtimeServer, RealtimeSettings};
use crate::speech::{BYTES_PER_MS, clip};
use crate::wav;

#[expect(clippy::disallowed_methods, reason = "connectors may not be used here; a loopback needs no TLS")]
fn client() -> reqwest::Client {
    reqwest::Client::new()
}

async fn server(change: impl FnOnce(&mut RealtimeSettings)) -> RealtimeServer {
    let mut settings = RealtimeSettings::default();
    change(&mut settings);
    RealtimeServer::start(settings).await.unwrap()
}

async fn post(server: &RealtimeServer, path: &str, body: &Value) -> Response {
    client().post(format!("{}{path}", server.base_url())).json(body).send().await.unwrap()
}

async fn refusal(server: &RealtimeServer, path: &str, body: &Value) -> (u16, String, String) {
    let response = post(server, path, body).await;
    let status = response.status().as_u16();
    let error: Value = response.json().await.unwrap_or_default();
    let text = |name: &str| error["error"][name].as_str().unwrap_or_default().to_owned();
    (status, text("code"), text("param"))
}

fn user(words: &str) -> Value {
    json!({"model": "gpt-6-luna", "messages": [{"role": "user", "content": words}]})
}

fn with(mut body: Value, fields: Value) -> Value {
    let (Value::Object(known), Value::Object(more)) = (&mut body, fields) else { panic!("no object") };
    known.extend(more);
    body
}

fn tools() -> Value {
    json!({"reasoning_effort": "none", "tools": [{"type": "function",
        "function": {"name": "save_answer", "parameters": {"type": "object", "properties": {}}}}]})
}

/// Row 116. Each line: what is added to a good request, and what it is refused for.
#[tokio::test]
async fn a_chat_that_the_real_service_refuses_is_refused() {
    let server = server(|_| {}).await;
    let call = json!({"id": "a", "type": "function", "function": {"name": "save_answer", "arguments": "{}"}});
    let asks = json!({"role": "assistant", "content": null, "tool_calls": [call]});
    let loose = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]});
    #[rustfmt::skip]
    let cases = [
        (json!({"model": "gpt-4"}), (404, "model_not_found", "model")),
        (json!({"messages": []}), (400, "empty_array", "messages")),
        (json!({"messages": [{"role": "agent", "content": "x"}]}), (400, "invalid_value", "messages[0].role")),
        (json!({"messages": [{"role": "user"}]}), (400, "missing_required_parameter", "messages[0].content")),
        (json!({"messages": [{"role": "assistant", "content": null}]}), (400, "invalid_value", "messages[0].content")),
        (json!({"messages": [asks]}), (400, "invalid_value", "messages")),
        (json!({"messages": [asks, {"role": "user", "content": "x"}]}), (400, "invalid_value", "messages[1]")),
        (json!({"messages": [{"role": "tool", "tool_call_id": "a", "content": "x"}]}), (400, "invalid_value", "messages[0]")),
        (json!({"temperature": 0.7}), (400, "unsupported_value", "temperature")),
        (json!({"max_tokens": 50}), (400, "unsupported_parameter", "max_tokens")),
        (json!({"max_completion_tokens": 0}), (400, "invalid_value", "max_completion_tokens")),
        (json!({"stream_options": {"include_usage": true}}), (400, "invalid_value", "stream_options")),
        (json!({"tool_choice": "auto"}), (400, "invalid_value", "tool_choice")),
        (json!({"tools": []}), (400, "empty_array", "tools")),
        (with(tools(), json!({"reasoning_effort": "low"})), (400, "unsupported_value", "reasoning_effort")),
        (json!({"tools": [{"type": "function", "name": "flat"}]}), (400, "missing_required_parameter", "tools[0].function")),
        (json!({"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": loose}}}),
            (400, "invalid_json_schema", "response_format.json_schema.schema")),
        (json!({"max_output_tokens": 5}), (400, "unknown_parameter", "max_output_tokens")),
    ];
    for (change, (status, code, param)) in &cases {
        let refused = refusal(&server, "/chat/completions", &with(user("Hello"), change.clone())).await;
        assert_eq!((refused.0, refused.1.as_str(), refused.2.as_str()), (*status, *code, *param), "{change}");
    }
    assert_eq!(server.rest_violations().len(), cases.len());
    server.clear_rest_violations();
    let good = with(
        user("Hello"),
        with(
            tools(),
            json!({"messages": [
        {"role": "system", "content": "Be kind."}, {"role": "user", "content": "x"}, asks,
        {"role": "tool", "tool_call_id": "a", "content": "saved"}]}),
        ),
    );
    assert_eq!(post(&server, "/chat/completions", &good).await.status(), 200);
    assert_eq!(server.rest_violations(), []);
}

/// Row 116.
#[tokio::test]
async fn a_stream_tells_words_calls_usage_and_the_end() {
    let server = server(|_| {}).await;
    let body = with(
        user("My kitchen tap is leaking"),
        with(tools(), json!({"stream": true, "stream_options": {"include_usage": true}})),
    );
    for fault in [None, Some(RestFault::SingleBytes)] {
        server.change_rest(|rest| rest.faults = fault.into_iter().map(RestFault::always).collect());
        let text = post(&server, "/chat/completions", &body).await.text().await.unwrap();
        let events: Vec<&str> = text.split("\n\n").filter_map(|event| event.strip_prefix("data: ")).collect();
        assert_eq!(events.last(), Some(&"[DONE]"));
        let events: Vec<Value> =
            events[..events.len() - 1].iter().map(|event| serde_json::from_str(event).unwrap()).collect();
        assert_eq!(events[0]["choices"][0]["delta"]["role"], "assistant");
        let fragments: String = events
            .iter()
            .filter_map(|event| {
                event["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"].as_str()
            })
            .collect();
        assert_eq!(serde_json::from_str::<Value>(&fragments).unwrap()["question"], "q4");
        let (last, before) = (&events[events.len() - 1], &events[events.len() - 2]);
        assert_eq!(before["choices"][0]["finish_reason"], "tool_calls");
        assert_eq!(last["choices"], json!([]));
        assert!(last["usage"]["total_tokens"].as_u64().unwrap() > 10);
    }
    assert_eq!(server.rest_violations(), []);
}

#[tokio::test]
async fn an_answer_in_a_shape_fits_it_and_a_limit_cuts() {
    let server = server(|_| {}).await;
    let schema = json!({"type": "object", "additionalProperties": false, "required": ["kind", "note"],
        "properties": {"kind": {"enum": ["lead", "other"]}, "note": {"type": ["string", "null"]}}});
    let format = json!({"response_format": {"type": "json_schema", "json_schema": {"name": "sort", "strict": true, "schema": schema}}});
    let answer: Value = post(&server, "/chat/completions", &with(user("When are you open?"), format))
        .await
        .json()
        .await
        .unwrap();
    let content = answer["choices"][0]["message"]["content"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(content).unwrap(), json!({"kind": "lead", "note": ""}));
    let short = with(user("When are you open?"), json!({"max_completion_tokens": 3}));
    let answer: Value = post(&server, "/chat/completions", &short).await.json().await.unwrap();
    assert_eq!(answer["choices"][0]["finish_reason"], "length");
    assert_eq!(answer["choices"][0]["message"]["content"].as_str().unwrap().len(), 12);
}

/// Row 116.
#[tokio::test]
async fn vectors_are_the_same_each_time_and_close_where_words_are_shared() {
    let server = server(|_| {}).await;
    let body = json!({"model": "text-embedding-3-small", "input": ["We open at eight", "when do you open", "roses are red"]});
    let answer: Value = post(&server, "/embeddings", &body).await.json().await.unwrap();
    assert_eq!(answer, post(&server, "/embeddings", &body).await.json::<Value>().await.unwrap());
    let vector =
        |at: usize| -> Vec<f64> { serde_json::from_value(answer["data"][at]["embedding"].clone()).unwrap() };
    let likeness = |a: usize, b: usize| -> f64 { vector(a).iter().zip(vector(b)).map(|(a, b)| a * b).sum() };
    assert_eq!(vector(0).len(), 1536);
    assert!((likeness(0, 0) - 1.0).abs() < 1e-3);
    assert!(likeness(0, 1) > 0.15 && likeness(0, 2).abs() < 0.1, "{} {}", likeness(0, 1), likeness(0, 2));
    let packed: Value =
        post(&server, "/embeddings", &with(body.clone(), json!({"encoding_format": "base64"})))
            .await
            .json()
            .await
            .unwrap();
    let bytes = STANDARD.decode(packed["data"][0]["embedding"].as_str().unwrap()).unwrap();
    assert_eq!(bytes.len(), 1536 * 4);
    for (change, code) in [
        (json!({"model": "gpt-6-luna"}), "model_not_found"),
        (json!({"input": ""}), "invalid_value"),
        (json!({"input": []}), "invalid_value"),
        (json!({"input": ["a", ""]}), "invalid_value"),
        (json!({"input": "word ".repeat(7_000)}), "context_length_exceeded"),
        (json!({"dimensions": 2_000}), "invalid_value"),
        (json!({"model": "text-embedding-ada-002", "dimensions": 10}), "invalid_value"),
    ] {
        assert_eq!(
            refusal(&server, "/embeddings", &with(body.clone(), change.clone())).await.1,
            code,
            "{change}"
        );
    }
}

/// Row 116. What is spoken can be heard again.
#[tokio::test]
async fn speech_is_the_sound_of_the_words_and_is_understood_when_it_comes_back() {
    let server = server(|_| {}).await;
    let said = clip("greeting").unwrap();
    let body =
        json!({"model": "gpt-4o-mini-tts", "voice": "marin", "input": said.text, "response_format": "wav"});
    let answer = post(&server, "/audio/speech", &body).await;
    assert_eq!(answer.headers()["content-type"], "audio/wav");
    let file = answer.bytes().await.unwrap();
    assert_eq!(wav::to_ulaw(&file).unwrap(), said.ulaw);
    let raw = post(&server, "/audio/speech", &with(body.clone(), json!({"response_format": "pcm"})))
        .await
        .bytes()
        .await
        .unwrap();
    assert_eq!(raw.len(), said.ulaw.len() * 6, "24 kHz, two bytes each");
    for (change, param) in [
        (json!({"voice": "sarah"}), "voice"),
        (json!({"model": "tts-1"}), "voice"),
        (json!({"model": "gpt-6-luna"}), "model"),
        (json!({"input": ""}), "input"),
        (json!({"input": "a".repeat(4_097)}), "input"),
        (json!({"response_format": "mp3"}), "response_format"),
        (json!({"format": "wav"}), "format"),
    ] {
        assert_eq!(
            refusal(&server, "/audio/speech", &with(body.clone(), change.clone())).await.2,
            param,
            "{change}"
        );
    }
    let refused = server.rest_violations().len();
    assert_eq!(refused, 7);
    let boundary = "sEpArAtOr";
    let mut form = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\ngpt-transcribe\r\n--{boundary}\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"call.wav\"\r\nContent-Type: audio/wav\r\n\r\n"
    ).into_bytes();
    form.extend_from_slice(&file);
    form.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let upload = async |form: Vec<u8>| {
        let request = client().post(format!("{}/audio/transcriptions", server.base_url()));
        request
            .header("content-type", format!("multipart/form-data; boundary={boundary}"))
            .body(form)
            .send()
            .await
            .unwrap()
    };
    let heard: Value = upload(form.clone()).await.json().await.unwrap();
    assert_eq!(heard["text"], said.text);
    assert_eq!(heard["usage"]["seconds"], (said.ulaw.len() / BYTES_PER_MS).div_ceil(1_000));
    assert_eq!(server.rest_violations().len(), refused);
    form.truncate(form.len() - 8);
    assert_eq!(upload(form).await.status(), 400, "the closing boundary is cut off");
    assert_eq!(upload(b"model=x".to_vec()).await.status(), 400);
}

/// Row 116.
#[tokio::test]
async fn a_wrong_key_is_refused_and_remembered() {
    let keyed = server(|settings| settings.api_key = Some("sk-right".to_owned())).await;
    assert_eq!(refusal(&keyed, "/chat/completions", &user("Hi")).await.0, 401);
    assert_eq!(keyed.rest_violations()[0].code, "invalid_api_key");
    assert_eq!(keyed.violations(), []);
}

/// Row 116.
#[tokio::test]
async fn coming_back_before_the_time_is_a_violation_and_after_it_is_none() {
    let server = server(|settings| {
        settings.rest.faults = vec![RestFault::rate_limited("0.2").first(2).on(Route::Chat)];
    })
    .await;
    post(&server, "/chat/completions", &user("Hi")).await;
    post(&server, "/chat/completions", &user("Hi")).await;
    assert_eq!(server.rest_violations()[0].code, "came_back_too_early");
    server.clear_rest_violations();
    let at = server.rest_requests()[1].at;
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert_eq!(post(&server, "/chat/completions", &user("Hi")).await.status(), 200);
    assert_eq!(server.rest_violations(), []);
    let requests = server.rest_requests();
    assert!(requests[2].at >= at + Duration::from_millis(200));
    assert_eq!(requests.iter().map(|request| request.status).collect::<Vec<_>>(), [429, 429, 200]);
}
