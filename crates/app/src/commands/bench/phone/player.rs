//! What the caller hears: queued sound, played in order, and the marks between.

use std::collections::VecDeque;

/// One byte of µ-law at 8 kHz.
const NANOS_PER_BYTE: u64 = 125_000;

/// The play clock. Times are in ns since the round's zero.
#[derive(Debug, Default)]
pub(super) struct Player {
    silent_at: u64,
    marks: VecDeque<(u64, String)>,
}

impl Player {
    /// Sound comes in behind what is queued.
    pub(super) fn queue(&mut self, now: u64, bytes: u32) {
        self.silent_at = self.silent_at.max(now) + u64::from(bytes) * NANOS_PER_BYTE;
    }

    /// A mark stands behind everything queued so far.
    pub(super) fn mark(&mut self, now: u64, name: &str) {
        self.marks.push_back((self.silent_at.max(now), name.to_owned()));
    }

    /// The next mark that has been reached.
    pub(super) fn played(&mut self, now: u64) -> Option<String> {
        let (at, _) = self.marks.front()?;
        if *at > now {
            return None;
        }
        self.marks.pop_front().map(|(_, name)| name)
    }

    /// Everything queued is dropped; its marks come back all the same.
    pub(super) fn clear(&mut self, now: u64) -> impl Iterator<Item = String> {
        self.silent_at = now.min(self.silent_at);
        std::mem::take(&mut self.marks).into_iter().map(|(_, name)| name)
    }

    /// When the last of what is queued has played, or had.
    pub(super) fn silent_at(&self) -> u64 {
        self.silent_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn marks_come_back_when_their_sound_has_played() {
        let mut player = Player::default();
        player.queue(0, 800);
        player.mark(0, "a");
        player.queue(50 * MS, 800);
        player.mark(50 * MS, "b");
        assert_eq!((player.silent_at(), player.played(99 * MS)), (200 * MS, None));
        assert_eq!(player.played(100 * MS).as_deref(), Some("a"));
        assert_eq!(player.played(199 * MS), None);
        assert_eq!(player.played(200 * MS).as_deref(), Some("b"));
        player.mark(300 * MS, "late");
        assert_eq!(player.played(300 * MS).as_deref(), Some("late"), "nothing queued");
    }

    #[test]
    fn a_clear_gives_all_marks_back_and_silence() {
        let mut player = Player::default();
        player.queue(0, 8_000);
        player.mark(0, "a");
        assert_eq!(player.clear(10 * MS).collect::<Vec<_>>(), ["a"]);
        assert_eq!((player.silent_at(), player.played(2_000 * MS)), (10 * MS, None));
    }
}
