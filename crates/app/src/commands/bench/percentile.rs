//! Latencies, counted in buckets so that an hour of hundreds of calls takes no more room than a minute of one.

/// Buckets for each doubling: a value is told to within 1/64, 1.6 %.
const FINE: u32 = 64;
const FINE_BITS: u32 = FINE.ilog2();
/// Values beyond 2^32 µs, 71 minutes, count as that.
const BUCKETS: usize = ((32 - FINE_BITS + 1) * FINE) as usize;

/// How often each latency was seen. Values are in µs.
#[derive(Clone, Debug)]
pub(super) struct Histogram {
    counts: Vec<u64>,
    total: u64,
    max: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0, max: 0 }
    }
}

impl Histogram {
    /// Counts a value in nanoseconds, as clocks give it.
    pub(super) fn record_ns(&mut self, nanos: u64) {
        let micros = nanos / 1_000;
        if let Some(count) = self.counts.get_mut(bucket(micros)) {
            *count += 1;
        }
        self.total += 1;
        self.max = self.max.max(micros);
    }

    /// Adds what another one counted.
    pub(super) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        self.total += other.total;
        self.max = self.max.max(other.max);
    }

    /// How many values were counted.
    pub(super) fn len(&self) -> u64 {
        self.total
    }

    /// The value that `share` (0 to 1) of all do not exceed, in ms; none when nothing was counted.
    pub(super) fn quantile_ms(&self, share: f64) -> Option<f64> {
        let rank = ((self.total as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        let found = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        })?;
        // A bucket stands for its upper end, so that no latency is told too short.
        Some(upper(found).min(self.max) as f64 / 1_000.0)
    }

    /// The largest value, in ms; none when nothing was counted.
    pub(super) fn max_ms(&self) -> Option<f64> {
        (self.total > 0).then(|| self.max as f64 / 1_000.0)
    }
}

fn bucket(micros: u64) -> usize {
    let value = micros.min(u64::from(u32::MAX)) as u32;
    if value < FINE {
        return value as usize;
    }
    let doubling = value.ilog2() - FINE_BITS;
    ((doubling + 1) * FINE + ((value >> doubling) - FINE)) as usize
}

fn upper(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let fine = u64::from(FINE);
    if bucket < fine {
        return bucket;
    }
    let doubling = bucket / fine - 1;
    ((bucket % fine + fine + 1) << doubling) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(micros: impl IntoIterator<Item = u64>) -> Histogram {
        let mut histogram = Histogram::default();
        micros.into_iter().for_each(|value| histogram.record_ns(value * 1_000));
        histogram
    }

    #[test]
    fn every_value_lies_in_a_bucket_that_is_hardly_wider_than_itself() {
        for value in (0..200_000).chain([1 << 20, (1 << 31) + 7, u64::from(u32::MAX), u64::MAX / 2_000]) {
            let at = bucket(value);
            assert!(at < BUCKETS, "{value}");
            let told = upper(at);
            let value = value.min(u64::from(u32::MAX));
            assert!(told >= value && told - value <= value / 64, "{value} is told as {told}");
        }
    }

    #[test]
    fn quantiles_are_those_of_the_sorted_values() {
        let histogram = of(1..=1_000);
        for (share, expected) in [(0.5, 0.5), (0.99, 0.99), (1.0, 1.0), (0.0, 0.001)] {
            let told = histogram.quantile_ms(share).unwrap();
            assert!(told >= expected && told <= expected * 1.02, "{share}: {told}");
        }
        assert_eq!(histogram.max_ms(), Some(1.0));
    }

    #[test]
    fn one_value_is_every_quantile_and_none_is_none() {
        let one = of([7_777]);
        assert_eq!((one.quantile_ms(0.5), one.quantile_ms(0.99)), (Some(7.777), Some(7.777)));
        assert_eq!((of([]).quantile_ms(0.5), of([]).max_ms()), (None, None));
    }

    #[test]
    fn merged_counts_are_the_counts_of_both() {
        let mut all = of([100; 90]);
        all.merge(&of([9_000; 10]));
        assert_eq!((all.len(), all.max_ms()), (100, Some(9.0)));
        assert!(all.quantile_ms(0.5).unwrap() < 0.11 && all.quantile_ms(0.95).unwrap() > 8.9);
    }
}
