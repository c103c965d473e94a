//! A conversation as whoever shows it sees it: the question that waits, what can be clicked, how far it is.

use super::{Conversation, Stage};
use crate::desk::Desk;
use crate::entities::Entity;
use serde::{Deserialize, Serialize};
use studioconnect_domain::call::{Detail, Topic};
use studioconnect_domain::ids::QuestionId;
use studioconnect_domain::question::{AnswerFormat, NO, YES};

/// Where a conversation stands, to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// Who is to speak about what.
    pub state: Stage,
    /// How many questions have an answer.
    pub answered: usize,
    /// How many there are.
    pub total: usize,
    /// The question that waits for its answer.
    pub question: Option<Asked>,
    /// What can be clicked in place of an answer.
    pub quick_replies: Vec<QuickReply>,
}

/// A question that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// Its id.
    pub id: QuestionId,
    /// Its words.
    pub text: String,
    /// What an answer looks like.
    pub format: AnswerFormat,
    /// What can be chosen from.
    pub choices: Vec<String>,
    /// Whether it can be left out.
    pub is_required: bool,
}

/// Something to click.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuickReply {
    /// What stands on it.
    pub text: String,
    /// What is sent in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl QuickReply {
    fn saying(text: String) -> Self {
        Self { text, value: None }
    }
}

impl Conversation {
    /// What it is about, to be stored beside it.
    pub fn stored_topic(&self) -> Option<Topic> {
        self.topic().map(|guess| Topic { intent: guess.intent.code(), confidence: percent(guess.confidence) })
    }

    /// The details that were given, to be stored beside it.
    pub fn stored_details(&self) -> Vec<Detail> {
        let stored = |entity: &Entity| Detail {
            kind: entity.kind.code().to_owned(),
            value: entity.value.clone(),
            confidence: percent(entity.confidence),
        };
        self.entities().iter().map(stored).collect()
    }

    /// As it is to be shown.
    pub fn view(&self, desk: &Desk<'_>) -> View {
        let (answered, total) = self.progress(desk);
        let question = self.pending(desk).filter(|_| self.stage() == Stage::Asking);
        let mut quick_replies = Vec::new();
        let tongue = self.tongue();
        if let Some(question) = question {
            match question.expected_format {
                AnswerFormat::Choice => {
                    quick_replies.extend(question.choices.iter().cloned().map(QuickReply::saying));
                }
                AnswerFormat::YesNo => quick_replies.extend([
                    QuickReply { text: tongue.yes(), value: Some(YES.into()) },
                    QuickReply { text: tongue.no(), value: Some(NO.into()) },
                ]),
                _ => {}
            }
            if self.is_optional(question) {
                quick_replies.push(QuickReply::saying(tongue.skip()));
            }
        } else if self.has_offered() {
            quick_replies.extend([tongue.yes_please(), tongue.no_thanks()].map(QuickReply::saying));
        }
        let question = question.map(|question| Asked {
            id: question.id,
            text: question.question_text.clone(),
            format: question.expected_format,
            choices: question.choices.clone(),
            is_required: question.is_required,
        });
        View { state: self.stage(), answered, total, question, quick_replies }
    }
}

/// A share of 1 as it is stored.
pub(crate) fn percent(share: f32) -> u8 {
    (share.clamp(0.0, 1.0) * 100.0).round() as u8
}
