//! Is it speech or a slammed door? A sound made while the agent speaks is measured before it may stop the agent.
//!
//! The server's `speech_stopped` cannot serve: it comes only `silence_duration_ms` after the sound ended. So the caller's
//! frames are measured here, and only the voiced ones count. A server may say late that a sound has begun, so the levels
//! of the last moments are kept while the agent has the floor.

use std::collections::VecDeque;

/// Below this a frame is silence or line noise, in dBFS.
const FLOOR: i8 = -48;
/// A frame this much quieter than the loudest of the same sound is its tail or the room, in dB.
const BELOW_PEAK: i8 = 25;
/// Levels are kept this long, in ms: more than a detector's delay with its padding (protocols section 4).
const REMEMBERED: u64 = 1_500;

/// How loud the caller has been of late.
#[derive(Debug, Default)]
pub(super) struct Levels {
    /// Where a frame ends on the session's audio clock, its length, and its loudness.
    frames: VecDeque<(u64, u64, i8)>,
}

impl Levels {
    /// Takes note of a frame. One that was not measured makes what came before it useless.
    pub(super) fn note(&mut self, end_ms: u64, ms: u64, level: Option<i8>) {
        let Some(level) = level else {
            self.frames.clear();
            return;
        };
        self.frames.push_back((end_ms, ms, level));
        while self.frames.front().is_some_and(|(end, ..)| end + REMEMBERED < end_ms) {
            self.frames.pop_front();
        }
    }

    pub(super) fn clear(&mut self) {
        self.frames.clear();
    }

    /// Whether all was measured from `start_ms` on.
    pub(super) fn reach_back_to(&self, start_ms: u64) -> bool {
        self.frames.front().is_some_and(|(end, ms, _)| end.saturating_sub(*ms) <= start_ms)
    }
}

/// What a sound on trial can lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stake {
    /// Enough voice stops the agent.
    Floor,
    /// The agent goes on whatever is said; the sound is only weighed as a turn.
    Turn,
}

/// One sound on trial.
#[derive(Debug)]
pub(super) struct Judge {
    pub(super) stake: Stake,
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
    pub(super) fn new(stake: Stake, needed_ms: u64, agent_sounds: bool) -> Self {
        Self {
            stake,
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

    /// Takes what was heard of the sound, from `start_ms` on, before the server told of it.
    pub(super) fn recall(&mut self, levels: &Levels, start_ms: u64) {
        for (end, ms, level) in &levels.frames {
            if *end > start_ms {
                self.hear(Some(*level), *ms);
            }
        }
    }

    /// Whether the agent must stop for it.
    pub(super) fn takes_floor(&self) -> bool {
        self.is_confirmed && self.stake == Stake::Floor
    }

    /// Takes a frame; true when this frame makes it an interruption.
    pub(super) fn hear(&mut self, level: Option<i8>, ms: u64) -> bool {
        let Some(level) = level.filter(|_| self.wants_level()) else { return false };
        self.peak = self.peak.max(level);
        if level >= FLOOR && level >= self.peak.saturating_sub(BELOW_PEAK) {
            self.voiced_ms += ms;
        }
        self.is_confirmed = self.voiced_ms >= self.needed_ms;
        self.takes_floor()
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
        let mut judge = Judge::new(Stake::Floor, 100, true);
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

    #[test]
    fn what_was_heard_before_the_server_told_counts_from_where_the_sound_began() {
        let mut levels = Levels::default();
        for end in (20..=2_000).step_by(20) {
            levels.note(end, 20, Some(if end > 1_900 { -20 } else { -70 }));
        }
        assert_eq!(levels.frames.front(), Some(&(500, 20, -70)), "older ones are forgotten");
        assert!(levels.reach_back_to(480) && !levels.reach_back_to(479));
        let mut judge = Judge::new(Stake::Floor, 120, true);
        judge.recall(&levels, 1_700);
        assert_eq!(judge.voiced_ms(), 100);
        assert!(judge.hear(Some(-20), 20));
        let mut late = Judge::new(Stake::Floor, 120, true);
        late.recall(&levels, 1_950);
        assert_eq!(late.voiced_ms(), 60, "the frame in which it began counts whole");
    }

    #[test]
    fn a_sound_that_may_only_be_a_turn_never_takes_the_floor() {
        let mut judge = Judge::new(Stake::Turn, 40, true);
        assert!(!judge.hear(Some(-20), 40));
        assert!(judge.is_confirmed && !judge.takes_floor());
    }
}
