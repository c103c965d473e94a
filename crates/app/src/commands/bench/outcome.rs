//! What a round came to.

use super::percentile::Histogram;
use serde::Serialize;

/// All calls must be gone this soon after the last hang-up, in ms.
const END_MOST: u64 = 1_000;
/// What several rounds of the same calls may leave behind: allocators keep some of what they had.
const LEFT_SHARE: f64 = 1.15;
const LEFT_KIB: u64 = 4 * 1024;

/// One row of the table, or one line of JSON.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outcome {
    pub(super) calls: usize,
    pub(super) round: usize,
    pub(super) failed: usize,
    pub(super) cpu_ms_per_call_second: f64,
    pub(super) bench_cpu_ms_per_call_second: f64,
    pub(super) rss_kib: u64,
    pub(super) idle_before_kib: u64,
    pub(super) idle_after_kib: u64,
    pub(super) threads: u64,
    pub(super) added_in: Latency,
    pub(super) added_out: Latency,
    pub(super) barge_in: Latency,
    pub(super) frames_in: u64,
    pub(super) frames_out: u64,
    pub(super) lost: u64,
    pub(super) duplicated: u64,
    pub(super) reordered: u64,
    pub(super) interruptions: u64,
    pub(super) missed: u64,
    pub(super) faults: u64,
    pub(super) end_to_zero_ms: Option<u64>,
    /// Why calls failed.
    pub(super) failures: Vec<String>,
    /// The first faults of each call.
    pub(super) told: Vec<String>,
}

/// Quantiles in ms; none when nothing was measured.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Latency {
    pub(super) count: u64,
    pub(super) p50_ms: Option<f64>,
    pub(super) p99_ms: Option<f64>,
    pub(super) max_ms: Option<f64>,
}

impl Latency {
    pub(super) fn of(histogram: &Histogram) -> Self {
        Self {
            count: histogram.len(),
            p50_ms: histogram.quantile_ms(0.5),
            p99_ms: histogram.quantile_ms(0.99),
            max_ms: histogram.max_ms(),
        }
    }
}

impl Outcome {
    /// What is wrong with the round, a sentence each; empty for a good one.
    pub(super) fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        let mut count = |number: u64, what: &str| {
            if number > 0 {
                complaints.push(format!("{} calls, round {}: {number} {what}", self.calls, self.round));
            }
        };
        count(self.failed as u64, "calls failed");
        count(self.lost, "frames were lost");
        count(self.duplicated, "frames came twice");
        count(self.reordered, "frames came out of order");
        count(self.missed, "interruptions did not stop the agent");
        count(self.faults, "faults against a protocol");
        match self.end_to_zero_ms {
            Some(ms) if ms < END_MOST => {}
            Some(ms) => count(ms, "ms until the last call was gone"),
            None => complaints.push(format!("{} calls, round {}: calls stay live", self.calls, self.round)),
        }
        complaints
    }
}

/// KiB of memory for each further call: the slope between the fewest calls and the most; none for one size only.
pub(super) fn kib_per_call(outcomes: &[Outcome]) -> Option<f64> {
    let few = outcomes.iter().min_by_key(|outcome| outcome.calls)?;
    // Of equal ones the first is taken: every size is compared in its first round, with a fresh server.
    let many =
        outcomes.iter().filter(|outcome| outcome.round == few.round).max_by_key(|outcome| outcome.calls)?;
    let calls = many.calls.checked_sub(few.calls).filter(|calls| *calls > 0)?;
    Some((many.rss_kib as f64 - few.rss_kib as f64) / calls as f64)
}

/// Whether the rounds of one size left memory behind: the idle server after the last round, against that after the first.
pub(super) fn memory_left(rounds: &[Outcome]) -> Option<String> {
    let [first, .., last] = rounds else { return None };
    let most = (first.idle_after_kib as f64 * LEFT_SHARE) as u64 + LEFT_KIB;
    (last.idle_after_kib > most).then(|| {
        format!(
            "{} calls: {} KiB idle after round {}, {} after round {}",
            first.calls, first.idle_after_kib, first.round, last.idle_after_kib, last.round
        )
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A round without fault.
    pub(in crate::commands::bench) fn outcome(calls: usize, round: usize, rss_kib: u64) -> Outcome {
        let mut histogram = Histogram::default();
        histogram.record_ns(1_500_000);
        let latency = Latency::of(&histogram);
        Outcome {
            calls,
            round,
            failed: 0,
            cpu_ms_per_call_second: 1.25,
            bench_cpu_ms_per_call_second: 2.5,
            rss_kib,
            idle_before_kib: 20_000,
            idle_after_kib: rss_kib,
            threads: 7,
            added_in: latency,
            added_out: latency,
            barge_in: Latency::of(&Histogram::default()),
            frames_in: 1_000,
            frames_out: 200,
            lost: 0,
            duplicated: 0,
            reordered: 0,
            interruptions: 2,
            missed: 0,
            faults: 0,
            end_to_zero_ms: Some(12),
            failures: Vec::new(),
            told: Vec::new(),
        }
    }

    #[test]
    fn the_slope_is_between_the_fewest_and_the_most_calls() {
        let outcomes = [outcome(50, 1, 25_000), outcome(10, 1, 21_000), outcome(10, 2, 29_000)];
        assert_eq!(kib_per_call(&outcomes), Some(100.0));
        assert_eq!(kib_per_call(&[outcome(10, 1, 21_000), outcome(10, 2, 22_000)]), None);
        assert_eq!(kib_per_call(&[]), None);
    }

    #[test]
    fn memory_must_be_back_after_the_last_round() {
        assert!(memory_left(&[outcome(5, 1, 30_000)]).is_none());
        assert!(memory_left(&[outcome(5, 1, 30_000), outcome(5, 2, 34_000)]).is_none());
        assert!(memory_left(&[outcome(5, 1, 30_000), outcome(5, 2, 60_000)]).is_some());
    }

    #[test]
    fn each_mishap_is_a_complaint_and_a_good_round_has_none() {
        assert!(outcome(5, 1, 1).complaints().is_empty());
        let changes: [fn(&mut Outcome); 8] = [
            |outcome| outcome.failed = 1,
            |outcome| outcome.lost = 1,
            |outcome| outcome.duplicated = 1,
            |outcome| outcome.reordered = 1,
            |outcome| outcome.missed = 1,
            |outcome| outcome.faults = 1,
            |outcome| outcome.end_to_zero_ms = None,
            |outcome| outcome.end_to_zero_ms = Some(1_000),
        ];
        for change in changes {
            let mut bad = outcome(5, 1, 1);
            change(&mut bad);
            assert_eq!(bad.complaints().len(), 1, "{bad:?}");
        }
    }
}
