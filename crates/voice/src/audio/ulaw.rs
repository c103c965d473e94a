//! G.711 µ-law: 8 kHz, 8 bits a sample, 14 bits of range.

use audio_codec_algorithms::{decode_ulaw, encode_ulaw};

/// Samples, and so bytes, in a millisecond.
pub const BYTES_PER_MS: u32 = 8;

/// The code of silence. `0x7F`, the other zero, is read but never written for a zero sample.
pub const SILENCE: u8 = 0xFF;

/// A code as a 16-bit sample.
pub fn to_linear(code: u8) -> i16 {
    decode_ulaw(code)
}

/// The code of a 16-bit sample. Below zero it counts in one's complement, as the ITU's reference
/// does: -1 to -4 are the negative zero.
pub fn from_linear(sample: i16) -> u8 {
    encode_ulaw(sample)
}

#[cfg(test)]
mod tests {
    use super::{SILENCE, from_linear, to_linear};

    /// G.711 table 2a, scaled to 16 bits: inverted bits, sign, segment, step.
    fn decoded(code: u8) -> i32 {
        let inverted = i32::from(!code);
        let (segment, step) = ((inverted >> 4) & 7, inverted & 15);
        let magnitude = (((2 * step + 33) << segment) - 33) * 4;
        if inverted & 0x80 == 0 { magnitude } else { -magnitude }
    }

    /// The same table from the other side: the first decision value above the magnitude ends its step.
    fn encoded(sample: i16) -> u8 {
        let fourteen = i32::from(sample) >> 2;
        let magnitude = if fourteen < 0 { -fourteen - 1 } else { fourteen };
        let within = (0_u8..128).find(|code| {
            let (segment, step) = (i32::from(code >> 4), i32::from(code & 15));
            magnitude < ((2 * step + 34) << segment) - 33
        });
        let sign = if fourteen < 0 { 0x80 } else { 0 };
        !(sign | within.unwrap_or(127))
    }

    #[test]
    fn every_code_decodes_by_the_formula() {
        for code in 0..=255 {
            assert_eq!(i32::from(to_linear(code)), decoded(code), "{code:#x}");
        }
    }

    #[test]
    fn every_sample_encodes_by_the_formula() {
        for sample in i16::MIN..=i16::MAX {
            assert_eq!(from_linear(sample), encoded(sample), "{sample}");
        }
    }

    #[test]
    fn both_zeros_are_zero_and_zero_is_silence() {
        assert_eq!((to_linear(0x7F), to_linear(0xFF)), (0, 0));
        assert_eq!(from_linear(to_linear(0x7F)), 0xFF);
        assert_eq!(from_linear(0), SILENCE);
    }

    #[test]
    fn every_other_code_survives_a_round() {
        for code in (0..=255).filter(|code| *code != 0x7F) {
            assert_eq!(from_linear(to_linear(code)), code, "{code:#x}");
        }
    }
}
