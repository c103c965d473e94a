//! Requests that make no sense, or come at the same moment.

use super::OWNER;
use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use studioconnect_acceptance::TestApp;
use studioconnect_domain::plan::PlanCode;

/// Rows 4 and 13: whatever a body holds, the answer is a problem that says what is wrong, and never a fault of ours.
#[tokio::test]
async fn bodies_that_make_no_sense_are_refused_with_a_reason() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let deep = format!("{{\"name\":{}1{}}}", "[".repeat(50_000), "]".repeat(50_000));
    let long = format!("{{\"name\":\"{}\"}}", "x".repeat(10_000));
    let huge = format!("{{\"name\":\"{}\"}}", "x".repeat(2_000_000));
    for (body, status, words) in [
        ("", 400, "bad_request"),
        ("{", 400, "bad_request"),
        (r#"{"name":"\ud800"}"#, 400, "bad_request"),
        (r#"{"name":"Dana"} {"name":"Eve"}"#, 400, "bad_request"),
        (deep.as_str(), 400, "bad_request"),
        (r#"{"name":"Dana","version":1e999}"#, 400, "bad_request"),
        (r#"{"name":"Dana","name":"Eve"}"#, 422, "\"field\":\"name\""),
        (r#"{"name":"Dana","owner":true}"#, 422, "\"field\":\"owner\""),
        (r#"{"name":1,"company":[],"admin":1,"email":{}}"#, 422, "\"field\":\"company\""),
        (r#"{"name":1,"company":[],"admin":1,"email":{}}"#, 422, "\"field\":\"admin\""),
        (r#"{"name":1,"company":[],"admin":1,"email":{}}"#, 422, "\"field\":\"email\""),
        (r#"{"name":"Dana","version":-1}"#, 422, "\"field\":\"version\""),
        (r#"{"name":"Dana","version":4294967296}"#, 422, "\"field\":\"version\""),
        (r#"{"name":"\u0000"}"#, 422, "\"field\":\"name\""),
        (r#"{"name":"Dana\r\nBcc: x@example.com"}"#, 422, "\"field\":\"name\""),
        (long.as_str(), 422, "\"field\":\"name\""),
        (huge.as_str(), 413, "too_large"),
        ("[]", 422, "\"field\":\"body\""),
        ("null", 422, "\"field\":\"body\""),
    ] {
        let answer = owner.send_bytes("POST", "/api/client", &[], body).await?;
        let shown: String = body.chars().take(80).collect();
        assert_eq!(answer.status, status, "{shown}: {answer:?}");
        assert!(
            answer.body.contains(words) && answer.kind == "application/problem+json",
            "{shown}: {answer:?}"
        );
        assert!(!answer.body.contains("struct "), "{shown}: {}", answer.body);
    }
    let odd = json!({"name": "\u{202e}\u{200f}דנה", "notes": "a\u{0}b \u{1f600}"});
    let added = owner.post("/api/client", &odd).await?;
    assert_eq!(added.status, 201, "{added:?}");
    let added: Value = serde_json::from_str(&added.body)?;
    assert_eq!(added["notes"], "ab \u{1f600}", "what is answered is what is kept");
    for (path, body) in [
        (
            "/api/agent-config",
            json!({"temperature": 1e308, "maxCallSeconds": 18_446_744_073_709_551_615_u64}),
        ),
        ("/api/business", json!({"version": 0, "region": "\0\0"})),
        ("/api/business", json!({"version": 0, "region": "1!"})),
        ("/api/business", json!({"version": 0, "name": "x\u{7}", "timezone": "Nowhere"})),
    ] {
        let method = if path == "/api/business" { "PUT" } else { "POST" };
        let answer = owner.send(method, path, Some(&body)).await?;
        assert_eq!(answer.status, 422, "{body}: {answer:?}");
    }
    app.end().await
}

/// Lists take their own cursors and sensible limits, and no text is too strange to look for.
#[tokio::test]
async fn lists_refuse_what_they_cannot_read() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let long = format!("q={}", "x".repeat(60_000));
    let year_minus_200000 = "cursor=qGrS7-aCgAAAAAAAAAAAAAAAAAAAAAAA";
    for list in ["leads", "calls", "client"] {
        for query in [
            "limit=0",
            "limit=201",
            "limit=-1",
            "limit=99999999999999999999999",
            "limit=1e2",
            "cursor=x",
            "cursor=AAAA",
            "cursor=%00",
            "cursor=f_________8AAAAAAAAAAAAAAAAAAAAA",
            "cursor=gAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            year_minus_200000,
            "limit=1&limit=2",
            "page=2",
            long.as_str(),
        ] {
            let answer = owner.get(&format!("/api/{list}?{query}")).await?;
            let shown: String = query.chars().take(60).collect();
            assert_eq!(answer.status, 422, "{list} {shown}: {:?}", answer.problem());
            assert!(answer.body.contains("\"field\""), "{list} {shown}: {}", answer.body);
        }
        for query in ["q=%00%25_%5C'\"", "q=%E2%80%AE", "limit=200", "q=&cursor="] {
            assert_eq!(owner.get(&format!("/api/{list}?{query}")).await?.status, 200, "{list} {query}");
        }
    }
    for query in ["since=yesterday", "until=2026-13-01T00:00:00Z", "assignedTo=me", "status=new"] {
        assert_eq!(owner.get(&format!("/api/leads?{query}")).await?.status, 422, "{query}");
    }
    for query in
        ["since=-262000-01-01T00:00:00Z", "until=%2B262000-01-01T00:00:00Z", "since=0000-01-01T00:00:00Z"]
    {
        for list in ["leads", "calls", "leads.csv"] {
            let status = owner.get(&format!("/api/{list}?{query}")).await?.status;
            assert!(matches!(status, 200 | 422), "{list} {query}: {status}");
        }
    }
    app.end().await
}

/// A request with a key is done once, for its tenant alone, however often and however fast it comes.
#[tokio::test]
async fn a_key_is_good_for_one_request_of_one_business() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    app.another_business("rival", PlanCode::Pro).await?;
    let rival = app.sign_in("rival@example.com").await?;
    let key = ("Idempotency-Key", "k-1");
    let dana = json!({"name": "Dana Reyes", "phone": "206 555 0142"});
    let refused = owner.post_with("/api/client", key, &json!({"name": ""})).await?;
    assert_eq!(refused.status, 422, "{refused:?}");
    let attempts = (0..6).map(|_| owner.post_with("/api/client", key, &dana));
    let mut made = 0;
    for answer in futures_util::future::join_all(attempts).await {
        let answer = answer?;
        assert!(
            answer.status == 201 || answer.problem().as_deref() == Some("in_progress"),
            "a failure gives the key back, and of many at once one is done: {answer:?}"
        );
        made += usize::from(answer.status == 201);
    }
    assert!(made > 0);
    assert_eq!(owner.json("/api/client").await?["items"].as_array().map(Vec::len), Some(1));
    let other = owner.post_with("/api/client", key, &json!({"name": "Eve"})).await?;
    assert_eq!(other.problem().as_deref(), Some("key_reused"));
    let theirs = rival.post_with("/api/client", key, &dana).await?;
    assert_eq!(theirs.status, 201, "{theirs:?}");
    let own: Value = serde_json::from_str(&theirs.body)?;
    assert_eq!(rival.json("/api/client").await?["items"][0]["id"], own["id"]);
    for wrong in [String::new(), "x".repeat(101)] {
        assert_eq!(owner.post_with("/api/client", ("Idempotency-Key", &wrong), &dana).await?.status, 422);
    }
    app.end().await
}

/// A change without a version is made whatever anybody else changes at the same moment.
#[tokio::test]
async fn changes_without_a_version_that_come_at_once_are_all_made() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let changes = [
        json!({"agentName": "Ada"}),
        json!({"welcomeMessage": "Hello."}),
        json!({"maxCallSeconds": 300}),
        json!({"temperature": 0.7}),
    ];
    let made =
        futures_util::future::join_all(changes.iter().map(|change| owner.post("/api/agent-config", change)));
    for answer in made.await {
        let answer = answer?;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let config = owner.json("/api/agent-config").await?;
    for change in &changes {
        for (name, value) in change.as_object().context("no object")? {
            assert_eq!(&config[name], value, "{name} was lost");
        }
    }
    let version = config["version"].clone();
    let at_once =
        [json!({"agentName": "Eve", "version": version}), json!({"agentName": "Ida", "version": version})];
    let made =
        futures_util::future::join_all(at_once.iter().map(|change| owner.post("/api/agent-config", change)));
    let mut statuses: Vec<_> =
        made.await.into_iter().filter_map(|answer| Some(answer.ok()?.status)).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "of two that read the same version one is told");
    app.end().await
}

/// Row 13: also where nothing is, and for methods nobody takes.
#[tokio::test]
async fn unknown_addresses_and_methods_are_answered_with_problems() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    for (method, path, status) in [
        ("GET", "/api/nothing", 404),
        ("DELETE", "/api/leads", 405),
        ("OPTIONS", "/api/leads", 405),
        ("TRACE", "/api/leads", 405),
        ("BREW", "/api/login", 405),
        ("GET", "/api/leads/%FF", 404),
        ("GET", "/api/leads/..%2f..%2fhealth", 404),
        ("GET", "/api/leads/00000000-0000-0000-0000-000000000000'--", 404),
        ("PUT", "/api/team/x", 404),
        ("POST", "/health", 405),
    ] {
        let answer = owner.send_bytes(method, path, &[], "{}").await?;
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        assert_eq!(answer.kind, "application/problem+json", "{method} {path}");
    }
    let browser = app.browser_of(OWNER).await?;
    let seen = browser.open("/api/leads").await?;
    let header = |name: &str| seen.headers.get(name).map(String::as_str);
    assert_eq!(header("cache-control"), Some("private, no-store"), "what a tenant reads stays with them");
    assert_eq!(header("x-content-type-options"), Some("nosniff"));
    let head = owner.send_bytes("HEAD", "/api/leads", &[], "").await?;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    app.end().await
}

/// Rows 13 and 17: a person is answered with a page, whatever they asked for, and a program with a problem.
#[tokio::test]
async fn every_refusal_is_a_page_to_people_and_a_problem_to_programs() -> Result<()> {
    let app = TestApp::start().await?;
    let browser = app.browser_of(OWNER).await?;
    let huge = "x".repeat(2_000_000);
    for (method, path, body, status) in [
        ("GET", "/admin/nothing", "", 404),
        ("GET", "/admin/leads/nothing", "", 404),
        ("GET", "/admin/leads?limit=x", "", 422),
        ("GET", "/admin/account?done=saved&done=added", "", 422),
        ("GET", "/admin/clients?q=a&q=b", "", 422),
        ("DELETE", "/admin/leads", "", 405),
        ("POST", "/admin/lead-questions", huge.as_str(), 413),
    ] {
        let seen = browser.send(method, path, body).await?;
        assert_eq!(seen.status, status, "{method} {path}: {}", seen.body);
        assert_eq!(seen.headers["content-type"], "text/html; charset=utf-8", "{method} {path}");
        assert!(seen.body.contains("<h1>") && seen.headers.contains_key("content-security-policy"));
    }
    let elsewhere = browser.submit_from_elsewhere("/admin/lead-questions", &[("questionText", "x")]).await?;
    assert!(elsewhere.status == 403 && elsewhere.body.contains("<h1>"), "{}", elsewhere.body);
    let owner = app.owner().await?;
    for (method, path, body, status, code) in [
        ("GET", "/api/nothing", "", 404, "not_found"),
        ("DELETE", "/api/leads", "", 405, "method_not_allowed"),
        ("GET", "/api/leads?limit=x", "", 422, "invalid"),
        ("GET", "/api/leads?status=NEW&status=WON", "", 422, "invalid"),
        ("POST", "/api/client", huge.as_str(), 413, "too_large"),
        ("POST", "/api/client", "{", 400, "bad_request"),
    ] {
        let answer = owner.send_bytes(method, path, &[], body).await?;
        assert_eq!((answer.status, answer.problem().as_deref()), (status, Some(code)), "{method} {path}");
        assert_eq!(answer.kind, "application/problem+json", "{method} {path}");
    }
    app.end().await
}
