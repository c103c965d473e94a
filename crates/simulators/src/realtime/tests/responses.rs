use serde_json::{Value, json};

use super::client::{Client, audio_in, find, kinds, outline, server, without_strangeness};
use crate::realtime::{Brain, Rule};
use crate::speech::{clip, sound_of};

#[tokio::test]
async fn a_sentence_is_said_exactly_and_its_metadata_comes_back() {
    let server = server(|_| {}).await;
    let mut client = Client::on_the_phone(&server, &json!({})).await;
    let greeting = clip("greeting").unwrap();
    client
        .send(&json!({"type": "response.create", "event_id": "greet", "response": {
            "instructions": format!("Say exactly this: \"{}\"", greeting.text),
            "metadata": {"purpose": "greeting"},
        }}))
        .await;
    let events = client.until("response.done").await;
    assert_eq!(audio_in(&events), greeting.ulaw);
    assert_eq!(find(&events, "response.output_audio_transcript.done")["transcript"], greeting.text);
    for kind in ["response.created", "response.done"] {
        assert_eq!(find(&events, kind)["response"]["metadata"], json!({"purpose": "greeting"}));
    }
    let report = &server.sessions()[0].responses[0];
    assert!(report.asked_by_client && report.instructions.as_ref().unwrap().contains("exactly"));
    assert_eq!((report.status.as_str(), report.audio_ms), ("completed", greeting.duration_ms()));
}

#[tokio::test]
async fn audio_comes_faster_than_it_plays() {
    let server = server(|settings| settings.pace = 10.0).await;
    let mut client = Client::on_the_phone(&server, &json!({})).await;
    let started = std::time::Instant::now();
    client.ask_for(clip("agent-hours").unwrap().text).await;
    let ratio = clip("agent-hours").unwrap().duration_ms() as f64 / started.elapsed().as_millis() as f64;
    assert!((3.0..=10.5).contains(&ratio), "{ratio}");
}

#[tokio::test]
async fn a_cancelled_response_ends_with_what_was_generated() {
    let server = server(|settings| {
        without_strangeness(settings);
        settings.pace = 1.0;
    })
    .await;
    let mut client = Client::on_the_phone(&server, &json!({})).await;
    let instructions = format!("\"{}\"", clip("agent-hours").unwrap().text);
    client.send(&json!({"type": "response.create", "response": {"instructions": instructions}})).await;
    let mut events = client.until("response.output_audio.delta").await;
    let id = events[0]["response"]["id"].clone();
    let error = client.refused(&json!({"type": "response.cancel", "response_id": "resp_other"})).await;
    assert_eq!(error["code"], "response_cancel_not_active");
    client.send(&json!({"type": "response.cancel", "response_id": id})).await;
    events.extend(client.until("response.done").await);
    let tail: Vec<&str> = outline(&events).into_iter().rev().take(6).rev().collect();
    let expected = [
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
    ];
    assert_eq!(tail, expected);
    let response = &events.last().unwrap()["response"];
    assert_eq!(response["status_details"], json!({"type": "cancelled", "reason": "client_cancelled"}));
    let heard_ms = audio_in(&events).len() as u64 / 8;
    assert_eq!(response["usage"]["output_token_details"]["audio_tokens"], heard_ms.div_ceil(50));
    let item = &server.sessions()[0].items[0];
    assert_eq!((item.status.as_str(), item.audio_ms), ("incomplete", Some(heard_ms)));
}

#[tokio::test]
async fn a_cancel_that_crosses_the_end_is_refused_but_breaks_no_rule_unless_it_is_late() {
    let server = server(without_strangeness).await;
    let mut client = Client::on_the_phone(&server, &json!({})).await;
    client.ask_for(clip("agent-moment").unwrap().text).await;
    let error = client.refused(&json!({"type": "response.cancel", "event_id": "late"})).await;
    assert_eq!((&error["code"], &error["event_id"]), (&json!("response_cancel_not_active"), &json!("late")));
    assert_eq!((server.violations().len(), server.sessions()[0].crossed_cancels), (0, 1));
    // By then whoever listens knows.
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    let error = client.refused(&json!({"type": "response.cancel"})).await;
    assert_eq!(error["code"], "response_cancel_not_active");
    assert_eq!(server.violations()[0].code, "response_cancel_not_active");
}

