use hmac::Mac as _;
use proptest::prelude::*;
use sha1::{Digest as _, Sha1};

use super::{check_form, check_json, check_upgrade, keyed, sign_form};
use crate::secret::Secret;

const URL: &str = "https://voice.example.test/twilio/inbound?biz=42";
const JSON_BODY: &[u8] = br#"{"event":"x","n":1}"#;
const JSON_URL: &str = "https://voice.example.test/twilio/json?bodySHA256=27ebfe91a318dc07829eec267640f3751e9a3cdc12079c47803ad76b3404b82e";
const JSON_SIGNATURE: &str = "67Borj4Lu5sFKBwX1Y0f8IsnFWM=";
const SOCKET_URL: &str = "wss://voice.example.test/twilio/media";
const SOCKET_SIGNATURE: &str = "5JE2Wb+TR9MfPKhGvGKlyXx39lA=";

fn tokens() -> Vec<Secret> {
    vec![Secret::new("unit-test-token-0123456789abcdef")]
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

fn call() -> Vec<(String, String)> {
    owned(&[
        ("CallSid", "CA00000000000000000000000000000001"),
        ("From", "+15551230001"),
        ("To", "+15551230002"),
        ("CallStatus", "ringing"),
    ])
}

#[test]
fn the_sheets_form_vectors() {
    let with_port = URL.replace(".test/", ".test:443/");
    for (url, signature) in
        [(URL, "gE2J4aR9Y0cK2F9TBxLgQ/0ZfQw="), (&*with_port, "bFj2wOM31qJra6ZdAITmbRqk78g=")]
    {
        assert_eq!(sign_form(&tokens()[0], url, &call()), signature);
        for configured in [URL, &*with_port] {
            assert!(check_form(&tokens(), configured, &call(), signature), "{configured}");
        }
    }
}

#[test]
fn the_published_sdk_vector() {
    let params = owned(&[
        ("To", "+18005551212"),
        ("Digits", "1234"),
        ("CallSid", "CA1234567890ABCDE"),
        ("From", "+14158675309"),
        ("Caller", "+14158675309"),
    ]);
    let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
    let token = Secret::new("12345");
    assert_eq!(sign_form(&token, url, &params), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
}

#[test]
fn the_sheets_upgrade_vectors() {
    assert!(check_upgrade(&tokens(), SOCKET_URL, SOCKET_SIGNATURE));
    let wrong_scheme = SOCKET_URL.replace("wss:", "https:");
    let its_signature = "okEGVOdijPj1n5Tkp2hfvxMXAhQ=";
    assert_eq!(sign_form(&tokens()[0], &wrong_scheme, &[]), its_signature);
    assert!(!check_upgrade(&tokens(), SOCKET_URL, its_signature));
    assert!(!check_upgrade(&tokens(), &wrong_scheme, its_signature));
}

#[test]
fn an_upgrade_may_be_signed_with_or_without_the_standard_port() {
    for (plain, with_port) in [
        ("wss://voice.example.test/m", "wss://voice.example.test:443/m"),
        ("ws://voice.example.test/m", "ws://voice.example.test:80/m"),
    ] {
        for (signed, configured) in [(plain, with_port), (with_port, plain)] {
            let signature = sign_form(&tokens()[0], signed, &[]);
            assert!(check_upgrade(&tokens(), configured, &signature), "{signed} {configured}");
        }
    }
}

#[test]
fn the_sheets_json_vector() {
    assert!(check_json(&tokens(), JSON_URL, JSON_BODY, JSON_SIGNATURE));
    assert!(!check_json(&tokens(), JSON_URL, br#"{"event":"x","n":2}"#, JSON_SIGNATURE));
    let bare = "https://voice.example.test/twilio/json";
    assert!(!check_json(&tokens(), bare, JSON_BODY, &sign_form(&tokens()[0], bare, &[])));
}

#[test]
fn a_repeated_name_counts_once_per_value_in_order() {
    let once = owned(&[("Media", "a"), ("Media", "b"), ("To", "x")]);
    let doubled = owned(&[("To", "x"), ("Media", "b"), ("Media", "a"), ("Media", "b")]);
    let signature = sign_form(&tokens()[0], URL, &once);
    assert_eq!(sign_form(&tokens()[0], URL, &doubled), signature);
    assert!(check_form(&tokens(), URL, &doubled, &signature));
    assert!(!check_form(&tokens(), URL, &owned(&[("Media", "a"), ("To", "x")]), &signature));
}

#[test]
fn both_tokens_hold_during_an_exchange_and_an_empty_one_never() {
    let (old, new) = (Secret::new("old"), Secret::new("new"));
    for token in [&old, &new] {
        let signature = sign_form(token, URL, &call());
        assert!(check_form(&[old.clone(), new.clone()], URL, &call(), &signature));
    }
    let unset = Secret::new("");
    let forged = sign_form(&unset, URL, &call());
    assert!(!check_form(std::slice::from_ref(&unset), URL, &call(), &forged));
    assert!(!check_form(&[], URL, &call(), &forged));
    assert!(!check_form(&tokens(), URL, &call(), ""));
}

#[test]
fn a_token_longer_than_a_block_is_hashed_first() {
    let long = "k".repeat(80);
    let hashed = Sha1::digest(long.as_bytes());
    let tag = |key: &[u8]| keyed(key).finalize().into_bytes();
    assert_eq!(tag(long.as_bytes()), tag(&hashed));
    assert_ne!(tag(long.as_bytes()), tag(&long.as_bytes()[..64]));
}

/// Replaces one ASCII character of `text` by another one.
fn spoil(text: &str, at: prop::sample::Index, by: u8) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let index = at.index(bytes.len());
    if bytes[index] == by {
        return None;
    }
    bytes[index] = by;
    String::from_utf8(bytes).ok()
}

proptest! {
    #[test]
    fn one_changed_byte_is_refused(
        values in prop::collection::vec("[ -~]{1,12}", 1..6),
        part in 0_usize..5,
        at in any::<prop::sample::Index>(),
        by in 0x21_u8..0x7f,
    ) {
        let params: Vec<_> =
            values.iter().enumerate().map(|(n, value)| (format!("Name{n}"), value.clone())).collect();
        let token = "unit-test-token";
        let signature = sign_form(&Secret::new(token), URL, &params);
        let check = |token: &str, url: &str, params: &[(String, String)], given: &str| {
            check_form(&[Secret::new(token)], url, params, given)
        };
        prop_assert!(check(token, URL, &params, &signature));
        let mut spoilt = params.clone();
        let pick = at.index(spoilt.len());
        let accepted = match part {
            0 => spoil(URL, at, by).map(|url| check(token, &url, &params, &signature)),
            1 => spoil(token, at, by).map(|token| check(&token, URL, &params, &signature)),
            2 => spoil(&signature, at, by).map(|given| check(token, URL, &params, &given)),
            3 => spoil(&spoilt[pick].0.clone(), at, by).map(|name| {
                spoilt[pick].0 = name;
                check(token, URL, &spoilt, &signature)
            }),
            _ => spoil(&spoilt[pick].1.clone(), at, by).map(|value| {
                spoilt[pick].1 = value;
                check(token, URL, &spoilt, &signature)
            }),
        };
        prop_assert_ne!(accepted, Some(true));
    }

    #[test]
    fn the_order_of_arrival_does_not_matter(
        pairs in prop::collection::vec(("[A-C]", "[a-c]{0,2}"), 0..8).prop_shuffle(),
    ) {
        let mut sorted = pairs.clone();
        sorted.sort();
        let token = Secret::new("t");
        prop_assert_eq!(sign_form(&token, URL, &pairs), sign_form(&token, URL, &sorted));
    }

    #[test]
    fn no_input_makes_a_check_panic(url in ".{0,60}", body in any::<Vec<u8>>(), given in ".{0,40}") {
        prop_assert!(!check_json(&tokens(), &url, &body, &given));
        prop_assert!(!check_upgrade(&tokens(), &url, &given));
    }
}
