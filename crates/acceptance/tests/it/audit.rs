//! Who changed what, when and from where: kept with each change, and read by admins alone.

use anyhow::Result;
use serde_json::{Value, json};
use studioconnect_acceptance::TestApp;
use studioconnect_domain::business::Role;
use studioconnect_domain::plan::PlanCode;

const OWNER: &str = "owner@example.com";

/// Row 148: each change stands in the list with its person, its address, and what was before.
#[tokio::test]
async fn changes_are_listed_with_who_from_where_and_what_was_before() -> Result<()> {
    let app = TestApp::start().await?;
    let business = app.business.business.id;
    let owner = app.owner().await?;
    let admin = app.join(business, "admin@example.com", Role::Admin).await?;
    let before = owner.json("/api/agent-config").await?["agentName"].clone();
    assert_eq!(
        admin.post("/api/agent-config", &json!({"agentName": "Ada", "temperature": 0.7})).await?.status,
        200
    );
    let client = owner.post("/api/client", &json!({"name": "Dana Reyes"})).await?;
    assert_eq!(client.status, 201, "{client:?}");

    let list = owner.json("/api/audit").await?;
    let [added, changed] = &list["items"].as_array().unwrap()[..2] else { panic!("{list}") };
    let client: Value = serde_json::from_str(&client.body)?;
    assert_eq!((&added["action"], &added["about"]), (&json!("client.added"), &client["id"]));
    assert_eq!((&added["user"], &added["name"]), (&json!(app.business.owner), &json!(OWNER)));
    assert_eq!(
        (&changed["action"], &changed["name"]),
        (&json!("agent_config.changed"), &json!("admin@example.com"))
    );
    assert_eq!(changed["address"], "127.0.0.1");
    let name = json!({"field": "agentName", "from": before, "to": "Ada"});
    assert!(changed["fields"].as_array().unwrap().contains(&name), "{changed}");
    assert!(!list.to_string().contains("Dana Reyes"), "the log is no second copy of people's data");

    let one = owner.json("/api/audit?limit=1").await?;
    let next =
        owner.json(&format!("/api/audit?limit=1&cursor={}", one["nextCursor"].as_str().unwrap())).await?;
    assert_eq!((&one["items"][0], &next["items"][0]), (added, changed));
    for (query, count) in [
        (format!("user={}", app.business.owner), 1),
        ("action=agent_config.changed".to_owned(), 1),
        (format!("user={}&action=agent_config.changed", app.business.owner), 0),
        ("since=2999-01-01T00:00:00Z".to_owned(), 0),
    ] {
        let found = owner.json(&format!("/api/audit?{query}")).await?;
        assert_eq!(found["items"].as_array().map(Vec::len), Some(count), "{query}: {found}");
    }
    assert_eq!(owner.get("/api/audit?user=me").await?.status, 422);
    app.end().await
}

/// Rows 1 and 13: neither other businesses nor members without the right see it; the page shows the same in words.
#[tokio::test]
async fn the_log_is_for_the_business_s_admins_and_its_page_says_it_in_words() -> Result<()> {
    let app = TestApp::start().await?;
    let business = app.business.business.id;
    app.another_business("rival", PlanCode::Pro).await?;
    let owner = app.owner().await?;
    let browser = app.browser_of(OWNER).await?;
    let seen = browser.open("/admin/audit").await?;
    assert!(seen.status == 200 && seen.body.contains("Nobody has changed anything yet"), "{}", seen.body);
    let config = json!({"agentName": "<b>Ada</b>", "personaPrompt": "x".repeat(3_000)});
    assert_eq!(owner.post("/api/agent-config", &config).await?.status, 200);

    let seen = browser.open("/admin/audit?action=agent_config.changed").await?;
    for words in
        ["settings changed", "owner@example.com", "127.0.0.1", "<ins>&#60;b&#62;Ada&#60;/b&#62;</ins>"]
    {
        assert!(seen.body.contains(words), "{words}: {}", seen.body);
    }
    assert!(!seen.body.contains(&"x".repeat(300)), "long texts are cut");
    assert!(browser.open("/admin/audit?action=plan.changed").await?.body.contains("No change is like that"));
    assert!(browser.open("/admin/team").await?.body.contains("href=\"/admin/audit\""));

    let rival = app.sign_in("rival@example.com").await?;
    assert_eq!(rival.json("/api/audit").await?["items"], json!([]));
    let member = app.join(business, "member@example.com", Role::Member).await?;
    let refused = member.get("/api/audit").await?;
    assert_eq!((refused.status, refused.problem().as_deref()), (403, Some("role_refused")));
    let member = app.browser_of("member@example.com").await?;
    assert_eq!(member.open("/admin/audit").await?.status, 403);
    assert!(!member.open("/admin/team").await?.body.contains("href=\"/admin/audit\""));
    app.end().await
}
