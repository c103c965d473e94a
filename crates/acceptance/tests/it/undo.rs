//! What was just done is taken back, without script; by whoever did it, for a while.

use anyhow::{Context as _, Result};
use serde_json::json;
use studioconnect_acceptance::{Browser, Seen, TestApp, steps};
use studioconnect_domain::business::Role;
use studioconnect_domain::lead::LeadStatus;
use studioconnect_simulators::phone::Step;

const OWNER: &str = "owner@example.com";

/// Presses the button of the notice on a page.
async fn take_back(browser: &Browser, seen: &Seen) -> Result<Seen> {
    let (_, form) = seen.body.split_once("action=\"/admin/undo\"").context("nothing is offered")?;
    let (_, rest) = form.split_once("name=\"id\" value=\"").context("there is no name")?;
    let id = rest.split('"').next().unwrap_or_default().to_owned();
    browser.submit("/admin/undo", &[("id", &id)]).await
}

/// Row 17.
#[tokio::test]
async fn a_removed_question_and_a_moved_one_are_put_back_as_they_were() -> Result<()> {
    let app = TestApp::start().await?;
    let browser = app.browser_of(OWNER).await?;
    let questions = async || {
        Ok::<_, anyhow::Error>(app.stage.server.state.store.list_questions(app.business.business.id).await?)
    };
    let before = questions().await?;
    let page = format!("/admin/lead-questions/{}", before[1].id);
    let removed = browser.submit(&format!("{page}/remove"), &[]).await?;
    assert!(removed.body.contains("Removed.") && questions().await?.len() == 3);
    let back = take_back(&browser, &removed).await?;
    assert!(back.body.contains("Taken back.") && !back.body.contains("/admin/undo"), "{}", back.body);
    assert_eq!(questions().await?, before, "with its place and its id");
    let moved = browser.submit(&format!("{page}/move"), &[("to", "3")]).await?;
    assert_eq!(questions().await?[3].id, before[1].id);
    take_back(&browser, &moved).await?;
    assert_eq!(questions().await?, before);
    // A second time there is nothing to take back, and an old page says so.
    let again = take_back(&browser, &moved).await?;
    assert!(again.status == 410 && again.body.contains("can no longer be taken back"), "{}", again.body);
    app.end().await
}

#[tokio::test]
async fn a_removed_client_is_there_again_with_all_that_was_known() -> Result<()> {
    let app = TestApp::start().await?;
    let (owner, browser) = (app.owner().await?, app.browser_of(OWNER).await?);
    let client = json!({"name": "Dana Reyes", "phone": "+12065550142", "notes": "Two dogs."});
    owner.post("/api/client", &client).await?;
    let before = owner.json("/api/client").await?;
    let id = before["items"][0]["id"].as_str().context("no client")?.to_owned();
    let removed = browser.submit(&format!("/admin/clients/{id}/remove"), &[]).await?;
    assert_eq!(owner.json("/api/client").await?["items"], json!([]));
    // Neither a colleague nor another session of the same person has it in hand.
    app.join(app.business.business.id, "member@example.com", Role::Member).await?;
    for other in ["member@example.com", OWNER] {
        let seen = take_back(&app.browser_of(other).await?, &removed).await?;
        assert_eq!(seen.status, 410, "{other}");
    }
    assert_eq!(take_back(&browser, &removed).await?.status, 200);
    assert_eq!(owner.json("/api/client").await?, before);
    app.end().await
}

#[tokio::test]
async fn a_lead_is_handled_as_before_unless_somebody_else_has_changed_it_since() -> Result<()> {
    let app = TestApp::start().await?;
    let said = [steps::listen(), steps::ask("caller-leak"), vec![Step::HangUp]].concat();
    let lead = app.fast_call(3.0, said).await?.lead.context("the call left no lead")?;
    let (owner, browser) = (app.owner().await?, app.browser_of(OWNER).await?);
    let page = format!("/admin/leads/{}", lead.id);
    let owner_id = app.business.owner.to_string();
    let form = |version: &str| {
        vec![
            ("version".to_owned(), version.to_owned()),
            ("status".into(), "WON".into()),
            ("assignedTo".into(), owner_id.clone()),
        ]
    };
    let save = async || -> Result<Seen> {
        let version = browser.open(&page).await?.hidden("version")?;
        let form = form(&version);
        let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        browser.submit(&page, &form).await
    };
    let handling = async || {
        let found = app.stage.server.state.store.find_lead(app.business.business.id, lead.id).await?;
        Ok::<_, anyhow::Error>(found.context("the lead is gone")?.handling)
    };
    let saved = save().await?;
    assert_eq!(
        (handling().await?.status, handling().await?.assigned_to),
        (LeadStatus::Won, Some(app.business.owner))
    );
    take_back(&browser, &saved).await?;
    assert_eq!((handling().await?.status, handling().await?.assigned_to), (LeadStatus::New, None));

    let saved = save().await?;
    owner.patch(&format!("/api/leads/{}", lead.id), &json!({"status": "CONTACTED"})).await?;
    let late = take_back(&browser, &saved).await?;
    assert!(late.status == 409 && handling().await?.status == LeadStatus::Contacted, "{}", late.body);
    app.end().await
}
