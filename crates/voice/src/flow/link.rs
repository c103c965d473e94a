//! The model's session: configured before the first sound, opened once more when it is lost.

use super::audio::Audio;
use super::effect::{Effect, Line};
use super::reply::Ask;
use super::settings::limits;
use super::{CallFlow, Effects};
use serde_json::json;
use std::collections::VecDeque;
use studioconnect_assistant::phrases;
use studioconnect_connectors::openai::realtime::{ClientEvent, Role, Verdict, error_verdict};
use studioconnect_domain::call::EndReason;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The socket is being opened, or is open and has not spoken.
    Opening,
    /// `session.update` is on its way.
    Configuring,
    /// Everything flows.
    Ready,
    /// Given up. What the caller still has queued is played out.
    Down,
}

#[derive(Debug)]
pub(super) struct Link {
    pub(super) state: State,
    /// Counts sessions: items of an earlier one cannot be cut or deleted any more.
    pub(super) session: u32,
    /// Since when the caller has been without a model.
    pub(super) since: u64,
    reconnected_at: Option<u64>,
    /// What the agent was about to say when the last session was lost.
    owed: Option<Ask>,
    kept: VecDeque<(Audio<'static>, Option<i8>)>,
    kept_ms: u64,
    /// Sound appended in this session, in ms: the clock of the server's audio positions.
    pub(super) appended_ms: u64,
}

impl Link {
    pub(super) fn new(now: u64) -> Self {
        Self {
            state: State::Opening,
            session: 0,
            since: now,
            reconnected_at: None,
            owed: None,
            kept: VecDeque::new(),
            kept_ms: 0,
            appended_ms: 0,
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        self.state == State::Ready
    }

    /// Keeps sound for a model that is not there yet; returns what had to be given up for it, in ms.
    pub(super) fn keep(&mut self, audio: Audio<'static>, level: Option<i8>) -> u64 {
        self.kept_ms += audio.ms();
        self.kept.push_back((audio, level));
        let mut dropped = 0;
        while self.kept_ms > limits::KEEP_AUDIO {
            let Some((oldest, _)) = self.kept.pop_front() else { break };
            self.kept_ms -= oldest.ms();
            dropped += oldest.ms();
        }
        dropped
    }
}

impl CallFlow {
    pub(super) fn link_due(&self) -> Option<u64> {
        let timed =
            matches!(self.link.state, State::Opening | State::Configuring) && self.started_at.is_some();
        timed.then(|| self.link.since + limits::CONFIGURE)
    }

    pub(super) fn link_tick(&mut self, out: &mut Effects) {
        if self.link_due().is_some_and(|due| due <= self.now) {
            self.event("session_timed_out", json!({"after_ms": limits::CONFIGURE}), out);
            // Another attempt would not fit into the time a caller may be left without a word.
            self.give_up(out);
        }
    }

    /// Nothing is sent on a fresh socket: the server speaks first.
    pub(super) fn model_connected(&mut self) {
        if self.link.state == State::Opening {
            self.link.appended_ms = 0;
        }
    }

    pub(super) fn configure(&mut self, out: &mut Effects) {
        if self.link.state == State::Opening {
            self.link.state = State::Configuring;
            let settings = Box::new(self.settings.session.clone());
            self.tell(ClientEvent::SessionUpdate(settings), out);
        }
    }

    pub(super) fn session_ready(&mut self, out: &mut Effects) {
        if self.link.state != State::Configuring {
            return;
        }
        self.link.state = State::Ready;
        let waited = self.now.saturating_sub(self.link.since);
        self.event("session_ready", json!({"session": self.link.session, "after_ms": waited}), out);
        if self.link.session > 0 {
            self.replay_history(out);
        }
        for (audio, level) in std::mem::take(&mut self.link.kept) {
            self.link.appended_ms += audio.ms();
            self.caller.levels.note(self.link.appended_ms, audio.ms(), level);
            out.push(Effect::Hear(audio));
        }
        self.link.kept_ms = 0;
        self.greet();
        self.resume(out);
    }

    /// The greeting is said once, when both stream and session are there; again only if nobody heard any of it.
    fn greet(&mut self) {
        if self.script.agent_has_spoken() || self.caller.has_had_a_turn {
            return;
        }
        self.reply.enqueue(Ask::Greeting);
        self.await_reply(None);
    }

