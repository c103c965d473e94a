//! What the agent says: asked for, played, interrupted, done.

use super::audio::Audio;
use super::effect::Effect;
use super::link::CANCEL_CAME_LATE;
use super::reply::{Ask, State};
use super::settings::limits;
use super::{CallFlow, Effects};
use serde_json::json;
use studioconnect_assistant::phrases;
use studioconnect_connectors::openai::realtime::{
    ClientEvent, FunctionCall, ResponseStatus, Role, TokenCount, Verdict, error_verdict,
};
use studioconnect_domain::call::{TurnLatency, Usage};

/// The caller is waiting for sound, and where the time has gone so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait {
    since: u64,
    /// When the caller's turn ended, however many tools were used since.
    began: u64,
    asked_again: bool,
    turn: Option<TurnEnd>,
    asked_at: Option<u64>,
}

/// When the caller's turn ended, and when the server said so.
#[derive(Clone, Copy, Debug)]
pub(super) struct TurnEnd {
    pub(super) stopped_at: u64,
    pub(super) committed_at: u64,
}

impl CallFlow {
    /// The wait goes on in another form: for a tool, and then for what the model makes of its answer.
    pub(super) fn await_tools(&mut self) {
        self.tool_wait = self.wait.take();
    }

    /// Whether the caller has heard nothing for so long that a word is due, tools or not.
    pub(super) fn word_is_due(&self) -> bool {
        let wait = self.wait.or(self.tool_wait);
        !self.ledger.is_audible() && wait.is_some_and(|wait| self.now >= wait.began + limits::TOOL_FILLER)
    }

    /// The tools have answered; what was measured of the wait before them counts on.
    pub(super) fn await_after_tools(&mut self) {
        self.await_reply(None);
        if let (Some(wait), Some(before)) = (&mut self.wait, self.tool_wait.take()) {
            wait.began = before.began;
            wait.turn = before.turn;
            wait.asked_at = before.asked_at;
        }
    }

    /// From now on the caller expects sound.
    pub(super) fn await_reply(&mut self, turn: Option<TurnEnd>) {
        self.wait = Some(Wait { since: self.now, began: self.now, asked_again: false, turn, asked_at: None });
    }

    pub(super) fn reply_due(&self) -> Option<u64> {
        let cancelling = match self.reply.state {
            State::Cancelling { at, .. } | State::Asked { at, cancel: true, .. } => Some(at + limits::CANCEL),
            State::Asked { at, cancel: false, .. } => Some(at + limits::REPLY_AGAIN),
            _ => None,
        };
        let ready = self.link.is_ready();
        let waiting = self.wait.filter(|_| ready && !self.caller_has_floor()).map(|wait| {
            wait.since + if wait.asked_again { limits::REPLY_GIVE_UP } else { limits::REPLY_AGAIN }
        });
        let held =
            (ready && self.reply.has_waiting() && self.reply.is_idle() && self.reply.not_before > self.now)
                .then_some(self.reply.not_before);
        [cancelling, waiting, held].into_iter().flatten().min()
    }

    pub(super) fn reply_tick(&mut self, out: &mut Effects) {
        match self.reply.state.clone() {
            State::Cancelling { at, id } if self.now >= at + limits::CANCEL => {
                self.reply.bury(&id);
                self.reply.state = State::Idle;
            }
            State::Asked { at, cancel: true, .. } if self.now >= at + limits::CANCEL => {
                self.reply.state = State::Idle;
            }
            // A request that led to nothing, not even an error.
            State::Asked { at, cancel: false, .. } if self.now >= at + limits::REPLY_AGAIN => {
                self.reply_failed("no answer", out);
            }
            _ => {}
        }
        let Some(wait) = self.wait.filter(|_| self.link.is_ready() && !self.caller_has_floor()) else {
            return;
        };
        if self.now >= wait.since + limits::REPLY_GIVE_UP {
            self.event("reply_overdue", json!({"after_ms": limits::REPLY_GIVE_UP}), out);
            self.wait = None;
            self.give_up(out);
        } else if self.now >= wait.since + limits::REPLY_AGAIN && !wait.asked_again {
            self.event("reply_asked_again", json!({"after_ms": limits::REPLY_AGAIN}), out);
            self.wait = Some(Wait { asked_again: true, ..wait });
            if !matches!(self.reply.state, State::Asked { .. }) {
                let ask = self.stop_reply(out).unwrap_or(Ask::Answer);
                self.reply.enqueue_first(ask);
            }
        }
    }

