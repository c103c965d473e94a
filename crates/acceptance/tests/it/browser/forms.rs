//! What is typed is not lost, and what cannot be undone is asked first.

use super::views::{OWNER, lead_call};
use anyhow::{Context as _, Result};
use studioconnect_acceptance::steps::{ask, listen};
use studioconnect_acceptance::{Chromium, DESK, TestApp};
use studioconnect_domain::lead::LeadStatus;
use studioconnect_simulators::phone::Step;
use studioconnect_simulators::realtime::RestFault;
use thirtyfour::prelude::*;

/// Waits until a dialog is open; its words.
async fn dialog(chromium: &Chromium) -> Result<String> {
    for _ in 0..200 {
        if let Ok(text) = chromium.page.get_alert_text().await {
            return Ok(text);
        }
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    }
    anyhow::bail!("no dialog was shown")
}

#[tokio::test]
async fn a_page_with_unsaved_text_asks_before_it_is_left() -> Result<()> {
    let app = TestApp::start().await?;
    let chromium = app.chromium_that_asks(DESK).await?;
    chromium.open("/admin/login?next=/admin/settings").await?;
    chromium.sign_in(OWNER).await?;
    chromium.until_at("/admin/settings").await?;
    chromium.type_over("#agentName", "Ada").await?;
    chromium.click(".places a[href='/admin/leads']").await?;
    dialog(&chromium).await?;
    chromium.page.dismiss_alert().await?;
    let kept = "return location.pathname === '/admin/settings' && document.querySelector('#agentName').value === 'Ada'";
    chromium.until("the page is still there, and what was typed", kept).await?;
    chromium.click(".places a[href='/admin/leads']").await?;
    dialog(&chromium).await?;
    chromium.page.accept_alert().await?;
    chromium.until_at("/admin/leads").await?;

    // What is saved is not asked about, and neither is what nobody touched.
    chromium.open("/admin/settings").await?;
    chromium.type_over("#agentName", "Ada").await?;
    chromium.click("form[action='/admin/settings/agent'] button").await?;
    chromium.until_at("/admin/settings?done=saved").await?;
    chromium.click(".places a[href='/admin/leads']").await?;
    chromium.until_at("/admin/leads").await?;
    chromium.quit().await?;
    app.end().await
}

/// What is not saved yet stays when another form of the page is sent: that, and nothing of what others have done meanwhile.
#[tokio::test]
async fn a_form_that_waits_keeps_what_was_changed_in_it_and_nothing_else() -> Result<()> {
    let app = TestApp::start().await?;
    let chromium = app.chromium_of(OWNER, DESK).await?;
    let lead = app.fast_call(3.0, lead_call()).await?.lead.context("no lead")?.id;
    chromium.open(&format!("/admin/leads/{lead}")).await?;
    chromium.find("#status").await?.send_keys("Won").await?;
    let given = serde_json::json!({"assignedTo": app.business.owner});
    assert_eq!(app.owner().await?.patch(&format!("/api/leads/{lead}"), &given).await?.status, 200);
    chromium.type_over("#text", "They are at home after six.").await?;
    chromium.click("form[action$='/notes'] button").await?;
    let merged = format!(
        "return !!document.querySelector('.notes li') && document.querySelector('#status').value === 'WON' \
         && document.querySelector('#assignedTo').value === '{}'",
        app.business.owner
    );
    chromium.until("both the choice and what somebody else did are there", &merged).await?;
    chromium.click(&format!("form[action='/admin/leads/{lead}'] button")).await?;
    chromium.until_shown("Saved.").await?;
    let stored = app.stage.server.state.store.find_lead(app.business.business.id, lead).await?;
    let handling = stored.context("it is gone")?.handling;
    assert_eq!((handling.status, handling.assigned_to), (LeadStatus::Won, Some(app.business.owner)));

    // A box that was unticked, and a field that somebody else has changed as well: that is told, not written over.
    chromium.open("/admin/voice").await?;
    chromium.click("input[name=recordWords]").await?;
    chromium.type_over("#maxCallSeconds", "600").await?;
    let other = serde_json::json!({"maxCallSeconds": 700});
    assert_eq!(app.owner().await?.post("/api/agent-config", &other).await?.status, 200);
    chromium.type_over("#name", "Sam Porter").await?;
    chromium.type_over("#phone", "206 555 0177").await?;
    chromium.click("form[action='/admin/voice/contacts'] button").await?;
    let kept = "return document.body.innerText.includes('Sam Porter') \
        && !document.querySelector('input[name=recordWords]').checked \
        && document.querySelector('#maxCallSeconds').value === '600'";
    chromium.until("box and number are as they were left", kept).await?;
    chromium.click("form[action='/admin/voice'] button").await?;
    chromium.until_shown("Somebody else has changed this: it is “700” now").await?;
    chromium.click("form[action='/admin/voice'] button").await?;
    chromium.until_at("/admin/voice?done=saved").await?;
    let (config, _) = app.stage.server.state.store.versioned_agent_config(app.business.business.id).await?;
    assert_eq!((config.record_words, config.max_call_seconds), (false, 600));
    chromium.quit().await?;
    app.end().await
}

