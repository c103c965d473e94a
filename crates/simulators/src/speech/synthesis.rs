//! Sounds made rather than recorded. Cheap enough for hundreds of calls: a voice is read from a
//! table of one period, not computed sample by sample.

use std::f32::consts::TAU;
use std::sync::LazyLock;

use super::{BYTES_PER_MS, FRAME_BYTES};
use crate::ulaw;

const SAMPLES_PER_SECOND: f32 = 8_000.0;
const FULL_SCALE: f32 = 32_768.0;

/// -12 dB below full scale, the usual peak of a telephone voice.
const SPEECH_PEAK: f32 = FULL_SCALE * 0.251;

/// Peak of white noise whose root mean square is -18 dB below full scale (uniform: rms = peak/√3).
const NOISE_PEAK: f32 = FULL_SCALE * 0.218;

/// How long a spoken character lasts: about 15 characters a second, a calm pace.
const MS_PER_CHARACTER: usize = 65;

/// The shortest utterance, so that a single word is still longer than any detector's onset.
const SHORTEST_MS: usize = 400;

const PERIOD: usize = 256;

/// Strengths of the first harmonics for four vowel-like timbres.
const TIMBRES: [[f32; 10]; 4] = [
    [1.0, 0.8, 0.9, 1.0, 0.6, 0.3, 0.2, 0.3, 0.2, 0.1],
    [1.0, 1.0, 0.4, 0.2, 0.1, 0.2, 0.4, 0.5, 0.3, 0.2],
    [0.9, 0.6, 0.5, 0.3, 0.3, 0.5, 0.6, 0.3, 0.2, 0.1],
    [1.0, 0.5, 0.7, 0.8, 0.9, 0.6, 0.2, 0.1, 0.1, 0.2],
];

static PERIODS: LazyLock<Vec<[f32; PERIOD]>> = LazyLock::new(|| TIMBRES.iter().map(period_of).collect());

/// One period of a timbre, its peak scaled to 1.
fn period_of(harmonics: &[f32; 10]) -> [f32; PERIOD] {
    let mut period = [0.0_f32; PERIOD];
    for (at, value) in period.iter_mut().enumerate() {
        let angle = TAU * at as f32 / PERIOD as f32;
        *value = (1_u16..)
            .zip(harmonics)
            .map(|(n, strength)| strength * (angle * f32::from(n) + f32::from(n * n)).sin())
            .sum();
    }
    let peak = period.iter().fold(0.0_f32, |peak, value| peak.max(value.abs()));
    period.map(|value| value / peak)
}

/// A small generator of the same numbers for the same seed (xorshift64*, Vigna 2016).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn roll(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) as u32
    }

    /// A number from `low` up to, but not including, `high`.
    fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.roll() % (high - low).max(1)
    }

    /// A number from -1 to 1.
    fn signed(&mut self) -> f32 {
        self.roll() as f32 / (u32::MAX / 2) as f32 - 1.0
    }
}

/// FNV-1a, so that a text has the same voice in every run and on every machine.
fn seed_of(text: &str) -> u64 {
    text.bytes()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

/// Syllables of voiced sound with pauses shorter than 150 ms, of the length `text` takes to say.
pub(super) fn utterance(text: &str) -> Vec<u8> {
    let spoken = super::words_of(text);
    let ms = (text.trim().chars().count() * MS_PER_CHARACTER).max(SHORTEST_MS);
    let length = (ms * BYTES_PER_MS).next_multiple_of(FRAME_BYTES);
    let mut dice = Dice::new(seed_of(&spoken));
    let mut sound = Vec::with_capacity(length + 2_400);
    while sound.len() < length {
        syllable(&mut sound, &mut dice);
        let pause_ms = if dice.between(0, 4) == 0 { dice.between(60, 120) } else { dice.between(5, 30) };
        if sound.len() < length {
            sound.resize(sound.len() + pause_ms as usize * BYTES_PER_MS, 0xFF);
        }
    }
    sound.truncate(length);
    sound
}

/// Appends 120 to 220 ms of one vowel whose pitch drifts and whose loudness rises and falls.
fn syllable(sound: &mut Vec<u8>, dice: &mut Dice) {
    let samples = dice.between(120, 220) * BYTES_PER_MS as u32;
    let pitch = dice.between(95, 230) as f32;
    let drift = dice.signed() * 0.2;
    let loudness = SPEECH_PEAK * (0.75 + 0.25 * dice.signed().abs());
    let Some(period) = PERIODS.get(dice.between(0, TIMBRES.len() as u32) as usize) else {
        return;
    };
    let mut phase = 0.0_f32;
    for at in 0..samples {
        let through = at as f32 / samples as f32;
        let swell = (6.0 * through * (1.0 - through)).min(1.0);
        phase += pitch * (1.0 + drift * through) * PERIOD as f32 / SAMPLES_PER_SECOND;
        let value = period.get(phase as usize % PERIOD).copied().unwrap_or_default();
        sound.push(ulaw::encode((value * swell * loudness) as i16));
    }
}

/// A burst of broadband noise at about -18 dBFS: a slammed door, a passing lorry.
pub fn noise(ms: usize, seed: u64) -> Vec<u8> {
    let mut dice = Dice::new(seed);
    let samples = ms * BYTES_PER_MS;
    (0..samples).map(|_| ulaw::encode((dice.signed() * NOISE_PEAK) as i16)).collect()
}

/// A sine of `hz` at a peak of -12 dBFS, as long as `ms` says.
pub fn tone(hz: f32, ms: usize) -> Vec<u8> {
    let turn = TAU * hz / SAMPLES_PER_SECOND;
    let samples = ms * BYTES_PER_MS;
    (0..samples).map(|at| ulaw::encode((SPEECH_PEAK * (turn * at as f32).sin()) as i16)).collect()
}
