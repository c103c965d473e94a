//! Sound of a telephone line, in µ-law at 8 kHz (8 bytes per millisecond): recordings of sentences,
//! sounds that stand for any other sentence, noise, tones and silence.

mod recordings;
mod synthesis;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::ulaw;

pub use synthesis::{noise, tone};

/// µ-law bytes in one millisecond of 8 kHz sound.
pub const BYTES_PER_MS: usize = 8;

/// µ-law bytes in one 20 ms frame, the unit telephone networks send.
pub const FRAME_BYTES: usize = 160;

/// What [`level_dbfs`] says of digital silence, where the logarithm has no value.
pub const SILENT_DBFS: f32 = -96.0;

/// Who speaks in a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// Somebody who rings the business.
    Caller,
    /// The assistant that answers.
    Agent,
}

/// A recorded sentence. No pause inside reaches 350 ms, so that a detector which waits 500 ms of
/// silence hears one utterance.
#[derive(Debug)]
pub struct Clip {
    /// A short name, as in `clips/clips.tsv`.
    pub name: &'static str,
    /// The words.
    pub text: &'static str,
    /// Whose voice it is.
    pub speaker: Speaker,
    /// µ-law, 8 kHz, a whole number of 20 ms frames.
    pub ulaw: &'static [u8],
}

impl Clip {
    /// How long the recording plays, in milliseconds.
    pub fn duration_ms(&self) -> u64 {
        (self.ulaw.len() / BYTES_PER_MS) as u64
    }
}

/// Every committed recording.
pub fn clips() -> &'static [Clip] {
    recordings::CLIPS
}

/// The recording called `name`, if there is one.
pub fn clip(name: &str) -> Option<&'static Clip> {
    clips().iter().find(|clip| clip.name == name)
}

/// What `text` sounds like: its recording where there is one (case and punctuation do not matter),
/// otherwise a speech-like sound of fitting length that is the same every time and different for
/// different words.
pub fn sound_of(text: &str) -> Cow<'static, [u8]> {
    let wanted = words_of(text);
    match clips().iter().find(|clip| words_of(clip.text) == wanted) {
        Some(clip) => Cow::Borrowed(clip.ulaw),
        None => Cow::Owned(synthesis::utterance(text)),
    }
}

/// `ms` milliseconds of digital silence.
pub fn silence(ms: usize) -> Vec<u8> {
    vec![0xFF; ms * BYTES_PER_MS]
}

/// The level of a stretch of µ-law sound: root mean square in dB relative to full scale, never
/// below [`SILENT_DBFS`].
pub fn level_dbfs(frame: &[u8]) -> f32 {
    let power: f64 = frame.iter().map(|&code| f64::from(ulaw::decode(code)).powi(2)).sum();
    if power <= 0.0 {
        return SILENT_DBFS;
    }
    let mean = power / frame.len() as f64;
    let level = 10.0 * (mean / (32_768.0 * 32_768.0)).log10();
    (level as f32).max(SILENT_DBFS)
}

/// The letters and digits of a text in lower case, which is what two spellings of one sentence share.
pub(crate) fn words_of(text: &str) -> String {
    let spaced: String = text
        .chars()
        .filter(|c| *c != '\'')
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .flat_map(char::to_lowercase)
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}
