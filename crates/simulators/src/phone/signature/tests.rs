use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::{sign_form, sign_url};

const TOKEN: &str = "unit-test-token-0123456789abcdef";

fn form(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn inbound() -> Vec<(String, String)> {
    form(&[
        ("CallSid", "CA00000000000000000000000000000001"),
        ("From", "+15551230001"),
        ("To", "+15551230002"),
        ("CallStatus", "ringing"),
    ])
}

#[test]
fn forms_sign_as_in_the_vectors() {
    let url = "https://voice.example.test/twilio/inbound?biz=42";
    assert_eq!(sign_form(TOKEN, url, &inbound()), "gE2J4aR9Y0cK2F9TBxLgQ/0ZfQw=");
    let with_port = "https://voice.example.test:443/twilio/inbound?biz=42";
    assert_eq!(sign_form(TOKEN, with_port, &inbound()), "bFj2wOM31qJra6ZdAITmbRqk78g=");
}

#[test]
fn the_public_sdk_vector_holds() {
    let params = form(&[
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675309"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
    ]);
    let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
    assert_eq!(sign_form("12345", url, &params), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
}

#[test]
fn upgrades_are_signed_over_the_wss_url_alone() {
    let wss = "wss://voice.example.test/twilio/media";
    assert_eq!(sign_url(TOKEN, wss), "5JE2Wb+TR9MfPKhGvGKlyXx39lA=");
    let https = "https://voice.example.test/twilio/media";
    assert_eq!(sign_url(TOKEN, https), "okEGVOdijPj1n5Tkp2hfvxMXAhQ=");
}

#[test]
fn json_bodies_are_signed_by_their_hash_in_the_url() {
    let mut hash = String::new();
    for byte in Sha256::digest(br#"{"event":"x","n":1}"#) {
        write!(hash, "{byte:02x}").unwrap();
    }
    let url = format!("https://voice.example.test/twilio/json?bodySHA256={hash}");
    assert_eq!(sign_url(TOKEN, &url), "67Borj4Lu5sFKBwX1Y0f8IsnFWM=");
}

#[test]
fn order_of_parameters_and_doubled_values_do_not_matter() {
    let url = "https://voice.example.test/status";
    let one = form(&[("b", "2"), ("a", "1"), ("b", "1"), ("b", "2")]);
    let other = form(&[("b", "1"), ("b", "2"), ("a", "1")]);
    assert_eq!(sign_form(TOKEN, url, &one), sign_form(TOKEN, url, &other));
}
