//! Words as the rules compare them: lower case, without accents, apostrophes and punctuation.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Longest text that is looked at, in characters; what is said in one turn is far shorter.
const MOST: usize = 2_000;

/// A text of plain words with one space between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plain(String);

impl Plain {
    /// The plain words of a text. An address of a page is none: what stands in it, nobody said.
    pub fn of(text: &str) -> Self {
        let mut plain = String::with_capacity(text.len());
        let said = text.split_whitespace().filter(|word| !is_link(word));
        let letters = said.flat_map(|word| word.chars().chain([' ']));
        for letter in letters.take(MOST).nfd().filter(|letter| !is_combining_mark(*letter)) {
            match letter {
                '\'' | '’' => {}
                letter if letter.is_alphanumeric() || matches!(letter, '@' | '$' | '€') => {
                    plain.extend(letter.to_lowercase());
                }
                _ if plain.is_empty() || plain.ends_with(' ') => {}
                _ => plain.push(' '),
            }
        }
        plain.truncate(plain.trim_end().len());
        Self(without_stretches(&plain))
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_link(word: &str) -> bool {
    word.contains("://") || word.starts_with("www.")
}

/// "Heyyy" is "hey"; no word of either language has a letter three times in a row.
fn without_stretches(plain: &str) -> String {
    let mut short = String::with_capacity(plain.len());
    let mut letters = plain.chars().peekable();
    while let Some(letter) = letters.next() {
        let mut times = 1;
        while letters.next_if_eq(&letter).is_some() {
            times += 1;
        }
        let kept = if times >= 3 && letter.is_alphabetic() { 1 } else { times };
        short.extend(std::iter::repeat_n(letter, kept));
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_brought_to_one_form() {
        for (text, plain) in [
            ("  Hello, how's it going?  ", "hello hows it going"),
            ("¿Están abiertos mañana?", "estan abiertos manana"),
            ("It costs $40 — or 35€!", "it costs $40 or 35€"),
            ("Heyyyy", "hey"),
            ("see https://example.com/talk-to-somebody please", "see please"),
            ("…", ""),
        ] {
            assert_eq!(Plain::of(text).as_str(), plain);
        }
    }
}
