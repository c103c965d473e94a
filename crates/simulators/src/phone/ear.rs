//! What the person hears: the queue of sound sent to the phone, played against the call's clock.
//!
//! The clock ticks every 20 ms. A tick plays the next 160 bytes of the queue; what is missing is
//! silence. A mark comes due at the tick that finds everything before it played.

mod spans;
#[cfg(test)]
mod tests;
mod utterance;

use std::collections::VecDeque;

pub use self::spans::{ClearRecord, HeardSpan, Source, SpanEnd};
pub(crate) use self::utterance::Change;
use super::tape::Tape;

/// µ-law bytes, and samples, in one tick of 20 ms.
pub(crate) const FRAME: usize = 160;

/// Sound that may wait to be played: ten minutes. Twilio documents no bound; a server that queues
/// more than this has lost control of its call.
pub(crate) const QUEUE_LIMIT: usize = 10 * 60 * 8_000;

/// Marks that may wait.
const MARK_LIMIT: usize = 10_000;

/// A mark that waits for its turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) name: String,
    /// Index into the report's list of marks.
    pub(crate) record: usize,
}

/// What became of sound offered to [`Ear::play`] or a mark offered to [`Ear::mark`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Queued {
    Waiting,
    /// A mark with nothing before it: its echo is due now.
    DueNow(Mark),
    /// The queue is full; what was offered is lost.
    Full,
}

enum Item {
    Sound { bytes: Vec<u8>, at: usize, source: Source },
    Mark(Mark),
}

pub(crate) struct Ear {
    queue: VecDeque<Item>,
    queued: usize,
    waiting_marks: usize,
    crossed: Vec<Mark>,
    tape: Tape,
    pub(crate) spans: Vec<HeardSpan>,
    pub(crate) clears: Vec<ClearRecord>,
    /// First samples of stream chunks that continue a span: the places where a click may be.
    pub(crate) joints: Vec<u64>,
    /// First sample of the present utterance.
    speaking_since: Option<u64>,
    /// Sample after the last one that was played; silence is counted from here.
    last_played: u64,
    total_heard: u64,
}

impl Ear {
    pub(crate) fn new(keeps_sound: bool) -> Self {
        Self {
            queue: VecDeque::new(),
            queued: 0,
            waiting_marks: 0,
            crossed: Vec::new(),
            tape: Tape::new(keeps_sound),
            spans: Vec::new(),
            clears: Vec::new(),
            joints: Vec::new(),
            speaking_since: None,
            last_played: 0,
            total_heard: 0,
        }
    }

    /// Samples heard or missed so far, the length of the call up to the end of the present tick.
    pub(crate) fn position(&self) -> u64 {
        self.tape.length()
    }

    /// Whether everything queued has been heard to its end.
    pub(crate) fn is_empty(&self) -> bool {
        self.queued == 0 && self.waiting_marks == 0
    }

    /// Sound that waits to be heard.
    pub(crate) fn queued_ms(&self) -> u64 {
        self.queued as u64 / 8
    }

    pub(crate) fn play(&mut self, source: Source, bytes: Vec<u8>) -> Queued {
        if self.queued + bytes.len() > QUEUE_LIMIT {
            return Queued::Full;
        }
        self.queued += bytes.len();
        let at = 0;
        self.queue.push_back(Item::Sound { bytes, at, source });
        Queued::Waiting
    }

    pub(crate) fn mark(&mut self, mark: Mark) -> Queued {
        let playing = self.last_played + FRAME as u64 > self.position() && self.last_played > 0;
        if self.queue.is_empty() && self.crossed.is_empty() && !playing {
            return Queued::DueNow(mark);
        }
        if self.waiting_marks >= MARK_LIMIT {
            return Queued::Full;
        }
        self.waiting_marks += 1;
        self.queue.push_back(Item::Mark(mark));
        Queued::Waiting
    }

    /// Plays 20 ms. Returns the marks whose sound had been played when the tick began.
    pub(crate) fn tick(&mut self) -> (Vec<Mark>, Option<Change>) {
        let mut due = std::mem::take(&mut self.crossed);
        while let Some(Item::Mark(_)) = self.queue.front() {
            if let Some(Item::Mark(mark)) = self.queue.pop_front() {
                due.push(mark);
            }
        }
        self.waiting_marks -= due.len().min(self.waiting_marks);
        let loud = self.consume();
        let change = self.follow_utterance(loud);
        (due, change)
    }

