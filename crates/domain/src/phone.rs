//! Phone numbers: the one place that reads them.

use phonenumber::country::Id as Country;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// A phone number in E.164 form: `+` and 7 to 15 digits (ITU-T E.164, 6.2.1).
///
/// Every number that is stored, compared or dialled is one of these; whatever a person typed goes through
/// [`PhoneNumber::read`] first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

/// ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN and UNAVAILABLE, typed on a keypad.
const WITHHELD: [&str; 5] = ["+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"];

/// Why a text is no phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PhoneFault {
    /// Too few digits, letters among them, or no known form.
    #[error("this is not a phone number; give it with its area code, such as +1 206 555 0142")]
    Unreadable,
    /// A plausible form of the wrong length for its country.
    #[error("this phone number has too few or too many digits for its country")]
    WrongLength,
}

impl PhoneNumber {
    /// Reads a number as people write it: `(206) 555-0142`, `0049 89 …`, `+1 206.555.0142`.
    ///
    /// `region` is the two-letter country (ISO 3166) whose numbers may stand without a country code. Numbers are not
    /// checked against the list of ranges in use: those lists age, and a refused caller is worse than a wrong digit.
    pub fn read(text: &str, region: &str) -> Result<Self, PhoneFault> {
        let text = text.trim();
        if text.len() > 40 {
            return Err(PhoneFault::Unreadable);
        }
        if let Some(number) = Self::already_e164(text) {
            return Ok(number);
        }
        let country = Country::from_str(&region.to_ascii_uppercase()).ok();
        let text = international_prefix(text, country);
        let number = phonenumber::parse(country, &text).map_err(|_| PhoneFault::Unreadable)?;
        let written = number.format().mode(phonenumber::Mode::E164).to_string();
        Self::already_e164(&written).ok_or(PhoneFault::WrongLength)
    }

    /// Loads the world's numbering plans, which the first number read without a country code would otherwise wait for:
    /// tens of milliseconds, on a thread that may be carrying a call.
    pub fn prepare() {
        let _ = Self::read("206 555 0142", "US");
    }

    fn already_e164(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+')?;
        let plausible = (7..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0')
            // The North American plan has ten digits after its 1; a missing digit is the commonest slip.
            && (!digits.starts_with('1') || digits.len() == 11);
        plausible.then(|| Self(text.to_owned()))
    }

    /// The number as `+12065550142`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number as people of its country group it, with the country's code before it: `+1 206-555-0142`. A number of no
    /// known plan stays as it is.
    pub fn readable(&self) -> String {
        phonenumber::parse(None, &self.0).map_or_else(
            |_| self.0.clone(),
            |number| number.format().mode(phonenumber::Mode::International).to_string(),
        )
    }

    /// Whether somebody can be called back on it: networks write a word on the keypad when the caller's number is withheld
    /// (protocols/twilio.md, section 1).
    pub fn is_somebodys(&self) -> bool {
        !WITHHELD.contains(&self.as_str())
    }

    /// The digits in the rhythm they are read back to a caller: `2 0 6, 5 5 5, 0 1 4 2`.
    pub fn spoken(&self) -> String {
        let digits = self.0.trim_start_matches('+');
        let national = if digits.len() == 11 { digits.trim_start_matches('1') } else { digits };
        let mut out = String::new();
        for (at, digit) in national.chars().enumerate() {
            if at > 0 {
                out.push_str(if at % 3 == 0 && at < 9 { ", " } else { " " });
            }
            out.push(digit);
        }
        out
    }
}

/// Many people write `00` for the `+`; the parser knows it only for some countries. North America dials `011`.
fn international_prefix(text: &str, country: Option<Country>) -> String {
    match text.strip_prefix("00") {
        Some(rest) if !matches!(country, Some(Country::US | Country::CA)) || rest.len() >= 10 => {
            format!("+{rest}")
        }
        _ => text.to_owned(),
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = PhoneFault;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::already_e164(&text).ok_or(PhoneFault::Unreadable)
    }
}

#[cfg(test)]
mod tests;
