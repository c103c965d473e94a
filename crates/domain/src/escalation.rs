//! Who is rung in an emergency, and what becomes of it.
//!
//! [`Escalation::happened`] takes what happened and says what to do; it has no clock, socket or random number. Its value is
//! stored after each step and before anything is done, so a process that dies leaves a state that says when to look again
//! ([`Escalation::wake_at`]). An incident nobody has accepted always has such a moment: it is never silent.
//!
//! A voicemail, a busy line, no key and a hang-up accept nothing: only a key, a link or a page does. A call is asked for
//! once; when it is unclear whether it came about, the network is asked before it is asked for again.

mod attempt;
mod plan;
mod policy;
mod step;
#[cfg(test)]
mod tests;
mod walk;

pub use attempt::{Attempt, Stage};
pub use plan::{PlannedStep, plan_for};
pub use policy::{
    EscalationContact, LONGEST_RING_S, MOST_ATTEMPTS, MOST_ROUNDS, MOST_TRIES, Policy, QuietHours,
    URGENT_SEVERITY,
};

use crate::ids::{AttemptId, EscalationContactId, IncidentId};
use crate::incident::{EntryKind, IncidentState};
use crate::phone::PhoneNumber;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Times that whoever accepted is asked whether it is over.
const MOST_REPAGES: u32 = 2;
/// Times that telling everybody is tried; with pauses of ten minutes more than half a day.
const MOST_TELLINGS: u32 = 100;

/// A key on the phone of somebody who was rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// 1: I look after it.
    Accept,
    /// 2: ring the next one.
    Next,
    /// 3: I look after it; connect me to the caller.
    Connect,
    /// 9, and each key that means nothing.
    Repeat,
}

impl Key {
    /// What a key means; none for no key.
    pub fn read(digits: &str) -> Option<Self> {
        Some(match digits.chars().next()? {
            '1' => Self::Accept,
            '2' => Self::Next,
            '3' => Self::Connect,
            _ => Self::Repeat,
        })
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// The line was engaged.
    Busy,
    /// It rang until the time-out.
    NoAnswer,
    /// It could not be put through.
    Failed,
    /// It was answered and then hung up.
    Completed,
    /// A machine answered.
    Machine,
}

impl Outcome {
    /// As people read it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Busy => "the line was busy",
            Self::NoAnswer => "nobody answered",
            Self::Failed => "the call could not be put through",
            Self::Completed => "the call ended without a key",
            Self::Machine => "a machine answered",
        }
    }
}

/// What the network says of a call that may have been placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is under way.
    Call(String),
    /// It is over already.
    Ended(Outcome),
    /// There is none.
    NoCall,
    /// The network could not be asked.
    Unknown,
}

/// Why a call was not placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceFault {
    /// It will never be: the number is refused, or our account is. The words are the network's.
    Permanent(String),
    /// It may or may not have been.
    Unclear,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The incident and its lead are stored.
    Started,
    /// The network took the call.
    CallPlaced {
        /// Which one.
        attempt: AttemptId,
        /// Its name at the network.
        sid: String,
    },
    /// It did not, as far as is known.
    PlaceFailed {
        /// Which one.
        attempt: AttemptId,
        /// Why.
        fault: PlaceFault,
    },
    /// The network was asked about a call.
    ProviderSays {
        /// Which one.
        attempt: AttemptId,
        /// What it said.
        found: Found,
    },
    /// Somebody, or something, answered.
    Answered {
        /// Which one.
        attempt: AttemptId,
        /// Its name at the network.
        sid: String,
    },
    /// A key was pressed.
    KeyPressed {
        /// Which one.
        attempt: AttemptId,
        /// Its name at the network.
        sid: String,
        /// The key.
        key: Key,
    },
    /// The alert was spoken and no key came.
    NoKey {
        /// Which one.
        attempt: AttemptId,
    },
    /// A call is over.
    Ended {
        /// Which one.
        attempt: AttemptId,
        /// Its name at the network.
        sid: String,
        /// How.
        outcome: Outcome,
    },
    /// It may be time; also what follows a restart.
    Deadline,
    /// Somebody took it on by a link or on a page.
    AcceptedBy {
        /// Who.
        name: String,
    },
    /// Somebody says that it is over.
    Resolved {
        /// Who.
        name: String,
    },
    /// The person in need hung up.
    CallerGone,
    /// Everybody was written to.
    EveryoneTold,
    /// Not everybody could be written to.
    TellingFailed,
}

/// What to do, after the state is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ring somebody.
    PlaceCall {
        /// Under this name.
        attempt: AttemptId,
        /// Whom.
        contact: EscalationContactId,
        /// Where.
        phone: PhoneNumber,
        /// How long, in seconds.
        ring_timeout_s: u32,
    },
    /// Ask the network whether a call to this number was placed.
    AskProvider {
        /// Which one.
        attempt: AttemptId,
        /// To where.
        phone: PhoneNumber,
        /// Not before this.
        since: DateTime<Utc>,
    },
    /// End a call.
    HangUp {
        /// Its name at the network.
        sid: String,
    },
    /// Bring a contact's call and the caller's together.
    Connect {
        /// Which call of a contact.
        attempt: AttemptId,
        /// Its name at the network.
        sid: String,
    },
    /// Write to everybody by every way there is.
    TellEveryone,
    /// Tell the person in need, truthfully.
    TellCaller(News),
    /// Write a line of the history.
    Note {
        /// What.
        kind: EntryKind,
        /// About whom.
        who: Option<String>,
        /// More of it.
        detail: Option<String>,
    },
}

