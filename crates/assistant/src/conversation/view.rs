//! A conversation as whoever shows it sees it: the question that waits, what can be clicked, how far it is.

use super::{Conversation, Stage};
use crate::desk::Desk;
use crate::entities::Entity;
use studioconnect_domain::call::{Detail, Topic};
use studioconnect_domain::conversation::{AskedQuestion, Flow, FlowState, Progress, QuickReply};
use studioconnect_domain::question::{AnswerFormat, NO, YES};

/// A conversation as it is to be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Where its questions stand.
    pub flow: Flow,
    /// What can be clicked in place of an answer.
    pub quick_replies: Vec<QuickReply>,
}

fn saying(text: String) -> QuickReply {
    QuickReply { text, value: None }
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
                    quick_replies.extend(question.choices.iter().cloned().map(saying));
                }
                AnswerFormat::YesNo => quick_replies.extend([
                    QuickReply { text: tongue.yes(), value: Some(YES.into()) },
                    QuickReply { text: tongue.no(), value: Some(NO.into()) },
                ]),
                _ => {}
            }
            if !question.is_required {
                quick_replies.push(saying(tongue.skip()));
            }
        } else if let Some(choices) = self.choices() {
            quick_replies.extend(choices.map(saying));
        } else if self.has_offered() {
            quick_replies.extend([tongue.yes_please(), tongue.no_thanks()].map(saying));
        }
        let question = question.map(|question| AskedQuestion {
            id: question.id.to_string(),
            text: question.question_text.clone(),
            format: question.expected_format.code(),
            choices: (!question.choices.is_empty()).then(|| question.choices.clone()),
            is_required: question.is_required,
        });
        let state = match self.stage() {
            Stage::Open => FlowState::Open,
            Stage::Asking => FlowState::Asking,
            Stage::Done => FlowState::Done,
        };
        let progress = Progress { answered: answered as u32, total: total as u32 };
        View { flow: Flow { state, progress, question }, quick_replies }
    }
}

/// A share of 1 as it is stored.
pub(crate) fn percent(share: f32) -> u8 {
    (share.clamp(0.0, 1.0) * 100.0).round() as u8
}
