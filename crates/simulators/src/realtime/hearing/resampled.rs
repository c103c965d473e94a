//! Recognition over a line that resamples: first the loudness contour, then frame by frame.

use super::{Found, HeardSound, Known, carries_sound};
use crate::speech::FRAME_BYTES;
use crate::ulaw;

/// Samples in a step of the loudness contour: 20 ms.
const STEP: usize = 160;

/// A contour less alike than this is another sentence.
const LIKE_CONTOUR: f32 = 0.7;

/// A frame less alike than this did not arrive.
const LIKE_FRAME: f32 = 0.7;

/// How far, in samples, a frame may lie from where the one before it points.
const DRIFT: isize = 6;

/// How far the very first frame may lie from where the contour points.
const FIRST_DRIFT: isize = 100;

/// A sound of which none of so many frames is found at the start is not there.
const MOST_FIRST: usize = 8;

/// How many frames may be missing, or inserted, in one place.
const MOST_SKIPPED: isize = 4;

/// Every known sound whose contour is in `received`.
pub(super) fn find(known: &[Known], received: &[u8]) -> Vec<Found> {
    let samples = linear(received);
    let contour = contour_of(&samples);
    let found = known.iter().filter_map(|known| {
        let wanted = linear(&known.sound);
        let at = best_place(&contour, &contour_of(&wanted))? * STEP;
        let matched = count_frames(&samples, &wanted, known, at);
        let sound = HeardSound { text: known.text.clone(), frames: known.frames, matched };
        Some(Found { span: at..at + wanted.len(), sound })
    });
    found.collect()
}

fn linear(codes: &[u8]) -> Vec<f32> {
    codes.iter().map(|&code| f32::from(ulaw::decode(code))).collect()
}

fn contour_of(samples: &[f32]) -> Vec<f32> {
    samples.chunks(STEP).map(|step| energy(step).sqrt()).collect()
}

fn energy(samples: &[f32]) -> f32 {
    samples.iter().map(|sample| sample * sample).sum()
}

/// How alike two stretches are: 1 for the same shape, 0 for unrelated ones.
fn likeness(a: &[f32], b: &[f32]) -> f32 {
    let product: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
    let scale = (energy(a) * energy(b)).sqrt();
    if scale > 0.0 { product / scale } else { 0.0 }
}

/// The step at which `wanted` lies best, unless it lies nowhere. Nine tenths of it must fit, since
/// that much is enough to be recognised.
fn best_place(contour: &[f32], wanted: &[f32]) -> Option<usize> {
    let least = wanted.len() * 9 / 10;
    let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len().max(1) as f32;
    let level = |values: &[f32]| {
        let mean = mean(values);
        values.iter().map(|value| value - mean).collect::<Vec<f32>>()
    };
    let wanted = level(wanted);
    let last = contour.len().checked_sub(least)?;
    let scored = (0..=last).filter_map(|at| {
        let end = (at + wanted.len()).min(contour.len());
        let here = level(contour.get(at..end)?);
        Some((at, likeness(&here, &wanted)))
    });
    let best = scored.max_by(|a, b| a.1.total_cmp(&b.1))?;
    (best.1 >= LIKE_CONTOUR).then_some(best.0)
}

/// Counts the frames of a sound that are found in order, starting near `at`.
fn count_frames(samples: &[f32], wanted: &[f32], known: &Known, at: usize) -> usize {
    let mut expected = at as isize;
    let (mut tried, mut matched) = (0, 0);
    for (frame, codes) in wanted.chunks_exact(FRAME_BYTES).zip(known.sound.chunks_exact(FRAME_BYTES)) {
        if carries_sound(codes) {
            tried += 1;
            let place = match matched {
                0 if tried > MOST_FIRST => return 0,
                0 => best_near(frame, samples, expected, FIRST_DRIFT),
                _ => place_of(frame, samples, expected),
            };
            if let Some(place) = place {
                matched += 1;
                expected = place;
            }
        }
        expected += FRAME_BYTES as isize;
    }
    matched
}

/// Where a frame is found: near where it is expected, else a few whole frames off.
fn place_of(frame: &[f32], samples: &[f32], expected: isize) -> Option<isize> {
    let skips = (1..=MOST_SKIPPED).flat_map(|frames| [-frames, frames]);
    let mut centres = std::iter::once(0).chain(skips).map(|frames| expected + frames * FRAME_BYTES as isize);
    centres.find_map(|centre| best_near(frame, samples, centre, DRIFT))
}

/// The place within `reach` of `centre` where a frame fits best, if it fits at all.
fn best_near(frame: &[f32], samples: &[f32], centre: isize, reach: isize) -> Option<isize> {
    let candidates = (centre - reach..=centre + reach).filter_map(|place| {
        let start = usize::try_from(place).ok()?;
        Some((place, likeness(frame, samples.get(start..start + FRAME_BYTES)?)))
    });
    let best = candidates.max_by(|a, b| a.1.total_cmp(&b.1))?;
    (best.1 >= LIKE_FRAME).then_some(best.0)
}
