//! One conversation, as it stands: what was asked, what was answered, what was offered. The same for chat and phone.
//!
//! A turn has two steps, as something may have to be looked up in between: [`Conversation::hear`] takes in what was said and
//! says what to look up, [`Conversation::respond`] decides the next move and has words for it. A model may word it better;
//! what the move is, is not its to decide. Nothing here knows a clock, a database or a model.

mod emergency;
mod facts;
mod hear;
mod phrasing;
mod reading;
mod respond;
pub mod view;

use crate::desk::Desk;
use crate::entities::{Entity, Surroundings, entities};
use crate::intake::{Intake, Outcome};
use crate::intents::{Guess, Intent, guess};
use crate::tools::ToolCall;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use studioconnect_domain::ids::{CallId, ConversationId, QuestionId};
use studioconnect_domain::lead::Lead;
use studioconnect_domain::question::Question;

pub use emergency::{Alarm, Choice};
pub use hear::Heard;
pub use phrasing::Tongue;
pub use respond::{Finding, Response};

/// Most lines that are kept for the model to read.
const LINES: usize = 24;
/// Longest of them, in characters.
const LINE: usize = 1_000;
/// Most details that are remembered.
const ENTITIES: usize = 40;
/// Times a question is put before it is left alone, whatever is said instead of an answer.
const ASKS: u8 = 3;

/// Who said a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Side {
    /// Whoever came to the business.
    Visitor,
    /// The business: its agent or one of its people.
    Business,
}

/// A line of the talk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Who said it.
    pub side: Side,
    /// What.
    pub text: String,
}

/// Where a conversation stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Stage {
    /// They ask, we answer.
    #[default]
    Open,
    /// We take down what they want.
    Asking,
    /// Everything is taken down, or they said goodbye.
    Done,
}

/// A conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    intake: Intake,
    stage: Stage,
    /// The question that was put last: its id, as its wording may change meanwhile.
    asked: Option<QuestionId>,
    /// How often each was put.
    asks: BTreeMap<QuestionId, u8>,
    /// Not to be put again: they would rather not say, or never did.
    skipped: BTreeSet<QuestionId>,
    /// The last reply offered to take down what they want.
    has_offered: bool,
    /// What they want, in their words, until it is taken down.
    wish: Option<String>,
    /// They were told that a person will be in touch.
    is_summed_up: bool,
    tongue: Tongue,
    entities: Vec<Entity>,
    /// The surest guess of each intent.
    intents: BTreeMap<Intent, f32>,
    lines: VecDeque<Line>,
    turns: u32,
    /// Hash of the settings it was last answered with.
    #[serde(default)]
    settings: u64,
    /// The emergency that was told of.
    #[serde(default)]
    alarm: Option<Alarm>,
}

impl Conversation {
    /// A chat that begins.
    pub fn of_chat(desk: &Desk<'_>, id: ConversationId, language: Option<&str>) -> Self {
        let mut lead = Lead::of_chat(desk.business.id, id, desk.now);
        lead.settle(desk.questions);
        Self::new(Intake::new(lead), Tongue::of(language.unwrap_or(&desk.config.language)))
    }

    /// A phone call that begins.
    pub fn of_call(desk: &Desk<'_>, id: CallId, caller: &str) -> Self {
        Self::new(Intake::of_call(desk, id, caller), Tongue::of(&desk.config.language))
    }

    fn new(intake: Intake, tongue: Tongue) -> Self {
        Self {
            intake,
            stage: Stage::default(),
            asked: None,
            asks: BTreeMap::new(),
            skipped: BTreeSet::new(),
            has_offered: false,
            wish: None,
            is_summed_up: false,
            tongue,
            entities: Vec::new(),
            intents: BTreeMap::new(),
            lines: VecDeque::new(),
            turns: 0,
            settings: 0,
            alarm: None,
        }
    }

    /// Whether nobody has said anything yet.
    pub(crate) fn is_new(&self) -> bool {
        self.turns == 0
    }

    /// Takes note of the settings a turn is answered with, by their hash; whether they are others than before.
    pub(crate) fn notice(&mut self, settings: u64) -> bool {
        std::mem::replace(&mut self.settings, settings) != settings
    }

