//! Access tokens: signed statements of who asks, good for a quarter of an hour (RFC 7519, HS256).

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use studioconnect_connectors::secret::Secret;
use studioconnect_domain::ids::{BusinessId, SessionId, UserId};
use thiserror::Error;

/// How long an access token is good for.
pub(crate) const ACCESS_LASTS: TimeDelta = TimeDelta::minutes(15);

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    /// Who.
    pub(crate) sub: UserId,
    /// In which business.
    pub(crate) bid: BusinessId,
    /// In which session.
    pub(crate) sid: SessionId,
    /// Issued then, in seconds since 1970.
    pub(crate) iat: i64,
    /// Good until then.
    pub(crate) exp: i64,
}

/// Why a token says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum TokenFault {
    /// It was ours.
    #[error("the access token has run out")]
    Expired,
    /// It is not ours, or damaged.
    #[error("the access token is not valid here")]
    Invalid,
}

/// Signs tokens and reads them.
pub(crate) struct AccessTokens {
    sign: EncodingKey,
    verify: DecodingKey,
    rules: Validation,
}

impl AccessTokens {
    pub(crate) fn new(secret: &Secret) -> Self {
        let mut rules = Validation::new(Algorithm::HS256);
        // Time comes from the program's clock: see `read`.
        rules.validate_exp = false;
        rules.required_spec_claims.clear();
        Self {
            sign: EncodingKey::from_secret(secret.expose().as_bytes()),
            verify: DecodingKey::from_secret(secret.expose().as_bytes()),
            rules,
        }
    }

    /// A token for a session; none if it cannot be signed, which is our fault.
    pub(crate) fn issue(
        &self,
        user: UserId,
        business: BusinessId,
        session: SessionId,
        now: DateTime<Utc>,
    ) -> Option<String> {
        let claims = Claims {
            sub: user,
            bid: business,
            sid: session,
            iat: now.timestamp(),
            exp: (now + ACCESS_LASTS).timestamp(),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.sign).ok()
    }

    /// The business that a token of ours names, good or run out.
    pub(crate) fn business_of(&self, token: &str) -> Option<BusinessId> {
        let read = jsonwebtoken::decode::<Claims>(token, &self.verify, &self.rules);
        read.ok().map(|read| read.claims.bid)
    }

    /// What a token says, if it is ours and still good.
    pub(crate) fn read(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, TokenFault> {
        let read = jsonwebtoken::decode::<Claims>(token, &self.verify, &self.rules);
        let claims = read.map_err(|_| TokenFault::Invalid)?.claims;
        if claims.exp <= now.timestamp() { Err(TokenFault::Expired) } else { Ok(claims) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_a_quarter_of_an_hour_and_with_our_secret_only() {
        let ours = AccessTokens::new(&Secret::new("s".repeat(64)));
        let theirs = AccessTokens::new(&Secret::new("t".repeat(64)));
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let (user, business, session) = (UserId::new(), BusinessId::new(), SessionId::new());
        let token = ours.issue(user, business, session, now).unwrap();
        let claims = ours.read(&token, now + TimeDelta::seconds(899)).unwrap();
        assert_eq!((claims.sub, claims.bid, claims.sid), (user, business, session));
        assert_eq!(ours.read(&token, now + ACCESS_LASTS), Err(TokenFault::Expired));
        assert_eq!(theirs.read(&token, now), Err(TokenFault::Invalid));
        for damaged in ["", "a.b.c", &token[..token.len() - 2]] {
            assert_eq!(ours.read(damaged, now), Err(TokenFault::Invalid));
        }
    }

    #[test]
    fn a_token_that_says_it_needs_no_signature_is_refused() {
        use base64::Engine as _;
        let ours = AccessTokens::new(&Secret::new("s".repeat(64)));
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let token = ours.issue(UserId::new(), BusinessId::new(), SessionId::new(), now).unwrap();
        let body = token.split('.').nth(1).unwrap();
        let none = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        assert_eq!(ours.read(&format!("{none}.{body}."), now), Err(TokenFault::Invalid));
    }
}
