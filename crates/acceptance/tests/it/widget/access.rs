//! The chat by keyboard, on a phone, for assistive technology, and for those who have not asked for it.

use super::scene::Scene;
use super::scripted::Fault;
use crate::browser::accessibility::axe;
use anyhow::{Result, ensure};
use serde_json::json;
use studioconnect_acceptance::{DESK, PHONE};
use thirtyfour::Key;

const RUN_AXE: &str = "const done = arguments[arguments.length - 1]; \
    axe.run(document, {resultTypes: ['violations'], preload: false}).then( \
    (found) => done(found.violations.flatMap((rule) => rule.nodes.map((node) => \
    `${rule.id} at ${node.target}: ${node.failureSummary} in ${node.html}`))), \
    (error) => done([`axe failed: ${error}`]));";

/// Chat theme 6, row 88.
#[tokio::test]
async fn before_the_first_click_two_files_are_asked_for_and_nothing_is_stored() -> Result<()> {
    let scene = Scene::open(DESK).await?;
    let line = scene.line.url();
    let asked = scene.look(&format!("performance.getEntriesByType('resource').map((entry) => entry.name).filter((name) => name.startsWith('{line}')).map((name) => new URL(name).pathname).sort()")).await?;
    assert_eq!(asked, json!(["/api/widget-config", "/widget.js"]));
    let kept = "[localStorage.length, sessionStorage.length, document.cookie]";
    assert_eq!(scene.look(kept).await?, json!([0, 0, ""]));
    assert_eq!(scene.browser.run_and_wait("const done = arguments[0]; Promise.all([indexedDB.databases(), caches.keys()]).then((found) => done(found.flat().length), () => done(0))", Vec::new()).await?, 0);
    assert_eq!(scene.server.seen(), Vec::<String>::new());
    // Looking into it stores nothing either; writing does.
    scene.open_chat().await?;
    scene.until("the conversation is there", "root.querySelector('.offers button')").await?;
    assert_eq!(scene.look(kept).await?, json!([0, 0, ""]));
    scene.write("Are you open on Saturday?").await?;
    scene.until_settled().await?;
    assert_eq!(
        scene.look("[localStorage.length, sessionStorage.length, document.cookie]").await?,
        json!([1, 0, ""])
    );
    scene.end().await
}

/// Row 88: in neither direction.
#[tokio::test]
async fn no_style_of_the_page_reaches_the_chat_and_none_of_the_chat_the_page() -> Result<()> {
    let scene = Scene::open(DESK).await?;
    scene.open_chat().await?;
    let sizes = "(() => { const button = root.querySelector('.launch').getBoundingClientRect(); const panel = root.querySelector('.panel'); \
        const style = getComputedStyle(panel); return [button.height, panel.getBoundingClientRect().width, style.fontSize, style.letterSpacing, style.color]; })()";
    assert_eq!(scene.look(sizes).await?, json!([60, 400, "16px", "normal", "rgb(23, 32, 28)"]));
    let page = "return [getComputedStyle(document.querySelector('h1')).color, document.querySelector('main').attributes.length, document.adoptedStyleSheets.length, document.querySelectorAll('style, [style]').length]";
    assert_eq!(scene.browser.run(page, Vec::new()).await?, json!(["rgb(0, 0, 0)", 0, 0, 0]));
    let globals = "return Object.keys(window.StudioConnect).sort()";
    assert_eq!(scene.browser.run(globals, Vec::new()).await?, json!(["close", "identify", "on", "open"]));
    scene.end().await
}

/// Chat theme 3.
#[tokio::test]
async fn everything_can_be_done_by_keyboard() -> Result<()> {
    let scene = Scene::open(DESK).await?;
    let browser = &scene.browser;
    for _ in 0..6 {
        browser.press(Key::Tab).await?;
        if scene.look("root.activeElement?.className === 'launch'").await? == true {
            break;
        }
    }
    assert_eq!(scene.look("root.activeElement?.className").await?, "launch", "the Tab key leads to the chat");
    browser.press(Key::Enter).await?;
    scene.until("the focus is where one writes", "root.activeElement?.matches('.field')").await?;
    browser.press("Please call me back").await?;
    let heard = browser.run("return window.shortcuts ?? ''", Vec::new()).await?;
    let heard = heard.as_str().unwrap_or_default();
    assert!(
        heard.contains("Tab") && !heard.contains("Ple"),
        "what is written is no shortcut of the page's: {heard}"
    );
    browser.press(Key::Enter).await?;
    scene
        .until("the focus stays where one writes", "root.activeElement?.matches('.field[type=email]')")
        .await?;
    browser.press("dana@example.com").await?;
    browser.press(Key::Enter).await?;
    scene.until("it can be chosen", "root.querySelectorAll('.offers button').length === 2").await?;
    scene.until_settled().await?;
    // Back to the choices, which stand before the field.
    for _ in 0..2 {
        browser.press_with(Key::Shift, "\u{e004}").await?;
    }
    assert_eq!(scene.look("root.activeElement.innerText").await?, "A repair");
    browser.press(Key::Enter).await?;
    scene.until_shown("Somebody will call you back today.").await?;
    browser.press(Key::Escape).await?;
    scene
        .until(
            "it is closed, and the focus is on its button",
            "root.querySelector('.panel').hidden && root.activeElement?.className === 'launch'",
        )
        .await?;
    assert_eq!(scene.look("root.querySelector('.launch').ariaExpanded").await?, "false");
    scene.end().await
}

