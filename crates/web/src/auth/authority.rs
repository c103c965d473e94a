//! Who may call a handler, as the type it takes. There is no other way to a tenant's id than through one of these.

use super::identity::Identity;
use crate::problem::Problem;
use crate::state::AppState;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use std::ops::Deref;
use studioconnect_domain::account::Standing;
use studioconnect_domain::business::Role;
use studioconnect_domain::plan::Feature;

macro_rules! authorities {
    ($($(#[$doc:meta])* $name:ident = $least:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub(crate) struct $name(pub(crate) Standing);

        impl Deref for $name {
            type Target = Standing;

            fn deref(&self) -> &Standing {
                &self.0
            }
        }

        impl<S> FromRequestParts<S> for $name
        where
            S: Send + Sync,
            AppState: FromRef<S>,
        {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
                let standing = standing(parts, &AppState::from_ref(state)).await?;
                if standing.role < $least {
                    return Err(Problem::role_refused($least));
                }
                Ok(Self(standing))
            }
        }
    )*};
}

authorities! {
    /// Anybody of the business: reads.
    Viewer = Role::Viewer;
    /// Works with leads, clients and calls.
    Member = Role::Member;
    /// Changes settings.
    Admin = Role::Admin;
    /// Changes the plan and who belongs to the business.
    Owner = Role::Owner;
}

/// What the business's plan lets whoever stands in it do.
pub(crate) trait Entitlement {
    /// Refuses what the plan does not include.
    fn needs(&self, feature: Feature) -> Result<(), Problem>;
}

impl Entitlement for Standing {
    fn needs(&self, feature: Feature) -> Result<(), Problem> {
        if self.includes(feature) { Ok(()) } else { Err(Problem::plan_upgrade_required(feature)) }
    }
}

async fn standing(parts: &mut Parts, state: &AppState) -> Result<Standing, Problem> {
    // Two authorities in one signature are one look-up.
    if let Some(standing) = parts.extensions.get::<Standing>() {
        return Ok(standing.clone());
    }
    let claims = match parts.extensions.get::<Identity>() {
        Some(Identity::Known(claims)) => claims.clone(),
        Some(Identity::Expired) => return Err(Problem::session_expired()),
        Some(Identity::Refused) => return Err(Problem::token_refused()),
        Some(Identity::Nobody) | None => return Err(Problem::signed_out()),
    };
    let found = state.store.standing(claims.sub, claims.bid, claims.sid, state.clock.now()).await?;
    let standing = found.ok_or_else(Problem::session_expired)?;
    parts.extensions.insert(standing.clone());
    Ok(standing)
}
