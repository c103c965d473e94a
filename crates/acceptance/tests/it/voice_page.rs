//! The voice page: hearing a voice before callers do, and whom callers may be connected to.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use std::time::Duration;
use studioconnect_acceptance::TestApp;
use studioconnect_domain::business::Role;
use studioconnect_domain::contact::rung;
use studioconnect_domain::plan::PlanCode;
use studioconnect_simulators::realtime::{RestFault, Route};
use studioconnect_simulators::speech::clip;

const OWNER: &str = "owner@example.com";
const PREVIEW: &str = "/api/agent-config/voice-preview";
const CONTACTS: &str = "/api/transfer-contacts";

/// What the speech route was asked.
fn spoken(app: &TestApp) -> Vec<Value> {
    let requests = app.stage.realtime.rest_requests().into_iter();
    requests.filter(|request| request.route == Route::Speech).map(|request| request.body).collect()
}

/// Row 90. It is the greeting that callers hear, in the voice that is asked for, and a second click costs nothing.
#[tokio::test]
async fn a_voice_says_the_business_s_own_greeting_and_costs_once() -> Result<()> {
    let greeting = clip("greeting").context("no such clip")?;
    let app = TestApp::start_with(|setup| {
        setup.agent.voice_greeting_message = greeting.text.replace("Harbor Light Plumbing", "{businessName}");
    })
    .await?;
    let owner = app.owner().await?;
    let sound = owner.post(PREVIEW, &json!({"voice": "cedar"})).await?;
    assert_eq!((sound.status, sound.kind.as_str()), (200, "audio/wav"), "{}", sound.status);
    let asked = json!({"model": "gpt-4o-mini-tts", "voice": "cedar", "input": greeting.text, "response_format": "wav"});
    assert_eq!(spoken(&app), [asked]);

    // Again at once, twice at the same time, and without naming the voice that is saved.
    let (cedar, marin, saved) = (json!({"voice": "cedar"}), json!({"voice": "marin"}), json!({}));
    let (again, other) = tokio::try_join!(owner.post(PREVIEW, &cedar), owner.post(PREVIEW, &saved))?;
    let (first, second) = tokio::try_join!(owner.post(PREVIEW, &marin), owner.post(PREVIEW, &saved))?;
    assert_eq!([again.status, other.status, first.status, second.status], [200; 4]);
    let voices: Vec<_> = spoken(&app).iter().map(|body| body["voice"].clone()).collect();
    assert_eq!(voices, ["cedar", "marin"], "each voice was spoken once");

    // Other words are another sound.
    app.configure(|config| config.voice_greeting_message = "Hi, {businessName}.".into()).await?;
    owner.post(PREVIEW, &json!({"voice": "cedar"})).await?;
    assert_eq!(spoken(&app)[2]["input"], "Hi, Harbor Light Plumbing.");
    let model = app.stage.server.state.model.as_ref().context("there is a model")?;
    let count = model.rest.counters().of(studioconnect_connectors::openai::rest::Kind::Speech);
    assert!(count.requests == 3 && count.cost_micros > 0, "{count:?}");
    app.end_dirty().await
}

/// Row 90. What can go wrong is said in words that help, and only by those who may choose the voice.
#[tokio::test]
async fn a_preview_that_cannot_be_heard_says_why() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let heard = async |voice: &str| owner.post(PREVIEW, &json!({"voice": voice})).await;
    let unknown = heard("nobody").await?;
    assert_eq!((unknown.status, unknown.problem().as_deref()), (422, Some("invalid")), "{unknown:?}");

    // A custom voice of the phone's, which the model that speaks previews refuses.
    let custom = heard("voice_1234").await?;
    assert_eq!(
        (custom.status, custom.problem().as_deref()),
        (422, Some("voice_not_previewed")),
        "{custom:?}"
    );
    assert_eq!(app.stage.realtime.rest_violations().len(), 1);
    app.stage.realtime.clear_rest_violations();

    for (fault, status, code) in [
        (RestFault::quota_gone(), 502, "preview_off"),
        (RestFault::failing(404), 502, "preview_off"),
        (RestFault::rate_limited("60"), 502, "preview_failed"),
    ] {
        app.stage.realtime.change_rest(|rest| rest.faults = vec![fault.clone().always()]);
        let refused = heard("ash").await?;
        assert_eq!(
            (refused.status, refused.problem().as_deref()),
            (status, Some(code)),
            "{fault:?}: {refused:?}"
        );
        assert!(!refused.body.contains("fault was asked for"), "the server's own words stay inside");
    }
    app.stage.realtime.clear_rest_violations();
    app.stage.realtime.change_rest(|rest| rest.faults.clear());

    let business = app.business.business.id;
    let member = app.join(business, "member@example.com", Role::Member).await?;
    assert_eq!(member.post(PREVIEW, &json!({})).await?.problem().as_deref(), Some("role_refused"));
    app.stage.server.state.store.set_plan(business, PlanCode::Basic).await?;
    assert_eq!(heard("ash").await?.problem().as_deref(), Some("plan_upgrade_required"));
    app.stage.server.state.store.set_plan(business, PlanCode::Pro).await?;

    // Four attempts so far were counted; twenty an hour are enough for anybody.
    let mut answers = Vec::new();
    for turn in 0..17 {
        app.configure(|config| config.voice_greeting_message = format!("Greeting {turn}.")).await?;
        answers.push(heard("ash").await?);
    }
    let last = answers.pop().context("no answer")?;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!((last.status, last.problem().as_deref()), (429, Some("too_many_attempts")), "{last:?}");
    // Other people's clicks do not wait for what one of them was told.
    let broken = app.stage.realtime.rest_violations();
    assert!(broken.iter().all(|violation| violation.code == "came_back_too_early"), "{broken:?}");
    app.stage.realtime.clear_rest_violations();
    app.end_dirty().await
}

