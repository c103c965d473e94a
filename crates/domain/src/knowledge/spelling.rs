//! Words that were meant: how far apart two are, and which of those known is nearest to one that is not.

/// Edits between two words: a letter more, less, other, or two that changed places. Counting stops above `most`.
pub fn edits(one: &str, other: &str, most: usize) -> Option<usize> {
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    if one.len().abs_diff(other.len()) > most {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.iter().enumerate() {
        let mut row = vec![at + 1];
        for (place, against) in other.iter().enumerate() {
            let cost = usize::from(letter != against);
            let get = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX / 2);
            let mut least =
                (get(&last, place) + cost).min(get(&last, place + 1) + 1).min(get(&row, place) + 1);
            let is_swapped = at > 0
                && place > 0
                && one.get(at - 1) == Some(against)
                && other.get(place - 1) == Some(letter);
            if is_swapped {
                least = least.min(get(&before, place - 1) + 1);
            }
            row.push(least);
        }
        if row.iter().min().is_some_and(|least| *least > most) {
            return None;
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|edits| *edits <= most)
}

/// How many edits a word of this many letters may be away and still be meant. Short words are all near one another.
pub fn tolerated(letters: usize) -> usize {
    match letters {
        0..=4 => 0,
        5..=7 => 1,
        _ => 2,
    }
}

/// The known words that a misspelt one is nearest to, at most two, with the edits to each. The first letter is hardly ever
/// wrong, and words of digits mean what they say.
pub fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Vec<(&'w str, usize)> {
    if word.chars().any(|letter| letter.is_ascii_digit()) {
        return Vec::new();
    }
    let most = tolerated(word.chars().count());
    let mut found: Vec<(&str, usize)> = known
        .into_iter()
        .filter(|other| other.chars().next() == word.chars().next() && *other != word)
        .filter_map(|other| edits(word, other, most).map(|edits| (other, edits)))
        .filter(|(_, edits)| *edits > 0)
        .collect();
    found.sort_by_key(|(other, edits)| (*edits, other.len().abs_diff(word.len())));
    let best = found.first().map_or(0, |(_, edits)| *edits);
    found.retain(|(_, edits)| *edits == best);
    found.truncate(2);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted_up_to_a_bound() {
        for (one, other, wanted) in [
            ("boiler", "boiler", Some(0)),
            ("bolier", "boiler", Some(1)),
            ("boilr", "boiler", Some(1)),
            ("aplianc", "applianc", Some(1)),
            ("saturday", "satrudya", Some(2)),
            ("boiler", "garden", None),
            ("", "ab", Some(2)),
            ("a", "abcd", None),
        ] {
            assert_eq!(edits(one, other, 2), wanted, "{one} {other}");
        }
    }

    #[test]
    fn a_misspelt_word_finds_the_one_that_was_meant_and_a_short_one_none() {
        let known = ["emergenc", "emerald", "park", "saturday", "24"];
        assert_eq!(nearest("emergnc", known), [("emergenc", 1)]);
        assert_eq!(nearest("satruday", known), [("saturday", 1)]);
        assert_eq!(nearest("bark", known), []);
        assert_eq!(nearest("25", known), []);
    }
}
