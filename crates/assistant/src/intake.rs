//! Taking down what a caller wants: answers come in in any order and become a lead.

use crate::desk::Desk;
use crate::prompt::{index_of, key_of};
use crate::tools::ToolCall;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use studioconnect_domain::answer;
use studioconnect_domain::ids::{CallId, QuestionId};
use studioconnect_domain::lead::Lead;
use studioconnect_domain::phone::PhoneNumber;
use studioconnect_domain::question::{AnswerFormat, Question};

/// Times an answer is refused before it is kept as it was said.
const RE_ASKS: u8 = 2;

/// The lead of one conversation while it grows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intake {
    lead: Lead,
    refused: BTreeMap<QuestionId, u8>,
    has_content: bool,
}

/// What came of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It fits and is kept in its normal form.
    Fitting(String),
    /// It did not fit three times and is kept as it was said, for a person to look at.
    AsSaid,
    /// It does not fit; what is wrong.
    Refused(String),
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
    /// An intake that knows nothing yet but what stands in the lead, such as the number that is calling.
    pub fn new(lead: Lead) -> Self {
        Self { lead, refused: BTreeMap::new(), has_content: false }
    }

    /// The lead of a call. A number that is nobody's, as of a caller who hides it, is none.
    pub fn of_call(desk: &Desk<'_>, call_id: CallId, caller: &str) -> Self {
        let caller = PhoneNumber::read(caller, &desk.business.region).ok();
        let caller = caller.filter(PhoneNumber::is_somebodys).map(String::from);
        let mut lead = Lead::of_call(desk.business.id, call_id, caller, desk.now);
        lead.settle(desk.questions);
        Self::new(lead)
    }

    /// The lead, once there is something in it worth keeping.
    pub fn lead(&self) -> Option<&Lead> {
        self.has_content.then_some(&self.lead)
    }

    /// What is known so far, worth keeping or not.
    pub fn known(&self) -> &Lead {
        &self.lead
    }

    /// The answer to a question, as it is stored.
    pub fn answer_to(&self, question: QuestionId) -> Option<&str> {
        let answer = self.lead.answers.iter().find(|answer| answer.question_id == question);
        answer.map(|answer| answer.value.as_str())
    }

    /// Whether a question is to be asked: nothing is known of it, and what it waits for was said.
    pub fn is_open(&self, question: &Question, questions: &[Question]) -> bool {
        self.answer_to(question.id).is_none()
            && question.applies(questions, |id| self.answer_to(id).map(str::to_owned))
    }

    /// How many of the questions that apply have an answer, and how many apply.
    pub fn progress(&self, questions: &[Question]) -> (usize, usize) {
        let applies =
            |question: &&Question| question.applies(questions, |id| self.answer_to(id).map(str::to_owned));
        let all: Vec<&Question> = questions.iter().filter(applies).collect();
        let answered = all.iter().filter(|question| self.answer_to(question.id).is_some()).count();
        (answered, all.len())
    }

    /// Carries out a tool's call. What neither keeps nor changes anything is not this room's and changes nothing.
    pub fn apply(&mut self, call: &ToolCall, desk: &Desk<'_>) -> Outcome {
        match call {
            ToolCall::SaveAnswer { question, answer } => self.save(question, answer, desk),
            ToolCall::TakeMessage { message, name, phone } => {
                self.message(message, name.as_deref(), phone.as_deref(), desk)
            }
            ToolCall::EndCall | ToolCall::SearchKnowledge { .. } => {
                Outcome { output: json!({"ok": true}), changed: false }
            }
        }
    }

    /// Takes in what was answered to a question.
    pub fn take(&mut self, question: &Question, text: &str, desk: &Desk<'_>) -> Kept {
        let kept = match answer::to(question, text, &desk.business.region) {
            Ok(value) => {
                self.lead.answer(question, value.clone(), false);
                Kept::Fitting(value)
            }
            Err(fault) => {
                let times = self.refused.entry(question.id).or_default();
                if *times < RE_ASKS || text.trim().is_empty() {
                    *times = times.saturating_add(1);
                    return Kept::Refused(fault.to_string());
                }
                // Asking a third time loses the caller; a person will look at it.
                let as_said = text.trim().chars().take(answer::MAX_ANSWER).collect();
                self.lead.answer(question, as_said, true);
                Kept::AsSaid
            }
        };
        self.touch(desk);
        kept
    }

    /// Changes the lead beside its answers.
    pub(crate) fn note(&mut self, desk: &Desk<'_>, change: impl FnOnce(&mut Lead)) {
        change(&mut self.lead);
        self.touch(desk);
    }

    /// Changes the lead without making it worth keeping.
    pub(crate) fn note_quietly(&mut self, change: impl FnOnce(&mut Lead)) {
        change(&mut self.lead);
    }

    fn save(&mut self, key: &str, text: &str, desk: &Desk<'_>) -> Outcome {
        let Some(question) = index_of(key).and_then(|index| desk.questions.get(index)) else {
            return refusal("there is no question of this key");
        };
        let value = match self.take(question, text, desk) {
            Kept::Refused(why) => return refusal(&why),
            Kept::AsSaid => None,
            Kept::Fitting(value) => Some(value),
        };
        let read_back = value.and_then(|value| match question.expected_format {
            AnswerFormat::Phone => PhoneNumber::try_from(value).ok().map(|number| number.spoken()),
            AnswerFormat::Email => Some(value),
            _ => None,
        });
        let mut output = json!({"saved": true, "next": self.next_question(desk.questions)});
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
        desk: &Desk<'_>,
    ) -> Outcome {
        let region = &desk.business.region;
        let Ok(message) = answer::read(AnswerFormat::Text, message, region) else {
            return refusal("the message is empty");
        };
        let phone =
            match phone.filter(|text| !text.trim().is_empty()).map(|text| PhoneNumber::read(text, region)) {
                Some(Err(fault)) => return refusal(&fault.to_string()),
                Some(Ok(number)) => Some(String::from(number)),
                None => None,
            };
        let name = name.and_then(|name| answer::read(AnswerFormat::Text, name, region).ok());
        self.note(desk, |lead| {
            lead.message = Some(message);
            lead.name = name.or_else(|| lead.name.take());
            lead.phone = phone.or_else(|| lead.phone.take());
        });
        Outcome { output: json!({"saved": true}), changed: true }
    }

    fn touch(&mut self, desk: &Desk<'_>) {
        self.has_content = true;
        self.lead.updated_at = desk.now;
        self.lead.settle(desk.questions);
    }

    fn next_question(&self, questions: &[Question]) -> Value {
        let mut open = questions.iter().enumerate().filter(|(_, question)| question.is_required);
        match open.find(|(_, question)| self.is_open(question, questions)) {
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
