//! What mails say, and how they look: one form for all of them, in plain text and with markup.
//!
//! Whatever people said stands in the body alone and is escaped there. All facts stand in the plain text, too: it is what a
//! watch shows, and what is left when a mail program shows no markup.

pub mod lead;

use askama::Template;
use studioconnect_connectors::mail::Mail;

/// Longest subject, in characters.
const SUBJECT: usize = 120;
/// Mail programs cut markup off at about 100 KB (protocols/email.md, section 2), and an escaped letter takes up to six: most
/// characters of heading, paragraphs and banner, and of one fact, and most facts.
const HEADING: usize = 200;
const WORDS: usize = 3_000;
const BANNER: usize = 1_000;
const FACT: usize = 400;
const FACTS: usize = 24;

/// A mail before it is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letter {
    /// ISO 639-1.
    pub language: &'static str,
    /// What it is about.
    pub subject: String,
    /// Stands first and catches the eye: an emergency, in the caller's words.
    pub banner: Option<Banner>,
    /// What it begins with.
    pub heading: String,
    /// Paragraphs.
    pub words: Vec<String>,
    /// Facts: what, and how it is.
    pub facts: Vec<(String, String)>,
    /// Where to go on: what it is called, and where it is.
    pub link: Option<(String, String)>,
    /// Why they get it.
    pub because: String,
    /// Where an answer goes.
    pub reply_to: Option<String>,
}

/// What stands above everything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Banner {
    /// What it is.
    pub title: String,
    /// What was said.
    pub words: String,
}

#[derive(Template)]
#[template(path = "letter.html")]
struct Markup<'a> {
    letter: &'a Letter,
}

#[derive(Template)]
#[template(path = "letter.txt", escape = "none")]
struct Text<'a> {
    letter: &'a Letter,
}

impl Letter {
    /// The mail.
    pub fn mail(&self, to: &str) -> Mail {
        let letter = self.within_bounds();
        let text = Text { letter: &letter }.render().unwrap_or_else(|_| letter.heading.clone());
        let html = Markup { letter: &letter }.render().ok();
        Mail { html, reply_to: letter.reply_to.clone(), ..Mail::new(to, letter.subject.clone(), text) }
    }

    fn within_bounds(&self) -> Self {
        let cut = |text: &str, most: usize| -> String { text.chars().take(most).collect() };
        Self {
            subject: cut(&self.subject, SUBJECT),
            banner: self
                .banner
                .as_ref()
                .map(|banner| Banner { title: banner.title.clone(), words: cut(&banner.words, BANNER) }),
            heading: cut(&self.heading, HEADING),
            words: self.words.iter().map(|words| cut(words, WORDS)).collect(),
            facts: self
                .facts
                .iter()
                .take(FACTS)
                .map(|(name, value)| (cut(name, FACT), cut(value, FACT)))
                .collect(),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests;