/// Row 90. Without script the form leads to the same page, with a player.
#[tokio::test]
async fn without_script_the_page_shows_a_player() -> Result<()> {
    let app = TestApp::start().await?;
    let browser = app.browser_of(OWNER).await?;
    let page = browser.open("/admin/voice").await?;
    assert!(page.body.contains("Hear it") && page.body.contains("<option value=\"marin\" selected>"));
    assert!(page.headers["content-security-policy"].contains("media-src 'self'"));
    let early = browser.open("/admin/voice/preview/ash").await?;
    assert_eq!(early.status, 404, "nothing is spoken because somebody opens an address");
    let seen = browser.submit("/admin/voice/preview", &[("voice", "ash")]).await?;
    assert!(seen.status == 200 && seen.body.contains("src=\"/admin/voice/preview/ash\""), "{}", seen.body);
    let sound = browser.open("/admin/voice/preview/ash").await?;
    assert_eq!((sound.status, sound.headers["content-type"].as_str()), (200, "audio/wav"));
    assert_eq!(sound.headers["accept-ranges"], "bytes");
    assert!(sound.body.starts_with("RIFF"));
    assert_eq!(spoken(&app).len(), 1);
    let rival = app.another_business("rival", PlanCode::Pro).await?;
    let stranger = app.browser_of("rival@example.com").await?;
    assert_eq!(stranger.open("/admin/voice/preview/ash").await?.status, 404, "{:?}", rival.business.id);

    let refused = browser.submit("/admin/voice/preview", &[("voice", "nobody")]).await?;
    assert!(refused.status == 422 && refused.body.contains("class=\"fault\""), "{}", refused.body);
    assert!(refused.body.contains("the voices are alloy"), "which voices there are is said");
    let elsewhere = browser.submit_from_elsewhere("/admin/voice/preview", &[("voice", "ash")]).await?;
    assert_eq!(elsewhere.status, 403);
    app.end_dirty().await
}

/// Row 90. No button that could do nothing.
#[tokio::test]
async fn without_a_model_the_page_says_so_instead_of_showing_a_button() -> Result<()> {
    let app = TestApp::start_with(|setup| {
        setup.variables.push(("OPENAI_BASE_URL", String::new()));
        setup.variables.push(("OPENAI_REALTIME_URL", String::new()));
    })
    .await?;
    let page = app.browser_of(OWNER).await?.open("/admin/voice").await?;
    assert!(page.body.contains("this installation has no model") && !page.body.contains("Hear it"));
    let refused = app.owner().await?.post(PREVIEW, &json!({})).await?;
    assert_eq!((refused.status, refused.problem().as_deref()), (503, Some("no_model")));
    app.end_dirty().await
}

/// Row 90. A server that answers slowly keeps nobody waiting for ever.
#[tokio::test]
async fn a_preview_that_takes_too_long_is_given_up() -> Result<()> {
    let app = TestApp::start().await?;
    app.stage.realtime.change_rest(|rest| rest.faults = vec![RestFault::Silence.always().on(Route::Speech)]);
    let owner = app.owner().await?;
    let answer = tokio::time::timeout(Duration::from_secs(12), owner.post(PREVIEW, &json!({}))).await??;
    assert_eq!((answer.status, answer.problem().as_deref()), (502, Some("preview_failed")), "{answer:?}");
    app.end_dirty().await
}

