//! What is looked for when somebody asks.

use super::stem::stem;
use super::synonyms::{alike, is_empty_word, is_general, is_nearly_empty};
use super::terms::{MAIL, PHONE, PLACE, PRICE, TIME, folded, words};
use studioconnect_domain::knowledge::search::{Alternative, Concept, Query};

/// What another word for the same thing counts.
const ALIKE: f64 = 0.85;
/// What a word with its neighbour in one counts.
const JOINED: f64 = 0.95;
/// What a word says that can be said about anything.
const GENERAL: f64 = 0.3;
/// What a kind of thing says that is asked for: "how much" is answered by a sum.
const KIND: f64 = 0.45;
/// Longest question that is looked at, in characters, and most things in it.
const LONGEST: usize = 600;
const MOST_CONCEPTS: usize = 24;

/// Turns of phrase that ask for a kind of thing: what stands for it, and words for it.
const KINDS: [(&[&str], &str, &[&str]); 5] = [
    (
        &[
            "how much",
            "what does it cost",
            "what do you charge",
            "cuanto cuesta",
            "cuanto cobran",
            "cuanto vale",
            "cuanto sale",
        ],
        PRICE,
        &["price", "cost", "fee", "rate", "precio"],
    ),
    (
        &[
            "what time",
            "how late",
            "how early",
            "what hours",
            "que hora",
            "a que hora",
            "hasta que hora",
            "when do you open",
            "when do you close",
            "are you open",
            "are you guys open",
            "estan abiertos",
            "abren",
            "cierran",
            "horario",
            "hours",
        ],
        TIME,
        &["hours", "open", "horario"],
    ),
    (
        &[
            "where are you",
            "where is your",
            "where can i find you",
            "your address",
            "donde estan",
            "direccion",
            "how do i get there",
        ],
        PLACE,
        &["address", "located", "direccion"],
    ),
    (
        &["phone number", "call you", "telefono", "reach you", "number to call"],
        PHONE,
        &["call", "phone", "telefono"],
    ),
    (&["email address", "mail address", "e mail", "correo"], MAIL, &["email", "correo"]),
];

/// A question, ready to be looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What is asked about.
    pub concepts: Vec<Concept>,
    plain: String,
}

impl Question {
    /// Reads a question.
    pub fn of(text: &str) -> Self {
        let cut: String = text.chars().take(LONGEST).collect();
        let folded = folded(&cut);
        let words = words(&folded);
        let plain = words.join(" ");
        let mut concepts: Vec<Concept> = Vec::new();
        for (at, word) in words.iter().enumerate() {
            if is_empty_word(word) || is_nearly_empty(word) {
                continue;
            }
            let term = stem(word);
            if concepts.iter().any(|concept| concept.words.first().is_some_and(|one| one.term == term)) {
                continue;
            }
            let mut concept = concept(&term);
            if let Some(next) = words.get(at + 1) {
                let joined = stem(&format!("{word}{next}"));
                concept.words.push(Alternative { term: joined.clone(), weight: JOINED });
                concept.words.extend(others(&joined));
            }
            concepts.push(concept);
        }
        for (phrases, mark, others) in KINDS {
            if phrases.iter().any(|phrase| format!(" {plain} ").contains(&format!(" {phrase} "))) {
                let words = others.iter().map(|word| Alternative { term: stem(word), weight: ALIKE });
                let mark = Alternative { term: mark.to_owned(), weight: 1.0 };
                concepts.push(Concept { words: std::iter::once(mark).chain(words).collect(), worth: KIND });
            }
        }
        concepts.truncate(MOST_CONCEPTS);
        Self { concepts, plain }
    }

    /// The query for it.
    pub fn query(&self, limit: usize) -> Query {
        Query { concepts: self.concepts.clone(), limit, ..Query::default() }
    }
}

/// What tells an unanswered question from others: the stems of what it asks about, in order of the alphabet.
pub fn gap_key(question: &str) -> String {
    let question = Question::of(question);
    let mut terms: Vec<&str> = question
        .concepts
        .iter()
        .filter_map(|concept| concept.words.first())
        .map(|word| word.term.as_str())
        .collect();
    if terms.is_empty() {
        return question.plain;
    }
    terms.sort_unstable();
    terms.join(" ")
}

fn concept(term: &str) -> Concept {
    let is_number = term.chars().all(|letter| !letter.is_alphabetic());
    let worth = if is_general(term) || is_number { GENERAL } else { 1.0 };
    let given = Alternative { term: term.to_owned(), weight: 1.0 };
    Concept { words: std::iter::once(given).chain(others(term)).collect(), worth }
}

fn others(term: &str) -> impl Iterator<Item = Alternative> {
    alike(term).iter().map(|other| Alternative { term: other.clone(), weight: ALIKE })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_what_it_asks_about_in_all_the_words_for_it() {
        let question = Question::of("How much do you charge for a hair cut?");
        let terms: Vec<Vec<&str>> = question
            .concepts
            .iter()
            .map(|concept| concept.words.iter().map(|word| word.term.as_str()).collect())
            .collect();
        assert!(terms.iter().any(|words| words.contains(&"charg") && words.contains(&"cost")), "{terms:?}");
        assert!(
            terms.iter().any(|words| words.first() == Some(&"hair") && words.contains(&"haircut")),
            "{terms:?}"
        );
        assert!(terms.iter().any(|words| words.first() == Some(&PRICE)), "{terms:?}");
        assert_eq!(Question::of("and what is it?").concepts, []);
    }

    #[test]
    fn the_same_question_in_other_dress_is_one_gap() {
        assert_eq!(gap_key("Do you sell tiles?"), gap_key("tiles... do you sell the tile?"));
        assert_ne!(gap_key("Do you sell tiles?"), gap_key("Do you sell paint?"));
        assert_eq!(gap_key("¿?"), "");
    }
}
