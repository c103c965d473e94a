//! Where a request says that it comes from.

use super::OWNER;
use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use studioconnect_acceptance::{PASSWORD, TestApp};

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

/// Cookies, and whether a browser is told to come by https alone, follow what a trusted proxy says of how a request came.
#[tokio::test]
async fn cookies_are_for_https_alone_when_a_trusted_proxy_says_so() -> Result<()> {
    const HTTPS: (&str, &str) = ("X-Forwarded-Proto", "https");
    let form = |headers: &[(&str, &str)], app: &TestApp| {
        let mut request = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()?
            .post(app.stage.url("/admin/login")?)
            .form(&[("email", OWNER), ("password", PASSWORD)]);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        anyhow::Ok(request)
    };
    let told = async |app: &TestApp, headers: &[(&str, &str)]| {
        let answer = form(headers, app)?.send().await?;
        let cookies: Vec<_> = answer.headers().get_all("set-cookie").iter().cloned().collect();
        assert_eq!(cookies.len(), 2, "{answer:?}");
        let is_secure = |cookie: &reqwest::header::HeaderValue| {
            cookie.to_str().is_ok_and(|text| text.ends_with("; Secure"))
        };
        assert_eq!(cookies.iter().all(is_secure), cookies.iter().any(is_secure));
        anyhow::Ok((
            cookies.iter().all(is_secure),
            answer.headers().contains_key("strict-transport-security"),
        ))
    };
    let app = TestApp::start().await?;
    assert_eq!(told(&app, &[HTTPS]).await?, (false, false), "nobody's word is believed");
    app.end().await?;
    let app =
        TestApp::start_with(|setup| setup.variables.push(("TRUSTED_PROXIES", "127.0.0.1".into()))).await?;
    assert_eq!(told(&app, &[HTTPS]).await?, (true, true));
    assert_eq!(told(&app, &[("X-Forwarded-Proto", "https, http")]).await?, (false, false));
    assert_eq!(told(&app, &[]).await?, (false, false));
    app.end().await
}
