//! Who is rung, in which order, how long and how often.

use crate::ids::EscalationContactId;
use crate::phone::PhoneNumber;
use chrono::{DateTime, NaiveTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest that one phone rings, in seconds: the person in need is waiting.
pub const LONGEST_RING_S: u32 = 30;
/// Most times that the list is gone through.
pub const MOST_ROUNDS: u32 = 3;
/// Most times in a row that one person is tried.
pub const MOST_TRIES: u32 = 3;
/// Most calls of one incident, whatever the settings multiply to.
pub const MOST_ATTEMPTS: u32 = 40;
/// From this severity on nobody's quiet hours count.
pub const URGENT_SEVERITY: u8 = 8;

/// Hours in which somebody is not rung for what is not urgent. A stretch that ends at or before its beginning runs past
/// midnight. An urgent incident (severity 8 and more) rings all the same: that is what they are on the list for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// First minute.
    #[serde(with = "crate::hours::clock_time")]
    #[schema(value_type = String, example = "22:00")]
    pub from: NaiveTime,
    /// The minute after the last.
    #[serde(with = "crate::hours::clock_time")]
    #[schema(value_type = String, example = "07:00")]
    pub to: NaiveTime,
    /// Where the person lives.
    #[schema(example = "America/New_York")]
    pub timezone: String,
}

impl QuietHours {
    /// Whether they hold at a moment. Every moment has exactly one local time, so the night of a time change has no gap.
    pub fn hold_at(&self, at: DateTime<Utc>) -> bool {
        let zone: Tz = self.timezone.parse().unwrap_or(Tz::UTC);
        let local = at.with_timezone(&zone).time();
        if self.from < self.to {
            (self.from..self.to).contains(&local)
        } else {
            local >= self.from || local < self.to
        }
    }
}

/// Somebody who is rung in an emergency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EscalationContact {
    /// Their id.
    #[serde(default)]
    pub id: EscalationContactId,
    /// Who they are.
    pub name: String,
    /// Where they are rung.
    #[schema(value_type = String)]
    pub phone: PhoneNumber,
    /// Where they are written to when nobody could be reached.
    #[serde(default)]
    pub email: Option<String>,
    /// When they are not rung for what is not urgent.
    #[serde(default)]
    pub quiet_hours: Option<QuietHours>,
    /// How often they are tried in a row before the next one is.
    #[serde(default = "one")]
    pub tries: u32,
    /// Whether they are rung at present.
    #[serde(default = "yes")]
    pub is_active: bool,
}

fn one() -> u32 {
    1
}

fn yes() -> bool {
    true
}

/// How an incident's people are rung. An incident keeps the policy that was in force when it was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// In the order in which they are rung.
    pub contacts: Vec<EscalationContact>,
    /// How long a phone rings, in seconds.
    pub ring_timeout_s: u32,
    /// How often the list is gone through.
    pub rounds: u32,
    /// Minutes after which who accepted is asked again, while the incident is not resolved; none is never.
    pub repage_after_minutes: Option<u32>,
    /// Most calls altogether.
    pub most_attempts: u32,
    /// Whether anybody is rung at all: the plan may only write.
    pub has_calls: bool,
}

impl Policy {
    /// The same within the bounds that hold whatever was stored.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        self.ring_timeout_s = self.ring_timeout_s.clamp(5, LONGEST_RING_S);
        self.rounds = self.rounds.clamp(1, MOST_ROUNDS);
        self.most_attempts = self.most_attempts.clamp(1, MOST_ATTEMPTS);
        self.repage_after_minutes = self.repage_after_minutes.map(|minutes| minutes.clamp(1, 24 * 60));
        for contact in &mut self.contacts {
            contact.tries = contact.tries.clamp(1, MOST_TRIES);
        }
        self
    }

    pub(super) fn contact(&self, id: EscalationContactId) -> Option<&EscalationContact> {
        self.contacts.iter().find(|contact| contact.id == id)
    }
}
