//! What the person does: runs the script against the call's clock, a tick of 20 ms at a time.

mod acts;
mod program;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub use self::acts::SaidSpan;
pub(crate) use self::acts::{Act, Frame, Senses, Uttered};
use self::program::Program;
use super::ear::FRAME;
use super::script::{Script, Step};
use super::tape::{QUIET, Tape};
use crate::speech;

/// Steps that take no time done in one tick, so that a script of nothing else cannot hold the call.
const STEPS_PER_TICK: usize = 64;

/// Ticks one key press takes: 100 ms of tone, 100 ms of pause.
const TICKS_PER_KEY: u64 = 10;

/// Longest stretch made up at once (noise, tone, silence), in milliseconds.
const MAX_SOUND_MS: u64 = 10 * 60 * 1_000;

enum Wait {
    Stream,
    Heard(u64),
    Speaking(u64),
    Quiet(u64),
    Time,
    HangUp,
}

enum Doing {
    Nothing,
    Speaking { sound: Cow<'static, [u8]>, at: usize, text: String, since_ms: u64 },
    Waiting { wait: Wait, until_ms: u64, step: &'static str },
    Pressing { keys: Vec<char>, next: usize, ticks_left: u64 },
    Losing { until_ms: u64 },
}

pub(crate) struct Mouth {
    program: Program,
    doing: Doing,
    tape: Tape,
    pub(crate) said: Vec<SaidSpan>,
    pub(crate) dtx: bool,
    hold_until_ms: u64,
    noises: u64,
}

impl Mouth {
    pub(crate) fn new(script: Script, keeps_sound: bool) -> Self {
        Self {
            program: Program::new(script),
            doing: Doing::Nothing,
            tape: Tape::new(keeps_sound),
            said: Vec::new(),
            dtx: false,
            hold_until_ms: 0,
            noises: 0,
        }
    }

    /// Begins another script.
    pub(crate) fn take_up(&mut self, script: Script) {
        self.program = Program::new(script);
    }

    /// A tick before the call is answered: nobody listens, the script has not begun.
    pub(crate) fn idle(&mut self) -> Uttered {
        self.tape.push_quiet(FRAME);
        Uttered { frame: Frame::Quiet, acts: Vec::new(), hold: false }
    }

    /// Whether sound is being made.
    pub(crate) fn is_speaking(&self) -> bool {
        matches!(self.doing, Doing::Speaking { .. })
    }

    pub(crate) fn tick(&mut self, senses: Senses) -> Uttered {
        let mut acts = Vec::new();
        for _ in 0..STEPS_PER_TICK {
            if self.is_busy(senses, &mut acts) {
                break;
            }
            let Some(step) = self.program.next() else {
                break;
            };
            self.begin(step, senses, &mut acts);
        }
        let frame = self.utter(&mut acts, senses);
        match &frame {
            Frame::Sound(sound) => self.tape.push(sound),
            Frame::Quiet | Frame::Lost => self.tape.push_quiet(FRAME),
        }
        Uttered { frame, acts, hold: senses.now_ms < self.hold_until_ms }
    }

    /// Whether the present step goes on; ends it otherwise.
    fn is_busy(&mut self, senses: Senses, acts: &mut Vec<Act>) -> bool {
        match &self.doing {
            Doing::Nothing => return false,
            Doing::Speaking { sound, at, .. } if *at < sound.len() => return true,
            Doing::Pressing { keys, next, ticks_left } if *next < keys.len() || *ticks_left > 0 => {
                return true;
            }
            Doing::Losing { until_ms } if senses.now_ms < *until_ms => return true,
            Doing::Waiting { wait, until_ms, step } => {
                let late = senses.now_ms >= *until_ms;
                if !late && !wait.is_over(senses) {
                    return true;
                }
                if late && !matches!(wait, Wait::Time) && !wait.is_over(senses) {
                    acts.push(Act::Failed(format!("{step}: waited in vain")));
                }
            }
            Doing::Speaking { .. } | Doing::Pressing { .. } | Doing::Losing { .. } => {}
        }
        if let Doing::Speaking { text, since_ms, .. } = std::mem::replace(&mut self.doing, Doing::Nothing) {
            self.said.push(SaidSpan { start_ms: since_ms, end_ms: senses.now_ms, text: text.clone() });
            acts.push(Act::Finished { text });
        }
        false
    }

    fn begin(&mut self, step: Step, senses: Senses, acts: &mut Vec<Act>) {
        let now = senses.now_ms;
        match step {
            Step::WaitForStream { timeout_ms } => {
                self.wait(Wait::Stream, now + timeout_ms, "wait-stream");
            }
            Step::WaitForAgent { at_least_ms, timeout_ms } => {
                let goal = Wait::Heard(senses.heard_ms + at_least_ms.max(1));
                self.wait(goal, now + timeout_ms, "wait-for-agent");
            }
            Step::WaitAgentSpeaking { ms, timeout_ms } => {
                self.wait(Wait::Speaking(ms), now + timeout_ms, "wait-speaking");
            }
            Step::WaitQuiet { ms, timeout_ms } => {
                self.wait(Wait::Quiet(ms), now + timeout_ms, "wait-quiet");
            }
            Step::WaitHangup { timeout_ms } => {
                self.wait(Wait::HangUp, now + timeout_ms, "wait-hangup");
            }
            Step::Wait(ms) => self.wait(Wait::Time, now + ms, "wait"),
            Step::DropMedia(ms) => self.doing = Doing::Losing { until_ms: now + ms },
            Step::Burst(ms) => self.hold_until_ms = now + ms,
            Step::Dtx(on) => self.dtx = on,
            Step::Loop(times, steps) => self.program.repeat(times, steps),
            Step::CloseSocketAbruptly => acts.push(Act::CutSocket),
            Step::SendRaw(text) => acts.push(Act::RawText(text)),
            Step::SendBinary(bytes) => acts.push(Act::RawBytes(bytes)),
            Step::HangUp => acts.push(Act::HangUp),
            Step::Press(keys) => {
                self.doing = Doing::Pressing { keys: keys.chars().collect(), next: 0, ticks_left: 0 }
            }
            sounding => self.begin_sound(sounding, now, acts),
        }
    }

    fn begin_sound(&mut self, step: Step, now: u64, acts: &mut Vec<Act>) {
        let length = |ms: u64| ms.min(MAX_SOUND_MS) as usize;
        let (sound, text) = match step {
            Step::Say(text) => (speech::sound_of(&text), text),
            Step::SayClip(name) => match speech::clip(&name) {
                Some(clip) => (Cow::Borrowed(clip.ulaw), clip.text.to_owned()),
                None => return acts.push(Act::Failed(format!("no recording called {name}"))),
            },
            Step::Play(sound) => (Cow::Owned(sound.to_vec()), String::new()),
            Step::Noise(ms) => {
                self.noises += 1;
                let noise = speech::noise(length(ms), self.noises);
                (Cow::Owned(noise), String::new())
            }
            Step::Silence(ms) => (Cow::Owned(speech::silence(length(ms))), String::new()),
            Step::Tone { hz, ms } => (Cow::Owned(speech::tone(hz, length(ms))), String::new()),
            _ => return,
        };
        acts.push(Act::Begins(text.clone()));
        self.doing = Doing::Speaking { sound, at: 0, text, since_ms: now };
    }

    fn wait(&mut self, wait: Wait, until_ms: u64, step: &'static str) {
        self.doing = Doing::Waiting { wait, until_ms, step };
    }

    /// The frame of this tick, and the key pressed in it.
    fn utter(&mut self, acts: &mut Vec<Act>, senses: Senses) -> Frame {
        match &mut self.doing {
            Doing::Speaking { sound, at, .. } => {
                let end = (*at + FRAME).min(sound.len());
                let taken = sound.get(*at..end).unwrap_or_default();
                let mut frame = [QUIET; FRAME];
                for (slot, code) in frame.iter_mut().zip(taken) {
                    *slot = *code;
                }
                *at = end;
                Frame::Sound(frame)
            }
            Doing::Pressing { keys, next, ticks_left } => {
                if *ticks_left > 0 {
                    *ticks_left -= 1;
                } else if let Some(key) = keys.get(*next) {
                    acts.push(Act::Digit(*key));
                    *next += 1;
                    *ticks_left = TICKS_PER_KEY - 1;
                }
                Frame::Quiet
            }
            Doing::Losing { until_ms } if senses.now_ms < *until_ms => Frame::Lost,
            Doing::Nothing | Doing::Waiting { .. } | Doing::Losing { .. } => Frame::Quiet,
        }
    }

    /// The sound said, and the spans it was said in; what is cut off by the end of the call counts
    /// as far as it went.
    pub(crate) fn finish(mut self) -> (Vec<u8>, Vec<SaidSpan>) {
        if let Doing::Speaking { text, since_ms, .. } = self.doing {
            self.said.push(SaidSpan { start_ms: since_ms, end_ms: self.tape.length() / 8, text });
        }
        (self.tape.into_sound(), self.said)
    }
}

impl Wait {
    fn is_over(&self, senses: Senses) -> bool {
        match self {
            Self::Stream => senses.is_streaming,
            Self::Heard(goal) => senses.heard_ms >= *goal,
            Self::Speaking(ms) => senses.utterance_ms.is_some_and(|at| at >= *ms),
            Self::Quiet(ms) => senses.quiet_ms >= *ms,
            Self::Time | Self::HangUp => false,
        }
    }
}
