//! Amounts of money.

use super::contact::pattern;
use super::spoken::number;
use super::{Entity, EntityKind};
use crate::words::Plain;
use regex::Regex;
use std::sync::LazyLock;

/// A sign before or a currency behind figures.
static FIGURES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)(?P<sign>us\$|\$|€|£)\s?(?P<a>\d[\d.,]*)(?P<ka>\s?k\b|\s?(?:thousand|grand|mil)\b)?",
        r"|(?P<b>\d[\d.,]*)(?P<kb>\s?k|\s?(?:thousand|grand|mil)|\shundred)?\s?",
        r"(?P<unit>€|£|dollars?|bucks?|usd|d[oó]lar(?:es)?|euros?|eur|pounds?|libras?|gbp|pesos?|mxn|cents|centavos)(?:\b|\s|$|[.,])"
    ))
});

/// Amounts in figures and in words.
pub(super) fn amounts(text: &str, region: &str) -> Vec<Entity> {
    let mut found = Vec::new();
    for capture in FIGURES.iter().flat_map(|figures| figures.captures_iter(text)) {
        let group = |name: &str| capture.name(name).map(|group| group.as_str().trim().to_lowercase());
        let figures = group("a").or_else(|| group("b"));
        let times = match group("ka").or_else(|| group("kb")).as_deref() {
            Some("hundred") => 100.0,
            Some(_) => 1_000.0,
            None => 1.0,
        };
        let unit = group("sign").or_else(|| group("unit"));
        if let (Some(value), Some((currency, share))) =
            (figures.and_then(|figures| read(&figures)), unit.and_then(|unit| currency(&unit, region)))
        {
            found.push(amount(value * times * share, currency, 0.95));
        }
    }
    if found.is_empty() {
        found.extend(in_words(Plain::of(text).as_str(), region));
    }
    found
}

/// Figures with either separator: the last one with two digits behind it, or one or two, is the decimal one.
fn read(figures: &str) -> Option<f64> {
    let figures = figures.trim_end_matches(['.', ',']);
    let decimal = figures.rfind(['.', ',']).filter(|at| figures.len() - at <= 3);
    let (whole, rest) = decimal.map_or((figures, ""), |at| figures.split_at(at));
    let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
    let rest: String = rest.chars().filter(char::is_ascii_digit).collect();
    format!("{whole}.{rest}0").parse().ok()
}

fn in_words(plain: &str, region: &str) -> Vec<Entity> {
    let words: Vec<&str> = plain.split(' ').collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let Some((value, used)) = number(words.get(at..).unwrap_or_default()) else {
            at += 1;
            continue;
        };
        at += used;
        // "Two hundred of dollars" is Spanish: "un millón de dólares".
        let unit = words.get(at).filter(|word| **word != "de").or_else(|| words.get(at + 1));
        // A grand is a thousand of whatever one pays in.
        let is_grand = words.get(at - 1) == Some(&"grand");
        if let Some((currency, share)) = unit.and_then(|unit| currency(unit, region)) {
            found.push(amount(value * share, currency, 0.85));
        } else if let Some((currency, _)) = currency("dollars", region).filter(|_| is_grand) {
            found.push(amount(value, currency, 0.8));
        }
    }
    found
}

fn currency(unit: &str, region: &str) -> Option<(&'static str, f64)> {
    let at_home = match region {
        "CA" => "CAD",
        "AU" => "AUD",
        "NZ" => "NZD",
        _ => "USD",
    };
    Some(match unit {
        "us$" | "usd" => ("USD", 1.0),
        "$" | "dollar" | "dollars" | "buck" | "bucks" | "dolar" | "dolares" | "dólar" | "dólares" => {
            (at_home, 1.0)
        }
        "cents" | "centavos" => (at_home, 0.01),
        "€" | "euro" | "euros" | "eur" => ("EUR", 1.0),
        "£" | "pound" | "pounds" | "libra" | "libras" | "gbp" => ("GBP", 1.0),
        "peso" | "pesos" | "mxn" => ("MXN", 1.0),
        _ => return None,
    })
}

fn amount(value: f64, currency: &str, confidence: f32) -> Entity {
    let figures = if value.fract().abs() < 0.005 { format!("{value:.0}") } else { format!("{value:.2}") };
    Entity::new(EntityKind::Amount, format!("{figures} {currency}"), confidence)
}
