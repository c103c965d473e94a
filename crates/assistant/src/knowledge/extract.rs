//! Words out of files: PDF, DOCX, HTML, CSV, Markdown and plain text, told apart by what is in them.
//!
//! What comes out is the form that documents are cut from: lines, with `#` before headings. The parsers of others that do the
//! work take memory and time as a file wants, so this runs in a process of its own ([`super::reading`]); what is bounded here is
//! what can be told in a plain sentence.

mod docx;
mod html;
mod kind;
mod pdf;
mod table;
mod text;

use serde::{Deserialize, Serialize};
use studioconnect_domain::knowledge::{LONGEST_TITLE, READ_BODY_MOST};

pub use kind::{FileKind, Hint};

/// Headings of a path, as Markdown has them.
const DEEPEST_HEADING: usize = 6;

/// What was read of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Extracted {
    /// What it was read as.
    pub kind: FileKind,
    /// What it calls itself.
    pub title: Option<String>,
    /// Its words, with `#` before headings.
    pub text: String,
    /// What could not be taken along, in a sentence.
    pub note: Option<String>,
}

/// Why a file cannot be read, in a sentence for whoever sent it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{0}")]
#[serde(transparent)]
pub struct Unreadable(pub String);

impl Unreadable {
    fn because(reason: &str) -> Self {
        Self(reason.to_owned())
    }
}

/// What a format gives, before it is tidied.
#[derive(Debug, Default)]
struct Words {
    title: Option<String>,
    text: String,
    note: Option<String>,
}

/// Reads a file. `hint` decides only between kinds that its bytes leave open.
pub fn extract(bytes: &[u8], hint: Option<Hint>) -> Result<Extracted, Unreadable> {
    let kind = kind::of(bytes, hint)?;
    let words = match kind {
        FileKind::Pdf => pdf::words(bytes)?,
        FileKind::Docx => docx::words(bytes)?,
        FileKind::Html => html::words(&text::decoded(bytes)),
        FileKind::Csv => table::words(&text::decoded(bytes))?,
        FileKind::Markdown | FileKind::Text => {
            let text = text::decoded(bytes);
            Words { title: first_heading(&text), text: text.into_owned(), note: None }
        }
    };
    let (text, is_cut) = text::tidied(&words.text, READ_BODY_MOST);
    if text.is_empty() {
        return Err(Unreadable::because(match kind {
            FileKind::Pdf => "there is no text in this PDF; it may be a scan, which is a picture of text",
            _ => "there are no words in this file",
        }));
    }
    let cut = format!("It is longer than {READ_BODY_MOST} characters: only its beginning is known.");
    let note = [words.note, is_cut.then_some(cut)].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let title = words.title.map(|title| titled(&title)).filter(|title| !title.is_empty());
    Ok(Extracted { kind, title, text, note: Some(note).filter(|note| !note.is_empty()) })
}

/// A title on one line, as long as one may be.
pub fn titled(text: &str) -> String {
    let plain: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(LONGEST_TITLE).collect::<String>().trim().to_owned()
}

fn first_heading(text: &str) -> Option<String> {
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    first.strip_prefix("# ").map(str::to_owned)
}

/// A heading as a line of its own.
fn heading(depth: usize, name: &str) -> String {
    format!("\n\n{} {}\n", "#".repeat(depth.clamp(1, DEEPEST_HEADING)), name.trim())
}

#[cfg(test)]
mod tests;
