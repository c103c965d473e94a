//! Numbers as they are spoken, brought to digits.

/// A digit's word, English and Spanish without accents. "O" is a zero only among other digits.
fn digit(word: &str) -> Option<char> {
    Some(match word {
        "zero" | "oh" | "o" | "cero" => '0',
        "one" | "uno" | "una" => '1',
        "two" | "dos" => '2',
        "three" | "tres" => '3',
        "four" | "cuatro" => '4',
        "five" | "cinco" => '5',
        "six" | "seis" => '6',
        "seven" | "siete" => '7',
        "eight" | "ocho" => '8',
        "nine" | "nueve" => '9',
        _ => return None,
    })
}

fn teen_or_ten(word: &str) -> Option<u32> {
    Some(match word {
        "ten" | "diez" => 10,
        "eleven" | "once" => 11,
        "twelve" | "doce" => 12,
        "thirteen" | "trece" => 13,
        "fourteen" | "catorce" => 14,
        "fifteen" | "quince" => 15,
        "sixteen" | "dieciseis" => 16,
        "seventeen" | "diecisiete" => 17,
        "eighteen" | "dieciocho" => 18,
        "nineteen" | "diecinueve" => 19,
        "twenty" | "veinte" => 20,
        "thirty" | "treinta" => 30,
        "forty" | "cuarenta" => 40,
        "fifty" | "cincuenta" => 50,
        "sixty" | "sesenta" => 60,
        "seventy" | "setenta" => 70,
        "eighty" | "ochenta" => 80,
        "ninety" | "noventa" => 90,
        _ => return None,
    })
}

/// Words that stand between spoken digits and mean nothing.
const BETWEEN: [&str; 9] = ["area", "code", "and", "then", "um", "uh", "dash", "y", "luego"];

/// Replaces runs of at least `least` spoken digits by digits: "two zero six double five" → "20655". Words between are kept
/// as they are. Numbers above nine count as their digits, as people read numbers back in pairs.
pub(super) fn digits_of(plain: &str, least: usize) -> String {
    let words: Vec<&str> = plain.split(' ').collect();
    let mut out: Vec<String> = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() {
        let (digits, length) = run(words.get(at..).unwrap_or_default());
        if digits.len() >= least {
            out.push(digits);
            at += length;
        } else {
            out.extend(words.get(at).map(|word| (*word).to_owned()));
            at += 1;
        }
    }
    out.join(" ")
}

/// The digits at the beginning of some words, and how many words they are.
fn run(words: &[&str]) -> (String, usize) {
    let (mut digits, mut at, mut end) = (String::new(), 0, 0);
    let mut times = 1;
    while let Some(word) = words.get(at) {
        if let Some(value) = digit(word) {
            digits.extend(std::iter::repeat_n(value, times));
            times = 1;
        } else if let Some(tens) = teen_or_ten(word) {
            // "Thirty three", "treinta y tres".
            let ahead = if words.get(at + 1) == Some(&"y") { 2 } else { 1 };
            let unit = (tens >= 20).then(|| words.get(at + ahead).and_then(|next| digit(next))).flatten();
            match unit.filter(|unit| *unit != '0') {
                Some(unit) => {
                    digits.push_str(&(tens / 10).to_string());
                    digits.push(unit);
                    at += ahead;
                }
                None => digits.push_str(&tens.to_string()),
            }
        } else if word.len() <= 12 && !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) {
            digits.push_str(word);
        } else if matches!(*word, "double" | "doble") {
            times = 2;
        } else if matches!(*word, "triple") {
            times = 3;
        } else if digits.is_empty() || !BETWEEN.contains(word) {
            break;
        }
        at += 1;
        if !BETWEEN.contains(word) {
            end = at;
        }
    }
    (digits, end)
}

/// A whole number in words or digits: "two hundred fifty", "mil quinientos", "1,200".
pub(super) fn number(words: &[&str]) -> Option<(f64, usize)> {
    let (mut total, mut current, mut used, mut is_any) = (0.0, 0.0, 0, false);
    for (at, word) in words.iter().enumerate() {
        let value =
            digit(word).and_then(|value| value.to_digit(10)).or_else(|| teen_or_ten(word)).map(f64::from);
        let value = value.or_else(|| hundreds(word));
        match (value, *word) {
            (Some(value), _) => current += value,
            (None, "hundred" | "cien" | "ciento") => {
                current = if current > 0.0 { current * 100.0 } else { 100.0 }
            }
            (None, "thousand" | "grand" | "mil") => {
                total += if current > 0.0 { current * 1_000.0 } else { 1_000.0 };
                current = 0.0;
            }
            (None, "and" | "y") if is_any => continue,
            (None, "a" | "an" | "un") if !is_any => continue,
            _ => break,
        }
        is_any = true;
        used = at + 1;
    }
    is_any.then_some((total + current, used))
}

fn hundreds(word: &str) -> Option<f64> {
    Some(match word {
        "doscientos" | "doscientas" => 200.0,
        "trescientos" | "trescientas" => 300.0,
        "cuatrocientos" | "cuatrocientas" => 400.0,
        "quinientos" | "quinientas" => 500.0,
        "seiscientos" | "seiscientas" => 600.0,
        "setecientos" | "setecientas" => 700.0,
        "ochocientos" | "ochocientas" => 800.0,
        "novecientos" | "novecientas" => 900.0,
        _ => return None,
    })
}
