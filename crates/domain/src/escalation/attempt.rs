//! One call to one person.

use crate::ids::{AttemptId, EscalationContactId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// The network is being asked for it.
    Placing,
    /// It may or may not have been placed; the network was asked so often.
    Unclear {
        /// Times.
        asks: u32,
    },
    /// The network has taken it.
    Ringing,
    /// It was answered, by a person or a machine.
    Talking,
}

/// A call that is being made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// Its name.
    pub id: AttemptId,
    /// To whom.
    pub contact: EscalationContactId,
    /// How far it is.
    pub stage: Stage,
    /// Its name at the network, once it is known.
    pub sid: Option<String>,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Times that the network was asked to place it.
    pub(super) placements: u32,
}
