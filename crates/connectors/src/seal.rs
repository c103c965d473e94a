//! Sealing: what the database keeps and only this installation can read.

use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use rand::Rng as _;
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::sync::Arc;
use thiserror::Error;

const NONCE: usize = 24;
const KEY: usize = 32;

/// Why something was not sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SealFault {
    /// The key is not 32 bytes in hex or base64.
    #[error("the encryption key must be 32 bytes, as 64 hex digits or in base64")]
    Key,
    /// It was sealed with another key: the installation's has been changed.
    #[error("this was sealed with another encryption key")]
    OtherKey,
    /// It is damaged, or was sealed for another purpose or row.
    #[error("this is not what was sealed here")]
    Broken,
}

/// Seals with XChaCha20-Poly1305 and a random nonce. Cheap to clone.
///
/// A sealed text is `v1:<key id>:<base64 of nonce and ciphertext>`. It is bound to what it is for and to its row, so nobody
/// who can write to the database opens one value in the place of another. The key's id is a hash of it: it tells a changed
/// key from a damaged value, and nothing of the key.
#[derive(Clone)]
pub struct Sealer {
    cipher: Arc<XChaCha20Poly1305>,
    key_id: Arc<str>,
}

impl Sealer {
    /// Reads the installation's key.
    pub fn new(key: &Secret) -> Result<Self, SealFault> {
        let key = key_bytes(key.expose()).ok_or(SealFault::Key)?;
        let hash = Sha256::new().chain_update(b"studioconnect key id").chain_update(key).finalize();
        let key_id = STANDARD_NO_PAD.encode(hash.iter().copied().take(6).collect::<Vec<u8>>());
        Ok(Self { cipher: Arc::new(XChaCha20Poly1305::new(&key.into())), key_id: key_id.into() })
    }

    /// Seals something for one purpose and one row.
    pub fn seal(&self, purpose: &'static str, row: &str, plain: &[u8]) -> Result<String, SealFault> {
        let mut nonce = [0_u8; NONCE];
        rand::rng().fill_bytes(&mut nonce);
        let bound = bound(purpose, row);
        let payload = Payload { msg: plain, aad: &bound };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| SealFault::Broken)?;
        let text = STANDARD_NO_PAD.encode([&nonce[..], &sealed].concat());
        Ok(format!("v1:{}:{text}", self.key_id))
    }

    /// Opens what was sealed for the same purpose and row.
    pub fn open(&self, purpose: &'static str, row: &str, sealed: &str) -> Result<Vec<u8>, SealFault> {
        let (key_id, text) =
            sealed.strip_prefix("v1:").and_then(|rest| rest.split_once(':')).ok_or(SealFault::Broken)?;
        if key_id != &*self.key_id {
            return Err(SealFault::OtherKey);
        }
        let bytes = STANDARD_NO_PAD.decode(text).map_err(|_| SealFault::Broken)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>().ok_or(SealFault::Broken)?;
        let bound = bound(purpose, row);
        let payload = Payload { msg: sealed, aad: &bound };
        self.cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| SealFault::Broken)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// The length comes first, so that no purpose and row read like another pair.
fn bound(purpose: &str, row: &str) -> Vec<u8> {
    [&(purpose.len() as u64).to_be_bytes()[..], purpose.as_bytes(), row.as_bytes()].concat()
}

fn key_bytes(text: &str) -> Option<[u8; KEY]> {
    let bytes = if text.len() == 2 * KEY {
        let pairs = text.as_bytes().chunks(2);
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        pairs.map(byte).collect::<Option<Vec<u8>>>()?
    } else {
        // Either alphabet, padded or not.
        let text = text.trim_end_matches('=').replace('-', "+").replace('_', "/");
        STANDARD_NO_PAD.decode(text).ok()?
    };
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(byte: &str) -> Sealer {
        Sealer::new(&Secret::new(byte.repeat(32))).unwrap()
    }

    #[test]
    fn what_was_sealed_is_opened_for_its_purpose_and_row_alone() {
        let ours = sealer("a1");
        let sealed = ours.seal("totp", "row 1", b"very private").unwrap();
        assert!(sealed.starts_with("v1:") && !sealed.contains("private"));
        assert_eq!(ours.open("totp", "row 1", &sealed).unwrap(), b"very private");
        for (purpose, row) in [("totp", "row 2"), ("other", "row 1"), ("totprow", " 1"), ("", "totprow 1")] {
            assert_eq!(ours.open(purpose, row, &sealed), Err(SealFault::Broken), "{purpose} {row}");
        }
        assert_ne!(ours.seal("totp", "row 1", b"very private").unwrap(), sealed, "each time another nonce");
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let ours = sealer("a1");
        let sealed = ours.seal("totp", "row", b"x").unwrap();
        let (head, text) = sealed.rsplit_once(':').unwrap();
        let bytes = STANDARD_NO_PAD.decode(text).unwrap();
        for place in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[place] ^= 1;
            let damaged = format!("{head}:{}", STANDARD_NO_PAD.encode(bytes));
            assert_eq!(ours.open("totp", "row", &damaged), Err(SealFault::Broken), "byte {place}");
        }
        let longer = format!("{sealed}AAAA");
        for damaged in ["", "v1", "v1:", "v2:a:b", head, &sealed[..sealed.len() - 4], &longer] {
            assert!(ours.open("totp", "row", damaged).is_err(), "{damaged}");
        }
    }

    #[test]
    fn a_changed_key_is_told_from_a_damaged_value() {
        let sealed = sealer("a1").seal("totp", "row", b"x").unwrap();
        assert_eq!(sealer("a2").open("totp", "row", &sealed), Err(SealFault::OtherKey));
    }

    #[test]
    fn hex_and_both_kinds_of_base64_are_the_same_key() {
        let bytes = [0xfb_u8; 32];
        let sealed = sealer("fb").seal("p", "r", b"x").unwrap();
        let url = base64::engine::general_purpose::URL_SAFE.encode(bytes);
        for text in
            [STANDARD_NO_PAD.encode(bytes), base64::engine::general_purpose::STANDARD.encode(bytes), url]
        {
            let same = Sealer::new(&Secret::new(text)).unwrap();
            assert_eq!(same.open("p", "r", &sealed).unwrap(), b"x");
        }
        for wrong in ["", "short", &"g".repeat(64), &"é".repeat(32)] {
            assert_eq!(Sealer::new(&Secret::new(wrong)).unwrap_err(), SealFault::Key, "{wrong}");
        }
    }

    #[test]
    fn debug_shows_no_key() {
        assert!(!format!("{:?}", sealer("a1")).contains("a1a1"));
    }
}
