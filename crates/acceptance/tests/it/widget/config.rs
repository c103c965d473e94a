//! Settings of the chat: what their owner reads and changes, and what the public may know.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use studioconnect_acceptance::{Person, TestApp};
use studioconnect_domain::plan::{Feature, Plan, PlanCode};

const SITE: &str = "https://www.example.com";

async fn key_of(owner: &Person) -> Result<String> {
    let widget = owner.json("/api/widget-config").await?;
    Ok(widget["widgetKey"].as_str().context("no key")?.to_owned())
}

/// The public settings as a page of `origin` gets them, and their headers.
async fn public(
    app: &TestApp,
    key: &str,
    origin: Option<&str>,
) -> Result<(u16, Value, BTreeMap<String, String>)> {
    let mut request = reqwest::Client::builder()
        .no_proxy()
        .build()?
        .get(app.stage.url(&format!("/api/widget-config?key={key}"))?);
    if let Some(origin) = origin {
        request = request.header("Origin", origin);
    }
    let answer = request.send().await?;
    let mut headers = BTreeMap::<String, String>::new();
    for (name, value) in answer.headers() {
        let lines = headers.entry(name.to_string()).or_default();
        lines.push_str(value.to_str()?);
        lines.push(' ');
    }
    Ok((answer.status().as_u16(), answer.json().await?, headers))
}

/// Row 115.
#[tokio::test]
async fn what_is_saved_is_what_a_page_gets_and_nothing_else_is() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let key = key_of(&owner).await?;
    let (status, refused, _) = public(&app, &key, Some(SITE)).await?;
    assert_eq!(
        (status, refused["code"].as_str()),
        (403, Some("origin_refused")),
        "nobody is allowed at first"
    );
    let given = json!({
        "allowedOrigins": ["WWW.example.com/shop"],
        "theme": {"accent": "#FFD400", "mode": "dark", "position": "left", "radius": 8, "launcherText": "Ask us", "avatarText": "M"},
        "quickReplies": ["Are you open on Saturday?"],
        "consent": {"required": true, "text": "We keep what you write for 90 days.", "privacyUrl": "https://example.com/privacy"},
    });
    let saved = owner.post("/api/widget-config", &given).await?;
    assert_eq!(saved.status, 200, "{saved:?}");
    let saved: Value = serde_json::from_str(&saved.body)?;
    assert_eq!(
        (&saved["allowedOrigins"], &saved["version"], &saved["consent"]["version"]),
        (&json!([SITE]), &json!(1), &json!(1))
    );
    let (status, found, headers) = public(&app, &key, Some(SITE)).await?;
    assert_eq!(status, 200);
    let welcome = found["welcomeMessage"].clone();
    assert!(welcome.as_str().is_some_and(|text| text.contains("Northwind") || !text.is_empty()), "{welcome}");
    let business = app.business.business.name.clone();
    assert_eq!(
        found,
        json!({
            "businessName": business, "agentName": "Mia", "language": "en", "welcomeMessage": welcome, "version": 1, "chatEnabled": true, "showBranding": false,
            "theme": {"accent": "#ffd400", "ink": "#0c1210", "onLight": found["theme"]["onLight"], "onDark": "#ffd400", "mode": "dark",
                "position": "left", "radius": 8, "launcherText": "Ask us", "avatarText": "M"},
            "quickReplies": ["Are you open on Saturday?"],
            "consent": {"required": true, "text": "We keep what you write for 90 days.", "version": 1, "privacyUrl": "https://example.com/privacy"},
        })
    );
    assert_eq!(headers.get("access-control-allow-origin").map(|value| value.trim()), Some(SITE));
    assert!(!headers.contains_key("access-control-allow-credentials") && !headers.contains_key("set-cookie"));
    assert!(headers.get("vary").is_some_and(|vary| vary.contains("origin")), "{headers:?}");
    app.end().await
}

