//! Turns of a conversation in writing as they came in, and the same conversation again from them.
//!
//! A turn is recorded with all that its outcome rests on and that is not made of the turns before: the words, the time, what
//! was found in the documents, what a model saved and said, and the business's settings where they are not those of the turn
//! before. With it stands a hash of the conversation as it was afterwards.

use crate::conversation::{Conversation, Finding};
use crate::desk::Desk;
use crate::tools::ToolCall;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::alarm::AlarmSettings;
use studioconnect_domain::business::Business;
use studioconnect_domain::plan::Plan;
use studioconnect_domain::priority::History;
use studioconnect_domain::question::Question;
use thiserror::Error;
use xxhash_rust::xxh3::xxh3_64;

/// The settings a turn was answered with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Surroundings {
    business: Business,
    plan: Plan,
    config: AgentConfig,
    questions: Vec<Question>,
    #[serde(default)]
    alarm: AlarmSettings,
}

/// One turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// When it was answered.
    pub at: DateTime<Utc>,
    /// What was said.
    pub text: String,
    /// What was known of who said it.
    #[serde(default)]
    history: History,
    /// The conversation before, where it begins here.
    #[serde(skip_serializing_if = "Option::is_none")]
    begun: Option<Box<Conversation>>,
    /// The settings, where they are not those of the turn before.
    #[serde(skip_serializing_if = "Option::is_none")]
    surroundings: Option<Box<Surroundings>>,
    /// What was found in the documents.
    pub finding: Finding,
    /// What a model saved.
    pub calls: Vec<ToolCall>,
    /// The reply in a model's words.
    pub worded: Option<String>,
    /// Hash of the conversation afterwards.
    after: u64,
}

impl Turn {
    /// A turn that begins.
    pub(crate) fn begin(conversation: &mut Conversation, text: &str, desk: &Desk<'_>) -> Self {
        let begun = conversation.is_new().then(|| Box::new(conversation.clone()));
        let settings = (desk.business, desk.plan, desk.config, desk.questions, desk.alarm);
        let surroundings = conversation.notice(hash(&settings)).then(|| {
            Box::new(Surroundings {
                business: desk.business.clone(),
                plan: desk.plan.clone(),
                config: desk.config.clone(),
                questions: desk.questions.to_vec(),
                alarm: desk.alarm.clone(),
            })
        });
        Self {
            at: desk.now,
            text: text.to_owned(),
            history: desk.history,
            begun,
            surroundings,
            finding: Finding::default(),
            calls: Vec::new(),
            worded: None,
            after: 0,
        }
    }

    /// The turn as a line of a recording; the conversation is as the turn left it.
    pub(crate) fn end(mut self, conversation: &Conversation) -> String {
        self.after = hash(conversation);
        // Plain data with text for keys: it can be written.
        serde_json::to_string(&self).unwrap_or_default()
    }
}

/// A turn that was run again.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The turn.
    pub turn: Turn,
    /// What the rules answer.
    pub reply: String,
}

/// A conversation that was run again.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// Its turns.
    pub steps: Vec<Step>,
    /// The first that left the conversation in another state than it was left in then.
    pub diverged_at: Option<usize>,
    /// The conversation at the end.
    pub conversation: Conversation,
}

/// Why lines are no recording.
#[derive(Debug, Error)]
pub enum ReplayFault {
    /// There is nothing in it.
    #[error("the recording is empty")]
    Empty,
    /// A line cannot be read.
    #[error("turn {number} of the recording cannot be read: {cause}")]
    Line {
        /// Which, from 1.
        number: usize,
        /// Why.
        cause: serde_json::Error,
    },
    /// The first turn does not say how the conversation began.
    #[error("the recording does not begin with a conversation's first turn")]
    NoBeginning,
}

/// Runs recorded turns again, a line each.
pub fn replay<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Replay, ReplayFault> {
    let (mut steps, mut diverged_at) = (Vec::new(), None);
    let (mut known, mut conversation) = (None, None);
    for (at, line) in lines.into_iter().enumerate() {
        let turn: Turn =
            serde_json::from_str(line).map_err(|cause| ReplayFault::Line { number: at + 1, cause })?;
        if let Some(begun) = &turn.begun {
            conversation = Some((**begun).clone());
        }
        if let Some(surroundings) = &turn.surroundings {
            known = Some((**surroundings).clone());
        }
        let (Some(talk), Some(surroundings)) = (conversation.as_mut(), known.as_ref()) else {
            return Err(ReplayFault::NoBeginning);
        };
        let reply = run(talk, surroundings, &turn);
        if diverged_at.is_none() && hash(talk) != turn.after {
            diverged_at = Some(at);
        }
        steps.push(Step { turn, reply });
    }
    let conversation = conversation.ok_or(ReplayFault::Empty)?;
    Ok(Replay { steps, diverged_at, conversation })
}

fn run(conversation: &mut Conversation, surroundings: &Surroundings, turn: &Turn) -> String {
    let Surroundings { business, plan, config, questions, alarm } = surroundings;
    let desk = Desk { business, plan, config, questions, alarm, history: turn.history, now: turn.at };
    conversation.notice(hash(&(business, plan, config, questions, alarm)));
    let heard = conversation.hear(&turn.text, &desk);
    let response = conversation.respond(&heard, &turn.finding, &desk);
    for call in &turn.calls {
        conversation.apply(call, &desk);
    }
    if let Some(words) = &turn.worded {
        conversation.reworded(words);
    }
    response.text
}

fn hash(value: &impl Serialize) -> u64 {
    // What cannot be written would be a mistake here, not the conversation's; then every replay differs.
    serde_json::to_vec(value).map_or(u64::MAX, |bytes| xxh3_64(&bytes))
}

#[cfg(test)]
mod tests;
