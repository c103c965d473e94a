//! The playback ledger: what was sent to the caller, and how much of it was heard.
//!
//! The network tells us only when a mark is reached. Between marks the clock tells: heard = the last echoed mark plus the
//! time since its echo, never more than up to the next mark.

use super::audio::{Audio, BYTES_PER_MS};
use super::settings::limits;
use std::collections::VecDeque;

/// One part of an item of the model's, as played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The model's item.
    pub(super) item_id: String,
    /// Which part of it.
    pub(super) content_index: u32,
    /// The session it belongs to; an item of a lost session cannot be cut any more.
    pub(super) session: u32,
    /// What was sent of it.
    sent_bytes: u64,
    /// What was heard of it for certain.
    heard_bytes: u64,
}

/// A part of which not everything was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) item_id: String,
    pub(super) content_index: u32,
    pub(super) session: u32,
    pub(super) heard_ms: u64,
    pub(super) sent_ms: u64,
}

#[derive(Clone, Debug)]
struct Segment {
    part: usize,
    bytes: u64,
    mark: u64,
}

/// What is queued at the network.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    generation: u32,
    next_mark: u64,
    parts: Vec<Part>,
    queue: VecDeque<Segment>,
    queued_bytes: u64,
    /// When the first segment of the queue began to play.
    playing_since: u64,
}

impl Ledger {
    /// Takes note of sound sent, and returns the name of the mark to send behind it.
    pub(super) fn push(
        &mut self,
        item_id: &str,
        content_index: u32,
        session: u32,
        audio: &Audio,
        now: u64,
    ) -> String {
        if self.queue.is_empty() {
            self.playing_since = now;
        }
        let part = self.part(item_id, content_index, session);
        if let Some(part) = self.parts.get_mut(part) {
            part.sent_bytes += audio.bytes();
        }
        let mark = self.next_mark;
        self.next_mark += 1;
        self.queue.push_back(Segment { part, bytes: audio.bytes(), mark });
        self.queued_bytes += audio.bytes();
        format!("{}-{mark}", self.generation)
    }

    fn part(&mut self, item_id: &str, content_index: u32, session: u32) -> usize {
        let last = self.parts.last();
        let same = |part: &Part| {
            part.item_id == item_id && part.content_index == content_index && part.session == session
        };
        if !last.is_some_and(same) {
            // Parts that are wholly behind us are of no more use.
            if self.queue.is_empty() {
                self.parts.clear();
            }
            self.parts.push(Part {
                item_id: item_id.to_owned(),
                content_index,
                session,
                sent_bytes: 0,
                heard_bytes: 0,
            });
        }
        self.parts.len() - 1
    }

    /// A mark came back. Marks of an older generation were cleared, not played, and mean nothing.
    pub(super) fn echoed(&mut self, name: &str, now: u64) -> bool {
        let Some((generation, mark)) = name.split_once('-') else { return false };
        let (Ok(generation), Ok(mark)) = (generation.parse::<u32>(), mark.parse::<u64>()) else {
            return false;
        };
        if generation != self.generation || mark >= self.next_mark {
            return false;
        }
        while self.queue.front().is_some_and(|segment| segment.mark <= mark) {
            self.pop();
            self.playing_since = now;
        }
        true
    }

    fn pop(&mut self) {
        if let Some(segment) = self.queue.pop_front() {
            self.queued_bytes -= segment.bytes;
            if let Some(part) = self.parts.get_mut(segment.part) {
                part.heard_bytes += segment.bytes;
            }
        }
    }

    /// Whether the caller is hearing, or about to hear, the agent.
    pub(super) fn is_audible(&self) -> bool {
        !self.queue.is_empty()
    }

    /// What is sent and not known to be heard, in ms.
    pub(super) fn unplayed_ms(&self) -> u64 {
        self.queued_bytes / BYTES_PER_MS
    }

    /// When the first mark counts as lost.
    pub(super) fn overdue_at(&self) -> Option<u64> {
        self.queue.front().map(|segment| self.playing_since + segment.bytes / BYTES_PER_MS + limits::MARK)
    }

    /// Counts sound as heard whose mark never came back, so that a lost mark does not leave the agent talking for ever.
    pub(super) fn write_off(&mut self, now: u64) -> bool {
        let overdue = self.overdue_at().is_some_and(|at| at <= now);
        if overdue {
            // The next segment began when this one ended, not now that we gave up on its mark.
            let played_ms = self.queue.front().map_or(0, |segment| segment.bytes / BYTES_PER_MS);
            self.playing_since += played_ms;
            self.pop();
        }
        overdue
    }

    /// Stops everything: what is queued will be cleared at the network. Returns each part that was not heard to its end,
    /// with how far it was heard.
    pub(super) fn interrupt(&mut self, now: u64) -> Vec<Cut> {
        if let Some(first) = self.queue.front() {
            let playing = (now.saturating_sub(self.playing_since) * BYTES_PER_MS).min(first.bytes);
            if let Some(part) = self.parts.get_mut(first.part) {
                part.heard_bytes += playing;
            }
        }
        self.queue.clear();
        self.queued_bytes = 0;
        self.generation += 1;
        self.parts
            .drain(..)
            .filter(|part| part.heard_bytes < part.sent_bytes)
            .map(|part| Cut {
                heard_ms: part.heard_bytes / BYTES_PER_MS,
                sent_ms: part.sent_bytes / BYTES_PER_MS,
                item_id: part.item_id,
                content_index: part.content_index,
                session: part.session,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
