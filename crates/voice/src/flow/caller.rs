//! What the caller says: passed on, its gaps filled, its turns judged.

use super::agent::TurnEnd;
use super::audio::Audio;
use super::effect::Effect;
use super::judge::{Judge, Levels, Stake};
use super::reply::Ask;
use super::settings::limits;
use super::{CallFlow, Effects};
use serde_json::json;
use std::collections::{HashSet, VecDeque};
use studioconnect_connectors::openai::realtime::{ClientEvent, Detection, ItemKind, Role};

/// How many of the caller's items are remembered as known to the server, or as to be deleted.
const ITEMS_KEPT: usize = 32;

#[derive(Debug, Default)]
pub(super) struct Caller {
    /// Since when the server hears speech.
    speaking_since: Option<u64>,
    /// When the last speech ended, by the server's audio clock.
    stopped_at: Option<u64>,
    /// When the current turn's speech began, in ms since the stream began.
    turn_started_ms: u64,
    judge: Option<Judge>,
    pub(super) levels: Levels,
    /// Turns we refused whose items the server has not announced yet.
    condemned: HashSet<String>,
    /// Items the server has announced.
    announced: VecDeque<String>,
    pub(super) has_had_a_turn: bool,
    /// Where the next frame should begin on the network's clock.
    expected_ms: Option<u64>,
    last_media_at: u64,
    /// Silence put in during a stall, which the gap that ends it already contains.
    padded_ahead_ms: u64,
    stall_padded: bool,
    digits: String,
    last_digit_at: u64,
}

impl Caller {
    fn judge_wants_level(&self) -> bool {
        self.judge.as_ref().is_some_and(Judge::wants_level)
    }

    pub(super) fn is_speaking(&self) -> bool {
        self.speaking_since.is_some()
    }

    pub(super) fn agent_fell_silent(&mut self) {
        if let Some(judge) = self.judge.as_mut().filter(|judge| judge.is_open && !judge.is_confirmed) {
            judge.outlasted_agent = true;
        }
    }

    /// A new session has heard nothing yet.
    pub(super) fn forget_session(&mut self) {
        self.speaking_since = None;
        self.judge = None;
        self.levels.clear();
        self.condemned.clear();
        self.announced.clear();
        self.stall_padded = false;
    }
}

impl CallFlow {
    /// Loudness is of use to a judge that sits, and to one that may have to as long as the agent has the floor.
    pub(super) fn caller_level_matters(&self) -> bool {
        if self.caller.judge.is_some() { self.caller.judge_wants_level() } else { self.stake().is_some() }
    }

    /// What a sound of the caller's can lead to at this moment; nothing is at stake when the floor is free.
    fn stake(&self) -> Option<Stake> {
        if self.ledger.is_audible() || self.reply.is_under_way() {
            Some(Stake::Floor)
        } else if self.reply.owes_greeting() || (self.link.session == 0 && !self.link.is_ready()) {
            Some(Stake::Turn)
        } else {
            None
        }
    }

