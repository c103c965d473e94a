//! The items of a conversation.

use serde_json::{Value, json};

use super::settings::Dialect;

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// Words of a user, the assistant or the system.
    Message,
    /// A call of a tool.
    FunctionCall,
    /// What a tool answered.
    FunctionCallOutput,
    /// Something a script has no use for.
    Other,
}

/// An item of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// `item_…`, or what the client chose.
    pub id: String,
    /// What it is.
    pub kind: ItemKind,
    /// `user`, `assistant` or `system`; only messages have one.
    pub role: Option<String>,
    /// `in_progress`, `completed` or `incomplete`.
    pub status: String,
    /// The text it holds: what was written, or the transcript of what was said. A truncated item
    /// has none.
    pub text: Option<String>,
    /// How much audio it holds, in ms; `None` for items without audio.
    pub audio_ms: Option<u64>,
    /// Whether the client put it there.
    pub by_client: bool,
    /// Whether it was cut short by a truncation.
    pub is_truncated: bool,
    /// For calls and their outputs.
    pub call_id: Option<String>,
    /// Name of the tool called.
    pub name: Option<String>,
    /// Arguments of a call, or the output of one.
    pub payload: Option<String>,
    /// What the brain understood, whether or not a transcript was asked for.
    pub(super) understood: Option<String>,
    /// Whether a response has taken it into account.
    pub(super) answered: bool,
}

impl Item {
    /// A message without content.
    pub(super) fn message(id: String, role: &str, status: &str) -> Self {
        Self {
            id,
            kind: ItemKind::Message,
            role: Some(role.to_owned()),
            status: status.to_owned(),
            text: None,
            audio_ms: None,
            by_client: false,
            is_truncated: false,
            call_id: None,
            name: None,
            payload: None,
            understood: None,
            answered: false,
        }
    }

    /// A call of a tool, its arguments still to come.
    pub(super) fn call(id: String, call_id: &str, name: &str) -> Self {
        let mut item = Self::message(id, "", "in_progress");
        item.kind = ItemKind::FunctionCall;
        item.role = None;
        item.call_id = Some(call_id.to_owned());
        item.name = Some(name.to_owned());
        item.payload = Some(String::new());
        item
    }

    /// An item of a client, already held against the tables.
    pub(super) fn from_client(id: String, item: &Value) -> Self {
        let text = |name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
        let mut made = Self::message(id, "", "completed");
        made.by_client = true;
        made.role = text("role");
        made.kind = match item.get("type").and_then(Value::as_str) {
            Some("message") => ItemKind::Message,
            Some("function_call") => ItemKind::FunctionCall,
            Some("function_call_output") => ItemKind::FunctionCallOutput,
            _ => ItemKind::Other,
        };
        made.call_id = text("call_id");
        made.name = text("name");
        made.payload = text("arguments").or_else(|| text("output"));
        let parts = item.get("content").and_then(Value::as_array).into_iter().flatten();
        let words: Vec<&str> = parts
            .filter_map(|part| part.get("text").or_else(|| part.get("transcript")))
            .filter_map(Value::as_str)
            .collect();
        made.text = (!words.is_empty()).then(|| words.join(" "));
        made.understood.clone_from(&made.text);
        made
    }

    pub(super) fn is_message_of(&self, role: &str) -> bool {
        self.kind == ItemKind::Message && self.role.as_deref() == Some(role)
    }

    /// The item as the wire shows it, without sound.
    pub(super) fn to_json(&self, dialect: Dialect) -> Value {
        let mut item = json!({"id": self.id, "object": "realtime.item", "status": self.status});
        let fields = match self.kind {
            ItemKind::Message => json!({
                "type": "message", "role": self.role, "content": self.content(dialect),
            }),
            ItemKind::FunctionCall => json!({
                "type": "function_call", "name": self.name, "call_id": self.call_id,
                "arguments": self.payload,
            }),
            ItemKind::FunctionCallOutput => json!({
                "type": "function_call_output", "call_id": self.call_id, "output": self.payload,
            }),
            ItemKind::Other => json!({"type": "mcp_approval_response"}),
        };
        if let (Some(item), Some(fields)) = (item.as_object_mut(), fields.as_object()) {
            item.extend(fields.clone());
        }
        item
    }

    fn content(&self, dialect: Dialect) -> Vec<Value> {
        let is_assistant = self.role.as_deref() == Some("assistant");
        let part = match (is_assistant, self.audio_ms, dialect) {
            (true, Some(_), Dialect::Ga) => json!({"type": "output_audio", "transcript": self.text}),
            (true, Some(_), Dialect::Beta) => json!({"type": "audio", "transcript": self.text}),
            (false, Some(_), _) => json!({"type": "input_audio", "transcript": self.text}),
            (_, None, _) if self.text.is_none() => return Vec::new(),
            (true, None, Dialect::Ga) => json!({"type": "output_text", "text": self.text}),
            (true, None, Dialect::Beta) => json!({"type": "text", "text": self.text}),
            (false, None, _) => json!({"type": "input_text", "text": self.text}),
        };
        vec![part]
    }
}
