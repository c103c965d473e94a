//! Scripts as text: one step a line, `#` starts a comment, times in milliseconds or with `ms`/`s`.

use std::str::FromStr;

use super::{DEFAULT_TIMEOUT_MS, Script, Step};
use crate::speech;

/// How deep `loop` may be nested.
const MAX_DEPTH: usize = 8;

/// A line that is no step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct ScriptError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

/// The text form, by example:
///
/// ```text
/// wait-stream                # until a media stream is open
/// wait-for-agent 500        # at least half a second of the agent's sound; optional time-out
/// wait-quiet 700 10s
/// say My sink is leaking.
/// clip caller-name          # a recording; also: noise 2s, silence 300, tone 440 500
/// wait-speaking 800         # 0.8 s into what the agent says now
/// press 1#
/// drop 400                  # no frames; also: burst 300, dtx on, cut, raw TEXT, binary 00ff
/// loop 3
///   wait 500
/// end
/// wait-hangup 20s
/// hangup
/// ```
impl FromStr for Script {
    type Err = ScriptError;

    fn from_str(text: &str) -> Result<Self, ScriptError> {
        let mut open: Vec<(u32, Vec<Step>)> = Vec::new();
        let mut steps = Vec::new();
        let mut last_line = 0;
        for (index, raw) in text.lines().enumerate() {
            let line = index + 1;
            last_line = line;
            let trimmed = raw.trim();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            let (word, rest) = trimmed.split_once(char::is_whitespace).unwrap_or((trimmed, ""));
            let outcome = match word {
                "loop" => open_loop(rest, &mut open, &mut steps),
                "end" => close_loop(rest, &mut open, &mut steps),
                _ => step(word, rest.trim()).map(|step| steps.push(step)),
            };
            outcome.map_err(|what| ScriptError { line, what })?;
        }
        if open.is_empty() {
            return Ok(steps.into());
        }
        Err(ScriptError { line: last_line, what: "a loop without its end".to_owned() })
    }
}

fn open_loop(rest: &str, open: &mut Vec<(u32, Vec<Step>)>, steps: &mut Vec<Step>) -> Result<(), String> {
    if open.len() >= MAX_DEPTH {
        return Err(format!("loops nest at most {MAX_DEPTH} deep"));
    }
    let times = bare(rest).parse().map_err(|_| "loop needs a number of times".to_owned())?;
    open.push((times, std::mem::take(steps)));
    Ok(())
}

fn close_loop(rest: &str, open: &mut Vec<(u32, Vec<Step>)>, steps: &mut Vec<Step>) -> Result<(), String> {
    nothing(rest)?;
    let (times, before) = open.pop().ok_or("end without a loop")?;
    let inner = std::mem::replace(steps, before);
    steps.push(Step::Loop(times, inner.into()));
    Ok(())
}

fn step(word: &str, rest: &str) -> Result<Step, String> {
    match word {
        "say" => text(rest).map(Step::Say),
        "clip" => clip(bare(rest)),
        "press" => digits(bare(rest)),
        "raw" => text(rest).map(Step::SendRaw),
        "binary" => hex(bare(rest)).map(Step::SendBinary),
        "wait" => duration(bare(rest)).map(Step::Wait),
        "noise" => duration(bare(rest)).map(Step::Noise),
        "silence" => duration(bare(rest)).map(Step::Silence),
        "drop" => duration(bare(rest)).map(Step::DropMedia),
        "burst" => duration(bare(rest)).map(Step::Burst),
        "tone" => tone(bare(rest)),
        "dtx" => match bare(rest) {
            "on" => Ok(Step::Dtx(true)),
            "off" => Ok(Step::Dtx(false)),
            _ => Err("dtx is on or off".to_owned()),
        },
        "wait-for-agent" => {
            pair(rest, 1).map(|(at_least_ms, timeout_ms)| Step::WaitForAgent { at_least_ms, timeout_ms })
        }
        "wait-speaking" => pair(rest, 1).map(|(ms, timeout_ms)| Step::WaitAgentSpeaking { ms, timeout_ms }),
        "wait-quiet" => pair(rest, 500).map(|(ms, timeout_ms)| Step::WaitQuiet { ms, timeout_ms }),
        "wait-hangup" => timeout(rest).map(|timeout_ms| Step::WaitHangup { timeout_ms }),
        "wait-stream" => timeout(rest).map(|timeout_ms| Step::WaitForStream { timeout_ms }),
        "cut" => nothing(rest).map(|()| Step::CloseSocketAbruptly),
        "hangup" => nothing(rest).map(|()| Step::HangUp),
        _ => Err(format!("unknown step `{word}`")),
    }
}

