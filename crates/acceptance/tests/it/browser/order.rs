//! Questions are put in order: by mouse, by finger, by keyboard.

use super::views::OWNER;
use anyhow::Result;
use serde_json::json;
use studioconnect_acceptance::{Chromium, DESK, PHONE, TestApp};
use thirtyfour::prelude::*;

/// The middle of the grip of the question at a place, and of the question itself.
const POINTS: &str = "const row = [...document.querySelectorAll('[data-move]')][arguments[0]]; \
    row.scrollIntoView({block: 'center', behavior: 'instant'}); \
    const middle = (box) => [Math.round(box.left + box.width / 2), Math.round(box.top + box.height / 2)]; \
    return [...middle(row.querySelector('.grip').getBoundingClientRect()), ...middle(row.getBoundingClientRect())];";
const FIRST: [&str; 4] =
    ["What is your name?", "Which number can we reach you on?", "What is the address?", "What is it about?"];

async fn order(app: &TestApp) -> Result<Vec<String>> {
    let questions = app.stage.server.state.store.list_questions(app.business.business.id).await?;
    Ok(questions.into_iter().map(|question| question.question_text).collect())
}

async fn until_order(app: &TestApp, wanted: [usize; 4]) -> Result<()> {
    let wanted = wanted.map(|place| FIRST[place].to_owned());
    app.until("the questions are in order", async || Ok(order(app).await? == wanted)).await
}

async fn points(chromium: &Chromium, place: usize) -> Result<[i64; 4]> {
    Ok(serde_json::from_value(chromium.run(POINTS, vec![json!(place)]).await?)?)
}

#[tokio::test]
async fn a_question_is_dragged_to_its_place_and_taken_back() -> Result<()> {
    let app = TestApp::start().await?;
    let chromium = app.chromium_of(OWNER, DESK).await?;
    chromium.open("/admin/lead-questions").await?;
    let [x, y, ..] = points(&chromium, 0).await?;
    // As the page stands now: it is higher than the window.
    let last = "const box = [...document.querySelectorAll('[data-move]')][3].getBoundingClientRect(); \
        return Math.round(box.top + box.height / 2)";
    let bottom: i64 = serde_json::from_value(chromium.run(last, Vec::new()).await?)?;
    let actions = chromium.page.action_chain().move_to(x, y).click_and_hold();
    let actions = (1..=4).fold(actions, |actions, step| actions.move_to(x, y + (bottom + 4 - y) * step / 4));
    actions.release().perform().await?;
    until_order(&app, [1, 2, 3, 0]).await?;
    chromium.until_shown("Moved.").await?;
    chromium.click("form[action='/admin/undo'] button").await?;
    until_order(&app, [0, 1, 2, 3]).await?;
    chromium.until_shown("Taken back.").await?;
    // What is let go where it was is not sent.
    let [x, y, ..] = points(&chromium, 1).await?;
    chromium.page.action_chain().move_to(x, y).click_and_hold().move_to(x, y + 3).release().perform().await?;
    chromium.until_shown("Taken back.").await?;
    chromium.quit().await?;
    app.end().await
}

#[tokio::test]
async fn a_question_is_dragged_with_a_finger() -> Result<()> {
    let app = TestApp::start().await?;
    let chromium = app.chromium_of(OWNER, PHONE).await?;
    chromium.page.cdp().send_raw("Emulation.setTouchEmulationEnabled", json!({"enabled": true})).await?;
    chromium.open("/admin/lead-questions").await?;
    let [x, y, ..] = points(&chromium, 1).await?;
    let height = chromium
        .run("return document.querySelector('[data-move]').getBoundingClientRect().height", Vec::new())
        .await?;
    let up = y - height.as_f64().unwrap_or_default() as i64 - 4;
    let touch = async |kind: &str, at: Option<i64>| -> Result<()> {
        let points: Vec<_> = at.map(|y| json!({"x": x, "y": y})).into_iter().collect();
        let event = json!({"type": kind, "touchPoints": points});
        chromium.page.cdp().send_raw("Input.dispatchTouchEvent", event).await?;
        Ok(())
    };
    touch("touchStart", Some(y)).await?;
    for step in 1..=4 {
        touch("touchMove", Some(y + (up - y) * step / 4)).await?;
    }
    touch("touchEnd", None).await?;
    until_order(&app, [1, 0, 2, 3]).await?;
    chromium.quit().await?;
    app.end().await
}

/// The focus goes with the question: a person presses the same key again.
#[tokio::test]
async fn a_question_is_moved_twice_by_pressing_the_same_key() -> Result<()> {
    let app = TestApp::start().await?;
    let chromium = app.chromium_of(OWNER, DESK).await?;
    chromium.open("/admin/lead-questions").await?;
    let down = format!("[aria-label='Move “{}” down']", FIRST[1]);
    chromium.tab_to(&down).await?;
    chromium.press(Key::Enter).await?;
    until_order(&app, [0, 2, 1, 3]).await?;
    let is_moved = "return location.search.startsWith('?done=moved') && document.activeElement.matches(";
    chromium.until("the focus is with the question", &format!("{is_moved}{})", json!(down))).await?;
    chromium.press(Key::Enter).await?;
    until_order(&app, [0, 2, 3, 1]).await?;
    // There is no further down; the focus stays with the question.
    let up = format!("[aria-label='Move “{}” up']", FIRST[1]);
    chromium.until("the focus is with the question", &format!("{is_moved}{})", json!(up))).await?;
    chromium.quit().await?;
    app.end().await
}
