//! People and companies a business works for.

use crate::fault::{Fault, from_report, one_line};
use crate::ids::{BusinessId, ClientId};
use chrono::{DateTime, Utc};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
    #[garde(length(chars, min = 1, max = 120), custom(one_line))]
    pub name: String,
    /// Where they work.
    #[garde(length(chars, max = 120), custom(one_line))]
    pub company: String,
    /// Mail address.
    #[garde(skip)]
    pub email: Option<String>,
    /// Phone number, E.164.
    #[garde(skip)]
    pub phone: Option<String>,
    /// What the team should know.
    #[garde(length(chars, max = 4000))]
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
