//! What arrived of a numbered sequence: everything, once, in order?

use std::collections::BTreeSet;

/// Holes that are remembered, so that what comes late is told from what comes twice.
const HOLES: usize = 4_096;

/// The arrivals of one sequence, numbered from 0.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrivals {
    next: u32,
    holes: BTreeSet<u32>,
    /// Numbers that were jumped over and have not come since.
    jumped: u32,
    duplicated: u32,
    reordered: u32,
}

/// What went wrong in one sequence, or in several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Losses {
    /// Never came.
    pub(super) lost: u64,
    /// Came again.
    pub(super) duplicated: u64,
    /// Came after a later one.
    pub(super) reordered: u64,
}

impl Losses {
    pub(super) fn add(&mut self, other: Self) {
        self.lost += other.lost;
        self.duplicated += other.duplicated;
        self.reordered += other.reordered;
    }
}

impl Arrivals {
    /// Takes note of an arrival.
    pub(super) fn take(&mut self, number: u32) {
        if number >= self.next {
            self.jumped += number - self.next;
            let room = HOLES.saturating_sub(self.holes.len());
            self.holes.extend((self.next..number).take(room));
            self.next = number + 1;
        } else if self.holes.remove(&number) {
            self.jumped -= 1;
            self.reordered += 1;
        } else {
            self.duplicated += 1;
        }
    }

    /// Takes note of something that came although nothing was outstanding.
    pub(super) fn take_surplus(&mut self) {
        self.duplicated += 1;
    }

    /// The number after the last one that came: how many came when nothing is missing.
    pub(super) fn reached(&self) -> u32 {
        self.next
    }

    /// The sum, for a sequence of which `sent` were sent. What is missing at the end of one that was cut short is not lost;
    /// a hole is.
    pub(super) fn losses(&self, sent: u32, is_cut_short: bool) -> Losses {
        let tail = if is_cut_short { 0 } else { sent.saturating_sub(self.next) };
        // Numbers that were never sent are no better than copies.
        let invented = self.next.saturating_sub(sent);
        Losses {
            lost: u64::from(self.jumped + tail),
            duplicated: u64::from(self.duplicated + invented),
            reordered: u64::from(self.reordered),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn losses(arrivals: &[u32], sent: u32, is_cut_short: bool) -> (u64, u64, u64) {
        let mut all = Arrivals::default();
        for number in arrivals {
            all.take(*number);
        }
        let Losses { lost, duplicated, reordered } = all.losses(sent, is_cut_short);
        (lost, duplicated, reordered)
    }

    #[test]
    fn each_mishap_is_told_by_its_name() {
        for (arrivals, sent, expected) in [
            (&[0, 1, 2, 3][..], 4, (0, 0, 0)),
            (&[][..], 0, (0, 0, 0)),
            (&[][..], 3, (3, 0, 0)),
            (&[2, 3][..], 4, (2, 0, 0)),
            (&[0, 1, 3][..], 4, (1, 0, 0)),
            (&[0, 1][..], 4, (2, 0, 0)),
            (&[0, 2, 1, 3][..], 4, (0, 0, 1)),
            (&[0, 1, 1, 2, 3][..], 4, (0, 1, 0)),
            (&[0, 2, 1, 1, 3][..], 4, (0, 1, 1)),
            (&[0, 1, 2][..], 2, (0, 1, 0)),
        ] {
            assert_eq!(losses(arrivals, sent, false), expected, "{arrivals:?} of {sent}");
        }
    }

    #[test]
    fn what_was_cut_short_may_end_early_but_has_no_holes() {
        assert_eq!(losses(&[0, 1], 9, true), (0, 0, 0));
        assert_eq!(losses(&[], 9, true), (0, 0, 0));
        assert_eq!(losses(&[0, 2], 9, true), (1, 0, 0));
    }

    #[test]
    fn a_huge_jump_is_counted_and_takes_no_room() {
        let mut all = Arrivals::default();
        all.take(u32::MAX - 1);
        all.take(5);
        all.take_surplus();
        assert_eq!(all.holes.len(), HOLES - 1);
        let sum = all.losses(u32::MAX, false);
        assert_eq!((sum.lost, sum.duplicated, sum.reordered), (u64::from(u32::MAX) - 2, 1, 1));
    }
}
