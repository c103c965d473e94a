//! A tenant and the people and numbers that belong to it.

use crate::fault::{Fault, from_report};
use crate::hours::Hours;
use crate::ids::{BusinessId, PhoneNumberId, UserId};
use crate::phone::PhoneNumber;
use crate::plan::PlanCode;
use crate::rule::{self, Shape, Text};
use chrono::{DateTime, Utc};
use garde::Validate;
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use utoipa::ToSchema;

/// The name callers hear.
pub static NAME: Text = Text::of(1, 120).on_one_line();
/// What colleagues call somebody.
pub static PERSON_NAME: Text = Text::of(0, 80).on_one_line();
/// What kind of business it is.
pub static KIND: Text = Text::of(0, 80).on_one_line();
/// Its website.
pub static WEBSITE: Text = Text::of(0, 300).shaped(&WEB_ADDRESS).or_nothing().on_one_line();
/// Where it is.
pub static ADDRESS: Text = Text::of(0, 300);
/// Its country.
pub static REGION: Text = Text::of(2, 2).shaped(&COUNTRY);
/// Its time zone, one of those that chrono-tz knows.
pub static TIMEZONE: Text = Text::of(1, 80).listed("this is not a time zone; write it like Europe/Berlin");

static WEB_ADDRESS: Shape = Shape::new(r"https?:\/\/.*", "must begin with https:// or http://");
static COUNTRY: Shape = Shape::new("[A-Za-z]{2}", "must be a country's two letters, such as US");

/// One business on the installation. Every other row belongs to one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[serde(rename_all = "camelCase")]
pub struct Business {
    /// Its id, the tenant of every query.
    #[garde(skip)]
    pub id: BusinessId,
    /// The name callers hear.
    #[garde(custom(rule::text(&NAME)))]
    pub name: String,
    /// Which plan it is on.
    #[garde(skip)]
    pub plan: PlanCode,
    /// IANA time zone, such as `America/Los_Angeles`.
    #[garde(custom(time_zone))]
    pub timezone: String,
    /// Two-letter country whose phone numbers may be written without a country code.
    #[garde(custom(rule::text(&REGION)))]
    pub region: String,
    /// Key that the business's website shows; public by nature.
    #[garde(skip)]
    pub widget_key: String,
    /// What kind of business it is, in its owner's words.
    #[serde(rename = "type")]
    #[garde(custom(rule::text(&KIND)))]
    pub kind: String,
    /// Its website.
    #[garde(custom(rule::text(&WEBSITE)))]
    pub website: String,
    /// Where it is.
    #[garde(custom(rule::text(&ADDRESS)))]
    pub address: String,
    /// When it is open.
    #[garde(skip)]
    pub hours: Hours,
    /// Counts edits, so that two people who edit at once are told.
    #[garde(skip)]
    pub version: u32,
    /// When it was created.
    #[garde(skip)]
    pub created_at: DateTime<Utc>,
}

impl Business {
    /// A business with nothing but what it cannot be without.
    pub fn new(id: BusinessId, name: &str, plan: PlanCode, widget_key: String, now: DateTime<Utc>) -> Self {
        Self {
            id,
            name: name.to_owned(),
            plan,
            timezone: "UTC".into(),
            region: "US".into(),
            widget_key,
            kind: String::new(),
            website: String::new(),
            address: String::new(),
            hours: Hours::default(),
            version: 0,
            created_at: now,
        }
    }

    /// Every mistake in the fields a person can set.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults: Vec<_> = self.validate().err().map(|report| from_report(&report)).unwrap_or_default();
        // The field has another name outside.
        for fault in faults.iter_mut().filter(|fault| fault.field == "kind") {
            "type".clone_into(&mut fault.field);
        }
        faults.extend(self.hours.faults());
        faults
    }

    /// Its time zone; one that is not known any more counts as UTC.
    pub fn zone(&self) -> chrono_tz::Tz {
        self.timezone.parse().unwrap_or(chrono_tz::UTC)
    }
}

fn time_zone(name: &str, (): &()) -> garde::Result {
    let says = TIMEZONE.checks().into_iter().next().map(|check| check.says).unwrap_or_default();
    chrono_tz::Tz::from_str(name).map(|_| ()).map_err(|_| garde::Error::new(says))
}

/// A number that a business is reached on; it belongs to exactly one business.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BusinessNumber {
    /// Its id.
    pub id: PhoneNumberId,
    /// Whose it is.
    pub business_id: BusinessId,
    /// The number itself.
    pub number: PhoneNumber,
}

/// What a person may do within a business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Works with leads and calls.
    Member,
    /// Changes settings.
    Admin,
    /// Everything, the plan and other people too.
    Owner,
}

impl Role {
    /// All of them, the one that may least first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Member, Self::Admin, Self::Owner];
}

/// Someone who signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Whose people they belong to.
    pub business_id: BusinessId,
    /// Lower-case mail address, unique on the installation.
    pub email: String,
    /// What colleagues call them; may be empty.
    pub name: String,
    /// Argon2id hash in PHC string form; never shown.
    pub password_hash: String,
    /// What they may do in the business they were added to.
    pub role: Role,
    /// The sealed secret of their second factor, once it is switched on.
    pub second_factor: Option<String>,
    /// When they were added.
    pub created_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_breaks_a_line_or_names_no_country_is_refused_field_by_field() {
        let now = DateTime::UNIX_EPOCH;
        let sound = Business::new(BusinessId::new(), "Acme", PlanCode::Free, "wk".into(), now);
        assert_eq!(sound.faults(), []);
        for region in ["", "U", "USA", "\0\0", "1!", "ü"] {
            let wrong = Business { region: region.into(), ..sound.clone() };
            let fields: Vec<_> = wrong.faults().into_iter().map(|fault| fault.field).collect();
            assert_eq!(fields, ["region"], "{region:?}");
        }
        let wrong = Business {
            name: "Acme\r\nBcc: x@example.com".into(),
            kind: "\u{7}".into(),
            website: "https://example.com\n".into(),
            timezone: "Nowhere".into(),
            ..sound
        };
        let mut fields: Vec<_> = wrong.faults().into_iter().map(|fault| fault.field).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["name", "timezone", "type", "website"]);
    }
}
