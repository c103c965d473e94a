//! Words of a PDF, page by page: a page that cannot be read is passed over.

use super::{Unreadable, Words};
use pdf_extract::{Document, Object, PlainTextOutput, output_doc_page};
use std::panic::{AssertUnwindSafe, catch_unwind};
use studioconnect_domain::knowledge::READ_BODY_MOST;

/// Most pages.
const PAGES: usize = 2_000;
/// A line that is at least so long was ended by the page's edge and not by its author.
const FULL_LINE: usize = 40;

pub(super) fn words(bytes: &[u8]) -> Result<Words, Unreadable> {
    let broken = || Unreadable::because("this PDF is broken and cannot be read");
    let loaded = catch_unwind(|| Document::load_mem(bytes));
    let document = match loaded {
        Ok(Ok(document)) => document,
        Ok(Err(fault)) if is_about_a_password(&fault) => return Err(locked()),
        _ => return Err(broken()),
    };
    if document.trailer.get(b"Encrypt").is_ok() && document.encryption_state.is_none() {
        return Err(locked());
    }
    let pages = catch_unwind(AssertUnwindSafe(|| document.get_pages())).map_err(|_| broken())?;
    if pages.is_empty() {
        return Err(broken());
    }
    if pages.len() > PAGES {
        return Err(Unreadable(format!("this PDF has {} pages, and at most {PAGES} are read", pages.len())));
    }
    let (mut text, mut unread) = (String::new(), 0_usize);
    for page in pages.keys() {
        // The library gives up on what it did not expect by a panic; what it had found of the page by then is kept.
        let mut found = String::new();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            output_doc_page(&document, &mut PlainTextOutput::new(&mut found), *page)
        }));
        unread += usize::from(!matches!(outcome, Ok(Ok(()))));
        text.push_str(&flowing(&found));
        text.push_str("\n\n");
        if text.len() > READ_BODY_MOST * 4 {
            break;
        }
    }
    if unread == pages.len() && text.trim().is_empty() {
        return Err(broken());
    }
    let note =
        (unread > 0).then(|| format!("{unread} of its {} pages could not be read whole.", pages.len()));
    Ok(Words { title: title(&document), text, note })
}

fn locked() -> Unreadable {
    Unreadable::because("this PDF is protected by a password; save it without one")
}

fn is_about_a_password(fault: &pdf_extract::Error) -> bool {
    let told = fault.to_string().to_ascii_lowercase();
    told.contains("password") || told.contains("encrypt") || told.contains("decrypt")
}

fn title(document: &Document) -> Option<String> {
    let information = document.trailer.get(b"Info").and_then(Object::as_reference).ok()?;
    let information = document.get_object(information).and_then(Object::as_dict).ok()?;
    let title = information.get(b"Title").and_then(Object::as_str).ok()?;
    // Without a mark of UTF-16 it is in an alphabet of its own, near Latin-1.
    Some(super::text::decoded(title).into_owned())
}

/// Lines that the page's edge ended, joined.
fn flowing(page: &str) -> String {
    let mut text = String::with_capacity(page.len());
    let mut before = 0;
    for line in page.lines().map(str::trim) {
        let goes_on = before >= FULL_LINE
            && !text.ends_with(['.', '!', '?', ':', ';'])
            && line.chars().next().is_some_and(|letter| letter.is_lowercase() || letter.is_ascii_digit());
        text.push(if goes_on { ' ' } else { '\n' });
        text.push_str(line);
        before = line.chars().count();
    }
    text
}
