//! Mail addresses and phone numbers, written or spoken.

use super::spoken::digits_of;
use super::{Entity, EntityKind};
use crate::words::Plain;
use regex::Regex;
use std::sync::LazyLock;
use studioconnect_domain::answer;
use studioconnect_domain::phone::PhoneNumber;
use studioconnect_domain::question::AnswerFormat;

/// A pattern of this file. One that cannot be read matches nothing, which its tests would show.
pub(super) fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

static WRITTEN: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(?i)[\p{L}0-9._%+\-]+\s?@\s?[\p{L}0-9\-]+(?:\.[\p{L}0-9\-]+)+"));
/// "dana dot reyes at example dot com", "dana punto reyes arroba example punto com".
static SPOKEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\b(?:(?:[a-z] )+[a-z]|[a-z0-9]+)(?:(?:[._\-]| (?:dot|punto|underscore|guion bajo|dash|guion|hyphen) )[a-z0-9]+)*(?: \d+)*",
        r" (?:at|arroba) [a-z0-9]+(?:(?:[\-]| (?:dash|guion|hyphen) )[a-z0-9]+)*(?:(?:\.| (?:dot|punto|point) )[a-z]{2,})+\b"
    ))
});
/// Digits with what people put between them.
static DIGITS: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(?:\+|\b00|\()?\d[\d\s().\-/]{5,22}\d\b"));
/// What a number is called when it is not a phone's.
static OTHER_NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)(?:order|invoice|ticket|case|account|model|serial|claim|policy|reference|ref|job|tracking|part|license|vin|",
        r"pedido|factura|orden|cuenta|modelo|serie|reclamo|poliza|póliza|referencia|caso)",
        r"(?: (?:number|no|numero|número))?\.?(?: (?:is|es|#))?[ #:]*$"
    ))
});

/// The mail addresses of a text.
pub(super) fn emails(text: &str) -> Vec<Entity> {
    let mut found = Vec::new();
    for written in matches(&WRITTEN, text) {
        keep(&mut found, &written.replace(char::is_whitespace, ""), 0.98);
    }
    if found.is_empty() {
        for spoken in matches(&SPOKEN, &spoken_form(text)) {
            keep(&mut found, &as_written(&spoken), 0.85);
        }
    }
    found
}

fn keep(found: &mut Vec<Entity>, text: &str, confidence: f32) {
    if let Ok(value) = answer::read(AnswerFormat::Email, text.trim_end_matches('.'), "") {
        found.push(Entity::new(EntityKind::Email, value, confidence));
    }
}

fn matches(pattern: &LazyLock<Option<Regex>>, text: &str) -> Vec<String> {
    let Some(pattern) = pattern.as_ref() else { return Vec::new() };
    pattern.find_iter(text).map(|found| found.as_str().to_owned()).collect()
}

/// A sentence as its spoken addresses are looked for: without accents, its numbers in digits.
fn spoken_form(text: &str) -> String {
    digits_of(&without_accents(text), 1)
}

fn without_accents(text: &str) -> String {
    let letters = text.chars().map(|letter| match letter {
        'á' => 'a',
        'é' => 'e',
        'í' => 'i',
        'ó' => 'o',
        'ú' | 'ü' => 'u',
        other => other,
    });
    letters.collect()
}

fn as_written(spoken: &str) -> String {
    let words = spoken.split(' ').map(|word| match word.to_lowercase().as_str() {
        "at" | "arroba" => "@".to_owned(),
        "dot" | "punto" | "point" => ".".to_owned(),
        "underscore" => "_".to_owned(),
        "dash" | "hyphen" | "guion" => "-".to_owned(),
        other => other.to_owned(),
    });
    words.collect::<String>().replace("-bajo", "_")
}

/// The text without its mail addresses.
pub(super) fn without_emails(text: &str) -> String {
    let text = blank(&WRITTEN, text);
    let plain = spoken_form(&text);
    match SPOKEN.as_ref().map(|spoken| spoken.is_match(&plain)) {
        // The accents are gone with it; a sentence that holds a spoken address holds little else.
        Some(true) => blank(&SPOKEN, &plain),
        _ => text,
    }
}

fn blank(pattern: &LazyLock<Option<Regex>>, text: &str) -> String {
    pattern.as_ref().map_or_else(|| text.to_owned(), |pattern| pattern.replace_all(text, " · ").into_owned())
}

/// The phone numbers of a text.
pub(super) fn phones(text: &str, region: &str) -> Vec<Entity> {
    let mut found: Vec<Entity> = Vec::new();
    for (number, _) in written_phones(text, region) {
        found.push(Entity::new(EntityKind::Phone, number, 0.95));
    }
    if found.is_empty() {
        for word in digits_of(Plain::of(text).as_str(), 7).split(' ') {
            if let Some(number) = phone_of(word, region) {
                found.push(Entity::new(EntityKind::Phone, number, 0.85));
            }
        }
    }
    found
}

fn written_phones(text: &str, region: &str) -> Vec<(String, std::ops::Range<usize>)> {
    let Some(digits) = DIGITS.as_ref() else { return Vec::new() };
    let named_otherwise = |at: usize| {
        let before = text.get(..at).unwrap_or_default();
        OTHER_NUMBER.as_ref().is_some_and(|other| other.is_match(before))
    };
    let found = digits.find_iter(text).filter(|found| !named_otherwise(found.start()));
    found.filter_map(|found| Some((phone_of(found.as_str(), region)?, found.range()))).collect()
}

/// Only whole numbers: seven digits without an area code are nobody's.
fn phone_of(text: &str, region: &str) -> Option<String> {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    if digits < 9 && !text.starts_with('+') || looks_like_date(text) {
        return None;
    }
    PhoneNumber::read(text, region).ok().map(String::from)
}

fn looks_like_date(text: &str) -> bool {
    let parts: Vec<usize> = text.split(['-', '/', '.']).map(str::len).collect();
    matches!(parts[..], [4, 1..=2, 1..=2] | [1..=2, 1..=2, 2 | 4])
}

/// The text without its phone numbers, written ones by a mark, spoken ones as they are.
pub(super) fn without_phones(text: &str, region: &str) -> String {
    let mut rest = text.to_owned();
    for (_, range) in written_phones(text, region).into_iter().rev() {
        rest.replace_range(range, " · ");
    }
    rest
}
