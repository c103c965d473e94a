//! What is seen of a page while a part of it is still being counted.

use super::views::OWNER;
use anyhow::Result;
use studioconnect_acceptance::{DESK, PHONE, TestApp};

const PART: &str = "const bone = [...document.querySelectorAll('main > div')].map((part) => part.shadowRoot?.querySelector('.bone')); \
    const skeleton = bone.some((bone) => bone?.checkVisibility() && bone.getBoundingClientRect().height > 50); \
    const figures = !!document.querySelector('main dl.figures')?.checkVisibility();";

/// Row 22: the skeleton is seen while reading is held up, where the engine has such a hold; then the figures take its place.
/// Without script, as nothing of it needs any.
#[tokio::test]
async fn a_skeleton_is_seen_until_the_figures_take_its_place() -> Result<()> {
    let app = TestApp::start().await?;
    let chromium = app.chromium_that_hurries(DESK).await?;
    chromium.turn_script_off().await?;
    chromium.open("/admin/login").await?;
    chromium.until_at("/admin/login").await?;
    chromium.sign_in(OWNER).await?;
    chromium.until_at("/admin/dashboard").await?;
    let mut database = app.database().await?;
    if database.hold_reads().await? {
        chromium.open("/admin/dashboard").await?;
        let seen = format!("{PART} return document.readyState === 'loading' && skeleton && !figures;");
        chromium.until("the skeleton is seen, and no figures", &seen).await?;
        if let Some(folder) = std::env::var_os("STUDIOCONNECT_PICTURES") {
            for (size, name) in [(DESK, "skeleton-1280.png"), (PHONE, "skeleton-360.png")] {
                chromium.resize(size).await?;
                chromium.page.screenshot(&std::path::Path::new(&folder).join(name)).await?;
            }
        }
        database.let_go().await?;
    }
    let seen = format!("{PART} return document.readyState === 'complete' && figures && !skeleton;");
    chromium.until("the figures are seen, and no skeleton", &seen).await?;
    // As it was before they came, whichever engine it is.
    chromium.run("document.querySelector('[slot=part]').remove()", Vec::new()).await?;
    chromium.until("a skeleton is seen", &format!("{PART} return skeleton && !figures;")).await?;
    chromium.quit().await?;
    app.end().await
}
