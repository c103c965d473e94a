//! The words a text is found by.
//!
//! Besides its words a text is found by what kinds of things stand in it: a question for a price is answered by a sum, one
//! for a time by a time, whatever the words around them are. Those stand among the terms as the marks below.

use super::stem::stem;
use super::synonyms::is_empty_word;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// A sum of money.
pub(super) const PRICE: &str = "0price";
/// A time of day or a day of the week.
pub(super) const TIME: &str = "0time";
/// A number to call.
pub(super) const PHONE: &str = "0phone";
/// A mail address.
pub(super) const MAIL: &str = "0mail";
/// A place in a town.
pub(super) const PLACE: &str = "0place";

/// Longest word, in bytes; what is longer is none.
const LONGEST: usize = 100;

const DAYS: [&str; 14] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "lunes",
    "martes",
    "miercoles",
    "jueves",
    "viernes",
    "sabado",
    "domingo",
];
const STREETS: [&str; 17] = [
    "street",
    "avenue",
    "road",
    "boulevard",
    "lane",
    "suite",
    "floor",
    "downtown",
    "corner",
    "plaza",
    "calle",
    "avenida",
    "carrera",
    "esquina",
    "highway",
    "square",
    "station",
];
const MONEY: [&str; 10] =
    ["dollar", "dollars", "usd", "euro", "euros", "pesos", "cents", "pounds", "eur", "dolares"];

/// Letters of a text as they are compared: small, without accents and apostrophes.
pub(super) fn folded(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.nfd().filter(|letter| !is_combining_mark(*letter)) {
        if !matches!(letter, '\'' | '’' | '`') {
            plain.extend(letter.to_lowercase());
        }
    }
    plain
}

/// Words of a text, hyphens and all else between them left out. Numbers keep the points and commas within them.
pub(super) fn words(folded: &str) -> Vec<String> {
    let mut words = Vec::new();
    let letters: Vec<char> = folded.chars().collect();
    let mut word = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(at + 1);
        let is_digit = |letter: Option<&char>| letter.is_some_and(char::is_ascii_digit);
        let is_within = matches!(letter, '.' | ',' | ':') && is_digit(before) && is_digit(after);
        if letter.is_alphanumeric() {
            // "9am" is a nine and a word.
            let is_turn = letter.is_alphabetic() && is_digit(before) && !word.is_empty();
            if is_turn {
                words.push(std::mem::take(&mut word));
            }
            word.push(*letter);
        } else if is_within {
            if *letter != ',' {
                word.push(*letter);
            }
        } else if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// The terms of a text in its order.
pub(super) fn terms(text: &str) -> Vec<String> {
    let folded = folded(text);
    let words = words(&folded);
    let mut terms = Vec::new();
    let mark = |mark: &str, terms: &mut Vec<String>| terms.push(mark.to_owned());
    if folded.contains(['$', '€', '£']) {
        mark(PRICE, &mut terms);
    }
    if folded.contains('@') {
        mark(MAIL, &mut terms);
    }
    if folded.contains("24/7") || folded.contains("24 hours") || folded.contains("24-hour") {
        terms.push("247".to_owned());
        mark(TIME, &mut terms);
    }
    if has_phone(&folded) {
        mark(PHONE, &mut terms);
    }
    for (at, word) in words.iter().enumerate() {
        let is_number = |word: &String| word.starts_with(|letter: char| letter.is_ascii_digit());
        let before = at.checked_sub(1).and_then(|at| words.get(at));
        if DAYS.contains(&word.as_str())
            || is_number(word) && word.contains(':')
            || matches!(word.as_str(), "am" | "pm" | "oclock") && before.is_some_and(is_number)
            || matches!(word.as_str(), "noon" | "midnight" | "mediodia" | "medianoche")
        {
            mark(TIME, &mut terms);
        }
        if MONEY.contains(&word.as_str()) && before.is_some_and(is_number) {
            mark(PRICE, &mut terms);
        }
        if STREETS.contains(&word.as_str()) {
            mark(PLACE, &mut terms);
        }
        if !is_empty_word(word) && word.len() <= LONGEST {
            terms.push(stem(word));
        }
    }
    terms.extend(compounds(&folded));
    terms
}

/// Words that are written with a hyphen are found without it too.
fn compounds(folded: &str) -> Vec<String> {
    let pieces = folded.split(|letter: char| !letter.is_alphanumeric() && letter != '-');
    pieces
        .filter(|piece| {
            piece.contains('-') && piece.chars().all(|letter| letter.is_alphabetic() || letter == '-')
        })
        .map(|piece| stem(&piece.replace('-', "")))
        .filter(|word| word.len() > 3)
        .collect()
}

/// Seven digits or more with nothing but signs between them.
fn has_phone(folded: &str) -> bool {
    let mut digits = 0;
    for letter in folded.chars() {
        match letter {
            '0'..='9' => digits += 1,
            ' ' | '-' | '(' | ')' | '.' | '+' => {}
            _ => digits = 0,
        }
        if digits >= 9 {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_by_its_stems_and_by_the_kinds_of_things_in_it() {
        for (text, wanted) in [
            ("The boilers are serviced.", "boil servic"),
            ("Walk-ins: from $45", "walk 0price 45 walkin"),
            ("Open 9am to 5:30 pm", "open 0time 9 0time 5:30 pm"),
            ("Call +1 206 555 0100", "0phone cal 1 206 555 0100"),
            ("Café Ñandú 1,200 euros", "cafe nandu 1200 0price euro"),
        ] {
            let terms = terms(text);
            for term in wanted.split(' ').filter(|term| *term != "pm") {
                assert!(terms.iter().any(|one| one == term), "{text}: {term} in {terms:?}");
            }
        }
        assert!(terms("the and of to").is_empty());
    }
}
