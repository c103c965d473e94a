//! A chat that is over, run again from what was recorded of it.

use anyhow::{Context as _, Result};
use serde_json::json;
use studioconnect_acceptance::TestApp;
use studioconnect_assistant::recording::replay;
use studioconnect_simulators::realtime::{Brain, RealtimeSettings, RestFault, Route, Rule};

/// Row 8. With a model that saves an answer, one that is away for a turn, and settings that change in between, the turns lead
/// to the same conversation again; a turn that was tampered with does not.
#[tokio::test]
async fn a_chat_leads_to_the_same_conversation_again() -> Result<()> {
    let app = TestApp::start_with(|setup| {
        let saving = Rule::heard("everyone calls me Dee", "")
            .calling("save_answer", json!({"question": "q1", "answer": "Dee Reyes"}))
            .then_say("Thank you, Dee. Which number can we call?");
        setup.realtime = RealtimeSettings::with_brain(Brain::Script(vec![saving]));
        setup.realtime.rest.faults = vec![RestFault::failing(503).first(2).on(Route::Chat)];
    })
    .await?;
    let visitor = app.visitor().await?;
    let store = &app.stage.server.state.store;
    let business = app.business.business.id;
    visitor.say("m1", "My kitchen tap is leaking").await?;
    visitor.say("m2", "everyone calls me Dee").await?;
    let mut config = store.agent_config(business).await?;
    config.agent_name = "Robin".into();
    store.set_agent_config(business, &config).await?;
    visitor.say("m3", "206 555 0142").await?;
    let answer = visitor.say("m4", "12 Harbor Street, Portland").await?;

    let talk = visitor.id.parse()?;
    let turns = store.recorded_turns(business, talk).await?;
    let again = replay(turns.iter().map(String::as_str))?;
    assert_eq!((again.steps.len(), again.diverged_at), (4, None));
    let lead = answer["leadId"].as_str().context("no lead")?.parse()?;
    let stored = store.find_lead(business, lead).await?.context("the lead is gone")?;
    let replayed = again.conversation.lead().context("no lead again")?;
    assert_eq!((&replayed.answers, &replayed.phone), (&stored.answers, &stored.phone));
    assert!(again.steps.iter().any(|step| !step.turn.calls.is_empty()), "the model saved nothing");
    let settings = turns.iter().filter(|turn| turn.contains("\"surroundings\"")).count();
    assert_eq!(settings, 2, "the settings stand where they changed, and nowhere else");

    let tampered: Vec<String> = turns.iter().map(|turn| turn.replace("Portland", "Salem")).collect();
    assert_eq!(replay(tampered.iter().map(String::as_str))?.diverged_at, Some(3));
    app.end().await
}
