//! `POST /chat/completions`, whole or streamed (sections 2 and 3).

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::fault::Failure;
use super::{Kind, OpenAiError, OpenAiRest, Used};
use crate::http::read_json_bounded;

mod draft;
mod stream;
mod thoughts;

pub use stream::{ChatEvent, ChatStream};

use draft::{Body, Draft};

/// The longest answer that is read, in bytes.
const MOST_BYTES: usize = 4 << 20;

/// Parameters that an answer can do without: a server that refuses one is asked again without it.
const OPTIONAL: [&str; 10] = [
    "max_completion_tokens",
    "max_tokens",
    "temperature",
    "reasoning_effort",
    "response_format",
    "stream_options",
    "tool_choice",
    "parallel_tool_calls",
    "safety_identifier",
    "prompt_cache_key",
];

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// What we tell the model.
    System(String),
    /// What the person said.
    User(String),
    /// What the model said and called.
    Assistant {
        /// Its words; none when it only called.
        text: Option<String>,
        /// Its calls, each to be answered by a [`Message::Output`] directly after.
        calls: Vec<ToolCall>,
    },
    /// What a tool answered.
    Output {
        /// Which call.
        call_id: String,
        /// The answer.
        output: String,
    },
}

/// A function the model may call.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// When to call it.
    pub description: String,
    /// JSON schema of its arguments.
    pub parameters: Value,
}

/// A call the model wants made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall {
    /// To be named in the answer.
    pub id: String,
    /// Which tool.
    pub name: String,
    /// Arguments as the model wrote them: JSON if it did well.
    pub arguments: String,
}

/// Whether the model may, must or must not call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolChoice {
    /// As it likes.
    Auto,
    /// Not at all.
    None,
    /// Some tool.
    Required,
    /// This tool.
    Named(String),
}

/// A shape the answer must have, as JSON. Servers may ignore it: check what comes.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// Its name: at most 64 letters, digits, `_` or `-`.
    pub name: String,
    /// The strict subset of JSON Schema (section 3).
    pub schema: Value,
}

/// A question to the model. What is not set is not sent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChatRequest {
    /// The model.
    pub model: String,
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// What it may call.
    pub tools: Vec<Tool>,
    /// Whether it may call.
    pub tool_choice: Option<ToolChoice>,
    /// Most tokens of the answer.
    pub max_tokens: Option<u32>,
    /// Only for models that still take it.
    pub temperature: Option<f32>,
    /// `none` to `max`. With tools it is `none` where nothing is set: current models call functions here only then
    /// (section 1).
    pub reasoning_effort: Option<String>,
    /// The answer's shape.
    pub schema: Option<Schema>,
    /// A name for the person that tells nothing about them.
    pub safety_identifier: Option<String>,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// It is whole.
    Stop,
    /// The limit of tokens was met: words or JSON stop in the middle.
    Length,
    /// Tools are to be called.
    Calls,
    /// The server's filter stopped it.
    Filtered,
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Chat {
    /// The words, without what a thinking model thought.
    pub text: String,
    /// Words of a model that will not answer.
    pub refusal: Option<String>,
    /// What it wants called.
    pub calls: Vec<ToolCall>,
    /// Why it ended.
    pub finish: Finish,
    /// What it took.
    pub used: Used,
}

