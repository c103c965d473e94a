use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::client::{Client, find, kinds, phone_session, server, without_strangeness};
use crate::realtime::ItemKind;
use crate::speech::clip;

fn truncate(item_id: &Value, content_index: u64, audio_end_ms: u64) -> Value {
    json!({"type": "conversation.item.truncate", "item_id": item_id, "content_index": content_index,
        "audio_end_ms": audio_end_ms})
}

#[tokio::test]
async fn truncation_shortens_what_the_item_holds() {
    let server = server(without_strangeness).await;
    let mut client = Client::on_the_phone(&server, &json!({})).await;
    let greeting = clip("greeting").unwrap();
    let events = client.ask_for(greeting.text).await;
    let id = &find(&events, "response.output_item.added")["item"]["id"];
    let length = greeting.duration_ms();

    let error = client.refused(&truncate(id, 0, length + 1)).await;
    assert_eq!(error["code"], "invalid_value");
    assert_eq!(
        error["message"],
        format!("Audio content of {length}ms is already shorter than {}ms", length + 1)
    );
    assert_eq!(client.refused(&truncate(id, 1, 100)).await["param"], "content_index");
    assert_eq!(
        client.refused(&truncate(&json!("item_x"), 0, 1)).await["code"],
        "item_truncate_invalid_item_id"
    );

    client.send(&truncate(id, 0, 1_200)).await;
    assert_eq!(client.event().await["type"], "conversation.item.truncated");
    assert_eq!(client.refused(&truncate(id, 0, 1_201)).await["code"], "invalid_value");
    client.send(&json!({"type": "conversation.item.retrieve", "item_id": id})).await;
    let part = client.event().await["item"]["content"][0].clone();
    assert_eq!(part["transcript"], Value::Null);
    assert_eq!(STANDARD.decode(part["audio"].as_str().unwrap()).unwrap(), greeting.ulaw[..9_600]);

    let report = &server.sessions()[0];
    assert_eq!(report.truncations.len(), 1);
    assert_eq!((report.truncations[0].audio_end_ms, report.truncations[0].was_ms), (1_200, length));
    assert_eq!((report.items[0].audio_ms, report.items[0].text.clone()), (Some(1_200), None));
    assert_eq!(server.violations().len(), 4);
}

#[tokio::test]
async fn only_what_the_model_said_can_be_truncated() {
    let server = server(without_strangeness).await;
    let mut client = Client::on_the_phone(&server, &json!({"create_response": false})).await;
    client.say("Yes.").await;
    let events = client.until("conversation.item.done").await;
    let error = client.refused(&truncate(&events.last().unwrap()["item"]["id"], 0, 10)).await;
    assert_eq!((&error["code"], &error["param"]), (&json!("invalid_value"), &json!("item_id")));
}

#[tokio::test]
async fn items_are_deleted_and_retrieved_by_id() {
    let server = server(without_strangeness).await;
    let mut client = Client::on_the_phone(&server, &json!({"create_response": false})).await;
    client.say("Yes.").await;
    let events = client.until("conversation.item.done").await;
    let id = &events.last().unwrap()["item"]["id"];
    client.until("conversation.item.input_audio_transcription.completed").await;
    client.send(&json!({"type": "conversation.item.retrieve", "item_id": id})).await;
    let item = client.event().await["item"].clone();
    assert_eq!(item["content"][0]["transcript"], "Yes.");
    assert!(item["content"][0]["audio"].as_str().unwrap().len() > 1_000);
    let delete = json!({"type": "conversation.item.delete", "item_id": id});
    client.send(&delete).await;
    assert_eq!(client.event().await["type"], "conversation.item.deleted");
    assert_eq!(client.refused(&delete).await["code"], "item_delete_invalid_item_id");
    let gone = client.refused(&json!({"type": "conversation.item.retrieve", "item_id": id})).await;
    assert_eq!(gone["code"], "item_retrieve_invalid_item_id");
    assert_eq!(server.sessions()[0].deletions, [id.as_str().unwrap()]);
}

#[tokio::test]
async fn a_turn_that_was_deleted_is_not_answered() {
    let server = server(without_strangeness).await;
    let mut client = Client::on_the_phone(&server, &json!({"create_response": false})).await;
    client.say("When are you open?").await;
    let events = client.until("conversation.item.done").await;
    let id = &events.last().unwrap()["item"]["id"];
    client.send(&json!({"type": "conversation.item.delete", "item_id": id})).await;
    client.send(&json!({"type": "response.create"})).await;
    let events = client.until("response.done").await;
    let said = &events.last().unwrap()["response"]["output"][0]["content"][0]["transcript"];
    assert_ne!(said, clip("agent-hours").unwrap().text);
}

#[tokio::test]
async fn a_replayed_conversation_goes_on() {
    let server = server(without_strangeness).await;
    let mut client = Client::connect(&server).await;
    client.update(&phone_session(&json!({}))).await;
    let message = |role: &str, kind: &str, text: &str, previous: Value| {
        json!({"type": "conversation.item.create", "previous_item_id": previous, "item": {
            "id": format!("{role}-1"), "type": "message", "role": role,
            "content": [{"type": kind, "text": text}]}})
    };
    client.send(&message("user", "input_text", "My name is Dana Reyes.", Value::Null)).await;
    client.send(&message("assistant", "output_text", "Thank you, Dana.", Value::Null)).await;
    client.send(&message("system", "input_text", "The line was cut.", json!("root"))).await;
    client
        .send(&json!({"type": "conversation.item.create", "item": {
        "type": "function_call", "call_id": "c-1", "name": "save_answer", "arguments": "{}"}}))
        .await;
    client
        .send(&json!({"type": "conversation.item.create", "item": {
        "type": "function_call_output", "call_id": "c-1", "output": "{}"}}))
        .await;
    client.send(&json!({"type": "response.create"})).await;
    let events = client.until("response.done").await;
    let added: Vec<&Value> = events.iter().filter(|e| e["type"] == "conversation.item.added").collect();
    assert_eq!(
        (&added[1]["previous_item_id"], &added[2]["previous_item_id"]),
        (&json!("user-1"), &Value::Null)
    );
    assert_eq!(kinds(&events)[..2], ["conversation.item.added", "conversation.item.done"]);
    let said = &events.last().unwrap()["response"]["output"][0]["content"][0]["transcript"];
    assert_eq!(said, "Sorry, we were cut off for a second. Please go on.");
    let report = &server.sessions()[0];
    let order: Vec<(ItemKind, bool)> = report.items.iter().map(|item| (item.kind, item.by_client)).collect();
    assert_eq!(order.len(), 6);
    assert_eq!(
        (order[0].0, order[4].0, order[5].1),
        (ItemKind::Message, ItemKind::FunctionCallOutput, false)
    );
    let twice = client.refused(&message("user", "input_text", "Again.", Value::Null)).await;
    assert_eq!(twice["param"], "item.id");
    let nowhere = json!({"type": "conversation.item.create", "previous_item_id": "nobody",
        "item": {"type": "message", "role": "user", "content": []}});
    assert_eq!(client.refused(&nowhere).await["param"], "previous_item_id");
}
