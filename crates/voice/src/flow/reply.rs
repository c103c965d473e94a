//! One reply at a time: what was asked of the model, what it is making, what waits.

use std::collections::VecDeque;
use studioconnect_assistant::phrases;

/// Why the model is asked to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// The first words.
    Greeting,
    /// The caller's turn is over.
    Answer,
    /// A tool has answered.
    AfterTools,
    /// A tool takes its time.
    Filler,
    /// The last reply hit a limit in mid-sentence.
    Continue,
    /// The session was opened anew while the agent had something to say.
    Resume,
    /// Nobody says anything.
    Nudge,
    /// The call is about to reach its longest.
    Warning,
    /// The provider would not say it.
    Decline,
    /// The last words.
    Goodbye,
}

impl Ask {
    /// Words in place of the session's instructions; none lets the model decide.
    pub(super) fn instructions(self, greeting: &str, language: Option<&str>) -> Option<String> {
        match self {
            Self::Answer | Self::AfterTools | Self::Resume | Self::Continue => None,
            Self::Greeting => Some(phrases::say_exactly(greeting)),
            Self::Filler => Some(phrases::say(phrases::ONE_MOMENT, language)),
            Self::Nudge => Some(phrases::say(phrases::STILL_THERE, language)),
            Self::Warning => Some(phrases::say(phrases::ONE_MINUTE_LEFT, language)),
            Self::Decline => Some(phrases::say(phrases::DECLINE, language)),
            Self::Goodbye => Some(phrases::say(phrases::GOODBYE, language)),
        }
    }

    /// Asks that a turn of the caller makes pointless.
    fn is_overtaken_by_answer(self) -> bool {
        !matches!(self, Self::Greeting | Self::Warning | Self::Goodbye)
    }
}

/// Where the model stands with its one reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing asked, nothing coming.
    Idle,
    /// Asked, by our event of that number; the server has not begun. `cancel` asks to stop it as soon as it has.
    Asked { ask: Ask, at: u64, event: u32, cancel: bool },
    /// Being made.
    Active { id: String, ask: Ask, heard: bool },
    /// We asked to stop it.
    Cancelling { id: String, at: u64 },
}

/// How many replies that are over are remembered.
const PAST_KEPT: usize = 4;

/// The response state machine.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) state: State,
    waiting: VecDeque<Ask>,
    /// Asks wait until then, after the provider was too busy.
    pub(super) not_before: u64,
    /// Times the same reply was asked for again after it failed.
    pub(super) failures: u32,
    /// Times a cut reply was continued.
    pub(super) continued: u32,
    /// Our event that called off the last reply to be called off.
    called_off_by: Option<u32>,
    /// The last replies that are over: sound of theirs is late, whatever is asked for now.
    past: VecDeque<String>,
}

impl Reply {
    pub(super) fn new() -> Self {
        Self {
            state: State::Idle,
            waiting: VecDeque::new(),
            not_before: 0,
            failures: 0,
            continued: 0,
            called_off_by: None,
            past: VecDeque::new(),
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.state == State::Idle
    }

    /// Whether nothing is being said or about to be.
    pub(super) fn is_quiet(&self) -> bool {
        self.is_idle() && self.waiting.is_empty()
    }

    /// Whether something is being made or asked for that the caller may still interrupt.
    pub(super) fn is_under_way(&self) -> bool {
        match &self.state {
            // The greeting is owed to every caller; noise before its first sound does not take it away.
            State::Asked { ask, cancel, .. } => *ask != Ask::Greeting && !cancel,
            State::Active { ask, heard, .. } => *ask != Ask::Greeting || *heard,
            State::Idle | State::Cancelling { .. } => false,
        }
    }

    /// Whether the greeting is on its way and nothing of it has sounded.
    pub(super) fn owes_greeting(&self) -> bool {
        match &self.state {
            State::Asked { ask, .. } => *ask == Ask::Greeting,
            State::Active { ask, heard, .. } => *ask == Ask::Greeting && !heard,
            State::Idle | State::Cancelling { .. } => self.is_waiting_for(Ask::Greeting),
        }
    }

    /// Puts an ask in line. An answer overtakes what has become pointless; nothing stands in line twice.
    pub(super) fn enqueue(&mut self, ask: Ask) {
        if ask == Ask::Answer {
            self.waiting.retain(|waiting| !waiting.is_overtaken_by_answer());
        }
        if ask == Ask::Goodbye {
            self.waiting.clear();
        }
        if !self.waiting.contains(&ask) {
            self.waiting.push_back(ask);
        }
    }

    pub(super) fn enqueue_first(&mut self, ask: Ask) {
        self.waiting.retain(|waiting| *waiting != ask);
        self.waiting.push_front(ask);
    }

    /// The caller took the floor: what waits would only answer what is past.
    pub(super) fn drop_overtaken(&mut self) {
        self.waiting.retain(|waiting| !waiting.is_overtaken_by_answer());
    }

    pub(super) fn drop_waiting(&mut self, ask: Ask) {
        self.waiting.retain(|waiting| *waiting != ask);
    }

    pub(super) fn next(&mut self, now: u64) -> Option<Ask> {
        if !self.is_idle() || now < self.not_before {
            return None;
        }
        self.waiting.pop_front()
    }

    pub(super) fn is_waiting_for(&self, ask: Ask) -> bool {
        self.waiting.contains(&ask)
    }

    pub(super) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether sound of `response_id` belongs to the living reply.
    pub(super) fn owns(&self, response_id: &str) -> bool {
        matches!(&self.state, State::Active { id, .. } if id == response_id)
    }

    pub(super) fn is_past(&self, response_id: &str) -> bool {
        self.past.iter().any(|past| past == response_id)
    }

    pub(super) fn bury(&mut self, response_id: &str) {
        if self.past.len() == PAST_KEPT {
            self.past.pop_front();
        }
        self.past.push_back(response_id.to_owned());
    }

    /// Takes note that our event of that number calls a reply off.
    pub(super) fn call_off(&mut self, id: String, at: u64, event: u32) {
        self.state = State::Cancelling { id, at };
        self.called_off_by = Some(event);
    }

    /// Whether an error is about our last cancel.
    pub(super) fn was_called_off_by(&self, event_id: Option<&str>) -> bool {
        let number = event_id.and_then(|id| id.strip_prefix('c')).and_then(|number| number.parse().ok());
        number.is_some() && number == self.called_off_by
    }

    /// A new session knows nothing of the old one's replies. Returns the ask that was under way.
    pub(super) fn forget(&mut self) -> Option<Ask> {
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Asked { ask, cancel: false, .. } | State::Active { ask, .. } => Some(ask),
            _ => None,
        }
    }
}
