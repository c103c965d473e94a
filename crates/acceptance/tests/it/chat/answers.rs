//! The receptionist in the chat, as visitors meet it: with a model, without one, and with one that fails in mid-sentence.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use studioconnect_acceptance::{Setup, TestApp, Visitor};
use studioconnect_simulators::realtime::{Brain, RestFault, Route, Rule};

/// A visitor who wants a plumber, and mistypes the number first.
const LEAD: [(&str, &str); 6] = [
    ("Hello, my kitchen tap is leaking and I need a plumber", "What is your name?"),
    ("Dana Reyes", "Which number can we reach you on?"),
    ("206 555", "Which number can we reach you on?"),
    ("206 555 0142", "What is the address?"),
    ("12 Harbor Street, Portland", "everything I need"),
    ("Thanks, bye", "Goodbye"),
];

fn without_model(setup: &mut Setup) {
    setup.realtime.rest.faults = vec![RestFault::failing(503).always().on(Route::Chat)];
}

async fn lead_of(app: &TestApp, id: &str) -> Result<Value> {
    app.owner().await?.json(&format!("/api/leads/{id}")).await
}

async fn tells(visitor: &Visitor, lines: &[(&str, &str)]) -> Result<Vec<Value>> {
    let mut answers = Vec::new();
    for (at, (line, part)) in lines.iter().enumerate() {
        let answer = visitor.say(&format!("m{at}"), line).await?;
        let reply = answer["reply"].as_str().context("no reply")?;
        assert!(reply.contains(part), "{line:?} was answered {reply:?}");
        answers.push(answer);
    }
    Ok(answers)
}

/// Rows 8, 10, 107. Everything works without a model, and says where an answer is from.
#[tokio::test]
async fn rules_alone_answer_with_sources_and_complete_a_lead() -> Result<()> {
    let app = TestApp::start_with(without_model).await?;
    let owner = app.owner().await?;
    let entry = json!({"kind": "QA", "title": "Do you mend boilers?", "body": "Yes, boilers of all makes."});
    owner.post("/api/kb", &entry).await?;
    let visitor = app.visitor().await?;
    let known = visitor.say("k", "do you mend boilers").await?;
    assert!(known["reply"].as_str().is_some_and(|reply| reply.contains("boilers of all makes")), "{known}");
    assert_eq!(known["sources"][0]["title"], "Do you mend boilers?");
    let unknown = visitor.say("u", "Do you rent out bicycles?").await?;
    assert!(unknown["reply"].as_str().is_some_and(|reply| reply.contains("no information about that")));
    assert_eq!(unknown["quickReplies"].as_array().map(Vec::len), Some(2));
    let gaps = owner.json("/api/kb/gaps").await?;
    assert_eq!(gaps["items"][0]["question"], "Do you rent out bicycles?", "{gaps}");

    let visitor = app.visitor().await?;
    let answers = tells(&visitor, &LEAD).await?;
    assert!(answers.iter().all(|answer| answer["by"] == "RULES"));
    assert_eq!(answers[1]["flow"]["question"]["format"], "PHONE");
    assert_eq!(answers[4]["flow"]["state"], "DONE");
    let lead = lead_of(&app, answers[4]["leadId"].as_str().context("no lead")?).await?;
    for (field, value) in [
        ("channel", "CHAT"),
        ("completeness", "COMPLETE"),
        ("name", "Dana Reyes"),
        ("phone", "+12065550142"),
        ("address", "12 Harbor Street, Portland"),
        ("message", "Hello, my kitchen tap is leaking and I need a plumber"),
    ] {
        assert_eq!(lead[field], value, "{field}");
    }
    app.end().await
}

/// Row 54. What each turn and the whole were about is stored.
#[tokio::test]
async fn each_turn_has_its_intent_and_the_conversation_its_topic() -> Result<()> {
    let app = TestApp::start_with(without_model).await?;
    let visitor = app.visitor().await?;
    tells(&visitor, &LEAD[..2]).await?;
    let whole = app.owner().await?.json(&format!("/api/conversations/{}", visitor.id)).await?;
    let intents: Vec<&Value> =
        whole["messages"].as_array().into_iter().flatten().map(|line| &line["intent"]).collect();
    assert_eq!(intents[1], "PROBLEM", "{whole}");
    assert!(whole["messages"][1]["confidence"].as_f64().is_some_and(|sure| sure > 0.3));
    assert!(whole["intents"].as_array().is_some_and(|intents| intents.contains(&json!("PROBLEM"))));
    app.end().await
}

