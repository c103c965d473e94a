//! Rounds as an aligned table.

use super::outcome::{Latency, Outcome};

const HEADINGS: [&str; 18] = [
    "calls",
    "round",
    "failed",
    "CPU ms/call-s",
    "RSS MB",
    "idle MB",
    "in ms 50/99/max",
    "out ms 50/99/max",
    "barge-in ms 50/99/max",
    "frames in",
    "out",
    "lost",
    "dup",
    "reord",
    "interr.",
    "faults",
    "end ms",
    "bench CPU",
];

/// The whole table, its headings first.
pub(super) fn lines(outcomes: &[Outcome]) -> Vec<String> {
    let rows: Vec<[String; 18]> =
        std::iter::once(HEADINGS.map(str::to_owned)).chain(outcomes.iter().map(row)).collect();
    let widths: Vec<usize> = (0..HEADINGS.len())
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(String::len).max().unwrap_or(0))
        .collect();
    rows.iter().map(|row| line(row, &widths)).collect()
}

fn line(row: &[String], widths: &[usize]) -> String {
    let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:>width$}"));
    cells.collect::<Vec<_>>().join("  ")
}

fn row(outcome: &Outcome) -> [String; 18] {
    [
        outcome.calls.to_string(),
        outcome.round.to_string(),
        outcome.failed.to_string(),
        format!("{:.2}", outcome.cpu_ms_per_call_second),
        megabytes(outcome.rss_kib),
        format!("{}>{}", megabytes(outcome.idle_before_kib), megabytes(outcome.idle_after_kib)),
        latency(outcome.added_in),
        latency(outcome.added_out),
        latency(outcome.barge_in),
        outcome.frames_in.to_string(),
        outcome.frames_out.to_string(),
        outcome.lost.to_string(),
        outcome.duplicated.to_string(),
        outcome.reordered.to_string(),
        match outcome.missed {
            0 => outcome.interruptions.to_string(),
            missed => format!("{} (+{missed} missed)", outcome.interruptions),
        },
        outcome.faults.to_string(),
        outcome.end_to_zero_ms.map_or_else(|| "never".to_owned(), |ms| ms.to_string()),
        format!("{:.2}", outcome.bench_cpu_ms_per_call_second),
    ]
}

fn megabytes(kib: u64) -> String {
    format!("{:.1}", kib as f64 / 1_024.0)
}

fn latency(latency: Latency) -> String {
    let part = |ms: Option<f64>| ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.2}"));
    format!("{}/{}/{}", part(latency.p50_ms), part(latency.p99_ms), part(latency.max_ms))
}

#[cfg(test)]
mod tests {
    use super::super::outcome::tests::outcome;
    use super::*;

    #[test]
    fn columns_stand_under_their_headings() {
        let lines = lines(&[outcome(10, 1, 20_480), outcome(100, 1, 102_400)]);
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.len() == lines[0].len()), "{lines:#?}");
        for text in ["1.25", "100.0", "1.50/1.50/1.50", "-/-/-"] {
            assert!(lines[2].contains(text), "{text} is not in {}", lines[2]);
        }
        let end = lines[0].find("calls").unwrap() + "calls".len();
        assert!(lines[2].get(..end).unwrap().ends_with("100"));
    }
}
