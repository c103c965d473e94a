//! Tokens of visitors: signed statements that whoever shows them holds one conversation, on one business's page of one
//! origin. They open nothing else: their key is not the one of people's sessions, and neither is their audience.

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use studioconnect_connectors::secret::Secret;
use studioconnect_domain::ids::{BusinessId, ConversationId};

/// How long a token is good for.
pub(super) const LASTS: TimeDelta = TimeDelta::hours(24);
/// Whom the tokens are for.
const AUDIENCE: &str = "studioconnect-chat";
/// What the key is made for.
const PURPOSE: &[u8] = b"tokens of chat visitors";

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claims {
    aud: String,
    /// Whose page it is.
    pub(super) bid: BusinessId,
    /// The conversation.
    pub(super) cid: ConversationId,
    /// The origin of the page.
    pub(super) org: String,
    iat: i64,
    exp: i64,
}

/// Why a token says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TokenFault {
    /// It was ours.
    Expired(Box<Claims>),
    /// It is not ours, or damaged.
    Invalid,
}

/// Signs tokens and reads them.
pub(super) struct ChatTokens {
    sign: EncodingKey,
    verify: DecodingKey,
    rules: Validation,
}

impl ChatTokens {
    pub(super) fn new(secret: &Secret) -> Self {
        let key = derived(secret.expose().as_bytes());
        let mut rules = Validation::new(Algorithm::HS256);
        // Time comes from the program's clock: see `read`.
        rules.validate_exp = false;
        rules.set_audience(&[AUDIENCE]);
        rules.set_required_spec_claims(&["aud"]);
        Self { sign: EncodingKey::from_secret(&key), verify: DecodingKey::from_secret(&key), rules }
    }

    /// A token for a conversation, and until when it is good; none if it cannot be signed, which is our fault.
    pub(super) fn issue(
        &self,
        business: BusinessId,
        conversation: ConversationId,
        origin: &str,
        now: DateTime<Utc>,
    ) -> Option<(String, DateTime<Utc>)> {
        let until = now + LASTS;
        let claims = Claims {
            aud: AUDIENCE.to_owned(),
            bid: business,
            cid: conversation,
            org: origin.to_owned(),
            iat: now.timestamp(),
            exp: until.timestamp(),
        };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.sign).ok()?;
        Some((token, until))
    }

    /// What a token says, if it is ours and still good.
    pub(super) fn read(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, TokenFault> {
        let read = jsonwebtoken::decode::<Claims>(token, &self.verify, &self.rules);
        let claims = read.map_err(|_| TokenFault::Invalid)?.claims;
        if claims.exp <= now.timestamp() { Err(TokenFault::Expired(Box::new(claims))) } else { Ok(claims) }
    }
}

fn derived(secret: &[u8]) -> Vec<u8> {
    // A key of any length is taken.
    Hmac::<Sha256>::new_from_slice(secret)
        .map(|mac| mac.chain_update(PURPOSE).finalize().into_bytes().to_vec())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    const ORIGIN: &str = "https://shop.example.com";

    fn ours() -> ChatTokens {
        ChatTokens::new(&Secret::new("s".repeat(64)))
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap()
    }

    #[test]
    fn a_token_is_good_for_a_day_and_with_our_secret_only() {
        let (business, talk) = (BusinessId::new(), ConversationId::new());
        let (token, until) = ours().issue(business, talk, ORIGIN, now()).unwrap();
        let claims = ours().read(&token, until - TimeDelta::seconds(1)).unwrap();
        assert_eq!((claims.bid, claims.cid, claims.org.as_str()), (business, talk, ORIGIN));
        assert!(matches!(ours().read(&token, until), Err(TokenFault::Expired(was)) if was.cid == talk));
        let theirs = ChatTokens::new(&Secret::new("t".repeat(64)));
        assert_eq!(theirs.read(&token, now()), Err(TokenFault::Invalid));
        for damaged in ["", "a.b.c", &token[..token.len() - 2]] {
            assert_eq!(ours().read(damaged, now()), Err(TokenFault::Invalid), "{damaged}");
        }
    }

    #[test]
    fn what_was_signed_for_another_purpose_or_not_at_all_opens_nothing() {
        let (token, _) = ours().issue(BusinessId::new(), ConversationId::new(), ORIGIN, now()).unwrap();
        let body = token.split('.').nth(1).unwrap();
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        assert_eq!(ours().read(&format!("{none}.{body}."), now()), Err(TokenFault::Invalid));
        let claims: serde_json::Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap();
        let signed = |claims: &serde_json::Value, secret: &[u8]| {
            jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(secret))
                .unwrap()
        };
        let plain = "s".repeat(64);
        assert_eq!(ours().read(&signed(&claims, plain.as_bytes()), now()), Err(TokenFault::Invalid));
        let mut other = claims.clone();
        other["aud"] = "people".into();
        let key = derived(plain.as_bytes());
        assert!(ours().read(&signed(&claims, &key), now()).is_ok());
        assert_eq!(ours().read(&signed(&other, &key), now()), Err(TokenFault::Invalid));
        other.as_object_mut().unwrap().remove("aud");
        assert_eq!(ours().read(&signed(&other, &key), now()), Err(TokenFault::Invalid));
    }
}
