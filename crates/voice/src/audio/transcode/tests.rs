use std::f64::consts::TAU;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::{Pcm24kToUlaw, UlawToPcm24k};
use crate::audio::{AudioFault, ulaw};

fn tone(hertz: f64, rate: f64, amplitude: f64, samples: usize) -> Vec<i16> {
    (0..samples).map(|n| (amplitude * (TAU * hertz * n as f64 / rate).sin()).round() as i16).collect()
}

fn codes_of(samples: &[i16]) -> Vec<u8> {
    samples.iter().map(|sample| ulaw::from_linear(*sample)).collect()
}

fn bytes_of(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

fn samples_of(bytes: &[u8]) -> Vec<i16> {
    bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// Runs pieces of the given lengths (the last one repeats) through a converter and flushes it.
fn up(codes: &[u8], lengths: &[usize]) -> Vec<i16> {
    let mut converter = UlawToPcm24k::new();
    let mut out = String::new();
    let mut bytes = Vec::new();
    for piece in pieces(codes, lengths) {
        converter.push(&STANDARD.encode(piece), &mut out).unwrap();
        bytes.extend(STANDARD.decode(&out).unwrap());
    }
    converter.flush(&mut out);
    bytes.extend(STANDARD.decode(&out).unwrap());
    samples_of(&bytes)
}

fn down(pcm: &[u8], lengths: &[usize]) -> Vec<u8> {
    let mut converter = Pcm24kToUlaw::new();
    let mut out = String::new();
    let mut codes = Vec::new();
    for piece in pieces(pcm, lengths) {
        converter.push(&STANDARD.encode(piece), &mut out).unwrap();
        codes.extend(STANDARD.decode(&out).unwrap());
    }
    converter.flush(&mut out);
    codes.extend(STANDARD.decode(&out).unwrap());
    codes
}

fn pieces<'a>(bytes: &'a [u8], lengths: &[usize]) -> Vec<&'a [u8]> {
    let (mut rest, mut pieces, mut turn) = (bytes, Vec::new(), 0);
    while !rest.is_empty() {
        let length = lengths[turn.min(lengths.len() - 1)].min(rest.len());
        let (piece, after) = rest.split_at(length);
        pieces.push(piece);
        rest = after;
        turn += 1;
    }
    pieces
}

/// Amplitude, signal-to-noise ratio in dB, and drift in Hz of the tone that fits best.
struct Fit {
    amplitude: f64,
    snr_db: f64,
    drift_hertz: f64,
}

/// Least squares against sine and cosine; the drift is the turn of phase between the two halves.
fn fit(samples: &[i16], hertz: f64, rate: f64) -> Fit {
    let part = |from: usize, to: usize| {
        let (mut sine, mut cosine) = (0.0, 0.0);
        for (n, sample) in samples.iter().enumerate().take(to).skip(from) {
            let angle = TAU * hertz * n as f64 / rate;
            sine += f64::from(*sample) * angle.sin();
            cosine += f64::from(*sample) * angle.cos();
        }
        let scale = 2.0 / (to - from) as f64;
        (sine * scale, cosine * scale)
    };
    let (count, half) = (samples.len(), samples.len() / 2);
    let (sine, cosine) = part(0, count);
    let noise: f64 = samples
        .iter()
        .enumerate()
        .map(|(n, sample)| {
            let angle = TAU * hertz * n as f64 / rate;
            (f64::from(*sample) - sine * angle.sin() - cosine * angle.cos()).powi(2)
        })
        .sum::<f64>()
        / count as f64;
    let phase = |(sine, cosine): (f64, f64)| cosine.atan2(sine);
    let turn = phase(part(half, count)) - phase(part(0, half));
    let turn = (turn + TAU / 2.0).rem_euclid(TAU) - TAU / 2.0;
    let power = f64::midpoint(sine * sine, cosine * cosine);
    Fit {
        amplitude: sine.hypot(cosine),
        snr_db: 10.0 * (power / noise).log10(),
        drift_hertz: turn / TAU * rate / half as f64,
    }
}

fn level_db(samples: &[i16]) -> f64 {
    let mean = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / samples.len() as f64;
    10.0 * mean.max(1e-9).log10()
}

#[test]
fn a_tone_keeps_its_pitch_and_level_on_the_way_to_the_model() {
    for hertz in [300.0, 1_000.0, 3_000.0] {
        let out = up(&codes_of(&tone(hertz, 8_000.0, 10_000.0, 16_000)), &[160]);
        let found = fit(&out[480..47_520], hertz, 24_000.0);
        assert!(found.drift_hertz.abs() < 1.0 && found.snr_db > 30.0, "{hertz}: {} dB", found.snr_db);
        assert!((found.amplitude / 10_000.0 - 1.0).abs() < 0.02, "{hertz}: {}", found.amplitude);
    }
}

#[test]
fn a_tone_keeps_its_pitch_and_level_on_the_way_to_the_caller() {
    for hertz in [300.0, 1_000.0, 3_000.0] {
        let out = down(&bytes_of(&tone(hertz, 24_000.0, 10_000.0, 48_000)), &[4_801]);
        let linear: Vec<i16> = out.iter().map(|code| ulaw::to_linear(*code)).collect();
        let found = fit(&linear[160..15_840], hertz, 8_000.0);
        assert!(found.drift_hertz.abs() < 1.0 && found.snr_db > 30.0, "{hertz}: {} dB", found.snr_db);
        assert!((found.amplitude / 10_000.0 - 1.0).abs() < 0.02, "{hertz}: {}", found.amplitude);
    }
}

