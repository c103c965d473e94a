//! Details in what somebody says: mail, phone, name, date, amount, place, company, each in one form.
//!
//! Rules find candidates; what they normalise with is what the rest of the program uses: one reader of phone numbers, one of
//! mail addresses.

mod amount;
mod company;
mod contact;
mod date;
mod name;
mod place;
mod spoken;

use crate::words::Plain;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What a detail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntityKind {
    /// A mail address, lower case.
    Email,
    /// A phone number, E.164.
    Phone,
    /// A person's name.
    Name,
    /// A day, ISO 8601.
    Date,
    /// An amount of money: `1200.50 USD`.
    Amount,
    /// A street address, or a town.
    Place,
    /// A company's name.
    Company,
}

impl EntityKind {
    /// Its name outside.
    pub fn code(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Name => "name",
            Self::Date => "date",
            Self::Amount => "amount",
            Self::Place => "place",
            Self::Company => "company",
        }
    }
}

/// One detail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entity {
    /// What it is.
    pub kind: EntityKind,
    /// In its one form.
    pub value: String,
    /// From 0 to 1, by how much the words around it say.
    pub confidence: f32,
}

impl Entity {
    fn new(kind: EntityKind, value: impl Into<String>, confidence: f32) -> Self {
        Self { kind, value: value.into(), confidence }
    }
}

/// What values are read against.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The business's country: phone numbers without a country code, and whether a month stands before its day.
    pub region: &'a str,
    /// The business's day, which "tomorrow" is after.
    pub today: NaiveDate,
}

/// How somebody calls themselves: what stands behind "my name is" and its like, not every name that is mentioned.
pub fn own_name(text: &str) -> Option<String> {
    name::own(text.get(..text.floor_char_boundary(MOST)).unwrap_or(text))
}

/// A number that is said in words.
pub fn whole_number(text: &str) -> Option<String> {
    let plain = Plain::of(text);
    let words: Vec<&str> = plain.as_str().split(' ').collect();
    let found = (0..words.len()).find_map(|at| spoken::number(words.get(at..)?));
    found.map(|(value, _)| format!("{value:.0}"))
}

/// Longest text that is looked at, in bytes.
const MOST: usize = 4_000;

/// The details of an utterance, by kind, each value once.
pub fn entities(text: &str, around: &Surroundings<'_>) -> Vec<Entity> {
    let text = text.get(..text.floor_char_boundary(MOST)).unwrap_or(text);
    let mut found = contact::emails(text);
    // What belongs to a mail address is no name or company of its own.
    let rest = contact::without_emails(text);
    found.extend(contact::phones(&rest, around.region));
    let rest = contact::without_phones(&rest, around.region);
    let amounts = amount::amounts(&rest, around.region);
    let dates = date::dates(&rest, around);
    let companies = company::companies(&rest);
    let places = place::places(&rest);
    let is_taken = |name: &str| {
        companies
            .iter()
            .chain(&places)
            .any(|entity| entity.value.to_lowercase().contains(&name.to_lowercase()))
    };
    let names: Vec<Entity> = name::names(&rest).into_iter().filter(|name| !is_taken(&name.value)).collect();
    found.extend(names);
    found.extend(dates);
    found.extend(amounts);
    found.extend(places);
    found.extend(companies);
    found.dedup_by(|later, earlier| later.kind == earlier.kind && later.value == earlier.value);
    found
}

#[cfg(test)]
mod tests;
