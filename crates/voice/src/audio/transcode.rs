//! µ-law 8 kHz to PCM 24 kHz and back, for model servers that take only the latter.
//!
//! The filter is a plain polyphase FIR, not rubato: rubato works in blocks, so a piece that does not
//! fill one waits for the next, and its FFT adds half a block; with the 20 ms blocks a phone frame
//! suggests that is up to 30 ms, with 10 ms blocks up to 15 ms and a blunter filter. The ratio here is
//! exactly 3, so one short filter does: it looks 2.5 ms ahead, takes pieces of any length, and gives
//! exactly three samples for one. Nothing shifts in time, so milliseconds counted on one side hold on
//! the other.

mod fir;

use self::fir::{Downsampler, Upsampler};
use super::{AudioFault, payload, ulaw};

/// Base64 µ-law in, base64 PCM16 (little-endian, mono, 24 kHz) out.
#[derive(Debug, Default)]
pub struct UlawToPcm24k {
    filter: Upsampler,
    bytes: Vec<u8>,
    pcm: Vec<u8>,
}

impl UlawToPcm24k {
    /// A converter at the beginning of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Converts one piece. `out` is replaced by one base64 text, which lacks the last 2.5 ms (they
    /// come with the next piece) and is empty when there is nothing yet.
    pub fn push(&mut self, payload_base64: &str, out: &mut String) -> Result<(), AudioFault> {
        out.clear();
        payload::decode(payload_base64, &mut self.bytes)?;
        let samples = self.bytes.iter().map(|code| f32::from(ulaw::to_linear(*code)));
        self.filter.push(samples, |sample| self.pcm.extend(rounded(sample).to_le_bytes()));
        self.write(out);
        Ok(())
    }

    /// Gives the last 2.5 ms and starts afresh.
    pub fn flush(&mut self, out: &mut String) {
        self.filter.flush(|sample| self.pcm.extend(rounded(sample).to_le_bytes()));
        self.write(out);
    }

    fn write(&mut self, out: &mut String) {
        payload::encode(&self.pcm, out);
        payload::release(&mut self.pcm);
        payload::release(&mut self.bytes);
    }
}

/// Base64 PCM16 (little-endian, mono, 24 kHz) in, base64 µ-law out. What lies above 4 kHz is
/// filtered away, or it would come back as noise.
#[derive(Debug, Default)]
pub struct Pcm24kToUlaw {
    filter: Downsampler,
    /// The first byte of a sample whose second one comes with the next piece.
    half_sample: Option<u8>,
    bytes: Vec<u8>,
    codes: Vec<u8>,
}

impl Pcm24kToUlaw {
    /// A converter at the beginning of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Converts one piece, which may end within a sample. `out` is replaced by one base64 text, which
    /// lacks the last 2.5 ms (they come with the next piece) and is empty when there is nothing yet.
    /// After a fault the stream goes on as if the piece had not come.
    pub fn push(&mut self, payload_base64: &str, out: &mut String) -> Result<(), AudioFault> {
        out.clear();
        payload::decode(payload_base64, &mut self.bytes)?;
        let joined = self.half_sample.take().into_iter().chain(self.bytes.iter().copied());
        let mut samples = Pairs { bytes: joined, rest: &mut self.half_sample };
        self.filter.push(&mut samples, |sample| self.codes.push(ulaw::from_linear(rounded(sample))));
        self.write(out);
        Ok(())
    }

    /// Gives the last 2.5 ms and starts afresh; to be called at the end of an item, so that its
    /// length comes out exact (one third, rounded up) and the next one does not begin in its tail.
    pub fn flush(&mut self, out: &mut String) {
        self.half_sample = None;
        self.filter.flush(|sample| self.codes.push(ulaw::from_linear(rounded(sample))));
        self.write(out);
    }

    fn write(&mut self, out: &mut String) {
        payload::encode(&self.codes, out);
        payload::release(&mut self.codes);
        payload::release(&mut self.bytes);
    }
}

/// Joins bytes to samples and leaves an odd last one in `rest`.
struct Pairs<'r, B> {
    bytes: B,
    rest: &'r mut Option<u8>,
}

impl<B: Iterator<Item = u8>> Iterator for Pairs<'_, B> {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        let low = self.bytes.next()?;
        if let Some(high) = self.bytes.next() {
            Some(f32::from(i16::from_le_bytes([low, high])))
        } else {
            *self.rest = Some(low);
            None
        }
    }
}

/// To the nearest sample; a filter may overshoot the range, the cast keeps within it.
fn rounded(sample: f32) -> i16 {
    sample.round() as i16
}

#[cfg(test)]
mod tests;
