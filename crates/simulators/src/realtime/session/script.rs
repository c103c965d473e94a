//! A reply cut into the steps in which it is sent.

use std::collections::VecDeque;
use std::time::Duration;

use crate::realtime::brain::ToolCall;
use crate::realtime::format::ms_of;
use crate::speech::BYTES_PER_MS;

/// Characters in one delta of a call's arguments.
const ARGUMENT_DELTA: usize = 16;

/// Words run ahead of the sound they belong to by this factor (protocol page, section 9).
const AHEAD: f64 = 1.6;

/// How a response ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Completed,
    Incomplete,
    Cancelled(&'static str),
    Failed { kind: String, code: String },
}

impl Outcome {
    pub(super) fn status(&self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Incomplete => "incomplete",
            Self::Cancelled(_) => "cancelled",
            Self::Failed { .. } => "failed",
        }
    }

    /// `status_details.reason`.
    pub(super) fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Incomplete => Some("max_output_tokens"),
            Self::Cancelled(reason) => Some(reason),
            Self::Completed | Self::Failed { .. } => None,
        }
    }
}

/// One step of a response.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    OpenMessage,
    /// Words of the transcript, or of a text answer.
    Words(String),
    /// Sound up to this µ-law byte.
    Sound(usize),
    Close,
    OpenCall(ToolCall),
    Arguments(String),
    Finish(Outcome),
}

/// What a script is made from.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) words: &'a str,
    /// µ-law bytes to be sent; 0 for a text answer.
    pub(super) sound_bytes: usize,
    pub(super) is_text_only: bool,
    pub(super) calls: Vec<ToolCall>,
    pub(super) outcome: Outcome,
    /// Before the first step.
    pub(super) delay: Duration,
    pub(super) delta_ms: u32,
    pub(super) pace: f64,
    pub(super) seed: u64,
}

/// Steps, each with the time to wait before it.
pub(super) type Script = VecDeque<(Duration, Step)>;

/// The steps of a draft, in the order of the protocol page, section 9.
pub(super) fn script_of(draft: Draft<'_>) -> Script {
    let mut steps = Script::new();
    if !draft.words.is_empty() {
        steps.push_back((Duration::ZERO, Step::OpenMessage));
        if draft.is_text_only {
            let words = pieces(draft.words).into_iter().map(|piece| (Duration::ZERO, Step::Words(piece)));
            steps.extend(words);
        } else {
            speak(&draft, &mut steps);
        }
        steps.push_back((Duration::ZERO, Step::Close));
    }
    for call in draft.calls {
        let arguments = call.arguments.to_string();
        steps.push_back((Duration::ZERO, Step::OpenCall(call)));
        let characters: Vec<char> = arguments.chars().collect();
        let deltas = characters.chunks(ARGUMENT_DELTA).map(|part| part.iter().collect());
        steps.extend(deltas.map(|part| (Duration::ZERO, Step::Arguments(part))));
        steps.push_back((Duration::ZERO, Step::Close));
    }
    steps.push_back((Duration::ZERO, Step::Finish(draft.outcome)));
    if let Some((wait, _)) = steps.front_mut() {
        *wait = draft.delay;
    }
    steps
}

/// Interleaves words and sound; the words are through when five eighths of the sound are.
fn speak(draft: &Draft<'_>, steps: &mut Script) {
    let words = pieces(draft.words);
    let mut words_left = words.iter();
    let mut said = 0;
    let mut from = 0;
    let mut wait = Duration::ZERO;
    for (number, ms) in delta_lengths(draft.delta_ms, draft.seed).enumerate() {
        if from >= draft.sound_bytes && number > 0 {
            break;
        }
        let to = (from + ms * BYTES_PER_MS).min(draft.sound_bytes);
        let share = to as f64 / draft.sound_bytes.max(1) as f64 * AHEAD;
        let due = (words.len() as f64 * share.min(1.0)).ceil() as usize;
        for word in words_left.by_ref().take(due.saturating_sub(said)) {
            steps.push_back((std::mem::take(&mut wait), Step::Words(word.clone())));
        }
        said = said.max(due);
        steps.push_back((wait, Step::Sound(to)));
        let played = Duration::from_millis(ms_of(to - from));
        wait = played.div_f64(draft.pace.max(0.01));
        from = to;
    }
    steps.extend(words_left.map(|word| (Duration::ZERO, Step::Words(word.clone()))));
}

/// Words with the space before them, as a model streams them.
fn pieces(text: &str) -> Vec<String> {
    let words = text.split(' ').enumerate();
    words.map(|(at, word)| if at == 0 { word.to_owned() } else { format!(" {word}") }).collect()
}

/// Lengths of deltas in ms, from 0.6 to 2 times the middle one, the same for the same seed.
fn delta_lengths(middle_ms: u32, seed: u64) -> impl Iterator<Item = usize> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let percent = 60 + state % 141;
        (u64::from(middle_ms) * percent / 100).max(1) as usize
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn draft(words: &str, calls: Vec<ToolCall>) -> Draft<'_> {
        Draft {
            words,
            sound_bytes: 16_000,
            is_text_only: false,
            calls,
            outcome: Outcome::Completed,
            delay: Duration::from_millis(120),
            delta_ms: 100,
            pace: 4.0,
            seed: 3,
        }
    }

    #[test]
    fn words_run_ahead_and_everything_is_sent_at_the_pace() {
        let script = script_of(draft("one two three four five six", Vec::new()));
        let total: Duration = script.iter().map(|(wait, _)| *wait).sum();
        let after_think = total.saturating_sub(Duration::from_millis(120));
        assert!((440..=500).contains(&after_think.as_millis()), "{after_think:?}");
        let last_word = script.iter().rposition(|(_, step)| matches!(step, Step::Words(_))).unwrap();
        let sounds: Vec<usize> = script
            .iter()
            .filter_map(|(_, step)| if let Step::Sound(to) = step { Some(*to) } else { None })
            .collect();
        assert_eq!(sounds.last(), Some(&16_000));
        let lengths: Vec<usize> = sounds.windows(2).map(|pair| (pair[1] - pair[0]) / 8).collect();
        assert!(lengths[..lengths.len() - 1].iter().all(|ms| (60..=200).contains(ms)), "{lengths:?}");
        let after: Vec<&Step> = script.iter().skip(last_word).map(|(_, step)| step).collect();
        assert!(after.iter().filter(|step| matches!(step, Step::Sound(_))).count() >= 4);
        let said: String = script
            .iter()
            .filter_map(|(_, step)| if let Step::Words(words) = step { Some(words.as_str()) } else { None })
            .collect();
        assert_eq!(said, "one two three four five six");
    }

    #[test]
    fn calls_follow_the_message_and_carry_their_arguments_whole() {
        let call = ToolCall::new("save_answer", json!({"question": "q1", "answer": "Dana Reyes"}));
        let script = script_of(draft("", vec![call.clone()]));
        assert_eq!(script[0], (Duration::from_millis(120), Step::OpenCall(call.clone())));
        let sent: String = script
            .iter()
            .filter_map(|(_, step)| if let Step::Arguments(part) = step { Some(part.as_str()) } else { None })
            .collect();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&sent).unwrap(), call.arguments);
        assert_eq!(script.back().unwrap().1, Step::Finish(Outcome::Completed));
    }
}
