//! Bytes to letters, and letters to lines.

use std::borrow::Cow;

/// What bytes of 0x80 to 0x9F mean in Windows' Latin-1; the rest of it is Unicode's own.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

/// The letters of a text in UTF-8, in UTF-16 with its mark, or else in Windows' Latin-1.
pub(super) fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest),
        [0xFF, 0xFE, rest @ ..] => Cow::Owned(utf16(rest, u16::from_le_bytes)),
        [0xFE, 0xFF, rest @ ..] => Cow::Owned(utf16(rest, u16::from_be_bytes)),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(bytes.iter().map(|byte| latin(*byte)).collect()),
        },
    }
}

fn utf16(bytes: &[u8], read: fn([u8; 2]) -> u16) -> String {
    let units = bytes.as_chunks::<2>().0.iter().map(|unit| read(*unit));
    char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

fn latin(byte: u8) -> char {
    match byte {
        0x80..=0x9F => WINDOWS.get(usize::from(byte) - 0x80).copied().unwrap_or(char::REPLACEMENT_CHARACTER),
        _ => char::from(byte),
    }
}

/// Lines without what nobody reads, of at most `most` letters; whether there were more.
pub(super) fn tidied(text: &str, most: usize) -> (String, bool) {
    let mut tidy = String::with_capacity(text.len().min(most * 2));
    let (mut letters, mut blanks) = (0, 0);
    for line in text.lines() {
        let mut words = line.split(|letter: char| letter.is_whitespace() || letter.is_control());
        let mut is_empty = true;
        for word in words.by_ref().filter(|word| !word.is_empty()) {
            let gap = match (is_empty, tidy.is_empty(), blanks) {
                (false, ..) => " ",
                (true, true, _) => "",
                (true, false, 0) => "\n",
                (true, false, _) => "\n\n",
            };
            let long = word.chars().count();
            if letters + gap.len() + long > most {
                let left = most.saturating_sub(letters + gap.len());
                if left > 0 && is_empty && letters == 0 {
                    tidy.extend(word.chars().take(left));
                }
                return (tidy, true);
            }
            tidy.push_str(gap);
            tidy.push_str(word);
            letters += gap.len() + long;
            is_empty = false;
        }
        blanks = if is_empty { blanks + 1 } else { 0 };
    }
    (tidy, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_read_whatever_they_were_written_with() {
        let utf16 = |big: bool| -> Vec<u8> {
            let mark = [0xFEFF_u16];
            let units = mark.into_iter().chain("Café — 9 €".encode_utf16());
            units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        for bytes in [
            "Café — 9 €".as_bytes().to_vec(),
            "\u{FEFF}Café — 9 €".as_bytes().to_vec(),
            utf16(true),
            utf16(false),
            b"Caf\xE9 \x97 9 \x80".to_vec(),
        ] {
            assert_eq!(decoded(&bytes), "Café — 9 €", "{bytes:?}");
        }
        assert_eq!(decoded(b"\xFF\xFEa\0b"), "a", "half a letter at the end is none");
    }

    #[test]
    fn lines_are_tidied_and_cut_at_a_word() {
        let text = "  A \t line \u{0} here \r\n\n\n\nnext\u{7}one\n";
        assert_eq!(tidied(text, 100), ("A line here\n\nnext one".to_owned(), false));
        assert_eq!(tidied("one two three", 9), ("one two".to_owned(), true));
        assert_eq!(tidied("unbroken", 4), ("unbr".to_owned(), true));
        assert_eq!(tidied(" \n\u{c}", 4), (String::new(), false));
    }
}
