//! `X-Twilio-Signature`: base64 of HMAC-SHA1, keyed with the account's auth token, over a string
//! built from the URL and, for forms, its parameters (protocol page, section 2).

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

/// The signature of a form POST: the URL exactly as configured, then for each parameter, in byte
/// order of the names, the name and the decoded value. Values of a repeated name are sorted and
/// each counted once.
pub fn sign_form(auth_token: &str, url: &str, params: &[(String, String)]) -> String {
    let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in params {
        by_name.entry(name).or_default().push(value);
    }
    let mut signed = url.to_owned();
    for (name, mut values) in by_name {
        values.sort_unstable();
        values.dedup();
        for value in values {
            signed.push_str(name);
            signed.push_str(value);
        }
    }
    sign_url(auth_token, &signed)
}

/// The signature of a request without form parameters: a GET, a JSON body (whose hash is in the
/// URL) or a Media Streams upgrade, which is signed over the `wss://` URL as the TwiML wrote it.
pub fn sign_url(auth_token: &str, url: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(auth_token.as_bytes()) else {
        // HMAC takes keys of every length; this arm exists for the type only.
        return String::new();
    };
    mac.update(url.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}
