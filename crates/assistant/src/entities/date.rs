//! Days, as people name them: resolved against the business's day, and meant to come unless they plainly say otherwise.

use super::contact::pattern;
use super::spoken::number;
use super::{Entity, EntityKind, Surroundings};
use crate::words::Plain;
use chrono::{Datelike as _, Days, NaiveDate, Weekday};
use regex::Regex;
use std::sync::LazyLock;

/// 2026-12-24, 12/24, 12/24/26, 24.12.2026.
static FIGURES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?P<y>20\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})\b",
        r"|\b(?P<a>\d{1,2})(?P<cut>[/.\-])(?P<b>\d{1,2})(?:[/.\-](?P<year>20\d\d|\d\d))?\b"
    ))
});

/// A month has to stand with a day: "may I", "march in".
fn month(word: &str) -> Option<u32> {
    Some(match word {
        "january" | "jan" | "enero" => 1,
        "february" | "feb" | "febrero" => 2,
        "march" | "mar" | "marzo" => 3,
        "april" | "apr" | "abril" => 4,
        "may" | "mayo" => 5,
        "june" | "jun" | "junio" => 6,
        "july" | "jul" | "julio" => 7,
        "august" | "aug" | "agosto" => 8,
        "september" | "sept" | "sep" | "septiembre" | "setiembre" => 9,
        "october" | "oct" | "octubre" => 10,
        "november" | "nov" | "noviembre" => 11,
        "december" | "dec" | "diciembre" => 12,
        _ => return None,
    })
}

fn weekday(word: &str) -> Option<Weekday> {
    Some(match word {
        "monday" | "mon" | "lunes" => Weekday::Mon,
        "tuesday" | "tues" | "tue" | "martes" => Weekday::Tue,
        "wednesday" | "wed" | "miercoles" => Weekday::Wed,
        "thursday" | "thurs" | "thu" | "jueves" => Weekday::Thu,
        "friday" | "fri" | "viernes" => Weekday::Fri,
        "saturday" | "sat" | "sabado" => Weekday::Sat,
        "sunday" | "sun" | "domingo" => Weekday::Sun,
        _ => return None,
    })
}

/// A day of a month, in figures or as an ordinal.
fn day(word: &str) -> Option<u32> {
    const ORDINALS: [&str; 20] = [
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "eleventh",
        "twelfth",
        "thirteenth",
        "fourteenth",
        "fifteenth",
        "sixteenth",
        "seventeenth",
        "eighteenth",
        "nineteenth",
        "twentieth",
    ];
    let figures =
        word.trim_end_matches("st").trim_end_matches("nd").trim_end_matches("rd").trim_end_matches("th");
    let figures = if word.ends_with('o') { word.trim_end_matches('o') } else { figures };
    if let Ok(day) = figures.parse::<u32>() {
        return (1..=31).contains(&day).then_some(day);
    }
    if word == "primero" {
        return Some(1);
    }
    if word == "thirtieth" {
        return Some(30);
    }
    ORDINALS.iter().position(|ordinal| *ordinal == word).and_then(|at| u32::try_from(at + 1).ok())
}

/// A day of one or two words: "fifth", "twenty third", "5", "treinta y uno".
fn day_of(words: &[&str]) -> Option<(u32, usize)> {
    let first = words.first()?;
    let tens = match *first {
        "twenty" => 20,
        "thirty" => 30,
        _ => 0,
    };
    if let Some(unit) = words.get(1).and_then(|word| day(word)).filter(|unit| tens > 0 && *unit < 10) {
        return (tens + unit <= 31).then_some((tens + unit, 2));
    }
    if let Some(day) = day(first) {
        return Some((day, 1));
    }
    let (value, used) = number(words)?;
    // The words of figures are whole and small.
    (1.0..=31.0).contains(&value).then_some((value as u32, used))
}

/// The days that are named.
pub(super) fn dates(text: &str, around: &Surroundings<'_>) -> Vec<Entity> {
    let mut found: Vec<NaiveDate> = Vec::new();
    let mut confidence = 0.95;
    for capture in FIGURES.iter().flat_map(|figures| figures.captures_iter(text)) {
        let part = |name: &str| capture.name(name).and_then(|group| group.as_str().parse::<u32>().ok());
        let date = match (part("y"), part("m"), part("d")) {
            (Some(year), Some(month), Some(day)) => NaiveDate::from_ymd_opt(year as i32, month, day),
            _ => in_figures(
                part("a"),
                part("b"),
                part("year"),
                capture.name("cut").map(|cut| cut.as_str()),
                around,
            ),
        };
        found.extend(date);
    }
    if found.is_empty() {
        confidence = 0.85;
        found = in_words(Plain::of(text).as_str(), around);
    }
    found.dedup();
    found.into_iter().map(|date| Entity::new(EntityKind::Date, date.to_string(), confidence)).collect()
}

