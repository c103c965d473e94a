//! An answer being put together, from one body or from the pieces of a stream.

use serde::Deserialize;
use serde_json::Value;

use super::thoughts::Thoughts;
use super::{Chat, Finish, ToolCall};
use crate::openai::rest::Used;
use crate::openai::rest::usage::{UsageBody, estimate};

/// Most characters of an answer, those of calls included.
const MOST_CHARACTERS: usize = 1 << 20;
/// Most calls of one answer.
const MOST_CALLS: usize = 64;

/// An answer that grows beyond all bounds.
#[derive(Debug)]
pub(super) struct TooMuch;

/// A whole answer, or a piece of a streamed one. Unknown fields are ignored, and each known one may be missing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Body {
    choices: Vec<Choice>,
    usage: Option<UsageBody>,
    pub(super) error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Choice {
    #[serde(alias = "message")]
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Delta {
    content: Option<String>,
    refusal: Option<String>,
    #[serde(alias = "reasoning")]
    reasoning_content: Option<String>,
    tool_calls: Option<Vec<CallDelta>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CallDelta {
    index: Option<u32>,
    id: Option<String>,
    function: Option<FunctionDelta>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FunctionDelta {
    name: Option<String>,
    arguments: Option<Value>,
}

/// What a piece brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Piece {
    /// Words for the person.
    pub(super) words: String,
    /// The model has begun: words, thoughts, a call or the end.
    pub(super) is_token: bool,
}

#[derive(Debug, Default)]
pub(super) struct Draft {
    text: String,
    thoughts: Thoughts,
    refusal: String,
    calls: Vec<(Option<u32>, ToolCall)>,
    finish: Option<String>,
    usage: Option<UsageBody>,
    characters: usize,
}

impl Draft {
    /// Takes a piece.
    pub(super) fn take(&mut self, body: Body) -> Result<Piece, TooMuch> {
        if body.usage.is_some() {
            self.usage = body.usage;
        }
        let mut piece = Piece::default();
        // There is only ever one choice; an account's content filter may send pieces with none.
        for choice in body.choices.into_iter().take(1) {
            let delta = choice.delta.unwrap_or_default();
            let words = delta.content.unwrap_or_default();
            let thought = delta.reasoning_content.unwrap_or_default();
            let refusal = delta.refusal.unwrap_or_default();
            let calls = delta.tool_calls.unwrap_or_default();
            let is_said = [&words, &thought, &refusal].into_iter().any(|text| !text.is_empty());
            piece.is_token = is_said || !calls.is_empty() || choice.finish_reason.is_some();
            self.characters += words.len() + thought.len() + refusal.len();
            self.refusal.push_str(&refusal);
            piece.words = self.thoughts.take(&words);
            for call in calls {
                self.take_call(call)?;
            }
            if choice.finish_reason.is_some() {
                self.finish = choice.finish_reason;
                piece.words.push_str(&self.thoughts.finish());
            }
            self.text.push_str(&piece.words);
        }
        if self.characters > MOST_CHARACTERS { Err(TooMuch) } else { Ok(piece) }
    }

    /// Adds a fragment to the call it belongs to. Some servers leave the index out, or give every call the same one: then a
    /// new id begins a new call.
    fn take_call(&mut self, given: CallDelta) -> Result<(), TooMuch> {
        let function = given.function.unwrap_or_default();
        let id = given.id.filter(|id| !id.is_empty());
        let name = function.name.filter(|name| !name.is_empty());
        let is_new = |known: &ToolCall| id.as_ref().is_some_and(|id| *id != known.id);
        let count = self.calls.len();
        let same = match given.index {
            Some(_) => self.calls.iter_mut().rev().find(|(index, _)| *index == given.index),
            None if id.is_none() && name.is_none() => self.calls.last_mut(),
            None => {
                self.calls.iter_mut().rev().find(|(_, call)| id.as_ref().is_some_and(|id| *id == call.id))
            }
        };
        let arguments = match function.arguments {
            Some(Value::String(text)) => text,
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        };
        self.characters += arguments.len();
        let is_full = count >= MOST_CALLS;
        match same {
            Some((_, call)) if !is_new(call) => {
                if call.name.is_empty() {
                    call.name = name.unwrap_or_default();
                }
                call.arguments.push_str(&arguments);
            }
            _ if is_full => return Err(TooMuch),
            _ => {
                let id = id.unwrap_or_else(|| format!("call_{count}"));
                let call = ToolCall { id, name: name.unwrap_or_default(), arguments };
                self.calls.push((given.index, call));
            }
        }
        Ok(())
    }

    /// Whether a reason to end was given.
    pub(super) fn is_ended(&self) -> bool {
        self.finish.is_some()
    }

    /// Whether something came that can be used although nobody said that it is the end.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.refusal.is_empty() && self.calls.is_empty()
    }

    /// What it took so far, by the server's word or by the length of it all.
    pub(super) fn used(&self, model: &str, sent: usize) -> Used {
        match &self.usage {
            Some(usage) => usage.used(model),
            None => estimate(model, sent, self.characters),
        }
    }

    /// The whole answer.
    pub(super) fn finish(self, used: Used) -> Chat {
        let calls: Vec<ToolCall> =
            self.calls.into_iter().map(|(_, call)| call).filter(|call| !call.name.is_empty()).collect();
        let finish = match self.finish.as_deref() {
            Some("length") => Finish::Length,
            Some("content_filter") => Finish::Filtered,
            // Some servers say `stop` although they call.
            _ if !calls.is_empty() => Finish::Calls,
            _ => Finish::Stop,
        };
        let refusal = (!self.refusal.is_empty()).then_some(self.refusal);
        Chat { text: self.text, refusal, calls, finish, used }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn chat(pieces: &[Value]) -> Chat {
        let mut draft = Draft::default();
        for piece in pieces {
            draft.take(serde_json::from_value(piece.clone()).unwrap()).unwrap();
        }
        let used = draft.used("m", 400);
        draft.finish(used)
    }

    fn delta(delta: &Value) -> Value {
        json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}], "usage": null, "new": 1})
    }

    fn calls(deltas: &[Value]) -> Vec<(String, String)> {
        let pieces: Vec<Value> = deltas.iter().map(|calls| delta(&json!({"tool_calls": calls}))).collect();
        chat(&pieces).calls.into_iter().map(|call| (call.name, call.arguments)).collect()
    }

    fn pair(name: &str, arguments: &str) -> (String, String) {
        (name.to_owned(), arguments.to_owned())
    }

    /// Row 118. As it is meant: id and name once, arguments in fragments, by index.
    #[test]
    fn calls_are_put_together_by_their_index() {
        let stream = [
            json!([{"index": 0, "id": "a", "type": "function", "function": {"name": "save", "arguments": ""}}]),
            json!([{"index": 0, "function": {"arguments": "{\"q\":"}}, {"index": 1, "id": "b", "function": {"name": "end"}}]),
            json!([{"index": 1, "function": {"arguments": "{}"}}]),
            json!([{"index": 0, "function": {"arguments": "1}"}}]),
        ];
        assert_eq!(calls(&stream), [pair("save", "{\"q\":1}"), pair("end", "{}")]);
    }

    /// Row 118. As other servers do it.
    #[test]
    fn calls_without_an_index_or_all_of_the_same_one_are_kept_apart() {
        let same = [
            json!([{"index": 0, "id": "a", "function": {"name": "save", "arguments": "{}"}}]),
            json!([{"index": 0, "id": "b", "function": {"name": "end", "arguments": {"why": "done"}}}]),
        ];
        assert_eq!(calls(&same), [pair("save", "{}"), pair("end", "{\"why\":\"done\"}")]);
        let none = [
            json!([{"id": "a", "function": {"name": "save", "arguments": "{"}}]),
            json!([{"function": {"arguments": "}"}}]),
            json!([{"id": "", "function": {"name": "end", "arguments": null}}]),
        ];
        assert_eq!(calls(&none), [pair("save", "{}"), pair("end", "")]);
    }

    #[test]
    fn the_end_is_told_by_what_came_and_not_by_its_name() {
        let call =
            delta(&json!({"tool_calls": [{"index": 0, "function": {"name": "end", "arguments": "{}"}}]}));
        let stop = json!({"choices": [{"delta": {}, "finish_reason": "stop"}]});
        let answer = chat(&[call, stop.clone()]);
        assert_eq!((answer.finish, answer.calls[0].id.as_str()), (Finish::Calls, "call_0"));
        assert_eq!(chat(&[stop]).finish, Finish::Stop);
        assert_eq!(chat(&[json!({"choices": [{"finish_reason": "length"}]})]).finish, Finish::Length);
    }

    #[test]
    fn what_it_took_is_told_by_the_server_or_guessed() {
        let usage = json!({"choices": [], "usage": {"prompt_tokens": 90, "completion_tokens": 7, "total_tokens": 97,
            "prompt_tokens_details": {"cached_tokens": 64}}});
        let used = chat(&[delta(&json!({"content": "Hello"})), usage]).used;
        assert_eq!(
            (used.input_tokens, used.cached_tokens, used.output_tokens, used.is_estimate),
            (90, 64, 7, false)
        );
        let used = chat(&[delta(&json!({"role": "assistant", "content": "Hello there"}))]).used;
        assert_eq!((used.input_tokens, used.output_tokens, used.is_estimate), (100, 3, true));
    }

    #[test]
    fn an_answer_that_grows_without_end_is_given_up() {
        let mut draft = Draft::default();
        let long = "x".repeat(64 * 1024);
        let piece = || serde_json::from_value(delta(&json!({"content": long}))).unwrap();
        assert!((0..20).any(|_| draft.take(piece()).is_err()));
        let mut draft = Draft::default();
        let call =
            |at: usize| delta(&json!({"tool_calls": [{"id": format!("c{at}"), "function": {"name": "x"}}]}));
        assert!((0..100).any(|at| draft.take(serde_json::from_value(call(at)).unwrap()).is_err()));
    }
}
