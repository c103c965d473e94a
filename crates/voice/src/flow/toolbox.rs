//! Tools the agent uses while it talks.

use super::effect::Effect;
use super::reply::Ask;
use super::settings::limits;
use super::{CallFlow, Effects};
use serde_json::json;
use studioconnect_assistant::tools::ToolCall;
use studioconnect_connectors::openai::realtime::{ClientEvent, FunctionCall};
use studioconnect_domain::call::EndReason;

/// A model that calls tools so often without a word is going in circles.
const SILENT_ROUNDS: u32 = 6;
/// Most calls of one reply that are carried out; the rest are told to wait.
const CALLS_MOST: usize = 8;

#[derive(Debug)]
struct Pending {
    call: FunctionCall,
    session: u32,
    since: u64,
}

#[derive(Debug, Default)]
pub(super) struct Toolbox {
    pending: Vec<Pending>,
    /// The caller was told to wait.
    has_said_wait: bool,
    /// The agent wants to hang up once these are done; whether it has said goodbye.
    goodbye: Option<bool>,
    /// Replies in a row that called tools and made no sound.
    silent_rounds: u32,
}

impl Toolbox {
    /// The caller hears the agent: whatever comes next starts afresh.
    pub(super) fn heard_something(&mut self) {
        self.silent_rounds = 0;
    }

    /// A new turn of the caller may be told to wait again.
    pub(super) fn new_turn(&mut self) {
        self.has_said_wait = false;
        self.goodbye = None;
        self.silent_rounds = 0;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    pub(super) fn due(&self, may_fill: bool) -> Option<u64> {
        let first = self.pending.iter().map(|pending| pending.since).min()?;
        let filler = (may_fill && !self.has_said_wait).then_some(first + limits::TOOL_FILLER);
        filler.into_iter().chain([first + limits::TOOL]).min()
    }
}

impl CallFlow {
    /// Carries out what a completed reply calls for.
    pub(super) fn take_calls(&mut self, calls: Vec<FunctionCall>, has_sounded: bool, out: &mut Effects) {
        if calls.is_empty() {
            return;
        }
        // What the tools find is what the caller is waiting for now; their own limit holds.
        self.await_tools();
        if !has_sounded {
            self.toolbox.silent_rounds += 1;
        }
        if self.toolbox.silent_rounds > SILENT_ROUNDS {
            self.event("tools_in_circles", json!({"rounds": self.toolbox.silent_rounds}), out);
            self.give_up(out);
            return;
        }
        let mut answered = false;
        for call in calls {
            let read = ToolCall::read(&call.name, &call.arguments);
            self.event("tool_called", json!({"tool": call.name, "understood": read.is_ok()}), out);
            match read {
                Ok(ToolCall::EndCall) => {
                    self.analytics.voice_actions.push("end_call".into());
                    self.answer_call(call, self.link.session, json!({"ok": true}).to_string(), out);
                    self.toolbox.goodbye = Some(has_sounded);
                }
                Ok(tool) if self.toolbox.pending.len() < CALLS_MOST => {
                    self.analytics.voice_actions.push(tool.name().into());
                    out.push(Effect::RunTool { call_id: call.call_id.clone(), call: tool });
                    self.toolbox.pending.push(Pending { call, session: self.link.session, since: self.now });
                }
                Ok(_) => {
                    self.answer_call(
                        call,
                        self.link.session,
                        json!({"error": "too many at once"}).to_string(),
                        out,
                    );
                    answered = true;
                }
                Err(fault) => {
                    let output = json!({"error": fault.to_string()}).to_string();
                    self.answer_call(call, self.link.session, output, out);
                    answered = true;
                }
            }
        }
        self.say_wait_when_due();
        if self.toolbox.is_empty() && (answered || self.toolbox.goodbye.is_some()) {
            self.after_tools();
        }
    }

    /// Several tools one after another are a silence as long as one slow tool.
    fn say_wait_when_due(&mut self) {
        if self.word_is_due() && self.reply.is_quiet() && !self.toolbox.has_said_wait {
            self.toolbox.has_said_wait = true;
            self.reply.enqueue(Ask::Filler);
        }
    }

    pub(super) fn tool_done(&mut self, call_id: &str, output: String, out: &mut Effects) {
        let Some(at) = self.toolbox.pending.iter().position(|pending| pending.call.call_id == call_id) else {
            return;
        };
        let Pending { call, session, since } = self.toolbox.pending.swap_remove(at);
        let took = self.now.saturating_sub(since);
        self.event("tool_done", json!({"tool": call.name, "took_ms": took}), out);
        self.answer_call(call, session, output, out);
        if self.toolbox.is_empty() {
            self.after_tools();
        }
    }

    fn answer_call(&mut self, call: FunctionCall, session: u32, output: String, out: &mut Effects) {
        self.script.tool_answered(&call, &output);
        if !self.link.is_ready() {
            // The history that the next session is given holds it.
            return;
        }
        let FunctionCall { call_id, name, arguments } = call;
        if session != self.link.session {
            self.tell(ClientEvent::PastCall { call_id: call_id.clone(), name, arguments }, out);
        }
        self.tell(ClientEvent::FunctionOutput { call_id, output }, out);
    }

    fn after_tools(&mut self) {
        if self.course.is_ending() {
            return;
        }
        if let Some(was_said) = self.toolbox.goodbye.take() {
            self.begin_ending(EndReason::Goodbye, was_said);
            return;
        }
        if !self.word_is_due() {
            self.reply.drop_waiting(Ask::Filler);
        }
        self.reply.enqueue(Ask::AfterTools);
        self.await_after_tools();
    }

    pub(super) fn toolbox_tick(&mut self, out: &mut Effects) {
        let quiet = self.reply.is_quiet() && !self.ledger.is_audible();
        let waited = |since: u64, limit: u64| self.now >= since + limit;
        let slow = self.toolbox.pending.iter().any(|pending| waited(pending.since, limits::TOOL_FILLER));
        let late = self.toolbox.pending.iter().position(|pending| waited(pending.since, limits::TOOL));
        if slow && quiet && !self.toolbox.has_said_wait {
            self.toolbox.has_said_wait = true;
            self.reply.enqueue(Ask::Filler);
        }
        if let Some(at) = late {
            let call_id =
                self.toolbox.pending.get(at).map(|pending| pending.call.call_id.clone()).unwrap_or_default();
            let output = json!({"error": "this took too long; offer to take a message"}).to_string();
            self.tool_done(&call_id, output, out);
        }
    }
}