fn in_figures(
    first: Option<u32>,
    second: Option<u32>,
    year: Option<u32>,
    cut: Option<&str>,
    around: &Surroundings<'_>,
) -> Option<NaiveDate> {
    let (first, second) = (first?, second?);
    // "1.5" and "3-4" are no days without a year.
    if year.is_none() && cut != Some("/") {
        return None;
    }
    let month_first = matches!(around.region, "US" | "CA" | "PH") && cut != Some(".");
    let (month, day) =
        if month_first && first <= 12 || second > 12 { (first, second) } else { (second, first) };
    match year {
        Some(year) if year < 100 => NaiveDate::from_ymd_opt(2_000 + year as i32, month, day),
        Some(year) => NaiveDate::from_ymd_opt(year as i32, month, day),
        None => next(around.today, month, day),
    }
}

/// The next time a month has such a day, today included.
fn next(today: NaiveDate, month: u32, day: u32) -> Option<NaiveDate> {
    // Four years hold a 29th of February.
    (0..=4)
        .filter_map(|ahead| NaiveDate::from_ymd_opt(today.year() + ahead, month, day))
        .find(|date| *date >= today)
}

fn in_words(plain: &str, around: &Surroundings<'_>) -> Vec<NaiveDate> {
    let words: Vec<&str> = plain.split(' ').collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let rest = words.get(at..).unwrap_or_default();
        let before = words.get(at.wrapping_sub(1)).copied().unwrap_or_default();
        match named(rest, before, around.today) {
            Some((date, used)) => {
                found.push(date);
                at += used.max(1);
            }
            None => at += 1,
        }
    }
    found
}

/// The day that some words begin with, and how many they are.
fn named(words: &[&str], before: &str, today: NaiveDate) -> Option<(NaiveDate, usize)> {
    let word = *words.first()?;
    let by_name =
        relative(words, before, today).or_else(|| feast(words, today)).or_else(|| with_month(words, today));
    by_name.or_else(|| of_some_month(words, before, today)).or_else(|| {
        let wanted = weekday(word)?;
        // "Friday the 27th", "Friday November 27th": the day itself follows.
        let skip = 1 + usize::from(matches!(words.get(1).copied(), Some("the" | "el")));
        let after = words.get(skip..).unwrap_or_default();
        if let Some((date, used)) = with_month(after, today) {
            return Some((date, skip + used));
        }
        if let Some((day, used)) = day_of(after).filter(|_| skip == 2 || is_ordinal(after)) {
            return Some((of_month(today, day)?, skip + used));
        }
        let last = before == "last" || matches!(words.get(1).copied(), Some("pasado"));
        let ahead =
            u64::from((7 + wanted.num_days_from_monday() - today.weekday().num_days_from_monday()) % 7);
        if last {
            let back = if ahead == 0 { 7 } else { 7 - ahead };
            return Some((today.checked_sub_days(Days::new(back))?, 1));
        }
        // "Next Friday" said on a Monday is the one of next week; "this Friday" and "Friday" are the coming one.
        let far = before == "next" || matches!(words.get(1).copied(), Some("proximo" | "siguiente"));
        let in_next_week = far && u64::from(today.weekday().num_days_from_monday()) + ahead < 7;
        let ahead = if ahead == 0 {
            7
        } else if in_next_week {
            ahead + 7
        } else {
            ahead
        };
        Some((today.checked_add_days(Days::new(ahead))?, 1))
    })
}

/// "The 9th", "el día 2": of this month or the next.
fn of_some_month(words: &[&str], before: &str, today: NaiveDate) -> Option<(NaiveDate, usize)> {
    let (day, used) = match before {
        "the" if is_ordinal(words) || words.first().is_some_and(|word| word.ends_with("th")) => {
            day_of(words)?
        }
        "dia" => day_of(words)?,
        _ => return None,
    };
    Some((of_month(today, day)?, used))
}

/// Feasts of a fixed day, and Thanksgiving, the fourth Thursday of November.
fn feast(words: &[&str], today: NaiveDate) -> Option<(NaiveDate, usize)> {
    const FEASTS: [(&[&str], u32, u32); 13] = [
        (&["christmas", "eve"], 12, 24),
        (&["christmas", "day"], 12, 25),
        (&["christmas"], 12, 25),
        (&["new", "years", "eve"], 12, 31),
        (&["new", "years", "day"], 1, 1),
        (&["new", "years"], 1, 1),
        (&["halloween"], 10, 31),
        (&["valentines", "day"], 2, 14),
        (&["nochebuena"], 12, 24),
        (&["dia", "de", "navidad"], 12, 25),
        (&["navidad"], 12, 25),
        (&["nochevieja"], 12, 31),
        (&["ano", "nuevo"], 1, 1),
    ];
    if words.first() == Some(&"thanksgiving") {
        let in_year = |year| NaiveDate::from_weekday_of_month_opt(year, 11, Weekday::Thu, 4);
        let date =
            in_year(today.year()).filter(|date| *date >= today).or_else(|| in_year(today.year() + 1))?;
        return Some((date, 1));
    }
    let (name, month, day) = FEASTS.iter().find(|(name, ..)| words.starts_with(name))?;
    Some((next(today, *month, *day)?, name.len()))
}

