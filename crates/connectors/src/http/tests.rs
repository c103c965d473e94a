use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{HttpError, Timeouts, client, install_tls_provider, read_bounded, read_json_bounded};
use crate::loopback::{Answer, Loopback};

async fn get(url: &str) -> reqwest::Response {
    client(Timeouts::default()).unwrap().get(url).send().await.unwrap()
}

#[tokio::test]
async fn reads_json_within_the_bound_and_names_itself() {
    let server = Loopback::answering(vec![Answer::json(200, r#"{"a":[1,2]}"#)]).await;
    let body: Value = read_json_bounded(get(&server.url).await, 11).await.unwrap();
    assert_eq!(body, json!({"a": [1, 2]}));
    assert!(server.seen()[0].head.contains("user-agent: StudioConnect/"));
}

#[tokio::test]
async fn refuses_a_body_over_the_bound_announced_or_not() {
    let endless = "HTTP chunks".repeat(50);
    let chunked = format!("{:x}\r\n{endless}\r\n0\r\n\r\n", endless.len());
    for (headers, body) in
        [(String::new(), endless.clone()), ("transfer-encoding: chunked\r\n".into(), chunked)]
    {
        let server = Loopback::answering(vec![Answer::Full(200, headers, body)]).await;
        let outcome = read_bounded(get(&server.url).await, 100).await;
        assert!(matches!(outcome, Err(HttpError::TooLong { limit: 100 })), "{outcome:?}");
    }
}

#[tokio::test]
async fn says_when_the_answer_is_not_json() {
    let server = Loopback::answering(vec![Answer::json(200, "<html>")]).await;
    let outcome = read_json_bounded::<Value>(get(&server.url).await, 1000).await;
    assert!(matches!(outcome, Err(HttpError::NotJson(_))), "{outcome:?}");
}

#[tokio::test]
async fn follows_a_redirect_within_the_host_only() {
    let elsewhere = Loopback::answering(vec![Answer::json(200, "{}")]).await;
    let away = format!("location: {}/stolen\r\n", elsewhere.url);
    let server = Loopback::answering(vec![
        Answer::Full(307, "location: /moved\r\n".into(), String::new()),
        Answer::json(200, "{}"),
        Answer::Full(307, away, String::new()),
    ])
    .await;
    assert_eq!(get(&server.url).await.status(), 200);
    assert_eq!(server.seen()[1].line(), "GET /moved HTTP/1.1");
    assert_eq!(get(&server.url).await.status(), 307);
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn a_redirect_loop_ends() {
    let server = Loopback::answering(vec![Answer::Full(302, "location: /\r\n".into(), String::new())]).await;
    let outcome = client(Timeouts::default()).unwrap().get(&server.url).send().await;
    assert!(outcome.unwrap_err().is_redirect());
    assert!(server.seen().len() <= 7);
}

#[tokio::test]
async fn a_silent_peer_costs_the_total_timeout_at_most() {
    let server = Loopback::answering(vec![Answer::Silence]).await;
    let short = Timeouts { connect: Duration::from_millis(100), total: Duration::from_millis(150) };
    let start = Instant::now();
    let outcome = client(short).unwrap().get(&server.url).send().await;
    assert!(outcome.unwrap_err().is_timeout());
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[test]
fn the_provider_may_be_installed_twice() {
    install_tls_provider();
    install_tls_provider();
    assert!(rustls::crypto::CryptoProvider::get_default().is_some());
}
