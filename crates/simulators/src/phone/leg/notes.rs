//! What a leg notes for the report and tells those who listen.

use std::sync::Arc;

use super::Leg;
use crate::phone::ear::{Change, Mark};
use crate::phone::event::{PhoneEvent, PhoneEventKind};
use crate::phone::mouth::Act;
use crate::phone::report::MarkOutcome;
use crate::phone::violation::{Alert, Violation};

/// Violations, alerts and failed steps kept per call.
const MAX_NOTES: usize = 200;

impl Leg {
    pub(crate) fn tell_act(&mut self, act: &Act) {
        match act {
            Act::Begins(text) => self.emit(PhoneEventKind::CallerSpeaks { text: text.clone() }),
            Act::Finished { .. } => self.emit(PhoneEventKind::CallerPauses),
            Act::Digit(digit) => {
                self.report.digits.push(*digit);
                self.emit(PhoneEventKind::Pressed { digit: *digit });
            }
            Act::Failed(what) => self.note_failure(what),
            Act::HangUp => self.is_hanging_up = true,
            Act::CutSocket | Act::RawText(_) | Act::RawBytes(_) if !self.is_streaming => {
                self.note_failure("no media stream is open");
            }
            Act::CutSocket | Act::RawText(_) | Act::RawBytes(_) => {}
        }
    }

    fn note_failure(&mut self, what: &str) {
        if self.report.script_failures.len() < MAX_NOTES {
            self.report.script_failures.push(what.to_owned());
        }
    }

    pub(crate) fn tell_change(&mut self, change: Option<Change>) {
        match change {
            None => {}
            Some(Change::Ended { heard_ms }) => {
                self.emit(PhoneEventKind::AgentPauses { heard_ms });
            }
            Some(Change::Began) => {
                let now = self.now_ms();
                let after = self.mouth.said.last().map(|said| now.saturating_sub(said.end_ms));
                self.emit(PhoneEventKind::AgentSpeaks { after_caller_ms: after });
            }
        }
    }

    pub(crate) fn emit(&self, kind: PhoneEventKind) {
        let event = PhoneEvent { call_sid: Arc::clone(&self.about.sid), at_ms: self.now_ms(), kind };
        // Nobody listening is no fault.
        let _ = self.line.events.send(event.clone());
        let _ = self.network.events.send(event);
    }

    pub(crate) fn violation(&mut self, code: u32, what: impl Into<String>) {
        let violation = Violation { code, what: what.into(), call_sid: Some(self.about.sid.to_string()) };
        if self.report.violations.len() >= MAX_NOTES {
            return;
        }
        self.emit(PhoneEventKind::Violation { code, what: violation.what.clone() });
        self.report.violations.push(violation.clone());
        self.network.violation(violation);
    }

    pub(crate) fn alert(&mut self, code: u32, what: impl Into<String>) {
        let at_ms = self.now_ms();
        if self.report.alerts.len() < MAX_NOTES {
            self.report.alerts.push(Alert { code, what: what.into(), at_ms });
        }
    }

    /// Notes what became of marks.
    pub(crate) fn settle(&mut self, marks: &[Mark], outcome: MarkOutcome) {
        let now = self.now_ms();
        for mark in marks {
            if let Some(record) = self.report.marks.get_mut(mark.record) {
                record.outcome = outcome;
                record.echoed_at_ms = (outcome != MarkOutcome::Lost).then_some(now);
            }
        }
    }
}
