//! Sound on its way between the two sockets: untouched, unless a server or a business wants it otherwise.

use crate::audio::suppressor::Suppressor;
use crate::audio::transcode::{Pcm24kToUlaw, UlawToPcm24k};
use crate::flow::BYTES_PER_MS;
use std::borrow::Cow;
use studioconnect_connectors::openai::realtime::AudioKind;

/// µ-law of silence (G.711).
const SILENCE: &str = "/";
/// Longest silence in one message, in ms.
const SILENCE_PIECE: u64 = 1_000;

/// What is done to a call's sound.
pub(super) struct Sound {
    suppressor: Option<Box<Suppressor>>,
    converters: Option<Box<(UlawToPcm24k, Pcm24kToUlaw)>>,
    scratch: String,
}

impl Sound {
    pub(super) fn new(audio: AudioKind, suppress_noise: bool) -> Self {
        Self {
            suppressor: suppress_noise.then(|| Box::new(Suppressor::new())),
            converters: (audio == AudioKind::Pcm24k)
                .then(|| Box::new((UlawToPcm24k::new(), Pcm24kToUlaw::new()))),
            scratch: String::new(),
        }
    }

    /// The caller's sound as the flow gets it. None when it is no base64: written into a frame as it is, such text could
    /// say anything to the model.
    pub(super) fn caller_sound<'a>(&mut self, payload: &'a str) -> Option<Cow<'a, str>> {
        let Some(suppressor) = &mut self.suppressor else {
            return is_base64(payload).then_some(Cow::Borrowed(payload));
        };
        suppressor.push(payload, &mut self.scratch).ok()?;
        Some(Cow::Owned(self.scratch.clone()))
    }

    /// The same for the model.
    pub(super) fn model_input<'a>(&mut self, payload: &'a str) -> Option<Cow<'a, str>> {
        let Some(converters) = &mut self.converters else { return Some(Cow::Borrowed(payload)) };
        converters.0.push(payload, &mut self.scratch).ok()?;
        Some(Cow::Owned(self.scratch.clone()))
    }

    /// The model's sound as the flow and the caller get it.
    pub(super) fn model_sound<'a>(&mut self, delta: Cow<'a, str>) -> Option<Cow<'a, str>> {
        let Some(converters) = &mut self.converters else { return has_its_letters(&delta).then_some(delta) };
        converters.1.push(&delta, &mut self.scratch).ok()?;
        Some(Cow::Owned(self.scratch.clone()))
    }

    /// What the converter still holds of the model's last item; empty when nothing is converted.
    pub(super) fn rest_of_model(&mut self) -> String {
        let Some(converters) = &mut self.converters else { return String::new() };
        converters.1.flush(&mut self.scratch);
        self.scratch.clone()
    }

    /// Silence of `ms`, as base64 pieces.
    pub(super) fn silence(ms: u64) -> impl Iterator<Item = String> {
        let whole = (0..ms / SILENCE_PIECE).map(|_| SILENCE_PIECE);
        // Three bytes are four letters; rounding up to whole triples is at most a quarter of a ms.
        whole
            .chain([ms % SILENCE_PIECE])
            .filter(|ms| *ms > 0)
            .map(|ms| SILENCE.repeat(((ms * BYTES_PER_MS).div_ceil(3) * 4) as usize))
    }
}

/// RFC 4648, section 4: groups of four, up to two `=` at the end.
fn is_base64(text: &str) -> bool {
    let letters = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len() - letters.len() <= 2
        && !letters.contains('=')
        && has_its_letters(letters)
}

/// Enough for a model's sound, which may come without its padding and goes to the network as it is.
fn has_its_letters(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_passes_untouched_and_anything_else_does_not_pass() {
        let mut sound = Sound::new(AudioKind::Pcmu, false);
        assert!(matches!(sound.caller_sound("/////w=="), Some(Cow::Borrowed("/////w=="))));
        for hostile in ["AA\"}", "AA\n", "ÄÄ", "{\"type\":\"x\"}", "A", "====", "AA=A", "A===", "=AAA"] {
            assert!(sound.caller_sound(hostile).is_none(), "{hostile}");
        }
    }

    #[test]
    fn silence_is_as_long_as_asked() {
        let letters: usize = Sound::silence(2_500).map(|piece| piece.len()).sum();
        assert!((2_500 * 8..2_501 * 8).contains(&(letters / 4 * 3)));
    }
}
