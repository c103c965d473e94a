//! A plan is one table: API, pages and phone say the same of each feature on each plan.

use anyhow::Result;
use serde_json::{Value, json};
use studioconnect_acceptance::{Person, TestApp};
use studioconnect_domain::plan::{Feature, Plan, PlanCode};

async fn on(app: &TestApp, code: PlanCode) -> Result<()> {
    Ok(app.stage.server.state.store.set_plan(app.business.business.id, code).await?)
}

/// Whether a request is taken, or refused because of the plan; anything else is a failure.
async fn is_taken(person: &Person, method: &str, path: &str, body: Option<&Value>) -> Result<bool> {
    let answer = person.send(method, path, body).await?;
    if answer.problem().as_deref() == Some("plan_upgrade_required") {
        assert_eq!(answer.status, 403);
        return Ok(false);
    }
    anyhow::ensure!((200..300).contains(&answer.status), "{method} {path}: {answer:?}");
    Ok(true)
}

/// Rows 5, 9, 63, 65, 66, 67, 68.
#[tokio::test]
async fn api_pages_and_phone_agree_on_what_each_plan_includes() -> Result<()> {
    let app = TestApp::start().await?;
    let (owner, browser) = (app.owner().await?, app.browser_of("owner@example.com").await?);
    for (number, code) in PlanCode::ALL.into_iter().enumerate() {
        on(&app, code).await?;
        let plan = Plan::built_in(code);
        let answer = owner.json("/api/plan").await?;
        let page = browser.open("/admin/plan").await?.body;
        for feature in Feature::ALL {
            let told =
                answer["features"].as_array().unwrap().iter().find(|told| told["feature"] == json!(feature));
            assert_eq!(told.unwrap()["isIncluded"], plan.includes(*feature), "{feature:?} on {code}");
            assert!(page.contains(feature.title()), "{feature:?} is not on the page of plans");
        }
        assert_eq!(answer["questionLimit"], json!(plan.question_limit));

        // What the API takes, the page shows, and the other way round.
        let clients = plan.includes(Feature::Clients);
        assert_eq!(is_taken(&owner, "GET", "/api/client", None).await?, clients, "{code}");
        assert_eq!(browser.open("/admin/clients").await?.status, if clients { 200 } else { 403 }, "{code}");
        let voices = ["cedar", "ash", "coral"];
        let voice = json!({"voice": voices[number]});
        let may_choose = plan.includes(Feature::VoiceConfiguration);
        assert_eq!(is_taken(&owner, "POST", "/api/agent-config", Some(&voice)).await?, may_choose, "{code}");
        assert_eq!(
            browser.open("/admin/voice").await?.body.contains("Save voice settings"),
            may_choose,
            "{code}"
        );
        let vad = json!({"vad": {"threshold": 0.3 + number as f64 / 10.0}});
        let may_tune = plan.includes(Feature::VoiceActivityDetection);
        assert_eq!(is_taken(&owner, "POST", "/api/agent-config", Some(&vad)).await?, may_tune, "{code}");
        // Nobody needs a plan for a name and a greeting.
        let name = json!({"agentName": format!("Mia {number}"), "welcomeMessage": "Hello."});
        assert!(is_taken(&owner, "POST", "/api/agent-config", Some(&name)).await?, "{code}");
        let watches = plan.includes(Feature::WebsocketMonitoring);
        assert_eq!(
            browser.open("/admin/websockets").await?.status,
            if watches { 200 } else { 403 },
            "{code}"
        );

        let sid = format!("CA00000000000000000000000000000a0{number}");
        let twiml = app.post("/api/voice/inbound", &app.form(&sid, &[])).await?.body;
        assert_eq!(
            twiml.contains("<Connect>"),
            plan.includes(Feature::RealtimeVoiceAgent),
            "{code}: {twiml}"
        );
        assert_eq!(twiml.contains("<Record"), !plan.includes(Feature::RealtimeVoiceAgent), "{code}: {twiml}");
    }
    app.end_dirty().await
}

