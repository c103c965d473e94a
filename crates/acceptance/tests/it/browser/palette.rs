//! Every page by its name, without a mouse.

use super::accessibility::{axe, looks_wrong};
use super::views::{OWNER, Who, browser_of};
use anyhow::Result;
use serde_json::json;
use studioconnect_acceptance::{Chromium, DESK, TestApp};
use thirtyfour::prelude::*;

/// What a screen reader is told: the field, whether there is a list, and which of it is chosen.
const TOLD: &str = "const field = document.activeElement; \
    const chosen = document.getElementById(field.getAttribute('aria-activedescendant') ?? ''); \
    return [field.getAttribute('role'), field.ariaExpanded, chosen?.getAttribute('role') ?? '', chosen?.textContent ?? '', \
    chosen?.ariaSelected ?? ''];";

async fn open(chromium: &Chromium, key: Key) -> Result<()> {
    chromium.press_with(key, "k").await?;
    chromium
        .until("the list of pages is open", "return document.activeElement.matches('dialog[open] input')")
        .await
}

async fn is_told(chromium: &Chromium, option: &str) -> Result<()> {
    let told = chromium.run(TOLD, Vec::new()).await?;
    assert_eq!(told, json!(["combobox", "true", "option", option, "true"]));
    Ok(())
}

/// Row 18.
#[tokio::test]
async fn a_page_is_found_by_its_name_with_the_keyboard_alone() -> Result<()> {
    let app = TestApp::start().await?;
    let chromium = app.chromium_of(OWNER, DESK).await?;
    chromium.tab_to(".places a[href='/admin/leads']").await?;
    open(&chromium, Key::Control).await?;
    is_told(&chromium, "Today").await?;
    chromium.press(Key::Down).await?;
    is_told(&chromium, "Calls").await?;
    chromium.press(Key::Up + Key::Up).await?;
    is_told(&chromium, "API").await?;
    chromium.press("nothing").await?;
    chromium.until_shown("No page is called that.").await?;
    // Escape closes it, and the focus is where it was.
    chromium.press(Key::Escape).await?;
    let is_back = "return !document.querySelector('dialog') && document.activeElement.matches(\".places a[href='/admin/leads']\")";
    chromium.until("the focus is back", is_back).await?;

    open(&chromium, Key::Meta).await?;
    chromium.press("que").await?;
    is_told(&chromium, "Questions").await?;
    chromium.press(Key::Enter).await?;
    chromium.until_at("/admin/lead-questions").await?;
    open(&chromium, Key::Control).await?;
    chromium.press("plan").await?;
    is_told(&chromium, "Team and plan").await?;
    chromium.press(Key::Down).await?;
    is_told(&chromium, "Plan and usage").await?;
    chromium.press(Key::Enter).await?;
    chromium.until_at("/admin/plan").await?;
    chromium.quit().await?;
    app.end().await
}

/// Row 18.
#[tokio::test]
async fn the_list_of_pages_is_accessible() -> Result<()> {
    let app = TestApp::start().await?;
    let chromium = app.chromium_of(OWNER, DESK).await?;
    chromium.run_in_every_page(&axe().await?).await?;
    chromium.open("/admin/leads").await?;
    open(&chromium, Key::Control).await?;
    let found = looks_wrong(&chromium).await?;
    assert!(found.is_empty(), "{found:#?}");
    if let Some(folder) = std::env::var_os("STUDIOCONNECT_PICTURES") {
        let file = std::path::Path::new(&folder).join("palette.png");
        chromium.page.screenshot(&file).await?;
    }
    chromium.quit().await?;
    app.end().await
}

#[tokio::test]
async fn nobody_is_led_anywhere_before_the_sign_in() -> Result<()> {
    let app = TestApp::start().await?;
    let chromium = browser_of(&app, Who::Nobody, DESK).await?;
    chromium.open("/admin/login").await?;
    chromium.press_with(Key::Control, "k").await?;
    assert_eq!(chromium.run("return document.querySelector('dialog')", Vec::new()).await?, json!(null));
    chromium.quit().await?;
    app.end().await
}
