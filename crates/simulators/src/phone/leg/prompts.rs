//! `<Say>`, `<Play>`, `<Pause>`: what the caller hears without a stream.

use super::{Interrupt, Leg};
use crate::phone::ear::Source;
use crate::phone::tape::QUIET;
use crate::phone::twiml::Prompt;
use crate::speech;

/// What stands for the file of a `<Play>`: a second of this tone. The file itself is not fetched.
const PLAY_HZ: f32 = 520.0;
const PLAY_MS: usize = 1_000;

/// `loop="0"` repeats for ever; the call ends before this many rounds.
const FOREVER: u32 = 10_000;

impl Leg {
    pub(crate) async fn prompt(&mut self, prompt: &Prompt) -> Result<(), Interrupt> {
        match prompt {
            Prompt::Pause { ms } => self.pass(*ms).await,
            Prompt::Say { times, .. } | Prompt::Play { times } => {
                let rounds = if *times == 0 { FOREVER } else { *times };
                for _ in 0..rounds {
                    self.queue_prompt(prompt);
                    self.drain().await?;
                }
                Ok(())
            }
        }
    }

    pub(crate) async fn speak(&mut self, text: &str) -> Result<(), Interrupt> {
        let sound = speech::sound_of(text).into_owned();
        self.ear.play(Source::Say, sound);
        self.drain().await
    }

    /// Queues one round of a prompt.
    pub(crate) fn queue_prompt(&mut self, prompt: &Prompt) {
        match prompt {
            Prompt::Say { text, .. } if text.is_empty() => {}
            Prompt::Say { text, .. } => {
                self.ear.play(Source::Say, speech::sound_of(text).into_owned());
            }
            Prompt::Play { .. } => {
                self.ear.play(Source::Play, speech::tone(PLAY_HZ, PLAY_MS));
            }
            Prompt::Pause { ms } => {
                let ms = (*ms).min(60_000) as usize;
                self.ear.play(Source::Play, vec![QUIET; ms * 8]);
            }
        }
    }

    /// Waits until all that is queued has been heard.
    pub(crate) async fn drain(&mut self) -> Result<(), Interrupt> {
        loop {
            self.beat().await?;
            if self.ear.is_empty() {
                return Ok(());
            }
        }
    }
}
