//! The words of a page, without what a browser would not show.

use super::{Words, heading};
use html5gum::{DefaultEmitter, HtmlString, StartTag, Token, Tokenizer};

/// What stands in these is no text, or is there for the page's own sake.
const PASSED: [&str; 16] = [
    "script", "style", "noscript", "template", "svg", "math", "iframe", "object", "canvas", "select",
    "textarea", "nav", "video", "audio", "dialog", "datalist",
];
/// These begin a line.
const LINES: [&str; 33] = [
    "p",
    "div",
    "br",
    "hr",
    "li",
    "ul",
    "ol",
    "dl",
    "dt",
    "dd",
    "tr",
    "table",
    "thead",
    "tbody",
    "tfoot",
    "caption",
    "section",
    "article",
    "main",
    "aside",
    "header",
    "footer",
    "address",
    "blockquote",
    "pre",
    "figure",
    "figcaption",
    "form",
    "fieldset",
    "details",
    "summary",
    "body",
    "html",
];
/// These have no end.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];

/// Where the reader stands in a page. It has no stack: however deep tags lie in one another, it takes no more memory.
#[derive(Default)]
struct Reader {
    words: Words,
    /// The element that is passed over, and how many of its name are open.
    passed: Option<(String, u32)>,
    is_title: bool,
    /// The heading that is open, and what it says so far.
    heading: Option<(usize, String)>,
    first_heading: Option<String>,
}

pub(super) fn words(page: &str) -> Words {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut reader = Reader::default();
    for token in Tokenizer::new_with_emitter(page, emitter) {
        match token {
            Ok(Token::StartTag(tag)) => reader.open(&tag),
            Ok(Token::EndTag(tag)) => reader.close(&name_of(&tag.name)),
            Ok(Token::String(text)) => reader.take(&String::from_utf8_lossy(&text)),
            Ok(_) => {}
            Err(never) => match never {},
        }
    }
    reader.close_heading();
    let title = reader.words.title.take().filter(|title| !title.trim().is_empty());
    Words { title: title.or(reader.first_heading), ..reader.words }
}

impl Reader {
    fn open(&mut self, tag: &StartTag<()>) {
        let name = name_of(&tag.name);
        if let Some((passed, open)) = &mut self.passed {
            *open += u32::from(*passed == name && !tag.self_closing);
            return;
        }
        let is_hidden = tag.attributes.contains_key(&HtmlString(b"hidden".to_vec()));
        if (PASSED.contains(&name.as_str()) || is_hidden) && !VOID.contains(&name.as_str()) {
            self.passed = (!tag.self_closing || !is_svg(&name)).then_some((name, 1));
            return;
        }
        match (name.as_str(), depth_of(&name)) {
            ("title", _) => self.is_title = true,
            (_, Some(depth)) => {
                self.close_heading();
                self.heading = Some((depth, String::new()));
            }
            ("td" | "th", _) => self.words.text.push_str(" | "),
            ("li", _) => self.words.text.push_str("\n- "),
            (line, _) if LINES.contains(&line) => self.line(),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        if let Some((passed, open)) = &mut self.passed {
            if passed == name {
                *open -= 1;
                if *open == 0 {
                    self.passed = None;
                }
            }
            return;
        }
        if name == "title" {
            self.is_title = false;
        } else if depth_of(name).is_some() {
            self.close_heading();
        } else if LINES.contains(&name) {
            self.line();
        }
    }

    fn take(&mut self, text: &str) {
        if self.passed.is_some() {
            return;
        }
        // A line's end within a page is a blank; lines begin where elements do.
        let text = text.replace(['\n', '\r', '\t'], " ");
        if self.is_title {
            self.words.title.get_or_insert_default().push_str(&text);
        } else if let Some((_, name)) = &mut self.heading {
            name.push_str(&text);
        } else {
            self.words.text.push_str(&text);
        }
    }

    fn line(&mut self) {
        match &mut self.heading {
            Some((_, name)) => name.push(' '),
            None if self.words.text.ends_with('\n') => {}
            None => self.words.text.push('\n'),
        }
    }

    fn close_heading(&mut self) {
        let Some((depth, name)) = self.heading.take() else { return };
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        if !name.is_empty() {
            self.words.text.push_str(&heading(depth, &name));
            self.first_heading.get_or_insert(name);
        }
    }
}

fn name_of(name: &HtmlString) -> String {
    String::from_utf8_lossy(name).into_owned()
}

/// Elsewhere than in a drawing, a slash at a tag's end means nothing.
fn is_svg(name: &str) -> bool {
    matches!(name, "svg" | "math")
}

fn depth_of(name: &str) -> Option<usize> {
    let depth = name.strip_prefix('h')?.parse().ok()?;
    (1..=6).contains(&depth).then_some(depth)
}