#[tokio::test]
async fn tools_are_called_answered_and_followed_by_words() {
    let server = server(without_strangeness).await;
    let mut client = Client::on_the_phone(&server, &json!({})).await;
    client.say("You can reach me at two zero six, five five five, zero one four two.").await;
    let events = client.until("response.done").await;
    let added = &find(&events, "response.output_item.added")["item"];
    assert_eq!((&added["type"], &added["name"]), (&json!("function_call"), &json!("save_answer")));
    let done = find(&events, "response.function_call_arguments.done");
    let arguments: Value = serde_json::from_str(done["arguments"].as_str().unwrap()).unwrap();
    assert_eq!(arguments, json!({"question": "q2", "answer": "206 555 0142"}));
    let deltas = events.iter().filter(|e| e["type"] == "response.function_call_arguments.delta");
    let joined: String = deltas.map(|event| event["delta"].as_str().unwrap()).collect();
    assert_eq!(done["arguments"], joined);
    let call = &events.last().unwrap()["response"]["output"][0];
    assert_eq!((&call["call_id"], &call["arguments"]), (&done["call_id"], &done["arguments"]));

    let output = |call_id: &Value| {
        json!({"type": "conversation.item.create", "item": {
            "type": "function_call_output", "call_id": call_id, "output": "{\"ok\":true}"}})
    };
    let error = client.refused(&output(&json!("call_nobody"))).await;
    assert_eq!((&error["code"], &error["param"]), (&json!("invalid_tool_call_id"), &json!("item.call_id")));
    client.send(&output(&done["call_id"])).await;
    client.send(&json!({"type": "response.create"})).await;
    let events = client.until("response.done").await;
    assert_eq!(audio_in(&events), clip("agent-address").unwrap().ulaw);
}

#[tokio::test]
async fn a_goodbye_is_said_and_ends_the_call_in_one_response() {
    let server = server(without_strangeness).await;
    let mut client = Client::on_the_phone(&server, &json!({})).await;
    client.say("No, that is all. Thank you, goodbye.").await;
    let events = client.until("response.done").await;
    let output = &events.last().unwrap()["response"]["output"];
    assert_eq!((&output[0]["type"], &output[1]["name"]), (&json!("message"), &json!("end_call")));
    let items = kinds(&events).into_iter().filter(|kind| *kind == "response.output_item.done").count();
    assert_eq!(items, 2);
    assert_eq!(find(&events, "response.function_call_arguments.done")["output_index"], 1);
}

#[tokio::test]
async fn a_script_may_only_call_tools_the_session_has() {
    let rule = Rule::otherwise("").calling("fly", json!({})).then_say("I cannot fly.");
    let server = server(|settings| settings.brain = Brain::Script(vec![rule])).await;
    let mut client = Client::on_the_phone(&server, &json!({})).await;
    client.send(&json!({"type": "response.create"})).await;
    let events = client.until("response.done").await;
    assert_eq!(audio_in(&events), *sound_of("I cannot fly."));
    assert_eq!(server.violations()[0].code, "script_tool_missing");
}

#[tokio::test]
async fn text_answers_and_answers_beside_the_conversation() {
    let server = server(without_strangeness).await;
    let mut client = Client::on_the_phone(&server, &json!({})).await;
    client
        .send(&json!({"type": "response.create", "response": {
            "conversation": "none", "output_modalities": ["text"], "instructions": "Answer \"all well\".",
            "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "?"}]}],
        }}))
        .await;
    let events = client.until("response.done").await;
    assert_eq!(find(&events, "response.output_text.done")["text"], "all well");
    assert!(!kinds(&events).iter().any(|kind| kind.contains("audio") || kind.starts_with("conversation.")));
    assert_eq!(events.last().unwrap()["response"]["output"][0]["content"][0]["type"], "output_text");
    assert!(server.sessions()[0].items.is_empty());
    let input = json!([{"type": "item_reference", "id": "item_nobody"}]);
    let error = client.refused(&json!({"type": "response.create", "response": {"input": input}})).await;
    assert_eq!(error["param"], "response.input[0].id");
}

#[tokio::test]
async fn too_few_tokens_leave_a_reply_incomplete() {
    let server = server(|_| {}).await;
    let mut client = Client::on_the_phone(&server, &json!({})).await;
    client
        .send(&json!({"type": "response.create", "response": {
            "instructions": format!("\"{}\"", clip("agent-hours").unwrap().text), "max_output_tokens": 100,
        }}))
        .await;
    let events = client.until("response.done").await;
    let response = &events.last().unwrap()["response"];
    assert_eq!(response["status_details"], json!({"type": "incomplete", "reason": "max_output_tokens"}));
    assert!(response["usage"]["output_tokens"].as_u64().unwrap() <= 100);
    assert_eq!(response["output"][0]["status"], "incomplete");
}
