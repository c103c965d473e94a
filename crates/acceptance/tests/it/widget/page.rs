//! The dashboard's page of the chat, and the page of ours that shows it.

use anyhow::{Context as _, Result};
use serde_json::json;
use studioconnect_acceptance::{DESK, TestApp};

const OWNER: &str = "owner@example.com";
const PAGE: &str = "/admin/widget";

/// Row 115: without script.
#[tokio::test]
async fn the_form_saves_what_the_api_reads_and_comes_back_with_sentences() -> Result<()> {
    let app = TestApp::start().await?;
    let browser = app.browser_of(OWNER).await?;
    let page = browser.open(PAGE).await?;
    let key = app.business.business.widget_key.clone();
    let tag = format!("data-key=&#34;{key}&#34;&#62;&#60;/script&#62;");
    assert!(page.body.contains(&tag), "the line to be copied stands in the page");
    let fields = |origins: &'static str, accent: &'static str| {
        vec![
            ("version", "0"),
            ("enabled", "on"),
            ("origins", origins),
            ("replies", "Are you open on Saturday?\r\n\r\nWhat does it cost?"),
            ("theme.accent", accent),
            ("theme.mode", "dark"),
            ("theme.position", "left"),
            ("theme.radius", "4"),
            ("theme.launcherText", "Ask us"),
            ("theme.avatarText", ""),
            ("consent.required", "on"),
            ("consent.text", "We keep it."),
            ("consent.privacyUrl", ""),
        ]
    };
    let refused =
        browser.submit(PAGE, &fields("https://www.example.com\r\nhttp://example.com", "green")).await?;
    assert_eq!(refused.status, 422);
    for kept in [
        "must begin with https://; only this machine",
        "must be a colour such as",
        "http://example.com",
        "What does it cost?",
    ] {
        assert!(refused.body.contains(kept), "{kept} is not in {}", refused.body);
    }
    let saved = browser.submit(PAGE, &fields("www.example.com\r\nhttp://localhost:8080", "#336699")).await?;
    assert_eq!(saved.at, "/admin/widget?done=saved", "{}", saved.body);
    let stored = app.owner().await?.json("/api/widget-config").await?;
    assert_eq!(stored["allowedOrigins"], json!(["https://www.example.com", "http://localhost:8080"]));
    assert_eq!(stored["quickReplies"], json!(["Are you open on Saturday?", "What does it cost?"]));
    assert_eq!((&stored["theme"]["radius"], &stored["consent"]["version"]), (&json!(4), &json!(1)));
    // Somebody who had the page open before is told.
    let late = browser.submit(PAGE, &fields("www.example.com", "#000000")).await?;
    assert!(late.status == 422 && late.body.contains("#336699"), "{}", late.body);
    app.end().await
}

/// Row 115: what is typed is seen before it is saved, and stored nowhere.
#[tokio::test]
async fn the_picture_follows_what_is_typed() -> Result<()> {
    let app = TestApp::start().await?;
    let chromium = app.chromium_of(OWNER, DESK).await?;
    chromium.open(PAGE).await?;
    let shown = "const root = document.querySelector('iframe').contentDocument?.querySelector('studioconnect-chat')?.shadowRoot; \
        const button = root?.querySelector('.launch'); if (!button || !root.querySelector('.panel:not([hidden])')) return false;";
    chromium.until("the chat is shown open", &format!("{shown} return true")).await?;
    chromium.type_over("[id='theme.launcherText']", "Ask us").await?;
    let colour = "const field = document.getElementById('theme.accent'); field.value = '#ffd400'; field.dispatchEvent(new Event('input', {bubbles: true}));";
    chromium.run(colour, Vec::new()).await?;
    let drawn = "return button.innerText === 'Ask us' && getComputedStyle(button).backgroundColor === 'rgb(255, 212, 0)' && getComputedStyle(button).color === 'rgb(12, 18, 16)'";
    chromium.until("the button is as it was typed", &format!("{shown} {drawn}")).await?;
    let stored = app.owner().await?.json("/api/widget-config").await?;
    assert_eq!((&stored["version"], &stored["theme"]["accent"]), (&json!(0), &json!("#1b6350")));
    // The page asks before it is left with something typed.
    chromium.page.clone().quit().await?;
    app.end().await
}

/// A page for who has no website; row 1: of nobody else.
#[tokio::test]
async fn each_business_has_a_page_with_its_chat_which_only_pages_of_ours_put_in_a_frame() -> Result<()> {
    let app = TestApp::start().await?;
    let key = app.business.business.widget_key.clone();
    let stranger = app.browser()?;
    let page = stranger.open(&format!("/chat/{key}")).await?;
    assert_eq!(page.status, 200);
    let policy = page.headers.get("content-security-policy").context("no policy")?;
    for part in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'self'"] {
        assert!(policy.contains(part), "{part} is not in {policy}");
    }
    assert!(!policy.contains("unsafe") && !page.headers.contains_key("set-cookie"));
    for unknown in ["wk_0", "..%2Fadmin", &"k".repeat(3_000)] {
        assert_eq!(stranger.open(&format!("/chat/{unknown}")).await?.status, 404, "{unknown}");
    }
    let chromium = app.chromium(DESK).await?;
    chromium.open(&format!("/chat/{key}")).await?;
    let is_drawn = "return document.querySelector('studioconnect-chat')?.shadowRoot.querySelector('.launch') !== undefined";
    chromium.until("the chat is there without its site being named", is_drawn).await?;
    chromium.quit().await?;
    let off = app.owner().await?.post("/api/widget-config", &json!({"enabled": false})).await?;
    assert_eq!(off.status, 200);
    let page = stranger.open(&format!("/chat/{key}")).await?;
    assert!(page.body.contains("switched off") && !page.body.contains("<script"), "{}", page.body);
    // Who is not signed in sees no draft.
    assert!(
        stranger.open("/admin/widget/preview").await?.at.starts_with("/admin/login")
            || stranger.open("/admin/widget/preview").await?.status == 401
    );
    app.end().await
}
