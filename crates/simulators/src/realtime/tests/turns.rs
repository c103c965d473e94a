use serde_json::{Value, json};

use super::client::{Client, audio_in, find, kinds, outline, phone_session, server, without_strangeness};
use crate::realtime::format::Format;
use crate::realtime::{Brain, Dialect, Rule};
use crate::speech::{clip, noise, silence, sound_of};

const BETWEEN: [&str; 1] = ["conversation.item.input_audio_transcription"];

/// Event types without the transcription, which comes when it likes.
fn in_order(events: &[Value]) -> Vec<&str> {
    let mut kinds = outline(events);
    kinds.retain(|kind| !kind.starts_with(BETWEEN[0]));
    kinds.dedup();
    kinds
}

#[tokio::test]
async fn a_turn_runs_in_the_order_of_the_protocol() {
    let said = "I am sorry to hear that. May I have your name, please?";
    let server = server(|settings| {
        without_strangeness(settings);
        settings.brain = Brain::Script(vec![Rule::otherwise(said)]);
    })
    .await;
    let mut client = Client::on_the_phone(&server, &json!({})).await;
    client.say("Hello, my kitchen tap is leaking.").await;
    let events = client.until("response.done").await;
    let expected = [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
        "rate_limits.updated",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "words and sound",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
    ];
    assert_eq!(in_order(&events), expected);
    let user = &find(&events, "input_audio_buffer.speech_started")["item_id"];
    assert_eq!(&find(&events, "input_audio_buffer.committed")["item_id"], user);
    assert_eq!(
        find(&events, "response.content_part.added")["part"],
        json!({"type": "audio", "transcript": ""})
    );
    assert_eq!(find(&events, "response.output_item.added")["item"]["content"], json!([]));
    assert_eq!(audio_in(&events), clip("agent-name").unwrap().ulaw);
    let response = &events.last().unwrap()["response"];
    assert_eq!(response["status"], "completed");
    assert_eq!(response["output"][0]["content"][0], json!({"type": "output_audio", "transcript": said}));
    let audio_tokens = clip("agent-name").unwrap().duration_ms().div_ceil(50);
    assert_eq!(response["usage"]["output_token_details"]["audio_tokens"], audio_tokens);
    assert_eq!(server.violations(), []);
}

#[tokio::test]
async fn the_transcript_follows_by_itself_and_the_report_proves_nothing_was_lost() {
    let server = server(|settings| {
        without_strangeness(settings);
        settings.brain = Brain::Script(vec![Rule::otherwise("Yes.")]);
    })
    .await;
    let mut client = Client::on_the_phone(&server, &json!({"create_response": false})).await;
    client.say("My name is Dana Reyes.").await;
    let events = client.until("conversation.item.input_audio_transcription.completed").await;
    let completed = events.last().unwrap();
    assert_eq!(completed["transcript"], "My name is Dana Reyes.");
    assert_eq!(completed["item_id"], find(&events, "input_audio_buffer.committed")["item_id"]);
    assert_eq!(
        find(&events, "conversation.item.input_audio_transcription.delta")["delta"],
        completed["transcript"]
    );
    assert!(!kinds(&events).contains(&"response.created"));
    let turns = &server.sessions()[0].turns;
    assert_eq!((turns.len(), turns[0].sounds.len(), turns[0].sounds[0].missing()), (1, 1, 0));
    let started = find(&events, "input_audio_buffer.speech_started")["audio_start_ms"].as_u64().unwrap();
    assert!((80..=200).contains(&started), "speech at 400 ms less 300 ms prefix, got {started}");
    assert_eq!(turns[0].audio_start_ms, started);
}

#[tokio::test]
async fn speech_cuts_off_the_reply_when_the_session_says_so() {
    let server = server(|settings| {
        without_strangeness(settings);
        settings.pace = 1.0;
    })
    .await;
    let mut client = Client::on_the_phone(&server, &json!({})).await;
    client.say("When are you open?").await;
    client.until("response.output_audio.delta").await;
    client.append(&noise(200, 1)).await;
    let events = client.until("response.done").await;
    let response = &events.last().unwrap()["response"];
    assert_eq!(response["status"], "cancelled");
    assert_eq!(response["status_details"], json!({"type": "cancelled", "reason": "turn_detected"}));
    assert_eq!(response["output"][0]["status"], "incomplete");
    let order = kinds(&events);
    let at = |kind: &str| order.iter().position(|known| *known == kind).unwrap();
    assert!(at("input_audio_buffer.speech_started") < at("response.output_item.done"));
    let full = clip("agent-hours").unwrap().text;
    let transcript = response["output"][0]["content"][0]["transcript"].as_str().unwrap();
    assert!(full.starts_with(transcript) && transcript.len() < full.len(), "{transcript}");
}

