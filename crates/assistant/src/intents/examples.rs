//! What the sentences of `examples.tsv` teach: naive Bayes over words, pairs of words and beginnings of words. It sees what no
//! list of cues names, and is unsure where it has seen little; so it only adds to them.

use super::Intent;
use crate::words::Plain;
use std::collections::HashMap;
use std::sync::LazyLock;

/// A sentence that somebody could say, a line each: intent, tab, sentence.
const EXAMPLES: &str = include_str!("examples.tsv");
/// Added to each count, so that one unknown word decides nothing (Lidstone).
const SMOOTHING: f32 = 0.35;
/// Pairs and beginnings repeat what words say; their sum is taken down to about one voice per word.
const TEMPER: f32 = 0.45;
/// Beginnings of this many letters stand for the forms of a word.
const BEGINNING: usize = 5;

#[derive(Default)]
struct Model {
    counts: HashMap<String, HashMap<Intent, f32>>,
    totals: HashMap<Intent, f32>,
}

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let mut model = Model::default();
    for (intent, text) in EXAMPLES.lines().filter_map(read) {
        for feature in features(Plain::of(text).as_str()) {
            *model.counts.entry(feature).or_default().entry(intent).or_default() += 1.0;
            *model.totals.entry(intent).or_default() += 1.0;
        }
    }
    model
});

/// An example, if the line is one.
fn read(line: &str) -> Option<(Intent, &str)> {
    let (intent, text) = line.split_once('\t')?;
    Some((serde_json::from_value(intent.into()).ok()?, text))
}

fn features(plain: &str) -> Vec<String> {
    let figures = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    let words = plain.split(' ').filter(|word| !word.is_empty());
    let words: Vec<&str> = words.map(|word| if figures(word) { "#" } else { word }).collect();
    let mut features = vec![format!("^{}", words.first().copied().unwrap_or_default())];
    for (at, word) in words.iter().enumerate() {
        features.push((*word).to_owned());
        if word.chars().count() > BEGINNING {
            features.push(format!("{}*", word.chars().take(BEGINNING).collect::<String>()));
        }
        features.push(match words.get(at + 1) {
            Some(next) => format!("{word} {next}"),
            None => format!("{word}$"),
        });
    }
    // Three words or fewer are an answer, a courtesy or a name.
    features.push(format!("length {}", words.len().min(4) / 2));
    features
}

/// How likely each intent is by the examples alone; together one.
pub(super) fn likelihoods(plain: &str) -> Vec<(Intent, f32)> {
    let kinds = MODEL.counts.len() as f32;
    let features = features(plain);
    let known: Vec<_> = features.iter().filter_map(|feature| MODEL.counts.get(feature)).collect();
    let log_of = |intent: Intent| {
        let total = MODEL.totals.get(&intent).copied().unwrap_or_default() + SMOOTHING * kinds;
        let count =
            |counts: &HashMap<Intent, f32>| counts.get(&intent).copied().unwrap_or_default() + SMOOTHING;
        TEMPER * known.iter().map(|counts| (count(counts) / total).ln()).sum::<f32>()
    };
    let logs = Intent::ALL.map(log_of);
    let most = logs.iter().copied().fold(f32::MIN, f32::max);
    let shares = logs.map(|log| (log - most).exp());
    let sum: f32 = shares.iter().sum();
    Intent::ALL.into_iter().zip(shares.map(|share| share / sum)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_read_and_every_intent_has_some() {
        let read: Vec<_> = EXAMPLES.lines().filter_map(read).collect();
        assert_eq!(read.len(), EXAMPLES.lines().count());
        for intent in Intent::ALL {
            assert!(read.iter().filter(|(known, _)| *known == intent).count() >= 60, "{intent:?}");
        }
    }
}