    /// Asks for the next reply, if it is its time: one at a time, not while the caller has the floor.
    pub(super) fn ask_next(&mut self, out: &mut Effects) {
        if !self.link.is_ready() || (self.caller_has_floor() && !self.course.is_forced()) {
            return;
        }
        let Some(ask) = self.reply.next(self.now) else { return };
        if ask == Ask::Continue {
            self.tell(ClientEvent::Message { role: Role::System, text: phrases::CONTINUE.into() }, out);
        }
        let language = self.settings.session.language.as_deref();
        let instructions = ask.instructions(&self.settings.greeting, language);
        let event = self.tell(ClientEvent::CreateResponse { instructions }, out);
        self.reply.state = State::Asked { ask, at: self.now, event, cancel: false };
        if let Some(wait) = &mut self.wait {
            wait.asked_at.get_or_insert(self.now);
        }
    }

    pub(super) fn reply_begun(&mut self, response_id: &str, out: &mut Effects) {
        let ask = match self.reply.state {
            State::Asked { ask, cancel: false, .. } => ask,
            State::Asked { cancel: true, .. } => {
                self.cancel(response_id.to_owned(), out);
                return;
            }
            // A reply nobody asked for: a server that answers by itself. It is heard like any other.
            State::Idle => Ask::Answer,
            State::Active { .. } | State::Cancelling { .. } => return,
        };
        self.reply.state = State::Active { id: response_id.to_owned(), ask, heard: false };
    }

    fn cancel(&mut self, id: String, out: &mut Effects) {
        let event = self.tell(ClientEvent::CancelResponse { response_id: Some(id.clone()) }, out);
        self.reply.call_off(id, self.now, event);
    }

    /// Stops the reply that is being made; no cancel is sent unless one is. Returns what it was.
    pub(super) fn stop_reply(&mut self, out: &mut Effects) -> Option<Ask> {
        match self.reply.state.clone() {
            State::Active { id, ask, .. } => {
                self.cancel(id, out);
                Some(ask)
            }
            State::Asked { ask, event, .. } => {
                // The server may not have begun: it is stopped when it says that it has.
                self.reply.state = State::Asked { ask, at: self.now, event, cancel: true };
                Some(ask)
            }
            State::Idle | State::Cancelling { .. } => None,
        }
    }

