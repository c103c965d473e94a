//! G.711 A-law, from the formula of ITU-T G.711 (1988), section 3.

/// The A-law code of a linear sample.
pub(super) fn encode(sample: i16) -> u8 {
    let sign: u8 = if sample < 0 { 0 } else { 0x80 };
    let magnitude = if sample < 0 { !i32::from(sample) } else { i32::from(sample) } >> 4;
    let code = if magnitude < 16 {
        magnitude
    } else {
        let segment = magnitude.ilog2() - 3;
        ((segment as i32) << 4) | ((magnitude >> (segment - 1)) & 0x0F)
    };
    (code as u8 | sign) ^ 0x55
}

/// The linear sample an A-law code stands for.
pub(super) fn decode(code: u8) -> i16 {
    let code = code ^ 0x55;
    let (segment, step) = (u32::from(code >> 4) & 0x07, i32::from(code & 0x0F));
    let magnitude = match segment {
        0 => (step << 4) + 8,
        _ => ((step << 4) + 0x108) << (segment - 1),
    };
    (if code & 0x80 == 0 { -magnitude } else { magnitude }) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_survives_a_round_trip() {
        for code in 0..=u8::MAX {
            assert_eq!(encode(decode(code)), code, "code {code:#04x}");
        }
        assert_eq!((decode(0xD5), decode(0x55)), (8, -8));
        assert_eq!((decode(0xAA), decode(0x2A)), (32_256, -32_256));
    }
}
