//! `<Say>`: voices, their limits, and speech marks.

use std::fmt::Write as _;
use std::time::Duration;

use super::markup;

/// A voice and the language it is to speak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voice {
    name: String,
    language: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// `man`, `woman`, `alice`: no speech marks.
    Basic,
    Polly,
    Google,
}

impl Voice {
    /// A voice by Twilio's name (`woman`, `Polly.Joanna`, `Google.en-US-Chirp3-HD-Aoede`) and a
    /// language tag (`en-US`). A pair that Twilio does not know can fail the verb.
    pub fn new(name: impl Into<String>, language: impl Into<String>) -> Self {
        Self { name: name.into(), language: language.into() }
    }

    fn family(&self) -> Family {
        if self.name.starts_with("Polly.") {
            Family::Polly
        } else if self.name.starts_with("Google.") {
            Family::Google
        } else {
            Family::Basic
        }
    }

    /// The most characters one `<Say>` takes; beyond it Twilio warns with 13521.
    pub fn max_characters(&self) -> usize {
        match self.family() {
            Family::Basic => 4096,
            Family::Polly => 3000,
            Family::Google => 5000,
        }
    }

    /// Whether `<emphasis>` is sent to it. The newer families may refuse the tag, and with it the
    /// whole verb, so they get a pause on both sides of the words instead.
    fn takes_emphasis(&self) -> bool {
        let newer = ["-Neural", "-Generative", "Chirp"];
        !newer.iter().any(|mark| self.name.contains(mark))
    }
}

/// A piece of what is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speech<'a> {
    /// As it is.
    Plain(&'a str),
    /// With emphasis, where the voice has it.
    Strong(&'a str),
    /// Digit by digit, for telephone numbers and codes.
    Digits(&'a str),
    /// Silence, at most 10 s (Polly's limit for one break).
    Break(Duration),
}

/// Writes one `<Say>` (several around pauses for a basic voice). Whatever goes beyond the voice's
/// limit is cut between two characters.
pub(super) fn write(out: &mut String, voice: &Voice, parts: &[Speech<'_>]) {
    let mut say = Say { voice, left: voice.max_characters(), body: String::new() };
    for part in parts {
        match part {
            Speech::Plain(text) => say.words(text),
            Speech::Strong(text) => say.strong(text),
            Speech::Digits(text) => say.digits(text),
            Speech::Break(length) => say.silence(out, *length),
        }
    }
    say.close(out);
}

struct Say<'v> {
    voice: &'v Voice,
    /// Characters still allowed; tags count for Google only.
    left: usize,
    body: String,
}

impl Say<'_> {
    fn words(&mut self, text: &str) {
        for one in text.chars().filter(|one| markup::is_legal(*one)).take(self.left) {
            markup::character(&mut self.body, one);
            self.left -= 1;
        }
    }

    fn strong(&mut self, text: &str) {
        if self.voice.family() == Family::Basic {
            return self.words(text);
        }
        if self.voice.takes_emphasis() {
            return self.tagged(r#"<emphasis level="strong">"#, text, "</emphasis>");
        }
        self.tagged(r#"<break strength="medium"/>"#, text, r#"<break strength="medium"/>"#);
    }

    fn digits(&mut self, text: &str) {
        if self.voice.family() == Family::Basic {
            // These voices take no marks; blanks make them read one digit at a time.
            let spaced: String = text.chars().flat_map(|one| [one, ' ']).collect();
            return self.words(spaced.trim_end());
        }
        self.tagged(r#"<say-as interpret-as="telephone">"#, text, "</say-as>");
    }

    fn tagged(&mut self, open: &str, text: &str, close: &str) {
        let tags = self.cost_of_tags(open.len() + close.len());
        if self.left <= tags {
            self.left = 0;
            return;
        }
        self.left -= tags;
        self.body.push_str(open);
        self.words(text);
        self.body.push_str(close);
    }

    fn silence(&mut self, out: &mut String, length: Duration) {
        let length = length.min(Duration::from_secs(10));
        if self.voice.family() == Family::Basic {
            self.close(out);
            return markup::pause(out, length.as_millis().div_ceil(1000) as u32);
        }
        let mark = format!(r#"<break time="{}ms"/>"#, length.as_millis());
        let cost = self.cost_of_tags(mark.len());
        if cost <= self.left {
            self.left -= cost;
            self.body.push_str(&mark);
        }
    }

    fn cost_of_tags(&self, characters: usize) -> usize {
        if self.voice.family() == Family::Google { characters } else { 0 }
    }

    fn close(&mut self, out: &mut String) {
        if self.body.trim().is_empty() {
            return;
        }
        out.push_str("<Say");
        markup::attribute(out, "voice", &self.voice.name);
        markup::attribute(out, "language", &self.voice.language);
        let _ = write!(out, ">{}</Say>", self.body);
        self.body.clear();
        self.left = self.voice.max_characters();
    }
}
