//! The one brain for phone and chat: what the agent is told, what it can do, and what it makes of the answers.
//!
//! [`conversation`] decides and is pure; [`receptionist`] carries a turn out in writing, with what is stored and a model where
//! there is one.

pub mod conversation;
pub mod desk;
pub mod entities;
pub mod intake;
pub mod intents;
pub mod knowledge;
pub mod lookup;
pub mod phrases;
pub mod prompt;
pub mod receptionist;
pub mod recording;
mod spent;
pub mod summary;
pub mod tools;
pub mod words;

/// Reads the rules and examples that sentences are understood by, which takes a moment and some memory: better when the program
/// starts than when the first visitor has written.
pub fn prepare() {
    use conversation::Tongue;
    let around = entities::Surroundings { region: "US", today: chrono::NaiveDate::default() };
    for (sentence, tongue) in [
        (
            "Hello, my name is Dana Reyes, can you come to 12 Harbor Street on Friday? 206 555 0142",
            Tongue::En,
        ),
        ("Hola, me llamo Ana, ¿cuánto cuesta? dana@example.com", Tongue::Es),
    ] {
        let found = entities::entities(sentence, &around);
        let guess = intents::guess(sentence, !found.is_empty());
        let question = knowledge::Question::of(sentence);
        tracing::trace!(?guess, ?tongue, concepts = question.concepts.len(), "the rules are read");
    }
}

#[cfg(test)]
mod corpus;
