//! Who is signed in, and what they may do where.

use crate::business::{Business, Role, User};
use crate::ids::{BusinessId, SessionId, UserId};
use crate::plan::{Feature, Plan};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// A browser or program that is signed in, from its password to its sign-out. Its refresh token changes with every use;
/// the database knows hashes of it alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Its id; every access token names it.
    pub id: SessionId,
    /// Who signed in.
    pub user_id: UserId,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it was last renewed.
    pub seen_at: DateTime<Utc>,
    /// Ends then, unless it is renewed before.
    pub expires_at: DateTime<Utc>,
    /// What the browser calls itself, cut to something a person reads.
    pub user_agent: String,
    /// Where it was renewed from last.
    pub address: String,
}

impl Session {
    /// A session that is not renewed for this long is over.
    pub const IDLE: TimeDelta = TimeDelta::days(30);
}

/// Somebody's place in one business, as it is at the moment of a request.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Who asks.
    pub user: User,
    /// The business whose rows they see.
    pub business: Business,
    /// What they may do in it; not the same in every business of theirs.
    pub role: Role,
    /// What the business's plan includes.
    pub plan: Plan,
    /// The session they came with.
    pub session: SessionId,
}

impl Standing {
    /// The tenant of every query that serves this request.
    pub fn tenant(&self) -> BusinessId {
        self.business.id
    }

    /// Whether the business's plan includes a feature.
    pub fn includes(&self, feature: Feature) -> bool {
        self.plan.includes(feature)
    }
}

/// A business somebody may switch to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Membership {
    /// The business.
    pub business_id: BusinessId,
    /// Its name.
    pub business_name: String,
    /// What they may do there.
    pub role: Role,
}

/// What a link in a mail is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, serde::Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Choosing a new password.
    PasswordReset,
    /// Joining a business.
    Invitation,
}

impl Purpose {
    /// How long such a link works.
    pub fn lasts(self) -> TimeDelta {
        match self {
            Self::PasswordReset => TimeDelta::hours(1),
            Self::Invitation => TimeDelta::days(7),
        }
    }
}
