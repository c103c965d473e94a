//! Audio as it travels: whatever the session has agreed on outside, µ-law inside.

mod alaw;

use crate::speech::BYTES_PER_MS;
use crate::ulaw;

/// A negotiated audio format (protocol page, section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// 16-bit little-endian at 24 kHz: 48 bytes a millisecond.
    Pcm24k,
    /// G.711 µ-law at 8 kHz: 8 bytes a millisecond.
    Pcmu,
    /// G.711 A-law at 8 kHz.
    Pcma,
}

impl Format {
    /// The format of a `format` object (GA) or name (beta).
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "audio/pcm" | "pcm16" => Some(Self::Pcm24k),
            "audio/pcmu" | "g711_ulaw" => Some(Self::Pcmu),
            "audio/pcma" | "g711_alaw" => Some(Self::Pcma),
            _ => None,
        }
    }

    /// Part `from..to` (µ-law bytes) of a sound, ready to be sent.
    pub(super) fn encode(self, sound: &[u8], from: usize, to: usize) -> Vec<u8> {
        let part = sound.get(from..to.min(sound.len())).unwrap_or_default();
        match self {
            Self::Pcmu => part.to_vec(),
            Self::Pcma => part.iter().map(|&code| alaw::encode(ulaw::decode(code))).collect(),
            Self::Pcm24k => {
                let after = sound.get(to).or(part.last()).copied();
                upsample(part, after.unwrap_or(0xFF))
            }
        }
    }
}

/// Three samples for each one, on the straight line to the next; `after` is what follows the part.
fn upsample(part: &[u8], after: u8) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(part.len() * 6);
    let nexts = part.iter().skip(1).chain(std::iter::once(&after));
    for (&code, &next) in part.iter().zip(nexts) {
        let (here, there) = (i32::from(ulaw::decode(code)), i32::from(ulaw::decode(next)));
        for third in 0..3 {
            let sample = here + (there - here) * third / 3;
            bytes.extend_from_slice(&(sample as i16).to_le_bytes());
        }
    }
    bytes
}

/// Turns what a client appends into µ-law, keeping the odd bytes between two appends.
#[derive(Debug)]
pub(super) struct Decoder {
    format: Format,
    rest: Vec<u8>,
}

impl Decoder {
    pub(super) fn new(format: Format) -> Self {
        Self { format, rest: Vec::new() }
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    pub(super) fn decode(&mut self, bytes: &[u8]) -> Vec<u8> {
        match self.format {
            Format::Pcmu => bytes.to_vec(),
            Format::Pcma => bytes.iter().map(|&code| ulaw::encode(alaw::decode(code))).collect(),
            Format::Pcm24k => self.downsample(bytes),
        }
    }

    /// The mean of each three samples, which is low-pass filter enough to recognise speech.
    fn downsample(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.rest.extend_from_slice(bytes);
        let (triples, odd) = self.rest.as_chunks::<6>();
        let codes = triples
            .iter()
            .map(|[a, b, c, d, e, f]| {
                let samples = [[*a, *b], [*c, *d], [*e, *f]].map(i16::from_le_bytes);
                let sum: i32 = samples.iter().map(|&sample| i32::from(sample)).sum();
                ulaw::encode((sum / 3) as i16)
            })
            .collect();
        self.rest = odd.to_vec();
        codes
    }
}

/// Milliseconds of a stretch of µ-law.
pub(super) fn ms_of(ulaw_bytes: usize) -> u64 {
    (ulaw_bytes / BYTES_PER_MS) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::{level_dbfs, sound_of, tone};

    #[test]
    fn sound_survives_every_format() {
        let sound = sound_of("Nothing in particular is said here.").into_owned();
        for format in [Format::Pcmu, Format::Pcma, Format::Pcm24k] {
            let sent = format.encode(&sound, 0, sound.len());
            let mut decoder = Decoder::new(format);
            let heard: Vec<u8> = sent.chunks(1_001).flat_map(|part| decoder.decode(part)).collect();
            assert_eq!(heard.len(), sound.len(), "{format:?}");
            let change = level_dbfs(&heard) - level_dbfs(&sound);
            assert!(change.abs() < 1.0, "{format:?} changes the level by {change} dB");
        }
    }

    #[test]
    fn parts_join_without_a_seam() {
        let sound = tone(300.0, 100);
        let whole = Format::Pcm24k.encode(&sound, 0, sound.len());
        let mut joined = Format::Pcm24k.encode(&sound, 0, 333);
        joined.extend(Format::Pcm24k.encode(&sound, 333, sound.len()));
        assert_eq!(joined, whole);
        assert!(Format::Pcm24k.encode(&sound, 5_000, 9_000).is_empty());
    }
}
