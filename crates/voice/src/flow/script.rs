//! The transcript of a call, and what a new session is told of it.

use super::ledger::Cut;
use std::collections::HashMap;
use studioconnect_connectors::openai::realtime::{ClientEvent, FunctionCall, Role};
use studioconnect_domain::transcript::{Speaker, Turn};

/// Characters spoken in a second; how much of a sentence was heard when its sound was cut before it was all made.
const CHARACTERS_PER_SECOND: u64 = 16;
/// Longest text of one turn that is kept, in bytes.
const TEXT_MOST: usize = 16 * 1024;
/// Items whose words came before their sound and are still waiting for it.
const LOOSE_MOST: usize = 8;
/// Most entries of history that a new session is given.
const HISTORY_MOST: usize = 60;

#[derive(Debug)]
struct Entry {
    item_id: String,
    turn: Turn,
    /// Sound sent of it, in ms.
    sound_ms: u64,
    /// All of its sound was made.
    is_whole: bool,
    /// The stored row is behind.
    is_stale: bool,
    /// The words of a turn of the caller are still to come.
    awaits_words: bool,
}

#[derive(Debug)]
enum Past {
    Turn(usize),
    Tool { call: FunctionCall, output: String },
}

#[derive(Debug, Default)]
pub(super) struct Script {
    entries: Vec<Entry>,
    past: Vec<Past>,
    /// Words of the agent whose sound has not come: item, text.
    loose: HashMap<String, String>,
}

impl Script {
    pub(super) fn turns(&self) -> impl Iterator<Item = &Turn> {
        self.entries.iter().map(|entry| &entry.turn)
    }

    pub(super) fn len(&self) -> u32 {
        self.entries.len() as u32
    }

    pub(super) fn agent_has_spoken(&self) -> bool {
        self.entries.iter().any(|entry| entry.turn.speaker == Speaker::Agent)
    }

    fn add(&mut self, item_id: &str, speaker: Speaker, text: String, started_ms: u64) -> &mut Entry {
        self.past.push(Past::Turn(self.entries.len()));
        let turn = Turn { seq: self.len(), speaker, text, heard: None, started_ms, ended_ms: None };
        self.entries.push_mut(Entry {
            item_id: item_id.to_owned(),
            turn,
            sound_ms: 0,
            is_whole: false,
            is_stale: true,
            awaits_words: false,
        })
    }

    fn find(&mut self, item_id: &str) -> Option<&mut Entry> {
        self.entries.iter_mut().rev().find(|entry| entry.item_id == item_id)
    }

    /// A turn of the caller, its words unknown yet.
    pub(super) fn caller_turn(&mut self, item_id: &str, started_ms: u64, ended_ms: u64) -> Turn {
        let entry = self.add(item_id, Speaker::Caller, String::new(), started_ms);
        entry.awaits_words = true;
        entry.turn.ended_ms = Some(ended_ms);
        entry.turn.clone()
    }

    /// Something the caller did rather than said.
    pub(super) fn caller_typed(&mut self, text: &str, at_ms: u64) -> Turn {
        let entry = self.add("", Speaker::Caller, text.to_owned(), at_ms);
        entry.turn.ended_ms = Some(at_ms);
        entry.turn.clone()
    }

    /// The words of a turn of the caller; none when there is no such turn.
    pub(super) fn caller_words(&mut self, item_id: &str, text: &str) -> Option<Turn> {
        let entry = self.find(item_id).filter(|entry| entry.turn.speaker == Speaker::Caller)?;
        entry.turn.text = bounded(text.trim());
        entry.awaits_words = false;
        Some(entry.turn.clone())
    }

    /// Whether one of the last turns of the caller has no words yet.
    pub(super) fn awaits_words(&self) -> bool {
        self.entries.iter().rev().take(RECENT).any(|entry| entry.awaits_words)
    }

    pub(super) fn agent_words(&mut self, item_id: &str, delta: &str) {
        let text = match self.entries.iter_mut().rev().find(|entry| entry.item_id == item_id) {
            Some(entry) => {
                entry.is_stale = true;
                &mut entry.turn.text
            }
            None if self.loose.len() < LOOSE_MOST || self.loose.contains_key(item_id) => {
                self.loose.entry(item_id.to_owned()).or_default()
            }
            None => return,
        };
        if text.len() + delta.len() <= TEXT_MOST {
            text.push_str(delta);
        }
    }

    /// Sound of an item was sent. The item's first sound is where its turn begins.
    pub(super) fn agent_sounds(&mut self, item_id: &str, at_ms: u64, sound_ms: u64) {
        // The item that sounds is nearly always the last one.
        if let Some(last) = self.entries.last_mut().filter(|entry| entry.item_id == item_id) {
            last.sound_ms += sound_ms;
            return;
        }
        if let Some(entry) = self.find(item_id) {
            entry.sound_ms += sound_ms;
            return;
        }
        let words = self.loose.remove(item_id).unwrap_or_default();
        self.add(item_id, Speaker::Agent, words, at_ms).sound_ms = sound_ms;
    }

