//! One session: what a client sends goes in, what the server says comes out, time passes in between.
//! No socket here; `socket` carries the frames.

mod audio;
mod clock;
mod items;
mod replies;
mod script;
mod sending;
mod speaking;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::brain::Mind;
use super::config::{Circumstances, Config};
use super::conversation::Conversation;
use super::ear::Ear;
use super::faults::{Fault, FaultPlan};
use super::hub::{Hub, SharedReport, locked};
use super::report::{SessionEnd, SessionReport, Violation};
use super::schema::{Refusal, check_event};
use super::settings::Dialect;
use super::usage::Tokens;
use super::wire::{Outgoing, Wire};
use clock::Later;
use speaking::Speaking;

/// Who connects, from the upgrade request.
#[derive(Debug, Clone, Default)]
pub(super) struct Visitor {
    /// The `model` of the URL.
    pub(super) model: String,
    /// The `OpenAI-Beta` header.
    pub(super) beta_header: Option<String>,
    /// The `OpenAI-Safety-Identifier` header.
    pub(super) safety_identifier: Option<String>,
}

pub(super) struct Session {
    hub: Arc<Hub>,
    number: usize,
    visitor: Visitor,
    started: Instant,
    plan: FaultPlan,
    /// Which timed faults of the plan have struck.
    struck: HashSet<usize>,
    wire: Wire,
    config: Config,
    ear: Ear,
    conversation: Conversation,
    mind: Mind,
    speaking: Vec<Speaking>,
    agenda: BTreeMap<(Instant, u64), Later>,
    /// Orders entries of the agenda that are due at the same time.
    entries: u64,
    /// The id the item of the speech in progress will have.
    speech_item: Option<String>,
    idle_due: Option<Instant>,
    responses_made: usize,
    has_spoken: bool,
    is_configured: bool,
    was_early: bool,
    is_replay: bool,
    previous_input: Tokens,
    /// Up to which change of the conversation the report is up to date.
    published: u64,
    report: SharedReport,
}

impl Session {
    pub(super) fn new(hub: Arc<Hub>, number: usize, visitor: Visitor) -> Self {
        let plan = hub.faults.borrow().clone();
        let mut wire = Wire::new(hub.settings.dialect, number, plan.strangeness);
        let id = wire.id("sess");
        let config = Config::new(hub.settings.dialect, &id, &visitor.model, hub.settings.session_life);
        let report = hub.add_report(SessionReport {
            number,
            id,
            model: visitor.model.clone(),
            safety_identifier: visitor.safety_identifier.clone(),
            config: config.session().clone(),
            ..SessionReport::default()
        });
        let terms = config.terms();
        let ear = Ear::new(terms.input, terms.vad);
        let mind = Mind::new(hub.brain());
        Self {
            hub,
            number,
            visitor,
            started: Instant::now(),
            plan,
            struck: HashSet::new(),
            wire,
            config,
            ear,
            conversation: Conversation::default(),
            mind,
            speaking: Vec::new(),
            agenda: BTreeMap::new(),
            entries: 0,
            speech_item: None,
            idle_due: None,
            responses_made: 0,
            has_spoken: false,
            is_configured: false,
            was_early: false,
            is_replay: false,
            previous_input: Tokens::default(),
            published: 0,
            report,
        }
    }

    /// Whether the plan wants this session to say nothing at all.
    pub(super) fn is_silent(&self) -> bool {
        self.plan.in_session(self.number).any(|(_, planned)| planned.fault == Fault::Silent)
    }

    /// Greets with `session.created`, or turns the visitor away.
    pub(super) fn open(&mut self) {
        let dialect = self.hub.settings.dialect;
        let refusal = match (dialect, self.visitor.beta_header.as_deref()) {
            (Dialect::Ga, Some(_)) => Some(Refusal::new(
                "beta_api_shape_disabled",
                "",
                "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API.",
            )),
            (Dialect::Beta, None) => Some(Refusal::new(
                "missing_beta_header",
                "",
                "You must send the 'OpenAI-Beta: realtime=v1' header to use this API.",
            )),
            (Dialect::Ga, None) if !self.has_model() => Some(Refusal::new(
                "model_not_found",
                "model",
                format!("The model '{}' does not exist or you do not have access to it.", self.visitor.model),
            )),
            _ => None,
        };
        if let Some(refusal) = refusal {
            self.refuse(&refusal, &Value::Null);
            self.end(4000, "invalid_request_error");
            return;
        }
        let session = self.config.session().clone();
        self.wire.emit(json!({"type": "session.created", "session": session}));
    }

    fn has_model(&self) -> bool {
        self.hub.models().iter().any(|model| model.id == self.visitor.model)
    }

    /// Takes over a changed plan; its timed faults may strike again.
    pub(super) fn replan(&mut self, plan: FaultPlan) {
        self.wire.strangeness = plan.strangeness;
        self.plan = plan;
        self.struck.clear();
    }

