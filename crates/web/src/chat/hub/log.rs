//! The events of one conversation, in order, with names that outlive the process: `seq.piece`.
//!
//! `seq` is the place of the message that an event belongs to. Whatever completes a message has the highest piece there is,
//! so a reader that saw it has seen all of the message, also after a restart that has forgotten the pieces. The piece is
//! written like the digits behind a decimal point, five of them: whoever compares names as numbers finds their order.

use crate::chat::history::Line;
use serde_json::Value;
use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Most events that are kept.
const MOST: usize = 512;
/// Digits of a piece.
const DIGITS: usize = 5;
/// Most bytes of words in them.
const MOST_BYTES: usize = 128 * 1024;

/// The name of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EventId {
    /// The message it belongs to.
    pub(crate) seq: u32,
    piece: u16,
}

impl EventId {
    /// What completes a message.
    pub(crate) fn end_of(seq: u32) -> Self {
        Self { seq, piece: u16::MAX }
    }

    /// Whether it is a part of a message that was not complete yet.
    pub(crate) fn is_part(self) -> bool {
        self.piece != u16::MAX
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:0DIGITS$}", self.seq, self.piece)
    }
}

impl FromStr for EventId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (seq, piece) = text.trim().split_once('.').ok_or(())?;
        let is_number =
            |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        if !is_number(seq) || !is_number(piece) || piece.len() > DIGITS {
            return Err(());
        }
        // A number that was written out again has lost the zeros at its end.
        let piece = format!("{piece:0<DIGITS$}");
        Ok(Self { seq: seq.parse().map_err(|_| ())?, piece: piece.parse().map_err(|_| ())? })
    }
}

/// What happened.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// Somebody said something.
    Said(Arc<Line>),
    /// A piece of what the agent is saying.
    Delta(Arc<str>),
    /// What the agent was saying is void.
    Reset,
    /// The agent's answer.
    Done(Arc<Value>),
    /// A person answers from now on.
    Takeover(Arc<str>),
    /// The agent answers again.
    Release,
}

impl What {
    fn bytes(&self) -> usize {
        match self {
            Self::Said(line) => line.text.len() + 256,
            Self::Delta(text) | Self::Takeover(text) => text.len() + 64,
            Self::Done(answer) => answer.get("reply").and_then(Value::as_str).map_or(0, str::len) + 1_024,
            Self::Reset | Self::Release => 64,
        }
    }
}

/// An event.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) id: EventId,
    /// The message that it is part of an answer to.
    pub(crate) turn: Option<u32>,
    pub(crate) what: What,
}

/// The latest events.
#[derive(Debug)]
pub(crate) struct Log {
    events: VecDeque<Event>,
    bytes: usize,
    /// Everything up to here is not in the log.
    base: EventId,
    last: EventId,
    /// The turn whose words are let through, and whether there were any.
    speaking: Option<(u32, bool)>,
}

impl Log {
    /// A log that begins behind so many messages.
    pub(super) fn after(messages: u32) -> Self {
        let base = EventId::end_of(messages);
        Self { events: VecDeque::new(), bytes: 0, base, last: base, speaking: None }
    }

    /// What follows a reader's place; an error when some of it is gone.
    pub(crate) fn next(&self, place: EventId, of: Option<u32>) -> Result<Option<&Event>, EventId> {
        if place < self.base {
            return Err(self.base);
        }
        let start = self.events.partition_point(|event| event.id <= place);
        Ok(self.events.iter().skip(start).find(|event| of.is_none() || event.turn == of))
    }

    /// The latest event.
    pub(crate) fn last(&self) -> EventId {
        self.last
    }

    /// The end of the last message that is complete.
    pub(crate) fn last_complete(&self) -> EventId {
        if self.last.is_part() { EventId::end_of(self.last.seq.saturating_sub(1)) } else { self.last }
    }

    /// A message that is complete, by its place in the conversation.
    pub(crate) fn complete(&mut self, seq: u32, turn: Option<u32>, what: What) {
        if seq <= self.last_complete().seq {
            return;
        }
        if seq > self.last_complete().seq + 1 {
            // Another process of ours wrote between: readers take that from the store.
            self.events.clear();
            self.bytes = 0;
            self.base = EventId::end_of(seq - 1);
        }
        self.push(Event { id: EventId::end_of(seq), turn, what });
    }

    /// Something that belongs to the message that comes next.
    fn part(&mut self, turn: Option<u32>, what: What) {
        let id = if self.last.is_part() {
            // The last piece of a message is its end; words beyond all others come with it.
            let piece = (self.last.piece + 1).min(u16::MAX - 1);
            EventId { seq: self.last.seq, piece }
        } else {
            EventId { seq: self.last.seq + 1, piece: 1 }
        };
        if id > self.last {
            self.push(Event { id, turn, what });
        }
    }

    /// A turn begins: its words are let through.
    pub(crate) fn speak(&mut self, turn: u32) {
        self.speaking = Some((turn, false));
    }

    /// Words of a turn.
    pub(crate) fn delta(&mut self, turn: u32, text: &str) {
        if self.speaking.is_some_and(|(speaking, _)| speaking == turn) && !text.is_empty() {
            self.speaking = Some((turn, true));
            self.part(Some(turn), What::Delta(text.into()));
        }
    }

    /// What a turn has said so far is void; it may begin anew.
    pub(crate) fn reset(&mut self, turn: u32) {
        if self.speaking == Some((turn, true)) {
            self.speaking = Some((turn, false));
            self.part(Some(turn), What::Reset);
        }
    }

