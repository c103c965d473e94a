//! Responses: asked for, begun, called off.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::Session;
use super::script::{Draft, Outcome, Script, Step, script_of};
use super::speaking::Speaking;
use crate::realtime::brain::{Cue, NOT_UNDERSTOOD, Reply};
use crate::realtime::config::Config;
use crate::realtime::faults::Fault;
use crate::realtime::hub::locked;
use crate::realtime::item::ItemKind;
use crate::realtime::report::{ResponseReport, push_bounded};
use crate::realtime::schema::Refusal;
use crate::realtime::usage::{MS_PER_OUTPUT_TOKEN, Tokens, text_tokens};
use crate::speech::{BYTES_PER_MS, sound_of};

/// Longest reply in characters: the 4,096 tokens a response may have at most.
const LONGEST_REPLY: usize = 4_096;

/// Most responses at one time, out-of-band ones included.
const MOST_AT_ONCE: usize = 16;

/// What a client asked for with `response.create`.
pub(super) struct Request<'a> {
    response: &'a Value,
    config: Config,
    is_default: bool,
}

impl Request<'_> {
    fn instructions(&self) -> Option<&str> {
        self.response.get("instructions").and_then(Value::as_str)
    }

    /// Text of the last user message in `input`.
    fn input(&self) -> Option<&str> {
        let items = self.response.get("input").and_then(Value::as_array)?;
        let mut users =
            items.iter().rev().filter(|item| item.get("role").and_then(Value::as_str) == Some("user"));
        users.find_map(|item| item.pointer("/content/0/text")?.as_str())
    }
}

impl Session {
    /// Whether a response of the default conversation is in progress.
    pub(super) fn is_responding(&self) -> bool {
        self.speaking.iter().any(|speaking| speaking.is_default)
    }

    pub(super) fn create_response(&mut self, event: &Value, now: Instant) -> Result<(), Refusal> {
        let nothing = json!({});
        let response = event.get("response").unwrap_or(&nothing);
        let is_default = response.get("conversation").and_then(Value::as_str) != Some("none");
        if is_default && let Some(active) = self.speaking.iter().find(|speaking| speaking.is_default) {
            let message = format!(
                "Conversation already has an active response in progress: {}. Wait until the response is finished before creating a new one.",
                active.id
            );
            return Err(Refusal::new("conversation_already_has_active_response", "", message));
        }
        if self.speaking.len() >= MOST_AT_ONCE {
            return Err(Refusal::new("rate_limit_exceeded", "", "Too many responses in progress."));
        }
        self.check_references(response)?;
        let config = self.config.with_overrides(response, &self.circumstances())?;
        self.begin_response(Some(&Request { response, config, is_default }), now);
        Ok(())
    }

    fn check_references(&self, response: &Value) -> Result<(), Refusal> {
        let items = response.get("input").and_then(Value::as_array).into_iter().flatten();
        for (at, item) in items.enumerate() {
            let is_reference = item.get("type").and_then(Value::as_str) == Some("item_reference");
            let id = item.get("id").and_then(Value::as_str).unwrap_or_default();
            if is_reference && self.conversation.item(id).is_none() {
                let message = format!("Item with item_id '{id}' not found.");
                return Err(Refusal::invalid(&format!("response.input[{at}].id"), message));
            }
        }
        Ok(())
    }

