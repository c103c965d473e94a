//! Vectors of documents as their writers see them: what they cost, what was found by them, and what is said when they fail.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use studioconnect_acceptance::{Answer, TestApp};
use studioconnect_simulators::realtime::{RestFault, Route};

fn read(answer: &Answer) -> Result<Value> {
    serde_json::from_str(&answer.body).with_context(|| format!("{answer:?}"))
}

/// Rows 109, 118: what vectors cost stands on the business's day, and trying a question out says when meaning found something.
#[tokio::test]
async fn vectors_are_counted_and_trying_a_question_out_says_what_was_near_in_meaning() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let text = json!({"title": "Parking", "body": "Park behind the house; enter from Pine Street."});
    let added = read(&owner.post("/api/kb", &text).await?)?;
    let path = format!("/api/kb/{}", added["id"].as_str().context("no id")?);
    app.until("the document is embedded", async || {
        Ok(owner.json(&path).await?["embedding"] == json!("READY"))
    })
    .await?;
    let state = &app.stage.server.state;
    let business = &app.business.business;
    let today = state.clock.now().with_timezone(&business.zone()).date_naive();
    let after_saving = state.store.model_use(business.id, today).await?;
    assert_eq!(after_saving.requests, 1);
    assert!(after_saving.input_tokens > 5, "{after_saving:?}");

    let ask = json!({"question": "where can I park behind the house?"});
    let found = read(&owner.post("/api/kb/search", &ask).await?)?;
    assert_eq!(found["items"][0]["vectorRank"], json!(1), "{found}");
    assert!(found["items"][0]["similarity"].as_f64().is_some_and(|near| near > 0.3), "{found}");
    app.until("the question is counted", async || {
        Ok(state.store.model_use(business.id, today).await?.requests == 2)
    })
    .await?;
    let page = app
        .browser_of("owner@example.com")
        .await?
        .open("/admin/knowledge-base?q=parking+behind+the+house")
        .await?;
    assert!(page.body.contains("near in meaning"), "{}", page.body);
    Ok(())
}

/// Row 109: while the model is away a document is found by its words, and says why it is not found by meaning; a button asks again.
#[tokio::test]
async fn a_model_that_is_away_is_told_beside_the_document_and_asked_again_at_a_button() -> Result<()> {
    let app = TestApp::start_with(|setup| {
        setup.realtime.rest.faults = vec![RestFault::failing(401).always().on(Route::Embeddings)];
    })
    .await?;
    let owner = app.owner().await?;
    let text = json!({"title": "Parking", "body": "Park behind the house; enter from Pine Street."});
    let added = read(&owner.post("/api/kb", &text).await?)?;
    let path = format!("/api/kb/{}", added["id"].as_str().context("no id")?);
    let tried = async |times: u64| {
        let seen = owner.json(&path).await?;
        Ok(seen["embeddingTries"] == json!(times) && seen["embedding"] == json!("PENDING"))
    };
    app.until("the model was asked", async || tried(1).await).await?;
    assert_eq!(owner.json(&path).await?["embeddingReason"], "the model's server refused the key");
    let found = read(&owner.post("/api/kb/search", &json!({"question": "where can I park?"})).await?)?;
    assert_eq!((&found["isAnswered"], &found["items"][0]["vectorRank"]), (&json!(true), &Value::Null));

    let browser = app.browser_of("owner@example.com").await?;
    let id = added["id"].as_str().context("no id")?;
    let page = browser.open(&format!("/admin/knowledge-base/{id}")).await?;
    assert!(
        page.body.contains("Waiting: the model") && page.body.contains("refused the key"),
        "{}",
        page.body
    );
    assert!(page.body.contains("Make it found by meaning"));
    let again = owner.send("POST", &format!("{path}/embed"), None).await?;
    assert_eq!(again.status, 200, "{again:?}");
    let again = read(&again)?;
    assert_eq!((&again["embeddingTries"], &again["embeddingReason"]), (&json!(0), &Value::Null));
    app.until("the model was asked once more", async || tried(1).await).await?;
    let asked = browser.submit(&format!("/admin/knowledge-base/{id}/embed"), &[]).await?;
    assert_eq!((asked.status, asked.at.as_str()), (200, "/admin/knowledge-base?done=saved"));
    Ok(())
}

/// Without a model there is nothing to ask again, and it is said so.
#[tokio::test]
async fn without_a_model_documents_are_found_by_words_and_nothing_else_is_promised() -> Result<()> {
    let app = TestApp::start_with(|setup| {
        setup.variables.push(("OPENAI_BASE_URL", "https://api.openai.com/v1".into()));
        setup.variables.push(("OPENAI_REALTIME_URL", "wss://api.openai.com/v1/realtime".into()));
    })
    .await?;
    let owner = app.owner().await?;
    let added =
        read(&owner.post("/api/kb", &json!({"title": "Parking", "body": "Behind the house."})).await?)?;
    let path = format!("/api/kb/{}/embed", added["id"].as_str().context("no id")?);
    let refused = owner.send("POST", &path, None).await?;
    assert_eq!((refused.status, refused.problem().as_deref()), (503, Some("no_model")));
    let found = read(&owner.post("/api/kb/search", &json!({"question": "parking"})).await?)?;
    assert_eq!(found["isAnswered"], json!(true));
    Ok(())
}