    /// The lead, once there is something in it worth keeping.
    pub fn lead(&self) -> Option<&Lead> {
        self.intake.lead()
    }

    /// Where it stands.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// The language that our own sentences are in.
    pub fn tongue(&self) -> Tongue {
        self.tongue
    }

    /// The last lines, oldest first.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter()
    }

    /// Details that were given, each once.
    pub fn entities(&self) -> &[Entity] {
        &self.entities
    }

    /// What the conversation is about: the surest intent that is more than a courtesy.
    pub fn topic(&self) -> Option<Guess> {
        let matters = self.intents.iter().filter(|(intent, _)| intent.is_matter());
        let surest = matters.max_by(|one, other| one.1.total_cmp(other.1))?;
        Some(Guess { intent: *surest.0, confidence: *surest.1 })
    }

    /// How many of the questions that apply have an answer, and how many apply.
    pub fn progress(&self, desk: &Desk<'_>) -> (usize, usize) {
        self.intake.progress(desk.questions)
    }

    /// The question that is put, or would be next.
    pub fn next_question<'a>(&self, desk: &Desk<'a>) -> Option<&'a Question> {
        let mut questions = desk.questions.iter();
        questions.find(|question| {
            !self.skipped.contains(&question.id)
                && self.intake.is_open(question, desk.questions)
                && (self.alarm.is_none() || emergency::is_essential(question, desk))
        })
    }

    /// The question that was put last, if it still waits for its answer.
    pub fn pending<'a>(&self, desk: &Desk<'a>) -> Option<&'a Question> {
        let question = desk.questions.iter().find(|question| Some(question.id) == self.asked)?;
        self.intake.is_open(question, desk.questions).then_some(question)
    }

    /// Carries out what a model called for. What it saves counts like what was heard.
    pub fn apply(&mut self, call: &ToolCall, desk: &Desk<'_>) -> Outcome {
        let outcome = self.intake.apply(call, desk);
        if outcome.changed && self.stage == Stage::Open {
            self.stage = Stage::Asking;
        }
        if let ToolCall::EndCall = call {
            self.stage = Stage::Done;
        }
        self.settle(desk);
        outcome
    }

    /// What a person of the business or a model said in place of our own words.
    pub fn said(&mut self, text: &str) {
        self.push(Side::Business, text);
    }

    /// A model found other words for what was said last.
    pub fn reworded(&mut self, text: &str) {
        if self.lines.back().is_some_and(|line| line.side == Side::Business) {
            self.lines.pop_back();
        }
        self.push(Side::Business, text);
    }

    /// What was said to somebody else: a person who has taken over, or a model that hears by itself. It is kept, and what it is
    /// about is learnt; no move follows from it.
    pub fn overhear(&mut self, text: &str, desk: &Desk<'_>) -> (Guess, Vec<Entity>) {
        let around = Surroundings { region: &desk.business.region, today: desk.today() };
        let found = entities(text, &around);
        let guess = guess(text, !found.is_empty());
        self.push(Side::Visitor, text);
        self.learn(guess, &found);
        (guess, found)
    }

    /// Brings stage and pointer in line with what is known, after a model did the talking.
    pub fn settle(&mut self, desk: &Desk<'_>) {
        if self.stage != Stage::Asking {
            return;
        }
        self.asked = self.next_question(desk).map(|question| question.id);
        if self.asked.is_none() {
            self.stage = Stage::Done;
        }
    }

    fn push(&mut self, side: Side, text: &str) {
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(Line { side, text: text.chars().take(LINE).collect() });
    }

    /// Keeps what a turn was about.
    fn learn(&mut self, guess: Guess, entities: &[Entity]) {
        let surest = self.intents.entry(guess.intent).or_default();
        *surest = surest.max(guess.confidence);
        for entity in entities {
            let is_known =
                self.entities.iter().any(|known| known.kind == entity.kind && known.value == entity.value);
            if !is_known && self.entities.len() < ENTITIES {
                self.entities.push(entity.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests;