#[test]
fn what_a_telephone_cannot_carry_vanishes_instead_of_folding_back() {
    for hertz in [4_500.0, 5_000.0, 7_000.0, 9_000.0, 11_000.0] {
        let input = tone(hertz, 24_000.0, 10_000.0, 24_000);
        let out = down(&bytes_of(&input), &[960]);
        let linear: Vec<i16> = out.iter().map(|code| ulaw::to_linear(*code)).collect();
        let lost = level_db(&input) - level_db(&linear[100..7_900]);
        assert!(lost > 50.0, "{hertz}: only {lost} dB");
    }
}

#[test]
fn no_mirror_of_a_tone_appears_above_the_telephone_band() {
    let out = up(&codes_of(&tone(1_000.0, 8_000.0, 10_000.0, 8_000)), &[160]);
    for mirror in [7_000.0, 9_000.0] {
        let found = fit(&out[480..23_520], mirror, 24_000.0);
        assert!(found.amplitude < 10.0, "{mirror}: {}", found.amplitude);
    }
}

#[test]
fn the_ratio_is_exact_over_a_minute_of_frames() {
    let mut converter = UlawToPcm24k::new();
    let frame = STANDARD.encode([0xA5; 160]);
    let mut out = String::new();
    let mut samples = 0;
    for _ in 0..3_000 {
        converter.push(&frame, &mut out).unwrap();
        samples += out.trim_end_matches('=').len() * 3 / 4 / 2;
    }
    assert_eq!(samples, 3_000 * 480 - 60);
    converter.flush(&mut out);
    assert_eq!(STANDARD.decode(&out).unwrap().len(), 60 * 2);
}

#[test]
fn an_item_ends_in_full_and_the_next_begins_clean() {
    let mut converter = Pcm24kToUlaw::new();
    let item = STANDARD.encode(bytes_of(&tone(1_000.0, 24_000.0, 20_000.0, 2_401)));
    let mut rounds = Vec::new();
    for _ in 0..2 {
        let mut out = String::new();
        let mut codes = Vec::new();
        converter.push(&item, &mut out).unwrap();
        codes.extend(STANDARD.decode(&out).unwrap());
        converter.flush(&mut out);
        codes.extend(STANDARD.decode(&out).unwrap());
        rounds.push(codes);
    }
    assert_eq!(rounds[0].len(), 801);
    assert_eq!(rounds[0], rounds[1]);
    let mut out = "old".to_owned();
    converter.flush(&mut out);
    assert_eq!(out, "");
}

#[test]
fn a_broken_piece_is_passed_over() {
    let mut out = String::new();
    let mut to_model = UlawToPcm24k::new();
    assert_eq!(to_model.push("no base64!", &mut out), Err(AudioFault::NotBase64));
    to_model.push(&STANDARD.encode([0xFF; 160]), &mut out).unwrap();
    assert_eq!(STANDARD.decode(&out).unwrap(), vec![0; 420 * 2]);

    let mut to_caller = Pcm24kToUlaw::new();
    to_caller.push(&STANDARD.encode([0]), &mut out).unwrap();
    assert_eq!(to_caller.push("AAAAA", &mut out), Err(AudioFault::NotBase64));
    to_caller.push(&STANDARD.encode([1; 959]), &mut out).unwrap();
    let mut whole = Pcm24kToUlaw::new();
    let mut expected = String::new();
    whole.push(&STANDARD.encode([&[0][..], &[1; 959]].concat()), &mut expected).unwrap();
    assert_eq!(out, expected);
}

#[test]
fn one_long_piece_does_not_keep_its_memory() {
    let mut converter = Pcm24kToUlaw::new();
    let mut out = String::new();
    converter.push(&STANDARD.encode(vec![0; 2_000_000]), &mut out).unwrap();
    assert_eq!(STANDARD.decode(&out).unwrap().len(), (1_000_000_usize - 60).div_ceil(3));
    converter.flush(&mut out);
    assert!(converter.bytes.capacity() + converter.codes.capacity() <= 64 * 1024);
}

proptest! {
    #[test]
    fn where_the_pieces_are_cut_cannot_be_heard(
        codes in prop::collection::vec(any::<u8>(), 0..900),
        lengths in prop::collection::vec(1_usize..200, 1..8),
    ) {
        let whole = up(&codes, &[usize::MAX]);
        prop_assert_eq!(whole.len(), codes.len() * 3);
        prop_assert_eq!(up(&codes, &lengths), whole);
    }

    #[test]
    fn nor_where_a_sample_is_cut_in_two(
        pcm in prop::collection::vec(any::<u8>(), 0..3000),
        lengths in prop::collection::vec(1_usize..400, 1..8),
    ) {
        let whole = down(&pcm, &[usize::MAX]);
        prop_assert_eq!(whole.len(), (pcm.len() / 2).div_ceil(3));
        prop_assert_eq!(down(&pcm, &lengths), whole);
    }

    #[test]
    fn any_text_is_converted_or_refused(text in "\\PC{0,200}") {
        let mut out = String::new();
        let _ = UlawToPcm24k::new().push(&text, &mut out);
        let _ = Pcm24kToUlaw::new().push(&text, &mut out);
    }
}
