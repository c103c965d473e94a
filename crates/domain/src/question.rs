//! The questions a business wants answered before it calls back.

use crate::fault::Fault;
use crate::ids::QuestionId;
use crate::rule::Text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One question of the agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// Its id; a conversation's pointer holds this, never the text.
    pub id: QuestionId,
    /// What the caller is asked.
    pub question_text: String,
    /// What an answer looks like.
    pub expected_format: AnswerFormat,
    /// Place in the list, from 0, without gaps.
    pub order: u32,
    /// Whether the agent insists.
    pub is_required: bool,
    /// Which field of the lead the answer fills.
    pub maps_to_lead_field: Option<LeadField>,
    /// Asked even when every second counts.
    pub is_essential_for_emergency: bool,
    /// What can be chosen from, with [`AnswerFormat::Choice`].
    #[serde(default)]
    pub choices: Vec<String>,
    /// Asked only after a certain answer to another one; none is always.
    #[serde(default)]
    pub show_when: Option<ShowWhen>,
}

/// On what it depends whether a question is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShowWhen {
    /// A question that stands before it in the list.
    pub question_id: QuestionId,
    /// The answers, as they are stored, that lead to it.
    pub equals: Vec<String>,
}

/// Most choices of a question; nobody remembers more that were read out.
pub const MOST_CHOICES: usize = 12;
/// One choice.
pub static CHOICE: Text = Text::of(1, 80).called("a choice").on_one_line();

impl Question {
    /// Whether it is asked, given the answers so far. One whose condition names a question that is gone is asked always.
    pub fn applies(&self, questions: &[Self], answer_to: impl Fn(QuestionId) -> Option<String>) -> bool {
        let Some(condition) = &self.show_when else { return true };
        if !questions.iter().any(|question| question.id == condition.question_id) {
            return true;
        }
        let answer = answer_to(condition.question_id);
        answer
            .is_some_and(|answer| condition.equals.iter().any(|wanted| wanted.eq_ignore_ascii_case(&answer)))
    }

    /// What is wrong with it among `before`, the questions that stand before it.
    pub fn faults(&self, before: &[Self]) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.expected_format == AnswerFormat::Choice {
            self.check_choices(&mut faults);
        } else if !self.choices.is_empty() {
            faults.push(Fault::new("choices", "only a question with choices has choices"));
        }
        if let Some(condition) = &self.show_when {
            let other = before.iter().find(|question| question.id == condition.question_id);
            faults.extend(condition.fault(other).map(|says| Fault::new("showWhen", says)));
        }
        faults
    }

    fn check_choices(&self, faults: &mut Vec<Fault>) {
        if !(2..=MOST_CHOICES).contains(&self.choices.len()) {
            faults.push(Fault::new("choices", format!("write 2 to {MOST_CHOICES} choices")));
        }
        for (place, choice) in self.choices.iter().enumerate() {
            if let Some(says) = CHOICE.fault(choice) {
                faults.push(Fault::new("choices", says));
            } else if self
                .choices
                .iter()
                .take(place)
                .any(|known| known.to_lowercase() == choice.to_lowercase())
            {
                faults.push(Fault::new("choices", format!("\u{201c}{choice}\u{201d} stands there twice")));
            }
        }
    }
}

impl ShowWhen {
    fn fault(&self, other: Option<&Question>) -> Option<String> {
        let Some(other) = other else {
            return Some("choose a question that is asked before this one".into());
        };
        if self.equals.is_empty() || self.equals.len() > MOST_CHOICES {
            return Some(format!("name 1 to {MOST_CHOICES} answers"));
        }
        let possible: &[String] = match other.expected_format {
            AnswerFormat::YesNo => &[YES.to_owned(), NO.to_owned()],
            AnswerFormat::Choice => &other.choices,
            _ => return self.equals.iter().find_map(|answer| CHOICE.fault(answer)),
        };
        let odd = self
            .equals
            .iter()
            .find(|answer| !possible.iter().any(|known| known.eq_ignore_ascii_case(answer)))?;
        Some(format!("{odd:?} is no answer to that question; there are {}", possible.join(", ")))
    }
}

/// How an agreement is stored.
pub const YES: &str = "yes";
/// How a refusal is stored.
pub const NO: &str = "no";

/// What an answer must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AnswerFormat {
    /// Anything.
    Text,
    /// A mail address.
    Email,
    /// A phone number.
    Phone,
    /// A day, stored as ISO 8601.
    Date,
    /// A number, stored without separators of thousands and with a point.
    Number,
    /// One of the question's choices.
    Choice,
    /// Where something is.
    Address,
    /// `yes` or `no`.
    YesNo,
}

impl AnswerFormat {
    /// Its name outside, such as `YES_NO`.
    pub fn code(self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default()
    }
}

/// Fields of a lead that an answer can fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum LeadField {
    /// Who they are.
    Name,
    /// Where to mail them.
    Email,
    /// Where to call them.
    Phone,
    /// Where the work is.
    Address,
    /// What it is about.
    Message,
}

#[cfg(test)]
mod tests;
