//! Who gets a session, and what opens it.

use super::script::Script;
use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use reqwest::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, SET_COOKIE,
};
use serde_json::{Value, json};
use studioconnect_acceptance::{TestApp, Visitor};
use studioconnect_domain::plan::PlanCode;

const FOREIGN: &str = "https://evil.example.com";

/// Row 106.
#[tokio::test]
async fn a_session_comes_with_a_token_a_greeting_and_the_word_on_branding() -> Result<()> {
    let app = TestApp::start().await?;
    let visitor = app.visitor_of(&app.business.business, json!({"language": "es-MX"})).await?;
    let begun = &visitor.begun;
    assert_eq!(
        (begun["businessName"].as_str(), begun["language"].as_str()),
        (Some("Harbor Light Plumbing"), Some("es"))
    );
    assert_eq!((begun["showBranding"].as_bool(), begun["isOpen"].as_bool()), (Some(false), Some(true)));
    assert_eq!((&begun["consent"]["required"], &begun["notice"]), (&json!(false), &Value::Null));
    assert_eq!(begun["lastEventId"], "1.65535");
    let history = visitor.history().await?;
    assert_eq!(
        (history["messages"].as_array().map(Vec::len), &history["messages"][0]["role"]),
        (Some(1), &json!("AGENT"))
    );
    assert_eq!(history["messages"][0]["text"], begun["greeting"]);
    let free = app.another_business("modest", PlanCode::Free).await?;
    let modest = app.visitor_of(&free.business, json!({})).await?;
    assert_eq!(modest.begun["showBranding"], true, "the plan decides");
    app.end().await
}

/// Rows 1, 106. Regressions, chat 1.
#[tokio::test]
async fn only_pages_that_the_business_named_begin_and_nobody_learns_more() -> Result<()> {
    let app = TestApp::start().await?;
    let key = app.business.business.widget_key.clone();
    let own = app.own_origin();
    let unknown = app.begin(Some(&own), &json!({"key": "wk_nobodys"})).await?;
    assert_eq!((unknown.status, unknown.problem().as_deref()), (404, Some("not_found")));
    let long = app.begin(Some(&own), &json!({"key": "k".repeat(5_000)})).await?;
    assert_eq!(long.body, unknown.body, "however a key is wrong, it is answered alike");
    for origin in [Some(FOREIGN), None, Some("null"), Some("http://127.0.0.1"), Some("")] {
        let refused = app.begin(origin, &json!({"key": key})).await?;
        assert_eq!(
            (refused.status, refused.problem().as_deref()),
            (403, Some("origin_refused")),
            "{origin:?}"
        );
        assert!(!refused.body.contains("Harbor"), "{refused:?}");
    }
    for body in [json!({}), json!({"key": 7}), json!({"key": key, "more": 1})] {
        assert_eq!(app.begin(Some(&own), &body).await?.status, 422, "{body}");
    }
    let huge = app.begin(Some(&own), &json!({"key": key, "pageUrl": "x".repeat(9_000)})).await?;
    assert_eq!((huge.status, huge.problem().as_deref()), (413, Some("too_large")));
    app.end().await
}

