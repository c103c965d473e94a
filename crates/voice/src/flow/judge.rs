//! Is it speech or a slammed door? A sound made while the agent speaks is measured before it may stop the agent.
//!
//! The server's `speech_stopped` cannot serve: it comes only `silence_duration_ms` after the sound ended. So the caller's
//! frames are measured here, and only the voiced ones count.

/// Below this a frame is silence or line noise, in dBFS.
const FLOOR: i8 = -48;
/// A frame this much quieter than the loudest of the same sound is its tail or the room, in dB.
const BELOW_PEAK: i8 = 25;

/// One sound on trial.
#[derive(Debug)]
pub(super) struct Judge {
    needed_ms: u64,
    voiced_ms: u64,
    peak: i8,
    /// The sound goes on.
    pub(super) is_open: bool,
    /// It stopped the agent.
    pub(super) is_confirmed: bool,
    /// The agent finished by itself while the sound went on, or had not begun when it did: nobody was interrupted.
    pub(super) outlasted_agent: bool,
}

impl Judge {
    /// Puts a sound on trial that needs `needed_ms` of voice to be an interruption.
    pub(super) fn new(needed_ms: u64, agent_sounds: bool) -> Self {
        Self {
            needed_ms,
            voiced_ms: 0,
            peak: i8::MIN,
            is_open: true,
            is_confirmed: needed_ms == 0,
            outlasted_agent: !agent_sounds,
        }
    }

    /// Whether the next frame's loudness is wanted.
    pub(super) fn wants_level(&self) -> bool {
        self.is_open && !self.is_confirmed
    }

    /// Takes a frame; true when this frame makes it an interruption.
    pub(super) fn hear(&mut self, level: Option<i8>, ms: u64) -> bool {
        let Some(level) = level.filter(|_| self.wants_level()) else { return false };
        self.peak = self.peak.max(level);
        if level >= FLOOR && level >= self.peak.saturating_sub(BELOW_PEAK) {
            self.voiced_ms += ms;
        }
        self.is_confirmed = self.voiced_ms >= self.needed_ms;
        self.is_confirmed
    }

    /// How much voice was heard.
    pub(super) fn voiced_ms(&self) -> u64 {
        self.voiced_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_voiced_frames_count_towards_the_delay() {
        let mut judge = Judge::new(100, true);
        for _ in 0..4 {
            assert!(!judge.hear(Some(-20), 20));
        }
        for level in [-60, -50, -46] {
            assert!(!judge.hear(Some(level), 20), "quiet, or far below the peak");
        }
        assert!(!judge.hear(None, 20));
        assert!(judge.hear(Some(-30), 20));
        assert!(!judge.wants_level());
    }
}
