//! A person answers instead of the agent.

use super::script::Script;
use anyhow::{Context as _, Result};
use chrono::TimeDelta;
use serde_json::json;
use studioconnect_acceptance::TestApp;
use studioconnect_domain::business::Role;
use studioconnect_domain::plan::PlanCode;
use studioconnect_web::chat::sweep;

/// Regressions, chat 10 and 11.
#[tokio::test]
async fn whoever_takes_over_silences_the_agent_at_once_and_both_sides_talk_live() -> Result<()> {
    let app = TestApp::start().await?;
    let script = Script::gated(&app);
    let owner = app.owner().await?;
    let store = &app.stage.server.state.store;
    store.rename_user(app.business.owner, "Ana").await?;
    let visitor = app.visitor().await?;
    let talk = format!("/api/conversations/{}", visitor.id);
    let mut page = visitor.listen(None).await?;
    let mut answer = visitor.say_streaming("m1", "Hello there").await?;
    script.allow(2);
    answer.until("delta").await?;
    let taken = owner.post(&format!("{talk}/takeover"), &json!({})).await?;
    assert_eq!(taken.status, 200, "{taken:?}");
    script.let_go();
    let rest = answer.rest().await?;
    let done = rest.last().context("nothing")?;
    assert!(rest.iter().any(|event| event.kind == "reset"), "{rest:?}");
    assert_eq!((done.data["by"].as_str(), done.data["reply"].as_str()), (Some("HUMAN"), Some("")));
    assert_eq!(done.data["flow"]["state"], "HUMAN");
    page.until("reset").await?;
    let told = page.next().await?.context("it ended")?;
    assert_eq!(
        (told.kind.as_str(), &told.data),
        ("takeover", &json!({"name": "Ana"})),
        "at once, and nothing between"
    );
    let history = visitor.history().await?;
    assert_eq!((&history["human"], &history["flow"]["state"]), (&json!({"name": "Ana"}), &json!("HUMAN")));

    let said = owner.post(&format!("{talk}/message"), &json!({"message": "I am here."})).await?;
    assert_eq!(said.status, 201, "{said:?}");
    let told = page.until("message").await?;
    assert_eq!((told.data["role"].as_str(), told.data["text"].as_str()), (Some("HUMAN"), Some("I am here.")));
    let silent = visitor.say("m2", "Thank you").await?;
    assert_eq!(
        (silent["by"].as_str(), silent["reply"].as_str(), script.turns()),
        (Some("HUMAN"), Some(""), 1)
    );
    let waits = owner.json("/api/conversations?status=HUMAN").await?;
    assert!(waits["items"][0]["waitsSince"].is_string(), "{waits}");

    let given = owner.post(&format!("{talk}/release"), &json!({})).await?;
    assert_eq!(given.status, 200, "{given:?}");
    page.until("release").await?;
    let done = page.until("done").await?;
    assert_eq!(done.data["reply"], "You said: Thank you", "what nobody has answered is answered");
    let refused = owner.post(&format!("{talk}/message"), &json!({"message": "More"})).await?;
    assert_eq!((refused.status, refused.problem().as_deref()), (409, Some("not_taken_over")));
    assert_eq!(visitor.say("m3", "And now?").await?["by"], "RULES");
    let roles: Vec<String> =
        visitor.lines().await?.iter().filter_map(|line| line.split(' ').next().map(str::to_owned)).collect();
    assert_eq!(
        roles,
        ["AGENT", "VISITOR", "NOTICE", "HUMAN", "VISITOR", "NOTICE", "AGENT", "VISITOR", "AGENT"]
    );
    app.end().await
}

/// Regressions, chat 11 and 12.
#[tokio::test]
async fn the_agent_returns_when_the_person_has_left_and_says_so() -> Result<()> {
    let app = TestApp::start().await?;
    Script::free(&app);
    let owner = app.owner().await?;
    let visitor = app.visitor().await?;
    let mut page = visitor.listen(None).await?;
    visitor.say("m1", "Hello").await?;
    owner.post(&format!("/api/conversations/{}/takeover", visitor.id), &json!({})).await?;
    let state = &app.stage.server.state;
    let now = state.clock.now();
    sweep(state, now + TimeDelta::minutes(6)).await.map_err(|problem| anyhow::anyhow!(problem.code))?;
    visitor.say("m2", "Anybody?").await?;
    assert_eq!(visitor.history().await?["flow"]["state"], "HUMAN", "nobody waited before");
    sweep(state, state.clock.now() + TimeDelta::minutes(6))
        .await
        .map_err(|problem| anyhow::anyhow!(problem.code))?;
    page.until("release").await?;
    assert_eq!(page.until("done").await?.data["reply"], "You said: Anybody?");
    let lines = visitor.lines().await?;
    assert!(
        lines.iter().any(|line| line.starts_with("NOTICE Nobody could answer you just now")),
        "{lines:?}"
    );
    sweep(state, state.clock.now() + TimeDelta::minutes(11))
        .await
        .map_err(|problem| anyhow::anyhow!(problem.code))?;
    let ended = owner.json("/api/conversations?status=ENDED").await?;
    assert_eq!(ended["items"][0]["id"], visitor.id.as_str());
    assert_eq!(visitor.say("m3", "Back again").await?["by"], "RULES", "a visitor who comes back is answered");
    app.end().await
}

