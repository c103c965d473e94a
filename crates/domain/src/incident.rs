//! An emergency, from its first words to its end.

use crate::escalation::Escalation;
use crate::ids::{BusinessId, CallId, ConversationId, IncidentId, LeadId};
use crate::lead::Channel;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most characters kept of the words that made it an emergency.
pub const MOST_WORDS: usize = 2_000;

/// Where an incident stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum IncidentState {
    /// Opened; nobody has been rung yet.
    Open,
    /// People are being rung, one after the other.
    Ringing,
    /// Somebody has said that they look after it.
    Accepted,
    /// It is over.
    Resolved,
    /// Nobody accepted; everybody is told by every other way.
    Exhausted,
}

impl IncidentState {
    /// All of them, in the order of an incident's life.
    pub const ALL: [Self; 5] = [Self::Open, Self::Ringing, Self::Accepted, Self::Resolved, Self::Exhausted];

    /// Whether nobody has taken it on: pages show a red banner for it.
    pub fn is_unaccepted(self) -> bool {
        matches!(self, Self::Open | Self::Ringing | Self::Exhausted)
    }
}

/// An emergency.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Incident {
    /// Its id.
    pub id: IncidentId,
    /// Whose.
    pub business_id: BusinessId,
    /// By phone or chat.
    pub channel: Channel,
    /// The call it came by.
    pub call_id: Option<CallId>,
    /// The chat it came by.
    pub conversation_id: Option<ConversationId>,
    /// The lead that tells the rest; none for a drill.
    pub lead_id: Option<LeadId>,
    /// Made by the button that tries out whether the phones ring.
    pub is_drill: bool,
    /// From 1 to 10.
    pub severity: u8,
    /// What was said, in the caller's words.
    pub words: String,
    /// Where.
    pub address: Option<String>,
    /// Who asks for help.
    pub caller_name: Option<String>,
    /// Their number, as far as it is known.
    pub caller_phone: Option<String>,
    /// Where it stands.
    pub state: IncidentState,
    /// Who took it on.
    pub accepted_by: Option<String>,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Who is rung next, and when. Never sent out.
    #[serde(skip)]
    pub escalation: Escalation,
    /// Counts changes, so that two that happen at once are told.
    pub version: u32,
}

/// Whoever tells of an emergency in the same call or chat so long after the first time tells of another one.
const ANOTHER: TimeDelta = TimeDelta::hours(6);

impl Incident {
    /// Takes in what is known by now, told by the same call or chat, and the lines of history that tell of it; none when there
    /// is nothing new. One that is over, or was taken on long ago, is opened again by words that were said later.
    pub fn learn(&mut self, now_known: &Self) -> Option<Vec<Entry>> {
        let before = (self.address.clone(), self.caller_name.clone(), self.caller_phone.clone());
        let mut entries = Vec::new();
        for (known, new) in [
            (&mut self.address, &now_known.address),
            (&mut self.caller_name, &now_known.caller_name),
            (&mut self.caller_phone, &now_known.caller_phone),
        ] {
            *known = new.clone().or_else(|| known.take());
        }
        let mut has_changed =
            before != (self.address.clone(), self.caller_name.clone(), self.caller_phone.clone());
        let is_over = match self.state {
            IncidentState::Resolved => now_known.created_at > self.updated_at,
            IncidentState::Accepted | IncidentState::Exhausted => {
                now_known.created_at > self.created_at + ANOTHER
            }
            IncidentState::Open | IncidentState::Ringing => false,
        };
        if is_over {
            let policy = now_known.escalation.policy().clone();
            self.escalation.restart(policy, now_known.severity, now_known.created_at);
            (self.state, self.accepted_by) = (self.escalation.state(), None);
            (self.severity, self.created_at) = (now_known.severity, now_known.created_at);
            self.words.clone_from(&now_known.words);
            entries.push(Entry { at: self.created_at, kind: EntryKind::Opened, who: None, detail: None });
            has_changed = true;
        } else if now_known.severity > self.severity {
            self.severity = now_known.severity;
            self.words.clone_from(&now_known.words);
            self.escalation.worsen(self.severity);
            has_changed = true;
        }
        self.updated_at = self.updated_at.max(now_known.updated_at);
        has_changed.then_some(entries)
    }
}

/// One line of an incident's history: what happened, to whom and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub kind: EntryKind,
    /// Whom it is about.
    pub who: Option<String>,
    /// More of it, such as the network's own words.
    pub detail: Option<String>,
}

/// What may happen in an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EntryKind {
    /// It was opened.
    Opened,
    /// Somebody's phone is being rung.
    Ringing,
    /// A call could not be placed.
    NotPlaced,
    /// Whether a call was placed is not known; the network is asked.
    Unclear,
    /// A phone was answered, by a person or a machine.
    Answered,
    /// Nobody pressed a key.
    NoKey,
    /// Somebody asked that the next one be rung.
    Declined,
    /// The call ended without anybody accepting.
    NotAccepted,
    /// Somebody looks after it.
    Accepted,
    /// Somebody asked to be connected to the caller.
    Connecting,
    /// The person in need has hung up.
    CallerGone,
    /// Nobody accepted.
    Exhausted,
    /// Everybody was told by every other way.
    EveryoneTold,
    /// They could not be told; it is tried again.
    TellingFailed,
    /// It was accepted and is not over: whoever accepted is asked again.
    AskedAgain,
    /// It is over.
    Resolved,
}

impl EntryKind {
    /// As people read it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Opened => "Opened",
            Self::Ringing => "Ringing",
            Self::NotPlaced => "Could not be rung",
            Self::Unclear => "Asking the phone network whether the call was placed",
            Self::Answered => "Phone answered",
            Self::NoKey => "No key pressed",
            Self::Declined => "Asked for the next person",
            Self::NotAccepted => "Not accepted",
            Self::Accepted => "Accepted",
            Self::Connecting => "Connecting to the caller",
            Self::CallerGone => "The caller has hung up",
            Self::Exhausted => "Nobody accepted",
            Self::EveryoneTold => "Everybody was told",
            Self::TellingFailed => "Telling everybody failed; it is tried again",
            Self::AskedAgain => "Asked whether it is over",
            Self::Resolved => "Resolved",
        }
    }
}
