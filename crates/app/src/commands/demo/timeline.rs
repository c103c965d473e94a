//! The call as it happens, for somebody who is no programmer. Lines that come from a simulator say so.

use super::super::print::Printer;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use studioconnect_domain::ids::BusinessId;
use studioconnect_domain::transcript::{CallEvent, Speaker, Turn};
use studioconnect_simulators::phone::{PhoneEvent, PhoneEventKind};
use studioconnect_store::Store;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// Time between looks at what our server has stored.
const LOOK: Duration = Duration::from_millis(150);

/// Tells a call from both sides: what the phone network sees, and what our server stores.
pub(super) struct Timeline {
    store: Store,
    business: BusinessId,
    sid: String,
    dialled: Instant,
    events_shown: usize,
    turns_shown: HashMap<u32, Turn>,
}

impl Timeline {
    pub(super) fn new(store: Store, business: BusinessId, sid: String, dialled: Instant) -> Self {
        Self { store, business, sid, dialled, events_shown: 0, turns_shown: HashMap::new() }
    }

    /// Tells until the call is over.
    pub(super) async fn tell(mut self, mut events: broadcast::Receiver<PhoneEvent>, printer: &mut Printer) {
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Ok(event) => {
                        if let Some(text) = from_network(&event.kind) {
                            self.line("[phone simulator]", &text, printer);
                        }
                        if matches!(event.kind, PhoneEventKind::Ended { .. }) {
                            break;
                        }
                    }
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => break,
                },
                _ = look.tick() => self.look(printer).await,
            }
        }
        // What our server has to say about the end comes a moment later.
        tokio::time::sleep(3 * LOOK).await;
        self.look(printer).await;
    }

    fn line(&self, who: &str, text: &str, printer: &mut Printer) {
        printer.line(&format!("{:>7.2} s  {who:<18} {text}", self.dialled.elapsed().as_secs_f64()));
    }

    async fn look(&mut self, printer: &mut Printer) {
        let Ok(Some(call)) = self.store.find_call_by_sid(&self.sid).await else { return };
        if let Ok(events) = self.store.events(self.business, call.id).await {
            for event in events.iter().skip(self.events_shown) {
                if let Some(text) = of_event(event) {
                    self.line("app", &text, printer);
                }
            }
            self.events_shown = self.events_shown.max(events.len());
        }
        let Ok(turns) = self.store.turns(self.business, call.id).await else { return };
        for turn in turns {
            if self.turns_shown.get(&turn.seq) == Some(&turn) || turn.text.is_empty() {
                continue;
            }
            let was = self.turns_shown.insert(turn.seq, turn.clone());
            if let Some(text) = of_turn(&turn, was.as_ref()) {
                let who = if turn.speaker == Speaker::Caller { "caller said" } else { "agent says" };
                self.line(who, &text, printer);
            }
        }
    }
}

fn of_turn(turn: &Turn, was: Option<&Turn>) -> Option<String> {
    match (&turn.heard, was) {
        (Some(heard), _) => Some(format!("… stopped: of \"{}\" was heard: \"{heard}\"", turn.text)),
        (None, Some(was)) if was.text == turn.text => None,
        (None, _) => Some(format!("\"{}\"", turn.text)),
    }
}

fn from_network(kind: &PhoneEventKind) -> Option<String> {
    Some(match kind {
        PhoneEventKind::Ringing => "the phone rings".into(),
        PhoneEventKind::Answered => "the call is answered".into(),
        PhoneEventKind::StreamStarted { .. } => "sound flows both ways".into(),
        PhoneEventKind::CallerSpeaks { text } if text.is_empty() => "a bang on the caller's side".into(),
        PhoneEventKind::CallerSpeaks { text } => format!("the caller speaks: \"{text}\""),
        PhoneEventKind::AgentSpeaks { after_caller_ms: Some(ms) } => {
            format!("the agent is heard, {ms} ms after the caller's last word")
        }
        PhoneEventKind::AgentSpeaks { after_caller_ms: None } => "the agent is heard".into(),
        PhoneEventKind::Cleared { dropped_ms } => {
            format!("the agent falls silent; {dropped_ms} ms of sound are dropped unheard")
        }
        PhoneEventKind::Violation { code, what } => format!("RULE BROKEN {code}: {what}"),
        PhoneEventKind::Ended { reason } => format!("the call is over: {reason:?}"),
        _ => return None,
    })
}

fn of_event(event: &CallEvent) -> Option<String> {
    let number = |field: &str| event.detail.get(field).and_then(serde_json::Value::as_u64).unwrap_or(0);
    let word = |field: &str| {
        event.detail.get(field).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    Some(match event.kind.as_str() {
        "session_ready" => format!("the speech model is ready after {} ms", number("after_ms")),
        "interruption_rejected" => {
            format!("a sound with {} ms of voice is no interruption: the agent goes on", number("voiced_ms"))
        }
        "interruption_confirmed" => format!(
            "interrupted: {} ms of the sentence were heard, {} ms were not",
            number("heard_ms"),
            number("unplayed_ms")
        ),
        "tool_done" => format!("{} done in {} ms: stored", word("tool"), number("took_ms")),
        "left" => format!("the call leaves: {}", word("reason")),
        _ => return None,
    })
}