/// Rows 5, 13.
#[tokio::test]
async fn the_page_takes_over_answers_and_gives_back_without_script() -> Result<()> {
    let app = TestApp::start().await?;
    Script::free(&app);
    let visitor = app.visitor().await?;
    visitor.say("m1", "Is <b>this</b> shown?").await?;
    let browser = app.browser_of("owner@example.com").await?;
    let list = browser.open("/admin/conversations").await?;
    assert!(list.body.contains("Is &#60;b&#62;this&#60;/b&#62; shown?"), "{}", list.body);
    let path = format!("/admin/conversations/{}", visitor.id);
    let page = browser.open(&path).await?;
    assert!(page.body.contains("You said: Is &#60;b&#62;") && page.body.contains("Take over"));
    assert!(page.body.contains("Understood as ask hours, 90 % sure") && page.body.contains("From Hours"));
    let taken = browser.submit(&format!("{path}/takeover"), &[]).await?;
    assert!(
        taken.body.contains("You answer this visitor now.") && taken.body.contains("Send"),
        "{}",
        taken.body
    );
    let empty = browser.submit(&format!("{path}/message"), &[("message", " ")]).await?;
    assert_eq!(empty.status, 422);
    let sent =
        browser.submit(&format!("{path}/message"), &[("message", "Good day!\nHow can I help?")]).await?;
    assert!(sent.body.contains("Good day!\nHow can I help?"));
    assert_eq!(visitor.lines().await?.last().map(String::as_str), Some("HUMAN Good day!\nHow can I help?"));
    let back = browser.submit(&format!("{path}/release"), &[]).await?;
    assert!(back.body.contains("The agent answers again.") && back.body.contains("Take over"));
    let over = browser.submit(&format!("{path}/end"), &[]).await?;
    assert!(over.body.contains("The conversation is over."));
    let found = browser.open("/admin/conversations?q=shown&status=ENDED").await?;
    assert!(found.body.contains(&path));
    let none = browser.open("/admin/conversations?q=shown&hasLead=true").await?;
    assert!(!none.body.contains(&path) && none.body.contains("No conversation is like that"));

    app.join(app.business.business.id, "viewer@example.com", Role::Viewer).await?;
    let viewer = app.browser_of("viewer@example.com").await?;
    let seen = viewer.open(&path).await?;
    assert!(seen.status == 200 && !seen.body.contains("Take over"));
    app.stage.server.state.store.set_plan(app.business.business.id, PlanCode::Basic).await?;
    let locked = browser.open(&path).await?;
    assert!(!locked.body.contains("Take over") && locked.body.contains("comes with the plan PRO"));
    app.end().await
}

/// A list that is open tells of what is said, and nobody hears of another business.
#[tokio::test]
async fn an_open_page_hears_of_its_own_business_alone() -> Result<()> {
    let app = TestApp::start().await?;
    Script::free(&app);
    let rival = app.another_business("rival", PlanCode::Pro).await?;
    let owner = app.owner().await?;
    let visitor = app.visitor().await?;
    let rivals = app.visitor_of(&rival.business, json!({})).await?;
    rivals.say("m1", "Hello").await?;
    visitor.say("m1", "Hello").await?;
    let talk = format!("/api/conversations/{}", visitor.id);
    owner.post(&format!("{talk}/takeover"), &json!({})).await?;
    let listening = owner.pieces("/admin/conversations/live", "identity");
    let talking = async {
        // Until the page listens and hears it.
        while !visitor.id.is_empty() {
            let said = owner.post(&format!("{talk}/message"), &json!({"message": "Good day"})).await;
            assert_eq!(said.map(|answer| answer.status).ok(), Some(201));
        }
    };
    let (first, mut page) = tokio::select! {
        heard = listening => heard?,
        () = talking => anyhow::bail!("it ended"),
    };
    assert!(String::from_utf8_lossy(&first).contains("event: changed"));
    visitor.say("m2", "Again").await?;
    let told = page.chunk().await?.context("nothing was told")?;
    assert!(String::from_utf8_lossy(&told).contains("event: changed"));
    let theirs = app.sign_in("rival@example.com").await?;
    assert_eq!(
        theirs.post(&format!("/api/conversations/{}/takeover", visitor.id), &json!({})).await?.status,
        404
    );
    assert_eq!(theirs.get(&format!("/api/conversations/{}", visitor.id)).await?.status, 404);
    app.end().await
}
