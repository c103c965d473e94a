//! Reading a recording back through a fresh flow.

use super::{FORMAT, Header, effects_hash};
use crate::flow::{CallFlow, Input};
use thiserror::Error;

/// A recording run through the flow again.
#[derive(Debug)]
pub struct Replay {
    /// Each input and what it led to.
    pub steps: Vec<Step>,
    /// The first step whose effects are not those of the live call.
    pub diverged_at: Option<usize>,
    /// Whether effects could be compared; without words they cannot.
    pub is_compared: bool,
    /// The recording stops before the call did.
    pub is_cut_short: bool,
}

/// One input and its effects, as JSON.
#[derive(Debug)]
pub struct Step {
    /// When, in ms since the call's zero.
    pub at_ms: u64,
    /// What happened.
    pub input: String,
    /// What was to be done about it.
    pub effects: Vec<String>,
}

/// Why a text is no recording.
#[derive(Debug, Error)]
pub enum ReplayFault {
    /// There is nothing in it.
    #[error("the recording is empty")]
    Empty,
    /// A line cannot be read.
    #[error("line {line} of the recording cannot be read: {cause}")]
    Line {
        /// Which, from 1.
        line: usize,
        /// Why.
        cause: serde_json::Error,
    },
    /// It was written by another version.
    #[error("the recording has format {0}, this program reads format {FORMAT}")]
    Format(u32),
}

/// Runs a recording through a fresh flow.
pub fn replay(text: &str) -> Result<Replay, ReplayFault> {
    let mut lines = text.lines().enumerate();
    let (_, first) = lines.next().ok_or(ReplayFault::Empty)?;
    let header: Header = serde_json::from_str(first).map_err(|cause| ReplayFault::Line { line: 1, cause })?;
    if header.format != FORMAT {
        return Err(ReplayFault::Format(header.format));
    }
    let mut flow = CallFlow::new(header.settings.into_owned(), 0);
    let mut replay =
        Replay { steps: vec![], diverged_at: None, is_compared: header.words, is_cut_short: false };
    let mut buffer = Vec::new();
    for (index, line) in lines {
        if line == "\"cut short\"" {
            replay.is_cut_short = true;
            break;
        }
        let (at_ms, hash, input): (u64, u32, Input) =
            serde_json::from_str(line).map_err(|cause| ReplayFault::Line { line: index + 1, cause })?;
        let shown = serde_json::to_string(&input).unwrap_or_default();
        let effects = flow.handle(input, at_ms);
        if replay.is_compared && replay.diverged_at.is_none() && effects_hash(&effects, &mut buffer) != hash {
            replay.diverged_at = Some(replay.steps.len());
        }
        let effects =
            effects.iter().map(|effect| serde_json::to_string(effect).unwrap_or_default()).collect();
        replay.steps.push(Step { at_ms, input: shown, effects });
    }
    Ok(replay)
}
