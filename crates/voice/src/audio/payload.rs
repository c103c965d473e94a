//! Base64 in and out of buffers that are used again.

use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{DecodeSliceError, Engine as _};

use super::AudioFault;

/// Writes padding and reads with or without it: servers differ.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a buffer may keep for the next piece, in elements. Most pieces are 20 ms; a model server may
/// send seconds at once, which no call should hold on to.
const KEPT: usize = 16 * 1024;

/// Decodes into `bytes`, whose former content goes.
pub(super) fn decode(base64: &str, bytes: &mut Vec<u8>) -> Result<(), AudioFault> {
    bytes.clear();
    ENGINE.decode_vec(base64, bytes).map_err(|_| AudioFault::NotBase64)
}

/// Decodes into a fixed buffer and gives the part that was filled.
pub(super) fn decode_slice<'b>(base64: &[u8], buffer: &'b mut [u8]) -> Option<&'b [u8]> {
    let filled = match ENGINE.decode_slice(base64, buffer) {
        Ok(filled) => filled,
        Err(DecodeSliceError::DecodeError(_) | DecodeSliceError::OutputSliceTooSmall) => return None,
    };
    buffer.get(..filled)
}

/// Writes `bytes` as one base64 text into `out`, whose former content goes.
pub(super) fn encode(bytes: &[u8], out: &mut String) {
    out.clear();
    ENGINE.encode_string(bytes, out);
}

/// Empties a buffer and gives back what an unusually long piece made it grow to.
pub(super) fn release<T>(buffer: &mut Vec<T>) {
    buffer.clear();
    buffer.shrink_to(KEPT);
}
