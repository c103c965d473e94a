//! A message as words: folded for comparing, each with its place in the text, its sentence and its clause.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Longest text that is looked at, in bytes; a message of a visitor is at most half of that.
pub(super) const MOST_BYTES: usize = 8 * 1024;

/// One word.
#[derive(Clone, Debug)]
pub(super) struct Word {
    /// Lower case, without accents.
    pub plain: String,
    /// First byte in the text.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// Which sentence it stands in.
    pub sentence: u32,
    /// Which clause: a comma and a "but" begin a new one.
    pub clause: u32,
    /// The sentence ends with a question mark.
    pub is_asked: bool,
}

/// Words after which what was said before does not hold for what comes.
const TURNS: [&str; 13] = [
    "but",
    "however",
    "although",
    "though",
    "except",
    "pero",
    "sino",
    "mais",
    "cependant",
    "aber",
    "sondern",
    "mas",
    "porem",
];

/// The words of a text.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let (mut sentence, mut clause) = (0, 0);
    let mut begun: Option<usize> = None;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        if at >= MOST_BYTES {
            break;
        }
        let next = letters.peek().map(|(_, next)| *next);
        if letter.is_alphanumeric() || is_combining_mark(letter) {
            begun.get_or_insert(at);
            continue;
        }
        let is_apostrophe = matches!(letter, '\'' | '’' | '`');
        if is_apostrophe && begun.is_some_and(|start| !is_elided(text.get(start..at).unwrap_or_default())) {
            continue;
        }
        if let Some(start) = begun.take() {
            push(&mut words, text, start..at, (sentence, &mut clause));
        }
        let ends_word = next.is_none_or(char::is_whitespace);
        match letter {
            '!' | '?' | '…' | '\n' | '。' | ';' => (sentence, clause) = (sentence + 1, clause + 1),
            '.' if ends_word || next == Some('.') => (sentence, clause) = (sentence + 1, clause + 1),
            ',' | ':' | '(' | ')' | '–' | '—' => clause += 1,
            '-' if ends_word => clause += 1,
            _ => {}
        }
        if letter == '?' {
            ask(&mut words, sentence - 1);
        }
    }
    if let Some(start) = begun {
        push(&mut words, text, start..text.len(), (sentence, &mut clause));
    }
    words
}

/// French and Italian leave a vowel out before the apostrophe: "l'eau" is two words, "isn't" is one.
fn is_elided(before: &str) -> bool {
    before.chars().count() == 1 || before.eq_ignore_ascii_case("qu") || before.eq_ignore_ascii_case("aujourd")
}

fn ask(words: &mut [Word], sentence: u32) {
    for word in words.iter_mut().rev().take_while(|word| word.sentence == sentence) {
        word.is_asked = true;
    }
}

fn push(
    words: &mut Vec<Word>,
    text: &str,
    place: std::ops::Range<usize>,
    (sentence, clause): (u32, &mut u32),
) {
    let plain = fold(text.get(place.clone()).unwrap_or_default());
    if TURNS.contains(&plain.as_str()) {
        *clause += 1;
    }
    words.push(Word {
        plain,
        start: place.start,
        end: place.end,
        sentence,
        clause: *clause,
        is_asked: false,
    });
}

/// Lower case, without accents and apostrophes; no letter stands three times in a row.
pub(super) fn fold(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    let letters = word.nfd().filter(|letter| !is_combining_mark(*letter) && letter.is_alphanumeric());
    let (mut last, mut times) = (None, 0);
    for letter in letters.flat_map(char::to_lowercase) {
        times = if last == Some(letter) { times + 1 } else { 1 };
        last = Some(letter);
        match letter {
            'ß' => plain.push_str("ss"),
            'œ' => plain.push_str("oe"),
            'æ' => plain.push_str("ae"),
            letter if times < 3 || letter.is_numeric() => plain.push(letter),
            _ => {}
        }
    }
    plain
}