    /// Takes a text frame.
    pub(super) fn receive(&mut self, text: &str, now: Instant) {
        let event = match serde_json::from_str::<Value>(text) {
            Ok(event) if event.is_object() => event,
            _ => {
                let refusal = Refusal::new("invalid_event", "", "The event is not a JSON object.");
                self.refuse(&refusal, &Value::Null);
                return;
            }
        };
        locked(&self.report).note_event(now - self.started, &event);
        let outcome =
            check_event(self.hub.settings.dialect, &event).and_then(|()| self.dispatch(&event, now));
        if let Err(refusal) = outcome {
            self.refuse(&refusal, &event);
        }
        self.publish();
    }

    /// Takes a binary frame, which the real service has no use for.
    pub(super) fn receive_binary(&mut self, bytes: usize) {
        let message = format!("Binary frames are not supported ({bytes} bytes).");
        self.wire.refuse(&Refusal::new("invalid_event", "", message.clone()), None);
        self.violation("binary_frame", &message, None, &Value::Null);
    }

    fn dispatch(&mut self, event: &Value, now: Instant) -> Result<(), Refusal> {
        match event.get("type").and_then(Value::as_str).unwrap_or_default() {
            "session.update" => self.update(event),
            "input_audio_buffer.append" => self.append(event, now),
            "input_audio_buffer.commit" => self.commit(now),
            "input_audio_buffer.clear" => {
                self.ear.clear();
                self.wire.emit(json!({"type": "input_audio_buffer.cleared"}));
                Ok(())
            }
            "conversation.item.create" => self.create_item(event),
            "conversation.item.retrieve" => self.retrieve_item(event),
            "conversation.item.truncate" => self.truncate_item(event, now),
            "conversation.item.delete" => self.delete_item(event),
            "response.create" => self.create_response(event, now),
            "response.cancel" => self.cancel_response(event, now),
            _ => Ok(()),
        }
    }

    fn update(&mut self, event: &Value) -> Result<(), Refusal> {
        let refused = self.plan.in_session(self.number).find_map(|(_, planned)| match &planned.fault {
            Fault::RefuseUpdate { code } => Some(code.clone()),
            _ => None,
        });
        if let Some(code) = refused {
            self.wire.emit(json!({"type": "error", "error": {
                "type": "invalid_request_error", "code": code, "message": "The session cannot be updated.",
                "param": "session", "event_id": event.get("event_id"),
            }}));
            return Ok(());
        }
        let patch = event.get("session").unwrap_or(&Value::Null);
        self.config = self.config.updated(patch, &self.circumstances())?;
        self.is_configured = true;
        let terms = self.config.terms();
        self.ear.retune(terms.input, terms.vad);
        let session = self.config.session().clone();
        {
            let mut report = locked(&self.report);
            report.config = session.clone();
            report.updates += 1;
        }
        self.wire.emit(json!({"type": "session.updated", "session": session}));
        Ok(())
    }

    fn circumstances(&self) -> Circumstances<'_> {
        Circumstances {
            model: &self.visitor.model,
            transcription_models: &self.hub.settings.transcription_models,
            has_spoken: self.has_spoken,
            is_responding: !self.speaking.is_empty(),
        }
    }

    fn refuse(&mut self, refusal: &Refusal, event: &Value) {
        self.wire.refuse(refusal, event.get("event_id").and_then(Value::as_str));
        self.violation(refusal.code, &refusal.message, refusal.param.clone(), event);
    }

    /// Records a violation, its event without the sound in it.
    fn violation(&self, code: &str, detail: &str, param: Option<String>, event: &Value) {
        let mut event = event.clone();
        if let Some(audio) = event.get_mut("audio") {
            *audio = json!(format!("{} characters", audio.as_str().map_or(0, str::len)));
        }
        self.hub.report_violation(Violation {
            session: self.number,
            code: code.to_owned(),
            detail: detail.to_owned(),
            param,
            event,
        });
    }

    fn end(&mut self, code: u16, reason: &'static str) {
        self.wire.end(Outgoing::Close(code, reason));
    }

    /// What is to be sent next.
    pub(super) fn outgoing(&mut self) -> Option<Outgoing> {
        self.wire.next()
    }

    /// Notes how the session ended; the first reason stays.
    pub(super) fn note_end(&self, end: SessionEnd) {
        locked(&self.report).ended.get_or_insert(end);
    }

    /// Brings the report up to date with the conversation.
    fn publish(&mut self) {
        let mut report = locked(&self.report);
        report.appended_ms = self.ear.appended_ms();
        if self.published != self.conversation.changes() {
            self.published = self.conversation.changes();
            report.items = self.conversation.items().to_vec();
        }
    }

    fn since_start(&self, now: Instant) -> Duration {
        now - self.started
    }
}
