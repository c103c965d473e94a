//! One low-pass filter at 24 kHz, used in both directions.
//!
//! A sinc in a Kaiser window: 121 taps, level up to 3.4 kHz (the telephone band), 80 dB down from
//! 4.4 kHz on, and symmetric, so every frequency is delayed alike.

use std::f64::consts::PI;
use std::sync::LazyLock;

use super::payload;

/// 24 kHz over 8 kHz.
const RATIO: usize = 3;
/// How far the filter looks to each side, in samples at 8 kHz: 2.5 ms.
const SIDE: usize = 20;
/// The same at 24 kHz.
const WIDE_SIDE: usize = SIDE * RATIO;
/// Midway between the end of the pass band and the beginning of the stop band, over 24 kHz.
const CUTOFF: f64 = 3_900.0 / 24_000.0;
/// Kaiser's own formula for 80 dB: 0.1102 × (80 − 8.7).
const BETA: f64 = 7.857;

static TAPS: LazyLock<Vec<f32>> = LazyLock::new(taps);

/// For each of the three samples at 24 kHz that begin at one at 8 kHz: the taps that meet the 41
/// samples around it, oldest first.
static PHASES: LazyLock<[Vec<f32>; RATIO]> = LazyLock::new(|| {
    std::array::from_fn(|phase| {
        let tap_of = |sample: usize| (2 * WIDE_SIDE + phase).checked_sub(RATIO * sample);
        let weight =
            |sample| tap_of(sample).and_then(|tap| TAPS.get(tap)).map_or(0.0, |tap| tap * RATIO as f32);
        (0..=2 * SIDE).map(weight).collect()
    })
});

fn taps() -> Vec<f32> {
    let side = WIDE_SIDE as f64;
    let taps: Vec<f64> = (0..=2 * WIDE_SIDE)
        .map(|tap| {
            let offset = tap as f64 - side;
            let window = bessel_i0(BETA * (1.0 - (offset / side).powi(2)).sqrt()) / bessel_i0(BETA);
            sinc(2.0 * CUTOFF * offset) * window
        })
        .collect();
    let gain: f64 = taps.iter().sum();
    taps.iter().map(|tap| (tap / gain) as f32).collect()
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

/// The modified Bessel function of order 0, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..40 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}

/// Eight sums side by side, which the compiler turns into vector instructions.
fn dot(samples: &[f32], weights: &[f32]) -> f32 {
    let (samples, last_samples) = samples.as_chunks::<8>();
    let (weights, last_weights) = weights.as_chunks::<8>();
    let mut sums = [0.0_f32; 8];
    for (block, factors) in samples.iter().zip(weights) {
        for ((sum, sample), weight) in sums.iter_mut().zip(block).zip(factors) {
            *sum += sample * weight;
        }
    }
    let last: f32 = last_samples.iter().zip(last_weights).map(|(sample, weight)| sample * weight).sum();
    sums.iter().sum::<f32>() + last
}

/// Three samples for one.
#[derive(Debug)]
pub(super) struct Upsampler {
    /// The samples that later windows still need.
    line: Vec<f32>,
}

impl Default for Upsampler {
    fn default() -> Self {
        Self { line: vec![0.0; SIDE] }
    }
}

impl Upsampler {
    pub(super) fn push(&mut self, samples: impl Iterator<Item = f32>, mut give: impl FnMut(f32)) {
        self.line.extend(samples);
        let mut done = 0;
        for window in self.line.windows(2 * SIDE + 1) {
            for phase in PHASES.iter() {
                give(dot(window, phase));
            }
            done += 1;
        }
        self.line.drain(..done);
    }

    pub(super) fn flush(&mut self, give: impl FnMut(f32)) {
        self.push(std::iter::repeat_n(0.0, SIDE), give);
        payload::release(&mut self.line);
        self.line.resize(SIDE, 0.0);
    }
}

/// One sample for three.
#[derive(Debug)]
pub(super) struct Downsampler {
    /// The samples that later windows still need.
    line: Vec<f32>,
}

impl Default for Downsampler {
    fn default() -> Self {
        Self { line: vec![0.0; WIDE_SIDE] }
    }
}

impl Downsampler {
    pub(super) fn push(&mut self, samples: impl Iterator<Item = f32>, mut give: impl FnMut(f32)) {
        self.line.extend(samples);
        let mut done = 0;
        for window in self.line.windows(2 * WIDE_SIDE + 1).step_by(RATIO) {
            give(dot(window, &TAPS));
            done += RATIO;
        }
        self.line.drain(..done.min(self.line.len()));
    }

    pub(super) fn flush(&mut self, give: impl FnMut(f32)) {
        self.push(std::iter::repeat_n(0.0, WIDE_SIDE), give);
        payload::release(&mut self.line);
        self.line.resize(WIDE_SIDE, 0.0);
    }
}
