//! What is the same in the forms of a word, in English and Spanish. Both sides of a search pass through it, so it need not be
//! a word, and need not be right as long as it is the same.

/// Endings, longest first, with how many letters have to be left and what comes in their place.
const ENDINGS: [(&str, usize, &str); 26] = [
    ("amiento", 4, ""),
    ("ations", 4, ""),
    ("mientos", 4, ""),
    ("acion", 3, ""),
    ("ation", 4, ""),
    ("mente", 4, ""),
    ("ments", 3, ""),
    ("ables", 4, ""),
    ("ancia", 4, ""),
    ("able", 4, ""),
    ("ance", 4, ""),
    ("ence", 5, ""),
    ("ings", 3, ""),
    ("ment", 3, ""),
    ("tion", 4, "t"),
    ("sion", 4, "s"),
    ("iers", 3, "y"),
    ("ier", 3, "y"),
    ("ing", 3, ""),
    ("ist", 4, ""),
    ("ery", 4, ""),
    ("ed", 3, ""),
    ("er", 3, ""),
    ("or", 5, ""),
    ("ly", 4, ""),
    ("ar", 4, ""),
];

/// The stem of a word in small letters without accents.
pub(super) fn stem(word: &str) -> String {
    if word.chars().count() <= 3 || word.chars().any(|letter| !letter.is_ascii_lowercase()) {
        return word.to_owned();
    }
    let mut stem = singular(word);
    // "delivered" has two endings, "deliver" one.
    for _ in 0..2 {
        let rest = ENDINGS.into_iter().find_map(|(ending, left, instead)| {
            let rest = stem.strip_suffix(ending)?;
            let is_word = rest.len() >= left && rest.contains(['a', 'e', 'i', 'o', 'u', 'y']);
            is_word.then(|| format!("{rest}{instead}"))
        });
        stem = rest.unwrap_or(stem);
    }
    if let Some(rest) = stem.strip_suffix(['e', 'a', 'o'])
        && (rest.len() >= 4 || rest.ends_with(['x', 's', 'z', 'h']))
    {
        stem = rest.to_string();
    }
    if let Some(rest) = stem.strip_suffix("at")
        && rest.len() >= 5
    {
        stem = rest.to_string();
    }
    if let Some(rest) = stem.strip_suffix('y')
        && rest.len() >= 3
    {
        stem = format!("{rest}i");
    }
    single(stem)
}

fn singular(word: &str) -> String {
    if let Some(rest) = word.strip_suffix("ies")
        && rest.len() >= 2
    {
        return format!("{rest}y");
    }
    if let Some(rest) = word.strip_suffix("ciones") {
        return format!("{rest}cion");
    }
    match word.strip_suffix('s') {
        Some(rest) if rest.len() >= 3 && !rest.ends_with(['s', 'u', 'i']) => rest.to_owned(),
        _ => word.to_owned(),
    }
}

/// "cancelled" and "cancel" differ in one letter only.
fn single(mut stem: String) -> String {
    let mut last = stem.chars().rev();
    if let (Some(one), Some(other)) = (last.next(), last.next())
        && one == other
        && stem.len() > 3
    {
        stem.pop();
    }
    stem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_have_one_stem() {
        for forms in [
            &["cancel", "cancels", "cancelled", "canceled", "cancelling", "cancellation", "cancellations"][..],
            &["install", "installs", "installed", "installing", "installation"],
            &["clean", "cleaning", "cleaned", "cleaner", "cleaners"],
            &["price", "prices", "pricing", "priced"],
            &["deliver", "delivery", "deliveries", "delivered"],
            &["refund", "refunds", "refunded", "refundable"],
            &["insure", "insured", "insurance"],
            &["box", "boxes"],
            &["party", "parties"],
            &["vaccinate", "vaccination", "vaccinations"],
            &["inspect", "inspection", "inspections", "inspector"],
            &["abierto", "abierta", "abiertos", "abiertas"],
            &["reparacion", "reparaciones", "reparar"],
            &["precio", "precios"],
        ] {
            let stems: Vec<String> = forms.iter().map(|form| stem(form)).collect();
            assert!(stems.iter().all(|one| *one == stems[0]), "{forms:?} {stems:?}");
        }
    }

    #[test]
    fn different_words_keep_different_stems() {
        for (one, other) in
            [("bus", "busy"), ("car", "care"), ("dog", "dose"), ("glass", "gas"), ("park", "part")]
        {
            assert_ne!(stem(one), stem(other));
        }
    }
}
