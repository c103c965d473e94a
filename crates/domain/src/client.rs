//! People and companies a business works for.

use crate::fault::{Fault, from_report};
use crate::ids::{BusinessId, ClientId};
use crate::rule::{self, Text};
use chrono::{DateTime, Utc};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who they are.
pub static NAME: Text = Text::of(1, 120).on_one_line();
/// Where they work.
pub static COMPANY: Text = Text::of(0, 120).on_one_line();
/// What the team should know.
pub static NOTES: Text = Text::of(0, 4_000);

/// A client. Phone and mail are in normal form, and no two clients of a business share one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Client {
    /// Its id.
    #[garde(skip)]
    pub id: ClientId,
    /// Whose client.
    #[garde(skip)]
    pub business_id: BusinessId,
    /// Who they are.
    #[garde(custom(rule::text(&NAME)))]
    pub name: String,
    /// Where they work.
    #[garde(custom(rule::text(&COMPANY)))]
    pub company: String,
    /// Mail address.
    #[garde(skip)]
    pub email: Option<String>,
    /// Phone number, E.164.
    #[garde(skip)]
    pub phone: Option<String>,
    /// What the team should know.
    #[garde(custom(rule::text(&NOTES)))]
    pub notes: String,
    /// Counts edits, so that two people who edit at once are told.
    #[garde(skip)]
    pub version: u32,
    /// When it was added.
    #[garde(skip)]
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    #[garde(skip)]
    pub updated_at: DateTime<Utc>,
}

impl Client {
    /// Every mistake in the fields a person can set.
    pub fn faults(&self) -> Vec<Fault> {
        self.validate().err().map(|report| from_report(&report)).unwrap_or_default()
    }
}
