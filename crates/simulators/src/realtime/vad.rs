//! Finds speech by its energy, the way `server_vad` and `semantic_vad` do from a client's side.

use std::sync::LazyLock;

use crate::speech::FRAME_BYTES;
use crate::ulaw;

/// Voiced sound needed before speech is believed, in milliseconds.
const ONSET_MS: u32 = 60;

/// The grain in which voiced sound is counted: 5 ms.
const GRAIN_BYTES: usize = 40;
const GRAIN_MS: u32 = 5;
const FRAME_MS: u32 = 20;

/// Squares of all 256 codes, relative to full scale.
static POWERS: LazyLock<[f32; 256]> = LazyLock::new(|| {
    let mut powers = [0.0; 256];
    for (code, power) in (0..=u8::MAX).zip(&mut powers) {
        *power = (f32::from(ulaw::decode(code)) / 32_768.0).powi(2);
    }
    powers
});

/// What a session's `turn_detection` means in sound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct VadSettings {
    /// A frame above this power (relative to full scale) is voiced.
    power: f32,
    /// How much sound before the onset belongs to the turn.
    pub(super) prefix_ms: u32,
    /// How much silence ends a turn.
    pub(super) silence_ms: u32,
}

impl VadSettings {
    /// `threshold` 0 … 1 stands for -65 … -25 dBFS, so that the usual 0.5 is -45 dBFS.
    pub(super) fn new(threshold: f64, prefix_ms: u32, silence_ms: u32) -> Self {
        let decibel = -65.0 + 40.0 * threshold as f32;
        Self { power: 10.0_f32.powf(decibel / 10.0), prefix_ms, silence_ms }
    }
}

/// A change in what is heard, with the position in µ-law bytes since the detector began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// Speech began here (the first voiced frame, without the prefix).
    Began(u64),
    /// Silence has lasted long enough; this is the end of that silence.
    Ended(u64),
}

/// The detector. Frames are 20 ms, counted from its first byte whatever the sizes of appends.
#[derive(Debug)]
pub(super) struct Vad {
    settings: VadSettings,
    frame: Vec<u8>,
    position: u64,
    onset: u64,
    voiced_ms: u32,
    silent_ms: u32,
    speaking: bool,
}

impl Vad {
    /// A detector whose positions count from `position`.
    pub(super) fn new(settings: VadSettings, position: u64) -> Self {
        let frame = Vec::with_capacity(FRAME_BYTES);
        Self { settings, frame, position, onset: 0, voiced_ms: 0, silent_ms: 0, speaking: false }
    }

    pub(super) fn settings(&self) -> VadSettings {
        self.settings
    }

    /// Listens to `sound` (µ-law) and says what changed.
    pub(super) fn hear(&mut self, mut sound: &[u8]) -> Vec<Edge> {
        let mut edges = Vec::new();
        while !sound.is_empty() {
            let missing = FRAME_BYTES - self.frame.len();
            let (part, rest) = sound.split_at(missing.min(sound.len()));
            self.frame.extend_from_slice(part);
            sound = rest;
            if self.frame.len() == FRAME_BYTES {
                edges.extend(self.judge());
                self.frame.clear();
            }
        }
        edges
    }

    fn judge(&mut self) -> Option<Edge> {
        let start = self.position;
        self.position += FRAME_BYTES as u64;
        let voiced = mean_power(&self.frame) > self.settings.power;
        if self.speaking {
            self.silent_ms = if voiced { 0 } else { self.silent_ms + FRAME_MS };
            if self.silent_ms < self.settings.silence_ms {
                return None;
            }
            self.speaking = false;
            self.voiced_ms = 0;
            return Some(Edge::Ended(self.position));
        }
        if !voiced {
            self.voiced_ms = 0;
            return None;
        }
        if self.voiced_ms == 0 {
            self.onset = start;
        }
        let grains = self.frame.chunks(GRAIN_BYTES).filter(|grain| mean_power(grain) > self.settings.power);
        self.voiced_ms += grains.count() as u32 * GRAIN_MS;
        if self.voiced_ms < ONSET_MS {
            return None;
        }
        self.speaking = true;
        self.silent_ms = 0;
        Some(Edge::Began(self.onset))
    }
}

fn mean_power(sound: &[u8]) -> f32 {
    let sum: f32 = sound.iter().filter_map(|&code| POWERS.get(usize::from(code))).sum();
    sum / sound.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::{clips, noise, silence, sound_of};

    fn edges(sound: &[u8], step: usize) -> Vec<Edge> {
        let mut vad = Vad::new(VadSettings::new(0.5, 300, 500), 0);
        sound.chunks(step).flat_map(|part| vad.hear(part)).collect()
    }

    #[test]
    fn every_recording_and_any_sentence_is_one_utterance() {
        let made = ["Yes?", "Could you send somebody who knows about old boilers, and soon, please?"];
        let sounds = clips().iter().map(|clip| clip.text).chain(made).map(sound_of);
        for sound in sounds {
            let padded = [silence(400), sound.to_vec(), silence(600)].concat();
            let heard = edges(&padded, 160);
            assert!(matches!(heard[..], [Edge::Began(_), Edge::Ended(_)]), "{heard:?}");
        }
    }

    #[test]
    fn positions_do_not_depend_on_the_size_of_appends() {
        let sound = [silence(1_000), noise(400, 3), silence(700)].concat();
        for step in [1, 160, 333, 1_600, sound.len()] {
            assert_eq!(edges(&sound, step), [Edge::Began(8_000), Edge::Ended(15_200)], "step {step}");
        }
    }

    #[test]
    fn a_burst_below_60_ms_raises_nothing() {
        for offset in 0..20 {
            let burst = |ms| [silence(100 + offset), noise(ms, 5), silence(600)].concat();
            assert_eq!(edges(&burst(50), 160), [], "50 ms at {offset}");
            assert_eq!(edges(&burst(80), 160).len(), 2, "80 ms at {offset}");
        }
    }

    #[test]
    fn silence_has_to_be_received_before_a_turn_ends() {
        let short = [noise(300, 1), silence(480)].concat();
        assert_eq!(edges(&short, 160), [Edge::Began(0)]);
        let pause = [noise(300, 1), silence(480), noise(300, 2), silence(500)].concat();
        assert_eq!(edges(&pause, 160), [Edge::Began(0), Edge::Ended(12_640)]);
    }

    #[test]
    fn a_higher_threshold_is_deaf_to_quieter_sound() {
        let sound = [noise(300, 1), silence(600)].concat();
        let mut deaf = Vad::new(VadSettings { power: 0.1, prefix_ms: 0, silence_ms: 500 }, 0);
        assert_eq!(deaf.hear(&sound), []);
        assert!((VadSettings::new(0.5, 0, 0).power.log10() * 10.0 + 45.0).abs() < 0.01);
    }
}