    /// A turn says no more; what it has said stands only if its message is told next.
    pub(crate) fn fall_silent(&mut self, turn: u32) -> bool {
        let spoke = self.speaking == Some((turn, true));
        if self.speaking.is_some_and(|(speaking, _)| speaking == turn) {
            self.speaking = None;
        }
        spoke
    }

    /// Whoever speaks is silenced, and what they have said is void.
    pub(crate) fn silence(&mut self) {
        if let Some((turn, has_spoken)) = self.speaking.take()
            && has_spoken
        {
            self.part(Some(turn), What::Reset);
        }
    }

    fn push(&mut self, event: Event) {
        self.last = event.id;
        self.bytes += event.what.bytes();
        self.events.push_back(event);
        while self.events.len() > MOST || self.bytes > MOST_BYTES {
            let Some(gone) = self.events.pop_front() else { break };
            self.bytes -= gone.what.bytes();
            self.base = gone.id;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(log: &Log, mut place: EventId, of: Option<u32>) -> Vec<String> {
        let mut told = Vec::new();
        while let Some(event) = log.next(place, of).unwrap() {
            let what = match &event.what {
                What::Delta(text) => format!("delta {text}"),
                What::Done(_) => "done".to_owned(),
                What::Takeover(name) => format!("takeover {name}"),
                other => format!("{other:?}").to_lowercase(),
            };
            told.push(format!("{} {what}", event.id));
            place = event.id;
        }
        told
    }

    #[test]
    fn pieces_come_before_the_end_of_their_message_and_a_reader_goes_on_anywhere() {
        let mut log = Log::after(2);
        log.speak(2);
        log.delta(2, "From ");
        log.delta(2, "8.");
        log.complete(3, Some(2), What::Done(Arc::new(json!({}))));
        let all = ["3.00001 delta From ", "3.00002 delta 8.", "3.65535 done"];
        assert_eq!(told(&log, EventId::end_of(2), None), all);
        assert_eq!(told(&log, "3.00001".parse().unwrap(), None), all[1..]);
        assert_eq!(told(&log, EventId::end_of(3), None), [""; 0]);
        assert!(log.next(EventId::end_of(1), None).is_err(), "what came before is for the store to tell");
    }

    #[test]
    fn a_message_between_moves_the_pieces_behind_it_on() {
        let mut log = Log::after(1);
        log.speak(1);
        log.delta(1, "a");
        log.complete(2, None, What::Release);
        log.delta(1, "b");
        log.complete(3, Some(1), What::Done(Arc::new(json!({}))));
        assert_eq!(
            told(&log, EventId::end_of(1), Some(1)),
            ["2.00001 delta a", "3.00001 delta b", "3.65535 done"]
        );
    }

    #[test]
    fn whoever_is_silenced_says_nothing_more_and_what_was_said_is_void() {
        let mut log = Log::after(1);
        log.speak(1);
        log.delta(1, "I think");
        log.silence();
        log.delta(1, " that");
        log.complete(2, None, What::Takeover("Ana".into()));
        assert_eq!(
            told(&log, EventId::end_of(1), None),
            ["2.00001 delta I think", "2.00002 reset", "2.65535 takeover Ana"]
        );
        log.speak(2);
        log.silence();
        assert_eq!(told(&log, EventId::end_of(2), None), [""; 0], "nothing was said, so nothing is void");
    }

    #[test]
    fn however_much_is_said_the_log_keeps_its_bounds_and_the_slow_are_let_go() {
        let mut log = Log::after(1);
        log.speak(1);
        for _ in 0..100_000 {
            log.delta(1, "word ");
        }
        assert!(log.events.len() <= MOST && log.bytes <= MOST_BYTES);
        assert!(log.next(EventId::end_of(1), None).is_err());
        for _ in 0..100 {
            log.delta(1, &"long ".repeat(10_000));
        }
        assert!(log.bytes <= MOST_BYTES, "{}", log.bytes);
        log.complete(2, Some(1), What::Done(Arc::new(json!({}))));
        let last: Vec<_> = told(&log, "2.65534".parse().unwrap(), None);
        assert_eq!(last, ["2.65535 done"]);
    }

    #[test]
    fn what_another_process_wrote_is_left_to_the_store() {
        let mut log = Log::after(1);
        log.complete(2, None, What::Release);
        log.complete(5, None, What::Release);
        assert_eq!(log.next(EventId::end_of(2), None).unwrap_err(), EventId::end_of(4));
        assert_eq!(told(&log, EventId::end_of(4), None), ["5.65535 release"]);
        log.complete(5, None, What::Release);
        assert_eq!(told(&log, EventId::end_of(4), None).len(), 1, "a message is told once");
    }

    #[test]
    fn names_of_events_are_read_back_and_nonsense_is_none() {
        for piece in [1, 9, 10, 100, 12_340, u16::MAX] {
            let id = EventId { seq: 7, piece };
            let number: f64 = id.to_string().parse().unwrap();
            assert_eq!((id.to_string().parse(), number.to_string().parse()), (Ok(id), Ok(id)), "{id}");
            assert!(number > 7.0 && number < 8.0);
        }
        for wrong in
            ["", "7", "7.", ".1", "-1.2", "7.65536", "7.+1", "99999999999.1", "a.b", "7.1.2", "7.000001"]
        {
            assert_eq!(wrong.parse::<EventId>(), Err(()), "{wrong}");
        }
    }
}