/// Regressions, chat 1.
#[tokio::test]
async fn browsers_are_told_of_allowed_pages_alone_and_never_of_cookies() -> Result<()> {
    let app = TestApp::start().await?;
    let visitor = app.visitor().await?;
    let own = app.own_origin();
    let client = reqwest::Client::builder().no_proxy().build()?;
    let ask = async |path: String, origin: String| -> Result<reqwest::Response> {
        let request = client.request(Method::OPTIONS, app.stage.url(&path)?).header(ORIGIN, origin);
        Ok(request.header(ACCESS_CONTROL_REQUEST_METHOD, "POST").send().await?)
    };
    let key = &app.business.business.widget_key;
    for path in
        ["/api/chat".to_owned(), format!("/api/chat?key={key}"), format!("/api/chat/{}/message", visitor.id)]
    {
        let allowed = ask(path.clone(), own.clone()).await?;
        assert_eq!(allowed.status(), 204, "{path}");
        assert_eq!(allowed.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], own.as_str());
        assert!(allowed.headers()[ACCESS_CONTROL_ALLOW_HEADERS].to_str()?.contains("last-event-id"));
        assert!(!allowed.headers().contains_key(ACCESS_CONTROL_ALLOW_CREDENTIALS));
        let foreign = ask(path.clone(), FOREIGN.to_owned()).await?;
        assert_eq!(foreign.status(), 403, "{path}");
        assert!(!foreign.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN), "{path}");
    }
    // A refusal can be read by the page as well, with how long to wait.
    let refused = client.post(app.stage.url(&format!("/api/chat/{}/message", visitor.id))?);
    let refused = refused.header(ORIGIN, &own).bearer_auth(&visitor.token).body("{}").send().await?;
    assert_eq!(
        (refused.status().as_u16(), refused.headers()[ACCESS_CONTROL_ALLOW_ORIGIN].to_str()?),
        (422, own.as_str())
    );
    assert!(!refused.headers().contains_key(SET_COOKIE));
    app.end().await
}

async fn statuses(visitor: &Visitor) -> Result<[u16; 3]> {
    Ok([
        visitor.try_to_say("m", "Hello").await?.status,
        visitor.try_to_read().await?.status,
        visitor.try_to_listen().await?,
    ])
}

/// Rows 1, 4, 107. Regressions, chat 9.
#[tokio::test]
async fn a_token_that_is_forged_foreign_or_anothers_opens_nothing() -> Result<()> {
    let app = TestApp::start().await?;
    Script::free(&app);
    let visitor = app.visitor().await?;
    let other = app.visitor().await?;
    let rival = app.another_business("rival", PlanCode::Pro).await?;
    let rivals = app.visitor_of(&rival.business, json!({})).await?;
    let session = app.owner().await?.token.unwrap_or_default();
    let parts: Vec<&str> = visitor.token.split('.').collect();
    let unsigned = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let cut = visitor.token[..visitor.token.len() - 3].to_owned();
    let tokens = [
        String::new(),
        "x".to_owned(),
        cut,
        format!("{unsigned}.{}.", parts[1]),
        other.token.clone(),
        rivals.token.clone(),
        session,
    ];
    for token in tokens {
        let mut shown = visitor.clone();
        shown.token.clone_from(&token);
        assert_eq!(statuses(&shown).await?, [401; 3], "{token}");
    }
    let mut elsewhere = visitor.clone();
    elsewhere.origin = FOREIGN.to_owned();
    assert_eq!(statuses(&elsewhere).await?, [403; 3], "a token that was stolen by another page");
    // A visitor's token is nobody's session, and names nothing in an address.
    let mut person = app.nobody()?;
    person.token = Some(visitor.token.clone());
    assert_eq!(person.get("/api/conversations").await?.status, 401);
    let in_address = app.request("GET", &format!("/api/chat/{}?token={}", visitor.id, visitor.token)).await?;
    assert_eq!(in_address.status, 401);
    assert_eq!(visitor.lines().await?.len(), 1, "nothing was said meanwhile");
    app.end().await
}

/// Row 64: what the plan does not include, or the conversation that is gone, ends a session that was good.
#[tokio::test]
async fn a_plan_without_chat_ends_sessions_at_once() -> Result<()> {
    use studioconnect_domain::plan::{Feature, Plan};
    let app = TestApp::start().await?;
    Script::free(&app);
    let visitor = app.visitor().await?;
    let mut without = Plan::built_in(PlanCode::Pro);
    without.features.remove(&Feature::ChatWidget);
    app.stage.server.state.store.put_plan(&without).await?;
    let refused = visitor.try_to_say("m", "Hello").await?;
    assert_eq!((refused.status, refused.problem().as_deref()), (403, Some("chat_off")));
    let refused =
        app.begin(Some(&app.own_origin()), &json!({"key": app.business.business.widget_key})).await?;
    assert_eq!((refused.status, refused.problem().as_deref()), (403, Some("chat_off")));
    app.stage.server.state.store.put_plan(&Plan::built_in(PlanCode::Pro)).await?;
    visitor.say("m", "Hello").await?;
    app.end().await
}
