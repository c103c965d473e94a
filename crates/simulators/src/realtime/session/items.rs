//! The conversation as a client changes it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Session;
use crate::realtime::conversation::Place;
use crate::realtime::hub::locked;
use crate::realtime::item::{Item, ItemKind};
use crate::realtime::report::{Truncation, push_bounded};
use crate::realtime::schema::Refusal;

impl Session {
    pub(super) fn create_item(&mut self, event: &Value) -> Result<(), Refusal> {
        let given = event.get("item").unwrap_or(&Value::Null);
        let id = match given.get("id").and_then(Value::as_str) {
            Some(id) if self.conversation.item(id).is_some() => {
                return Err(Refusal::invalid("item.id", format!("An item with id '{id}' already exists.")));
            }
            Some(id) => id.to_owned(),
            None => self.wire.id("item"),
        };
        let item = Item::from_client(id, given);
        if item.kind == ItemKind::FunctionCallOutput {
            self.check_call(item.call_id.as_deref().unwrap_or_default())?;
        }
        let place = match event.get("previous_item_id").and_then(Value::as_str) {
            None => Place::Last,
            Some("root") => Place::First,
            Some(id) if self.conversation.item(id).is_some() => Place::After(id),
            Some(id) => {
                let message = format!("The item with id '{id}' does not exist.");
                return Err(Refusal::invalid("previous_item_id", message));
            }
        };
        if item.is_message_of("assistant") {
            self.is_replay = true;
            self.mark_answered();
        }
        self.add_item(item, place);
        Ok(())
    }

    fn check_call(&self, call_id: &str) -> Result<(), Refusal> {
        let is_the_call =
            |item: &Item| item.kind == ItemKind::FunctionCall && item.call_id.as_deref() == Some(call_id);
        if self.conversation.items().iter().any(is_the_call) {
            return Ok(());
        }
        let message = format!("Tool call ID '{call_id}' not found in conversation.");
        Err(Refusal::new("invalid_tool_call_id", "item.call_id", message))
    }

    /// Puts an item into the conversation and announces it.
    pub(super) fn add_item(&mut self, item: Item, place: Place<'_>) {
        let shown = item.to_json(self.hub.settings.dialect);
        let is_whole = item.status != "in_progress";
        let id = item.id.clone();
        self.conversation.insert(item, place);
        let previous = self.conversation.before(&id).map(str::to_owned);
        let mut kinds = vec!["conversation.item.added"];
        if is_whole {
            kinds.push("conversation.item.done");
        }
        for kind in kinds {
            self.wire.emit(json!({"type": kind, "previous_item_id": previous, "item": shown}));
        }
    }

    /// Nothing the user said or a tool answered so far is waiting for a reply any more.
    pub(super) fn mark_answered(&mut self) {
        let ids: Vec<String> = self
            .conversation
            .items()
            .iter()
            .filter(|item| !item.answered)
            .map(|item| item.id.clone())
            .collect();
        for id in ids {
            if let Some(item) = self.conversation.item_mut(&id) {
                item.answered = true;
            }
        }
    }

    pub(super) fn retrieve_item(&mut self, event: &Value) -> Result<(), Refusal> {
        let id = id_in(event);
        let Some(item) = self.conversation.item(id) else {
            return Err(unknown_item("item_retrieve_invalid_item_id", id));
        };
        let mut shown = item.to_json(self.hub.settings.dialect);
        let terms = self.config.terms();
        let format = if item.is_message_of("assistant") { terms.output } else { terms.input };
        if let Some(sound) = self.conversation.sound(id)
            && let Some(part) = shown.pointer_mut("/content/0").and_then(Value::as_object_mut)
        {
            let audio = STANDARD.encode(format.encode(sound, 0, sound.len()));
            part.insert("audio".to_owned(), json!(audio));
        }
        self.wire.emit(json!({"type": "conversation.item.retrieved", "item": shown}));
        Ok(())
    }

    pub(super) fn truncate_item(&mut self, event: &Value, now: Instant) -> Result<(), Refusal> {
        let id = id_in(event);
        let number = |name: &str| event.get(name).and_then(Value::as_u64).unwrap_or_default();
        let (index, end_ms) = (number("content_index"), number("audio_end_ms"));
        let Some(item) = self.conversation.item(id) else {
            return Err(unknown_item("item_truncate_invalid_item_id", id));
        };
        let Some(held_ms) = item.audio_ms.filter(|_| item.is_message_of("assistant")) else {
            return Err(Refusal::invalid("item_id", "Only model output audio messages can be truncated."));
        };
        if index != 0 {
            return Err(Refusal::invalid("content_index", format!("The item has no content part {index}.")));
        }
        if end_ms > held_ms {
            let message = format!("Audio content of {held_ms}ms is already shorter than {end_ms}ms");
            return Err(Refusal::invalid("audio_end_ms", message));
        }
        self.conversation.truncate(id, end_ms);
        self.wire.emit(json!({
            "type": "conversation.item.truncated", "item_id": id, "content_index": index,
            "audio_end_ms": end_ms,
        }));
        let at = self.since_start(now);
        let truncation = Truncation { at, item_id: id.to_owned(), audio_end_ms: end_ms, was_ms: held_ms };
        push_bounded(&mut locked(&self.report).truncations, truncation);
        Ok(())
    }

    pub(super) fn delete_item(&mut self, event: &Value) -> Result<(), Refusal> {
        let id = id_in(event);
        if !self.conversation.delete(id) {
            return Err(unknown_item("item_delete_invalid_item_id", id));
        }
        self.wire.emit(json!({"type": "conversation.item.deleted", "item_id": id}));
        push_bounded(&mut locked(&self.report).deletions, id.to_owned());
        Ok(())
    }
}

fn id_in(event: &Value) -> &str {
    event.get("item_id").and_then(Value::as_str).unwrap_or_default()
}

fn unknown_item(code: &'static str, id: &str) -> Refusal {
    Refusal::new(code, "item_id", format!("Item with item_id '{id}' not found."))
}
