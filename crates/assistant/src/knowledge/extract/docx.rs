//! Words of a DOCX: an archive with the text in one file of XML and the names of its headings in another.

use super::{Unreadable, Words, heading};
use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use zip::ZipArchive;
use zip::result::ZipError;

/// Most files in the archive.
const FILES: usize = 5_000;
/// Most bytes of the text's XML, unpacked; a text of a thousand pages has some 10 MB.
const TEXT: u64 = 64 << 20;
/// Most bytes of each of the others.
const REST: u64 = 8 << 20;

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// Whether an archive is a text of a word processor; otherwise what it is.
pub(super) fn is_one(bytes: &[u8]) -> Result<(), Unreadable> {
    let archive = open(bytes)?;
    let mut holds = [false; 4];
    for name in archive.file_names_raw() {
        for (held, wanted) in holds.iter_mut().zip([&b"word/document.xml"[..], b"xl/", b"ppt/", b"mimetype"])
        {
            *held |= name.starts_with(wanted);
        }
    }
    match holds {
        [true, ..] => Ok(()),
        [_, true, ..] => Err(Unreadable::because("this is a spreadsheet; save it as CSV")),
        [_, _, true, _] => Err(Unreadable::because("these are slides; save them as PDF")),
        [.., true] => {
            Err(Unreadable::because("this is a file of another word processor or a book; save it as .docx"))
        }
        _ => Err(Unreadable::because("this is an archive; send its files one by one")),
    }
}

pub(super) fn words(bytes: &[u8]) -> Result<Words, Unreadable> {
    let mut archive = open(bytes)?;
    let text = file(&mut archive, "word/document.xml", TEXT)?.ok_or_else(broken)?;
    let styles = file(&mut archive, "word/styles.xml", REST)?.unwrap_or_default();
    let about = file(&mut archive, "docProps/core.xml", REST)?.unwrap_or_default();
    let headings = headings(&styles)?;
    let mut words = body(&text, &headings)?;
    words.title = title(&about)?.or(words.title);
    Ok(words)
}

fn broken() -> Unreadable {
    Unreadable::because("this DOCX is broken and cannot be read")
}

fn open(bytes: &[u8]) -> Result<Archive<'_>, Unreadable> {
    let archive = ZipArchive::new(Cursor::new(bytes))
        .map_err(|_| Unreadable::because("this is an archive that is broken"))?;
    if archive.len() > FILES {
        return Err(Unreadable(format!("there are more than {FILES} files in it")));
    }
    Ok(archive)
}

/// A file of the archive, unpacked no further than may be.
fn file(archive: &mut Archive<'_>, name: &str, most: u64) -> Result<Option<Vec<u8>>, Unreadable> {
    let file = match archive.by_name(name) {
        Ok(file) => file,
        Err(ZipError::FileNotFound) => return Ok(None),
        Err(ZipError::UnsupportedArchive(_) | ZipError::InvalidPassword) => {
            return Err(Unreadable::because(
                "this DOCX is protected by a password, or packed in an unknown way",
            ));
        }
        Err(_) => return Err(broken()),
    };
    let mut content = Vec::new();
    file.take(most + 1).read_to_end(&mut content).map_err(|_| broken())?;
    if content.len() as u64 > most {
        return Err(Unreadable(format!("{name} in it unpacks to more than {} MB", most >> 20)));
    }
    Ok(Some(content))
}