/// Row 64.
#[tokio::test]
async fn the_sixth_question_is_refused_on_free_and_a_downgraded_business_asks_its_first_five() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let question = json!({"questionText": "How big is the house?"});
    for _ in 0..3 {
        assert_eq!(owner.post("/api/lead-questions", &question).await?.status, 201);
    }
    on(&app, PlanCode::Free).await?;
    let list = owner.json("/api/lead-questions").await?;
    assert_eq!((list["items"].as_array().unwrap().len(), &list["limit"]), (7, &json!(5)), "none is lost");
    let refused = owner.post("/api/lead-questions", &question).await?;
    assert_eq!(refused.problem().as_deref(), Some("plan_upgrade_required"));
    assert!(refused.body.contains("The plan asks 5 questions"), "{}", refused.body);
    let store = &app.stage.server.state.store;
    let number = studioconnect_domain::phone::PhoneNumber::read("+12065550100", "US")?;
    assert_eq!(store.find_business_by_number(&number).await?.unwrap().questions.len(), 5);
    let browser = app.browser_of("owner@example.com").await?;
    let page = browser.open("/admin/lead-questions").await?.body;
    assert_eq!(page.matches("not asked in your plan").count(), 2);
    assert!(
        page.contains("5 of 7 are asked")
            && page.contains("See the plans")
            && !page.contains("Add a question")
    );
    app.end().await
}

/// Row 104: unknown fields are refused, known ones come back as they were sent.
#[tokio::test]
async fn agent_settings_round_trip_and_unknown_ones_are_refused_by_name() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let mut sent = owner.json("/api/agent-config").await?;
    sent["agentName"] = json!("Ada");
    sent["vad"]["type"] = json!("semantic_vad");
    sent["vad"]["eagerness"] = json!("low");
    sent["interruptionDelayMs"] = json!(200);
    assert_eq!(owner.post("/api/agent-config", &sent).await?.status, 200);
    let read = owner.json("/api/agent-config").await?;
    sent["version"] = json!(sent["version"].as_u64().unwrap() + 1);
    assert_eq!(read, sent);
    let refused = owner
        .post("/api/agent-config", &json!({"agentNam": "x", "voice": "darth", "vad": {"typ": 1}}))
        .await?;
    let problem: Value = serde_json::from_str(&refused.body)?;
    let fields: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|fault| fault["field"].clone()).collect();
    assert_eq!((refused.status, fields), (422, vec![json!("agentNam"), json!("vad.typ")]));
    let stale = owner.post("/api/agent-config", &json!({"agentName": "Eve", "version": 0})).await?;
    assert_eq!((stale.status, stale.problem().as_deref()), (409, Some("overtaken")));
    app.end().await
}

/// Row 103: the dashboard's figures are those of the rows.
#[tokio::test]
async fn the_day_at_a_glance_counts_rows_of_its_own_business() -> Result<()> {
    use studioconnect_simulators::phone::Step;
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let before = owner.json("/api/admin/dashboard").await?;
    assert_eq!(
        (&before["callsToday"], &before["leadsToday"], &before["newLeads"]),
        (&json!(0), &json!(0), &json!(0))
    );
    let done = |day: &Value, step: &str| {
        day["checklist"].as_array().unwrap().iter().find(|own| own["step"] == step).unwrap()["isDone"].clone()
    };
    assert_eq!(
        (done(&before, "number"), done(&before, "first_call"), done(&before, "hours")),
        (json!(true), json!(false), json!(false))
    );
    let steps = [
        Step::wait_for_agent(300),
        Step::wait_quiet(500),
        Step::SayClip("caller-leak".into()),
        Step::wait_for_agent(300),
        Step::HangUp,
    ];
    let lead = app.fast_call(3.0, steps).await?.lead.unwrap();
    app.fast_call(3.0, [Step::wait_for_agent(300), Step::HangUp]).await?;
    let after = owner.json("/api/admin/dashboard").await?;
    assert_eq!(
        (&after["callsToday"], &after["leadsToday"], &after["newLeads"]),
        (&json!(2), &json!(1), &json!(1))
    );
    assert_eq!((&after["waiting"][0]["id"], done(&after, "first_call")), (&json!(lead.id), json!(true)));
    let change = json!({"status": "CONTACTED", "assignedTo": app.business.owner});
    assert_eq!(owner.patch(&format!("/api/leads/{}", lead.id), &change).await?.status, 200);
    let later = owner.json("/api/admin/dashboard").await?;
    assert_eq!((&later["leadsToday"], &later["newLeads"]), (&json!(1), &json!(0)));
    app.another_business("rival", PlanCode::Pro).await?;
    let theirs = app.sign_in("rival@example.com").await?.json("/api/admin/dashboard").await?;
    assert_eq!((&theirs["callsToday"], &theirs["waiting"]), (&json!(0), &json!([])));
    app.end().await
}