/// What the person in need is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Somebody is being rung.
    Ringing {
        /// Who.
        name: String,
    },
    /// Somebody looks after it.
    Accepted {
        /// Who.
        name: String,
    },
    /// Nobody could be reached so far; everybody has been written to.
    NobodyReached,
}

/// Who took it on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Acceptance {
    /// Their name.
    pub name: String,
    /// On the list of contacts.
    pub contact: Option<EscalationContactId>,
    /// When.
    pub at: DateTime<Utc>,
}

/// The state of one incident's escalation, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Escalation {
    incident: IncidentId,
    policy: Policy,
    ignores_quiet: bool,
    state: IncidentState,
    /// Whom to ring, in this order.
    order: Vec<EscalationContactId>,
    round: u32,
    place: usize,
    tries: u32,
    /// Whom each call was to, the first one first.
    rung: Vec<EscalationContactId>,
    current: Option<Attempt>,
    /// Who said that the next one be rung, and whose number is refused.
    passed_over: Vec<EscalationContactId>,
    /// Calls that may still be under way although we gave them up; until when nobody rings there.
    holds: Vec<(EscalationContactId, DateTime<Utc>)>,
    accepted_by: Option<Acceptance>,
    repages: u32,
    tellings: u32,
    is_everyone_told: bool,
    is_caller_gone: bool,
    armed_at: Option<DateTime<Utc>>,
    wake_at: Option<DateTime<Utc>>,
}

impl Escalation {
    /// Nothing has happened yet.
    pub fn new(incident: IncidentId, policy: Policy, severity: u8, now: DateTime<Utc>) -> Self {
        let policy = policy.bounded();
        let order = policy.contacts.iter().filter(|one| one.is_active).map(|one| one.id).collect();
        Self {
            incident,
            policy,
            ignores_quiet: severity >= URGENT_SEVERITY,
            state: IncidentState::Open,
            order,
            round: 1,
            place: 0,
            tries: 0,
            rung: Vec::new(),
            current: None,
            passed_over: Vec::new(),
            holds: Vec::new(),
            accepted_by: None,
            repages: 0,
            tellings: 0,
            is_everyone_told: false,
            is_caller_gone: false,
            armed_at: Some(now),
            // Somebody looks at it at once, also when whoever opened it dies before it begins.
            wake_at: Some(now),
        }
    }

    /// It is graver than it was thought: from a certain severity on nobody's quiet hours count.
    pub fn worsen(&mut self, severity: u8) {
        self.ignores_quiet |= severity >= URGENT_SEVERITY;
    }

    /// It was over, or somebody had it in hand, and the same person tells of an emergency again: the list as it is now is gone
    /// through from its top. What was rung before stays known, as calls are named by their number.
    pub fn restart(&mut self, policy: Policy, severity: u8, now: DateTime<Utc>) {
        let rung = std::mem::take(&mut self.rung);
        *self = Self { rung, ..Self::new(self.incident, policy, severity, now) };
    }

    /// Where it stands.
    pub fn state(&self) -> IncidentState {
        self.state
    }

    /// When to look again, if nothing happens before.
    pub fn wake_at(&self) -> Option<DateTime<Utc>> {
        self.wake_at
    }

    /// When that moment was chosen: a clock that shows less has been put back.
    pub fn armed_at(&self) -> Option<DateTime<Utc>> {
        self.armed_at
    }

    /// Who took it on.
    pub fn accepted_by(&self) -> Option<&Acceptance> {
        self.accepted_by.as_ref()
    }

    /// The call that is being made.
    pub fn current(&self) -> Option<&Attempt> {
        self.current.as_ref()
    }

    /// Calls so far.
    pub fn attempts(&self) -> usize {
        self.rung.len()
    }

    /// The how-manieth call to the same person the one at hand is.
    pub fn try_of_current(&self) -> usize {
        let contact = self.current.as_ref().map(|current| current.contact);
        self.rung.iter().filter(|rung| Some(**rung) == contact).count()
    }

    /// Whether everybody has been written to.
    pub fn is_everyone_told(&self) -> bool {
        self.is_everyone_told
    }

    /// Whether the person in need has hung up.
    pub fn is_caller_gone(&self) -> bool {
        self.is_caller_gone
    }

    /// How people are rung.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Everybody who is to be told when nobody accepts.
    pub fn contacts(&self) -> &[EscalationContact] {
        &self.policy.contacts
    }

    /// Whom a call was to; none for one that is not of this incident.
    pub fn rung_by(&self, attempt: AttemptId) -> Option<&EscalationContact> {
        let number = attempt.0.as_u128().checked_sub(self.incident.0.as_u128())?;
        let contact = self.rung.get(usize::try_from(number).ok()?.checked_sub(1)?)?;
        self.policy.contact(*contact)
    }

    /// The name of a call: it follows from the incident and the call's number, so no two hands give it two.
    fn attempt_id(&self, number: usize) -> AttemptId {
        AttemptId(Uuid::from_u128(self.incident.0.as_u128().wrapping_add(number as u128)))
    }

    fn wake(&mut self, now: DateTime<Utc>, after: TimeDelta) {
        self.armed_at = Some(now);
        self.wake_at = Some(now + after);
    }

    fn sleep(&mut self) {
        self.armed_at = None;
        self.wake_at = None;
    }
}
