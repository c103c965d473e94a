//! Signing in, and what a request may do.
//!
//! A person shows a password once and gets two tokens: an access token that is good for 15 minutes and names its session,
//! and a refresh token that renews it and changes each time it is used. Each request asks the database for the person's
//! standing, so a sign-out, a removal or a downgrade works from the next request on.
//!
//! Handlers say in their signature what they need: [`Viewer`], [`Member`], [`Admin`] or [`Owner`].

mod authority;
pub(crate) mod cookies;
mod identity;
pub mod password;
mod proxies;
mod refresh;
mod scheme;
pub(crate) mod second_factor;
mod sign_in;
mod throttle;
mod token;
pub(crate) mod totp;

pub(crate) use authority::{Admin, Entitlement, Member, Owner, Viewer};
pub(crate) use identity::{Address, bearer, identify, without_origin};
pub use proxies::{Proxies, ProxiesFault};
pub(crate) use refresh::RefreshToken;
pub(crate) use scheme::by_scheme;
pub(crate) use sign_in::{Signed, business_for, check_password, renew, sign_in, start_session, waits};
pub(crate) use throttle::{Throttle, neighbourhood};
pub(crate) use token::{ACCESS_LASTS, AccessTokens, Claims};

use std::fmt;
use std::sync::Mutex;
use studioconnect_connectors::secret::Secret;

/// What signing in needs.
pub struct Auth {
    pub(crate) tokens: AccessTokens,
    pub(crate) throttle: Mutex<Throttle>,
    /// Cookies go over https alone.
    pub(crate) is_secure: bool,
    /// Strangers may open a business.
    pub(crate) has_sign_up: bool,
    pub(crate) proxies: Proxies,
}

/// What signing in is set up with.
#[derive(Clone, Debug)]
pub struct AuthSettings {
    /// Signs access tokens; whoever changes it signs everybody out.
    pub secret: Secret,
    /// Browsers reach us by https.
    pub is_secure: bool,
    /// Strangers may open a business.
    pub has_sign_up: bool,
}

impl Auth {
    /// Nobody has been wrong yet.
    pub fn new(settings: &AuthSettings) -> Self {
        Self {
            tokens: AccessTokens::new(&settings.secret),
            throttle: Mutex::default(),
            is_secure: settings.is_secure,
            has_sign_up: settings.has_sign_up,
            proxies: Proxies::default(),
        }
    }

    /// The same behind proxies that tell where requests come from.
    #[must_use]
    pub fn behind(self, proxies: Proxies) -> Self {
        Self { proxies, ..self }
    }

    pub(crate) fn throttle(&self) -> std::sync::MutexGuard<'_, Throttle> {
        self.throttle.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("is_secure", &self.is_secure).finish_non_exhaustive()
    }
}
