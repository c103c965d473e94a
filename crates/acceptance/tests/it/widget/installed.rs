//! Whether a business's own site carries its tag, as its owner asks.

use anyhow::{Context as _, Result};
use axum::Router;
use axum::response::Html;
use axum::routing::get;
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};
use studioconnect_acceptance::TestApp;
use tokio::net::TcpListener;

/// Row 115: the tag is found on the owner's page, another's is told apart, and what cannot be read says why.
#[tokio::test]
async fn a_page_is_looked_at_for_the_tag_and_the_owner_is_told_what_is_there() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let tag = Arc::new(OnceLock::<String>::new());
    let carried = Arc::clone(&tag);
    let router = Router::new()
        .route(
            "/with",
            get(async move || Html(format!("<p>Hello</p>{}", carried.get().map_or("", String::as_str)))),
        )
        .route("/without", get(async || Html("<p>Hello</p>")));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let app =
        TestApp::start_with(|setup| setup.variables.push(("ALLOW_PRIVATE_TARGETS", address.clone()))).await?;
    let owner = app.owner().await?;
    let browser = app.browser_of("owner@example.com").await?;
    let page = browser
        .open("/admin/widget")
        .await?
        .body
        .replace("&#34;", "\"")
        .replace("&#60;", "<")
        .replace("&#62;", ">");
    let (_, line) = page.split_once("<script async src=").context("no tag on the page")?;
    let (line, _) = line.split_once("</script>").context("no end of the tag")?;
    tag.set(format!("<script async src={line}</script>")).ok().context("set twice")?;

    let check = async |url: String| owner.post("/api/widget-config/check", &json!({"url": url})).await;
    for (path, result) in [("with", "FOUND"), ("without", "MISSING"), ("gone", "UNREACHABLE")] {
        let found = check(format!("http://{address}/{path}")).await?;
        let found: Value = serde_json::from_str(&found.body)?;
        assert_eq!(found["result"], result, "{path}: {found}");
    }
    let inside = check(app.stage.url("/health")?.to_string()).await?;
    assert_eq!(inside.status, 422, "{inside:?}");
    assert!(inside.body.contains("private network"), "{inside:?}");

    let seen = browser.submit("/admin/widget/check", &[("url", &format!("http://{address}/with"))]).await?;
    assert!(seen.status == 200 && seen.body.contains("The page carries your line."), "{}", seen.body);
    let other = app.another_business("rival", studioconnect_domain::plan::PlanCode::Pro).await?;
    let rival = app.sign_in("rival@example.com").await?;
    let told =
        rival.post("/api/widget-config/check", &json!({"url": format!("http://{address}/with")})).await?;
    assert!(told.body.contains("OTHER_KEY"), "{told:?}");
    assert_ne!(other.business.widget_key, app.business.business.widget_key);

    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(check(format!("http://{address}/without")).await?.status);
    }
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    let refused =
        browser.submit("/admin/widget/check", &[("url", &format!("http://{address}/with"))]).await?;
    assert_eq!(refused.status, 429);
    app.end().await
}
