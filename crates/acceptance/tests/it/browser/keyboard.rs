//! Everything without a mouse.

use super::views::{OWNER, everywhere};
use anyhow::{Result, ensure};
use studioconnect_acceptance::{DESK, PASSWORD, TestApp};
use thirtyfour::prelude::*;

const HAS_VISIBLE_FOCUS: &str = "const style = getComputedStyle(document.activeElement); \
    const box = document.activeElement.getBoundingClientRect(); \
    return parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== 'none' && box.width > 1 && box.height > 1;";
const WHERE: &str = "return document.activeElement.outerHTML.slice(0, 160)";

#[tokio::test]
async fn a_setting_is_saved_from_the_login_on_without_a_mouse() -> Result<()> {
    let app = TestApp::start().await?;
    let chromium = app.chromium(DESK).await?;
    chromium.open("/admin/login").await?;
    chromium.tab_to("#email").await?;
    chromium.press(OWNER).await?;
    chromium.tab_to("#password").await?;
    chromium.press(PASSWORD).await?;
    chromium.press(Key::Enter).await?;
    chromium.until_at("/admin/dashboard").await?;
    chromium.tab_to(".places a[href='/admin/settings']").await?;
    chromium.press(Key::Enter).await?;
    chromium.until_at("/admin/settings").await?;
    chromium.tab_to("#agentName").await?;
    chromium.press(Key::End).await?;
    chromium.press("Ada").await?;
    chromium.tab_to("form[action='/admin/settings/agent'] button").await?;
    chromium.press(Key::Space).await?;
    chromium.until_at("/admin/settings?done=saved").await?;
    let config = app.stage.server.state.store.agent_config(app.business.business.id).await?;
    assert!(config.agent_name.ends_with("Ada"), "{}", config.agent_name);
    chromium.quit().await?;
    app.end().await
}

#[tokio::test]
async fn the_skip_link_leads_past_the_navigation() -> Result<()> {
    let app = TestApp::start().await?;
    let chromium = app.chromium_of(OWNER, DESK).await?;
    chromium.open("/admin/settings").await?;
    chromium.press(Key::Tab).await?;
    let skips = "const link = document.activeElement; const box = link.getBoundingClientRect(); \
        return link.matches('.skip') && box.left >= 0 && box.top >= 0;";
    chromium.until("the skip link comes first, and is seen", skips).await?;
    chromium.press(Key::Enter).await?;
    chromium.until("the focus is in the content", "return document.activeElement.id === 'main'").await?;
    chromium.press(Key::Tab).await?;
    let inside =
        "return document.activeElement.matches('#main input, #main textarea, #main a, #main button')";
    chromium.until("the next stop is within the content", inside).await?;
    chromium.quit().await?;
    app.end().await
}

/// Row 18: wherever the Tab key stops, a person sees where that is.
#[tokio::test]
async fn the_focus_is_seen_wherever_it_stops() -> Result<()> {
    let app = TestApp::start().await?;
    let chromium = app.chromium_of(OWNER, DESK).await?;
    for view in everywhere() {
        view.show(&chromium).await?;
        // The document itself has the focus before the first stop and after the last.
        let mut stops = 0;
        loop {
            chromium.press(Key::Tab).await?;
            if chromium.run("return document.activeElement === document.body", Vec::new()).await? == true {
                break;
            }
            stops += 1;
            let place = chromium.run(WHERE, Vec::new()).await?;
            ensure!(
                chromium.run(HAS_VISIBLE_FOCUS, Vec::new()).await? == true,
                "{}: no focus is seen at {place}",
                view.name
            );
            ensure!(stops < 150, "{}: the Tab key is caught at {place}", view.name);
        }
        ensure!(stops > 10, "{}: only {stops} stops", view.name);
    }
    chromium.quit().await?;
    app.end().await
}

#[tokio::test]
async fn the_menu_opens_with_enter_and_closes_with_escape() -> Result<()> {
    let app = TestApp::start().await?;
    let chromium = app.chromium_of(OWNER, DESK).await?;
    chromium.tab_to(".who summary").await?;
    chromium.press(Key::Enter).await?;
    chromium.until("the menu is open", "return document.querySelector('.who').open").await?;
    chromium.tab_to(".who-menu button").await?;
    chromium.press(Key::Escape).await?;
    let closed =
        "return !document.querySelector('.who').open && document.activeElement.matches('.who summary')";
    chromium.until("the menu is closed, and the focus is where it was", closed).await?;
    chromium.quit().await?;
    app.end().await
}
