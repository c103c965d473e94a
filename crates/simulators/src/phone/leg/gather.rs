//! `<Gather>`: keys and words.

use super::{Flow, Interrupt, Leg};
use crate::phone::mouth::Act;
use crate::phone::twiml::{Callback, GatherVerb, Prompt, Verb};

/// Twilio listens to at most a minute of speech.
const MAX_SPEECH_MS: u64 = 60_000;

/// What recognition says of words it was given in writing.
const CONFIDENCE: &str = "0.92";

/// What was gathered so far.
#[derive(Default)]
struct Heard {
    digits: String,
    words: Vec<String>,
    /// When the last key or the last end of speech was.
    last_ms: Option<u64>,
    speech_since_ms: Option<u64>,
}

enum Outcome {
    Digits(String),
    Speech(String),
    Nothing,
}

impl Leg {
    pub(crate) async fn gather(
        &mut self,
        gather: &GatherVerb,
        source: Option<&Callback>,
    ) -> Result<Flow, Interrupt> {
        for prompt in &gather.prompts {
            self.note_verb(prompt);
            if let Verb::Prompt(prompt) = &prompt.verb {
                for _ in 0..rounds(prompt) {
                    self.queue_prompt(prompt);
                }
            }
        }
        let outcome = self.listen(gather).await;
        let (marks, _) = self.ear.stop();
        drop(marks);
        let extra = match outcome? {
            Outcome::Digits(digits) => vec![("Digits".to_owned(), digits)],
            Outcome::Speech(words) => {
                vec![("SpeechResult".to_owned(), words), ("Confidence".to_owned(), CONFIDENCE.to_owned())]
            }
            Outcome::Nothing if gather.on_empty && gather.speech => {
                vec![("SpeechResult".to_owned(), String::new())]
            }
            Outcome::Nothing if gather.on_empty => vec![("Digits".to_owned(), String::new())],
            Outcome::Nothing => return Ok(Flow::Next),
        };
        Ok(self.action(gather.action.as_ref(), source, extra))
    }

    async fn listen(&mut self, gather: &GatherVerb) -> Result<Outcome, Interrupt> {
        let mut heard = Heard::default();
        let mut since = self.now_ms();
        loop {
            let beat = self.beat().await?;
            let now = self.now_ms();
            if !self.ear.is_empty() {
                since = now;
                if !gather.barge_in {
                    continue;
                }
            }
            let before = heard.last_ms;
            for act in &beat.acts {
                if let Some(outcome) = heard.take(act, gather, now) {
                    return Ok(outcome);
                }
            }
            let is_talking = gather.speech && self.mouth.is_speaking();
            if heard.last_ms != before || is_talking {
                // Barge-in: the prompt stops for whoever answers it.
                self.ear.stop();
                since = now;
            }
            if is_talking && !heard.is_too_long(now) {
                continue;
            }
            if let Some(outcome) = heard.outcome(gather, now, since) {
                return Ok(outcome);
            }
        }
    }
}

impl Heard {
    /// Takes a key or the end of words; says when that completes the input.
    fn take(&mut self, act: &Act, gather: &GatherVerb, now: u64) -> Option<Outcome> {
        match act {
            Act::Digit(digit) if gather.dtmf => {
                self.last_ms = Some(now);
                if Some(*digit) == gather.finish_key {
                    return Some(self.digits());
                }
                self.digits.push(*digit);
                (gather.digits == Some(self.digits.len()))
                    .then(|| Outcome::Digits(std::mem::take(&mut self.digits)))
            }
            Act::Begins(_) if gather.speech => {
                self.speech_since_ms.get_or_insert(now);
                None
            }
            Act::Finished { text } if gather.speech => {
                self.last_ms = Some(now);
                if !text.is_empty() {
                    self.words.push(text.clone());
                }
                None
            }
            _ => None,
        }
    }

    /// The keys so far.
    fn digits(&mut self) -> Outcome {
        if self.digits.is_empty() {
            Outcome::Nothing
        } else {
            Outcome::Digits(std::mem::take(&mut self.digits))
        }
    }

    fn is_too_long(&self, now: u64) -> bool {
        self.speech_since_ms.is_some_and(|since| now - since > MAX_SPEECH_MS)
    }

    /// What silence since `since` makes of it, if it has lasted long enough.
    fn outcome(&mut self, gather: &GatherVerb, now: u64, since: u64) -> Option<Outcome> {
        let quiet = now.saturating_sub(self.last_ms.unwrap_or(since).max(since));
        if !self.words.is_empty() && (quiet >= gather.speech_timeout_ms || self.is_too_long(now)) {
            return Some(Outcome::Speech(self.words.join(" ")));
        }
        if quiet < gather.timeout_ms {
            return None;
        }
        Some(self.digits())
    }
}

/// How often a prompt is queued; `loop="0"` is cut to what ten minutes of queue can hold.
fn rounds(prompt: &Prompt) -> u32 {
    match prompt {
        Prompt::Pause { .. } => 1,
        Prompt::Say { times, .. } | Prompt::Play { times } => {
            if *times == 0 {
                100
            } else {
                *times
            }
        }
    }
}
