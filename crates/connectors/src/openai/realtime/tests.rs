use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn settings() -> SessionSettings {
    SessionSettings {
        instructions: "Be kind.".into(),
        voice: "marin".into(),
        language: Some("en".into()),
        transcription_model: "gpt-transcribe".into(),
        detection: Detection::Server { threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 500 },
        noise: None,
        tools: vec![Tool {
            name: "end_call".into(),
            description: "Ends".into(),
            parameters: json!({"type": "object"}),
        }],
        max_output_tokens: 1200,
        temperature: 0.7,
        reasoning: Some("low".into()),
        audio: AudioKind::Pcmu,
    }
}

fn written(event: &ClientEvent, dialect: Dialect) -> Value {
    serde_json::from_str(&event.write(dialect, "e1")).unwrap()
}

#[test]
fn the_ga_session_update_nests_audio_and_has_no_key_the_service_refuses() {
    let event = written(&ClientEvent::SessionUpdate(Box::new(settings())), Dialect::Ga);
    let session = &event["session"];
    assert_eq!(session["type"], "realtime");
    assert_eq!(session["audio"]["input"]["format"], json!({"type": "audio/pcmu"}));
    assert_eq!(
        session["audio"]["input"]["turn_detection"],
        json!({"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 500,
               "create_response": false, "interrupt_response": false})
    );
    for gone in
        ["temperature", "modalities", "voice", "input_audio_format", "max_response_output_tokens", "prompt"]
    {
        assert!(session.get(gone).is_none(), "{gone}");
    }
}

#[test]
fn the_beta_session_update_is_flat_and_keeps_the_temperature_in_its_range() {
    let mut settings = settings();
    settings.temperature = 0.2;
    let event = written(&ClientEvent::SessionUpdate(Box::new(settings)), Dialect::Beta);
    let session = &event["session"];
    assert_eq!(session["input_audio_format"], "g711_ulaw");
    assert_eq!(session["voice"], "alloy", "marin came later");
    assert_eq!(session["temperature"], json!(0.6));
    for newer in ["type", "audio", "output_modalities", "max_output_tokens", "reasoning"] {
        assert!(session.get(newer).is_none(), "{newer}");
    }
}

#[test]
fn replayed_words_of_the_agent_use_each_dialects_part_name() {
    let event = ClientEvent::Message { role: Role::Assistant, text: "Hi".into() };
    assert_eq!(written(&event, Dialect::Ga)["item"]["content"][0]["type"], "output_text");
    assert_eq!(written(&event, Dialect::Beta)["item"]["content"][0]["type"], "text");
}

#[test]
fn both_dialects_names_of_an_audio_delta_read_as_one_event_without_a_copy() {
    for name in ["response.output_audio.delta", "response.audio.delta"] {
        let frame = format!(
            r#"{{"type":"{name}","event_id":"x","response_id":"r","item_id":"i","output_index":0,"content_index":1,"delta":"/////w==","obfuscation":"zz"}}"#
        );
        let ServerEvent::Audio { delta, content_index, .. } = ServerEvent::parse(&frame).unwrap() else {
            panic!()
        };
        assert_eq!((&*delta, content_index), ("/////w==", 1));
        assert!(matches!(delta, std::borrow::Cow::Borrowed(_)));
    }
}

#[test]
fn response_done_yields_calls_reason_and_tokens() {
    let frame = json!({"type": "response.done", "response": {"id": "r1", "status": "failed",
        "status_details": {"type": "failed", "error": {"type": "server_error", "code": null}},
        "output": [{"type": "message", "id": "m"}, {"type": "function_call", "call_id": "c", "name": "end_call", "arguments": "{}"}],
        "usage": {"input_token_details": {"text_tokens": 5, "audio_tokens": 7, "cached_tokens": 3,
                  "cached_tokens_details": {"text_tokens": 1, "audio_tokens": 2}},
                  "output_token_details": {"text_tokens": 11, "audio_tokens": 13}}}})
    .to_string();
    let ServerEvent::ResponseDone { status, reason, calls, usage, .. } = ServerEvent::parse(&frame).unwrap()
    else {
        panic!()
    };
    assert_eq!((status, reason.as_deref()), (ResponseStatus::Failed, Some("server_error")));
    assert_eq!(
        calls,
        [FunctionCall { call_id: "c".into(), name: "end_call".into(), arguments: "{}".into() }]
    );
    assert_eq!(
        usage,
        TokenCount { text_in: 5, text_cached: 1, audio_in: 7, audio_cached: 2, text_out: 11, audio_out: 13 }
    );
}

#[test]
fn what_is_new_or_half_there_is_other_and_never_an_error() {
    for frame in [
        r#"{"type":"response.something_new","delta":"x"}"#,
        r#"{"type":"response.output_audio.delta"}"#,
        r#"{"type":"response.done"}"#,
        r#"{"type":"session.created","session":7}"#,
    ] {
        assert!(matches!(ServerEvent::parse(frame), Ok(ServerEvent::Other { .. })), "{frame}");
    }
}

#[test]
fn fatal_codes_are_never_retried_and_races_are_benign() {
    for code in [
        "insufficient_quota",
        "invalid_api_key",
        "account_deactivated",
        "billing_hard_limit_reached",
        "beta_api_shape_disabled",
    ] {
        assert_eq!(error_verdict(code, false), Verdict::Fatal, "{code}");
    }
    for code in [
        "response_cancel_not_active",
        "conversation_already_has_active_response",
        "input_audio_buffer_commit_empty",
        "item_truncate_invalid_item_id",
    ] {
        assert_eq!(error_verdict(code, false), Verdict::Benign, "{code}");
    }
    assert_eq!(error_verdict("unknown_parameter", true), Verdict::Fatal);
    assert_eq!(error_verdict("session_expired", false), Verdict::Reconnect);
    assert_eq!(close_verdict(Some(4000)), Verdict::Fatal);
    for code in [None, Some(1001), Some(1006), Some(1011), Some(1012), Some(1013)] {
        assert_eq!(close_verdict(code), Verdict::Reconnect, "{code:?}");
    }
}

proptest! {
    #[test]
    fn no_frame_makes_the_reader_panic(frame in "\\PC{0,200}") {
        let _ = ServerEvent::parse(&frame);
    }

    #[test]
    fn fields_of_any_type_do_not_make_the_reader_panic(kind in 0usize..6, junk in prop::collection::vec(-5i64..5, 0..3)) {
        let kinds = ["session.created", "response.done", "error", "input_audio_buffer.committed", "conversation.item.added", "response.created"];
        let frame = json!({"type": kinds[kind], "session": junk, "response": junk, "item": junk, "error": junk}).to_string();
        let _ = ServerEvent::parse(&frame);
    }
}
