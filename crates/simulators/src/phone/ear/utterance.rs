//! When the other side speaks, and for how long.

use super::{Ear, FRAME, SpanEnd};

/// Silence after which an utterance counts as ended, in samples: 300 ms.
const UTTERANCE_GAP: u64 = 300 * 8;

/// The beginning or end of an utterance, as noticed by a tick or a clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Began,
    Ended { heard_ms: u64 },
}

impl Ear {
    /// Milliseconds of sound heard in all, silence inside it not counted.
    pub(crate) fn total_ms(&self) -> u64 {
        self.total_heard / 8
    }

    /// How far into the present utterance the call is, or nothing while it is quiet.
    pub(crate) fn utterance_ms(&self) -> Option<u64> {
        let now = self.position();
        let since = self.speaking_since?;
        (now - self.last_played <= FRAME as u64).then(|| (now - since) / 8)
    }

    /// For how long nothing has been played, with nothing queued either.
    pub(crate) fn quiet_ms(&self) -> u64 {
        if self.queued > 0 {
            return 0;
        }
        (self.position() - self.last_played) / 8
    }

    /// Takes note of a tick with so many samples that sounded.
    pub(super) fn follow_utterance(&mut self, loud: u64) -> Option<Change> {
        self.total_heard += loud;
        if self.speaking_since.is_none() && loud > 0 {
            self.speaking_since = Some(self.utterance(self.last_played).0);
            return Some(Change::Began);
        }
        if self.position() - self.last_played >= UTTERANCE_GAP {
            return self.end_utterance();
        }
        None
    }

    pub(super) fn end_utterance(&mut self) -> Option<Change> {
        self.speaking_since.take()?;
        let (_, heard) = self.utterance(self.last_played);
        Some(Change::Ended { heard_ms: heard / 8 })
    }

    /// First sample of the utterance that sample `at` lies in or just after, and how many of its
    /// samples were heard until then.
    pub(super) fn utterance(&self, at: u64) -> (u64, u64) {
        let (mut start, mut heard) = (at, 0);
        for span in self.spans.iter().rev() {
            let is_other = span.ended != SpanEnd::Dry && heard > 0;
            if is_other || start.saturating_sub(span.end) >= UTTERANCE_GAP {
                break;
            }
            start = span.start;
            heard += span.bytes();
        }
        (start, heard)
    }
}