fn is_ordinal(words: &[&str]) -> bool {
    words.first().is_some_and(|word| {
        ["st", "nd", "rd", "th"].iter().any(|end| word.ends_with(end)) && day(word).is_some()
    })
}

fn relative(words: &[&str], before: &str, today: NaiveDate) -> Option<(NaiveDate, usize)> {
    let ahead = |days: u64| today.checked_add_days(Days::new(days));
    let is = |phrase: &[&str]| words.get(..phrase.len()) == Some(phrase);
    if is(&["day", "after", "tomorrow"]) {
        return Some((ahead(2)?, 3));
    }
    if is(&["pasado", "manana"]) {
        return Some((ahead(2)?, 2));
    }
    // "Por la mañana", "de la mañana" is the morning; "mañana" alone is tomorrow.
    match *words.first()? {
        "today" | "tonight" | "hoy" => return Some((today, 1)),
        "tomorrow" | "tmrw" | "tomorow" | "tommorow" | "tommorrow" => return Some((ahead(1)?, 1)),
        "manana" if !matches!(before, "la" | "una" | "esta" | "cada") => return Some((ahead(1)?, 1)),
        "yesterday" | "ayer" => return Some((today.checked_sub_days(Days::new(1))?, 1)),
        "in" | "en" | "dentro" => {}
        _ => return None,
    }
    let skip = if is(&["dentro", "de"]) { 2 } else { 1 };
    let rest = words.get(skip..)?;
    let (count, used) = count_of(rest)?;
    let unit = match *rest.get(used)? {
        "day" | "days" | "dia" | "dias" => 1,
        "week" | "weeks" | "semana" | "semanas" => 7,
        _ => return None,
    };
    Some((ahead(count * unit)?, skip + used + 1))
}

fn count_of(words: &[&str]) -> Option<(u64, usize)> {
    let first = *words.first()?;
    if matches!(first, "a" | "one" | "un" | "una") {
        return Some((1, 1));
    }
    if let Ok(count) = first.parse::<u64>() {
        return (count <= 366).then_some((count, 1));
    }
    let (value, used) = number(words)?;
    (value <= 366.0).then_some((value as u64, used))
}

/// "March 5th", "the 5th of March", "5 de marzo de 2027", "December twenty third".
fn with_month(words: &[&str], today: NaiveDate) -> Option<(NaiveDate, usize)> {
    let first = *words.first()?;
    if let Some(month) = month(first) {
        let skip = 1 + usize::from(words.get(1) == Some(&"the"));
        let (day, used) = day_of(words.get(skip..)?)?;
        let (year, more) = year_of(words.get(skip + used..).unwrap_or_default());
        return Some((date_of(today, year, month, day)?, skip + used + more));
    }
    let (day, used) = day_of(words)?;
    let skip = used + usize::from(matches!(words.get(used).copied(), Some("of" | "de")));
    if let Some(month) = words.get(skip).and_then(|word| month(word)) {
        let (year, more) = year_of(words.get(skip + 1..).unwrap_or_default());
        return Some((date_of(today, year, month, day)?, skip + 1 + more));
    }
    None
}

fn year_of(words: &[&str]) -> (Option<i32>, usize) {
    let skip = usize::from(matches!(words.first().copied(), Some("of" | "de" | "del")));
    let year =
        words.get(skip).and_then(|word| word.parse::<i32>().ok()).filter(|year| (1900..2100).contains(year));
    (year, if year.is_some() { skip + 1 } else { 0 })
}

fn date_of(today: NaiveDate, year: Option<i32>, month: u32, day: u32) -> Option<NaiveDate> {
    match year {
        Some(year) => NaiveDate::from_ymd_opt(year, month, day),
        None => next(today, month, day),
    }
}

/// The next such day of a month: "the 27th".
fn of_month(today: NaiveDate, day: u32) -> Option<NaiveDate> {
    let months = (0..12).filter_map(|ahead| {
        let month = today.month0() + ahead;
        NaiveDate::from_ymd_opt(today.year() + (month / 12) as i32, month % 12 + 1, day)
    });
    months.into_iter().find(|date| *date >= today)
}