/// Parameters a server has refused, and which are left out from then on.
#[derive(Debug, Default)]
pub(super) struct Unwanted(Mutex<BTreeSet<&'static str>>);

impl Unwanted {
    /// Looks whether a request failed for a parameter that it can do without, and keeps that in mind.
    fn learn(&self, mut failure: Failure, body: &Value) -> Failure {
        let OpenAiError::Rejected { code, param: Some(param), .. } = &failure.error else { return failure };
        let is_about_it =
            ["unsupported_parameter", "unsupported_value", "unknown_parameter"].contains(&code.as_str());
        let name = param.split('.').next().unwrap_or_default();
        let optional = OPTIONAL.into_iter().find(|known| *known == name && body.get(known).is_some());
        if let Some(name) = optional.filter(|_| is_about_it) {
            tracing::info!(
                parameter = name,
                "the model's server refuses this parameter; it is left out from now on"
            );
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
            failure.is_learnt = true;
        }
        failure
    }

    fn has(&self, name: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(name)
    }
}

impl ChatRequest {
    fn body(&self, is_stream: bool, unwanted: &Unwanted) -> Value {
        let messages: Vec<Value> = self.messages.iter().map(Message::wire).collect();
        let mut body = Map::from_iter([
            ("model".to_owned(), json!(self.model)),
            ("messages".to_owned(), messages.into()),
        ]);
        let mut add = |name: &str, value: Option<Value>| {
            if let Some(value) = value.filter(|_| !unwanted.has(name)) {
                body.insert(name.to_owned(), value);
            }
        };
        if is_stream {
            add("stream", Some(true.into()));
            add("stream_options", Some(json!({"include_usage": true})));
        }
        let has_tools = !self.tools.is_empty();
        add("tools", has_tools.then(|| self.tools.iter().map(Tool::wire).collect()));
        add("tool_choice", self.tool_choice.as_ref().filter(|_| has_tools).map(ToolChoice::wire));
        let effort = self.reasoning_effort.as_deref().or(has_tools.then_some("none"));
        add("reasoning_effort", effort.map(Value::from));
        // The older name is the only one some servers know; the newer one the only one current models take.
        let length =
            if unwanted.has("max_completion_tokens") { "max_tokens" } else { "max_completion_tokens" };
        add(length, self.max_tokens.map(Value::from));
        add("temperature", self.temperature.map(|warmth| json!((f64::from(warmth) * 100.0).round() / 100.0)));
        add("response_format", self.schema.as_ref().map(Schema::wire));
        add("safety_identifier", self.safety_identifier.as_deref().map(Value::from));
        Value::Object(body)
    }

    /// Characters of everything that is sent, for an estimate of its tokens.
    fn characters(&self) -> usize {
        let words: usize = self.messages.iter().map(Message::characters).sum();
        let tools = self.tools.iter().map(|tool| tool.description.len() + tool.parameters.to_string().len());
        words + tools.sum::<usize>()
    }
}

impl Message {
    fn wire(&self) -> Value {
        match self {
            Self::System(text) => json!({"role": "system", "content": text}),
            Self::User(text) => json!({"role": "user", "content": text}),
            Self::Output { call_id, output } => {
                json!({"role": "tool", "tool_call_id": call_id, "content": output})
            }
            Self::Assistant { text, calls } if calls.is_empty() => {
                json!({"role": "assistant", "content": text})
            }
            Self::Assistant { text, calls } => {
                let calls: Vec<Value> = calls.iter().map(ToolCall::wire).collect();
                json!({"role": "assistant", "content": text, "tool_calls": calls})
            }
        }
    }

    fn characters(&self) -> usize {
        match self {
            Self::System(text) | Self::User(text) | Self::Output { output: text, .. } => text.len(),
            Self::Assistant { text, calls } => {
                let calls: usize = calls.iter().map(|call| call.name.len() + call.arguments.len()).sum();
                text.as_deref().unwrap_or_default().len() + calls
            }
        }
    }
}

impl Tool {
    fn wire(&self) -> Value {
        json!({"type": "function", "function": {
            "name": self.name, "description": self.description, "parameters": self.parameters,
        }})
    }
}

impl ToolCall {
    fn wire(&self) -> Value {
        json!({"id": self.id, "type": "function", "function": {"name": self.name, "arguments": self.arguments}})
    }
}

impl ToolChoice {
    fn wire(&self) -> Value {
        match self {
            Self::Auto => "auto".into(),
            Self::None => "none".into(),
            Self::Required => "required".into(),
            Self::Named(name) => json!({"type": "function", "function": {"name": name}}),
        }
    }
}

impl Schema {
    fn wire(&self) -> Value {
        json!({"type": "json_schema", "json_schema": {"name": self.name, "schema": self.schema, "strict": true}})
    }
}

impl OpenAiRest {
    /// Asks and waits for the whole answer.
    pub async fn chat(&self, request: &ChatRequest) -> Result<Chat, OpenAiError> {
        let draft = self.repeated(Kind::Chat, |deadline| self.chat_once(request, deadline)).await?;
        let used = draft.used(&request.model, request.characters());
        Ok(draft.finish(self.shared.counters.add(Kind::Chat, used)))
    }

    /// Asks and gives back the answer as it comes. Once this succeeds the first token is there, and nothing is repeated any
    /// more.
    pub async fn stream_chat(&self, request: &ChatRequest) -> Result<ChatStream, OpenAiError> {
        self.repeated(Kind::Chat, |deadline| self.open_stream(request, deadline)).await
    }

    async fn chat_once(&self, request: &ChatRequest, deadline: Instant) -> Result<Draft, Failure> {
        let body = request.body(false, &self.shared.unwanted);
        let response = self.ask_chat(&body, deadline).await?;
        let answer = read_json_bounded::<Body>(response, MOST_BYTES).await;
        let answer = answer.map_err(|fault| Failure::of_body(&fault))?;
        let mut draft = Draft::default();
        draft.take(answer).map_err(|_| Failure::not_understood())?;
        if draft.is_ended() { Ok(draft) } else { Err(Failure::not_understood()) }
    }

    async fn ask_chat(&self, body: &Value, deadline: Instant) -> Result<reqwest::Response, Failure> {
        let request = self.http.post(self.url(&["chat", "completions"])).json(body);
        self.ask(request, deadline).await.map_err(|failure| self.shared.unwanted.learn(failure, body))
    }
}
