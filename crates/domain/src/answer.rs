//! Reading what somebody answered: checked and brought to one form, or refused with a sentence to say.

use crate::phone::PhoneNumber;
use crate::question::{AnswerFormat, NO, Question, YES};
use crate::rule::EMAIL;
use chrono::{Datelike as _, NaiveDate};
use thiserror::Error;

/// Longest answer that is kept, in characters.
pub const MAX_ANSWER: usize = 2_000;

/// Why an answer does not fit its question; the text is said to the caller by the agent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct AnswerFault(pub String);

/// The answer in normal form: trimmed text, lower-case mail, E.164 phone.
///
/// `region` is the business's country, for phone numbers without a country code.
pub fn read(format: AnswerFormat, text: &str, region: &str) -> Result<String, AnswerFault> {
    let text = text.trim();
    if text.is_empty() {
        return Err(AnswerFault("the answer is empty".into()));
    }
    match format {
        // Which choices there are is known to the question.
        AnswerFormat::Text | AnswerFormat::Choice => Ok(text.chars().take(MAX_ANSWER).collect()),
        AnswerFormat::Email => email(text),
        AnswerFormat::Phone => {
            PhoneNumber::read(text, region).map(String::from).map_err(|fault| AnswerFault(fault.to_string()))
        }
        AnswerFormat::Date => day(text),
        AnswerFormat::Number => number(text),
        AnswerFormat::Address => address(text),
        AnswerFormat::YesNo => yes_or_no(text),
    }
}

/// The answer to a question: as [`read`], and one of its choices where it has some.
pub fn to(question: &Question, text: &str, region: &str) -> Result<String, AnswerFault> {
    let value = read(question.expected_format, text, region)?;
    if question.expected_format != AnswerFormat::Choice {
        return Ok(value);
    }
    let chosen = question.choices.iter().find(|choice| choice.to_lowercase() == value.to_lowercase());
    chosen
        .cloned()
        .ok_or_else(|| AnswerFault(format!("please choose one of these: {}", question.choices.join(", "))))
}

fn day(text: &str) -> Result<String, AnswerFault> {
    let day =
        NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|day| (1900..2200).contains(&day.year()));
    day.map(|day| day.to_string())
        .ok_or_else(|| AnswerFault("that is no day I can make out; say it like 24 November 2026".into()))
}

/// "1,200.50", "1.200,50" and "1 200" are read as people mean them: the last separator with one or two figures behind it
/// is the decimal one.
fn number(text: &str) -> Result<String, AnswerFault> {
    let fault = || AnswerFault("that is no number; say it in figures".into());
    let text = text.strip_prefix('+').unwrap_or(text);
    let (sign, figures) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let is_fine = |letter: char| letter.is_ascii_digit() || matches!(letter, '.' | ',' | ' ' | '\'');
    if figures.len() > 18
        || !figures.starts_with(|first: char| first.is_ascii_digit())
        || !figures.chars().all(is_fine)
    {
        return Err(fault());
    }
    let decimal = figures.rfind(['.', ',']).filter(|at| matches!(figures.len() - at, 2 | 3));
    let (whole, rest) = decimal.map_or((figures, ""), |at| figures.split_at(at));
    let digits = |part: &str| part.chars().filter(char::is_ascii_digit).collect::<String>();
    let whole = digits(whole);
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let rest = digits(rest);
    let rest = rest.trim_end_matches('0');
    Ok(if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") })
}

/// Streets and towns have no shape that holds everywhere; but one word of three letters is none.
fn address(text: &str) -> Result<String, AnswerFault> {
    let letters = text.chars().filter(|letter| letter.is_alphanumeric()).count();
    if letters < 4 || !text.chars().any(char::is_alphabetic) {
        return Err(AnswerFault("that is no address; street, number and town would help".into()));
    }
    Ok(text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_ANSWER).collect())
}

fn yes_or_no(text: &str) -> Result<String, AnswerFault> {
    let word = text.trim_end_matches(['.', '!', ',']).to_lowercase();
    match word.as_str() {
        "yes" | "y" | "true" | "si" | "s\u{ed}" => Ok(YES.into()),
        "no" | "n" | "false" => Ok(NO.into()),
        _ => Err(AnswerFault("please say yes or no".into())),
    }
}

/// Mail addresses are checked for shape only; whether one exists is learnt by writing to it.
fn email(text: &str) -> Result<String, AnswerFault> {
    let address = text.to_lowercase().replace(' ', "");
    EMAIL.fault(text).map_or(Ok(address), |says| Err(AnswerFault(says)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_brought_to_one_form() {
        assert_eq!(read(AnswerFormat::Text, "  Dana Reyes ", "US"), Ok("Dana Reyes".into()));
        assert_eq!(
            read(AnswerFormat::Email, "Dana.Reyes@Example.COM", "US"),
            Ok("dana.reyes@example.com".into())
        );
        assert_eq!(read(AnswerFormat::Phone, "206 555 0142", "US"), Ok("+12065550142".into()));
        for (format, text, value) in [
            (AnswerFormat::Date, "2026-11-24", "2026-11-24"),
            (AnswerFormat::Number, "1,200.50", "1200.5"),
            (AnswerFormat::Number, "1.200,50", "1200.5"),
            (AnswerFormat::Number, "1,200", "1200"),
            (AnswerFormat::Number, "-07", "-7"),
            (AnswerFormat::Number, "0", "0"),
            (AnswerFormat::Address, "12  Harbor Street ", "12 Harbor Street"),
            (AnswerFormat::YesNo, "Yes.", "yes"),
            (AnswerFormat::YesNo, "S\u{ed}", "yes"),
        ] {
            assert_eq!(read(format, text, "US"), Ok(value.into()), "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_with_a_reason() {
        for (format, text) in [
            (AnswerFormat::Text, "   "),
            (AnswerFormat::Email, "dana at example"),
            (AnswerFormat::Email, "dana@example"),
            (AnswerFormat::Email, "da na@@example.com"),
            (AnswerFormat::Phone, "five"),
            (AnswerFormat::Date, "2026-02-30"),
            (AnswerFormat::Date, "soon"),
            (AnswerFormat::Number, "a dozen"),
            (AnswerFormat::Number, "12a"),
            (AnswerFormat::Address, "123"),
            (AnswerFormat::YesNo, "perhaps"),
        ] {
            assert!(read(format, text, "US").is_err(), "{text}");
        }
    }
}
