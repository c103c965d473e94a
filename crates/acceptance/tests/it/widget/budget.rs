//! What the chat costs a page: bytes, and how long browsers keep them.

use anyhow::{Context as _, Result};
use reqwest::header::{ACCEPT_ENCODING, CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use studioconnect_acceptance::TestApp;

/// Most bytes of the loader and of the panel, as a browser that takes gzip gets them (design 11).
const LOADER: usize = 3 * 1024;
const PANEL: usize = 20 * 1024;

/// Where the loader says the panel is.
fn panel_in(loader: &str) -> Result<String> {
    let (_, rest) = loader.split_once("/widget/panel-").context("the loader names no panel")?;
    let hash = rest.split(".js").next().context("no hash")?;
    Ok(format!("/widget/panel-{hash}.js"))
}

/// Row 88, chat theme 2.
#[tokio::test]
async fn loader_and_panel_keep_their_budgets() -> Result<()> {
    let app = TestApp::start().await?;
    let nobody = app.nobody()?;
    let panel = panel_in(&nobody.get("/widget.js").await?.body)?;
    let (loader, whole) = (nobody.packed_bytes("/widget.js").await?, nobody.packed_bytes(&panel).await?);
    assert!((500..=LOADER).contains(&loader), "the loader has {loader} bytes");
    assert!((5_000..=PANEL).contains(&whole), "the panel has {whole} bytes");
    app.end().await
}

/// Row 88.
#[tokio::test]
async fn the_panel_is_kept_for_a_year_and_the_loader_is_asked_about_again() -> Result<()> {
    let app = TestApp::start().await?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    let loader = client
        .get(app.stage.url("/widget.js")?)
        .header(ACCEPT_ENCODING, "gzip")
        .send()
        .await?
        .error_for_status()?;
    let (kept, tag) = (loader.headers()[CACHE_CONTROL].clone(), loader.headers()[ETAG].clone());
    assert!(kept.to_str()?.contains("max-age=300"), "{kept:?}");
    assert_eq!(loader.headers()["access-control-allow-origin"], "*", "so that it may be loaded as a module");
    let again = client.get(app.stage.url("/widget.js")?).header(IF_NONE_MATCH, tag).send().await?;
    assert_eq!((again.status().as_u16(), again.content_length().unwrap_or(0)), (304, 0));
    let panel = panel_in(&app.nobody()?.get("/widget.js").await?.body)?;
    let answer = client.get(app.stage.url(&panel)?).send().await?.error_for_status()?;
    assert!(answer.headers()[CACHE_CONTROL].to_str()?.contains("max-age=31536000, immutable"));
    assert_eq!(app.nobody()?.get("/widget/panel-0000000000000000.js").await?.status, 404);
    app.end().await
}
