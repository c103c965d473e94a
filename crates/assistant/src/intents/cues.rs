//! Cues: words that speak for an intent wherever they stand.

use super::{Intent, Tally};
use regex::RegexSet;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Cues of a language, a line each: what it speaks for, how strongly from 1 to 8, and its pattern over plain words.
const ENGLISH: &str = include_str!("english.tsv");
const SPANISH: &str = include_str!("spanish.tsv");

/// What further cues of the same intent add to its strongest, as they often repeat it.
const SHARE_OF_OTHERS: f32 = 0.4;

/// A cue that was read.
struct Cue {
    intent: Intent,
    weight: f32,
    pattern: String,
}

impl Cue {
    fn read(line: &str) -> Option<Self> {
        let mut cells = line.splitn(3, '\t');
        let intent = serde_json::from_value(cells.next()?.into()).ok()?;
        let weight = f32::from(cells.next()?.parse::<u8>().ok()?);
        Some(Self { intent, weight, pattern: format!(r"\b(?:{})\b", cells.next()?) })
    }
}

struct Cues {
    patterns: RegexSet,
    cues: Vec<Cue>,
}

/// One cue that cannot be read would silence all, so a test reads them.
static CUES: LazyLock<Cues> = LazyLock::new(|| {
    let cues = [ENGLISH, SPANISH].into_iter().flat_map(str::lines).filter_map(Cue::read);
    let cues: Vec<Cue> = cues.collect();
    let patterns = RegexSet::new(cues.iter().map(|cue| &cue.pattern)).unwrap_or_else(|_| RegexSet::empty());
    Cues { patterns, cues }
});

/// What the cues in plain words speak for.
pub(super) fn tally(plain: &str) -> Tally {
    let mut found = BTreeMap::<Intent, Vec<f32>>::new();
    for cue in CUES.patterns.matches(plain).iter().filter_map(|index| CUES.cues.get(index)) {
        found.entry(cue.intent).or_default().push(cue.weight);
    }
    let sum = |weights: Vec<f32>| {
        let strongest = weights.iter().copied().fold(0.0, f32::max);
        strongest + SHARE_OF_OTHERS * (weights.iter().sum::<f32>() - strongest)
    };
    Tally(found.into_iter().map(|(intent, weights)| (intent, sum(weights))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cue_can_be_read() {
        let lines = ENGLISH.lines().count() + SPANISH.lines().count();
        assert_eq!((CUES.cues.len(), CUES.patterns.len()), (lines, lines));
    }
}