/// Issue 4. With the model's line cut in the middle of an answer, the visitor gets the rules' answer in its place, and the lead
/// is complete. That it comes at once follows from the order of events: nothing is asked of the model again.
#[tokio::test]
async fn a_model_that_dies_in_mid_answer_is_replaced_by_the_rules_and_the_lead_is_complete() -> Result<()> {
    for fault in [RestFault::CutMidStream, RestFault::ErrorMidStream, RestFault::NoEnd] {
        let app = TestApp::start_with(|setup| {
            setup.realtime.rest.brain = Brain::Script(vec![Rule::otherwise(
                "I would gladly tell you a very long story about that, which goes on and on.",
            )]);
            setup.realtime.rest.faults = vec![fault.clone().always().on(Route::Chat)];
        })
        .await?;
        let visitor = app.visitor().await?;
        let mut lead = Value::Null;
        for (at, (line, part)) in LEAD.iter().enumerate() {
            let mut stream = visitor.say_streaming(&format!("m{at}"), line).await?;
            let heard = stream.rest().await?;
            let kinds: Vec<&str> = heard.iter().map(|event| event.kind.as_str()).collect();
            let done = &heard.last().context("nothing was heard")?.data;
            assert!(done["reply"].as_str().is_some_and(|reply| reply.contains(part)), "{line}: {done}");
            assert_eq!(done["by"], "RULES");
            if kinds.contains(&"delta") {
                assert!(kinds.contains(&"reset"), "{kinds:?}: what was heard of the model is void");
            }
            lead = done["leadId"].clone();
        }
        let lead = lead_of(&app, lead.as_str().context("no lead")?).await?;
        assert_eq!(
            (&lead["completeness"], &lead["name"]),
            (&json!("COMPLETE"), &json!("Dana Reyes")),
            "{fault:?}"
        );
        app.end().await?;
    }
    Ok(())
}

/// Row 118. A model words the rules' next move, saves what they did not understand, and is counted.
#[tokio::test]
async fn a_model_words_the_reply_and_saves_what_the_rules_missed() -> Result<()> {
    let app = TestApp::start_with(|setup| {
        setup.realtime.rest.brain = Brain::Script(vec![
            Rule::heard("they call me", "")
                .calling("save_answer", json!({"question": "q1", "answer": "Red Dana"}))
                .then_say("Nice to meet you, Red Dana. Which number can we reach you on?"),
            Rule::otherwise("Sure. What is your name, please?"),
        ]);
    })
    .await?;
    let visitor = app.visitor().await?;
    let first = visitor.say("m1", "please call me back about a boiler").await?;
    assert_eq!(
        (&first["by"], &first["reply"]),
        (&json!("MODEL"), &json!("Sure. What is your name, please?"))
    );
    let mut stream = visitor.say_streaming("m2", "people in town, they call me red dana?").await?;
    let heard = stream.rest().await?;
    let done = &heard.last().context("nothing")?.data;
    assert_eq!(done["by"], "MODEL", "{done}");
    assert_eq!(done["flow"]["question"]["format"], "PHONE", "{done}");
    let streamed: String = heard
        .iter()
        .filter(|event| event.kind == "delta")
        .filter_map(|event| event.data["text"].as_str())
        .collect();
    assert_eq!(streamed, done["reply"].as_str().unwrap_or_default());
    let lead = lead_of(&app, done["leadId"].as_str().context("no lead")?).await?;
    assert_eq!(lead["name"], "Red Dana");
    let state = &app.stage.server.state;
    let today = state.clock.now().with_timezone(&app.business.business.zone()).date_naive();
    let spent = state.store.model_use(app.business.business.id, today).await?;
    assert!(spent.requests == 3 && spent.cost_micros > 0, "{spent:?}");
    app.end().await
}

/// Row 118. A model that names a price nobody wrote down is not believed; one without money is not asked.
#[tokio::test]
async fn an_invented_price_and_a_spent_budget_lead_to_the_rules() -> Result<()> {
    let app = TestApp::start_with(|setup| {
        let invented = Rule::otherwise("A new boiler costs exactly $777 with us.");
        setup.realtime.rest.brain = Brain::Script(vec![invented]);
        setup.agent.chat_budget_cents = 1;
    })
    .await?;
    let visitor = app.visitor().await?;
    let answer = visitor.say("m1", "How much is a new boiler?").await?;
    assert_eq!(answer["by"], "RULES");
    assert!(!answer["reply"].as_str().unwrap_or_default().contains("777"), "{answer}");
    let state = &app.stage.server.state;
    let business = app.business.business.id;
    let today = state.clock.now().with_timezone(&app.business.business.zone()).date_naive();
    let before = state.store.model_use(business, today).await?;
    let rest =
        studioconnect_store::ModelUse { cost_micros: 10_000, ..studioconnect_store::ModelUse::default() };
    state.store.add_model_use(business, today, &rest).await?;
    visitor.say("m2", "And a used one?").await?;
    let after = state.store.model_use(business, today).await?;
    assert_eq!(after.requests, before.requests, "nothing was asked of the model");
    app.end().await
}
