//! Two people edit the same thing: the second is told what the first has made of it, and what they typed is still there.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use studioconnect_acceptance::{Person, TestApp};
use studioconnect_domain::ids::LeadId;
use studioconnect_domain::lead::{Completeness, Lead};

const OWNER: &str = "owner@example.com";

async fn stored_lead(app: &TestApp) -> Result<LeadId> {
    let state = &app.stage.server.state;
    let call = studioconnect_domain::call::Call::ringing(
        app.business.business.id,
        "CA00000000000000000000000000004001",
        "+12065550142",
        "+12065550100",
        state.clock.now(),
    );
    let call = state.store.insert_call(&call).await?;
    let lead = Lead::of_call(call.business_id, call.id, None, state.clock.now());
    let lead = Lead { completeness: Completeness::Complete, name: Some("Dana Reyes".into()), ..lead };
    Ok(state.store.put_lead(&lead).await?.id)
}

async fn made(person: &Person, path: &str, body: Value) -> Result<Value> {
    let answer = person.post(path, &body).await?;
    anyhow::ensure!(answer.status == 201, "{path}: {answer:?}");
    Ok(serde_json::from_str(&answer.body)?)
}

/// The first change is made, the second is refused with what the first has made of it; the same on top of that is made.
async fn second_is_told(
    person: &Person,
    (method, path): (&str, &str),
    version: &Value,
    [first, second]: [Value; 2],
) -> Result<Value> {
    let with = |change: &Value, version: &Value| {
        let mut change = change.clone();
        change["version"] = version.clone();
        change
    };
    let done = person.send(method, path, Some(&with(&first, version))).await?;
    assert_eq!(done.status, 200, "{path}: {done:?}");
    let refused = person.send(method, path, Some(&with(&second, version))).await?;
    assert_eq!((refused.status, refused.problem().as_deref()), (409, Some("overtaken")), "{path}");
    let problem: Value = serde_json::from_str(&refused.body)?;
    let current = problem["current"].clone();
    assert_eq!(current, serde_json::from_str::<Value>(&done.body)?, "{path}: as it is read");
    let now = current.pointer("/handling/version").unwrap_or(&current["version"]);
    let again = person.send(method, path, Some(&with(&second, now))).await?;
    assert_eq!(again.status, 200, "{path}: {again:?}");
    Ok(current)
}

/// Row 13: a program gets the present form with the refusal, and need not ask for it.
#[tokio::test]
async fn a_refusal_carries_what_somebody_else_has_made_of_it() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let config = owner.json("/api/agent-config").await?;
    let names = [json!({"agentName": "Ada"}), json!({"agentName": "Eve"})];
    let current = second_is_told(&owner, ("POST", "/api/agent-config"), &config["version"], names).await?;
    assert_eq!(current["agentName"], "Ada");

    let business = owner.json("/api/business").await?;
    let names = [json!({"website": "https://one.example.com"}), json!({"address": "12 Harbor Street"})];
    second_is_told(&owner, ("PUT", "/api/business"), &business["version"], names).await?;

    let question = made(&owner, "/api/lead-questions", json!({"questionText": "What is it about?"})).await?;
    let path = format!("/api/lead-questions/{}", question["id"].as_str().context("no id")?);
    let texts = [json!({"questionText": "What happened?"}), json!({"questionText": "What broke?"})];
    second_is_told(&owner, ("PUT", &path), &question["version"], texts).await?;
    let whatever = owner.put(&path, &json!({"questionText": "What else?"})).await?;
    assert_eq!(whatever.status, 200, "without a version whatever is there is changed");

    let client = made(&owner, "/api/client", json!({"name": "Dana Reyes"})).await?;
    let path = format!("/api/client/{}", client["id"].as_str().context("no id")?);
    let names = [json!({"name": "Dana R."}), json!({"name": "D. Reyes"})];
    second_is_told(&owner, ("PUT", &path), &client["version"], names).await?;

    let path = format!("/api/leads/{}", stored_lead(&app).await?);
    let states = [json!({"status": "WON"}), json!({"status": "LOST"})];
    second_is_told(&owner, ("PATCH", &path), &json!(0), states).await?;
    app.end().await
}

