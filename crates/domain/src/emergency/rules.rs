//! Which signs together make an emergency of which weight: `rules.tsv`, one rule a line.

use super::lexicon::{Concept, LEXICON, Match};
use super::text::Word;
use std::sync::LazyLock;

/// Words from the first sign to the last; what stands further apart belongs to something else.
const SPAN: usize = 16;

/// The rules, read once.
pub(super) static RULES: LazyLock<Vec<Rule>> =
    LazyLock::new(|| include_str!("rules.tsv").lines().filter_map(Rule::read).collect());

/// One rule.
#[derive(Debug)]
pub(super) struct Rule {
    pub severity: u8,
    pub endangers_life: bool,
    /// A child or somebody frail raises it.
    pub minds_people: bool,
    /// Growing worse raises it.
    pub minds_growth: bool,
    /// Being held back (water shut off, a bucket below) lowers it.
    pub minds_holding: bool,
    pub signs: Vec<Concept>,
    pub says: &'static str,
}

impl Rule {
    /// A line of the list; `None` for a remark.
    pub(super) fn read(line: &'static str) -> Option<Self> {
        let mut columns = line.split('\t');
        let severity = columns.next()?.parse().ok()?;
        let flags = columns.next()?;
        let signs: Option<Vec<Concept>> =
            columns.next()?.split_whitespace().map(|name| LEXICON.concept(name)).collect();
        Some(Self {
            severity,
            endangers_life: flags.contains('L'),
            minds_people: flags.contains('v'),
            minds_growth: flags.contains('w'),
            minds_holding: flags.contains('h'),
            signs: signs?,
            says: columns.next()?,
        })
    }

    /// The places where all signs stand near one another in a sentence: for each of the first sign, the nearest of the
    /// others, no word used twice.
    pub(super) fn places(&self, found: &[Vec<Match>], words: &[Word]) -> Vec<Vec<Match>> {
        let of = |concept: Concept| found.get(usize::from(concept)).map(Vec::as_slice).unwrap_or_default();
        let Some((first, others)) = self.signs.split_first() else { return Vec::new() };
        let sentence = |place: &Match| words.get(place.from).map_or(u32::MAX, |word| word.sentence);
        let mut places = Vec::new();
        'first: for start in of(*first) {
            let mut place = vec![*start];
            for concept in others {
                let near = of(*concept).iter().filter(|other| {
                    sentence(other).abs_diff(sentence(start)) <= 1
                        && place.iter().all(|taken| !overlap(taken, other))
                });
                let Some(nearest) = near.min_by_key(|other| other.from.abs_diff(start.from)) else {
                    continue 'first;
                };
                place.push(*nearest);
            }
            let from = place.iter().map(|sign| sign.from).min().unwrap_or_default();
            let to = place.iter().map(|sign| sign.to).max().unwrap_or_default();
            if to - from <= SPAN {
                places.push(place);
            }
        }
        places
    }
}

fn overlap(one: &Match, other: &Match) -> bool {
    one.from < other.to && other.from < one.to
}
