//! What the flow wants done, done.

use super::super::model_leg::{Dialling, ModelLeg};
use super::super::sound::Sound;
use super::{COMMIT_LIMIT, CallTask, desk_of};
use crate::flow::{Effect, Input};
use studioconnect_assistant::tools::ToolCall;
use studioconnect_connectors::openai::realtime::{ClientEvent, Verdict};
use studioconnect_store::Write;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

impl CallTask {
    pub(super) async fn carry_out(&mut self, effect: Effect<'_>) {
        match effect {
            Effect::Play(audio) => {
                let sent = self.phone.play(audio.base64()).await;
                self.check_phone(&sent);
            }
            Effect::Mark(name) => {
                let sent = self.phone.mark(&name).await;
                self.check_phone(&sent);
            }
            Effect::Clear => {
                let sent = self.phone.clear().await;
                self.check_phone(&sent);
                // The caller is talking: what they no longer want to hear stops now, not with the rest of the batch.
                let flushed = self.phone.flush().await;
                self.check_phone(&flushed);
            }
            Effect::Hear(audio) => self.append(audio.base64()).await,
            Effect::HearSilence(ms) => {
                for piece in Sound::silence(ms) {
                    self.append(&piece).await;
                }
            }
            Effect::Tell(id, event) => self.tell(id, &event).await,
            Effect::DialModel => {
                self.model.hang_up();
                self.model = ModelLeg::Dialling(Dialling::start(&self.shared));
            }
            Effect::RunTool { call_id, call } => self.run_tool(call_id, &call),
            Effect::KeepTurn(turn) => self.turns.push(turn),
            Effect::KeepEvent(event) => self.events.push(event),
            Effect::Leave(leave) => self.leave = Some(leave),
        }
    }

    pub(super) async fn append(&mut self, base64: &str) {
        let Some(audio) = self.sound.model_input(base64) else { return };
        let sent = self.model.send(Message::text(ClientEvent::write_append(&audio))).await;
        self.check_model(&sent);
    }

    pub(super) async fn tell(&mut self, id: u32, event: &ClientEvent) {
        let text = event.write(self.shared.settings.endpoint.dialect, &format!("c{id}"));
        let sent = self.model.send(Message::text(text)).await;
        self.check_model(&sent);
    }

    pub(super) fn check_phone(&mut self, sent: &Result<(), WsError>) {
        if sent.is_err() && self.pending.is_empty() {
            self.pending.push_back(Input::StreamLost);
        }
    }

    pub(super) fn check_model(&mut self, sent: &Result<(), WsError>) {
        if let Err(fault) = sent
            && matches!(self.model, ModelLeg::Open(_))
        {
            self.model.hang_up();
            self.pings.model_due = None;
            let detail = fault.to_string();
            self.last_fault = Some(detail.clone());
            self.pending.push_back(Input::ModelClosed { verdict: Verdict::Reconnect, detail });
        }
    }

    /// The lead is committed before the model is told so; when the database is away, the call goes on and the write-behind
    /// keeps it.
    pub(super) fn run_tool(&mut self, call_id: String, call: &ToolCall) {
        if let ToolCall::SearchKnowledge { question } = call {
            self.look_up(call_id, question.clone());
            return;
        }
        let now = self.shared.clock.now();
        let outcome = self.conversation.apply(call, &desk_of(&self.ticket, now));
        let (way, output) = (self.tool_way.clone(), outcome.output.to_string());
        let lead = if outcome.changed { self.conversation.lead().cloned() } else { None };
        let Some(lead) = lead else {
            let _ = way.send((call_id, output));
            return;
        };
        let (store, scribe) = (self.shared.store.clone(), self.shared.scribe.clone());
        self.shared.office.spawn(async move {
            let kept = tokio::time::timeout(COMMIT_LIMIT, store.put_lead(&lead)).await;
            if !matches!(kept, Ok(Ok(_))) {
                scribe.keep_lead(lead);
            }
            // The call may be over; then nobody waits for the answer.
            let _ = way.send((call_id, output));
        });
    }

    /// What the business has written down about a question, as the model is told it.
    fn look_up(&self, call_id: String, question: String) {
        let (way, ticket) = (self.tool_way.clone(), self.ticket.clone());
        let (knowledge, now) = (self.shared.knowledge.clone(), self.shared.clock.now());
        self.shared.office.spawn(async move {
            let finding = knowledge.look_up(&desk_of(&ticket, now), &question).await;
            let _ = way.send((call_id, finding.for_model().to_string()));
        });
    }

    pub(super) async fn flush(&mut self) {
        let sent = self.phone.flush().await;
        self.check_phone(&sent);
        let sent = self.model.flush().await;
        self.check_model(&sent);
        while let Some(input) = self.pending.pop_front() {
            self.give(input).await;
        }
    }

    /// Hands what is to be remembered to the writer; it does not wait.
    pub(super) fn write_behind(&mut self) {
        let (call, scribe) = (self.ticket.call.id, &self.shared.scribe);
        if !self.turns.is_empty() {
            scribe.write(Write::Turns { call, turns: std::mem::take(&mut self.turns) });
        }
        if !self.events.is_empty() {
            scribe.write(Write::Events { call, events: std::mem::take(&mut self.events) });
        }
        let text = if self.leave.is_some() { self.recorder.rest() } else { self.recorder.batch(self.now()) };
        if let Some(text) = text {
            if !scribe.write(Write::Inputs { call, batch: self.batch, text }) {
                self.recorder.cut();
            }
            self.batch += 1;
        }
    }

    pub(super) fn answered(&mut self) {
        let connection_id = uuid::Uuid::new_v4().to_string();
        self.connection_id = Some(connection_id.clone());
        let at = self.shared.clock.now();
        self.shared.scribe.write(Write::Answered { call: self.call(), at, connection_id });
    }
}
