//! Cutting a document into the parts it is found by.
//!
//! A part has about 350 tokens and takes 60 of the one before along, so that no answer is cut in two. Tokens are estimated: four
//! characters of a Latin script make one, and each character of others is one. That is within a quarter of what models count.

use super::terms::terms;
use studioconnect_domain::ids::ChunkId;
use studioconnect_domain::knowledge::{Chunk, Document, DocumentKind};

/// Tokens of a part.
const TOKENS: usize = 350;
/// Tokens of the part before that it takes along.
const OVERLAP: usize = 60;
/// Most headings of a path that are kept.
const HEADINGS: usize = 4;

/// The parts of a document. A question with its answer is one, however long.
pub fn chunks_of(document: &Document) -> Vec<Chunk> {
    if document.kind == DocumentKind::Qa {
        return vec![chunk(document, &document.title, &document.body)];
    }
    let mut chunks = Vec::new();
    for (heading, text) in sections(&document.body) {
        for part in parts(&text) {
            chunks.push(chunk(document, &heading, &part));
        }
    }
    chunks
}

/// Tokens of a text, about.
pub fn tokens(text: &str) -> usize {
    let (mut letters, mut others) = (0_usize, 0_usize);
    for letter in text.chars() {
        if letter < '\u{2E80}' {
            letters += 1;
        } else {
            others += 1;
        }
    }
    letters.div_ceil(4) + others
}

fn chunk(document: &Document, heading: &str, text: &str) -> Chunk {
    let mut found_by = terms(&document.title);
    if heading != document.title {
        found_by.extend(terms(heading));
    }
    found_by.extend(terms(text));
    Chunk {
        id: ChunkId::new(),
        heading: heading.to_owned(),
        text: text.to_owned(),
        terms: found_by.join(" "),
    }
}

/// A text by its headings, each with the path that leads to it.
fn sections(body: &str) -> Vec<(String, String)> {
    let mut sections: Vec<(String, String)> = Vec::new();
    let mut path: Vec<(usize, String)> = Vec::new();
    let mut text = String::new();
    let close = |path: &[(usize, String)], text: &mut String, sections: &mut Vec<(String, String)>| {
        if !text.trim().is_empty() {
            let names: Vec<&str> = path.iter().map(|(_, name)| name.as_str()).take(HEADINGS).collect();
            sections.push((names.join(" › "), std::mem::take(text)));
        }
        text.clear();
    };
    for line in body.lines() {
        let depth = line.chars().take_while(|letter| *letter == '#').count();
        let name = line.trim_start_matches('#').trim();
        if (1..=6).contains(&depth) && line.chars().nth(depth) == Some(' ') && !name.is_empty() {
            close(&path, &mut text, &mut sections);
            path.retain(|(above, _)| *above < depth);
            path.push((depth, name.chars().take(120).collect()));
        } else {
            text.push_str(line);
            text.push('\n');
        }
    }
    close(&path, &mut text, &mut sections);
    sections
}

/// A section in parts that end where a sentence ends.
fn parts(text: &str) -> Vec<String> {
    let sentences = sentences(text);
    let mut parts: Vec<String> = Vec::new();
    let mut now: Vec<&str> = Vec::new();
    let mut size = 0;
    for sentence in &sentences {
        let more = tokens(sentence);
        if size + more > TOKENS && !now.is_empty() {
            parts.push(now.concat().trim().to_owned());
            let mut kept = 0;
            let from = now.iter().rposition(|sentence| {
                kept += tokens(sentence);
                kept > OVERLAP
            });
            now = from.and_then(|from| now.get(from + 1..)).unwrap_or_default().to_vec();
            size = now.iter().map(|sentence| tokens(sentence)).sum();
        }
        now.push(sentence);
        size += more;
    }
    let last = now.concat().trim().to_owned();
    if !last.is_empty() {
        parts.push(last);
    }
    parts
}

/// Sentences with what stands between them; one that would be a part by itself is cut at a blank.
pub(crate) fn sentences(text: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut now = String::new();
    let mut size = 0;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        now.push(letter);
        size += if letter < '\u{2E80}' { 1 } else { 4 };
        let is_end = matches!(letter, '.' | '!' | '?')
            && letters.peek().is_none_or(|next| next.is_whitespace())
            || matches!(letter, '。' | '！' | '？')
            || letter == '\n';
        let is_long = size >= TOKENS * 2 && letter.is_whitespace() || size >= TOKENS * 4;
        if is_end || is_long {
            while let Some(blank) = letters.next_if(|next| next.is_whitespace()) {
                now.push(blank);
            }
            sentences.push(std::mem::take(&mut now));
            size = 0;
        }
    }
    if !now.is_empty() {
        sentences.push(now);
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use studioconnect_domain::ids::BusinessId;

    fn chunks(kind: DocumentKind, title: &str, body: &str) -> Vec<Chunk> {
        chunks_of(&Document::new(BusinessId::new(), kind, title, body, DateTime::UNIX_EPOCH))
    }

    #[test]
    fn parts_are_bounded_overlap_and_keep_the_headings_above_them() {
        let long: String = (0..120)
            .map(|at| format!("Sentence number {at} tells of one more thing. "))
            .collect::<Vec<_>>()
            .concat();
        let body = format!("Intro.\n\n# Prices\n## Boilers\n{long}\n# Hours\nNine to five.");
        let chunks = chunks(DocumentKind::Text, "About us", &body);
        assert!(chunks.len() >= 5);
        assert!(chunks.iter().all(|chunk| tokens(&chunk.text) <= TOKENS));
        assert_eq!((chunks[0].heading.as_str(), chunks[0].text.as_str()), ("", "Intro."));
        assert_eq!(chunks[1].heading, "Prices › Boilers");
        assert_eq!(chunks.last().unwrap().heading, "Hours");
        let begin: String = chunks[2].text.chars().take(30).collect();
        assert!(chunks[1].text.contains(&begin), "the part after begins within the one before");
        for at in 0..120 {
            assert!(chunks.iter().any(|chunk| chunk.text.contains(&format!("number {at} "))), "{at}");
        }
    }

    #[test]
    fn a_question_with_its_answer_stays_whole_and_a_text_without_an_end_is_cut() {
        let long = "word ".repeat(3_000);
        assert_eq!(chunks(DocumentKind::Qa, "How long?", &long).len(), 1);
        let cut = chunks(DocumentKind::Text, "Long", &"x".repeat(20_000));
        assert!(cut.len() >= 10 && cut.iter().all(|chunk| tokens(&chunk.text) <= TOKENS));
        assert_eq!(chunks(DocumentKind::Text, "Nothing", " \n \n"), []);
        assert!(tokens("日本語の文") >= 5);
    }
}
