//! Whether what was found answers a question at all, and with which of its sentences.
//!
//! A passage answers when it has, within a few sentences, what the question asks about, weighed by how much each word says: one
//! that no document has says the most, for it is what the business does not speak of. Numbers here were chosen on the first
//! of the two sets in `golden.json` and looked at on the second (docs/decisions/knowledge.md).

use super::chunk::sentences;
use super::question::Question;
use super::terms::terms;
use std::collections::HashSet;
use studioconnect_domain::knowledge::search::{Found, Passage, Weighed};

/// Share of what is asked that a passage has to have.
const ENOUGH: f64 = 0.4;
/// The same for the question of a pinned answer, in both directions.
const SAME_QUESTION: f64 = 0.7;
/// Passages that are looked at.
const LOOKED_AT: usize = 5;
/// Sentences that are read together.
const TOGETHER: usize = 3;
/// What stands in a title or heading counts nearly as if it stood beside the sentence.
const ABOVE: f64 = 0.9;
/// Longest excerpt, in characters.
const EXCERPT: usize = 400;

/// What comes of a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Passages that answer it, the best first; none says that there is no answer.
    pub passages: Vec<Passage>,
    /// The share of what is asked that the best passage has, from 0 to 1.
    pub coverage: f64,
}

impl Evidence {
    /// Whether there is an answer.
    pub fn is_enough(&self) -> bool {
        !self.passages.is_empty()
    }
}

/// Decides which of the passages found answer the question.
pub fn judge(question: &Question, found: &Found) -> Evidence {
    let weights = weights(&found.weighed);
    let mut judged: Vec<(f64, &Passage)> = found
        .passages
        .iter()
        .take(LOOKED_AT)
        .map(|passage| (coverage(&found.weighed, &weights, passage).0, passage))
        .collect();
    let best = judged.iter().map(|(coverage, _)| *coverage).fold(0.0, f64::max);
    let pinned = judged.iter().position(|(_, passage)| passage.is_pinned && is_same(question, passage));
    if let Some(at) = pinned {
        let (_, passage) = judged.remove(at);
        let others =
            judged.iter().filter(|(coverage, _)| *coverage >= ENOUGH).map(|(_, other)| (*other).clone());
        return Evidence {
            passages: std::iter::once(passage.clone()).chain(others).collect(),
            coverage: 1.0,
        };
    }
    judged.retain(|(coverage, _)| *coverage >= ENOUGH);
    let passages = judged.into_iter().map(|(_, passage)| passage.clone()).collect();
    Evidence { passages, coverage: best }
}

/// The sentences of a passage that answer, with blanks brought to one.
pub fn best_excerpt(question: &Question, passage: &Passage) -> String {
    let weighed: Vec<Weighed> = question
        .concepts
        .iter()
        .map(|concept| Weighed { words: concept.words.clone(), weight: concept.worth, is_known: true })
        .collect();
    let weights: Vec<f64> = weighed.iter().map(|one| one.weight).collect();
    let (_, at) = coverage(&weighed, &weights, passage);
    let sentences = sentences(&passage.text);
    let chosen: String = sentences.into_iter().skip(at).take(2).collect();
    let words: Vec<&str> = chosen.split_whitespace().collect();
    let text = words.join(" ");
    if text.chars().count() <= EXCERPT {
        return text;
    }
    let cut: String = text.chars().take(EXCERPT).collect();
    let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(whole, _)| whole);
    format!("{whole} …")
}

/// How much each thing that is asked says, from 0 to 1.
fn weights(asked: &[Weighed]) -> Vec<f64> {
    let most = asked.iter().map(|one| one.weight).fold(0.0, f64::max);
    let of = |one: &Weighed| if most > 0.0 { one.weight / most } else { 0.0 };
    asked.iter().map(of).collect()
}

/// The share of what is asked that the best few sentences of a passage have, and where they begin.
fn coverage(asked: &[Weighed], weights: &[f64], passage: &Passage) -> (f64, usize) {
    let all: f64 = weights.iter().sum();
    if all <= 0.0 {
        return (0.0, 0);
    }
    let above: HashSet<String> = terms(&passage.title).into_iter().chain(terms(&passage.heading)).collect();
    let lines: Vec<HashSet<String>> =
        sentences(&passage.text).iter().map(|sentence| terms(sentence).into_iter().collect()).collect();
    let mut best = (0.0, 0);
    for at in 0..lines.len() {
        let window = lines.iter().skip(at).take(TOGETHER).enumerate();
        let window: Vec<(usize, &HashSet<String>)> = window.collect();
        let share = |one: &Weighed| {
            let of = |term: &String| {
                let within = window
                    .iter()
                    .find(|(_, line)| line.contains(term))
                    .map_or(0.0, |(place, _)| 1.0 - 0.05 * *place as f64);
                if above.contains(term) { within.max(ABOVE) } else { within }
            };
            one.words.iter().map(|word| word.weight.sqrt() * of(&word.term)).fold(0.0, f64::max)
        };
        let covered: f64 = asked.iter().zip(weights).map(|(one, weight)| weight * share(one)).sum();
        if covered / all > best.0 {
            best = (covered / all, at);
        }
    }
    best
}

/// Whether a question is the one that an answer is pinned to.
fn is_same(question: &Question, passage: &Passage) -> bool {
    let pinned = Question::of(&passage.heading);
    let share = |of: &Question, within: &Question| {
        let all: f64 = of.concepts.iter().map(|concept| concept.worth).sum();
        let has = |concept: &&studioconnect_domain::knowledge::search::Concept| {
            within.concepts.iter().any(|other| {
                other
                    .words
                    .first()
                    .is_some_and(|first| concept.words.iter().any(|word| word.term == first.term))
            })
        };
        let shared: f64 = of.concepts.iter().filter(has).map(|concept| concept.worth).sum();
        if all > 0.0 { shared / all } else { 0.0 }
    };
    share(question, &pinned).min(share(&pinned, question)) >= SAME_QUESTION
}

#[cfg(test)]
mod tests;
