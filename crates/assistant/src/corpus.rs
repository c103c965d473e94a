//! The labelled sets of `corpus/`: what the rules are measured by. Rules are written looking at the part `develop`; what counts
//! is the part `test`, whose lines nobody reads while writing rules.

use crate::entities::{EntityKind, Surroundings, entities};
use crate::intents::{Intent, guess};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

const INTENTS: &str = include_str!("../corpus/intents.tsv");
const ENTITIES: &str = include_str!("../corpus/entities.tsv");

/// The day that the labels were written for.
const TODAY: (i32, u32, u32) = (2026, 11, 23);

fn around() -> Surroundings<'static> {
    let (year, month, day) = TODAY;
    Surroundings { region: "US", today: NaiveDate::from_ymd_opt(year, month, day).unwrap() }
}

fn lines<const COLUMNS: usize>(file: &'static str) -> Vec<[&'static str; COLUMNS]> {
    let cells = |line: &'static str| line.split('\t').collect::<Vec<_>>().try_into();
    file.lines().skip(1).map(|line| cells(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

fn intent_of(text: &str) -> Intent {
    let has_details = !entities(text, &around()).is_empty();
    guess(text, has_details).intent
}

fn name_of(intent: Intent) -> String {
    serde_json::to_value(intent).unwrap().as_str().unwrap().to_owned()
}

/// Row 54.
#[test]
fn labelled_utterances_get_their_intents_above_the_agreed_accuracy() {
    let (mut right, mut all) =
        (BTreeMap::<(&str, &str), usize>::new(), BTreeMap::<(&str, &str), usize>::new());
    for [part, language, _, label, text] in lines::<5>(INTENTS) {
        let found = name_of(intent_of(text));
        *all.entry((part, language)).or_default() += 1;
        *right.entry((part, language)).or_default() += usize::from(found == label);
        if found != label && part == "develop" {
            println!("develop: {found} for {label}: {text}");
        }
    }
    let share = |part: &str| {
        let sum = |counts: &BTreeMap<(&str, &str), usize>| -> usize {
            counts.iter().filter(|((of, _), _)| *of == part).map(|(_, count)| count).sum()
        };
        sum(&right) as f64 / sum(&all) as f64
    };
    for (group, count) in &all {
        println!("{group:?}: {} of {count}", right[group]);
    }
    println!("intents: develop {:.3}, test {:.3}", share("develop"), share("test"));
    assert!(all.values().sum::<usize>() >= 200);
    assert!(share("test") >= 0.86, "the floor under the accuracy of intents");
}

/// How a place's words begin is a matter of its language.
fn as_compared(kind: EntityKind, value: &str) -> String {
    if kind == EntityKind::Place { value.to_lowercase() } else { value.to_owned() }
}

/// Row 55.
#[test]
fn labelled_utterances_hold_their_entities_in_one_form() {
    let mut counts = BTreeMap::<(&str, EntityKind), [usize; 3]>::new();
    for [part, _, text, expected] in lines::<4>(ENTITIES) {
        let mut expected: BTreeMap<EntityKind, BTreeSet<String>> = serde_json::from_str(expected).unwrap();
        for (kind, values) in &mut expected {
            *values = values.iter().map(|value| as_compared(*kind, value)).collect();
        }
        let mut found = BTreeMap::<EntityKind, BTreeSet<String>>::new();
        for entity in entities(text, &around()) {
            found.entry(entity.kind).or_default().insert(as_compared(entity.kind, &entity.value));
        }
        let none = BTreeSet::new();
        let kinds: BTreeSet<EntityKind> = expected.keys().chain(found.keys()).copied().collect();
        for kind in kinds {
            let (wanted, got) = (expected.get(&kind).unwrap_or(&none), found.get(&kind).unwrap_or(&none));
            let [hits, missed, wrong] = counts.entry((part, kind)).or_default();
            let same = wanted.iter().filter(|value| got.contains(*value)).count();
            (*hits, *missed, *wrong) =
                (*hits + same, *missed + wanted.len() - same, *wrong + got.len() - same);
            if wanted != got && part == "develop" {
                println!("develop: {kind:?} {got:?} for {wanted:?}: {text}");
            }
        }
    }
    let mut sums = BTreeMap::<&str, [usize; 3]>::new();
    for ((part, kind), [hits, missed, wrong]) in &counts {
        println!("{part} {kind:?}: {hits} found, {missed} missed, {wrong} wrong");
        let sum = sums.entry(part).or_default();
        (sum[0], sum[1], sum[2]) = (sum[0] + hits, sum[1] + missed, sum[2] + wrong);
    }
    let f1 = |[hits, missed, wrong]: [usize; 3]| 2.0 * hits as f64 / (2 * hits + missed + wrong) as f64;
    println!("entities: F1 develop {:.3}, test {:.3}", f1(sums["develop"]), f1(sums["test"]));
    assert!(f1(sums["test"]) >= 0.85, "the floor under the measure of entities");
}
