//! What somebody wants, by rules: the first opinion on every turn, and the only one when there is no model.
//!
//! Courtesies are taken off first; what is left is weighed against cues of each language. Both sides of a sum are shown to
//! nobody: what counts is which intent leads, and by how much.

mod courtesy;
mod cues;
mod examples;

use crate::words::Plain;
use courtesy::Courtesy;
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What somebody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Intent {
    /// Only a hello.
    Greeting,
    /// The end of the talk.
    Goodbye,
    /// Only thanks.
    Thanks,
    /// Yes.
    Affirm,
    /// No.
    Deny,
    /// Takes back what was said before.
    Correction,
    /// When the business is open.
    AskHours,
    /// What something costs.
    AskPrice,
    /// Where the business is.
    AskLocation,
    /// Whether and how the business does something.
    AskService,
    /// An appointment.
    Book,
    /// Another time for an appointment, or none.
    Reschedule,
    /// How far a project, order or repair is.
    ProjectStatus,
    /// Something is broken or needs doing.
    Problem,
    /// A person.
    SpeakToPerson,
    /// To be called back, or to leave a message.
    CallBack,
    /// Unhappy with the business.
    Complaint,
    /// Sells something to the business.
    Sales,
    /// Gives what was asked for.
    Provide,
    /// None of these.
    Other,
}

impl Intent {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::Greeting,
        Self::Goodbye,
        Self::Thanks,
        Self::Affirm,
        Self::Deny,
        Self::Correction,
        Self::AskHours,
        Self::AskPrice,
        Self::AskLocation,
        Self::AskService,
        Self::Book,
        Self::Reschedule,
        Self::ProjectStatus,
        Self::Problem,
        Self::SpeakToPerson,
        Self::CallBack,
        Self::Complaint,
        Self::Sales,
        Self::Provide,
        Self::Other,
    ];

    /// Its name outside, such as `ASK_PRICE`.
    pub fn code(self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// Whether it says what somebody came for: more than a courtesy or a word in a dialogue.
    pub fn is_matter(self) -> bool {
        self.is_wish()
            || matches!(
                self,
                Self::AskHours | Self::AskPrice | Self::AskLocation | Self::AskService | Self::Sales
            )
    }

    /// Whether the business has to do something about it, beyond an answer.
    pub fn is_wish(self) -> bool {
        matches!(
            self,
            Self::Book
                | Self::Reschedule
                | Self::ProjectStatus
                | Self::Problem
                | Self::SpeakToPerson
                | Self::CallBack
                | Self::Complaint
        )
    }
}

/// An intent and how sure the rules are of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Guess {
    /// The intent.
    pub intent: Intent,
    /// From 0 to 1; calibrated by nothing but the order it gives.
    pub confidence: f32,
}

/// What the examples say, if they are sure, beside cues.
const EXAMPLES_WEIGHT: f32 = 6.0;
/// Words of an utterance that is likely to be all detail.
const SHORT: usize = 12;
/// A sum below this is a coincidence.
const LEAST: f32 = 2.0;
/// What an utterance wants. `has_details` says whether it holds a name, number, address or another detail that may have been
/// asked for.
pub fn guess(text: &str, has_details: bool) -> Guess {
    let plain = Plain::of(text);
    let (rest, courtesy) = courtesy::strip(&plain);
    if rest.is_empty() {
        return match courtesy {
            Some(Courtesy::Goodbye) => sure(Intent::Goodbye),
            Some(Courtesy::Thanks) => sure(Intent::Thanks),
            Some(Courtesy::Greeting) => sure(Intent::Greeting),
            None => Guess { intent: Intent::Other, confidence: 0.3 },
        };
    }
    let matter = behind_contrast(&rest);
    let mut tally = cues::tally(matter);
    // Examples know courtesies; a contrast they do not.
    let whole = if matter.len() < rest.len() { matter } else { plain.as_str() };
    for (intent, likelihood) in examples::likelihoods(whole) {
        tally.add(intent, EXAMPLES_WEIGHT * likelihood);
    }
    let is_question = text.contains('?') || text.contains('¿');
    if is_question {
        // Who asks neither agrees nor gives what was asked for.
        for intent in [Intent::Affirm, Intent::Deny, Intent::Provide] {
            tally.weaken(intent, 0.3);
        }
    }
    if has_details && !is_question {
        tally.add(Intent::Provide, if rest.split(' ').count() <= SHORT { 2.6 } else { 1.0 });
    }
    if courtesy == Some(Courtesy::Goodbye) {
        tally.add(Intent::Goodbye, 2.5);
    }
    tally.lead()
}

/// "I don't want to book anything yet, I just need …": what is wanted stands behind the contrast.
fn behind_contrast(rest: &str) -> &str {
    static CONTRAST: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let pattern = r"\b(?:dont|do not|not|no) (?:want|need|trying|calling|looking|quiero|llamo|necesito|busco)\b.{1,60}?\b(?:but|just|only|sino|solo|solamente|pero) ";
        Regex::new(pattern).ok()
    });
    let contrast = CONTRAST.as_ref().and_then(|contrast| contrast.find(rest));
    contrast.and_then(|found| rest.get(found.end()..)).filter(|behind| behind.contains(' ')).unwrap_or(rest)
}

fn sure(intent: Intent) -> Guess {
    Guess { intent, confidence: 0.95 }
}

/// What speaks for each intent.
#[derive(Clone, Debug, Default)]
struct Tally(BTreeMap<Intent, f32>);

impl Tally {
    fn add(&mut self, intent: Intent, weight: f32) {
        *self.0.entry(intent).or_default() += weight;
    }

    fn weaken(&mut self, intent: Intent, factor: f32) {
        self.0.entry(intent).and_modify(|weight| *weight *= factor);
    }

    fn lead(&self) -> Guess {
        let mut sums: Vec<(Intent, f32)> = self.0.iter().map(|(intent, sum)| (*intent, *sum)).collect();
        sums.sort_by(|one, other| other.1.total_cmp(&one.1));
        let second = sums.get(1).map_or(0.0, |(_, sum)| *sum);
        match sums.first() {
            Some((intent, sum)) if *sum >= LEAST => {
                Guess { intent: *intent, confidence: (sum - 0.5 * second) / (sum + 1.0) }
            }
            _ => Guess { intent: Intent::Other, confidence: 0.4 },
        }
    }
}

#[cfg(test)]
mod tests;