/// Chat theme 1, row 115.
#[tokio::test]
async fn other_sites_and_unknown_keys_learn_nothing() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let key = key_of(&owner).await?;
    owner
        .post("/api/widget-config", &json!({"allowedOrigins": [SITE, "https://*.example.com:8443"]}))
        .await?;
    for origin in [
        None,
        Some("null"),
        Some("https://example.com"),
        Some("https://www.example.com.example.org"),
        Some("https://a.b.example.com:8443"),
    ] {
        let (status, body, headers) = public(&app, &key, origin).await?;
        assert_eq!((status, body["code"].as_str()), (403, Some("origin_refused")), "{origin:?}");
        assert!(!headers.contains_key("access-control-allow-origin"), "{origin:?}");
        assert!(!body.to_string().contains("Mia"), "{body}");
    }
    let origins = ["https://shop.example.com:8443".to_owned(), app.stage.server.state.public.origin()];
    for origin in &origins {
        assert_eq!(public(&app, &key, Some(origin)).await?.0, 200, "{origin}");
    }
    for unknown in ["wk_0", "%00", &"k".repeat(5_000)] {
        let (status, body, _) = public(&app, unknown, Some(SITE)).await?;
        assert_eq!((status, body["code"].as_str()), (404, Some("not_found")));
    }
    app.end().await
}

/// Rows 63, 68.
#[tokio::test]
async fn the_plan_decides_about_the_chat_and_our_name_on_it_at_the_next_load() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let key = key_of(&owner).await?;
    owner.post("/api/widget-config", &json!({"allowedOrigins": [SITE]})).await?;
    let store = app.stage.server.state.store.clone();
    let business = app.business.business.id;
    for (plan, branding) in [(PlanCode::Free, true), (PlanCode::Basic, true), (PlanCode::Pro, false)] {
        store.set_plan(business, plan).await?;
        let found = public(&app, &key, Some(SITE)).await?.1;
        assert_eq!(
            (&found["showBranding"], &found["chatEnabled"]),
            (&json!(branding), &json!(true)),
            "{plan}"
        );
    }
    let mut plan = Plan::built_in(PlanCode::Pro);
    plan.features.remove(&Feature::ChatWidget);
    store.put_plan(&plan).await?;
    assert_eq!(public(&app, &key, Some(SITE)).await?.1["chatEnabled"], false);
    assert_eq!(owner.post("/api/widget-config", &json!({"enabled": true})).await?.status, 403);
    store.put_plan(&Plan::built_in(PlanCode::Pro)).await?;
    owner.post("/api/widget-config", &json!({"enabled": false})).await?;
    assert_eq!(public(&app, &key, Some(SITE)).await?.1["chatEnabled"], false);
    app.end().await
}

/// Row 115.
#[tokio::test]
async fn mistakes_are_told_by_field_and_a_change_that_came_too_late_is_told_as_such() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let wrong = json!({"allowedOrigins": ["http://www.example.com"], "theme": {"accent": "blue", "mode": "light"}, "consent": {"required": true}});
    let answer = owner.post("/api/widget-config", &wrong).await?;
    assert_eq!(answer.status, 422);
    for field in ["allowedOrigins[0]", "theme.accent", "consent.text"] {
        assert!(answer.body.contains(&format!("\"{field}\"")), "{field} is not in {}", answer.body);
    }
    for body in
        [json!({"colour": 1}), json!({"theme": {"mode": "pink"}}), json!({"theme": {"glow": 1}}), json!([])]
    {
        assert_eq!(owner.post("/api/widget-config", &body).await?.status, 422, "{body}");
    }
    assert_eq!(
        owner.post("/api/widget-config", &json!({"version": 0, "quickReplies": ["Hi"]})).await?.status,
        200
    );
    let late = owner.post("/api/widget-config", &json!({"version": 0, "quickReplies": []})).await?;
    let body: Value = serde_json::from_str(&late.body)?;
    assert_eq!((late.status, &body["current"]["quickReplies"]), (409, &json!(["Hi"])));
    app.end().await
}
