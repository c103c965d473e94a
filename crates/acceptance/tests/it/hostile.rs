//! What strangers, and people who mean ill, send to the dashboard's server.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use studioconnect_acceptance::{Browser, PASSWORD, TestApp};
use studioconnect_domain::business::Role;
use studioconnect_domain::plan::PlanCode;

const OWNER: &str = "owner@example.com";

fn mails_to(app: &TestApp, email: &str) -> Result<Vec<String>> {
    let folder = app.stage.config.data_dir.join("mail");
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut mails: Vec<_> = std::fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    mails.sort_by_key(std::fs::DirEntry::file_name);
    let mails = mails.iter().map(|mail| std::fs::read_to_string(mail.path()));
    let to = format!("To: {email}");
    Ok(mails.collect::<std::io::Result<Vec<_>>>()?.into_iter().filter(|mail| mail.contains(&to)).collect())
}

fn newest_token(app: &TestApp, email: &str, page: &str) -> Result<String> {
    let mail = mails_to(app, email)?.pop().context("no mail")?;
    let mail = mail.replace("=\r\n", "").replace("=3D", "=");
    let (_, rest) = mail.split_once(&format!("{page}?token=")).context("no link")?;
    Ok(rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect())
}

/// Whoever finds the link of an invitation is not signed in as somebody who has an account already.
#[tokio::test]
async fn an_invitation_signs_nobody_in_who_has_an_account() -> Result<()> {
    let app = TestApp::start().await?;
    app.another_business("rival", PlanCode::Pro).await?;
    let rival = app.sign_in("rival@example.com").await?;
    let sent = rival.post("/api/team/invitations", &json!({"email": OWNER, "role": "VIEWER"})).await?;
    assert_eq!(sent.status, 201, "{sent:?}");
    let token = newest_token(&app, OWNER, "/admin/invitation")?;
    let thief = app.browser()?;
    let seen = thief
        .submit("/admin/invitation", &[("token", &token), ("name", "x"), ("password", "any password")])
        .await?;
    assert!(seen.at.starts_with("/admin/login"), "led to {}", seen.at);
    assert_eq!((thief.cookie("sc_access"), thief.cookie("sc_refresh")), (None, None));
    let me = app.owner().await?.json("/api/auth/me").await?;
    assert_eq!(me["businesses"].as_array().map(Vec::len), Some(2), "they may enter all the same");
    app.end().await
}

/// A request that renews the session on the way must not lose the new refresh token, or the browser is a thief to us later.
#[tokio::test]
async fn a_browser_whose_token_ran_out_keeps_the_renewed_one_whatever_it_asks() -> Result<()> {
    let app = TestApp::start().await?;
    let other = app.another_business("acme", PlanCode::Pro).await?;
    let state = &app.stage.server.state;
    let (there, now) = (other.business.id, state.clock.now());
    state.store.put_membership(there, app.business.owner, Role::Viewer, now).await?;
    let browser = app.browser_of(OWNER).await?;
    for step in ["switch", "refresh", "me"] {
        let before = browser.cookie("sc_refresh");
        browser.set_cookie("sc_access", None);
        let seen = match step {
            "switch" => browser.submit("/admin/switch", &[("business", &there.to_string())]).await?,
            "refresh" => browser.post_json("/api/auth/refresh", &[], &json!({})).await?,
            _ => browser.open("/api/auth/me").await?,
        };
        assert_eq!(seen.status, 200, "{step}: {}", seen.body);
        assert_ne!(browser.cookie("sc_refresh"), before, "{step} lost the new refresh token");
        let me: Value = serde_json::from_str(&browser.open("/api/auth/me").await?.body)?;
        assert_eq!(me["businessName"], "acme", "{step}: still in the business it was switched to");
    }
    app.end().await
}

/// A program without cookies stays in the business it went to, or it would write into another.
#[tokio::test]
async fn whoever_switched_is_still_there_after_a_renewal() -> Result<()> {
    let app = TestApp::start().await?;
    let other = app.another_business("acme", PlanCode::Pro).await?;
    let state = &app.stage.server.state;
    let (there, now) = (other.business.id, state.clock.now());
    state.store.put_membership(there, app.business.owner, Role::Viewer, now).await?;
    let owner = app.owner().await?;
    assert_eq!(owner.post("/api/auth/business", &json!({"businessId": there})).await?.status, 200);
    let renew = async |token: &str| {
        let answer = app.nobody()?.post("/api/auth/refresh", &json!({"refreshToken": token})).await?;
        anyhow::Ok(serde_json::from_str::<Value>(&answer.body)?)
    };
    let renewed = renew(owner.refresh.as_deref().context("no token")?).await?;
    assert_eq!(renewed["user"]["businessId"], json!(there), "{renewed}");
    // Removed there, they are home again.
    assert!(state.store.remove_member(there, app.business.owner).await?);
    let renewed = renew(renewed["refreshToken"].as_str().context("no token")?).await?;
    assert_eq!(renewed["user"]["businessId"], json!(app.business.business.id), "{renewed}");
    app.end().await
}

