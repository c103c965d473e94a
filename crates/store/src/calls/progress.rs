//! How a call's row may change: pure rules, so that every order of events is a case of a table.
//!
//! Our own word and the provider's come in any order, late or again. The rules: a call that is over stays over; on how
//! and how long, the provider's word counts more than ours; the earliest time counts; the better outcome counts.

use chrono::{DateTime, Utc};
use studioconnect_domain::call::{Analytics, Call, CallStatus, EndReason, Outcome};

/// What we know at the end of a call. What is none leaves what is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Finish {
    /// How it ended. A status that is not final keeps the call open, for the provider to end.
    pub status: CallStatus,
    /// What came of it; a better one that is known already stays.
    pub outcome: Option<Outcome>,
    /// Why it ended; the first reason told stays.
    pub end_reason: Option<EndReason>,
    /// When it was over; counts only with a final status.
    pub ended_at: DateTime<Utc>,
    /// Its length as we count it, in seconds.
    pub duration_seconds: Option<u32>,
    /// What it was about.
    pub summary: Option<String>,
    /// Counters and latencies, in the place of those before.
    pub analytics: Option<Analytics>,
}

/// What the provider says of a call in a status callback (protocols/twilio.md, section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusReport {
    /// Where it stands.
    pub status: CallStatus,
    /// Its length in seconds (`CallDuration`), once it is over.
    pub duration_seconds: Option<u32>,
    /// When the report came.
    pub at: DateTime<Utc>,
}

/// A call with what is needed to weigh one word on it against another.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tracked {
    pub(crate) call: Call,
    /// The final status is the provider's.
    pub(crate) provider_has_ended: bool,
    /// Length as we count it.
    pub(crate) counted_seconds: Option<u32>,
    /// Length as the provider counts it.
    pub(crate) provider_seconds: Option<u32>,
}

impl From<Call> for Tracked {
    fn from(call: Call) -> Self {
        let counted_seconds = call.duration_seconds;
        Self { call, provider_has_ended: false, counted_seconds, provider_seconds: None }
    }
}

impl Tracked {
    /// The media stream has begun.
    pub(crate) fn answer(&mut self, at: DateTime<Utc>, connection_id: &str) {
        let call = &mut self.call;
        call.answered_at = Some(call.answered_at.map_or(at, |known| known.min(at)));
        let is_over = call.status.is_final();
        if !is_over {
            call.status = CallStatus::InProgress;
            call.analytics.connection_status = Some("CONNECTED".to_owned());
        }
        if !is_over || call.analytics.connection_id.is_none() {
            call.analytics.connection_id = Some(connection_id.to_owned());
        }
    }

    /// Our own word on the end.
    pub(crate) fn finish(&mut self, finish: &Finish) {
        if finish.status.is_final() {
            self.end(finish.status, finish.ended_at);
        } else {
            self.advance(finish.status);
        }
        self.counted_seconds = finish.duration_seconds.or(self.counted_seconds);
        self.settle_duration();
        let call = &mut self.call;
        if finish.outcome.map(worth) > call.outcome.map(worth) {
            call.outcome = finish.outcome;
        }
        call.end_reason = call.end_reason.or(finish.end_reason);
        if let Some(summary) = &finish.summary {
            call.summary = Some(summary.clone());
        }
        if let Some(analytics) = &finish.analytics {
            call.analytics = analytics.clone();
        }
    }

    /// The provider's word.
    pub(crate) fn report(&mut self, report: &StatusReport) {
        if !report.status.is_final() {
            self.advance(report.status);
            return;
        }
        if !self.provider_has_ended {
            self.provider_has_ended = true;
            self.end(report.status, report.at);
            self.call.status = report.status;
        }
        // A repeat says the same; should it differ, the longer is what is billed.
        self.provider_seconds = self.provider_seconds.max(report.duration_seconds);
        self.settle_duration();
    }

    fn end(&mut self, status: CallStatus, at: DateTime<Utc>) {
        let call = &mut self.call;
        if !call.status.is_final() {
            call.status = status;
        }
        call.ended_at = Some(call.ended_at.map_or(at, |known| known.min(at)));
    }

    fn advance(&mut self, status: CallStatus) {
        if self.call.status == CallStatus::Ringing {
            self.call.status = status;
        }
    }

    fn settle_duration(&mut self) {
        self.call.duration_seconds = self.provider_seconds.or(self.counted_seconds);
    }
}

/// Outcomes by what they are worth to the business: a lead that a late voicemail row would hide is a lost lead.
fn worth(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Abandoned => 0,
        Outcome::NoMessage => 1,
        Outcome::Talked => 2,
        Outcome::Voicemail => 3,
        Outcome::Lead => 4,
    }
}

#[cfg(test)]
mod tests;
