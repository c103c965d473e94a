//! Questions tests ask of a recording.

use serde::Serialize;

use super::CallReport;
use crate::phone::ear::{HeardSpan, Source, SpanEnd};
use crate::ulaw;

/// Silence shorter than this between two stretches of stream sound is a hole in one response; longer
/// is a pause between two. In samples: 300 ms.
const SAME_RESPONSE: u64 = 300 * 8;

/// A step between neighbouring samples that is heard as a click: an eighth of full scale.
const CLICK: i32 = 4_096;

/// Samples on each side of a joint whose own steps say how steep the sound is there: 4 ms.
const NEIGHBOURHOOD: usize = 32;

/// What caused a click.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ClickCause {
    /// The queue ran dry in the middle of a response.
    Gap,
    /// `clear` cut the sound.
    Clear,
    /// Two messages do not fit together: the step between them is far steeper than the sound
    /// around it.
    Joint,
}

/// A jump in the heard sound that was not in what the agent said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Click {
    /// When, in milliseconds of the call.
    pub at_ms: u64,
    /// The size of the step, of 65 536.
    pub step: i32,
    /// What caused it.
    pub cause: ClickCause,
}

impl CallReport {
    /// The longest silence, in milliseconds, that the person heard inside one response because its
    /// sound came too late; 0 when there was none. Two stretches of stream sound belong to one
    /// response when less than 300 ms lie between them and the first was not cut.
    pub fn longest_gap_within_speech(&self) -> u64 {
        self.gaps().map(|(before, after)| (after.start - before.end).div_ceil(8)).max().unwrap_or(0)
    }

    /// Jumps in the heard sound at places where something was joined or cut.
    pub fn clicks(&self) -> Vec<Click> {
        let mut clicks = Vec::new();
        for (before, after) in self.gaps() {
            let step = self.step_from(before.end).max(self.step_from(after.start));
            push_click(&mut clicks, before.end, step, ClickCause::Gap);
        }
        for span in &self.heard_spans {
            // A cut falls anywhere in the wave. Its step is heard only if the speech has none as steep.
            let step = self.step_from(span.end);
            if span.ended == SpanEnd::Cleared && step > 4 * self.steepness_around(span.end) {
                push_click(&mut clicks, span.end, step, ClickCause::Clear);
            }
        }
        for &joint in &self.joints {
            let step = self.step_from(joint);
            if step > 4 * self.steepness_around(joint) {
                push_click(&mut clicks, joint, step, ClickCause::Joint);
            }
        }
        clicks.sort_by_key(|click| click.at_ms);
        clicks
    }

    /// For each time the person stopped speaking with words said, how long it took until stream
    /// sound began; a turn that was never answered, or answered after the person's next words,
    /// counts for nothing. In milliseconds.
    pub fn response_delays(&self) -> Vec<u64> {
        let turns: Vec<_> = self.said_spans.iter().filter(|said| !said.text.is_empty()).collect();
        let mut delays = Vec::new();
        for (index, said) in turns.iter().enumerate() {
            let next = turns.get(index + 1).map_or(u64::MAX, |next| next.start_ms);
            let answer = self.heard_spans.iter().map(HeardSpan::start_ms).find(|start| *start >= said.end_ms);
            if let Some(start) = answer.filter(|start| *start < next) {
                delays.push(start - said.end_ms);
            }
        }
        delays
    }

    /// Pairs of stretches of one response with silence between them.
    fn gaps(&self) -> impl Iterator<Item = (HeardSpan, HeardSpan)> {
        self.heard_spans
            .iter()
            .zip(self.heard_spans.iter().skip(1))
            .filter(|(before, after)| {
                before.source == Source::Stream
                    && after.source == Source::Stream
                    && before.ended == SpanEnd::Dry
                    && after.start > before.end
                    && after.start - before.end < SAME_RESPONSE
            })
            .map(|(before, after)| (*before, *after))
    }

    /// The step between sample `at` and the one before it.
    fn step_from(&self, at: u64) -> i32 {
        (self.sample(at) - self.sample(at.wrapping_sub(1))).abs()
    }

    fn sample(&self, at: u64) -> i32 {
        self.heard.get(at as usize).map_or(0, |&code| i32::from(ulaw::decode(code)))
    }

    /// The largest step near `joint`, the one at it left out.
    fn steepness_around(&self, joint: u64) -> i32 {
        let at = joint as usize;
        let low = at.saturating_sub(NEIGHBOURHOOD);
        (low + 1..at)
            .chain(at + 1..at + NEIGHBOURHOOD)
            .map(|index| self.step_from(index as u64))
            .max()
            .unwrap_or(0)
    }
}

fn push_click(clicks: &mut Vec<Click>, at: u64, step: i32, cause: ClickCause) {
    if step >= CLICK {
        clicks.push(Click { at_ms: at / 8, step, cause });
    }
}
