//! Words that say nothing, words that say little, and words that stand for one another at a front desk.

use super::stem::stem;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;
use studioconnect_domain::knowledge::spelling::edits;

/// Letters from which on a word with one letter wrong is still known for what it is.
const LONG: usize = 5;

/// Words that no passage is found by, with stems of nothing.
const EMPTY: &str = include_str!("../../knowledge/empty.txt");
/// Words that can be said about anything: a passage without them may still be the answer.
const GENERAL: &str = include_str!("../../knowledge/general.txt");
/// One thing a line, in the words for it.
const ALIKE: &str = include_str!("../../knowledge/alike.txt");

fn lines(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines().filter(|line| !line.starts_with('#'))
}

/// Whether a word says nothing.
pub(super) fn is_empty_word(word: &str) -> bool {
    static WORDS: OnceLock<HashSet<&'static str>> = OnceLock::new();
    let words = WORDS.get_or_init(|| lines(EMPTY).flat_map(str::split_whitespace).collect());
    words.contains(word)
}

/// Whether a word was meant to be one that says nothing: "shoud".
pub(super) fn is_nearly_empty(word: &str) -> bool {
    word.len() >= LONG
        && !is_general(&stem(word))
        && lines(EMPTY).flat_map(str::split_whitespace).any(|empty| {
            empty.len() >= LONG
                && empty.as_bytes().first() == word.as_bytes().first()
                && edits(empty, word, 1).is_some()
        })
}

/// Whether a stem can be said about anything.
pub(super) fn is_general(term: &str) -> bool {
    static WORDS: OnceLock<HashSet<String>> = OnceLock::new();
    let words = WORDS.get_or_init(|| lines(GENERAL).flat_map(str::split_whitespace).map(stem).collect());
    words.contains(term)
}

/// Stems that stand for the same thing as one.
pub(super) fn alike(term: &str) -> &'static [String] {
    static GROUPS: OnceLock<HashMap<String, Vec<String>>> = OnceLock::new();
    let groups = GROUPS.get_or_init(|| {
        let mut groups: HashMap<String, Vec<String>> = HashMap::new();
        for line in lines(ALIKE) {
            let stems: Vec<String> = line.split_whitespace().map(stem).collect();
            for one in &stems {
                let others = groups.entry(one.clone()).or_default();
                for other in stems.iter().filter(|other| *other != one) {
                    if !others.contains(other) {
                        others.push(other.clone());
                    }
                }
            }
        }
        groups
    });
    groups.get(term).map_or(&[], Vec::as_slice)
}
