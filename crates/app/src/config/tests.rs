use super::*;
use std::collections::BTreeMap;

fn given(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn without_any_variable_the_program_listens_locally_with_the_phone_off() {
    let config = Config::read(&given(&[])).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:3000");
    assert!(config.twilio.is_none() && !config.model.is_usable);
    assert_eq!(config.model.endpoint.url.as_str(), "wss://api.openai.com/v1/realtime");
    assert_eq!(config.model.endpoint.model, "gpt-realtime-2.1");
}

#[test]
fn every_mistake_is_listed_at_once_with_its_variable() {
    let faults = Config::read(&given(&[
        ("PORT", "many"),
        ("HOST", "localhost!"),
        ("DATABASE_URL", "mysql://x"),
        ("OPENAI_BASE_URL", "api.openai.com"),
        ("OPENAI_REALTIME_DIALECT", "gamma"),
        ("TWILIO_ACCOUNT_SID", "AC12"),
        ("TWILIO_WEBHOOK_BASE_URL", "ftp://x"),
        ("WEBSOCKET_PING_INTERVAL", "-1"),
        ("JWT_SECRET", "short"),
        ("ENCRYPTION_KEY", "short"),
        ("TRUSTED_PROXIES", "everyone"),
        ("ALLOW_PRIVATE_TARGETS", "jira"),
        ("SEED_MOCK_PROJECTS", "maybe"),
        ("LOG_FORMAT", "xml"),
        ("RUST_LOG", "info,=,"),
        ("TWILIO_ACOUNT_SID", "AC12"),
    ]))
    .unwrap_err();
    let fields: std::collections::BTreeSet<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
    for name in [
        "PORT",
        "HOST",
        "DATABASE_URL",
        "OPENAI_BASE_URL",
        "OPENAI_REALTIME_DIALECT",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_WEBHOOK_BASE_URL",
        "WEBSOCKET_PING_INTERVAL",
        "JWT_SECRET",
        "ENCRYPTION_KEY",
        "TRUSTED_PROXIES",
        "ALLOW_PRIVATE_TARGETS",
        "SEED_MOCK_PROJECTS",
        "LOG_FORMAT",
        "TWILIO_ACOUNT_SID",
    ] {
        assert!(fields.contains(name), "{name} not in {fields:?}");
    }
    let slip = faults.iter().find(|fault| fault.field == "TWILIO_ACOUNT_SID").unwrap();
    assert!(slip.message.contains("TWILIO_ACCOUNT_SID was probably meant"));
}

#[test]
fn a_self_hosted_server_needs_no_key_and_gets_the_socket_form_of_its_address() {
    let config = Config::read(&given(&[
        ("OPENAI_BASE_URL", "http://10.0.0.5:8080/v1/"),
        ("OPENAI_REALTIME_DIALECT", "beta"),
    ]))
    .unwrap();
    assert!(config.model.is_usable && config.model.endpoint.api_key.is_none());
    assert_eq!(config.model.endpoint.url.as_str(), "ws://10.0.0.5:8080/v1/realtime");
    let bare = Config::read(&given(&[("OPENAI_BASE_URL", "http://10.0.0.5:8080")])).unwrap();
    assert_eq!(bare.model.base_url.as_str(), "http://10.0.0.5:8080/v1");
    assert_eq!(bare.model.endpoint.url.as_str(), "ws://10.0.0.5:8080/v1/realtime");
}

#[test]
fn postgres_wants_secrets_that_replicas_share() {
    let faults = Config::read(&given(&[("DATABASE_URL", "postgres://localhost/x")])).unwrap_err();
    let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["JWT_SECRET", "ENCRYPTION_KEY"]);
}

#[test]
fn no_secret_shows_in_a_debug_print() {
    let sid = format!("AC{}", "0".repeat(32));
    let config = Config::read(&given(&[
        ("OPENAI_API_KEY", "sk-very-secret"),
        ("TWILIO_ACCOUNT_SID", &sid),
        ("TWILIO_AUTH_TOKEN", "very-secret-token"),
        ("DATABASE_URL", "postgres://u:very-secret@localhost/x"),
        ("JWT_SECRET", "very-secret-very-secret-very-secret"),
        ("ENCRYPTION_KEY", &"ab".repeat(32)),
    ]))
    .unwrap();
    let shown = format!("{config:?}");
    assert!(!shown.contains("very-secret") && !shown.contains("abab"), "{shown}");
}
