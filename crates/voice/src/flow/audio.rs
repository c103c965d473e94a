//! Sound as the flow sees it: base64 text that is passed on untouched, and how long it plays.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use xxhash_rust::xxh3::xxh3_64;

/// Bytes of µ-law that play one millisecond (8 kHz, 8 bit).
pub const BYTES_PER_MS: u64 = 8;

/// A stretch of µ-law audio in base64.
///
/// Written to a recording as length and hash, never as sound. Read back from one, the hash stands where the sound was,
/// and the flow does with it just what it did with the sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audio<'a> {
    text: Cow<'a, str>,
    bytes: u32,
}

impl<'a> Audio<'a> {
    /// Sound as it came off a wire.
    pub fn new(base64: impl Into<Cow<'a, str>>) -> Self {
        let text = base64.into();
        let padding = text.bytes().rev().take(2).filter(|byte| *byte == b'=').count();
        let bytes = (text.len() / 4 * 3).saturating_sub(padding) as u32;
        Self { text, bytes }
    }

    /// The base64 text.
    pub fn base64(&self) -> &str {
        &self.text
    }

    /// How many bytes of sound.
    pub fn bytes(&self) -> u64 {
        u64::from(self.bytes)
    }

    /// How long it plays, in whole ms.
    pub fn ms(&self) -> u64 {
        self.bytes() / BYTES_PER_MS
    }

    /// The same sound, kept beyond its frame.
    pub fn into_owned(self) -> Audio<'static> {
        Audio { text: Cow::Owned(self.text.into_owned()), bytes: self.bytes }
    }

    fn digest(&self) -> Cow<'_, str> {
        // A colon is not in base64's alphabet: this came out of a recording.
        if self.text.contains(':') {
            return Cow::Borrowed(&self.text);
        }
        Cow::Owned(format!("{}:{:08x}", self.bytes, xxh3_64(self.text.as_bytes()) as u32))
    }
}

impl Serialize for Audio<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.digest())
    }
}

impl<'de> Deserialize<'de> for Audio<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = text.split_once(':').and_then(|(bytes, _)| bytes.parse().ok());
        let bytes = bytes.ok_or_else(|| D::Error::custom("audio in a recording is written bytes:hash"))?;
        Ok(Self { text: Cow::Owned(text), bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_that_of_the_decoded_bytes() {
        for (text, bytes) in [("", 0), ("/w==", 1), ("//8=", 2), ("////", 3), ("/////w==", 4)] {
            assert_eq!(Audio::new(text).bytes(), bytes, "{text}");
        }
    }

    #[test]
    fn a_recorded_sound_is_written_again_as_it_was() {
        let live = Audio::new("/////w==");
        let line = serde_json::to_string(&live).unwrap();
        let replayed: Audio = serde_json::from_str(&line).unwrap();
        assert_eq!((replayed.bytes(), serde_json::to_string(&replayed).unwrap()), (4, line));
    }
}
