use std::f64::consts::TAU;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::Suppressor;
use crate::audio::{AudioFault, ulaw};

/// Samples of a second.
const RATE: usize = 8_000;

/// The same noise in every run: a 64-bit linear congruential generator (Knuth's constants), evened
/// out by a one-pole filter to the dull hiss of a fan.
struct Fan {
    state: u64,
    last: f64,
}

impl Fan {
    fn next(&mut self, level: f64) -> f64 {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let white = (self.state >> 40) as f64 / f64::from(1_u32 << 23) - 1.0;
        self.last = 0.6 * self.last + white;
        self.last * level
    }
}

/// Speech in outline: 1.2 s of syllables on a moving pitch with three formants, then 0.8 s of pause.
fn speech(n: usize) -> f64 {
    let second = n as f64 / RATE as f64;
    if !speaks(n) {
        return 0.0;
    }
    let syllable = (TAU * 2.0 * second).sin().abs().sqrt();
    let pitch = 130.0;
    let wobble = 0.8 * (TAU * 3.0 * second).sin();
    let voice: f64 = (1..26)
        .map(|harmonic| {
            let hertz = pitch * f64::from(harmonic);
            let formant = |centre: f64| (-((hertz - centre) / 250.0).powi(2)).exp();
            let weight = 0.08 + formant(600.0) + 0.6 * formant(1_400.0) + 0.3 * formant(2_500.0);
            weight * (TAU * hertz * second + f64::from(harmonic) * wobble).sin()
        })
        .sum();
    1_400.0 * syllable * voice
}

fn speaks(n: usize) -> bool {
    n % (2 * RATE) < 1_200 * RATE / 1_000
}

fn cleaned(codes: &[u8], piece: usize) -> Vec<u8> {
    let mut suppressor = Suppressor::new();
    let mut out = String::new();
    let mut clean = Vec::new();
    for frame in codes.chunks(piece) {
        suppressor.push(&STANDARD.encode(frame), &mut out).unwrap();
        clean.extend(STANDARD.decode(&out).unwrap());
    }
    clean
}

/// Mean power while somebody speaks and in the pauses, edges of 60 ms and the first 4 s left out.
fn powers(codes: &[u8]) -> (f64, f64) {
    let (mut spoken, mut paused) = (Vec::new(), Vec::new());
    let edge = 60 * RATE / 1_000;
    for (n, code) in codes.iter().enumerate().skip(4 * RATE).take(codes.len() - 5 * RATE) {
        let power = f64::from(ulaw::to_linear(*code)).powi(2);
        match (speaks(n - edge), speaks(n), speaks(n + edge)) {
            (true, true, true) => spoken.push(power),
            (false, false, false) => paused.push(power),
            _ => {}
        }
    }
    let mean = |powers: &[f64]| powers.iter().sum::<f64>() / powers.len() as f64;
    (mean(&spoken), mean(&paused))
}

fn decibels(ratio: f64) -> f64 {
    10.0 * ratio.log10()
}

fn snr((spoken, paused): (f64, f64)) -> f64 {
    decibels((spoken - paused).max(1.0) / paused)
}

#[test]
fn a_voice_before_a_fan_stands_out_more() {
    let mut fan = Fan { state: 7, last: 0.0 };
    let noisy: Vec<u8> =
        (0..20 * RATE).map(|n| ulaw::from_linear((speech(n) + fan.next(650.0)).round() as i16)).collect();
    let clean = cleaned(&noisy, 160);
    assert_eq!(clean.len(), noisy.len());
    let (before, after) = (powers(&noisy), powers(&clean));
    let gained = snr(after) - snr(before);
    let voice_change = decibels((after.0 - after.1) / (before.0 - before.1));
    println!(
        "SNR {:.1} dB -> {:.1} dB, gained {gained:.1} dB; voice {voice_change:+.1} dB",
        snr(before),
        snr(after)
    );
    assert!((5.0..15.0).contains(&snr(before)), "the sample is to be noisy");
    assert!(gained >= 6.0, "gained only {gained:.1} dB");
    assert!(voice_change > -3.0, "the voice itself lost {voice_change:.1} dB");
}

#[test]
fn a_voice_alone_passes_almost_unchanged() {
    let voice: Vec<u8> = (0..10 * RATE).map(|n| ulaw::from_linear(speech(n).round() as i16)).collect();
    let (before, after) = (powers(&voice).0, powers(&cleaned(&voice, 160)).0);
    assert!(decibels(after / before).abs() < 1.5, "{:.1} dB", decibels(after / before));
}

#[test]
fn silence_stays_silence() {
    let clean = cleaned(&[ulaw::SILENCE; 8_000], 160);
    assert!(clean.iter().all(|code| ulaw::to_linear(*code).abs() <= 8));
}

#[test]
fn sound_comes_ten_milliseconds_later_and_up_to_ten_more_in_odd_pieces() {
    let voice: Vec<i16> = (0..4 * RATE).map(|n| speech(n).round() as i16).collect();
    let codes: Vec<u8> = voice.iter().map(|sample| ulaw::from_linear(*sample)).collect();
    for (piece, most) in [(160, 80), (133, 160), (1, 160)] {
        let clean: Vec<i16> = cleaned(&codes, piece).iter().map(|code| ulaw::to_linear(*code)).collect();
        let likeness = |delay: usize| -> f64 {
            voice.iter().zip(&clean[delay..]).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
        };
        let delay = (0..400).max_by(|a, b| likeness(*a).total_cmp(&likeness(*b))).unwrap();
        println!("pieces of {piece}: {delay} samples late");
        assert!(delay <= most, "{delay} samples");
    }
}

#[test]
fn a_broken_piece_is_passed_over() {
    let mut suppressor = Suppressor::new();
    let mut out = "old".to_owned();
    assert_eq!(suppressor.push("?", &mut out), Err(AudioFault::NotBase64));
    assert_eq!(out, "");
    suppressor.push("", &mut out).unwrap();
    assert_eq!(out, "");
}

#[test]
fn a_call_may_move_between_threads() {
    fn assert_send<T: Send>(_: &T) {}
    assert_send(&Suppressor::new());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn every_piece_gets_its_own_length_back(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..400), 1..12),
    ) {
        let mut suppressor = Suppressor::new();
        let mut out = String::new();
        for piece in pieces {
            suppressor.push(&STANDARD.encode(&piece), &mut out).unwrap();
            prop_assert_eq!(STANDARD.decode(&out).unwrap().len(), piece.len());
        }
    }
}
