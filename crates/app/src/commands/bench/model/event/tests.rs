use super::*;
use studioconnect_connectors::openai::realtime::{ClientEvent, ResponseStatus, ServerEvent};

/// The event as the server under test reads it.
fn read(text: &str) -> ServerEvent<'_> {
    let value: serde_json::Value = serde_json::from_str(text).unwrap();
    assert!(value["event_id"].is_string(), "{text}");
    ServerEvent::parse(text).unwrap()
}

#[test]
fn the_server_understands_what_the_model_says() {
    assert!(matches!(read(&session("session.created")), ServerEvent::SessionCreated { .. }));
    assert!(matches!(read(&session("session.updated")), ServerEvent::SessionUpdated));
    assert!(
        matches!(read(&speech_started(3, 40)), ServerEvent::SpeechStarted { item_id, .. } if item_id == "item_c3")
    );
    let turn = turn(3, 900);
    assert!(matches!(read(&turn[0]), ServerEvent::SpeechStopped { audio_end_ms: 400, .. }));
    assert!(matches!(read(&turn[1]), ServerEvent::Committed { .. }));
    assert!(matches!(read(&turn[2]), ServerEvent::ItemAdded { .. }));
    assert!(matches!(read(&turn[3]), ServerEvent::Transcript { .. }));
    assert!(
        matches!(read(&reply_begins(2)[0]), ServerEvent::ResponseCreated { response_id } if response_id == "resp_2")
    );
    assert!(matches!(read(&reply_begins(2)[2]), ServerEvent::ItemAdded { .. }));
    let sound = sound(2) + "AAAA" + SOUND_END;
    assert!(matches!(read(&sound), ServerEvent::Audio { delta, .. } if delta == "AAAA"));
    assert!(matches!(read(&words(2)), ServerEvent::Words { .. }));
    assert!(matches!(
        read(&reply_done(2, "cancelled")),
        ServerEvent::ResponseDone { status: ResponseStatus::Cancelled, .. }
    ));
    assert!(matches!(read(&error("x")), ServerEvent::Error { code, .. } if code == "x"));
    for other in [truncated("item_a1", 20), deleted("item_c1"), item_added("item_s1", "message")] {
        read(&other);
    }
}

#[test]
fn a_called_tool_can_be_called() {
    let text = tool_called(7);
    let ServerEvent::ResponseDone { calls, .. } = read(&text) else { panic!("{text}") };
    assert_eq!((calls[0].name.as_str(), calls[0].call_id.as_str()), ("save_answer", "call_7"));
    assert!(studioconnect_assistant::tools::ToolCall::read(&calls[0].name, &calls[0].arguments).is_ok());
}

#[test]
fn the_model_understands_what_the_server_says() {
    let append = ClientEvent::write_append("AAAA");
    let event: FromServer = serde_json::from_str(&append).unwrap();
    assert_eq!((event.kind, event.audio), ("input_audio_buffer.append", Some("AAAA")));
    let dialect = studioconnect_connectors::openai::realtime::Dialect::Ga;
    let cut = ClientEvent::Truncate { item_id: "item_a12".into(), content_index: 0, audio_end_ms: 700 };
    let cut = cut.write(dialect, "c1");
    let event: FromServer = serde_json::from_str(&cut).unwrap();
    assert_eq!((event.item_id.and_then(reply_of), event.audio_end_ms), (Some(12), Some(700)));
    let create = ClientEvent::CreateResponse { instructions: Some("Say \"hello\".\n".into()) };
    let create = create.write(dialect, "c2");
    assert_eq!(serde_json::from_str::<FromServer>(&create).unwrap().kind, "response.create");
}
