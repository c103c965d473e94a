//! One track of a call: µ-law, sample by sample, from the moment of dialling.

/// Sound kept per track, in samples: half an hour. What comes later is counted, not kept.
const KEPT: u64 = 30 * 60 * 8_000;

/// µ-law for zero.
pub(crate) const QUIET: u8 = 0xFF;

/// A track that knows its length even when it keeps no sound.
#[derive(Debug, Default)]
pub(crate) struct Tape {
    sound: Vec<u8>,
    length: u64,
    keeps: bool,
}

impl Tape {
    pub(crate) fn new(keeps: bool) -> Self {
        Self { keeps, ..Self::default() }
    }

    /// Samples since the beginning; 8 are a millisecond.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn keeps_sound(&self) -> bool {
        self.keeps && self.length < KEPT
    }

    pub(crate) fn push(&mut self, sound: &[u8]) {
        if self.keeps_sound() {
            self.sound.extend_from_slice(sound);
        }
        self.length += sound.len() as u64;
    }

    pub(crate) fn push_quiet(&mut self, samples: usize) {
        if self.keeps_sound() {
            self.sound.resize(self.sound.len() + samples, QUIET);
        }
        self.length += samples as u64;
    }

    /// Makes everything from sample `at` on silent: it was queued for this moment and then dropped.
    pub(crate) fn silence_from(&mut self, at: u64) {
        if let Some(tail) = self.sound.get_mut(at as usize..) {
            tail.fill(QUIET);
        }
    }

    pub(crate) fn into_sound(self) -> Vec<u8> {
        self.sound
    }
}
