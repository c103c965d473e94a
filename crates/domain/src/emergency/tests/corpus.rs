//! How well the rules do on labelled messages.

use super::*;

/// The substrings of the guide that the rules are compared with.
const SUBSTRINGS: [&str; 13] = [
    "emergency",
    "urgent",
    "burst",
    "flooding",
    "leak",
    "no heat",
    "no hot water",
    "electrical issue",
    "gas smell",
    "water damage",
    "basement flooding",
    "pipe burst",
    "toilet overflowing",
];

pub(super) struct Labelled {
    pub is_emergency: bool,
    pub severity: u8,
    pub trade: &'static str,
    pub language: &'static str,
    pub text: &'static str,
}

pub(super) fn read(list: &'static str) -> Vec<Labelled> {
    let rows = list.lines().filter(|line| !line.is_empty()).map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        let [label, severity, trade, language, text] = columns[..] else { panic!("five columns: {line}") };
        Labelled { is_emergency: label == "1", severity: severity.parse().unwrap(), trade, language, text }
    });
    rows.collect()
}

#[derive(Debug)]
pub(super) struct Figures {
    pub precision: f64,
    pub recall: f64,
    pub within_one: f64,
    pub mean_error: f64,
}

pub(super) fn measure(rows: &[Labelled], judge: impl Fn(&str) -> (bool, u8)) -> Figures {
    let mut counts = [[0_u32; 2]; 2];
    let (mut near, mut error) = (0_u32, 0_u32);
    for row in rows {
        let (says, severity) = judge(row.text);
        counts[usize::from(row.is_emergency)][usize::from(says)] += 1;
        let off = u32::from(severity.abs_diff(row.severity));
        near += u32::from(off <= 1);
        error += off;
    }
    let [[_, false_alarms], [missed, right]] = counts;
    let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole.max(1));
    let all = u32::try_from(rows.len()).unwrap();
    Figures {
        precision: share(right, right + false_alarms),
        recall: share(right, right + missed),
        within_one: share(near, all),
        mean_error: share(error, all),
    }
}

pub(super) fn by_rules(text: &str) -> (bool, u8) {
    let finding = Detector::default().detect(text);
    (finding.is_emergency, finding.severity)
}

fn by_substrings(text: &str) -> (bool, u8) {
    let is = SUBSTRINGS.iter().any(|word| text.to_lowercase().contains(word));
    (is, if is { 8 } else { 2 })
}

fn print(name: &str, rows: &[Labelled]) -> Figures {
    let ours = measure(rows, by_rules);
    for (method, figures) in [("rules", &ours), ("substrings of the guide", &measure(rows, by_substrings))] {
        println!(
            "{name}, {method}: precision {:.3}, recall {:.3}, severity within 1 {:.3}, mean error {:.2} ({} messages)",
            figures.precision,
            figures.recall,
            figures.within_one,
            figures.mean_error,
            rows.len()
        );
    }
    ours
}

/// Rows 84 and 126. The floors are what is reached on messages that nobody looked at while the rules were made; what is aimed at
/// is more, see docs/decisions/emergency.md.
#[test]
fn the_unseen_messages_are_told_apart() {
    let rows = read(include_str!("../corpus/unseen.tsv"));
    let ours = print("unseen", &rows);
    assert!(ours.recall >= 0.76 && ours.precision >= 0.86 && ours.within_one >= 0.72, "{ours:?}");
    let substrings = measure(&rows, by_substrings);
    assert!(substrings.recall < ours.recall / 2.0 && substrings.precision < ours.precision, "{substrings:?}");
}

/// Rows 84 and 126.
#[test]
fn the_messages_to_develop_on_are_told_apart() {
    let rows = read(include_str!("../corpus/develop.tsv"));
    let ours = print("develop", &rows);
    for row in &rows {
        let finding = Detector::default().detect(row.text);
        let is_wrong = finding.is_emergency != row.is_emergency;
        if is_wrong || finding.severity.abs_diff(row.severity) > 1 {
            let mark = if is_wrong { "XX" } else { "  " };
            println!("{mark} {} ({}) {} | {}", row.severity, finding.severity, row.text, finding.reason);
        }
    }
    assert!(ours.recall >= 0.97 && ours.precision >= 0.97 && ours.within_one >= 0.90, "{ours:?}");
}

/// At least eight trades and 400 messages, both kinds about balanced, and a good part not English.
#[test]
fn the_corpus_is_what_it_is_said_to_be() {
    let develop = read(include_str!("../corpus/develop.tsv"));
    let all: Vec<Labelled> = develop.into_iter().chain(read(include_str!("../corpus/unseen.tsv"))).collect();
    let trades: std::collections::BTreeSet<&str> = all.iter().map(|row| row.trade).collect();
    let texts: std::collections::BTreeSet<&str> = all.iter().map(|row| row.text).collect();
    assert!(all.len() >= 400 && trades.len() >= 8 && texts.len() == all.len(), "{}", all.len());
    let others = all.iter().filter(|row| row.language != "en").count();
    assert!(others * 100 >= all.len() * 15, "{others}");
    let emergencies = all.iter().filter(|row| row.is_emergency).count();
    assert!((40..=60).contains(&(emergencies * 100 / all.len())), "{emergencies}");
    assert!(all.iter().all(|row| row.is_emergency == (row.severity >= 7)));
}
