//! What the agent can do, as the model sees it and as we read it back.

use crate::prompt::key_of;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use studioconnect_domain::question::Question;
use thiserror::Error;

/// A tool as it is offered to the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// Its name.
    pub name: String,
    /// When to use it.
    pub description: String,
    /// JSON Schema of its arguments.
    pub parameters: Value,
}

/// A call of a tool, read and checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToolCall {
    /// Keep an answer to one of the questions.
    SaveAnswer {
        /// Key of the question, `q1` …
        question: String,
        /// What the caller said.
        answer: String,
    },
    /// Keep a message for the business.
    TakeMessage {
        /// The message.
        message: String,
        /// Who left it.
        name: Option<String>,
        /// Where to call back.
        phone: Option<String>,
    },
    /// Look something up in what the business has written down.
    SearchKnowledge {
        /// What is to be found out.
        question: String,
    },
    /// The conversation is over.
    EndCall,
}

/// Why a call of a tool was not understood; the text is for the model.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ToolFault {
    /// There is no such tool.
    #[error("there is no tool of this name")]
    Unknown,
    /// The arguments do not fit.
    #[error("the arguments do not fit this tool: {0}")]
    Arguments(String),
}

/// The tools of a phone call. Without questions there is nothing to save and `save_answer` is not offered.
pub fn specs(questions: &[Question]) -> Vec<ToolSpec> {
    let mut specs = Vec::with_capacity(4);
    if !questions.is_empty() {
        specs.push(save_answer(questions));
    }
    specs.push(ToolSpec {
        name: "search_knowledge".into(),
        description: "Look up what the business says about itself: services, prices, policies, anything that is not \
                      among the facts you were told. Answer only from what comes back; if nothing does, say that you \
                      do not know and offer to take a message."
            .into(),
        parameters: json!({"type": "object", "additionalProperties": false, "required": ["question"], "properties": {
            "question": {"type": "string", "description": "What is to be found out, as a whole question"},
        }}),
    });
    specs.push(ToolSpec {
        name: "take_message".into(),
        description: "Keep a message for the business when the caller wants to leave one, or when you cannot help. \
                      Ask for a name and a number first."
            .into(),
        parameters: json!({"type": "object", "additionalProperties": false, "required": ["message"], "properties": {
            "message": {"type": "string", "description": "What the caller wants, in their words"},
            "name": {"type": "string"},
            "phone": {"type": "string", "description": "Number to call back"},
        }}),
    });
    specs.push(ToolSpec {
        name: "end_call".into(),
        description:
            "Hang up. Only after the caller has said goodbye or has nothing more to say, and after you have \
                      said goodbye yourself."
                .into(),
        parameters: json!({"type": "object", "additionalProperties": false, "properties": {}}),
    });
    specs
}

fn save_answer(questions: &[Question]) -> ToolSpec {
    let keys: Vec<String> = (0..questions.len()).map(key_of).collect();
    ToolSpec {
        name: "save_answer".into(),
        description: "Keep the caller's answer to one of your questions, as soon as you know it, in any order. Call it \
                      again when the caller corrects an answer."
            .into(),
        parameters: json!({"type": "object", "additionalProperties": false, "required": ["question", "answer"],
            "properties": {
                "question": {"type": "string", "enum": keys, "description": "Key of the question"},
                "answer": {"type": "string", "description": "The answer; spell out numbers as digits"},
            }}),
    }
}

impl ToolCall {
    /// Reads what the model sent. Arguments may be cut short or of the wrong shape: the model is told and may try again.
    pub fn read(name: &str, arguments: &str) -> Result<Self, ToolFault> {
        match name {
            "save_answer" => {
                let SaveAnswer { question, answer } = arguments_of(arguments)?;
                Ok(Self::SaveAnswer { question, answer: answer.into_text() })
            }
            "take_message" => {
                let TakeMessage { message, name, phone } = arguments_of(arguments)?;
                Ok(Self::TakeMessage { message, name, phone: phone.map(Said::into_text) })
            }
            "search_knowledge" => {
                let SearchKnowledge { question } = arguments_of(arguments)?;
                Ok(Self::SearchKnowledge { question })
            }
            "end_call" => Ok(Self::EndCall),
            _ => Err(ToolFault::Unknown),
        }
    }

    /// The tool's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SaveAnswer { .. } => "save_answer",
            Self::TakeMessage { .. } => "take_message",
            Self::SearchKnowledge { .. } => "search_knowledge",
            Self::EndCall => "end_call",
        }
    }
}

fn arguments_of<'a, T: Deserialize<'a>>(arguments: &'a str) -> Result<T, ToolFault> {
    serde_json::from_str(arguments).map_err(|fault| ToolFault::Arguments(fault.to_string()))
}

#[derive(Deserialize)]
struct SaveAnswer {
    question: String,
    answer: Said,
}

#[derive(Deserialize)]
struct TakeMessage {
    message: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    phone: Option<Said>,
}

#[derive(Deserialize)]
struct SearchKnowledge {
    question: String,
}

/// Models send a number where a text was asked for, now and then.
#[derive(Deserialize)]
#[serde(untagged)]
enum Said {
    Text(String),
    Number(i64),
    YesNo(bool),
}

impl Said {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
            Self::YesNo(true) => "yes".into(),
            Self::YesNo(false) => "no".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_leniently_and_refused_with_a_reason() {
        assert_eq!(
            ToolCall::read("save_answer", r#"{"question":"q2","answer":2065550142}"#),
            Ok(ToolCall::SaveAnswer { question: "q2".into(), answer: "2065550142".into() })
        );
        assert_eq!(ToolCall::read("end_call", ""), Ok(ToolCall::EndCall));
        assert!(matches!(ToolCall::read("save_answer", r#"{"question":"q"#), Err(ToolFault::Arguments(_))));
        assert_eq!(ToolCall::read("launch", "{}"), Err(ToolFault::Unknown));
    }

    #[test]
    fn a_business_without_questions_offers_no_save_answer() {
        let names: Vec<_> = specs(&[]).into_iter().map(|spec| spec.name).collect();
        assert_eq!(names, ["search_knowledge", "take_message", "end_call"]);
    }
}