    /// Begins a response: by itself after a turn, or as a client asked.
    pub(super) fn begin_response(&mut self, request: Option<&Request<'_>>, now: Instant) {
        self.responses_made += 1;
        self.idle_due = None;
        let config = request.map_or_else(|| self.config.clone(), |request| request.config.clone());
        let is_default = request.is_none_or(|request| request.is_default);
        let reply = if self.comes_to_nothing() {
            Reply::default()
        } else {
            self.decide(&config, request, is_default)
        };
        let terms = config.terms();
        let tools = config.value("/tools", "/tools");
        let input = Tokens::of_input(&terms.instructions, &tools, self.conversation.items());
        let sound = if terms.is_text_only || reply.say.is_empty() {
            Vec::new()
        } else {
            sound_of(&reply.say).into_owned()
        };
        let id = self.wire.id("resp");
        let report = ResponseReport {
            id: id.clone(),
            created_at: self.since_start(now),
            asked_by_client: request.is_some(),
            instructions: request.and_then(Request::instructions).map(str::to_owned),
            words: reply.say.clone(),
            calls: reply.calls.iter().map(|call| call.name.clone()).collect(),
            status: "in_progress".to_owned(),
            ..ResponseReport::default()
        };
        push_bounded(&mut locked(&self.report).responses, report);
        let metadata = request.and_then(|request| request.response.get("metadata")).cloned();
        let script = self.stage(&config, reply, sound.len());
        let mut speaking = Speaking::new(id, self.hub.settings.dialect, config, now);
        speaking.is_default = is_default;
        speaking.input = input;
        speaking.metadata = metadata.unwrap_or_default();
        speaking.script = script;
        speaking.sound = sound;
        let created = speaking.to_json("in_progress", &Value::Null, &Value::Null);
        self.wire.emit(json!({"type": "response.created", "response": created}));
        self.announce_limits();
        self.speaking.push(speaking);
    }

    /// Whether the plan lets this response fail or stall. What the user said then still waits for a
    /// reply, and the next response gives it.
    fn comes_to_nothing(&self) -> bool {
        let mut faults = self.plan.at_response(self.number, self.responses_made);
        faults.any(|fault| matches!(fault, Fault::FailResponse { .. } | Fault::StallResponse))
    }

    /// What is said and called. Tools the session does not have cannot be called.
    fn decide(&mut self, config: &Config, request: Option<&Request<'_>>, is_default: bool) -> Reply {
        let items = self.conversation.items();
        let open = items.iter().filter(|item| is_default && item.is_message_of("user") && !item.answered);
        let understood: Vec<&str> = open.filter_map(|item| item.understood.as_deref()).collect();
        let heard = (!understood.is_empty()).then(|| understood.join(" ").trim().to_owned());
        let answered = |kind| items.iter().any(|item| item.kind == kind && !item.answered);
        let cue = Cue {
            instructions: request.and_then(Request::instructions),
            session_instructions: &self.config.terms().instructions,
            heard: request.and_then(Request::input).or(heard.as_deref()),
            tools_answered: is_default && answered(ItemKind::FunctionCallOutput),
            replayed: is_default && self.is_replay,
        };
        let answers = is_default && !cue.is_dictated();
        let mut reply = self.mind.reply(&cue);
        if answers {
            self.is_replay = false;
            self.mark_answered();
        }
        let terms = config.terms();
        let (known, unknown): (Vec<_>, Vec<_>) =
            reply.calls.into_iter().partition(|call| terms.may_call && terms.tools.contains(&call.name));
        for call in unknown.iter().filter(|_| terms.may_call) {
            let detail = format!("The script calls '{}', which is not among the session's tools.", call.name);
            self.violation("script_tool_missing", &detail, None, &Value::Null);
        }
        reply.calls = known;
        if reply.calls.is_empty() && reply.say.is_empty() {
            reply.say = self.mind.take_after_tools().unwrap_or_else(|| NOT_UNDERSTOOD.to_owned());
        }
        if let Some((end, _)) = reply.say.char_indices().nth(LONGEST_REPLY) {
            reply.say.truncate(end);
        }
        reply
    }

