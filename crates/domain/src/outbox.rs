//! What goes out to people: each message a row that is not forgotten until it is delivered or given up.
//!
//! Rows are written in the transaction of what they tell about. What becomes of one that could not be delivered is decided
//! here; who sends it is in the jobs.

use crate::ids::{BusinessId, OutgoingId};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// Waiting times between tries (design, section 6). After the last one a message is given up.
const PAUSES: [TimeDelta; 5] = [
    TimeDelta::seconds(15),
    TimeDelta::minutes(1),
    TimeDelta::minutes(5),
    TimeDelta::minutes(30),
    TimeDelta::hours(2),
];
/// Tries before a message is given up.
pub const TRIES: u32 = PAUSES.len() as u32 + 1;
/// Longest word of a provider that is kept, in characters.
const WORDS: usize = 500;

/// What a message tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MessageKind {
    /// Somebody wants something: to the business.
    Lead,
    /// What they asked for has arrived: to whoever asked.
    Confirmation,
    /// A word to see whether words arrive.
    Test,
    /// The way into a business.
    Invitation,
    /// The way to a new password.
    PasswordReset,
    /// A question to whoever runs the installation.
    Support,
}

/// The way it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum OutgoingChannel {
    /// A mail.
    Mail,
}

/// Where it stands in line. Urgent ones have a line of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Lane {
    /// Before everything else.
    Urgent,
    /// After that.
    Normal,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum OutgoingState {
    /// It waits for its time, or for another try.
    Queued,
    /// Somebody is sending it.
    Sending,
    /// It was handed over.
    Sent,
    /// It was given up; a person can send it on its way again.
    Dead,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outgoing {
    /// Its id, which also makes the id a mail has everywhere.
    pub id: OutgoingId,
    /// Whose; none is the installation's.
    pub business_id: Option<BusinessId>,
    /// What it tells.
    pub kind: MessageKind,
    /// The way it goes.
    pub channel: OutgoingChannel,
    /// Where it stands in line.
    pub lane: Lane,
    /// To whom: an address in normal form.
    pub recipient: String,
    /// What it is about, such as a lead. Messages about one thing stand together in a mail program.
    pub subject: Option<Uuid>,
    /// What it says, where that does not follow from what it is about. Secrets in it are sealed.
    #[serde(skip)]
    pub content: Value,
    /// Two messages with one key are one.
    #[serde(skip)]
    pub key: String,
    /// Where it stands.
    pub state: OutgoingState,
    /// When it goes, or is tried again.
    pub due_at: DateTime<Utc>,
    /// Tries so far.
    pub attempts: u32,
    /// The provider's last word on it, or why it failed.
    pub words: Option<String>,
    /// When it was written down.
    pub created_at: DateTime<Utc>,
    /// When it was sent or given up.
    pub ended_at: Option<DateTime<Utc>>,
}

impl Outgoing {
    /// A mail that goes at once.
    pub fn mail(kind: MessageKind, recipient: &str, key: String, now: DateTime<Utc>) -> Self {
        Self {
            id: OutgoingId::new(),
            business_id: None,
            kind,
            channel: OutgoingChannel::Mail,
            lane: Lane::Normal,
            recipient: recipient.to_owned(),
            subject: None,
            content: Value::Null,
            key,
            state: OutgoingState::Queued,
            due_at: now,
            attempts: 0,
            words: None,
            created_at: now,
            ended_at: None,
        }
    }

    /// What becomes of it after a try, the number of which is in `attempts` already.
    pub fn after(&self, outcome: &Outcome, now: DateTime<Utc>) -> Next {
        let cut = |words: &str| {
            Some(words.chars().take(WORDS).collect()).filter(|words: &String| !words.is_empty())
        };
        match outcome {
            Outcome::Sent(words) => Next {
                state: OutgoingState::Sent,
                due_at: self.due_at,
                words: cut(words),
                ended_at: Some(now),
            },
            Outcome::NotNow(why) => match PAUSES.get(self.attempts.saturating_sub(1) as usize) {
                Some(pause) => Next {
                    state: OutgoingState::Queued,
                    due_at: now + *pause,
                    words: cut(why),
                    ended_at: None,
                },
                None => {
                    Next { state: OutgoingState::Dead, due_at: now, words: cut(why), ended_at: Some(now) }
                }
            },
            Outcome::Never(why) => {
                Next { state: OutgoingState::Dead, due_at: now, words: cut(why), ended_at: Some(now) }
            }
        }
    }
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken, with the provider's words.
    Sent(String),
    /// It may be taken later: the provider is away, slow or full.
    NotNow(String),
    /// It will never be taken: the address does not exist, or what it tells is gone.
    Never(String),
}

/// Where a message stands after a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// Where it stands.
    pub state: OutgoingState,
    /// When it is tried again.
    pub due_at: DateTime<Utc>,
    /// What is remembered of the try.
    pub words: Option<String>,
    /// When it ended, if it did.
    pub ended_at: Option<DateTime<Utc>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000 + seconds, 0).unwrap()
    }

    fn tried(attempts: u32) -> Outgoing {
        let mail = Outgoing::mail(MessageKind::Test, "dana@example.com", "test".into(), at(0));
        Outgoing { attempts, ..mail }
    }

    /// Regression: a provider that was away for an hour has lost nothing, and one that is gone is not asked for ever.
    #[test]
    fn what_fails_is_tried_again_later_and_later_and_then_given_up() {
        let away = Outcome::NotNow("451 later".into());
        for (attempts, pause) in [(1, 15), (2, 60), (3, 300), (4, 1_800), (5, 7_200)] {
            let next = tried(attempts).after(&away, at(10));
            assert_eq!(
                (next.state, next.due_at, next.ended_at),
                (OutgoingState::Queued, at(10 + pause), None)
            );
            assert_eq!(next.words.as_deref(), Some("451 later"));
        }
        let last = tried(6).after(&away, at(10));
        assert_eq!((last.state, last.ended_at), (OutgoingState::Dead, Some(at(10))));
    }

    #[test]
    fn what_is_taken_is_over_and_what_never_will_be_is_given_up_at_once() {
        let sent = tried(1).after(&Outcome::Sent("250 queued".into()), at(3));
        assert_eq!((sent.state, sent.ended_at), (OutgoingState::Sent, Some(at(3))));
        let never = tried(1).after(&Outcome::Never("550 no such user".into()), at(3));
        assert_eq!((never.state, never.words.as_deref()), (OutgoingState::Dead, Some("550 no such user")));
        let long = tried(1).after(&Outcome::Never("x".repeat(9_000)), at(3));
        assert_eq!(long.words.map(|words| words.len()), Some(WORDS));
    }
}
