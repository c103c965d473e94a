//! A tenant and the people and numbers that belong to it.

use crate::fault::{Fault, from_report};
use crate::ids::{BusinessId, PhoneNumberId, UserId};
use crate::phone::PhoneNumber;
use crate::plan::PlanCode;
use chrono::{DateTime, Utc};
use garde::Validate;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// One business on the installation. Every other row belongs to one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[serde(rename_all = "camelCase")]
pub struct Business {
    /// Its id, the tenant of every query.
    #[garde(skip)]
    pub id: BusinessId,
    /// The name callers hear.
    #[garde(length(chars, min = 1, max = 120))]
    pub name: String,
    /// Which plan it is on.
    #[garde(skip)]
    pub plan: PlanCode,
    /// IANA time zone, such as `America/Los_Angeles`.
    #[garde(custom(time_zone))]
    pub timezone: String,
    /// Two-letter country whose phone numbers may be written without a country code.
    #[garde(length(min = 2, max = 2), ascii)]
    pub region: String,
    /// Key that the business's website shows; public by nature.
    #[garde(skip)]
    pub widget_key: String,
    /// When it was created.
    #[garde(skip)]
    pub created_at: DateTime<Utc>,
}

impl Business {
    /// Every mistake in the fields a person can set.
    pub fn faults(&self) -> Vec<Fault> {
        self.validate().err().map(|report| from_report(&report)).unwrap_or_default()
    }
}

fn time_zone(name: &str, (): &()) -> garde::Result {
    chrono_tz::Tz::from_str(name)
        .map(|_| ())
        .map_err(|_| garde::Error::new(format!("{name:?} is not a time zone; write it like Europe/Berlin")))
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
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

/// Someone who signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Whose people they belong to.
    pub business_id: BusinessId,
    /// Lower-case mail address, unique on the installation.
    pub email: String,
    /// Argon2id hash in PHC string form; never shown.
    pub password_hash: String,
    /// What they may do.
    pub role: Role,
    /// When they were added.
    pub created_at: DateTime<Utc>,
}
