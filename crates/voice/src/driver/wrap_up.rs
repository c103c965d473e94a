//! The end of a call: what is stored, and what is done about the caller's line.

use super::Shared;
use crate::flow::{Leave, Line};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use studioconnect_assistant::conversation::Conversation;
use studioconnect_assistant::desk::Desk;
use studioconnect_assistant::summary;
use studioconnect_domain::call::{Analytics, Call, CallStatus, EndReason, Outcome};
use studioconnect_domain::lead::Lead;
use studioconnect_domain::priority::History;
use studioconnect_domain::transcript::{Speaker, Turn};
use studioconnect_store::{Finish, Reception, Write};

/// The line is not kept open for a database that is away.
const STORE_LIMIT: Duration = Duration::from_secs(1);
/// Nor for a provider that does not answer; closing the stream makes it ask us what to do.
const HANG_UP_LIMIT: Duration = Duration::from_secs(3);

pub(super) struct WrapUp {
    pub(super) shared: Arc<Shared>,
    pub(super) call: Call,
    pub(super) leave: Leave,
    pub(super) analytics: Analytics,
    pub(super) turns: Vec<Turn>,
    pub(super) lead: Option<Lead>,
    pub(super) conversation: Conversation,
    pub(super) reception: Reception,
    pub(super) lasted: Duration,
    pub(super) last_fault: Option<String>,
}

impl WrapUp {
    /// Stores the end, then hangs up: `/resume` must find an ended call when the network asks (design 3.12). True when the
    /// network has been asked to hang up and said yes.
    pub(super) async fn run(mut self) -> bool {
        self.shared.counters.add_call(&self.analytics);
        self.learn();
        self.log();
        // Its answers were kept one by one, each by its own hand; this is the last word.
        if let Some(lead) = &self.lead {
            self.shared.scribe.keep_lead(lead.clone());
        }
        let finish = Box::new(self.end());
        self.shared.scribe.write(Write::Finish { call: self.call.id, finish });
        if self.leave.line == Line::Gone {
            return false;
        }
        let _ = tokio::time::timeout(STORE_LIMIT, self.shared.scribe.flush()).await;
        if self.leave.line != Line::HangUp {
            return false;
        }
        match tokio::time::timeout(HANG_UP_LIMIT, self.shared.twilio.end_call(&self.call.provider_sid)).await
        {
            Ok(Ok(_)) => true,
            Ok(Err(fault)) => {
                tracing::warn!(call = %self.call.id, %fault, "the line could not be hung up by request; closing its stream");
                false
            }
            Err(_) => {
                tracing::warn!(call = %self.call.id, "the network did not answer the request to hang up; closing the stream");
                false
            }
        }
    }

    /// What the call was about. It is found out now, as rules over words have no place between two frames of sound.
    fn learn(&mut self) {
        let Reception { business, plan, config, questions, alarm } = &self.reception;
        let now = self.shared.clock.now();
        let desk = Desk { business, plan, config, questions, alarm, history: History::default(), now };
        for turn in self.turns.iter().filter(|turn| turn.speaker == Speaker::Caller) {
            self.conversation.overhear(&turn.text, &desk);
        }
        self.analytics.topic = self.conversation.stored_topic();
        self.analytics.details = self.conversation.stored_details();
    }

    fn end(&self) -> Finish {
        // A line that goes on to the fallback, or whose fate is unknown, is the provider's to end.
        let is_over = matches!(self.leave.line, Line::Gone | Line::HangUp);
        Finish {
            status: if is_over { CallStatus::Completed } else { CallStatus::InProgress },
            outcome: match self.leave.line {
                // The caller may still leave a message.
                Line::Fallback => self.lead.as_ref().map(|_| Outcome::Lead),
                _ => Some(self.outcome()),
            },
            end_reason: Some(self.leave.reason),
            ended_at: self.shared.clock.now(),
            duration_seconds: is_over.then_some(self.lasted.as_secs() as u32),
            summary: summary::of_call(self.lead.as_ref(), &self.turns),
            analytics: Some(Analytics {
                connection_status: Some("DISCONNECTED".into()),
                ..self.analytics.clone()
            }),
        }
    }

    fn outcome(&self) -> Outcome {
        if self.lead.is_some() {
            Outcome::Lead
        } else if self.turns.iter().any(|turn| turn.speaker == Speaker::Caller) {
            Outcome::Talked
        } else {
            Outcome::Abandoned
        }
    }

    /// One line for each call; a failed one names stage and cause. Never words, never a number.
    fn log(&self) {
        let (call, reason, lasted_ms) = (self.call.id, self.leave.reason, self.lasted.as_millis() as u64);
        if !matches!(reason, EndReason::ModelUnavailable | EndReason::StreamLost) {
            tracing::info!(%call, ?reason, lasted_ms, "call ends");
            return;
        }
        self.shared.counters.failed_calls.fetch_add(1, Ordering::Relaxed);
        let stage = match (self.analytics.greeting_ms, reason) {
            (None, _) => "before the greeting",
            (Some(_), EndReason::StreamLost) => "caller's stream",
            (Some(_), _) => "conversation",
        };
        let cause = self.last_fault.as_deref().unwrap_or("no answer in time");
        tracing::warn!(%call, stage, cause, lasted_ms, ?reason, "call failed");
    }
}
