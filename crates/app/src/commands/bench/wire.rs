//! A number and a time inside of sound.
//!
//! Each byte of the header is two µ-law codes of the quietest segment (0xF0 to 0xFF, at most -48 dBFS), so a header in
//! silence is still silence for whoever measures loudness, and base64 carries it like any other sound.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use studioconnect_simulators::ulaw;

/// Header in bytes before it becomes sound.
const PLAIN: usize = 24;
/// Header in µ-law codes: 6 ms.
pub(super) const CODES: usize = 2 * PLAIN;
/// The same in base64, without padding.
pub(super) const CHARACTERS: usize = CODES / 3 * 4;
const MAGIC: [u8; 2] = *b"SC";
const QUIET: u8 = 0xF0;
/// Amplitude of what counts as loud: -20 dBFS.
const LOUD: i16 = 3_277;
/// Half a period of the loud tone, in samples: 400 Hz.
const HALF: usize = 10;

/// What a piece of sound says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Which call; a piece in another call's stream is the worst that can happen.
    pub(super) call: u32,
    /// Which reply of the agent; 0 for the caller's sound.
    pub(super) reply: u32,
    /// Which piece, from 0.
    pub(super) number: u32,
    /// When it was sent, in ns since the run's zero.
    pub(super) at: u64,
}

impl Header {
    /// Appends the header to `out` as base64.
    pub(super) fn write(&self, out: &mut String) {
        let mut plain = [0; PLAIN];
        let fields = MAGIC
            .into_iter()
            .chain(self.call.to_le_bytes())
            .chain(self.reply.to_le_bytes())
            .chain(self.number.to_le_bytes())
            .chain(self.at.to_le_bytes());
        plain.iter_mut().zip(fields).for_each(|(byte, field)| *byte = field);
        if let Some((body, sum)) = plain.split_last_chunk_mut() {
            *sum = check(body).to_le_bytes();
        }
        let mut codes = [0; CODES];
        for (pair, byte) in codes.chunks_exact_mut(2).zip(plain) {
            if let [high, low] = pair {
                (*high, *low) = (QUIET | byte >> 4, QUIET | byte & 0x0F);
            }
        }
        STANDARD.encode_string(codes, out);
    }

    /// Reads the header of a base64 sound; none when it has none.
    pub(super) fn read(base64: &str) -> Option<Self> {
        let mut codes = [0; CODES];
        STANDARD.decode_slice_unchecked(base64.get(..CHARACTERS)?, &mut codes).ok()?;
        let mut plain = [0; PLAIN];
        for (byte, pair) in plain.iter_mut().zip(codes.chunks_exact(2)) {
            let [high, low] = pair else { return None };
            if high & low & QUIET != QUIET {
                return None;
            }
            *byte = (high & 0x0F) << 4 | low & 0x0F;
        }
        let (body, sum) = plain.split_last_chunk()?;
        if check(body) != u16::from_le_bytes(*sum) {
            return None;
        }
        let body = body.strip_prefix(&MAGIC)?;
        let (call, body) = body.split_first_chunk()?;
        let (reply, body) = body.split_first_chunk()?;
        let (number, body) = body.split_first_chunk()?;
        let (at, _) = body.split_first_chunk()?;
        Some(Self {
            call: u32::from_le_bytes(*call),
            reply: u32::from_le_bytes(*reply),
            number: u32::from_le_bytes(*number),
            at: u64::from_le_bytes(*at),
        })
    }
}

/// Enough to tell a header from sound that happens to be quiet.
fn check(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0x5C5C, |sum, byte| sum.rotate_left(3).wrapping_mul(31).wrapping_add(u16::from(*byte)))
}

/// Base64 of `codes` µ-law codes of silence.
pub(super) fn silence(codes: usize) -> String {
    STANDARD.encode(vec![0xFF_u8; codes])
}

/// Base64 of `codes` µ-law codes of a tone at -20 dBFS.
pub(super) fn tone(codes: usize) -> String {
    STANDARD.encode(samples(codes, HALF).map(ulaw::encode).collect::<Vec<_>>())
}

/// Base64 of the same tone in PCM16 at 24 kHz, `ms` long.
pub(super) fn tone_pcm24k(ms: usize) -> String {
    STANDARD.encode(samples(ms * 24, HALF * 3).flat_map(i16::to_le_bytes).collect::<Vec<_>>())
}

fn samples(count: usize, half: usize) -> impl Iterator<Item = i16> {
    (0..count).map(move |at| if (at / half).is_multiple_of(2) { LOUD } else { -LOUD })
}

#[cfg(test)]
mod tests {
    use super::*;
    use studioconnect_voice::audio::level::frame_level_dbfs;

    fn written(header: Header) -> String {
        let mut text = String::new();
        header.write(&mut text);
        text
    }

    #[test]
    fn a_header_comes_out_as_it_went_in() {
        for header in [
            Header { call: 0, reply: 0, number: 0, at: 0 },
            Header { call: 499, reply: 17, number: 179_999, at: 3_600_000_000_000 },
            Header { call: u32::MAX, reply: u32::MAX, number: u32::MAX, at: u64::MAX },
        ] {
            let text = written(header);
            assert_eq!(text.len(), CHARACTERS);
            assert_eq!(Header::read(&(text + &tone(112))), Some(header));
        }
    }

    #[test]
    fn other_sound_has_no_header() {
        for text in [silence(160), tone(160), tone_pcm24k(20), String::new(), "!".repeat(216)] {
            assert_eq!(Header::read(&text), None);
        }
        let mut broken = written(Header { call: 1, reply: 2, number: 3, at: 4 });
        broken.replace_range(20..24, "////");
        assert_eq!(Header::read(&broken), None);
    }

    #[test]
    fn a_header_in_silence_stays_below_what_counts_as_a_voice() {
        let loudest = Header { call: 0, reply: 0, number: 0, at: 0 };
        let quiet = frame_level_dbfs(&(written(loudest) + &silence(112))).unwrap();
        assert!(quiet < -48, "{quiet}");
        let loud = frame_level_dbfs(&(written(loudest) + &tone(112))).unwrap();
        assert!((-23..=-20).contains(&loud), "{loud}");
    }
}
