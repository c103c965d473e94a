//! Street addresses and towns.

use super::contact::pattern;
use super::{Entity, EntityKind};
use regex::Regex;
use std::sync::LazyLock;

const STREETS: &str = "street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|way|place|pl|terrace|ter|circle|cir|\
    parkway|pkwy|highway|hwy|trail|square|sq|loop|alley|row|crescent|close";

/// "12 Harbor Street, Apt 4, Portland", "twelve harbor street".
static STREET: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(&format!(
        concat!(
            r"(?i)\b((?:\d{{1,5}}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty)(?:[a-z])?\s+",
            r"(?:(?:north|south|east|west|n|s|e|w|ne|nw|se|sw)\.?\s+)?(?:[\p{{L}}0-9'’\-]+\s+){{1,4}}?(?:{streets})\b\.?",
            r"(?:,?\s+(?:apt|apartment|unit|suite|ste|floor|no|#)\.?\s*#?[\da-z]+\b)?)"
        ),
        streets = STREETS
    ))
});
/// "Calle Mayor 12", "Avenida Libertad número 40".
static CALLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\b((?:calle|avenida|av|avda|paseo|plaza|carrera|camino|boulevard|bulevar|carretera|callejón)\.?\s+(?:(?:de|del|la|las|los|el)\s+)*",
        r"[\p{L}0-9'’\-]+(?:\s+(?:de|del|la|las|los|el|y)?\s*[\p{L}'’\-]+){0,3}?,?\s+(?:número\s+|numero\s+|no\.?\s+|#\s*)?\d{1,5})\b"
    ))
});
/// A town behind a word that places something.
static TOWN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:[Ii]n|[Oo]ut in|[Nn]ear|[Aa]round|[Oo]ver in|[Dd]own in|[Uu]p in|[Ee]n|[Cc]erca de|[Hh]asta|[Oo]ut to|to)\s+",
        r"((?:(?:North|South|East|West|Downtown|New|Old|San|Santa|St\.|Saint|El|La|Los|Las|Lake|Mount|Fort|Port)\s+)?",
        r"\p{Lu}[\p{L}'’\-]+(?:\s+(?:de\s+|del\s+)?\p{Lu}[\p{L}'’\-]+){0,2})"
    ))
});
/// Words with a capital that are no towns.
const NO_TOWNS: &[&str] = &[
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "Spanish",
    "English",
    "Christmas",
    "Google",
    "Thanksgiving",
    "Easter",
    "I",
    "AM",
    "PM",
    "Navidad",
    "OK",
    "Español",
    "Inglés",
    "Internet",
    "WordPress",
    "Facebook",
    "Instagram",
    "The",
    "My",
    "Your",
    "Enero",
    "Febrero",
    "Marzo",
    "Abril",
    "Mayo",
    "Junio",
    "Julio",
    "Agosto",
    "Septiembre",
    "Octubre",
    "Noviembre",
    "Diciembre",
    "Lunes",
    "Martes",
    "Miércoles",
    "Jueves",
    "Viernes",
    "Sábado",
    "Domingo",
];

/// Addresses and towns, an address with the town behind it as one.
pub(super) fn places(text: &str) -> Vec<Entity> {
    let mut found: Vec<Entity> = Vec::new();
    let mut taken: Vec<std::ops::Range<usize>> = Vec::new();
    for capture in STREET.iter().chain(CALLE.iter()).flat_map(|street| street.captures_iter(text)) {
        let Some(street) = capture.get(1) else { continue };
        if taken.iter().any(|range| range.contains(&street.start())) {
            continue;
        }
        let (town, end) = town_behind(text, street.end());
        let address = titled(street.as_str().trim_end_matches('.'));
        let value = town.map_or_else(|| address.clone(), |town| format!("{address}, {town}"));
        taken.push(street.start()..end);
        found.push(Entity::new(EntityKind::Place, value, 0.9));
    }
    for capture in TOWN.iter().flat_map(|town| town.captures_iter(text)) {
        let Some(town) = capture.get(1) else { continue };
        let is_town = town.as_str().split_whitespace().all(|word| !NO_TOWNS.contains(&word));
        if is_town
            && !taken.iter().any(|range| range.contains(&town.start()))
            && !is_company(text, town.end())
        {
            found.push(Entity::new(EntityKind::Place, town.as_str(), 0.7));
        }
    }
    found
}

fn is_company(text: &str, end: usize) -> bool {
    let rest = text.get(end..).unwrap_or_default().trim_start();
    ["Inc", "LLC", "Ltd", "Corp", "Co.", "Group", "&"].iter().any(|sign| rest.starts_with(sign))
}

/// A town right behind an address: ", Portland", " in Portland".
fn town_behind(text: &str, end: usize) -> (Option<String>, usize) {
    static TOWN_BEHIND: LazyLock<Option<Regex>> = LazyLock::new(|| {
        pattern(
            r"^(?:,\s*|\s+(?:in|en|de)\s+)((?:\p{Lu}[\p{L}'’\-]+\.?\s?){1,3}(?:,?\s+[A-Z]{2}\b)?(?:\s+\d{5})?)",
        )
    });
    let rest = text.get(end..).unwrap_or_default();
    let Some(town) =
        TOWN_BEHIND.as_ref().and_then(|town| town.captures(rest)).and_then(|capture| capture.get(1))
    else {
        return (None, end);
    };
    let name = town.as_str().trim().trim_end_matches('.');
    if NO_TOWNS.contains(&name) {
        return (None, end);
    }
    (Some(name.to_owned()), end + town.end())
}

/// Speech has no capitals; an address as it is written does.
fn titled(address: &str) -> String {
    if address.chars().any(char::is_uppercase) {
        return address.to_owned();
    }
    let words = address.split(' ').map(|word| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    });
    words.collect::<Vec<String>>().join(" ")
}
