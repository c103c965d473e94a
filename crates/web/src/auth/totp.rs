//! Codes that change every 30 seconds (RFC 6238), and what an authenticator app is shown to make them.
//!
//! Our own few lines over HMAC, which we have anyway: which step a code belongs to must be known, so that it is taken once,
//! and ready-made crates only say yes or no.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use qrcode::{Color, EcLevel, QrCode};
use rand::Rng as _;
use sha1::Sha1;
use std::fmt;
use std::fmt::Write as _;
use studioconnect_connectors::secret::Secret;

/// Seconds of a step; authenticator apps take no other (section 5.2 recommends it).
const STEP: i64 = 30;
const DIGITS: u32 = 6;
/// RFC 4226, section 4: 160 bits are recommended.
const BYTES: usize = 20;
/// RFC 4648, section 6.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Modules of white around a code.
const QUIET: usize = 4;

/// What codes are made from; shared with somebody's authenticator app.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct TotpKey(Vec<u8>);

impl TotpKey {
    /// A key that nobody guesses.
    pub(crate) fn new() -> Self {
        let mut bytes = vec![0_u8; BYTES];
        rand::rng().fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// The key of these bytes.
    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes, to be sealed.
    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }

    /// As it is typed into an app.
    pub(crate) fn as_text(&self) -> String {
        base32(&self.0)
    }

    /// As an app opens it, or reads it from a picture.
    pub(crate) fn url(&self, email: &str) -> String {
        let account: String = url::form_urlencoded::byte_serialize(email.as_bytes()).collect();
        let secret = self.as_text();
        format!(
            "otpauth://totp/StudioConnect:{account}?secret={secret}&issuer=StudioConnect&algorithm=SHA1&digits={DIGITS}&period={STEP}"
        )
    }

    /// The step to which a code belongs: now, or one before or after, as clocks differ and typing takes time.
    pub(crate) fn step_of(&self, given: &str, now: DateTime<Utc>) -> Option<i64> {
        let current = now.timestamp().div_euclid(STEP);
        let is_code = |step: &i64| {
            let expected = code(&self.0, *step, DIGITS);
            expected.is_some_and(|expected| Secret::new(expected).matches(given))
        };
        [current, current - 1, current + 1].into_iter().find(is_code)
    }
}

impl fmt::Debug for TotpKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpKey(hidden)")
    }
}

/// RFC 4226, section 5.3.
fn code(key: &[u8], step: i64, digits: u32) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).ok()?;
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash.last()? & 0x0f);
    let word = u32::from_be_bytes(hash.get(offset..offset + 4)?.try_into().ok()?) & 0x7fff_ffff;
    Some(format!("{:0width$}", word % 10_u32.pow(digits), width = digits as usize))
}

/// Without padding.
pub(crate) fn base32(bytes: &[u8]) -> String {
    let digit = |bits: u16| BASE32.get(usize::from(bits & 31)).map(|digit| char::from(*digit));
    let (mut text, mut held, mut count) = (String::new(), 0_u16, 0);
    for byte in bytes {
        held = (held & 0xff) << 8 | u16::from(*byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            text.extend(digit(held >> count));
        }
    }
    if count > 0 {
        text.extend(digit(held << (5 - count)));
    }
    text
}

/// A text as a QR code for a page: one path, no style of its own. The crate's own drawing begins as a file of its own would.
pub(crate) fn picture(text: &str, label: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let (width, mut path) = (code.width(), String::new());
    for (place, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let _ = write!(path, "M{} {}h1v1h-1z", place % width + QUIET, place / width + QUIET);
        }
    }
    let size = width + 2 * QUIET;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"{label}\" width=\"220\" height=\"220\" \
        viewBox=\"0 0 {size} {size}\" shape-rendering=\"crispEdges\"><rect width=\"{size}\" height=\"{size}\" fill=\"#fff\"/>\
        <path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    /// RFC 6238, appendix B, the rows of SHA1; RFC 4226, appendix D.
    #[test]
    fn the_published_codes_come_out() {
        for (seconds, expected) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(code(KEY, seconds / STEP, 8).as_deref(), Some(expected), "at {seconds}");
        }
        let counted = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
            "520489",
        ];
        for (step, expected) in (0..).zip(counted) {
            assert_eq!(code(KEY, step, 6).as_deref(), Some(expected), "step {step}");
        }
    }

    #[test]
    fn a_code_is_good_one_step_early_and_one_late() {
        let key = TotpKey::of(KEY.to_vec());
        // Step 2 is 60 to 89 s.
        for (seconds, expected) in [(29, None), (30, Some(2)), (75, Some(2)), (119, Some(2)), (120, None)] {
            assert_eq!(key.step_of("359152", at(seconds)), expected, "at {seconds}");
        }
        for wrong in ["", "35915", "3591520", "359153", "٣٥٩١٥٢"] {
            assert_eq!(key.step_of(wrong, at(75)), None, "{wrong}");
        }
    }

    /// RFC 4648, section 10.
    #[test]
    fn base32_is_that_of_the_rfc() {
        for (text, expected) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(text.as_bytes()), expected);
        }
        assert_eq!(base32(&[0xff; 5]), "77777777");
    }

    #[test]
    fn an_app_is_shown_key_and_account_and_a_log_is_not() {
        let key = TotpKey::of(KEY.to_vec());
        let url = key.url("dana+x@example.com");
        assert!(url.starts_with("otpauth://totp/StudioConnect:dana%2Bx%40example.com?"), "{url}");
        assert!(url.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&"), "{url}");
        let picture = picture(&url, "QR code").unwrap();
        assert!(picture.starts_with("<svg ") && !picture.contains("style"), "{picture}");
        assert_eq!(format!("{key:?}"), "TotpKey(hidden)");
        assert_ne!(TotpKey::new(), TotpKey::new());
    }
}