    /// Sound of the agent: passed on at once if it belongs to the living reply, dropped if it is late.
    pub(super) fn speak<'a>(
        &mut self,
        response_id: &str,
        item_id: &str,
        content_index: u32,
        audio: Audio<'a>,
        out: &mut Effects<'a>,
    ) {
        if matches!(self.reply.state, State::Asked { cancel: false, .. }) && !self.reply.is_past(response_id)
        {
            // A server that does not announce its replies.
            self.reply_begun(response_id, out);
        }
        if !self.reply.owns(response_id) || audio.bytes() == 0 {
            return;
        }
        let first = self.first_sound();
        self.reply.failures = 0;
        self.toolbox.heard_something();
        let queued_ms = self.ledger.unplayed_ms();
        let mark = self.ledger.push(item_id, content_index, self.link.session, &audio, self.now);
        self.script.agent_sounds(item_id, self.at(), audio.ms());
        self.analytics.audio_packets_sent += 1;
        if first {
            self.measure_wait(queued_ms);
            self.analytics.greeting_ms.get_or_insert(self.at());
        }
        self.course.goodbye_sounds(self.now, self.ledger.unplayed_ms());
        out.push(Effect::Play(audio));
        out.push(Effect::Mark(mark));
        if self.ledger.unplayed_ms() > limits::UNPLAYED {
            self.event("reply_too_long", json!({"unplayed_ms": self.ledger.unplayed_ms()}), out);
            self.stop_reply(out);
        }
    }

    fn first_sound(&mut self) -> bool {
        match &mut self.reply.state {
            State::Active { heard, .. } => !std::mem::replace(heard, true),
            _ => false,
        }
    }

    fn measure_wait(&mut self, queued_ms: u64) {
        let Some(wait) = self.wait.take() else { return };
        let (Some(turn), Some(asked_at)) = (wait.turn, wait.asked_at) else { return };
        self.analytics.turns.push(TurnLatency {
            vad_ms: turn.committed_at.saturating_sub(turn.stopped_at),
            ours_ms: asked_at.saturating_sub(turn.committed_at),
            model_ms: self.now.saturating_sub(asked_at),
            playback_ms: queued_ms,
        });
    }

    pub(super) fn words(&mut self, response_id: &str, item_id: &str, delta: &str) {
        if self.reply.owns(response_id) {
            self.script.agent_words(item_id, delta);
        }
    }

    pub(super) fn mark_echoed(&mut self, name: &str, out: &mut Effects) {
        let was_audible = self.ledger.is_audible();
        if self.ledger.echoed(name, self.now) && was_audible && !self.ledger.is_audible() {
            self.fell_silent(out);
        }
    }

    /// Everything queued was heard.
    pub(super) fn fell_silent(&mut self, out: &mut Effects) {
        self.caller.agent_fell_silent();
        let at = self.at();
        for turn in self.script.heard_out(at) {
            out.push(Effect::KeepTurn(turn));
        }
    }

    pub(super) fn reply_done(
        &mut self,
        response_id: &str,
        status: ResponseStatus,
        reason: Option<&str>,
        calls: Vec<FunctionCall>,
        out: &mut Effects,
    ) {
        if self.reply.is_past(response_id) {
            return;
        }
        let (ask, heard) = match &self.reply.state {
            State::Active { id, ask, heard } if id == response_id => (Some(*ask), *heard),
            State::Cancelling { id, .. } if id == response_id || id.is_empty() => (None, true),
            // Asked, never announced, and over: a reply without sound, or one that was refused.
            State::Asked { ask, cancel, .. } => ((!cancel).then_some(*ask), false),
            _ => return,
        };
        self.reply.state = State::Idle;
        self.reply.bury(response_id);
        for turn in self.script.said(self.ledger.is_audible(), self.at()) {
            out.push(Effect::KeepTurn(turn));
        }
        let Some(ask) = ask else {
            // It was finished before our cancel came. What it calls for stands in the conversation and is owed an answer.
            if status == ResponseStatus::Completed {
                self.take_calls(calls, heard, out);
            }
            return;
        };
        match status {
            ResponseStatus::Completed if calls.is_empty() && !heard => {
                self.reply.enqueue_first(ask);
                self.reply_failed("empty", out);
            }
            ResponseStatus::Completed => self.take_calls(calls, heard, out),
            ResponseStatus::Cancelled => {}
            ResponseStatus::Failed => {
                self.reply.enqueue_first(ask);
                self.reply_failed(reason.unwrap_or("failed"), out);
            }
            ResponseStatus::Incomplete => self.reply_cut(reason, out),
        }
    }

    /// A failed reply is silence on the phone: once more, then the ladder.
    pub(super) fn reply_failed(&mut self, code: &str, out: &mut Effects) {
        self.event("reply_failed", json!({"code": code}), out);
        if let State::Asked { ask, .. } = self.reply.state {
            self.reply.state = State::Idle;
            self.reply.enqueue_first(ask);
        }
        self.reply.failures += 1;
        if error_verdict(code, false) == Verdict::Fatal || self.reply.failures > 1 {
            self.give_up(out);
            return;
        }
        if code.contains("rate_limit") {
            self.reply.not_before = self.now + RATE_LIMIT_PAUSE;
        }
        if self.wait.is_none() {
            self.await_reply(None);
        }
    }

    fn reply_cut(&mut self, reason: Option<&str>, out: &mut Effects) {
        self.event("reply_cut", json!({"reason": reason}), out);
        if reason == Some("content_filter") {
            self.reply.enqueue(Ask::Decline);
        } else if self.reply.continued < CONTINUE_MOST {
            self.reply.continued += 1;
            self.reply.enqueue(Ask::Continue);
        }
    }

    /// An error about our very request for a reply: there will be none.
    pub(super) fn request_refused(&self, event_id: Option<&str>) -> bool {
        let State::Asked { event, .. } = self.reply.state else { return false };
        event_id.is_some_and(|id| id.strip_prefix('c').and_then(|number| number.parse().ok()) == Some(event))
    }

    /// Errors that answer a race: the reply's state follows the server's.
    pub(super) fn race_lost(&mut self, code: &str) {
        match (code, self.reply.state.clone()) {
            ("conversation_already_has_active_response", State::Asked { ask, .. }) => {
                // The server is busy with a reply we have not heard of yet; ours stays in line until it is done.
                self.reply.state = State::Cancelling { id: String::new(), at: self.now };
                self.reply.enqueue_first(ask);
            }
            (CANCEL_CAME_LATE, State::Cancelling { .. }) => self.reply.state = State::Idle,
            _ => {}
        }
    }

    /// Adds up what a reply used. Cached tokens are part of those read and cost their own price.
    pub(super) fn count_usage(&mut self, count: TokenCount) {
        let usage = Usage {
            text_in: count.text_in.saturating_sub(count.text_cached),
            text_cached: count.text_cached,
            text_out: count.text_out,
            audio_in: count.audio_in.saturating_sub(count.audio_cached),
            audio_cached: count.audio_cached,
            audio_out: count.audio_out,
        };
        self.analytics.usage.add(usage);
        if let Some(price) = self.settings.price {
            self.analytics.cost_micros = price.micros(&self.analytics.usage);
        }
    }
}

/// How long to leave a provider alone that has too much to do, in ms.
const RATE_LIMIT_PAUSE: u64 = 700;
/// Times one turn's reply is continued after hitting a limit.
const CONTINUE_MOST: u32 = 2;
