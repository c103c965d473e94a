//! Writing XML 1.0 that every parser reads back to the same text.

use std::fmt::{Display, Write as _};

/// Writes one character of text or of an attribute in double quotes. Characters that XML 1.0 cannot
/// hold at all (section 2.2 of its specification) are dropped; line ends and tabs are written as
/// references, because a parser may fold them otherwise.
pub(super) fn character(out: &mut String, character: char) {
    match character {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        '\t' => out.push_str("&#9;"),
        '\n' => out.push_str("&#10;"),
        '\r' => out.push_str("&#13;"),
        legal if is_legal(legal) => out.push(legal),
        _ => {}
    }
}

/// Whether XML 1.0 can hold the character.
pub(super) fn is_legal(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
}

pub(super) fn text(out: &mut String, text: &str) {
    for one in text.chars() {
        character(out, one);
    }
}

/// ` name="value"`.
pub(super) fn attribute(out: &mut String, name: &str, value: &str) {
    let _ = write!(out, " {name}=\"");
    text(out, value);
    out.push('"');
}

/// The same when there is a value.
pub(super) fn optional(out: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        attribute(out, name, value);
    }
}

/// The same for numbers and flags, which need no escapes.
pub(super) fn optional_number(out: &mut String, name: &str, value: Option<impl Display>) {
    if let Some(value) = value {
        let _ = write!(out, " {name}=\"{value}\"");
    }
}

/// `<name>content</name>`.
pub(super) fn element(out: &mut String, name: &str, content: &str) {
    let _ = write!(out, "<{name}>");
    text(out, content);
    let _ = write!(out, "</{name}>");
}

pub(super) fn pause(out: &mut String, seconds: u32) {
    let _ = write!(out, r#"<Pause length="{}"/>"#, seconds.max(1));
}
