//! What is counted since the start of the process.

use std::sync::atomic::{AtomicU64, Ordering};
use studioconnect_domain::call::Analytics;

/// Counts since the start of the process.
#[derive(Debug, Default)]
pub struct Counters {
    /// Messages read from both sides of all calls.
    pub messages: AtomicU64,
    /// Calls whose stream was carried.
    pub connections: AtomicU64,
    /// Calls that failed on our side.
    pub failed_calls: AtomicU64,
    /// Frames that broke the protocol's rules.
    pub faulty_frames: AtomicU64,
    /// Streams let in.
    pub streams_admitted: AtomicU64,
    /// Streams turned away.
    pub streams_refused: AtomicU64,
    answers: AtomicU64,
    answer_ms: AtomicU64,
}

impl Counters {
    pub(crate) fn add_call(&self, analytics: &Analytics) {
        for turn in &analytics.turns {
            self.answers.fetch_add(1, Ordering::Relaxed);
            self.answer_ms.fetch_add(turn.vad_ms + turn.ours_ms + turn.model_ms, Ordering::Relaxed);
        }
    }

    /// Mean wait of a caller for an answer, in ms; none before the first.
    pub fn mean_answer_ms(&self) -> Option<u64> {
        self.answer_ms.load(Ordering::Relaxed).checked_div(self.answers.load(Ordering::Relaxed))
    }
}

/// What happened at the door since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DoorCount {
    /// Streams let in.
    pub admitted: u64,
    /// Streams turned away.
    pub refused: u64,
}
