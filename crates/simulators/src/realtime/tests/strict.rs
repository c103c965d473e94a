use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::SinkExt as _;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::client::{Client, server};
use crate::speech::silence;

/// Updates that fit the tables and break a rule between fields.
#[tokio::test]
async fn rules_between_fields_refuse_the_whole_update() {
    let server = server(|_| {}).await;
    let mut client = Client::connect(&server).await;
    let before = server.sessions()[0].config.clone();
    let transcription = |fields: Value| json!({"audio": {"input": {"transcription": fields}}});
    let cases = [
        (json!({"model": "gpt-realtime-2.1"}), "session.model"),
        (json!({"tool_choice": {"type": "function", "name": "fly"}}), "session.tool_choice"),
        (transcription(json!({"model": "gpt-9"})), "session.audio.input.transcription.model"),
        (
            transcription(json!({"model": "gpt-transcribe", "delay": "low"})),
            "session.audio.input.transcription.delay",
        ),
        (
            transcription(json!({"model": "gpt-realtime-whisper", "prompt": "names"})),
            "session.audio.input.transcription.prompt",
        ),
        (
            transcription(json!({"model": "whisper-1", "keywords": ["tap"]})),
            "session.audio.input.transcription.keywords",
        ),
    ];
    for (mut session, param) in cases {
        let fields = session.as_object_mut().unwrap();
        fields.insert("type".to_owned(), json!("realtime"));
        fields.insert("instructions".to_owned(), json!("must not be applied"));
        let error =
            client.refused(&json!({"type": "session.update", "event_id": "e-1", "session": session})).await;
        assert_eq!((&error["code"], &error["param"]), (&json!("invalid_value"), &json!(param)), "{error}");
        assert_eq!((&error["event_id"], &error["type"]), (&json!("e-1"), &json!("invalid_request_error")));
    }
    assert_eq!(server.sessions()[0].config, before);
    assert_eq!(server.violations().len(), 6);
    assert_eq!(server.violations()[0].event["session"]["model"], "gpt-realtime-2.1");
}

#[tokio::test]
async fn reasoning_is_for_the_second_generation_only() {
    let server = server(|_| {}).await;
    let reasoning = json!({"type": "realtime", "reasoning": {"effort": "minimal"}});
    let mut client = Client::connect(&server).await;
    client.update(&reasoning).await;
    let mut older = Client::try_connect(&server, "?model=gpt-realtime-1.5", &[]).await.unwrap();
    older.event().await;
    let error = older.refused(&json!({"type": "session.update", "session": reasoning})).await;
    assert_eq!(error["param"], "session.reasoning");
}

#[tokio::test]
async fn the_voice_stays_once_it_was_heard() {
    let server = server(|_| {}).await;
    let mut client = Client::connect(&server).await;
    let voice = |name: &str| json!({"type": "realtime", "audio": {"output": {"voice": name}}});
    client.update(&voice("marin")).await;
    client.ask_for("Good day.").await;
    client.update(&voice("marin")).await;
    let error = client.refused(&json!({"type": "session.update", "session": voice("cedar")})).await;
    assert_eq!(
        (&error["code"], &error["param"]),
        (&json!("cannot_update_voice"), &json!("session.audio.output.voice"))
    );
    let response = json!({"audio": {"output": {"voice": "cedar"}}});
    let error = client.refused(&json!({"type": "response.create", "response": response})).await;
    assert_eq!(error["param"], "response.audio.output.voice");
}

#[tokio::test]
async fn what_is_no_event_is_refused_and_the_session_lives_on() {
    let server = server(|_| {}).await;
    let mut client = Client::connect(&server).await;
    for text in ["{", "[]", "\"hello\""] {
        client.socket.send(Message::text(text)).await.unwrap();
        assert_eq!(client.event().await["error"]["code"], "invalid_event");
    }
    client.socket.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(client.event().await["error"]["code"], "invalid_event");
    let error = client.refused(&json!({"type": "session.dance", "event_id": "e"})).await;
    assert_eq!((&error["code"], &error["param"]), (&json!("invalid_value"), &json!("type")));
    let codes: Vec<String> = server.violations().into_iter().map(|violation| violation.code).collect();
    assert_eq!(codes, ["invalid_event", "invalid_event", "invalid_event", "binary_frame", "invalid_value"]);
    client.update(&json!({"type": "realtime"})).await;
}

#[tokio::test]
async fn audio_has_to_be_base64_and_to_wait_for_the_session() {
    let server = server(|_| {}).await;
    let mut client = Client::connect(&server).await;
    client.append(&silence(40)).await;
    let error = client.refused(&json!({"type": "input_audio_buffer.append", "audio": "*not base64*"})).await;
    assert_eq!((&error["code"], &error["param"]), (&json!("invalid_value"), &json!("audio")));
    let found = server.violations();
    let codes: Vec<&str> = found.iter().map(|violation| violation.code.as_str()).collect();
    assert_eq!(codes, ["audio_before_session_updated", "invalid_value"]);
    assert_eq!(found[0].event["audio"], format!("{} characters", STANDARD.encode([0; 160]).len()));
}

#[tokio::test]
async fn commits_cancels_and_responses_need_their_moment() {
    let server = server(|_| {}).await;
    let mut client = Client::connect(&server).await;
    let manual = json!({"type": "realtime", "audio": {"input": {
        "format": {"type": "audio/pcmu"}, "turn_detection": null}}});
    client.update(&manual).await;
    client.append(&silence(80)).await;
    let error = client.refused(&json!({"type": "input_audio_buffer.commit"})).await;
    assert_eq!(error["code"], "input_audio_buffer_commit_empty");
    let error = client.refused(&json!({"type": "response.cancel"})).await;
    assert_eq!(error["code"], "response_cancel_not_active");
    assert!(error["message"].as_str().unwrap().starts_with("Cancellation failed"));
    client.send(&json!({"type": "response.create"})).await;
    client.until("rate_limits.updated").await;
    let error = client.refused(&json!({"type": "response.create", "event_id": "second"})).await;
    assert_eq!(error["code"], "conversation_already_has_active_response");
    assert_eq!(error["event_id"], "second");
    client.append(&silence(60)).await;
    client.send(&json!({"type": "input_audio_buffer.commit"})).await;
    client.until("input_audio_buffer.committed").await;
}
