//! What a file is, by what is in it.

use super::{Unreadable, docx, table, text};
use serde::{Deserialize, Serialize};

/// Bytes that are looked at.
const LOOKED_AT: usize = 64 * 1024;
/// A text has hardly a character that nobody can see; one in so many is let through.
const UNSEEN_ONE_IN: usize = 200;

/// What a file is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FileKind {
    /// Portable document.
    Pdf,
    /// A text of a word processor.
    Docx,
    /// A page of a site.
    Html,
    /// A table.
    Csv,
    /// A text with marks for headings.
    Markdown,
    /// A text.
    Text,
}

/// What its name or its sender says of a text; believed only between kinds of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// A table.
    Table,
    /// Words in lines.
    Prose,
}

impl Hint {
    /// By the ending of a file's name.
    pub fn of_name(name: &str) -> Option<Self> {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        match ending.as_deref() {
            Some("csv" | "tsv") => Some(Self::Table),
            Some("txt" | "md" | "markdown" | "text") => Some(Self::Prose),
            _ => None,
        }
    }

    /// By the kind that a server names.
    pub fn of_content_type(kind: &str) -> Option<Self> {
        match kind.split(';').next().map(str::trim) {
            Some("text/csv" | "text/tab-separated-values") => Some(Self::Table),
            Some("text/plain" | "text/markdown") => Some(Self::Prose),
            _ => None,
        }
    }

    /// The word it is told by on a command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Prose => "prose",
        }
    }

    /// The hint of this word.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Table, Self::Prose].into_iter().find(|hint| hint.as_str() == word)
    }
}

/// Beginnings of files that are no texts, and what they are.
const OTHERS: [(&[u8], &str); 17] = [
    (b"\x89PNG", "a picture"),
    (b"\xFF\xD8\xFF", "a picture"),
    (b"GIF8", "a picture"),
    (b"II*\0", "a picture"),
    (b"MM\0*", "a picture"),
    (b"RIFF", "a picture, a sound or a film"),
    (b"OggS", "a sound"),
    (b"ID3", "a sound"),
    (b"\x1F\x8B", "an archive"),
    (b"Rar!", "an archive"),
    (b"7z\xBC\xAF", "an archive"),
    (b"BZh", "an archive"),
    (b"\xFD7zXZ", "an archive"),
    (b"\x7FELF", "a program"),
    (b"SQLite format 3", "a database"),
    (b"\xD0\xCF\x11\xE0", "a file of an old Office, or one with a password; save it as .docx without one"),
    (b"{\\rtf", "a text in RTF; save it as .docx"),
];

/// What a file is; one that nothing can be read of is refused with a reason.
pub(super) fn of(bytes: &[u8], hint: Option<Hint>) -> Result<FileKind, Unreadable> {
    if bytes.is_empty() {
        return Err(Unreadable::because("the file is empty"));
    }
    let beginning = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    // Readers of PDF look for its mark within the first 1,024 bytes.
    if beginning
        .iter()
        .take(1_024)
        .collect::<Vec<_>>()
        .windows(5)
        .any(|five| five.iter().copied().eq(b"%PDF-"))
    {
        return Ok(FileKind::Pdf);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return docx::is_one(bytes).map(|()| FileKind::Docx);
    }
    if let Some((_, what)) = OTHERS.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return Err(Unreadable(format!("this is {what}")));
    }
    let text = text::decoded(beginning);
    let (letters, unseen) = text.chars().fold((0, 0), |(letters, unseen), letter| {
        let is_unseen =
            letter.is_control() && !letter.is_whitespace() || letter == char::REPLACEMENT_CHARACTER;
        (letters + 1, unseen + usize::from(is_unseen))
    });
    if unseen * UNSEEN_ONE_IN > letters + UNSEEN_ONE_IN {
        return Err(Unreadable::because("this is neither a text nor a file of a kind that is read here"));
    }
    Ok(of_text(&text, hint))
}

fn of_text(text: &str, hint: Option<Hint>) -> FileKind {
    let start: String = text.trim_start().chars().take(1_024).collect::<String>().to_ascii_lowercase();
    let is_html = ["<!doctype html", "<html", "<head", "<body", "<title", "<meta"];
    let is_xhtml = start.starts_with("<?xml") && start.contains("<html");
    if is_html.iter().any(|tag| start.starts_with(tag)) || is_xhtml || is_commented(&start) {
        return FileKind::Html;
    }
    if hint != Some(Hint::Prose) && table::is_one(text, hint == Some(Hint::Table)) {
        return FileKind::Csv;
    }
    let has_headings = text.lines().any(|line| {
        let marks = line.chars().take_while(|letter| *letter == '#').count();
        (1..=6).contains(&marks) && line.chars().nth(marks) == Some(' ')
    });
    if has_headings { FileKind::Markdown } else { FileKind::Text }
}

/// A page that begins with a comment.
fn is_commented(start: &str) -> bool {
    start.starts_with("<!--") && (start.contains("<html") || start.contains("<!doctype html"))
}