#[tokio::test]
async fn a_session_that_judges_turns_itself_is_left_alone() {
    let server = server(|settings| {
        without_strangeness(settings);
        settings.pace = 8.0;
    })
    .await;
    let detection = json!({"create_response": false, "interrupt_response": false});
    let mut client = Client::on_the_phone(&server, &detection).await;
    client.say("When are you open?").await;
    client.until("conversation.item.done").await;
    client.send(&json!({"type": "response.create"})).await;
    client.until("response.output_audio.delta").await;
    client.say("Wait, sorry, can you just call me back today?").await;
    let events = client.until("response.done").await;
    assert_eq!(events.last().unwrap()["response"]["status"], "completed");
    assert!(kinds(&events).contains(&"input_audio_buffer.committed"));
    client.send(&json!({"type": "response.create"})).await;
    let events = client.until("response.done").await;
    let said = &events.last().unwrap()["response"]["output"][0]["content"][0]["transcript"];
    assert_eq!(said, clip("agent-callback").unwrap().text);
}

#[tokio::test]
async fn a_reply_of_its_own_fails_while_another_runs() {
    let server = server(|settings| settings.pace = 1.0).await;
    let mut client = Client::on_the_phone(&server, &json!({"interrupt_response": false})).await;
    client.say("When are you open?").await;
    client.until("response.output_audio.delta").await;
    client.say("Yes.").await;
    let events = client.until("error").await;
    let error = &events.last().unwrap()["error"];
    assert_eq!(error["code"], "conversation_already_has_active_response");
    assert_eq!(error["event_id"], Value::Null);
    assert_eq!(server.violations(), [], "the server's own doing");
}

#[tokio::test]
async fn what_was_not_understood_is_answered_so() {
    let server = server(|_| {}).await;
    let mut client = Client::on_the_phone(&server, &json!({})).await;
    client.say("Do you repair roofs as well?").await;
    let events = client.until("response.done").await;
    let said = &events.last().unwrap()["response"]["output"][0]["content"][0]["transcript"];
    assert_eq!(said, "Sorry, I did not catch that.");
    server.register_utterance("Do you repair roofs as well?");
    client.say("Do you repair roofs as well?").await;
    client.until("response.done").await;
    assert_eq!(server.sessions()[0].turns[1].transcript, "Do you repair roofs as well?");
}

#[tokio::test]
async fn manual_turns_are_committed_and_nothing_else_happens() {
    let server = server(without_strangeness).await;
    let mut client = Client::connect(&server).await;
    let mut session = phone_session(&json!({}));
    session["audio"]["input"]["turn_detection"] = Value::Null;
    client.update(&session).await;
    client.say("Yes.").await;
    client.send(&json!({"type": "input_audio_buffer.commit"})).await;
    let events = client.until("conversation.item.input_audio_transcription.completed").await;
    let expected = [
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.completed",
    ];
    assert_eq!(kinds(&events), expected);
    client.append(&silence(200)).await;
    client.send(&json!({"type": "input_audio_buffer.clear"})).await;
    assert_eq!(client.event().await["type"], "input_audio_buffer.cleared");
    assert_eq!(
        client.refused(&json!({"type": "input_audio_buffer.commit"})).await["code"],
        "input_audio_buffer_commit_empty"
    );
}

#[tokio::test]
async fn a_beta_server_on_24_khz_hears_and_speaks_too() {
    let server = server(|settings| {
        without_strangeness(settings);
        settings.dialect = Dialect::Beta;
    })
    .await;
    let mut client = Client::connect(&server).await;
    client
        .update(&json!({
            "modalities": ["text", "audio"], "input_audio_transcription": {"model": "whisper-1"},
            "turn_detection": {"type": "server_vad", "silence_duration_ms": 500},
        }))
        .await;
    let sound = [silence(400), sound_of("When are you open?").into_owned(), silence(600)].concat();
    client.append(&Format::Pcm24k.encode(&sound, 0, sound.len())).await;
    let events = client.until("response.done").await;
    let expected = [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.created",
        "response.created",
        "rate_limits.updated",
        "response.output_item.added",
        "conversation.item.created",
        "response.content_part.added",
        "words and sound",
        "response.audio.done",
        "response.audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.done",
    ];
    assert_eq!(in_order(&events), expected);
    let response = &events.last().unwrap()["response"];
    let hours = clip("agent-hours").unwrap();
    assert_eq!(response["output"][0]["content"][0], json!({"type": "audio", "transcript": hours.text}));
    let deltas = events.iter().filter(|event| event["type"] == "response.audio.delta");
    let base64_bytes: usize = deltas.map(|event| event["delta"].as_str().unwrap().len() * 3 / 4).sum();
    assert!(base64_bytes.abs_diff(hours.ulaw.len() * 6) < 200, "{base64_bytes}");
}
