//! What we say to the server.

use super::{Dialect, SessionSettings};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One event to the server. Audio is not among them: it is written by [`ClientEvent::write_append`] without a copy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ClientEvent {
    /// Configures the session.
    SessionUpdate(Box<SessionSettings>),
    /// Puts a message into the conversation: replayed history, or guidance in mid-call.
    Message {
        /// Whose message.
        role: Role,
        /// Its words.
        text: String,
    },
    /// Puts a function call of an earlier session back into the conversation.
    PastCall {
        /// The call's id.
        call_id: String,
        /// The function.
        name: String,
        /// Its arguments, JSON.
        arguments: String,
    },
    /// Answers a function call.
    FunctionOutput {
        /// Which call.
        call_id: String,
        /// The answer, JSON.
        output: String,
    },
    /// Cuts an item of the agent's to what was heard of it.
    Truncate {
        /// Which item.
        item_id: String,
        /// Which part of it.
        content_index: u32,
        /// What was heard, in ms of this part.
        audio_end_ms: u64,
    },
    /// Takes an item out of the conversation.
    Delete {
        /// Which item.
        item_id: String,
    },
    /// Asks for a reply.
    CreateResponse {
        /// Said instead of the session's instructions, for this reply only.
        instructions: Option<String>,
    },
    /// Stops the reply that is being made.
    CancelResponse {
        /// Which one.
        response_id: Option<String>,
    },
}

/// Whose message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// The caller's.
    User,
    /// The agent's.
    Assistant,
    /// Ours, to the agent.
    System,
}

impl ClientEvent {
    /// The event as one text frame. `event_id` comes back in an error about it, our only correlation (section 1).
    pub fn write(&self, dialect: Dialect, event_id: &str) -> String {
        let mut event = match self {
            Self::SessionUpdate(settings) => {
                json!({"type": "session.update", "session": settings.to_json(dialect)})
            }
            Self::Message { role, text } => item(&json!({
                "type": "message",
                "role": role.as_str(),
                "content": [{"type": role.part(dialect), "text": text}],
            })),
            Self::PastCall { call_id, name, arguments } => item(&json!({
                "type": "function_call", "call_id": call_id, "name": name, "arguments": arguments,
            })),
            Self::FunctionOutput { call_id, output } => item(&json!({
                "type": "function_call_output", "call_id": call_id, "output": output,
            })),
            Self::Truncate { item_id, content_index, audio_end_ms } => json!({
                "type": "conversation.item.truncate",
                "item_id": item_id, "content_index": content_index, "audio_end_ms": audio_end_ms,
            }),
            Self::Delete { item_id } => json!({"type": "conversation.item.delete", "item_id": item_id}),
            Self::CreateResponse { instructions: None } => json!({"type": "response.create"}),
            Self::CreateResponse { instructions: Some(text) } => {
                json!({"type": "response.create", "response": {"instructions": text}})
            }
            Self::CancelResponse { response_id: None } => json!({"type": "response.cancel"}),
            Self::CancelResponse { response_id: Some(id) } => {
                json!({"type": "response.cancel", "response_id": id})
            }
        };
        if let Value::Object(fields) = &mut event {
            fields.insert("event_id".into(), json!(event_id));
        }
        event.to_string()
    }

    /// Caller audio as one text frame; `audio` is base64 and needs no escaping.
    pub fn write_append(audio: &str) -> String {
        let mut frame = String::with_capacity(audio.len() + 56);
        frame.push_str(r#"{"type":"input_audio_buffer.append","audio":""#);
        frame.push_str(audio);
        frame.push_str(r#""}"#);
        frame
    }
}

fn item(item: &Value) -> Value {
    json!({"type": "conversation.item.create", "item": item})
}

impl Role {
    fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::System => "system",
        }
    }

    /// Assistant parts were called `text` in the beta (section 16); audio of the assistant cannot be put back.
    fn part(self, dialect: Dialect) -> &'static str {
        match (self, dialect) {
            (Self::Assistant, Dialect::Ga) => "output_text",
            (Self::Assistant, Dialect::Beta) => "text",
            _ => "input_text",
        }
    }
}
