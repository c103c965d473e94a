//! `X-Twilio-Signature`: HMAC-SHA1 over the URL and the form, in base64 (section 2).
//!
//! Every URL passed in is built from the configured public base URL, never from request headers: a
//! proxy that ends TLS changes scheme and host. Twilio's own back ends do not agree on whether a
//! standard port belongs into the signed URL, so both spellings are tried. A check takes several
//! tokens, so that the old and the new one both hold while they are being exchanged; an empty token
//! admits nothing.

use std::borrow::Cow;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::digest::common::Key;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::secret::Secret;

mod ports;

/// The query parameter that carries the hash of a JSON body.
const BODY_HASH: &str = "bodySHA256";

/// Signs a form post (or, without parameters, a GET, a JSON post or an upgrade): the URL as it is
/// written, then each name and decoded value in byte order of the names.
pub fn sign_form(token: &Secret, url: &str, params: &[(String, String)]) -> String {
    signed(token, url, &in_order(params))
}

/// Checks a form post. `params` are all that came, decoded, unknown and empty ones included.
pub fn check_form(tokens: &[Secret], url: &str, params: &[(String, String)], given: &str) -> bool {
    let params = in_order(params);
    let mut found = Choice::from(0);
    for spelling in ports::spellings(url) {
        for token in tokens.iter().filter(|token| !token.is_empty()) {
            found |= signed(token, &spelling, &params).as_bytes().ct_eq(given.as_bytes());
        }
    }
    found.into()
}

/// Checks a JSON post: the URL, query included, is signed, and its `bodySHA256` must be the hash of
/// the body as it came, before any parsing.
pub fn check_json(tokens: &[Secret], url: &str, raw_body: &[u8], given: &str) -> bool {
    let Some(announced) = body_hash_of(url) else {
        return false;
    };
    let same_body: bool = lower_hex(&Sha256::digest(raw_body)).as_bytes().ct_eq(announced.as_bytes()).into();
    same_body && check_form(tokens, url, &[], given)
}

/// Checks a WebSocket upgrade: the `wss://` URL exactly as it stood in the `TwiML` (`ws://` from the
/// simulator), without parameters. An `https://` URL is refused, because its signature differs.
pub fn check_upgrade(tokens: &[Secret], url: &str, given: &str) -> bool {
    let is_socket = url.starts_with("wss://") || url.starts_with("ws://");
    is_socket && check_form(tokens, url, &[], given)
}

/// Sorted by name, then value, each pair once: a repeated name counts once per distinct value.
fn in_order(params: &[(String, String)]) -> Vec<(&str, &str)> {
    let mut pairs: Vec<_> = params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

fn signed(token: &Secret, url: &str, params: &[(&str, &str)]) -> String {
    let mut mac = keyed(token.expose().as_bytes());
    mac.update(url.as_bytes());
    for (name, value) in params {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

/// HMAC takes a key of one block; a longer one is hashed first, a shorter one padded (RFC 2104).
fn keyed(token: &[u8]) -> Hmac<Sha1> {
    let mut key = Key::<Hmac<Sha1>>::default();
    let short =
        if token.len() > key.len() { Cow::Owned(Sha1::digest(token).to_vec()) } else { Cow::Borrowed(token) };
    for (slot, byte) in key.iter_mut().zip(short.iter()) {
        *slot = *byte;
    }
    Hmac::new(&key)
}

fn body_hash_of(url: &str) -> Option<&str> {
    let (_, query) = url.split_once('?')?;
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, _)| *name == BODY_HASH)
        .map(|(_, value)| value)
}

fn lower_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