/// Row 102: one account is one account, however its address is written.
#[tokio::test]
async fn other_spellings_of_a_mail_address_do_not_buy_more_attempts() -> Result<()> {
    let app = TestApp::start().await?;
    let nobody = app.nobody()?;
    let mut statuses = Vec::new();
    for number in 0..8 {
        let email = format!("{}Owner@example.com{}", " ".repeat(number % 3), "\0".repeat(number));
        let wrong = json!({"email": email, "password": "wrong-password"});
        statuses.push(nobody.post("/api/login", &wrong).await?.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
    app.end().await
}

/// Row 102: somebody who has a session does not try passwords at will either.
#[tokio::test]
async fn a_stolen_session_does_not_find_the_password_by_trying() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let mut statuses = Vec::new();
    for number in 0..8 {
        let tried = json!({"current": format!("password {number}"), "next": "another password"});
        statuses.push(owner.post("/api/auth/password", &tried).await?.status);
    }
    assert!(statuses[..4] == [422; 4] && statuses.contains(&429), "{statuses:?}");
    app.end().await
}

async fn address_seen(app: &TestApp, forwarded: &[(&str, &str)]) -> Result<Value> {
    let credentials = json!({"email": OWNER, "password": PASSWORD}).to_string();
    let answer = app.nobody()?.send_bytes("POST", "/api/login", forwarded, credentials).await?;
    let tokens: Value = serde_json::from_str(&answer.body)?;
    let mut person = app.nobody()?;
    person.token = tokens["token"].as_str().map(str::to_owned);
    let sessions = person.json("/api/auth/sessions").await?;
    let own = sessions.as_array().and_then(|all| all.iter().find(|own| own["isCurrent"] == true));
    Ok(own.context("no session")?["address"].clone())
}

/// `X-Forwarded-For` is believed from the proxies that are named, and only what they themselves have added.
#[tokio::test]
async fn forwarded_addresses_are_believed_from_trusted_proxies_alone() -> Result<()> {
    let app = TestApp::start().await?;
    let spoofed = [("X-Forwarded-For", "203.0.113.9")];
    assert_eq!(address_seen(&app, &spoofed).await?, "127.0.0.1");
    app.end().await?;
    let app = TestApp::start_with(|setup| {
        setup.variables.push(("TRUSTED_PROXIES", "127.0.0.1,10.1.0.0/16".into()));
    })
    .await?;
    for (headers, address) in [
        (&[][..], "127.0.0.1"),
        (&spoofed[..], "203.0.113.9"),
        (&[("X-Forwarded-For", "198.51.100.7, 203.0.113.9, 10.1.2.3")][..], "203.0.113.9"),
        (&[("X-Forwarded-For", "198.51.100.7"), ("X-Forwarded-For", "203.0.113.9")][..], "203.0.113.9"),
        (&[("X-Forwarded-For", "203.0.113.9, <script>")][..], "127.0.0.1"),
    ] {
        assert_eq!(address_seen(&app, headers).await?, address, "{headers:?}");
    }
    app.end().await
}

/// A page of another site has the browser's cookies sent along, so it is refused; a token is sent by nobody but its holder.
#[tokio::test]
async fn other_sites_cannot_use_a_browser_s_cookies_and_programs_are_not_hindered() -> Result<()> {
    let app = TestApp::start().await?;
    let browser = app.browser_of(OWNER).await?;
    let foreign = ("Origin", "https://example.com");
    let change = json!({"agentName": "Eve"});
    for headers in [&[foreign][..], &[("Sec-Fetch-Site", "cross-site")], &[("Sec-Fetch-Site", "same-site")]] {
        let seen = browser.post_json("/api/agent-config", headers, &change).await?;
        assert_eq!(seen.status, 403, "{headers:?}: {}", seen.body);
        assert!(seen.body.contains("cross_site"), "{}", seen.body);
    }
    let own = browser.post_json("/api/agent-config", &[("Sec-Fetch-Site", "same-origin")], &change).await?;
    assert_eq!(own.status, 200, "{}", own.body);
    let program = app.owner().await?;
    let headers = [foreign, ("Sec-Fetch-Site", "cross-site")];
    let done = program.send_bytes("POST", "/api/agent-config", &headers, r#"{"agentName":"Ada"}"#).await?;
    assert_eq!(done.status, 200, "{done:?}");
    app.end().await
}

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

async fn forgotten(browser: &Browser, email: &str) -> Result<u16> {
    Ok(browser.submit("/admin/forgotten", &[("email", email)]).await?.status)
}

/// A stranger who asks for links again and again neither floods a mailbox nor guesses one.
#[tokio::test]
async fn links_for_a_new_password_are_few_and_end_with_a_new_password() -> Result<()> {
    let app = TestApp::start().await?;
    let browser = app.browser()?;
    for number in 0..12 {
        let email = format!("owner@example.com{}", "\0".repeat(number));
        assert_eq!(forgotten(&browser, &email).await?, 200);
    }
    // Mails go out in turn: once a later one is there, so are those before.
    app.another_business("rival", PlanCode::Pro).await?;
    assert_eq!(forgotten(&browser, "rival@example.com").await?, 200);
    let until = Instant::now() + Duration::from_secs(5);
    while mails_to(&app, "rival@example.com")?.is_empty() && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let count = mails_to(&app, OWNER)?.len();
    assert!((1..=5).contains(&count), "{count} mails");
    let token = newest_token(&app, OWNER, "/admin/password")?;
    let owner = app.owner().await?;
    let change = json!({"current": PASSWORD, "next": "another password"});
    assert_eq!(owner.post("/api/auth/password", &change).await?.status, 204);
    let late = browser.submit("/admin/password", &[("token", &token), ("password", "a third one")]).await?;
    assert_eq!(late.status, 410, "a link mailed before the change is good for nothing");
    app.end().await
}