    /// A reply is over: its turns are whole. Returns those whose row is behind.
    pub(super) fn said(&mut self, is_audible: bool, at_ms: u64) -> Vec<Turn> {
        self.loose.clear();
        self.stale_agent_turns(|entry| {
            entry.is_whole = true;
            if !is_audible {
                entry.turn.ended_ms.get_or_insert(at_ms);
            }
        })
    }

    /// Everything that was sent has been heard. Returns the turns that end with it.
    pub(super) fn heard_out(&mut self, at_ms: u64) -> Vec<Turn> {
        self.stale_agent_turns(|entry| {
            if entry.turn.ended_ms.is_none() {
                entry.is_stale = true;
                if entry.is_whole {
                    entry.turn.ended_ms = Some(at_ms);
                }
            }
        })
    }

    fn stale_agent_turns(&mut self, mut change: impl FnMut(&mut Entry)) -> Vec<Turn> {
        let recent = self.entries.iter_mut().rev().take(RECENT);
        let mut turns: Vec<Turn> = recent
            .filter(|entry| entry.turn.speaker == Speaker::Agent && entry.turn.ended_ms.is_none())
            .filter_map(|entry| {
                change(entry);
                std::mem::take(&mut entry.is_stale).then(|| entry.turn.clone())
            })
            .collect();
        turns.reverse();
        turns
    }

    /// An item was not heard to its end: what was heard of its words is told by how much of its sound was.
    pub(super) fn cut(&mut self, cut: &Cut, at_ms: u64) -> Option<Turn> {
        let entry = self.find(&cut.item_id)?;
        // Words run ahead of sound that is still being made, so their share alone would say too much.
        let by_pace = cut.heard_ms * CHARACTERS_PER_SECOND / 1_000;
        let length = entry.turn.text.chars().count() as u64;
        let by_share = (length * cut.heard_ms).checked_div(entry.sound_ms.max(cut.sent_ms)).unwrap_or(0);
        let heard = if entry.is_whole { by_share } else { by_share.min(by_pace) };
        entry.turn.heard = Some(whole_words(&entry.turn.text, heard as usize));
        entry.turn.ended_ms = Some(at_ms);
        entry.is_stale = false;
        Some(entry.turn.clone())
    }

    pub(super) fn tool_answered(&mut self, call: &FunctionCall, output: &str) {
        self.past.push(Past::Tool { call: call.clone(), output: output.to_owned() });
    }

    /// What a new session is told: what was said as far as it was heard, and what tools answered.
    pub(super) fn history(&self) -> Vec<ClientEvent> {
        let skip = self.past.len().saturating_sub(HISTORY_MOST);
        let mut events = Vec::new();
        for past in self.past.iter().skip(skip) {
            match past {
                Past::Turn(at) => events.extend(self.entries.get(*at).and_then(message)),
                Past::Tool { call, output } => {
                    let FunctionCall { call_id, name, arguments } = call.clone();
                    events.push(ClientEvent::PastCall { call_id: call_id.clone(), name, arguments });
                    events.push(ClientEvent::FunctionOutput { call_id, output: output.clone() });
                }
            }
        }
        events
    }
}

/// Turns at the end of the script that can still change.
const RECENT: usize = 12;

fn message(entry: &Entry) -> Option<ClientEvent> {
    let turn = &entry.turn;
    let text = turn.heard.as_ref().unwrap_or(&turn.text).trim();
    let role = match turn.speaker {
        Speaker::Caller => Role::User,
        Speaker::Agent => Role::Assistant,
    };
    (!text.is_empty()).then(|| ClientEvent::Message { role, text: text.to_owned() })
}

/// The first `characters` of `text`, without a word that was begun and not finished.
fn whole_words(text: &str, characters: usize) -> String {
    let end = text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at);
    let (head, tail) = text.split_at(end);
    let finished = tail.is_empty() || tail.starts_with(char::is_whitespace);
    let cut =
        if finished { head } else { head.rfind(char::is_whitespace).map_or("", |at| head.split_at(at).0) };
    cut.trim_end().to_owned()
}

fn bounded(text: &str) -> String {
    let mut end = text.len().min(TEXT_MOST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.split_at(end).0.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_cut_at_a_whole_word() {
        assert_eq!(whole_words("We are open from eight", 9), "We are");
        assert_eq!(whole_words("We are open from eight", 11), "We are open");
        assert_eq!(whole_words("We are", 99), "We are");
        assert_eq!(whole_words("Straßenbahn fährt", 3), "");
    }
}