/// Chat theme 4.
#[tokio::test]
async fn on_a_phone_it_takes_the_whole_screen_and_what_is_left_of_it_beside_the_keyboard() -> Result<()> {
    let scene = Scene::open(PHONE).await?;
    scene.browser.page.cdp().send_raw("Emulation.setTouchEmulationEnabled", json!({"enabled": true})).await?;
    let tap = "const box = document.querySelector('studioconnect-chat').shadowRoot.querySelector('.launch').getBoundingClientRect(); return [box.x + 20, box.y + 20]";
    let at = scene.browser.run(tap, Vec::new()).await?;
    let point = json!([{"x": at[0], "y": at[1]}]);
    scene
        .browser
        .page
        .cdp()
        .send_raw("Input.dispatchTouchEvent", json!({"type": "touchStart", "touchPoints": point}))
        .await?;
    scene
        .browser
        .page
        .cdp()
        .send_raw("Input.dispatchTouchEvent", json!({"type": "touchEnd", "touchPoints": []}))
        .await?;
    scene.until("it is open", "root.querySelector('.panel:not([hidden])')").await?;
    let panel = "(({ x, y, width, height }) => [x, y, width, height])(root.querySelector('.panel').getBoundingClientRect())";
    scene.until("it is whole", &format!("JSON.stringify({panel}) === '[0,0,360,800]'")).await?;
    assert_eq!(scene.look("root.querySelector('.panel').ariaModal").await?, "true");
    let small = "[...root.querySelectorAll('.panel button, .panel .field')].filter((part) => part.checkVisibility()).map((part) => part.getBoundingClientRect()).filter((box) => box.height < 44 || box.width < 44).length";
    assert_eq!(scene.look(small).await?, 0, "a finger hits everything");
    assert_eq!(
        scene.look("getComputedStyle(root.querySelector('.field')).fontSize").await?,
        "16px",
        "phones do not zoom"
    );
    // A keyboard takes the lower half.
    scene.browser.resize((360, 420)).await?;
    scene
        .until("it is as high as what is seen", &format!("JSON.stringify({panel}) === '[0,0,360,420]'"))
        .await?;
    let field = "root.querySelector('.field').getBoundingClientRect().bottom";
    scene.until("the field is in sight", &format!("{field} <= 420")).await?;
    scene.write("Are you open on Saturday?").await?;
    scene.until_shown("ring the bell").await?;
    // The Tab key goes in circles, as nothing of the page can be seen.
    for _ in 0..14 {
        scene.browser.press(Key::Tab).await?;
        let inside = scene
            .look("root.activeElement !== null && root.querySelector('.panel').contains(root.activeElement)")
            .await?;
        assert_eq!(inside, true);
    }
    scene.click(".close").await?;
    scene.until("the page is there again", "root.querySelector('.launch').checkVisibility()").await?;
    scene.end().await
}

async fn look_for_faults(scene: &Scene, state: &str) -> Result<()> {
    for theme in ["light", "dark"] {
        scene.browser.show_theme(theme).await?;
        let found = scene.browser.run_and_wait(RUN_AXE, Vec::new()).await?;
        let found = found.as_array().cloned().unwrap_or_default();
        // The page's own red letters are its own affair.
        let ours: Vec<_> = found
            .iter()
            .filter_map(|fault| fault.as_str())
            .filter(|fault| fault.contains("studioconnect-chat") || fault.contains("axe failed"))
            .collect();
        ensure!(ours.is_empty(), "{state}, {theme}:\n{}", ours.join("\n"));
    }
    Ok(())
}

/// Chat theme 3.
#[tokio::test]
async fn assistive_technology_finds_no_fault_in_any_state() -> Result<()> {
    let consent = json!({"consent": {"required": true, "text": "We keep what you write for 90 days."}, "theme": {"accent": "#ffd400", "launcherText": "Ask us"}});
    let scene = Scene::open_with(DESK, consent).await?;
    scene.browser.run_in_every_page(&axe().await?).await?;
    scene.load().await?;
    look_for_faults(&scene, "closed").await?;
    scene.open_chat().await?;
    look_for_faults(&scene, "consent").await?;
    scene.choose("Agree and start").await?;
    scene.until("questions are offered", "root.querySelector('.offers button')").await?;
    look_for_faults(&scene, "open").await?;
    scene.server.pause_at(Some(0));
    scene.write("Are you open on Saturday?").await?;
    scene.until("an answer is being made", "root.querySelector('.dots')").await?;
    look_for_faults(&scene, "waiting").await?;
    scene.server.pause_at(Some(5));
    scene.until_shown("Yes. On Saturday").await?;
    look_for_faults(&scene, "answering").await?;
    scene.server.pause_at(None);
    scene.until("the source is shown", "root.querySelector('.sources')").await?;
    look_for_faults(&scene, "answered").await?;
    scene.write("Please call me back").await?;
    scene.until_shown("Question 1 of 2").await?;
    scene.until_settled().await?;
    look_for_faults(&scene, "question").await?;
    scene.server.next(Fault::Refuse(413));
    scene.write("x").await?;
    scene.until_shown("too long").await?;
    look_for_faults(&scene, "refused").await?;
    scene.server.take_over("Ana");
    scene.until_shown("Ana answers you now").await?;
    scene.server.say_as_human("I can be there at nine.");
    scene.until_shown("at nine").await?;
    look_for_faults(&scene, "human").await?;
    scene.be_offline(true).await?;
    scene.write("Good").await?;
    scene.until_shown("You are offline; it will be sent").await?;
    look_for_faults(&scene, "offline").await?;
    scene.be_offline(false).await?;
    scene.until_settled().await?;
    scene.end_after_storms().await
}