#[tokio::test]
async fn what_cannot_be_undone_is_asked_first() -> Result<()> {
    let app = TestApp::start().await?;
    let chromium = app.chromium_of(OWNER, DESK).await?;
    let count = async || -> Result<usize> {
        Ok(app.stage.server.state.store.list_questions(app.business.business.id).await?.len())
    };
    let before = count().await?;
    chromium.open("/admin/lead-questions").await?;
    let remove = "form[action$='/remove'] button";
    chromium.click(remove).await?;
    assert!(dialog(&chromium).await?.starts_with("Remove this question?"));
    chromium.page.dismiss_alert().await?;
    assert_eq!((count().await?, chromium.at().await?.as_str()), (before, "/admin/lead-questions"));
    chromium.click(remove).await?;
    dialog(&chromium).await?;
    chromium.page.accept_alert().await?;
    chromium.until_at("/admin/lead-questions?done=removed").await?;
    assert_eq!(count().await?, before - 1);
    chromium.quit().await?;
    app.end().await
}

#[tokio::test]
async fn text_typed_into_a_session_that_ran_out_is_there_after_the_sign_in() -> Result<()> {
    let app = TestApp::start().await?;
    let lead = app
        .fast_call(3.0, [listen(), ask("caller-leak"), vec![Step::HangUp]].concat())
        .await?
        .lead
        .context("the call left no lead")?
        .id;
    let chromium = app.chromium_of(OWNER, DESK).await?;
    let page = format!("/admin/leads/{lead}");
    let places = [
        (page.as_str(), "#text", "form[action$='/notes'] button"),
        ("/admin/settings?done=saved", "#personaPrompt", "form[action='/admin/settings/agent'] button"),
        ("/admin/lead-questions", "#questionText", "form[action='/admin/lead-questions'] button"),
    ];
    for (path, field, button) in places {
        chromium.open(path).await?;
        chromium.type_over(field, "They are at home after six.").await?;
        app.stage.server.state.store.end_sessions(app.business.owner, None).await?;
        chromium.click(button).await?;
        chromium.until_at("/admin/login?next=").await?;
        if path == page {
            // Also somebody who mistypes the password keeps the text.
            chromium.type_over("#email", OWNER).await?;
            chromium.type_over("#password", "wrong").await?;
            chromium.press(Key::Enter).await?;
            chromium.until("the password is refused", "return !!document.querySelector('.fault')").await?;
        }
        chromium.sign_in(OWNER).await?;
        chromium.until_at(path.split('?').next().unwrap_or_default()).await?;
        let value = chromium.find(field).await?.value().await?;
        assert_eq!(value.as_deref(), Some("They are at home after six."), "{path}");
        chromium.click(button).await?;
        chromium.until("the form is taken", "return location.search.startsWith('?done=')").await?;
        // Once it is taken it is nobody's draft any more.
        let kept = chromium.run("return sessionStorage.length", Vec::new()).await?;
        assert_eq!(kept, 0, "{path}");
    }
    chromium.quit().await?;
    app.end().await
}

/// Row 90: a voice is heard on the page itself, follows the one that is chosen, and says so when it cannot be heard.
#[tokio::test]
async fn a_voice_is_heard_without_leaving_the_page() -> Result<()> {
    let app = TestApp::start().await?;
    let chromium = app.chromium_of(OWNER, DESK).await?;
    chromium.open("/admin/voice").await?;
    let choose = "const voice = document.querySelector('#voice'); voice.value = 'cedar'; \
        voice.dispatchEvent(new Event('change', {bubbles: true}));";
    chromium.run(choose, vec![]).await?;
    let hear = "form[data-hear] button";
    chromium.click(hear).await?;
    let plays = "const player = document.querySelector('form[data-hear] audio'); \
        return !player.hidden && player.src.startsWith('blob:') && player.duration > 1 && player.error === null;";
    chromium.until("the sound is there and can be played", plays).await?;
    let is_idle = "const form = document.querySelector('form[data-hear]'); \
        return form.ariaBusy === 'false' && !form.querySelector('button').hasAttribute('aria-disabled');";
    chromium.until("the button can be used again", is_idle).await?;
    let asked = app.stage.realtime.rest_requests();
    assert_eq!((asked.len(), &asked[0].body["voice"]), (1, &"cedar".into()));

    app.stage.realtime.change_rest(|rest| rest.faults = vec![RestFault::quota_gone().always()]);
    chromium.run(&choose.replace("cedar", "ash"), vec![]).await?;
    chromium.click(hear).await?;
    chromium.until_shown("Voices cannot be heard here at the moment").await?;
    assert_eq!(chromium.complaints().await?.iter().filter(|line| !line.contains("502")).count(), 0);
    chromium.quit().await?;
    app.end_dirty().await
}

/// Row 109: with script a file goes as it is, what is wrong with it is said beside the field, and the page stays.
#[tokio::test]
async fn a_file_is_sent_without_leaving_the_page_and_refused_beside_its_field() -> Result<()> {
    crate::commands::program().await?;
    let app = TestApp::start().await?;
    let chromium = app.chromium_of(OWNER, DESK).await?;
    chromium.open("/admin/knowledge-base").await?;
    chromium.run("window.stayed = true", Vec::new()).await?;
    let send = async |name: &str, content: &[u8]| -> Result<()> {
        let file = app.folder().join(name);
        std::fs::write(&file, content)?;
        chromium.find("#file").await?.send_keys(file.display().to_string()).await?;
        chromium.click("form[action='/admin/knowledge-base/upload'] button").await
    };
    send("photo.txt", b"\x89PNG\r\n").await?;
    chromium.until_shown("This is a picture").await?;
    send("parking.html", b"<!doctype html><title>Where to park</title><p>Behind the house.</p>").await?;
    chromium.until_shown("Where to park").await?;
    chromium.until("the page stayed", "return window.stayed === true").await?;
    chromium.quit().await?;
    app.end().await
}