    /// Puts what was said, as far as it was heard, and what tools answered into the new session. Sound of the agent cannot
    /// be put back (protocols, section 1), so all of it goes as text.
    fn replay_history(&mut self, out: &mut Effects) {
        for event in self.script.history() {
            self.tell(event, out);
        }
    }

    fn resume(&mut self, out: &mut Effects) {
        match self.link.owed.take() {
            None | Some(Ask::Nudge | Ask::Warning | Ask::Decline | Ask::Goodbye) => {}
            // A greeting that nobody heard any of has been put in line again already.
            Some(Ask::Greeting) if !self.script.agent_has_spoken() => {}
            Some(_) => {
                self.reply.enqueue(Ask::Resume);
                self.await_reply(None);
            }
        }
        if self.wait.is_some() && self.reply.is_quiet() {
            self.reply.enqueue(Ask::Resume);
        }
        if self.reply.is_waiting_for(Ask::Resume) {
            self.tell(ClientEvent::Message { role: Role::System, text: phrases::RESUMED.into() }, out);
        }
        if self.link.session > 0 {
            self.event("session_resumed", json!({"session": self.link.session}), out);
        }
    }

    pub(super) fn model_lost(&mut self, verdict: Verdict, detail: &str, out: &mut Effects) {
        if self.link.state == State::Down {
            return;
        }
        self.event("model_lost", json!({"verdict": verdict, "detail": detail}), out);
        let speaking = self.reply.forget();
        if self.course.is_ending() {
            self.link.state = State::Down;
            return;
        }
        let again = self.link.reconnected_at.is_none_or(|at| self.now >= at + limits::RECONNECT_EVERY)
            && self.link.session < limits::RECONNECTS;
        if verdict == Verdict::Fatal || !again {
            self.give_up(out);
            return;
        }
        // A caller who never had a model has been waiting since the stream began, not since this attempt.
        if self.link.state == State::Ready || self.link.session > 0 {
            self.link.since = self.now;
        }
        self.link.owed = self.link.owed.or(speaking);
        self.link.reconnected_at = Some(self.now);
        self.link.session += 1;
        self.link.state = State::Opening;
        self.link.appended_ms = 0;
        self.caller.forget_session();
        self.analytics.reconnects += 1;
        out.push(Effect::DialModel);
    }

    /// The model is no use to this call any more. The caller hears what is queued, then the fallback.
    pub(super) fn give_up(&mut self, out: &mut Effects) {
        self.link.state = State::Down;
        self.reply.forget();
        self.event("model_given_up", json!({"unplayed_ms": self.ledger.unplayed_ms()}), out);
        if !self.ledger.is_audible() && !self.course.is_ending() {
            self.leave(EndReason::ModelUnavailable, Line::Fallback, out);
        }
    }

    pub(super) fn model_error(
        &mut self,
        code: &str,
        message: &str,
        event_id: Option<&str>,
        out: &mut Effects,
    ) {
        if code == CANCEL_CAME_LATE && self.reply.was_called_off_by(event_id) {
            // Our cancel and the server's word that the reply is over crossed on the wire: neither side did wrong.
            self.event("cancel_crossed", json!({"event": event_id}), out);
            self.race_lost(code);
            return;
        }
        self.analytics.model_errors += 1;
        let configuring = matches!(self.link.state, State::Opening | State::Configuring);
        let verdict = error_verdict(code, configuring);
        // The server's words may quote what was said; only its code goes into the log.
        let about = event_id.map(str::to_owned);
        self.event(
            "model_error",
            json!({"code": code, "verdict": verdict, "event": about, "length": message.len()}),
            out,
        );
        match verdict {
            Verdict::Benign if self.request_refused(event_id) && !code.contains("active_response") => {
                self.reply_failed(code, out);
            }
            Verdict::Benign => self.race_lost(code),
            // A reply that is being made reports its own failure when it is done.
            Verdict::Retry if matches!(self.reply.state, super::reply::State::Asked { .. }) => {
                self.reply_failed(code, out);
            }
            Verdict::Retry => {}
            Verdict::Reconnect => self.model_lost(verdict, code, out),
            Verdict::Fatal => self.give_up(out),
        }
    }
}

/// There is no reply to call off (protocols/openai-realtime.md, section 12).
pub(super) const CANCEL_CAME_LATE: &str = "response_cancel_not_active";
