//! The course of a call: silence, limits, goodbye, end.

use super::effect::{Effect, Leave, Line};
use super::link::State;
use super::reply::Ask;
use super::settings::limits;
use super::{CallFlow, Effects};
use serde_json::json;
use studioconnect_domain::call::EndReason;

#[derive(Debug, Default)]
pub(super) struct Course {
    /// Since when nobody says or does anything.
    idle_since: Option<u64>,
    nudges: u32,
    warned: bool,
    ending: Option<Ending>,
    pub(super) is_over: bool,
}

#[derive(Clone, Copy, Debug)]
struct Ending {
    reason: EndReason,
    /// The line is closed then, whatever has been heard.
    deadline: u64,
    latest: u64,
}

impl Course {
    pub(super) fn is_ending(&self) -> bool {
        self.ending.is_some()
    }

    /// An end that the caller cannot talk us out of.
    pub(super) fn is_forced(&self) -> bool {
        self.ending.is_some_and(|ending| matches!(ending.reason, EndReason::TimeLimit | EndReason::SpendCap))
    }

    pub(super) fn caller_spoke(&mut self) {
        self.nudges = 0;
        self.idle_since = None;
        if !self.is_forced() {
            self.ending = None;
        }
    }

    /// "Wait, one more thing": a goodbye that is interrupted is none.
    pub(super) fn caller_interrupted(&mut self) {
        self.idle_since = None;
        if !self.is_forced() {
            self.ending = None;
        }
    }

    /// The goodbye is being said: the line stays open until it was heard.
    pub(super) fn goodbye_sounds(&mut self, now: u64, unplayed_ms: u64) {
        if let Some(ending) = &mut self.ending {
            ending.deadline = (now + unplayed_ms + limits::MARK).max(ending.deadline).min(ending.latest);
        }
    }
}

impl CallFlow {
    pub(super) fn tick(&mut self, out: &mut Effects) {
        let matters = [
            Self::link_tick,
            Self::reply_tick,
            Self::caller_tick,
            Self::toolbox_tick,
            Self::ledger_tick,
            Self::limits_tick,
            Self::silence_tick,
        ];
        for matter in matters {
            if !self.course.is_over {
                matter(self, out);
            }
        }
    }

    fn ledger_tick(&mut self, out: &mut Effects) {
        while self.ledger.write_off(self.now) {
            self.marks_lost += 1;
            if self.marks_lost == 1 {
                self.event("mark_lost", json!({}), out);
            }
            if !self.ledger.is_audible() {
                self.fell_silent(out);
            }
        }
    }

    pub(super) fn course_due(&self) -> Option<u64> {
        let started = self.started_at?;
        if let Some(ending) = self.course.ending {
            return Some(ending.deadline);
        }
        let longest = started + self.settings.max_call_ms;
        let warning = (!self.course.warned && self.warns()).then(|| longest.saturating_sub(limits::WARNING));
        let nudge = self.course.idle_since.map(|since| since + self.settings.silence_nudge_ms);
        [Some(longest), warning, nudge].into_iter().flatten().min()
    }

    fn warns(&self) -> bool {
        self.settings.max_call_ms > 2 * limits::WARNING
    }

    fn limits_tick(&mut self, out: &mut Effects) {
        let Some(started) = self.started_at else { return };
        if self.course.is_ending() || self.course.is_over {
            return;
        }
        let longest = started + self.settings.max_call_ms;
        if self.now >= longest {
            self.begin_ending(EndReason::TimeLimit, false);
        } else if self.warns() && !self.course.warned && self.now + limits::WARNING >= longest {
            self.course.warned = true;
            self.event("limit_near", json!({"left_ms": longest - self.now}), out);
            self.reply.enqueue(Ask::Warning);
        }
    }

    fn silence_tick(&mut self, out: &mut Effects) {
        let nudge = self.settings.silence_nudge_ms;
        if self.course.idle_since.is_none_or(|since| self.now < since + nudge) {
            return;
        }
        self.course.idle_since = None;
        if self.course.nudges < limits::NUDGES {
            self.course.nudges += 1;
            self.analytics.nudges += 1;
            self.event("nudge", json!({"count": self.course.nudges}), out);
            self.reply.enqueue(Ask::Nudge);
        } else {
            self.begin_ending(EndReason::Silence, false);
        }
    }

    /// Nobody waits for a caller who is listening, waiting for a tool, or speaking.
    pub(super) fn watch_silence(&mut self) {
        let idle = self.link.is_ready()
            && self.started_at.is_some()
            && self.reply.is_quiet()
            && !self.ledger.is_audible()
            && self.toolbox.is_empty()
            && !self.caller_has_floor()
            && self.wait.is_none()
            && !self.course.is_ending();
        if !idle {
            self.course.idle_since = None;
        } else if self.course.idle_since.is_none() {
            self.course.idle_since = Some(self.now);
        }
    }

    /// The call is to end: after the goodbye, unless it `was_said` already.
    pub(super) fn begin_ending(&mut self, reason: EndReason, was_said: bool) {
        self.wait = None;
        let latest = self.now + self.ledger.unplayed_ms() + 2 * limits::GOODBYE;
        let patience = if was_said { limits::MARK } else { limits::GOODBYE };
        let deadline = self.now + self.ledger.unplayed_ms() + patience;
        self.course.ending = Some(Ending { reason, deadline, latest });
        self.reply.drop_overtaken();
        if !was_said && self.link.is_ready() {
            self.reply.enqueue(Ask::Goodbye);
        }
    }

    pub(super) fn end_when_done(&mut self, out: &mut Effects) {
        if self.link.state == State::Down && !self.ledger.is_audible() && !self.course.is_ending() {
            self.leave(EndReason::ModelUnavailable, Line::Fallback, out);
            return;
        }
        if self.spend_cap_reached() {
            self.event("spend_cap_reached", json!({"cost_micros": self.analytics.cost_micros}), out);
            self.begin_ending(EndReason::SpendCap, false);
        }
        let Some(ending) = self.course.ending else { return };
        // Somebody who has begun to speak may have one more thing to say; the deadline holds all the same.
        let floor_is_free = self.course.is_forced() || !self.caller_has_floor();
        let said = self.reply.is_quiet() && !self.ledger.is_audible() && floor_is_free;
        let unsayable = !self.link.is_ready() && !self.ledger.is_audible();
        if said || unsayable || self.now >= ending.deadline {
            self.leave(ending.reason, Line::HangUp, out);
        }
    }

    fn spend_cap_reached(&self) -> bool {
        !self.course.is_ending()
            && self.settings.spend_cap_micros.is_some_and(|cap| self.analytics.cost_micros >= cap)
    }

    /// The last effect of a call. What the agent was saying is kept as far as it was heard.
    pub(super) fn leave(&mut self, reason: EndReason, line: Line, out: &mut Effects) {
        if self.course.is_over {
            return;
        }
        let at = self.at();
        for cut in self.ledger.interrupt(self.now) {
            if let Some(turn) = self.script.cut(&cut, at) {
                out.push(Effect::KeepTurn(turn));
            }
        }
        for turn in self.script.said(false, at) {
            out.push(Effect::KeepTurn(turn));
        }
        self.analytics.message_count = self.script.len();
        if self.marks_lost > 1 {
            self.event("marks_lost", json!({"count": self.marks_lost}), out);
        }
        self.event("left", json!({"reason": reason, "line": line}), out);
        out.push(Effect::Leave(Leave { reason, line }));
        self.course.is_over = true;
    }
}
