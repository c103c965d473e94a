//! How much a visitor may say.

use super::script::Script;
use anyhow::Result;
use reqwest::header::{ORIGIN, RETRY_AFTER};
use serde_json::json;
use studioconnect_acceptance::TestApp;

/// Issue 4, bad input; regressions, chat 8.
#[tokio::test]
async fn of_thirty_messages_at_once_most_are_told_to_wait_and_an_emergency_is_let_through() -> Result<()> {
    let app = TestApp::start().await?;
    Script::free(&app);
    let visitor = app.visitor().await?;
    let mut statuses = Vec::new();
    for at in 0..30 {
        statuses.push(visitor.try_to_say(&format!("m{at}"), "hello").await?.status);
    }
    let refused = statuses.iter().filter(|status| **status == 429).count();
    assert!(statuses[..10].iter().all(|status| *status == 200) && refused >= 5, "{statuses:?}");
    let client = reqwest::Client::builder().no_proxy().build()?;
    let request = client.post(app.stage.url(&format!("/api/chat/{}/message", visitor.id))?);
    let body = json!({"message": "hello", "clientMessageId": "late"}).to_string();
    let mut late = None;
    // A place may have come free since; the next is not.
    for at in 0..20 {
        let body = body.replace("late", &format!("late{at}"));
        let request =
            request.try_clone().unwrap().header(ORIGIN, &visitor.origin).bearer_auth(&visitor.token);
        let answer = request.body(body).send().await?;
        if answer.status() == 429 {
            late = Some(answer);
            break;
        }
    }
    let late = late.expect("it goes on for ever");
    assert_eq!(late.headers()[RETRY_AFTER], "1");
    let urgent = visitor.say("urgent", "Emergency! The pipe burst and the kitchen is full of water").await?;
    assert!(urgent["reply"].as_str().unwrap().contains("Emergency"));
    let repeat = visitor.say("m0", "hello").await?;
    assert_eq!(repeat["reply"], "You said: hello", "what was answered before costs nothing");
    app.end().await
}

#[tokio::test]
async fn one_address_begins_only_so_many_conversations() -> Result<()> {
    let app = TestApp::start().await?;
    let body = json!({"key": app.business.business.widget_key});
    let origin = app.own_origin();
    let mut refused = 0;
    for _ in 0..30 {
        let answer = app.begin(Some(&origin), &body).await?;
        assert!(matches!(answer.status, 200 | 429), "{answer:?}");
        refused += usize::from(answer.status == 429);
    }
    assert!((5..=10).contains(&refused), "{refused}");
    let empty = app.owner().await?.json("/api/conversations").await?;
    assert_eq!(empty["items"], json!([]), "a conversation in which nothing was said is in no list");
    app.end().await
}
