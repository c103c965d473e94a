//! The order of what was found: by words as BM25 has it, by meaning, and the two brought together by rank.

use super::search::{Alternative, Concept, Weighed};
use std::collections::HashMap;
use std::hash::BuildHasher;

/// How soon more of the same word stops to matter.
const SATURATION: f64 = 1.2;
/// How much a long passage has to have more of a word than a short one.
const LENGTH: f64 = 0.5;
/// Flattens the order of each list, so that a passage good in both stands before one that is best in one.
const FUSION: f64 = 60.0;

/// Passages from which on their words tell what is rare. Fewer are counted as so many, or a business's first document would
/// be worth nothing against a word that it lacks.
const FEW: u64 = 30;

/// How much a word says that stands in `with` of `all` passages. One that stands nowhere says the most.
pub fn rarity(with: u64, all: u64) -> f64 {
    let (with, all) = (with as f64, all as f64);
    (1.0 + (all - with + 0.5).max(0.0) / (with + 0.5)).ln()
}

/// Weighs what is asked about by how many of a business's passages have each word.
pub fn weigh(concepts: &[Concept], with: &HashMap<String, u64, impl BuildHasher>, all: u64) -> Vec<Weighed> {
    let count = |word: &Alternative| with.get(&word.term).copied().unwrap_or(0);
    let of = |concept: &Concept| {
        // Many words for one thing are as common as the commonest of them.
        let most = concept.words.iter().map(count).max().unwrap_or(0);
        Weighed {
            words: concept.words.clone(),
            weight: concept.worth * rarity(most, all.max(FEW)),
            is_known: most > 0,
        }
    };
    concepts.iter().map(of).collect()
}

/// The score of a passage by words.
pub fn score(asked: &[Weighed], terms: &str, average_terms: f64) -> f64 {
    let mut times: HashMap<&str, f64> = HashMap::new();
    let mut length = 0.0;
    for term in terms.split(' ').filter(|term| !term.is_empty()) {
        *times.entry(term).or_default() += 1.0;
        length += 1.0;
    }
    let norm = SATURATION * (1.0 - LENGTH + LENGTH * length / average_terms.max(1.0));
    let of = |one: &Weighed| {
        let best = one.words.iter().map(|word| {
            let times = times.get(word.term.as_str()).copied().unwrap_or(0.0);
            word.weight * times * (SATURATION + 1.0) / (times + norm)
        });
        one.weight * best.fold(0.0, f64::max)
    };
    asked.iter().map(of).sum()
}

/// What a place by meaning counts beside one by words. As much as words, and it would turn round what words say plainly, since
/// places near each other differ by little; measured with hashed vectors, as no model of meaning was at hand
/// (docs/decisions/knowledge.md).
const MEANING: f64 = 0.03;

/// What a passage's places by words and by meaning come to, the best place being 1.
pub fn fused(by_words: Option<usize>, by_meaning: Option<usize>) -> f64 {
    let share = |place: Option<usize>| place.map_or(0.0, |place| 1.0 / (FUSION + place as f64));
    share(by_words) + MEANING * share(by_meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn concept(words: &[(&str, f64)]) -> Concept {
        let words = words.iter().map(|(term, weight)| Alternative { term: (*term).into(), weight: *weight });
        Concept { words: words.collect(), worth: 1.0 }
    }

    #[test]
    fn a_rare_word_says_more_than_a_common_one_and_a_long_passage_no_more_than_a_short_one() {
        assert!(rarity(1, 100) > rarity(50, 100) && rarity(100, 100) < 0.1);
        assert!(rarity(0, 100) > rarity(1, 100));
        let with = HashMap::from([("boiler".to_owned(), 2), ("servic".to_owned(), 60)]);
        let asked = weigh(&[concept(&[("boiler", 1.0)]), concept(&[("servic", 1.0)])], &with, 100);
        let of = |terms: &str| score(&asked, terms, 4.0);
        assert!(of("boiler every year") > of("servic every year"));
        let with = HashMap::from([("boiler".to_owned(), 2), ("servic".to_owned(), 3)]);
        let both = weigh(&[concept(&[("boiler", 1.0)]), concept(&[("servic", 1.0)])], &with, 100);
        assert!(score(&both, "boiler servic year", 4.0) > score(&both, "boiler boiler boiler", 4.0));
        assert!(of("boiler a b c") > of(&format!("boiler {}", "x ".repeat(60))));
        assert!(of("garden lawn") < f64::EPSILON);
    }

    #[test]
    fn another_word_for_the_same_thing_counts_a_little_less() {
        let asked = weigh(&[concept(&[("cost", 1.0), ("price", 0.8)])], &HashMap::<String, u64>::new(), 10);
        let of = |terms: &str| score(&asked, terms, 2.0);
        assert!(of("cost list") > of("price list") && of("price list") > 0.0);
    }

    /// Regression: one list that is empty takes nothing from the other.
    #[test]
    fn what_is_good_in_both_lists_goes_first_and_an_empty_list_takes_nothing_away() {
        assert!(fused(Some(2), Some(2)) > fused(Some(1), None));
        assert!(fused(Some(1), None) > fused(Some(2), None));
        assert!(fused(None, Some(1)) > 0.0);
    }
}
