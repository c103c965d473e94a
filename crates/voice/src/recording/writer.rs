//! Writing a recording while the call goes on.

use super::{CUT_SHORT, FORMAT, Header, effects_hash, redact};
use crate::flow::{Effect, FlowSettings, Input};
use serde::Serialize as _;
use std::borrow::Cow;

/// A batch leaves when it has grown to this, in bytes.
const BATCH: usize = 8 * 1024;
/// A batch leaves when it is this old, in ms.
const BATCH_AGE: u64 = 5_000;
/// Most that one call's recording may grow to, in bytes: about an hour.
const MOST: usize = 16 * 1024 * 1024;

/// Writes a call's inputs, batch by batch.
#[derive(Debug)]
pub struct Recorder {
    text: Vec<u8>,
    effects: Vec<u8>,
    line_starts: usize,
    opened_at: u64,
    written: usize,
    with_words: bool,
    is_cut: bool,
}

impl Recorder {
    /// A recording that begins with `settings`.
    pub fn new(settings: &FlowSettings, with_words: bool) -> Self {
        let header = Header { format: FORMAT, words: with_words, settings: Cow::Borrowed(settings) };
        let mut text = serde_json::to_vec(&header).unwrap_or_default();
        text.push(b'\n');
        Self {
            text,
            effects: Vec::new(),
            line_starts: 0,
            opened_at: 0,
            written: 0,
            with_words,
            is_cut: false,
        }
    }

    /// Takes note of an input, before the flow sees it.
    pub fn input(&mut self, input: &Input, now: u64) {
        if self.is_cut {
            return;
        }
        self.line_starts = self.text.len();
        if self.line_starts == 0 {
            self.opened_at = now;
        }
        // Room for the hash is left; it is known only afterwards.
        self.text.extend_from_slice(format!("[{now},          0,").as_bytes());
        if self.with_words {
            let mut writer = serde_json::Serializer::new(&mut self.text);
            if input.serialize(&mut writer).is_err() {
                self.text.truncate(self.line_starts);
                return;
            }
        } else {
            self.text.extend_from_slice(redact::input(input).as_bytes());
        }
        self.text.extend_from_slice(b"]\n");
    }

    /// Takes note of what the input led to.
    pub fn effects(&mut self, effects: &[Effect]) {
        if self.is_cut || !self.with_words || effects.is_empty() {
            return;
        }
        let hash = effects_hash(effects, &mut self.effects);
        let start =
            self.text.get(self.line_starts..).and_then(|line| line.iter().position(|byte| *byte == b','));
        let field = start.map(|at| self.line_starts + at + 1..self.line_starts + at + 12);
        if let Some(field) = field.and_then(|range| self.text.get_mut(range)) {
            field.copy_from_slice(format!("{hash:>11}").as_bytes());
        }
    }

    /// The batch, when it is its time to leave.
    pub fn batch(&mut self, now: u64) -> Option<String> {
        let due = self.text.len() >= BATCH || now.saturating_sub(self.opened_at) >= BATCH_AGE;
        if due { self.rest() } else { None }
    }

    /// What has not left yet.
    pub fn rest(&mut self) -> Option<String> {
        if self.text.is_empty() {
            return None;
        }
        self.written += self.text.len();
        if self.written > MOST && !self.is_cut {
            self.cut();
        }
        String::from_utf8(std::mem::take(&mut self.text)).ok()
    }

    /// Ends the recording before the call ends, and says so in it.
    pub fn cut(&mut self) {
        if !self.is_cut {
            self.is_cut = true;
            self.text.extend_from_slice(CUT_SHORT.as_bytes());
        }
    }
}
