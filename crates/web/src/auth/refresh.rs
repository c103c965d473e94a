//! Refresh tokens: the id of a session, and a secret of which the database knows a hash.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng as _;
use sha2::{Digest as _, Sha256};
use std::fmt;
use uuid::Uuid;

/// 256 bits that nobody guesses, under an id. Also what stands in the links of mails.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RefreshToken {
    /// Whose secret it is.
    pub(crate) id: Uuid,
    secret: String,
}

impl RefreshToken {
    /// A new secret.
    pub(crate) fn new(id: Uuid) -> Self {
        let mut bytes = [0_u8; 32];
        rand::rng().fill_bytes(&mut bytes);
        Self { id, secret: URL_SAFE_NO_PAD.encode(bytes) }
    }

    /// Reads one that was shown; none if it has not the form of one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.split_once('.')?;
        let id = Uuid::try_parse(id).ok()?;
        (secret.len() == 43).then(|| Self { id, secret: secret.to_owned() })
    }

    /// As it is handed out.
    pub(crate) fn expose(&self) -> String {
        format!("{}.{}", self.id.simple(), self.secret)
    }

    /// As it is stored. The secret has full entropy, so a plain hash is enough.
    pub(crate) fn hash(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.secret.as_bytes()))
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshToken").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_shows_its_secret_only_when_asked() {
        let token = RefreshToken::new(Uuid::now_v7());
        let read = RefreshToken::parse(&token.expose()).unwrap();
        assert_eq!((read.id, read.hash()), (token.id, token.hash()));
        assert!(!token.expose().contains(&token.hash()));
        assert!(!format!("{token:?}").contains(&token.secret));
        for wrong in ["", ".", "x.y", &token.expose()[..40]] {
            assert_eq!(RefreshToken::parse(wrong), None, "{wrong}");
        }
    }
}