    pub(super) fn hear<'a>(
        &mut self,
        position_ms: u64,
        audio: Audio<'a>,
        level: Option<i8>,
        out: &mut Effects<'a>,
    ) {
        self.analytics.audio_packets_received += 1;
        let gap = self.gap_before(position_ms);
        self.caller.expected_ms = Some(position_ms.saturating_add(audio.ms()));
        self.caller.last_media_at = self.now;
        self.caller.stall_padded = false;
        let ms = audio.ms();
        if self.link.is_ready() {
            if gap > 0 {
                self.pad(gap, out);
            }
            self.link.appended_ms += ms;
            self.caller.levels.note(self.link.appended_ms, ms, level);
            out.push(Effect::Hear(audio));
        } else {
            self.analytics.caller_audio_dropped_ms += self.link.keep(audio.into_owned(), level);
        }
        let confirmed = self.caller.judge.as_mut().is_some_and(|judge| judge.hear(level, ms));
        if confirmed {
            self.interrupt(out);
        }
    }

    /// Silence that the network left out before this frame, in ms.
    fn gap_before(&mut self, position_ms: u64) -> u64 {
        let gap = self.caller.expected_ms.map_or(0, |expected| position_ms.saturating_sub(expected));
        let ahead = std::mem::take(&mut self.caller.padded_ahead_ms);
        if gap < limits::PAD_LEAST { 0 } else { gap.min(limits::PAD_MOST).saturating_sub(ahead) }
    }

    fn pad(&mut self, ms: u64, out: &mut Effects) {
        self.link.appended_ms += ms;
        self.analytics.padded_ms += ms;
        out.push(Effect::HearSilence(ms));
    }

    pub(super) fn caller_due(&self) -> Option<u64> {
        let stall = (self.caller.is_speaking() && !self.caller.stall_padded && self.link.is_ready())
            .then(|| self.caller.last_media_at + limits::STALL);
        let digits = (!self.caller.digits.is_empty()).then(|| self.caller.last_digit_at + limits::DIGITS);
        let speech =
            self.caller.speaking_since.map(|since| since + limits::SPEECH).filter(|due| *due > self.now);
        [stall, digits, speech].into_iter().flatten().min()
    }

    pub(super) fn caller_tick(&mut self, out: &mut Effects) {
        let stalled = self.caller.is_speaking()
            && self.link.is_ready()
            && !self.caller.stall_padded
            && self.now >= self.caller.last_media_at + limits::STALL;
        if stalled {
            // Muted legs send nothing at all; without silence the server never ends the turn.
            self.caller.stall_padded = true;
            self.caller.padded_ahead_ms += limits::STALL_PAD;
            self.pad(limits::STALL_PAD, out);
            self.event("stall_padded", json!({"ms": limits::STALL_PAD}), out);
        }
        if !self.caller.digits.is_empty() && self.now >= self.caller.last_digit_at + limits::DIGITS {
            self.digits_entered(out);
        }
    }

    /// Whether the caller is speaking and may finish.
    pub(super) fn caller_has_floor(&self) -> bool {
        self.caller.speaking_since.is_some_and(|since| self.now < since + limits::SPEECH)
    }

    pub(super) fn speech_started(&mut self, item_id: &str, audio_start_ms: u64, out: &mut Effects) {
        self.caller.speaking_since = Some(self.now);
        self.caller.last_media_at = self.caller.last_media_at.max(self.now);
        self.caller.turn_started_ms = self.at();
        let stake = self.stake();
        self.event(
            "speech_started",
            json!({"item": item_id, "over_agent": stake == Some(Stake::Floor)}),
            out,
        );
        self.caller.judge = stake.and_then(|stake| self.judge(stake, audio_start_ms));
        if self.caller.judge.as_ref().is_some_and(Judge::takes_floor) {
            self.interrupt(out);
        }
    }

    /// A judge for a sound that has begun.
    fn judge(&self, stake: Stake, audio_start_ms: u64) -> Option<Judge> {
        let delay_ms = self.settings.interruption_delay_ms;
        let mut judge = match stake {
            // A word said into the agent's thinking is a turn, however short it is.
            Stake::Floor => Judge::new(stake, delay_ms, self.ledger.is_audible()),
            // What was not heard to its beginning cannot be called too short.
            Stake::Turn if !self.caller.levels.reach_back_to(audio_start_ms) => return None,
            Stake::Turn => Judge::new(stake, delay_ms.min(limits::SHORTEST_WORD), true),
        };
        judge.recall(&self.caller.levels, audio_start_ms);
        Some(judge)
    }

    pub(super) fn speech_stopped(&mut self, audio_end_ms: u64, out: &mut Effects) {
        self.caller.speaking_since = None;
        // Sound is appended as it comes, so its position tells how long ago it ended. The position is where the server
        // decided, which is after the silence it waits for; the semantic detector does not tell how long it waited.
        let silence_ms = match self.settings.session.detection {
            Detection::Server { silence_duration_ms, .. } => u64::from(silence_duration_ms),
            Detection::Semantic { .. } => 0,
        };
        let ago = (self.link.appended_ms + silence_ms).saturating_sub(audio_end_ms);
        self.caller.stopped_at = Some(self.now.saturating_sub(ago));
        if let Some(judge) = &mut self.caller.judge {
            judge.is_open = false;
        }
        self.event("speech_stopped", json!({"ended_ms_ago": ago}), out);
    }

    /// The server's turn is over; whether it is one is ours to say.
    pub(super) fn turn_committed(&mut self, item_id: &str, out: &mut Effects) {
        self.caller.speaking_since = None;
        match self.caller.judge.take() {
            Some(judge) if !judge.is_confirmed && !judge.outlasted_agent => self.refuse(item_id, &judge, out),
            _ => self.accept(item_id, out),
        }
    }

    fn accept(&mut self, item_id: &str, out: &mut Effects) {
        let stopped_at = self.caller.stopped_at.take().unwrap_or(self.now);
        self.caller.has_had_a_turn = true;
        self.course.caller_spoke();
        self.reply.continued = 0;
        let ended_ms = stopped_at.saturating_sub(self.started_at.unwrap_or(0));
        let started_ms = self.caller.turn_started_ms.min(ended_ms);
        let turn = self.script.caller_turn(item_id, started_ms, ended_ms);
        self.analytics.message_count += 1;
        out.push(Effect::KeepTurn(turn));
        self.event("turn_accepted", json!({"item": item_id}), out);
        self.toolbox.new_turn();
        if self.course.is_forced() {
            return;
        }
        if !self.ledger.is_audible() && self.reply.is_under_way() {
            // Its answer would be to half of what was said.
            self.stop_reply(out);
        }
        self.reply.enqueue(Ask::Answer);
        self.await_reply(Some(TurnEnd { stopped_at, committed_at: self.now }));
    }

    fn refuse(&mut self, item_id: &str, judge: &Judge, out: &mut Effects) {
        self.caller.stopped_at = None;
        let kind = match judge.stake {
            Stake::Floor => "interruption_rejected",
            Stake::Turn => "noise_ignored",
        };
        self.analytics.interruptions_rejected += u32::from(judge.stake == Stake::Floor);
        self.event(kind, json!({"item": item_id, "voiced_ms": judge.voiced_ms()}), out);
        if self.caller.announced.iter().any(|known| known == item_id) {
            self.tell(ClientEvent::Delete { item_id: item_id.to_owned() }, out);
        } else if self.caller.condemned.len() < ITEMS_KEPT {
            self.caller.condemned.insert(item_id.to_owned());
        }
    }

    pub(super) fn item_added(&mut self, item_id: &str, kind: ItemKind, out: &mut Effects) {
        if kind != ItemKind::Caller {
            return;
        }
        if self.caller.condemned.remove(item_id) {
            self.tell(ClientEvent::Delete { item_id: item_id.to_owned() }, out);
            return;
        }
        self.caller.announced.push_back(item_id.to_owned());
        if self.caller.announced.len() > ITEMS_KEPT {
            self.caller.announced.pop_front();
        }
    }

    /// The words of a turn; of a refused one they are nobody's.
    pub(super) fn transcribed(&mut self, item_id: &str, text: &str, out: &mut Effects) {
        if let Some(turn) = self.script.caller_words(item_id, text) {
            out.push(Effect::KeepTurn(turn));
        }
    }

    /// The caller took the floor: the agent stops, and the model forgets what was not heard.
    pub(super) fn interrupt(&mut self, out: &mut Effects) {
        let unplayed_ms = self.ledger.unplayed_ms();
        let was_audible = self.ledger.is_audible();
        self.analytics.interruptions_confirmed += 1;
        if was_audible {
            out.push(Effect::Clear);
        }
        self.stop_reply(out);
        self.reply.drop_overtaken();
        let cuts = self.ledger.interrupt(self.now);
        let heard_ms = cuts.first().map(|cut| cut.heard_ms);
        for cut in cuts {
            if let Some(turn) = self.script.cut(&cut, self.now.saturating_sub(self.started_at.unwrap_or(0))) {
                out.push(Effect::KeepTurn(turn));
            }
            if cut.session != self.link.session || !self.link.is_ready() {
                continue;
            }
            let item_id = cut.item_id;
            let event = if cut.heard_ms == 0 {
                ClientEvent::Delete { item_id }
            } else {
                let content_index = cut.content_index;
                ClientEvent::Truncate { item_id, content_index, audio_end_ms: cut.heard_ms.min(cut.sent_ms) }
            };
            self.tell(event, out);
        }
        self.course.caller_interrupted();
        self.event("interruption_confirmed", json!({"heard_ms": heard_ms, "unplayed_ms": unplayed_ms}), out);
    }

    pub(super) fn key_pressed(&mut self, digit: char, out: &mut Effects) {
        self.event("key_pressed", json!({}), out);
        self.course.caller_spoke();
        self.caller.last_digit_at = self.now;
        if digit != '#' && self.caller.digits.len() < ITEMS_KEPT {
            self.caller.digits.push(digit);
        }
        if digit == '#' && !self.caller.digits.is_empty() {
            self.digits_entered(out);
        }
    }

    fn digits_entered(&mut self, out: &mut Effects) {
        let digits = std::mem::take(&mut self.caller.digits);
        let text = format!("(The caller pressed {digits} on the keypad.)");
        let at = self.at();
        let turn = self.script.caller_typed(&text, at);
        out.push(Effect::KeepTurn(turn));
        self.analytics.message_count += 1;
        if self.link.is_ready() {
            self.tell(ClientEvent::Message { role: Role::User, text }, out);
            self.reply.enqueue(Ask::Answer);
            self.await_reply(None);
        }
    }
}
