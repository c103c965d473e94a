//! `<Gather>` and what is said while it listens.

use std::fmt::Write as _;

use super::{Speech, Voice, markup, say};

/// What is listened for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GatherInput {
    /// Keys.
    #[default]
    Dtmf,
    /// Words.
    Speech,
    /// Whichever comes first.
    Both,
}

/// How long a silence ends speech.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpeechTimeout {
    /// Twilio decides.
    Auto,
    /// Whole seconds.
    Seconds(u32),
}

/// How to listen. `None` leaves Twilio's default (section 3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gather<'a> {
    /// What is listened for.
    pub input: GatherInput,
    /// The absolute URL that gets `Digits`, or `SpeechResult` and `Confidence`. Twilio's default is
    /// the current document, which loops, so there is none here.
    pub action: &'a str,
    /// Seconds to wait for the first input (5).
    pub timeout_secs: Option<u32>,
    /// Silence that ends speech (as `timeout`).
    pub speech_timeout: Option<SpeechTimeout>,
    /// Ends after so many keys (unlimited).
    pub num_digits: Option<u8>,
    /// The key that ends input (`#`); empty for none.
    pub finish_on_key: Option<&'a str>,
    /// Language of the speech (`en-US`).
    pub language: Option<&'a str>,
    /// Words to expect, parted by commas.
    pub hints: Option<&'a str>,
    /// Which recogniser (`default`).
    pub speech_model: Option<&'a str>,
    /// Calls `action` without input too, instead of falling through to the next verb (false).
    pub action_on_empty_result: bool,
}

/// What is said, played or left silent while a `<Gather>` listens: the only verbs it may hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Prompt {
    verbs: String,
}

impl Prompt {
    /// Listens at once.
    pub fn new() -> Self {
        Self::default()
    }

    /// Speaks plain text.
    pub fn say(self, voice: &Voice, text: &str) -> Self {
        self.speak(voice, &[Speech::Plain(text)])
    }

    /// Speaks text with emphasis and pauses.
    pub fn speak(mut self, voice: &Voice, parts: &[Speech<'_>]) -> Self {
        say::write(&mut self.verbs, voice, parts);
        self
    }

    /// Plays a sound file by its absolute URL.
    pub fn play(mut self, url: &str) -> Self {
        markup::element(&mut self.verbs, "Play", url);
        self
    }

    /// Says nothing for a while.
    pub fn pause(mut self, seconds: u32) -> Self {
        markup::pause(&mut self.verbs, seconds);
        self
    }
}

pub(super) fn write(out: &mut String, gather: &Gather<'_>, prompt: &Prompt) {
    let input = match gather.input {
        GatherInput::Dtmf => "dtmf",
        GatherInput::Speech => "speech",
        GatherInput::Both => "dtmf speech",
    };
    let _ = write!(out, r#"<Gather input="{input}""#);
    markup::attribute(out, "action", gather.action);
    markup::optional_number(out, "timeout", gather.timeout_secs);
    match gather.speech_timeout {
        Some(SpeechTimeout::Auto) => markup::attribute(out, "speechTimeout", "auto"),
        Some(SpeechTimeout::Seconds(seconds)) => {
            markup::optional_number(out, "speechTimeout", Some(seconds));
        }
        None => {}
    }
    markup::optional_number(out, "numDigits", gather.num_digits);
    markup::optional(out, "finishOnKey", gather.finish_on_key);
    markup::optional(out, "language", gather.language);
    markup::optional(out, "hints", gather.hints);
    markup::optional(out, "speechModel", gather.speech_model);
    if gather.action_on_empty_result {
        markup::attribute(out, "actionOnEmptyResult", "true");
    }
    let _ = write!(out, ">{}</Gather>", prompt.verbs);
}
