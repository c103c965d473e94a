//! How soon somebody should look at a request: one table over what was said and what is known of who said it.

use crate::emergency::{Finding, Tone};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// How soon somebody should look at it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum Priority {
    /// When there is time.
    Low,
    /// In its turn.
    #[default]
    Normal,
    /// Before the others, today.
    High,
    /// Now; somebody is woken.
    Urgent,
}

impl Priority {
    /// Every priority, from the lowest on.
    pub const ALL: [Self; 4] = [Self::Low, Self::Normal, Self::High, Self::Urgent];

    /// Its name in the interface and in storage.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "LOW",
            Self::Normal => "NORMAL",
            Self::High => "HIGH",
            Self::Urgent => "URGENT",
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What is known beside the words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Times they got in touch within a day before.
    pub contacts_within_a_day: u32,
    /// A request of theirs is still open.
    pub has_open_request: bool,
    /// They are a client.
    pub is_client: bool,
    /// The business is open now.
    pub within_hours: bool,
}

/// What a line of the table is asked.
struct Case<'a> {
    finding: &'a Finding,
    tone: &'a Tone,
    history: &'a History,
}

struct Line {
    priority: Priority,
    reason: &'static str,
    holds: fn(&Case<'_>) -> bool,
}

/// From which severity on something out of order comes before the others.
const SERIOUS: u8 = 5;
/// From which severity on something is out of order.
const OUT_OF_ORDER: u8 = 4;
/// So many contacts in a day are somebody who waits.
const WAITS: u32 = 2;

/// The table; the first line that holds decides. docs/decisions/emergency.md prints it.
static TABLE: [Line; 11] = [
    Line {
        priority: Priority::Urgent,
        reason: "it is an emergency",
        holds: |case| case.finding.is_emergency,
    },
    Line {
        priority: Priority::Low,
        reason: "somebody wants to sell something",
        holds: |case| case.tone.sells,
    },
    Line {
        priority: Priority::High,
        reason: "it is serious, though no emergency",
        holds: |case| case.finding.severity >= SERIOUS,
    },
    Line { priority: Priority::High, reason: "somebody complains", holds: |case| case.tone.complains },
    Line {
        priority: Priority::High,
        reason: "money or a contract is at stake",
        holds: |case| case.tone.is_at_stake,
    },
    Line {
        priority: Priority::High,
        reason: "they got in touch several times within a day",
        holds: |case| case.history.contacts_within_a_day >= WAITS,
    },
    Line {
        priority: Priority::High,
        reason: "a client has something out of order outside opening hours",
        holds: |case| {
            case.history.is_client
                && !case.history.within_hours
                && case.finding.severity >= OUT_OF_ORDER
                && !case.tone.is_unhurried
        },
    },
    Line {
        priority: Priority::High,
        reason: "it is wanted today or tomorrow",
        holds: |case| case.tone.is_soon && !case.tone.informs && !case.tone.is_unhurried,
    },
    Line {
        priority: Priority::Normal,
        reason: "a request of theirs is open",
        holds: |case| case.history.has_open_request,
    },
    Line {
        priority: Priority::Low,
        reason: "it has time, as they say",
        holds: |case| case.tone.is_unhurried,
    },
    Line { priority: Priority::Low, reason: "it only asks for information", holds: |case| case.tone.informs },
];

/// How soon somebody should look at it, and why.
pub fn priority(finding: &Finding, tone: &Tone, history: &History) -> (Priority, &'static str) {
    let case = Case { finding, tone, history };
    let line = TABLE.iter().find(|line| (line.holds)(&case));
    line.map_or((Priority::Normal, "nothing sets it apart"), |line| (line.priority, line.reason))
}

#[cfg(test)]
mod tests;