/// Rows 17 and 20: beside each field stands what it is now, in the field what was typed; saved again, it is kept.
#[tokio::test]
async fn a_form_that_was_overtaken_shows_both_and_is_saved_at_the_second_try() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let browser = app.browser_of(OWNER).await?;

    let version = browser.open("/admin/settings").await?.hidden("version")?;
    assert_eq!(owner.post("/api/agent-config", &json!({"agentName": "Ada"})).await?.status, 200);
    let agent = |version| [("version", version), ("agentName", "Eve"), ("language", "en")];
    let seen = browser.submit("/admin/settings/agent", &agent(&version)).await?;
    assert!(seen.status == 422 && seen.body.contains("it is “Ada” now"), "{}", seen.body);
    assert!(seen.body.contains("value=\"Eve\""), "what was typed is still there");
    let seen = browser.submit("/admin/settings/agent", &agent(&seen.hidden("version")?)).await?;
    assert_eq!(seen.at, "/admin/settings?done=saved", "{}", seen.body);

    let business = owner.json("/api/business").await?;
    let change = json!({"version": business["version"], "hours": {"week": [[{"from": "08:00", "to": "12:00"}], [], [], [], [], [], []], "holidays": []}});
    let changed = owner.put("/api/business", &change).await?;
    assert_eq!(changed.status, 200, "{changed:?}");
    let stale = business["version"].to_string();
    let hours = [("version", stale.as_str()), ("day0", "09:00-17:00"), ("day1", ""), ("holidays", "")];
    let seen = browser.submit("/admin/settings/hours", &hours).await?;
    assert!(seen.status == 422 && seen.body.contains("it is “08:00-12:00” now"), "{}", seen.body);
    assert!(seen.body.contains("value=\"09:00-17:00\""));
    let place =
        [("version", stale.as_str()), ("name", "Harbor Light"), ("timezone", "UTC"), ("region", "US")];
    let seen = browser.submit("/admin/settings/business", &place).await?;
    assert!(seen.status == 422 && seen.body.contains("value=\"Harbor Light\""), "{}", seen.body);
    assert!(seen.body.contains("somebody else has changed this"), "{}", seen.body);

    let question = made(&owner, "/api/lead-questions", json!({"questionText": "What is it about?"})).await?;
    let id = question["id"].as_str().context("no id")?;
    let path = format!("/admin/lead-questions/{id}");
    let version = browser.open(&path).await?.hidden("version")?;
    let other = json!({"questionText": "What happened?", "isRequired": true});
    assert_eq!(owner.put(&format!("/api/lead-questions/{id}"), &other).await?.status, 200);
    let typed = |version| [("version", version), ("questionText", "What broke?"), ("expectedFormat", "TEXT")];
    let seen = browser.submit(&path, &typed(&version)).await?;
    assert!(seen.status == 422 && seen.body.contains("it is “What happened?” now"), "{}", seen.body);
    assert!(seen.body.contains("it is “ticked” now") && seen.body.contains("value=\"What broke?\""));
    let seen = browser.submit(&path, &typed(&seen.hidden("version")?)).await?;
    assert_eq!(seen.at, "/admin/lead-questions?done=saved", "{}", seen.body);
    app.end().await
}

/// Rows 5 and 108: the same for leads and clients, with people by their names.
#[tokio::test]
async fn leads_and_clients_that_were_changed_meanwhile_show_both() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let browser = app.browser_of(OWNER).await?;
    let lead = stored_lead(&app).await?;
    let given = json!({"status": "WON", "assignedTo": app.business.owner});
    assert_eq!(owner.patch(&format!("/api/leads/{lead}"), &given).await?.status, 200);
    let path = format!("/admin/leads/{lead}");
    let seen = browser.submit(&path, &[("version", "0"), ("status", "LOST"), ("assignedTo", "")]).await?;
    assert!(seen.status == 422 && seen.body.contains("it is “Won” now"), "{}", seen.body);
    assert!(seen.body.contains("it is “owner@example.com” now"), "{}", seen.body);
    assert!(seen.body.contains("<option value=\"LOST\" selected>"), "what was chosen is still there");
    let form = [("version", &*seen.hidden("version")?), ("status", "LOST"), ("assignedTo", "")];
    let seen = browser.submit(&path, &form).await?;
    assert!(seen.at.starts_with(&format!("{path}?done=saved")), "{}", seen.at);

    let client = made(&owner, "/api/client", json!({"name": "Dana Reyes", "notes": "Rings early."})).await?;
    let id = client["id"].as_str().context("no id")?;
    let other = json!({"version": 0, "name": "Dana Reyes", "notes": "Rings late."});
    assert_eq!(owner.put(&format!("/api/client/{id}"), &other).await?.status, 200);
    let path = format!("/admin/clients/{id}");
    let form = |version| [("version", version), ("name", "Dana Reyes"), ("notes", "Never rings.")];
    let seen = browser.submit(&path, &form("0")).await?;
    assert!(seen.status == 422 && seen.body.contains("it is “Rings late.” now"), "{}", seen.body);
    assert!(seen.body.contains(">Never rings.</textarea>"));
    let seen = browser.submit(&path, &form(&seen.hidden("version")?)).await?;
    assert_eq!(seen.at, "/admin/clients?done=saved", "{}", seen.body);
    app.end().await
}
