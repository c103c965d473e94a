//! The input audio buffer: what has been appended, what is not committed yet, where speech is.

use super::format::{Decoder, Format, ms_of};
use super::vad::{Edge, Vad, VadSettings};
use crate::speech::BYTES_PER_MS;

/// Most sound kept without a commit: ten minutes. Older sound is forgotten.
const MOST_KEPT: usize = 10 * 60 * 1_000 * BYTES_PER_MS;

/// Sound kept while nobody speaks, beyond the prefix, so that a late commit finds something.
const IDLE_KEPT_MS: usize = 2_000;

/// Less than this cannot be committed (protocol page, section 12).
const LEAST_COMMITTED_MS: u64 = 100;

/// What the buffer noticed in an append. Positions are ms of all audio appended in the session.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Speech began.
    SpeechStarted { audio_start_ms: u64 },
    /// Speech ended, and this is the turn.
    SpeechStopped { audio_end_ms: u64, turn: Turn },
}

/// A stretch of sound that is to become a user item.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
    /// µ-law.
    pub(super) sound: Vec<u8>,
}

/// The buffer with its detector.
#[derive(Debug)]
pub(super) struct Ear {
    decoder: Decoder,
    /// All µ-law bytes ever appended.
    appended: u64,
    kept: Vec<u8>,
    vad: Option<Vad>,
    /// Where the current speech began, prefix included.
    speech_from: Option<u64>,
}

impl Ear {
    pub(super) fn new(format: Format, vad: Option<VadSettings>) -> Self {
        let vad = vad.map(|settings| Vad::new(settings, 0));
        Self { decoder: Decoder::new(format), appended: 0, kept: Vec::new(), vad, speech_from: None }
    }

    /// Takes over new settings; a detector that changes starts listening afresh.
    pub(super) fn retune(&mut self, format: Format, vad: Option<VadSettings>) {
        if self.decoder.format() != format {
            self.decoder = Decoder::new(format);
        }
        if self.vad.as_ref().map(Vad::settings) != vad {
            self.vad = vad.map(|settings| Vad::new(settings, self.appended));
            self.speech_from = None;
        }
    }

    /// Milliseconds of all audio appended in the session.
    pub(super) fn appended_ms(&self) -> u64 {
        ms_of(self.appended as usize)
    }

    /// Takes an append, already out of base64, and says what was noticed.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Vec<Heard> {
        let sound = self.decoder.decode(bytes);
        self.appended += sound.len() as u64;
        self.kept.extend_from_slice(&sound);
        let edges = self.vad.as_mut().map(|vad| vad.hear(&sound)).unwrap_or_default();
        let heard = edges.into_iter().map(|edge| self.notice(edge)).collect();
        self.forget();
        heard
    }

    fn notice(&mut self, edge: Edge) -> Heard {
        match edge {
            Edge::Began(at) => {
                let prefix_ms = self.vad.as_ref().map_or(0, |vad| vad.settings().prefix_ms);
                let from = at.saturating_sub(u64::from(prefix_ms) * BYTES_PER_MS as u64);
                let from = from.max(self.kept_from());
                self.speech_from = Some(from);
                Heard::SpeechStarted { audio_start_ms: ms_of(from as usize) }
            }
            Edge::Ended(at) => {
                let from = self.speech_from.take().unwrap_or_else(|| self.kept_from());
                Heard::SpeechStopped { audio_end_ms: ms_of(at as usize), turn: self.take(from, at) }
            }
        }
    }

    /// Everything not yet committed, or how many ms too little there is.
    pub(super) fn commit(&mut self) -> Result<Turn, u64> {
        let kept_ms = ms_of(self.kept.len());
        if kept_ms < LEAST_COMMITTED_MS {
            return Err(kept_ms);
        }
        Ok(self.commit_all())
    }

    /// Everything not yet committed, however little.
    pub(super) fn commit_all(&mut self) -> Turn {
        let turn = self.take(self.kept_from(), self.appended);
        self.listen_afresh();
        turn
    }

    /// Forgets what is not committed.
    pub(super) fn clear(&mut self) {
        self.kept.clear();
        self.listen_afresh();
    }

    fn listen_afresh(&mut self) {
        self.speech_from = None;
        if let Some(vad) = &mut self.vad {
            *vad = Vad::new(vad.settings(), self.appended);
        }
    }

    fn kept_from(&self) -> u64 {
        self.appended - self.kept.len() as u64
    }

    /// Cuts `from..to` out of what is kept; what lies before is forgotten with it.
    fn take(&mut self, from: u64, to: u64) -> Turn {
        let base = self.kept_from();
        let skip = (from.saturating_sub(base) as usize).min(self.kept.len());
        let end = (to.saturating_sub(base) as usize).min(self.kept.len());
        let sound = self.kept.drain(..end).skip(skip).collect();
        Turn { start_ms: ms_of(from as usize), end_ms: ms_of(to as usize), sound }
    }

    fn forget(&mut self) {
        let most = match &self.vad {
            Some(vad) if self.speech_from.is_none() => {
                (vad.settings().prefix_ms as usize + IDLE_KEPT_MS) * BYTES_PER_MS
            }
            _ => MOST_KEPT,
        };
        let surplus = self.kept.len().saturating_sub(most);
        self.kept.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::{noise, silence};

    fn ear() -> Ear {
        Ear::new(Format::Pcmu, Some(VadSettings::new(0.5, 300, 500)))
    }

    #[test]
    fn a_turn_holds_prefix_speech_and_the_silence_that_ended_it() {
        let mut ear = ear();
        ear.append(&silence(4_000));
        let started = ear.append(&noise(400, 1));
        assert_eq!(started, [Heard::SpeechStarted { audio_start_ms: 3_700 }]);
        let stopped = ear.append(&silence(600));
        let [Heard::SpeechStopped { audio_end_ms: 4_900, turn }] = &stopped[..] else {
            panic!("{stopped:?}");
        };
        assert_eq!((turn.start_ms, turn.end_ms, turn.sound.len()), (3_700, 4_900, 1_200 * 8));
        assert_eq!(turn.sound[300 * 8..700 * 8], noise(400, 1));
    }

    #[test]
    fn a_commit_needs_100_ms_that_were_not_committed_before() {
        let mut ear = Ear::new(Format::Pcmu, None);
        ear.append(&silence(99));
        assert_eq!(ear.commit(), Err(99));
        ear.append(&silence(1));
        assert_eq!(ear.commit().map(|turn| (turn.start_ms, turn.end_ms)), Ok((0, 100)));
        assert_eq!(ear.commit(), Err(0));
        ear.append(&silence(500));
        ear.clear();
        assert_eq!(ear.commit(), Err(0));
        assert_eq!(ear.appended_ms(), 600);
    }

    #[test]
    fn what_is_kept_has_a_bound() {
        let mut ear = ear();
        for _ in 0..50 {
            ear.append(&silence(1_000));
        }
        assert_eq!(ear.kept.len(), 2_300 * 8);
        let mut manual = Ear::new(Format::Pcmu, None);
        for _ in 0..11 {
            manual.append(&silence(60_000));
        }
        assert_eq!(manual.kept.len(), MOST_KEPT);
    }
}
