//! Reading what somebody answered: checked and brought to one form, or refused with a sentence to say.

use crate::phone::PhoneNumber;
use crate::question::AnswerFormat;
use crate::rule::EMAIL;
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
        AnswerFormat::Text => Ok(text.chars().take(MAX_ANSWER).collect()),
        AnswerFormat::Email => email(text),
        AnswerFormat::Phone => {
            PhoneNumber::read(text, region).map(String::from).map_err(|fault| AnswerFault(fault.to_string()))
        }
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
    }

    #[test]
    fn what_does_not_fit_is_refused_with_a_reason() {
        for (format, text) in [
            (AnswerFormat::Text, "   "),
            (AnswerFormat::Email, "dana at example"),
            (AnswerFormat::Email, "dana@example"),
            (AnswerFormat::Email, "da na@@example.com"),
            (AnswerFormat::Phone, "five"),
        ] {
            assert!(read(format, text, "US").is_err(), "{text}");
        }
    }
}
