use serde_json::{Value, json};

use super::*;
use crate::realtime::settings::Dialect;

/// A valid event, one change to it, and the code and path with which the change is refused.
type Case = (&'static str, Value, &'static str, &'static str);

fn set(event: &mut Value, path: &str, value: Value) {
    let (parent, name) = path.rsplit_once('/').unwrap();
    match event.pointer_mut(parent).unwrap() {
        Value::Object(fields) => {
            if value == json!("<absent>") {
                fields.remove(name).unwrap();
            } else {
                fields.insert(name.to_owned(), value);
            }
        }
        Value::Array(list) => list[name.parse::<usize>().unwrap()] = value,
        other => panic!("{other}"),
    }
}

fn assert_refused(dialect: Dialect, valid: &Value, cases: Vec<Case>) {
    assert_eq!(check_event(dialect, valid), Ok(()), "{valid}");
    for (path, value, code, param) in cases {
        let mut event = valid.clone();
        set(&mut event, path, value);
        let refusal = check_event(dialect, &event).expect_err(&format!("{path} in {event}"));
        assert_eq!((refusal.code, refusal.param.as_deref()), (code, Some(param)), "{path}: {refusal:?}");
    }
}

const UNKNOWN: &str = "unknown_parameter";
const INVALID: &str = "invalid_value";
const MISSING: &str = "missing_required_parameter";

fn ga_update() -> Value {
    json!({"type": "session.update", "event_id": "cfg-1", "session": {
        "type": "realtime",
        "output_modalities": ["audio"],
        "instructions": "Be kind.",
        "audio": {
            "input": {
                "format": {"type": "audio/pcmu"},
                "transcription": {"model": "gpt-transcribe", "language": "en", "keywords": ["tap"]},
                "noise_reduction": {"type": "near_field"},
                "turn_detection": {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300,
                    "silence_duration_ms": 500, "create_response": true, "interrupt_response": true,
                    "idle_timeout_ms": 6000},
            },
            "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "marin", "speed": 1.1},
        },
        "tools": [{"type": "function", "name": "end_call", "description": "Ends the call.",
            "parameters": {"type": "object", "properties": {}}}],
        "tool_choice": {"type": "function", "name": "end_call"},
        "parallel_tool_calls": false,
        "reasoning": {"effort": "low"},
        "max_output_tokens": 4096,
        "truncation": {"type": "retention_ratio", "retention_ratio": 0.8,
            "token_limits": {"post_instructions": 8000}},
        "tracing": {"workflow_name": "calls"},
        "include": ["item.input_audio_transcription.logprobs"],
    }})
}

#[test]
fn the_example_of_the_protocol_page_is_accepted() {
    let event = json!({"type":"session.update","event_id":"cfg-1","session":{
      "type":"realtime","output_modalities":["audio"],"instructions":"…",
      "audio":{"input":{"format":{"type":"audio/pcmu"},
         "transcription":{"model":"gpt-transcribe"},
         "turn_detection":{"type":"server_vad","threshold":0.5,"prefix_padding_ms":300,
            "silence_duration_ms":500,"create_response":true,"interrupt_response":true}},
       "output":{"format":{"type":"audio/pcmu"},"voice":"marin"}},
      "tools":[],"tool_choice":"auto"}});
    assert_eq!(check_event(Dialect::Ga, &event), Ok(()));
    let clearing = json!({"type": "session.update", "session": {"type": "realtime", "instructions": "",
        "tools": [], "audio": {"input": {"turn_detection": null, "transcription": null,
        "noise_reduction": null}}}});
    assert_eq!(check_event(Dialect::Ga, &clearing), Ok(()));
}

#[test]
fn every_mistake_in_a_ga_session_is_refused_by_name() {
    let session: Vec<Case> = vec![
        ("/session/type", json!("<absent>"), MISSING, "session.type"),
        ("/session/type", json!("transcription"), INVALID, "session.type"),
        ("/session/temperature", json!(0.8), UNKNOWN, "session.temperature"),
        ("/session/modalities", json!(["audio"]), UNKNOWN, "session.modalities"),
        ("/session/voice", json!("marin"), UNKNOWN, "session.voice"),
        ("/session/input_audio_format", json!("g711_ulaw"), UNKNOWN, "session.input_audio_format"),
        ("/session/max_response_output_tokens", json!(10), UNKNOWN, "session.max_response_output_tokens"),
        ("/session/prompt", json!({"id": "p"}), UNKNOWN, "session.prompt"),
        ("/session/turn_detection", json!(null), UNKNOWN, "session.turn_detection"),
        ("/session/output_modalities", json!(["audio", "text"]), INVALID, "session.output_modalities"),
        ("/session/output_modalities", json!([]), INVALID, "session.output_modalities"),
        ("/session/instructions", json!(7), INVALID, "session.instructions"),
        ("/session/max_output_tokens", json!(4097), INVALID, "session.max_output_tokens"),
        ("/session/max_output_tokens", json!("infinite"), INVALID, "session.max_output_tokens"),
        ("/session/reasoning/effort", json!("extreme"), INVALID, "session.reasoning.effort"),
        ("/session/truncation", json!("sometimes"), INVALID, "session.truncation"),
        ("/session/truncation/retention_ratio", json!(1.2), INVALID, "session.truncation.retention_ratio"),
        ("/session/tracing/colour", json!("red"), UNKNOWN, "session.tracing.colour"),
        ("/session/include/0", json!("everything"), INVALID, "session.include[0]"),
        ("/session/tool_choice", json!("maybe"), INVALID, "session.tool_choice"),
        ("/session/tools/0/strict", json!(true), UNKNOWN, "session.tools[0].strict"),
        ("/session/tools/0/function", json!({"name": "x"}), UNKNOWN, "session.tools[0].function"),
        ("/session/tools/0/type", json!("<absent>"), MISSING, "session.tools[0].type"),
        ("/session/tools/0/name", json!("end call"), INVALID, "session.tools[0].name"),
        ("/session/tools/0/parameters", json!("{}"), INVALID, "session.tools[0].parameters"),
        ("/session", json!("realtime"), INVALID, "session"),
        ("/session", json!("<absent>"), MISSING, "session"),
        ("/options", json!({}), UNKNOWN, "options"),
        ("/event_id", json!(1), INVALID, "event_id"),
    ];
    assert_refused(Dialect::Ga, &ga_update(), session);
}

#[test]
fn every_mistake_in_ga_audio_is_refused_by_name() {
    let detection = "session.audio.input.turn_detection";
    let audio: Vec<Case> = vec![
        ("/session/audio/voice", json!("marin"), UNKNOWN, "session.audio.voice"),
        ("/session/audio/input/format/rate", json!(8000), UNKNOWN, "session.audio.input.format.rate"),
        ("/session/audio/input/format", json!("g711_ulaw"), INVALID, "session.audio.input.format"),
        ("/session/audio/input/format/type", json!("g711_ulaw"), INVALID, "session.audio.input.format.type"),
        ("/session/audio/output/format/rate", json!(16000), INVALID, "session.audio.output.format.rate"),
        ("/session/audio/output/voice", json!("darth"), INVALID, "session.audio.output.voice"),
        ("/session/audio/output/speed", json!(2.0), INVALID, "session.audio.output.speed"),
        (
            "/session/audio/input/transcription/language",
            json!("auto"),
            INVALID,
            "session.audio.input.transcription.language",
        ),
        (
            "/session/audio/input/transcription/temperature",
            json!(0),
            UNKNOWN,
            "session.audio.input.transcription.temperature",
        ),
        (
            "/session/audio/input/noise_reduction/type",
            json!("loud"),
            INVALID,
            "session.audio.input.noise_reduction.type",
        ),
        (
            "/session/audio/input/turn_detection/type",
            json!("none"),
            INVALID,
            "session.audio.input.turn_detection.type",
        ),
        (
            "/session/audio/input/turn_detection/threshold",
            json!(1.5),
            INVALID,
            "session.audio.input.turn_detection.threshold",
        ),
        (
            "/session/audio/input/turn_detection/idle_timeout_ms",
            json!(4999),
            INVALID,
            "session.audio.input.turn_detection.idle_timeout_ms",
        ),
        (
            "/session/audio/input/turn_detection/eagerness",
            json!("low"),
            UNKNOWN,
            "session.audio.input.turn_detection.eagerness",
        ),
    ];
    assert_refused(Dialect::Ga, &ga_update(), audio);
    let mut semantic = ga_update();
    set(
        &mut semantic,
        "/session/audio/input/turn_detection",
        json!({"type": "semantic_vad", "eagerness": "low"}),
    );
    let wrong = "/session/audio/input/turn_detection/threshold";
    let param = "session.audio.input.turn_detection.threshold";
    assert!(param.starts_with(detection));
    assert_refused(Dialect::Ga, &semantic, vec![(wrong, json!(0.5), UNKNOWN, param)]);
}

#[test]
fn every_mistake_in_a_response_is_refused_by_name() {
    let valid = json!({"type": "response.create", "response": {
        "conversation": "none", "instructions": "Say \"Hello.\"", "output_modalities": ["text"],
        "audio": {"output": {"format": {"type": "audio/pcmu"}}}, "tools": [], "tool_choice": "none",
        "input": [
            {"type": "item_reference", "id": "item_1"},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
        ],
        "max_output_tokens": "inf", "metadata": {"purpose": "greeting"},
    }});
    let long = "x".repeat(513);
    let many: Value = (0..17).map(|n| (format!("k{n}"), json!("v"))).collect::<Map<_, _>>().into();
    let cases: Vec<Case> = vec![
        ("/response/modalities", json!(["text"]), UNKNOWN, "response.modalities"),
        ("/response/temperature", json!(1), UNKNOWN, "response.temperature"),
        ("/response/type", json!("realtime"), UNKNOWN, "response.type"),
        ("/response/output_modalities", json!(["text", "audio"]), INVALID, "response.output_modalities"),
        ("/response/conversation", json!("side"), INVALID, "response.conversation"),
        ("/response/audio/input", json!({}), UNKNOWN, "response.audio.input"),
        ("/response/metadata/purpose", json!(long), INVALID, "response.metadata.purpose"),
        ("/response/metadata/purpose", json!(1), INVALID, "response.metadata.purpose"),
        ("/response/metadata", many, INVALID, "response.metadata"),
        ("/response/input/0/role", json!("user"), UNKNOWN, "response.input[0].role"),
        ("/response/input/1/content/0/type", json!("text"), INVALID, "response.input[1].content[0].type"),
    ];
    assert_refused(Dialect::Ga, &valid, cases);
    assert_eq!(check_event(Dialect::Ga, &json!({"type": "response.create"})), Ok(()));
}

#[test]
fn every_mistake_in_an_item_is_refused_by_name() {
    let message = |role: &str, part: Value| {
        json!({"type": "conversation.item.create", "previous_item_id": "root",
            "item": {"id": "a", "type": "message", "role": role, "status": "completed", "content": [part]}})
    };
    let user = message("user", json!({"type": "input_text", "text": "Hi"}));
    let kind = "/item/content/0/type";
    let cases: Vec<Case> = vec![
        (kind, json!("text"), INVALID, "item.content[0].type"),
        (kind, json!("output_text"), INVALID, "item.content[0].type"),
        ("/item/content/0/text", json!("<absent>"), MISSING, "item.content[0].text"),
        ("/item/content/0/language", json!("en"), UNKNOWN, "item.content[0].language"),
        ("/item/role", json!("agent"), INVALID, "item.role"),
        ("/item/name", json!("Dana"), UNKNOWN, "item.name"),
        ("/item/content", json!("Hi"), INVALID, "item.content"),
        ("/item/type", json!("remark"), INVALID, "item.type"),
        ("/previous_item_id", json!(3), INVALID, "previous_item_id"),
    ];
    assert_refused(Dialect::Ga, &user, cases);
    let agent = message("assistant", json!({"type": "output_text", "text": "Hi"}));
    let audio = json!({"type": "output_audio", "audio": ""});
    let agent_cases: Vec<Case> = vec![
        (kind, json!("input_text"), INVALID, "item.content[0].type"),
        (kind, json!("text"), INVALID, "item.content[0].type"),
        ("/item/content/0", audio, INVALID, "item.content[0].type"),
    ];
    assert_refused(Dialect::Ga, &agent, agent_cases);
    let output = json!({"type": "conversation.item.create",
        "item": {"type": "function_call_output", "call_id": "c", "output": "{}"}});
    let output_cases: Vec<Case> = vec![
        ("/item/output", json!({"ok": true}), INVALID, "item.output"),
        ("/item/call_id", json!("<absent>"), MISSING, "item.call_id"),
    ];
    assert_refused(Dialect::Ga, &output, output_cases);
}

#[test]
fn small_events_are_held_to_their_fields() {
    let truncate =
        json!({"type": "conversation.item.truncate", "item_id": "a", "content_index": 0, "audio_end_ms": 5});
    let cases: Vec<Case> = vec![
        ("/audio_end_ms", json!(-1), INVALID, "audio_end_ms"),
        ("/audio_end_ms", json!(1.5), INVALID, "audio_end_ms"),
        ("/content_index", json!("<absent>"), MISSING, "content_index"),
        ("/type", json!("conversation.item.shorten"), INVALID, "type"),
        ("/type", json!("output_audio_buffer.clear"), INVALID, "type"),
        ("/type", json!("<absent>"), MISSING, "type"),
    ];
    assert_refused(Dialect::Ga, &truncate, cases);
    let append = json!({"type": "input_audio_buffer.append", "audio": "/w=="});
    let cases: Vec<Case> = vec![
        ("/audio", json!(null), INVALID, "audio"),
        ("/audio", json!("<absent>"), MISSING, "audio"),
        ("/track", json!("inbound"), UNKNOWN, "track"),
    ];
    assert_refused(Dialect::Ga, &append, cases);
}

#[test]
fn the_beta_dialect_has_its_own_tables() {
    let update = json!({"type": "session.update", "session": {
        "modalities": ["text", "audio"], "instructions": "Be kind.", "voice": "alloy",
        "input_audio_format": "g711_ulaw", "output_audio_format": "g711_ulaw",
        "input_audio_transcription": {"model": "whisper-1"},
        "turn_detection": {"type": "server_vad", "silence_duration_ms": 500, "create_response": false},
        "tools": [], "tool_choice": "auto", "temperature": 0.8, "max_response_output_tokens": "inf",
    }});
    let cases: Vec<Case> = vec![
        ("/session/type", json!("realtime"), UNKNOWN, "session.type"),
        ("/session/audio", json!({}), UNKNOWN, "session.audio"),
        ("/session/output_modalities", json!(["audio"]), UNKNOWN, "session.output_modalities"),
        ("/session/modalities", json!(["audio"]), INVALID, "session.modalities"),
        ("/session/temperature", json!(0.5), INVALID, "session.temperature"),
        ("/session/temperature", json!(1.3), INVALID, "session.temperature"),
        ("/session/input_audio_format", json!({"type": "audio/pcmu"}), INVALID, "session.input_audio_format"),
        ("/session/voice", json!("marin"), INVALID, "session.voice"),
        (
            "/session/turn_detection/idle_timeout_ms",
            json!(6000),
            UNKNOWN,
            "session.turn_detection.idle_timeout_ms",
        ),
        ("/session/max_response_output_tokens", json!(0), INVALID, "session.max_response_output_tokens"),
    ];
    assert_refused(Dialect::Beta, &update, cases);
    let item = json!({"type": "conversation.item.create", "item": {"type": "message", "role": "assistant",
        "content": [{"type": "text", "text": "Hi"}]}});
    let cases: Vec<Case> =
        vec![("/item/content/0/type", json!("output_text"), INVALID, "item.content[0].type")];
    assert_refused(Dialect::Beta, &item, cases);
}