/// Row 90. The list is kept in order, in normal form, without doubles.
#[tokio::test]
async fn contacts_are_added_changed_moved_and_removed() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let add = async |name: &str, phone: &str| -> Result<Value> {
        let answer = owner.post(CONTACTS, &json!({"name": name, "phone": phone})).await?;
        assert_eq!(answer.status, 201, "{answer:?}");
        Ok(serde_json::from_str(&answer.body)?)
    };
    let sam = add("Sam Porter", "(206) 555-0177").await?;
    assert_eq!(
        (&sam["phone"], &sam["isActive"], &sam["order"]),
        (&json!("+12065550177"), &json!(true), &json!(0))
    );
    let dana = add("Dana Reyes", "+1 206.555.0142").await?;
    let refused = async |body: Value| -> Result<Vec<String>> {
        let answer = owner.post(CONTACTS, &body).await?;
        assert_eq!(answer.status, 422, "{answer:?}");
        let body: Value = serde_json::from_str(&answer.body)?;
        let errors = body["errors"].as_array().context("no errors")?;
        Ok(errors.iter().filter_map(|error| error["field"].as_str().map(str::to_owned)).collect())
    };
    assert_eq!(refused(json!({"name": "", "phone": "12"})).await?, ["phone", "name"], "every fault at once");
    assert_eq!(refused(json!({"name": "Sammy", "phone": "2065550177"})).await?, ["phone"], "twice");
    assert_eq!(refused(json!({"name": "Desk", "phone": "206 555 0100"})).await?, ["phone"], "our own number");
    assert_eq!(refused(json!({"name": "A", "phone": "206 555 0150", "level": 2})).await?, ["level"]);

    let path = format!("{CONTACTS}/{}", dana["id"].as_str().context("no id")?);
    let change = json!({"name": "Dana Reyes", "phone": "206 555 0142", "note": "After six", "isActive": false, "order": 0});
    assert_eq!(owner.put(&path, &change).await?.status, 200);
    let listed = owner.json(CONTACTS).await?;
    let names: Vec<_> =
        listed["items"].as_array().context("no items")?.iter().map(|item| &item["name"]).collect();
    assert_eq!(names, ["Dana Reyes", "Sam Porter"]);
    let stored = app.stage.server.state.store.transfer_contacts(app.business.business.id).await?;
    assert_eq!(rung(&stored).map(|contact| contact.name.as_str()).collect::<Vec<_>>(), ["Sam Porter"]);
    assert_eq!(owner.send("DELETE", &path, None).await?.status, 204);
    assert_eq!(owner.send("DELETE", &path, None).await?.status, 404);
    app.end().await
}

/// Row 90. The same by forms, with what was typed kept when it is refused.
#[tokio::test]
async fn contacts_are_edited_on_the_voice_page() -> Result<()> {
    let app = TestApp::start().await?;
    let browser = app.browser_of(OWNER).await?;
    let form = |name, phone| [("name", name), ("phone", phone), ("note", "After <six>"), ("isActive", "on")];
    let refused = browser.submit("/admin/voice/contacts", &form("Sam Porter", "12")).await?;
    assert!(refused.status == 422 && refused.body.contains("value=\"Sam Porter\""), "{}", refused.body);
    assert!(refused.body.contains("id=\"phone-fault\""));
    for (name, phone) in [("Sam Porter", "206 555 0177"), ("Dana Reyes", "206 555 0142")] {
        let seen = browser.submit("/admin/voice/contacts", &form(name, phone)).await?;
        assert_eq!(seen.at, "/admin/voice?done=added#contacts");
        assert!(seen.body.contains(name) && !seen.body.contains("<six>"), "{}", seen.body);
    }
    let store = &app.stage.server.state.store;
    let list = async || store.transfer_contacts(app.business.business.id).await;
    let dana = list().await?.pop().context("nobody")?;
    let here = format!("/admin/voice/contacts/{}", dana.id);
    assert!(browser.open(&here).await?.body.contains("value=\"+12065550142\""));
    assert_eq!(browser.submit(&format!("{here}/move"), &[("to", "0")]).await?.status, 200);
    assert_eq!(list().await?[0].name, "Dana Reyes");
    let away = [("name", "Dana Reyes"), ("phone", "206 555 0143"), ("note", ""), ("order", "0")];
    assert_eq!(browser.submit(&here, &away).await?.at, "/admin/voice?done=saved#contacts");
    let changed = list().await?.swap_remove(0);
    assert_eq!((changed.phone.as_str(), changed.is_active, changed.id), ("+12065550143", false, dana.id));
    browser.submit(&format!("{here}/remove"), &[]).await?;
    assert_eq!(list().await?.len(), 1);

    let business = app.business.business.id;
    app.join(business, "viewer@example.com", Role::Viewer).await?;
    let reader = app.browser_of("viewer@example.com").await?;
    let page = reader.open("/admin/voice").await?.body;
    assert!(page.contains("Sam Porter") && !page.contains("contact-form") && !page.contains("Hear it"));
    assert_eq!(reader.submit("/admin/voice/contacts", &form("X", "206 555 0160")).await?.status, 403);
    store.set_plan(business, PlanCode::Basic).await?;
    assert_eq!(browser.submit("/admin/voice/contacts", &form("X", "206 555 0160")).await?.status, 403);
    assert!(!browser.open("/admin/voice").await?.body.contains("Sam Porter"));
    app.end().await
}
