//! The chat on a hostile page with the real server behind it: nothing of the conversation is scripted.

use super::scene::Scene;
use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use studioconnect_acceptance::{DESK, PHONE};
use studioconnect_simulators::realtime::{RestFault, Route};

/// Rows 8, 10, 11. A question with its source, and a lead through everything that can happen to a line: a wrong mail address,
/// the page loaded anew, the server started anew, and no network for a while.
#[tokio::test]
async fn a_visitor_is_answered_and_leaves_a_lead_whatever_happens_to_the_line() -> Result<()> {
    let mut scene = Scene::open_real(DESK, |setup| {
        setup.realtime.rest.faults = vec![RestFault::failing(503).always().on(Route::Chat)];
    })
    .await?;
    let entry = json!({"kind": "QA", "title": "Do you mend boilers?", "body": "Yes, boilers of all makes."});
    ensure!(scene.owner.post("/api/kb", &entry).await?.status == 201);
    let mail = json!({"questionText": "What is your mail address?", "expectedFormat": "EMAIL", "isRequired": true,
        "mapsToLeadField": "email", "order": 1});
    ensure!(scene.owner.post("/api/lead-questions", &mail).await?.status == 201);

    scene.open_chat().await?;
    scene.write("do you mend boilers").await?;
    scene.until_shown("boilers of all makes").await?;
    scene
        .until(
            "its source is shown",
            "root.querySelector('.sources')?.innerText.includes('Do you mend boilers?')",
        )
        .await?;
    scene.write("My kitchen tap is leaking").await?;
    scene.until_shown("What is your name?").await?;
    scene.write("Dana Reyes").await?;
    scene.until("the field wants a mail address", "root.querySelector('.field').type === 'email'").await?;
    scene.until_settled().await?;

    scene.load().await?;
    scene.until("the chat is there again", "root.querySelector('.panel:not([hidden]), .launch')").await?;
    if scene.look("Boolean(root.querySelector('.panel:not([hidden])'))").await? != true {
        scene.open_chat().await?;
    }
    scene.until_shown("Dana Reyes").await?;
    scene.write("dana at example").await?;
    scene.until_shown("name@example.com").await?;
    scene.until_settled().await?;

    scene.app = scene.app.restart().await?;
    scene.write("dana@example.com").await?;
    scene.until_shown("Which number can we reach you on?").await?;
    scene.until_settled().await?;

    scene.be_offline(true).await?;
    scene.write("206 555 0142").await?;
    scene.until_shown("206 555 0142").await?;
    scene.be_offline(false).await?;
    scene.until_shown("What is the address?").await?;
    scene.write("12 Harbor Street, Portland").await?;
    scene.until_shown("everything I need").await?;
    scene.until_settled().await?;

    let said = scene.said().await?;
    let theirs: Vec<&str> = said.iter().filter_map(|row| row.strip_prefix("visitor: ")).collect();
    assert_eq!(
        theirs,
        [
            "do you mend boilers",
            "My kitchen tap is leaking",
            "Dana Reyes",
            "dana at example",
            "dana@example.com",
            "206 555 0142",
            "12 Harbor Street, Portland"
        ],
        "nothing is lost and nothing doubled"
    );
    let owner = scene.app.owner().await?;
    let leads = owner.json("/api/leads").await?;
    let [lead] = leads["items"].as_array().context("no leads")?.as_slice() else { anyhow::bail!("{leads}") };
    for (field, value) in [
        ("channel", "CHAT"),
        ("completeness", "COMPLETE"),
        ("name", "Dana Reyes"),
        ("email", "dana@example.com"),
        ("phone", "+12065550142"),
        ("address", "12 Harbor Street, Portland"),
        ("message", "My kitchen tap is leaking"),
    ] {
        assert_eq!(lead[field], value, "{field}");
    }
    scene.end_after_storms().await
}

/// Rows 10, 11. With the model, on a phone: words come as they are found.
#[tokio::test]
async fn a_model_answers_on_a_phone_and_a_person_takes_over() -> Result<()> {
    let scene = Scene::open_real(PHONE, |_| {}).await?;
    scene.open_chat().await?;
    scene.write("Hello, when are you open?").await?;
    scene.until_shown("Monday to Friday from eight to six").await?;
    scene.until_settled().await?;
    let list = scene.owner.json("/api/conversations").await?;
    let id = list["items"][0]["id"].as_str().context("no conversation")?;
    let taken = scene.owner.post(&format!("/api/conversations/{id}/takeover"), &json!({})).await?;
    ensure!(taken.status < 300, "{taken:?}");
    let told = scene
        .owner
        .post(&format!("/api/conversations/{id}/message"), &json!({"message": "Ana here, I can help."}))
        .await?;
    ensure!(told.status < 300, "{told:?}");
    scene.until_shown("Ana here, I can help.").await?;
    scene.write("Great, thank you").await?;
    scene.until_settled().await?;
    let said = scene.said().await?;
    let after = said.iter().position(|row| row.contains("Ana here")).context("nobody answered")?;
    assert!(!said[after..].iter().any(|row| row.starts_with("agent")), "the agent is silent: {said:?}");
    scene.end().await
}
