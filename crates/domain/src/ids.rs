//! Names of rows. Each kind has its own type, so a lead's id cannot be passed where a call's is meant.
//!
//! Ids are version 7 UUIDs: they sort by creation, which keeps database indexes compact.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use utoipa::ToSchema;
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id, unlike any other.
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::from_str(text).map(Self)
            }
        }
    )*};
}

ids! {
    /// A tenant: one business with its own rows.
    BusinessId;
    /// A person who signs in.
    UserId;
    /// A phone number that a business is reached on.
    PhoneNumberId;
    /// A question the agent asks.
    QuestionId;
    /// One phone call.
    CallId;
    /// What a caller or visitor wanted.
    LeadId;
    /// Something that goes out: a mail, a text message.
    OutgoingId;
    /// A note beside a lead.
    NoteId;
    /// Somebody the business works for.
    ClientId;
    /// Somebody a call may be connected to.
    ContactId;
    /// A browser or program that is signed in.
    SessionId;
    /// A link in a mail.
    LinkId;
    /// A conversation in the website's chat.
    ConversationId;
    /// One line of it.
    MessageId;
    /// Something the agent may answer from.
    DocumentId;
    /// A part of a document that is found by itself.
    ChunkId;
    /// A question that could not be answered.
    GapId;
    /// An emergency, from its first words to its end.
    IncidentId;
    /// Somebody who is rung in an emergency.
    EscalationContactId;
    /// One call to one of them.
    AttemptId;
}