/// Goes through the elements of a file. One that declares entities of its own is refused: nobody's word processor does so.
fn each(xml: &[u8], mut see: impl FnMut(&Event<'_>)) -> Result<(), Unreadable> {
    let mut reader = Reader::from_reader(xml);
    reader.config_mut().check_end_names = false;
    let mut block = Vec::new();
    loop {
        match reader.read_event_into(&mut block) {
            Ok(Event::Eof) => return Ok(()),
            Ok(Event::DocType(_)) => {
                return Err(Unreadable::because(
                    "there are declarations in this DOCX that no word processor writes",
                ));
            }
            Ok(event) => see(&event),
            Err(_) => return Err(broken()),
        }
        block.clear();
    }
}

/// A value of an element, by its name without a prefix.
fn value(element: &BytesStart<'_>, name: &[u8]) -> Option<String> {
    let found = element.attributes().flatten().find(|given| given.key.local_name().as_ref() == name)?;
    found.normalized_value(XmlVersion::default()).ok().map(std::borrow::Cow::into_owned)
}

/// How deep the headings of each style lie; its title is the outermost.
fn headings(styles: &[u8]) -> Result<BTreeMap<String, usize>, Unreadable> {
    let mut depths = BTreeMap::new();
    let mut style = String::new();
    each(styles, |event| {
        let (Event::Start(element) | Event::Empty(element)) = event else { return };
        match element.local_name().as_ref() {
            b"style" => style = value(element, b"styleId").unwrap_or_default(),
            b"name" => {
                if let Some(depth) = value(element, b"val").and_then(|name| depth_of(&name)) {
                    depths.insert(style.clone(), depth);
                }
            }
            _ => {}
        }
    })?;
    Ok(depths)
}

/// `heading 2` in whatever language the word processor speaks: names of styles are written in English.
fn depth_of(name: &str) -> Option<usize> {
    let name = name.to_ascii_lowercase();
    if name == "title" {
        return Some(1);
    }
    let depth = name.strip_prefix("heading")?.trim().parse().ok()?;
    (1..=9).contains(&depth).then_some(depth)
}

/// The text, paragraph by paragraph; cells of a table stand on one line.
fn body(text: &[u8], headings: &BTreeMap<String, usize>) -> Result<Words, Unreadable> {
    let mut words = Words::default();
    let mut paragraph = String::new();
    let mut depth = None;
    // Within what is text, and within how many cells: a table may stand in a cell.
    let (mut is_text, mut cells) = (false, 0_u32);
    each(text, |event| match event {
        Event::Start(element) | Event::Empty(element) => {
            let is_open = matches!(event, Event::Start(_));
            match element.local_name().as_ref() {
                b"t" => is_text = is_open,
                b"tab" => paragraph.push(' '),
                b"br" | b"cr" => paragraph.push(if cells > 0 { ' ' } else { '\n' }),
                b"tc" => cells += u32::from(is_open),
                b"pStyle" => {
                    let style = value(element, b"val").unwrap_or_default();
                    depth = headings.get(&style).copied().or_else(|| depth_of(&style));
                }
                _ => {}
            }
        }
        Event::Text(piece) if is_text => {
            paragraph.push_str(&piece.decode().unwrap_or_default());
        }
        Event::GeneralRef(name) if is_text => {
            let known = match &**name {
                b"amp" => Some('&'),
                b"lt" => Some('<'),
                b"gt" => Some('>'),
                b"quot" => Some('"'),
                b"apos" => Some('\''),
                _ => name.resolve_char_ref().ok().flatten(),
            };
            paragraph.extend(known);
        }
        Event::End(element) => match element.local_name().as_ref() {
            b"t" => is_text = false,
            b"p" => end_paragraph(&mut words, &mut paragraph, depth.take(), cells > 0),
            b"tc" => {
                cells = cells.saturating_sub(1);
                words.text.push_str(" | ");
            }
            b"tr" => words.text.push('\n'),
            _ => {}
        },
        _ => {}
    })?;
    end_paragraph(&mut words, &mut paragraph, None, false);
    Ok(words)
}

fn end_paragraph(words: &mut Words, paragraph: &mut String, depth: Option<usize>, is_cell: bool) {
    if let Some(depth) = depth.filter(|_| !is_cell && !paragraph.trim().is_empty()) {
        words.text.push_str(&heading(depth, paragraph));
        words.title.get_or_insert_with(|| paragraph.clone());
    } else {
        words.text.push_str(paragraph);
        words.text.push(if is_cell { ' ' } else { '\n' });
    }
    paragraph.clear();
}

fn title(about: &[u8]) -> Result<Option<String>, Unreadable> {
    let (mut is_title, mut title) = (false, String::new());
    each(about, |event| match event {
        Event::Start(element) => is_title = element.local_name().as_ref() == b"title",
        Event::End(_) => is_title = false,
        Event::Text(piece) if is_title => title.push_str(&piece.decode().unwrap_or_default()),
        _ => {}
    })?;
    Ok(Some(title).filter(|title| !title.trim().is_empty()))
}
