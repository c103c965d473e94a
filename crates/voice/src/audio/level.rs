//! How loud a frame is.

use super::{payload, ulaw};

/// The most of a payload that is measured, in bytes: 128 ms.
const MEASURED_BYTES: usize = 1024;
/// Base64 characters that surely hold so many bytes, in whole groups of four.
const MEASURED_CHARACTERS: usize = MEASURED_BYTES.div_ceil(3) * 4;
/// What silence measures: the level of the last of 16 bits.
pub const FLOOR_DBFS: i8 = -96;
/// A square wave of this amplitude is 0 dBFS; the loudest sine of µ-law is then -3.
const FULL_SCALE: f64 = 32_768.0;

/// The RMS level of a base64 µ-law payload in dBFS, rounded; [`FLOOR_DBFS`] for silence, `None` for
/// what is empty or not base64.
///
/// Nothing is allocated. A payload over 1 KiB is measured, and its base64 checked, over its first
/// 1 KiB only.
pub fn frame_level_dbfs(payload_base64: &str) -> Option<i8> {
    let text = payload_base64.as_bytes();
    let text = text.get(..MEASURED_CHARACTERS).unwrap_or(text);
    let mut buffer = [0; MEASURED_CHARACTERS / 4 * 3];
    let codes = payload::decode_slice(text, &mut buffer)?;
    let codes = codes.get(..MEASURED_BYTES).unwrap_or(codes);
    level_dbfs(codes)
}

/// The same of codes that are decoded from base64 already.
fn level_dbfs(codes: &[u8]) -> Option<i8> {
    if codes.is_empty() {
        return None;
    }
    let energy: u64 = codes.iter().map(|code| squared(*code)).sum();
    let mean = energy as f64 / codes.len() as f64;
    let level = 10.0 * (mean / (FULL_SCALE * FULL_SCALE)).log10();
    Some(level.round().max(f64::from(FLOOR_DBFS)) as i8)
}

fn squared(code: u8) -> u64 {
    let sample = i64::from(ulaw::to_linear(code));
    (sample * sample).unsigned_abs()
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
    use proptest::prelude::*;

    use super::{FLOOR_DBFS, frame_level_dbfs};
    use crate::audio::ulaw;

    fn sine(amplitude: f64, samples: usize) -> Vec<u8> {
        let wave = |n: usize| amplitude * (TAU * 400.0 * n as f64 / 8000.0).sin();
        (0..samples).map(|n| ulaw::from_linear(wave(n).round() as i16)).collect()
    }

    #[test]
    fn a_sine_measures_three_below_its_peak() {
        for (amplitude, level) in [(32_124.0, -3), (16_384.0, -9), (5_827.0, -18), (583.0, -38), (58.3, -58)]
        {
            let payload = STANDARD.encode(sine(amplitude, 160));
            let measured = i32::from(frame_level_dbfs(&payload).unwrap());
            assert!((measured - level).abs() <= 1, "{amplitude}: {measured}");
        }
    }

    #[test]
    fn a_square_wave_of_every_code_measures_its_sample() {
        for code in 0..=255 {
            let sample = f64::from(ulaw::to_linear(code));
            let expected = if sample == 0.0 {
                FLOOR_DBFS
            } else {
                (20.0 * (sample.abs() / 32_768.0).log10()).round() as i8
            };
            let measured = frame_level_dbfs(&STANDARD.encode([code; 160])).unwrap();
            assert_eq!(measured, expected, "{code:#x}");
        }
    }

    #[test]
    fn silence_is_the_floor_and_nothing_is_nothing() {
        assert_eq!(frame_level_dbfs(&STANDARD.encode([0xFF; 160])), Some(FLOOR_DBFS));
        assert_eq!(frame_level_dbfs(&STANDARD.encode([0x7F; 160])), Some(FLOOR_DBFS));
        for wrong in ["", "====", "not base64!", "AAAAA", "äöü"] {
            assert_eq!(frame_level_dbfs(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn padding_is_optional() {
        let loud = sine(16_384.0, 80);
        assert_eq!(
            frame_level_dbfs(&STANDARD_NO_PAD.encode(&loud)),
            frame_level_dbfs(&STANDARD.encode(&loud))
        );
    }

    #[test]
    fn the_first_kibibyte_decides() {
        for tail in [0, 1, 2, 3, 5000] {
            let mut codes = sine(16_384.0, 1024);
            codes.extend(std::iter::repeat_n(ulaw::SILENCE, tail));
            assert_eq!(frame_level_dbfs(&STANDARD.encode(&codes)), Some(-9), "{tail}");
        }
        let quiet_then_loud = [vec![ulaw::SILENCE; 1024], sine(32_000.0, 4096)].concat();
        assert_eq!(frame_level_dbfs(&STANDARD.encode(quiet_then_loud)), Some(FLOOR_DBFS));
    }

    proptest! {
        #[test]
        fn any_text_has_a_level_or_none(text in "\\PC{0,3000}") {
            let _ = frame_level_dbfs(&text);
        }

        #[test]
        fn any_sound_has_a_level_within_the_scale(codes in prop::collection::vec(any::<u8>(), 1..2000)) {
            let level = frame_level_dbfs(&STANDARD.encode(codes)).unwrap();
            prop_assert!((FLOOR_DBFS..=0).contains(&level));
        }
    }
}
