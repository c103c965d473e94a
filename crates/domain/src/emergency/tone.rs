//! What a message tells beside an emergency: that somebody complains, is in a hurry, sells something or only asks.

use super::context::Senses;
use super::{Detector, SpanKind, lexicon::LEXICON, text};

/// What a message tells beside an emergency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own that a line of the table asks for"
)]
pub struct Tone {
    /// Somebody is not content.
    pub complains: bool,
    /// It is wanted today or tomorrow.
    pub is_soon: bool,
    /// "No rush."
    pub is_unhurried: bool,
    /// Money or a contract is at stake.
    pub is_at_stake: bool,
    /// Somebody wants to sell the business something.
    pub sells: bool,
    /// Nothing is wanted but information.
    pub informs: bool,
}

impl Tone {
    /// The tone of a message.
    pub fn of(text: &str) -> Self {
        let words = text::words(text);
        let found = Detector::default().signs(&words);
        let senses = Senses::of(&words, &found);
        let all = |name: &str| {
            let number = LEXICON.concept(name).map(usize::from);
            number.and_then(|number| found.get(number)).map(Vec::as_slice).unwrap_or_default()
        };
        let is_there = |name: &str| !all(name).is_empty();
        let holds = |name: &str| all(name).iter().any(|sign| senses.meant(&[*sign]) != SpanKind::Denied);
        Self {
            complains: holds(".COMPLAINT"),
            is_soon: holds(".SOON"),
            is_unhurried: is_there(".EASY"),
            is_at_stake: holds(".ATSTAKE"),
            sells: is_there(".SELLS"),
            informs: is_there(".INFORM") || is_there(".ASK"),
        }
    }
}
