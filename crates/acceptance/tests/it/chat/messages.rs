//! One message is one turn, however often and however it is sent.

use super::script::Script;
use anyhow::Result;
use serde_json::{Value, json};
use studioconnect_acceptance::TestApp;

/// Rows 10, 107.
#[tokio::test]
async fn a_message_is_stored_answered_and_shown_to_the_business() -> Result<()> {
    let app = TestApp::start().await?;
    Script::free(&app);
    let visitor = app.visitor().await?;
    let answer = visitor.say("m1", "  Are you open\u{202e} on\0 Saturday? ").await?;
    assert_eq!(
        (&answer["reply"], &answer["by"]),
        (&json!("You said: Are you open on Saturday?"), &json!("RULES"))
    );
    assert_eq!(answer["flow"], json!({"state": "OPEN", "progress": {"answered": 0, "total": 0}}));
    assert_eq!(answer["sources"], json!([{"title": "Hours", "excerpt": "Open from 8."}]));
    let history = visitor.history().await?;
    let told = &history["messages"];
    assert_eq!((&told[1]["id"], &told[1]["clientMessageId"]), (&answer["messageId"], &json!("m1")));
    assert_eq!((&told[2]["id"], &told[2]["seq"]), (&answer["replyId"], &json!(3)));
    assert!(told[1].get("intent").is_none(), "what we think of them is not for visitors: {told}");
    let owner = app.owner().await?;
    let list = owner.json("/api/conversations?q=saturday").await?;
    assert_eq!(list["items"][0]["id"], visitor.id.as_str());
    let whole = owner.json(&format!("/api/conversations/{}", visitor.id)).await?;
    assert_eq!(
        (&whole["intents"], &whole["messages"][1]["intent"]),
        (&json!(["ASK_HOURS"]), &json!("ASK_HOURS"))
    );
    assert_eq!(whole["messages"].as_array().map(Vec::len), Some(3));
    assert!(whole.get("state").is_none(), "what the agent remembers stays with it");
    app.end().await
}

/// Row 107.
#[tokio::test]
async fn the_same_message_again_is_no_second_turn_also_at_the_same_moment() -> Result<()> {
    let app = TestApp::start().await?;
    let script = Script::gated(&app);
    let visitor = app.visitor().await?;
    let mut racing = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let visitor = visitor.clone();
        racing.spawn(async move { visitor.say("m1", "Hello").await });
    }
    script.allow(1);
    script.said(1).await;
    script.let_go();
    let answers = racing.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    let later = visitor.say("m1", "Hello").await?;
    assert_eq!((later, script.turns()), (answers[0].clone(), 1));
    assert_eq!(visitor.lines().await?.len(), 3);
    let next = visitor.say("m2", "Hello").await?;
    assert_ne!(next["messageId"], answers[0]["messageId"]);
    let app = app.restart().await?;
    let script = Script::free(&app);
    let old = visitor.say("m1", "Hello").await?;
    assert_eq!((&old, script.turns()), (&answers[0], 0), "an answer outlives the process");
    app.end().await
}

/// Regressions, chat 8.
#[tokio::test]
async fn turns_wait_for_each_other_and_only_so_many_wait() -> Result<()> {
    let app = TestApp::start().await?;
    let script = Script::gated(&app);
    let visitor = app.visitor().await?;
    let mut waiting = tokio::task::JoinSet::new();
    let mut streams = Vec::new();
    for name in ["m1", "m2"] {
        let mut stream = visitor.say_streaming(name, name).await?;
        assert_eq!(stream.next().await?.unwrap().kind, "accepted");
        streams.push(stream);
    }
    for name in ["m3", "m4"] {
        let visitor = visitor.clone();
        waiting.spawn(async move { visitor.say(name, name).await });
    }
    // Both are stored before they wait; then there is no place for another.
    while visitor.lines().await?.len() < 5 {
        tokio::task::yield_now().await;
    }
    let fifth = visitor.try_to_say("m5", "m5").await?;
    assert_eq!((fifth.status, fifth.problem().as_deref()), (429, Some("too_many_messages")));
    assert_eq!(script.turns(), 1, "one at a time");
    script.let_go();
    for (stream, name) in streams.iter_mut().zip(["m1", "m2"]) {
        let done = stream.until("done").await?;
        assert_eq!(done.data["reply"], format!("You said: {name}"));
    }
    waiting.join_all().await.into_iter().collect::<Result<Vec<Value>>>()?;
    assert_eq!(visitor.say("m5", "m5").await?["reply"], "You said: m5");
    app.end().await
}

#[tokio::test]
async fn what_is_too_long_or_no_message_is_refused_with_its_reason() -> Result<()> {
    let app = TestApp::start().await?;
    Script::free(&app);
    let visitor = app.visitor().await?;
    let body = |text: &str, name: &str| json!({"message": text, "clientMessageId": name}).to_string();
    for (sent, status) in [
        (body("x", "m"), 200),
        (body(&"x".repeat(2_000), "m1"), 200),
        (body(&"é".repeat(2_000), "m2"), 200),
        (body(&"x".repeat(2_001), "m3"), 422),
        (body(&"x".repeat(9_000), "m4"), 413),
        (body("", "m5"), 422),
        (body(" \u{0}\u{202e} ", "m6"), 422),
        (body("x", ""), 422),
        (body("x", &"m".repeat(65)), 422),
        (body("x", "m\n7"), 422),
        ("{\"message\":\"x\"".to_owned(), 400),
        ("[]".to_owned(), 422),
        (json!({"message": "x", "clientMessageId": "m8", "role": "AGENT"}).to_string(), 422),
    ] {
        let answer = visitor.send(sent.clone()).await?;
        assert_eq!(answer.status, status, "{} {}", sent.len(), answer.body);
    }
    assert_eq!(visitor.lines().await?.len(), 1 + 3 * 2);
    app.end().await
}

/// A person who is gone, or whose connection broke, finds the answer all the same.
#[tokio::test]
async fn a_turn_goes_on_when_the_connection_breaks() -> Result<()> {
    let app = TestApp::start().await?;
    let script = Script::gated(&app);
    let visitor = app.visitor().await?;
    let mut stream = visitor.say_streaming("m1", "Hello").await?;
    script.allow(1);
    stream.until("delta").await?;
    drop(stream);
    script.let_go();
    assert_eq!(visitor.say("m1", "Hello").await?["reply"], "You said: Hello");
    assert_eq!((script.turns(), visitor.lines().await?.len()), (1, 3));
    app.end().await
}
