//! Taking down what a caller wants: answers come in in any order and become a lead.

use crate::prompt::{index_of, key_of};
use crate::tools::ToolCall;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::collections::HashMap;
use studioconnect_domain::answer;
use studioconnect_domain::ids::{BusinessId, CallId, QuestionId};
use studioconnect_domain::lead::Lead;
use studioconnect_domain::phone::PhoneNumber;
use studioconnect_domain::question::{AnswerFormat, Question};

/// Times an answer is refused before it is kept as it was said.
const RE_ASKS: u8 = 2;

/// The lead of one conversation while it grows.
#[derive(Clone, Debug)]
pub struct Intake {
    region: String,
    questions: Vec<Question>,
    lead: Lead,
    refused: HashMap<QuestionId, u8>,
    has_content: bool,
}

/// What came of a tool's call.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The answer for the model.
    pub output: Value,
    /// The lead changed and must be kept before the model is told so.
    pub changed: bool,
}

impl Intake {
    /// An intake that knows nothing yet but, perhaps, the number that is calling.
    pub fn new(
        business_id: BusinessId,
        call_id: CallId,
        region: &str,
        questions: Vec<Question>,
        caller: Option<&str>,
        now: DateTime<Utc>,
    ) -> Self {
        let caller = caller.and_then(|number| PhoneNumber::read(number, region).ok());
        let caller = caller.filter(PhoneNumber::is_somebodys).map(String::from);
        let mut lead = Lead::of_call(business_id, call_id, caller, now);
        lead.settle(&questions);
        Self { region: region.to_owned(), questions, lead, refused: HashMap::new(), has_content: false }
    }

    /// The lead, once there is something in it worth keeping.
    pub fn lead(&self) -> Option<&Lead> {
        self.has_content.then_some(&self.lead)
    }

    /// How many questions have an answer, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        (self.lead.answers.len(), self.questions.len())
    }

    /// Carries out a tool's call. `end_call` is the call machine's own and changes nothing here.
    pub fn apply(&mut self, call: &ToolCall, now: DateTime<Utc>) -> Outcome {
        match call {
            ToolCall::SaveAnswer { question, answer } => self.save(question, answer, now),
            ToolCall::TakeMessage { message, name, phone } => {
                self.message(message, name.as_deref(), phone.as_deref(), now)
            }
            ToolCall::EndCall => Outcome { output: json!({"ok": true}), changed: false },
        }
    }

    fn save(&mut self, key: &str, text: &str, now: DateTime<Utc>) -> Outcome {
        let Some(question) = index_of(key).and_then(|index| self.questions.get(index)).cloned() else {
            return refusal("there is no question of this key");
        };
        let (value, needs_check) = match answer::read(question.expected_format, text, &self.region) {
            Ok(value) => (value, false),
            Err(fault) => {
                let times = self.refused.entry(question.id).or_default();
                if *times < RE_ASKS || text.trim().is_empty() {
                    *times = times.saturating_add(1);
                    return refusal(&fault.to_string());
                }
                // Asking a third time loses the caller; a person will look at it.
                (text.trim().chars().take(answer::MAX_ANSWER).collect(), true)
            }
        };
        let read_back = match question.expected_format {
            AnswerFormat::Phone if !needs_check => {
                PhoneNumber::try_from(value.clone()).ok().map(|number| number.spoken())
            }
            AnswerFormat::Email if !needs_check => Some(value.clone()),
            _ => None,
        };
        self.lead.answer(&question, value, needs_check);
        self.touch(now);
        let mut output = json!({"saved": true, "next": self.next_question()});
        if let (Some(read_back), Value::Object(fields)) = (read_back, &mut output) {
            fields.insert("readBack".into(), json!(read_back));
        }
        Outcome { output, changed: true }
    }

    fn message(
        &mut self,
        message: &str,
        name: Option<&str>,
        phone: Option<&str>,
        now: DateTime<Utc>,
    ) -> Outcome {
        let Ok(message) = answer::read(AnswerFormat::Text, message, &self.region) else {
            return refusal("the message is empty");
        };
        let phone = match phone
            .filter(|text| !text.trim().is_empty())
            .map(|text| PhoneNumber::read(text, &self.region))
        {
            Some(Err(fault)) => return refusal(&fault.to_string()),
            Some(Ok(number)) => Some(String::from(number)),
            None => None,
        };
        self.lead.message = Some(message);
        if let Some(name) = name.and_then(|name| answer::read(AnswerFormat::Text, name, &self.region).ok()) {
            self.lead.name = Some(name);
        }
        self.lead.phone = phone.or_else(|| self.lead.phone.take());
        self.touch(now);
        Outcome { output: json!({"saved": true}), changed: true }
    }

    fn touch(&mut self, now: DateTime<Utc>) {
        self.has_content = true;
        self.lead.updated_at = now;
        self.lead.settle(&self.questions);
    }

    fn next_question(&self) -> Value {
        let open = self.questions.iter().enumerate().find(|(_, question)| {
            question.is_required && self.lead.answers.iter().all(|answer| answer.question_id != question.id)
        });
        match open {
            Some((index, question)) => json!({"key": key_of(index), "question": question.question_text}),
            None => json!("all required questions are answered: sum up and say goodbye"),
        }
    }
}

fn refusal(why: &str) -> Outcome {
    Outcome { output: json!({"saved": false, "problem": why}), changed: false }
}

#[cfg(test)]
mod tests;