/// The argument without a comment behind it. Texts keep their `#`.
fn bare(rest: &str) -> &str {
    if rest.starts_with("# ") {
        return "";
    }
    let comment = rest.find(" #").unwrap_or(rest.len());
    rest.get(..comment).unwrap_or(rest).trim()
}

fn text(rest: &str) -> Result<String, String> {
    if rest.is_empty() {
        return Err("a text is missing".to_owned());
    }
    Ok(rest.to_owned())
}

fn nothing(rest: &str) -> Result<(), String> {
    match bare(rest) {
        "" => Ok(()),
        extra => Err(format!("nothing may follow here, not `{extra}`")),
    }
}

/// `500`, `500ms` or `2s`, in milliseconds; at most a day.
fn duration(given: &str) -> Result<u64, String> {
    let (number, unit) = match given.strip_suffix("ms") {
        Some(number) => (number, 1),
        None => match given.strip_suffix('s') {
            Some(number) => (number, 1_000),
            None => (given, 1),
        },
    };
    let wrong = || format!("`{given}` is no time in milliseconds");
    let value: u64 = number.trim().parse().map_err(|_| wrong())?;
    let ms = value.checked_mul(unit).ok_or_else(wrong)?;
    if ms <= 86_400_000 { Ok(ms) } else { Err(wrong()) }
}

/// `[TIMEOUT]`.
fn timeout(rest: &str) -> Result<u64, String> {
    match bare(rest) {
        "" => Ok(DEFAULT_TIMEOUT_MS),
        given => duration(given),
    }
}

/// `[MS [TIMEOUT]]`.
fn pair(rest: &str, default_ms: u64) -> Result<(u64, u64), String> {
    let mut words = bare(rest).split_whitespace();
    let ms = words.next().map_or(Ok(default_ms), duration)?;
    let timeout_ms = words.next().map_or(Ok(DEFAULT_TIMEOUT_MS), duration)?;
    match words.next() {
        None => Ok((ms, timeout_ms)),
        Some(extra) => Err(format!("nothing may follow here, not `{extra}`")),
    }
}

fn tone(rest: &str) -> Result<Step, String> {
    let wrong = || "a tone is `tone HERTZ MS`".to_owned();
    let (pitch, length) = rest.split_once(char::is_whitespace).ok_or_else(wrong)?;
    let hz: f32 = pitch.parse().map_err(|_| wrong())?;
    if !(20.0..=4_000.0).contains(&hz) {
        return Err("a telephone carries tones of 20 to 4000 hertz".to_owned());
    }
    let ms = duration(length.trim())?;
    Ok(Step::Tone { hz, ms })
}

fn clip(name: &str) -> Result<Step, String> {
    match speech::clip(name) {
        Some(_) => Ok(Step::SayClip(name.to_owned())),
        None => Err(format!("there is no recording called `{name}`")),
    }
}

fn digits(keys: &str) -> Result<Step, String> {
    let known = |key: char| matches!(key, '0'..='9' | '*' | '#' | 'A'..='D');
    if keys.is_empty() || !keys.chars().all(known) {
        return Err(format!("`{keys}` are no telephone keys"));
    }
    Ok(Step::Press(keys.to_owned()))
}

fn hex(digits: &str) -> Result<Vec<u8>, String> {
    let wrong = || format!("`{digits}` are no pairs of hexadecimal digits");
    let nibbles: Option<Vec<u8>> =
        digits.chars().map(|digit| digit.to_digit(16).map(|value| value as u8)).collect();
    let nibbles = nibbles.ok_or_else(wrong)?;
    let (bytes, rest) = nibbles.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(wrong());
    }
    Ok(bytes.iter().map(|[high, low]| high << 4 | low).collect())
}
