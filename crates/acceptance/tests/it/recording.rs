//! The message that a caller left is listened to from the page of its call, by whoever may read the call.

use anyhow::{Context as _, Result};
use studioconnect_acceptance::{DESK, TestApp, steps};
use studioconnect_domain::plan::PlanCode;
use studioconnect_simulators::phone::Step;
use thirtyfour::prelude::*;

const OWNER: &str = "owner@example.com";
/// A call whose caller leaves a message, on a plan without a receptionist.
async fn message(app: &TestApp) -> Result<String> {
    let steps = vec![
        Step::wait_for_agent(300),
        Step::WaitQuiet { ms: 1_500, timeout_ms: 60_000 },
        Step::SayClip("caller-phone".into()),
        Step::WaitHangup { timeout_ms: 30_000 },
    ];
    let call = app.fast_call(4.0, steps).await?.call.id;
    let found = async || {
        let lead = app.stage.server.state.store.find_lead_of_call(app.business.business.id, call).await?;
        Ok(lead.is_some_and(|lead| lead.recording_url.is_some()))
    };
    app.until("the message is kept", found).await?;
    Ok(call.to_string())
}

#[tokio::test]
async fn a_message_is_heard_by_its_business_alone_in_parts_or_as_a_whole() -> Result<()> {
    let app = TestApp::start_with(|setup| setup.plan = PlanCode::Free).await?;
    let call = message(&app).await?;
    let path = format!("/api/calls/{call}/recording");
    let owner = app.owner().await?;
    let whole = owner.get(&path).await?;
    assert_eq!((whole.status, whole.kind.as_str(), whole.body.get(..4)), (200, "audio/wav", Some("RIFF")));
    let part = async |range: &str| owner.send_bytes("GET", &path, &[("Range", range)], "").await;
    let found = part("bytes=0-3").await?;
    assert_eq!((found.status, found.body.as_str()), (206, "RIFF"));
    assert_eq!(part("bytes=8-11").await?.body, "WAVE");
    let none = part("bytes=99999999-").await?;
    assert_eq!((none.status, none.problem().as_deref()), (416, Some("range_refused")));

    app.another_business("oak", PlanCode::Pro).await?;
    let stranger = app.sign_in("oak@example.com").await?;
    assert_eq!(stranger.get(&path).await?.status, 404);
    assert_eq!(app.nobody()?.get(&path).await?.status, 401);
    let seen = app.browser_of(OWNER).await?.open(&format!("/admin/calls/{call}")).await?;
    assert!(seen.body.contains(&format!("src=\"{path}\"")), "{}", seen.body);
    let network = app.stage.config.twilio.as_ref().context("no account")?.api_base_url.to_string();
    for path in ["/api/leads", &format!("/api/calls/{call}")] {
        let told = owner.get(path).await?.body;
        assert!(told.contains("message") && !told.contains("Recordings"), "{path}: {told}");
    }
    assert!(!seen.body.contains(network.trim_end_matches('/')), "no address of the network's is in the page");
    app.end().await
}

#[tokio::test]
async fn a_message_plays_in_a_browser() -> Result<()> {
    let app = TestApp::start_with(|setup| setup.plan = PlanCode::Free).await?;
    let call = message(&app).await?;
    let chromium = app.chromium_of(OWNER, DESK).await?;
    chromium.open(&format!("/admin/calls/{call}")).await?;
    // Nothing sounds before somebody wants it to.
    chromium.tab_to("audio").await?;
    chromium.press(Key::Space).await?;
    let plays = "const audio = document.querySelector('audio'); \
        return audio.currentTime > 0 && audio.duration > 1 && audio.duration < 180;";
    chromium.until("the message is heard", plays).await?;
    chromium.quit().await?;
    app.end().await
}

#[tokio::test]
async fn a_call_without_a_message_says_that_there_is_no_recording() -> Result<()> {
    let app = TestApp::start().await?;
    let said = [steps::listen(), steps::ask("caller-leak"), vec![Step::HangUp]].concat();
    let call = app.fast_call(3.0, said).await?.call.id;
    let seen = app.browser_of(OWNER).await?.open(&format!("/admin/calls/{call}")).await?;
    assert!(seen.body.contains("Conversations are kept as words") && !seen.body.contains("<audio"));
    let none = app.owner().await?.get(&format!("/api/calls/{call}/recording")).await?;
    assert_eq!((none.status, none.problem().as_deref()), (404, Some("not_found")));
    app.end().await
}
