//! Transcription without a model: received sound is compared with sounds whose words are known.
//!
//! A sound is recognised when at least 90 % of its 20 ms frames arrived, in order. On a µ-law line
//! every frame must be there byte for byte, wherever the network cut the frames; on a resampled line
//! frames are compared by correlation.

mod resampled;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use crate::speech::{FRAME_BYTES, clips, sound_of, words_of};

/// Most sentences that can be registered; the oldest registrations win.
const MOST_SOUNDS: usize = 4_096;

/// Base of the rolling hash: the 64-bit FNV prime, odd and well mixed.
const BASE: u64 = 0x0000_0100_0000_01B3;

/// Sounds of which fewer frames arrived are not worth a line in a report.
const FEWEST_FRAMES: usize = 3;

/// A known sentence found, whole or in part, in a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeardSound {
    /// The words.
    pub text: String,
    /// How many 20 ms frames the sound has; frames of bare silence do not count.
    pub frames: usize,
    /// How many of them arrived, in order.
    pub matched: usize,
}

impl HeardSound {
    /// How many frames did not arrive.
    pub fn missing(&self) -> usize {
        self.frames - self.matched
    }

    /// Whether enough arrived to know the words.
    pub fn is_recognised(&self) -> bool {
        self.matched * 10 >= self.frames * 9
    }
}

/// The words of the recognised sounds, in the order they were said; empty when there is none.
pub(super) fn transcript_of(sounds: &[HeardSound]) -> String {
    let words: Vec<&str> =
        sounds.iter().filter(|sound| sound.is_recognised()).map(|sound| sound.text.as_str()).collect();
    words.join(" ")
}

struct Known {
    text: String,
    sound: Vec<u8>,
    /// Frames that carry something; the others match any silence and prove nothing.
    frames: usize,
}

/// A sound and where it lies in what was received. Two sentences may begin with the same words: what
/// a recognised one explains is not held to be a mutilated other one.
struct Found {
    span: Range<usize>,
    sound: HeardSound,
}

/// Every sound whose words are known.
pub(super) struct Library {
    known: Vec<Known>,
    words: HashSet<String>,
    /// Where a frame with this hash occurs: (sound, frame).
    places: HashMap<u64, Vec<(usize, usize)>>,
}

impl Library {
    /// The committed recordings.
    pub(super) fn of_recordings() -> Self {
        let mut library = Self { known: Vec::new(), words: HashSet::new(), places: HashMap::new() };
        for clip in clips() {
            library.register(clip.text);
        }
        library
    }

    /// Makes `text` known by what [`sound_of`] says it sounds like.
    pub(super) fn register(&mut self, text: &str) {
        if self.known.len() >= MOST_SOUNDS || !self.words.insert(words_of(text)) {
            return;
        }
        let sound = sound_of(text).into_owned();
        let mut frames = 0;
        for (at, frame) in sound.chunks_exact(FRAME_BYTES).enumerate() {
            if carries_sound(frame) {
                frames += 1;
                self.places.entry(hash_of(frame)).or_default().push((self.known.len(), at));
            }
        }
        self.known.push(Known { text: text.to_owned(), sound, frames });
    }

    /// What is in `received` (µ-law). `resampled` says that it came over a line that does not keep
    /// bytes.
    pub(super) fn listen(&self, received: &[u8], resampled: bool) -> Vec<HeardSound> {
        let mut found =
            if resampled { resampled::find(&self.known, received) } else { self.find_exact(received) };
        found.retain(|found| found.sound.matched >= FEWEST_FRAMES);
        let recognised = found.iter().filter(|found| found.sound.is_recognised());
        let explained: Vec<Range<usize>> = recognised.map(|found| found.span.clone()).collect();
        let overlaps = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
        found.retain(|found| {
            found.sound.is_recognised() || !explained.iter().any(|span| overlaps(span, &found.span))
        });
        found.sort_by_key(|found| found.span.start);
        found.into_iter().map(|found| found.sound).collect()
    }

    fn find_exact(&self, received: &[u8]) -> Vec<Found> {
        let mut hits: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
        for (position, hash) in rolling_hashes(received) {
            for &(sound, frame) in self.places.get(&hash).into_iter().flatten() {
                hits.entry(sound).or_default().push((position, frame));
            }
        }
        let found = hits.into_iter().filter_map(|(sound, hits)| {
            let known = self.known.get(sound)?;
            let span = hits.first()?.0..hits.last()?.0 + FRAME_BYTES;
            let matched = longest_in_order(hits.iter().map(|(_, frame)| *frame));
            let sound = HeardSound { text: known.text.clone(), frames: known.frames, matched };
            Some(Found { span, sound })
        });
        found.collect()
    }
}

/// A frame of one or two different codes is digital silence, or as good as.
fn carries_sound(frame: &[u8]) -> bool {
    let first = frame.first().copied().unwrap_or(0xFF);
    let second = frame.iter().copied().find(|&code| code != first);
    second.is_some_and(|second| frame.iter().any(|&code| code != first && code != second))
}

fn hash_of(frame: &[u8]) -> u64 {
    frame.iter().fold(0, |hash: u64, &byte| push(hash, byte))
}

fn push(hash: u64, byte: u8) -> u64 {
    hash.wrapping_mul(BASE).wrapping_add(u64::from(byte) + 1)
}

/// The hash of the frame that starts at each position.
fn rolling_hashes(sound: &[u8]) -> impl Iterator<Item = (usize, u64)> {
    let leaving = (0..FRAME_BYTES).fold(1_u64, |power, _| power.wrapping_mul(BASE));
    let (head, tail) = sound.split_at(FRAME_BYTES.min(sound.len()));
    let first = (head.len() == FRAME_BYTES).then(|| (0, hash_of(head)));
    let mut hash = hash_of(head);
    let rest = sound.iter().zip(tail).enumerate().map(move |(at, (&gone, &new))| {
        hash = push(hash, new).wrapping_sub(leaving.wrapping_mul(u64::from(gone) + 1));
        (at + 1, hash)
    });
    first.into_iter().chain(rest)
}

/// The length of the longest strictly rising subsequence (patience sorting).
fn longest_in_order(frames: impl Iterator<Item = usize>) -> usize {
    let mut tails: Vec<usize> = Vec::new();
    for frame in frames {
        let at = tails.partition_point(|&tail| tail < frame);
        match tails.get_mut(at) {
            Some(tail) => *tail = frame,
            None => tails.push(frame),
        }
    }
    tails.len()
}