    /// The steps of a reply, with the faults of the plan worked in.
    fn stage(&self, config: &Config, reply: Reply, sound_bytes: usize) -> Script {
        let settings = &self.hub.settings;
        let mut draft = Draft {
            words: &reply.say,
            sound_bytes,
            is_text_only: config.terms().is_text_only,
            calls: reply.calls,
            outcome: Outcome::Completed,
            delay: settings.response_delay,
            delta_ms: settings.delta_ms,
            pace: settings.pace,
            seed: settings.seed.wrapping_add(self.responses_made as u64),
        };
        let most = config.terms().max_tokens.map(|most| most.saturating_sub(text_tokens(&reply.say)));
        let most_bytes = most.map(|tokens| (tokens * MS_PER_OUTPUT_TOKEN) as usize * BYTES_PER_MS);
        if let Some(most_bytes) = most_bytes.filter(|most| *most < sound_bytes) {
            cut(&mut draft, most_bytes);
        }
        for fault in self.plan.at_response(self.number, self.responses_made) {
            match fault {
                Fault::SlowDeltas(pace) => draft.pace = *pace,
                Fault::IncompleteResponse => cut(&mut draft, sound_bytes / 2),
                Fault::StallResponse => return Script::new(),
                Fault::FailResponse { kind, code } => {
                    let outcome = Outcome::Failed { kind: kind.clone(), code: code.clone() };
                    return Script::from([(settings.response_delay, Step::Finish(outcome))]);
                }
                _ => {}
            }
        }
        script_of(draft)
    }

    fn announce_limits(&mut self) {
        let used = self.responses_made as u64;
        self.wire.emit(json!({"type": "rate_limits.updated", "rate_limits": [
            {"name": "requests", "limit": 1_000, "remaining": 1_000_u64.saturating_sub(used), "reset_seconds": 0.06},
            {"name": "tokens", "limit": 40_000, "remaining": 39_000, "reset_seconds": 1.5},
        ]}));
    }

    pub(super) fn cancel_response(&mut self, event: &Value, now: Instant) -> Result<(), Refusal> {
        let wanted = event.get("response_id").and_then(Value::as_str);
        let is_wanted = |speaking: &Speaking| match wanted {
            Some(id) => speaking.id == id,
            None => speaking.is_default,
        };
        let Some(at) = self.speaking.iter().position(is_wanted) else {
            let message = "Cancellation failed: no active response found";
            let refusal = Refusal::new("response_cancel_not_active", "", message);
            if !self.has_just_ended(wanted, now) {
                return Err(refusal);
            }
            // Refused like any other, but the client could not know yet.
            self.wire.refuse(&refusal, event.get("event_id").and_then(Value::as_str));
            locked(&self.report).crossed_cancels += 1;
            return Ok(());
        };
        let speaking = self.speaking.remove(at);
        self.call_off(speaking, "client_cancelled", now);
        Ok(())
    }

    /// Whether the client's cancel and our `response.done` crossed on the wire.
    fn has_just_ended(&self, wanted: Option<&str>, now: Instant) -> bool {
        let (report, now) = (locked(&self.report), self.since_start(now));
        let last = match wanted {
            Some(id) => report.responses.iter().rfind(|response| response.id == id),
            None => report.responses.last(),
        };
        let done_at = last.and_then(|response| response.done_at);
        done_at.is_some_and(|done_at| now.saturating_sub(done_at) < CROSSING)
    }

    /// Cancels the response of the default conversation, if there is one.
    pub(super) fn cancel_default(&mut self, reason: &'static str, now: Instant) {
        if let Some(at) = self.speaking.iter().position(|speaking| speaking.is_default) {
            let speaking = self.speaking.remove(at);
            self.call_off(speaking, reason, now);
        }
    }

    /// How long the caller still listens to a response that was sent faster than it plays.
    pub(super) fn left_to_play(speaking: &Speaking, now: Instant) -> Duration {
        let length = Duration::from_millis(speaking.audio_ms());
        speaking.first_sound.map_or(Duration::ZERO, |first| length.saturating_sub(now - first))
    }
}

/// For so long after `response.done` a client may not have read it: a slow line's round trip.
const CROSSING: Duration = Duration::from_millis(500);

/// Ends a draft early.
fn cut(draft: &mut Draft<'_>, sound_bytes: usize) {
    let share = sound_bytes as f64 / draft.sound_bytes.max(1) as f64;
    let characters = draft.words.chars().count() as f64 * share;
    let end = draft.words.char_indices().nth(characters as usize).map_or(draft.words.len(), |(end, _)| end);
    draft.words = draft.words.get(..end.max(1)).unwrap_or(draft.words);
    draft.sound_bytes = sound_bytes;
    draft.calls.clear();
    draft.outcome = Outcome::Incomplete;
}
