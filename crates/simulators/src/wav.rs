//! WAV files of one telephone channel: 8 kHz mono, 16-bit PCM or µ-law.
//!
//! Layout: RIFF chunks as in Microsoft's "Multimedia Programming Interface" (1991); format codes 1
//! (PCM), 7 (µ-law) and `0xFFFE` (extensible, whose sub-format repeats one of the two).

use crate::ulaw;

/// Samples per second of every file written or read here.
pub const SAMPLE_RATE: u32 = 8_000;

const PCM: u16 = 1;
const MU_LAW: u16 = 7;
const EXTENSIBLE: u16 = 0xFFFE;

/// Why a file cannot be played down a telephone line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WavError {
    /// Not a RIFF/WAVE file, or one without a format or data chunk.
    #[error("not a WAV file: {0}")]
    NotWav(&'static str),
    /// A WAV file of another rate, channel count or coding.
    #[error(
        "8 kHz mono, 16-bit PCM or µ-law is needed; this file has format {format}, {channels} channel(s), {rate} Hz, {bits} bits"
    )]
    Unsupported {
        /// The format code of the `fmt ` chunk.
        format: u16,
        /// Channels per sample.
        channels: u16,
        /// Samples per second.
        rate: u32,
        /// Bits per sample.
        bits: u16,
    },
}

/// A WAV file (16-bit PCM, 8 kHz, mono) holding `codes`, which are µ-law.
pub fn from_ulaw(codes: &[u8]) -> Vec<u8> {
    let samples: Vec<i16> = codes.iter().map(|&code| ulaw::decode(code)).collect();
    from_samples(&samples)
}

/// A WAV file (16-bit PCM, 8 kHz, mono) holding `samples`.
pub fn from_samples(samples: &[i16]) -> Vec<u8> {
    let data_bytes = (samples.len() * 2) as u32;
    let mut file = Vec::with_capacity(44 + samples.len() * 2);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + data_bytes).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16u32.to_le_bytes());
    file.extend_from_slice(&PCM.to_le_bytes());
    file.extend_from_slice(&1u16.to_le_bytes());
    file.extend_from_slice(&SAMPLE_RATE.to_le_bytes());
    file.extend_from_slice(&(SAMPLE_RATE * 2).to_le_bytes());
    file.extend_from_slice(&2u16.to_le_bytes());
    file.extend_from_slice(&16u16.to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&data_bytes.to_le_bytes());
    for sample in samples {
        file.extend_from_slice(&sample.to_le_bytes());
    }
    file
}

/// The µ-law codes (8 per millisecond) of a WAV file.
///
/// A data chunk that claims more than the file holds is read as far as it goes, since programs that
/// stream a WAV cannot know its length beforehand.
pub fn to_ulaw(file: &[u8]) -> Result<Vec<u8>, WavError> {
    let (Some(b"RIFF"), Some(b"WAVE"), Some(mut rest)) = (file.get(..4), file.get(8..12), file.get(12..))
    else {
        return Err(WavError::NotWav("no RIFF/WAVE header"));
    };
    let mut format = None;
    while let Some((id, length, body)) = chunk(rest) {
        let content = body.get(..length).unwrap_or(body);
        match id {
            b"fmt " => format = Some(read_format(content)?),
            b"data" => {
                let format = format.ok_or(WavError::NotWav("data before format"))?;
                return Ok(codes_of(format, content));
            }
            _ => {}
        }
        let padded = length.saturating_add(length & 1);
        rest = body.get(padded..).unwrap_or_default();
    }
    Err(WavError::NotWav("no data chunk"))
}

/// The name, claimed length and remaining bytes of the first chunk in `bytes`.
fn chunk(bytes: &[u8]) -> Option<(&[u8], usize, &[u8])> {
    let (id, rest) = bytes.split_at_checked(4)?;
    let (length, body) = rest.split_first_chunk::<4>()?;
    Some((id, u32::from_le_bytes(*length) as usize, body))
}

/// The coding (`PCM` or `MU_LAW`) a `fmt ` chunk declares.
fn read_format(chunk: &[u8]) -> Result<u16, WavError> {
    let short = |at: usize| {
        let bytes = chunk.get(at..)?.first_chunk::<2>()?;
        Some(u16::from_le_bytes(*bytes))
    };
    let long = |at: usize| {
        let bytes = chunk.get(at..)?.first_chunk::<4>()?;
        Some(u32::from_le_bytes(*bytes))
    };
    let fields = short(0).zip(short(2)).zip(long(4).zip(short(14)));
    let ((code, channels), (rate, bits)) = fields.ok_or(WavError::NotWav("short format chunk"))?;
    let format = if code == EXTENSIBLE { short(24).unwrap_or(code) } else { code };
    match (format, channels, rate, bits) {
        (PCM, 1, SAMPLE_RATE, 16) | (MU_LAW, 1, SAMPLE_RATE, 8) => Ok(format),
        _ => Err(WavError::Unsupported { format, channels, rate, bits }),
    }
}

fn codes_of(format: u16, data: &[u8]) -> Vec<u8> {
    if format == MU_LAW {
        return data.to_vec();
    }
    let (pairs, _) = data.as_chunks::<2>();
    pairs.iter().map(|&pair| ulaw::encode(i16::from_le_bytes(pair))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_the_same() {
        let codes: Vec<u8> = (0..=u8::MAX).filter(|&code| code != 0x7F).collect();
        assert_eq!(to_ulaw(&from_ulaw(&codes)), Ok(codes));
    }

    #[test]
    fn mu_law_files_pass_through_and_odd_chunks_are_skipped() {
        let mut file = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt \x12\0\0\0".to_vec();
        file.extend_from_slice(&[7, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x40, 0x1F, 0, 0, 1, 0, 8, 0, 0, 0]);
        file.extend_from_slice(b"data\xFF\xFF\xFF\xFF\x12\x34");
        assert_eq!(to_ulaw(&file), Ok(vec![0x12, 0x34]));
    }

    #[test]
    fn another_rate_is_refused_with_what_it_is() {
        let mut file = from_samples(&[1, 2, 3]);
        file[24..28].copy_from_slice(&44_100u32.to_le_bytes());
        let refused = WavError::Unsupported { format: 1, channels: 1, rate: 44_100, bits: 16 };
        assert_eq!(to_ulaw(&file), Err(refused));
    }

    #[test]
    fn no_prefix_of_a_file_panics() {
        let file = from_samples(&[100; 20]);
        for end in 0..file.len() {
            let read = to_ulaw(&file[..end]);
            assert_eq!(read.is_ok(), end >= 44, "cut at {end}");
        }
    }
}
