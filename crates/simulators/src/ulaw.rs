//! G.711 µ-law, straight from the formula of ITU-T G.711 (1988), section 3.
//!
//! A code is the complement of sign (1 bit), segment (3 bits) and step (4 bits). `0xFF` and `0x7F`
//! both mean zero.

/// Added to a magnitude so that every segment starts at a power of two (33 in the 14-bit scale of
/// the recommendation, 132 in 16 bits).
const BIAS: i32 = 132;

/// The largest magnitude that has a code of its own; louder samples are clipped to it.
const CLIP: i32 = 32_635;

/// The µ-law code of one 16-bit linear sample.
pub fn encode(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let biased = i32::from(sample).abs().min(CLIP) + BIAS;
    let segment = biased.ilog2() - 7;
    let step = (biased >> (segment + 3)) & 0x0F;
    !(sign | (segment << 4) as u8 | step as u8)
}

/// The 16-bit linear sample a µ-law code stands for.
pub fn decode(code: u8) -> i16 {
    let code = !code;
    let segment = (code >> 4) & 0x07;
    let step = i32::from(code & 0x0F);
    let magnitude = (((step << 3) + BIAS) << segment) - BIAS;
    let sample = if code & 0x80 == 0 { magnitude } else { -magnitude };
    sample as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_zero_codes_are_silence() {
        assert_eq!((decode(0xFF), decode(0x7F)), (0, 0));
        assert_eq!(encode(0), 0xFF);
    }

    #[test]
    fn every_code_survives_a_round_trip() {
        for code in 0..=u8::MAX {
            let again = encode(decode(code));
            let expected = if code == 0x7F { 0xFF } else { code };
            assert_eq!(again, expected, "code {code:#04x}");
        }
    }

    #[test]
    fn the_ends_of_the_scale_match_the_recommendation() {
        assert_eq!((decode(0x80), decode(0x00)), (32_124, -32_124));
        assert_eq!((encode(i16::MAX), encode(i16::MIN)), (0x80, 0x00));
    }

    #[test]
    fn every_sample_stays_within_half_a_step_and_in_order() {
        let mut previous = i16::MIN;
        for sample in i16::MIN..=i16::MAX {
            let back = decode(encode(sample));
            assert!(back >= previous, "order broken at {sample}");
            previous = back;
            let magnitude = i32::from(sample).abs();
            let step = 8 << ((magnitude.min(CLIP) + BIAS).ilog2() - 7);
            let error = (i32::from(back) - i32::from(sample)).abs();
            assert!(error <= step || magnitude > 32_124, "{sample} came back as {back}");
        }
    }
}