    /// Moves up to one frame from the queue to the tape; says how many samples of it sounded.
    fn consume(&mut self) -> u64 {
        let mut needed = FRAME;
        let mut loud = 0;
        while needed > 0 {
            match self.queue.pop_front() {
                None => break,
                Some(Item::Mark(mark)) => self.crossed.push(mark),
                Some(Item::Sound { bytes, at, source }) => {
                    let end = (at + needed).min(bytes.len());
                    let taken = bytes.get(at..end).unwrap_or_default();
                    if taken.iter().any(|&code| is_loud(code)) {
                        loud += taken.len() as u64;
                    }
                    self.extend_span(source, taken.len() as u64, at == 0);
                    self.tape.push(taken);
                    self.queued -= taken.len();
                    needed -= taken.len();
                    if end < bytes.len() {
                        self.queue.push_front(Item::Sound { bytes, at: end, source });
                    }
                }
            }
        }
        if needed < FRAME {
            self.last_played = self.tape.length();
        }
        self.tape.push_quiet(needed);
        loud
    }

    fn extend_span(&mut self, source: Source, samples: u64, new_chunk: bool) {
        let start = self.tape.length();
        let end = start + samples;
        match self.spans.last_mut() {
            Some(span) if span.end == start && span.source == source && span.ended == SpanEnd::Dry => {
                span.end = end;
                if new_chunk && source == Source::Stream && self.tape.keeps_sound() {
                    self.joints.push(start);
                }
            }
            _ => self.spans.push(HeardSpan { start, end, source, ended: SpanEnd::Dry }),
        }
    }

    /// Drops what is queued, as of sample `now`, which may lie inside the tick being played. Returns
    /// the marks to echo and how an utterance ended by it.
    pub(crate) fn clear(&mut self, now: u64) -> (Vec<Mark>, Option<Change>) {
        let at = now.clamp(self.position().saturating_sub(FRAME as u64), self.position());
        let unheard = self.cut(at, SpanEnd::Cleared);
        let (_, heard) = self.utterance(at);
        self.clears.push(ClearRecord {
            at_ms: at / 8,
            dropped_ms: (self.queued as u64 + unheard) / 8,
            heard_ms: heard / 8,
        });
        let marks = self.drop_queue();
        (marks, self.end_utterance())
    }

    /// Drops what is queued because what it belonged to has ended. Returns the marks that will never
    /// be echoed, and how many milliseconds of sound were lost.
    pub(crate) fn stop(&mut self) -> (Vec<Mark>, u64) {
        let lost = self.queued as u64 / 8;
        if lost > 0 {
            self.cut(self.position(), SpanEnd::Stopped);
        }
        (self.drop_queue(), lost)
    }

    /// Ends the present span at `at`; says how many samples of it had been put down as heard.
    fn cut(&mut self, at: u64, ended: SpanEnd) -> u64 {
        let recent = self.position().saturating_sub(FRAME as u64);
        let Some(span) = self.spans.last_mut() else {
            return 0;
        };
        if span.end < recent || span.ended != SpanEnd::Dry {
            return 0;
        }
        let unheard = span.end.saturating_sub(at);
        span.end -= unheard.min(span.end - span.start);
        if unheard > 0 || self.queued > 0 {
            span.ended = ended;
        }
        self.tape.silence_from(at);
        self.last_played = self.last_played.min(at);
        unheard
    }

    fn drop_queue(&mut self) -> Vec<Mark> {
        self.queued = 0;
        self.waiting_marks = 0;
        let mut marks = std::mem::take(&mut self.crossed);
        for item in self.queue.drain(..) {
            if let Item::Mark(mark) = item {
                marks.push(mark);
            }
        }
        marks
    }

    pub(crate) fn into_sound(self) -> Vec<u8> {
        self.tape.into_sound()
    }
}

/// Whether a µ-law code stands for more than about 100 of 32768: the noise floor of a quiet line.
pub(crate) fn is_loud(code: u8) -> bool {
    (code | 0x80) < 0xF2
}
