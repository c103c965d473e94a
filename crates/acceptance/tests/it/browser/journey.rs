//! An owner's first day, at a desk and on a phone.

use super::views::{OWNER, lead_call};
use anyhow::{Context as _, Result};
use std::time::Duration;
use studioconnect_acceptance::{Chromium, DESK, PHONE, Size, TestApp};
use studioconnect_domain::lead::LeadStatus;
use studioconnect_simulators::phone::Dial;
use thirtyfour::components::SelectElement;
use thirtyfour::prelude::*;

/// From the moment the call is carried until somebody who looks at the page sees it.
const SHOWN_WITHIN: Duration = Duration::from_secs(2);
const ROW: &str = "#calls tbody tr:first-child";

#[tokio::test]
async fn an_owner_sets_up_and_looks_after_a_call_at_a_desk() -> Result<()> {
    Box::pin(first_day(DESK)).await
}

#[tokio::test]
async fn an_owner_sets_up_and_looks_after_a_call_on_a_phone() -> Result<()> {
    Box::pin(first_day(PHONE)).await
}

async fn first_day(size: Size) -> Result<()> {
    let app = TestApp::start().await?;
    let chromium = app.chromium(size).await?;
    chromium.open("/").await?;
    chromium.until_at("/admin/login").await?;
    chromium.sign_in(OWNER).await?;
    chromium.until_at("/admin/dashboard").await?;
    chromium.until_shown("Set up your receptionist").await?;
    set_greeting(&chromium).await?;
    add_question(&chromium, &app).await?;
    set_hours(&chromium, &app).await?;
    watch_a_call(&chromium, &app).await?;
    look_after_the_lead(&chromium, &app).await?;
    export(&chromium).await?;
    chromium.quit().await?;
    app.end().await
}

async fn set_greeting(chromium: &Chromium) -> Result<()> {
    chromium.click("a[href='/admin/settings#greeting']").await?;
    chromium.until_at("/admin/settings").await?;
    chromium.type_over("#welcomeMessage", "Good day, {businessName} here.").await?;
    chromium.until_shown("Good day, Harbor Light Plumbing here.").await?;
    chromium.click("form[action='/admin/settings/agent'] button").await?;
    chromium.until_at("/admin/settings?done=saved").await?;
    chromium.until_shown("Saved.").await
}

/// A question is added with the Enter key and moved up with Tab and Enter.
async fn add_question(chromium: &Chromium, app: &TestApp) -> Result<()> {
    chromium.click(".places a[href='/admin/lead-questions']").await?;
    chromium.until_at("/admin/lead-questions").await?;
    let text = "How big is the house?";
    chromium.type_over("#questionText", text).await?;
    chromium.press(Key::Enter).await?;
    chromium.until_at("/admin/lead-questions?done=added").await?;
    let places = async || -> Result<Vec<String>> {
        let questions = app.stage.server.state.store.list_questions(app.business.business.id).await?;
        Ok(questions.into_iter().map(|question| question.question_text).collect())
    };
    let before = places().await?;
    assert_eq!(before.last().map(String::as_str), Some(text));
    chromium.tab_to(&format!("[aria-label='Move “{text}” up']")).await?;
    chromium.press(Key::Enter).await?;
    chromium.until_at("/admin/lead-questions?done=moved").await?;
    let after = places().await?;
    assert_eq!(after.iter().rposition(|known| known == text), Some(before.len() - 2));
    Ok(())
}

async fn set_hours(chromium: &Chromium, app: &TestApp) -> Result<()> {
    chromium.open("/admin/settings#hours").await?;
    for day in 0..5 {
        chromium.type_over(&format!("#day{day}"), "8-17").await?;
    }
    chromium.click("form[action='/admin/settings/hours'] button").await?;
    chromium.until_at("/admin/settings?done=saved").await?;
    chromium
        .until("hours are shown in full", "return document.querySelector('#day0').value === '08:00-17:00'")
        .await?;
    let business = app.stage.server.state.store.find_business(app.business.business.id).await?;
    assert!(business.is_some_and(|business| business.hours.are_set()));
    Ok(())
}

/// A call comes and goes while somebody looks at the list; the page is not loaded anew.
async fn watch_a_call(chromium: &Chromium, app: &TestApp) -> Result<()> {
    chromium.click(".places a[href='/admin/calls']").await?;
    chromium.until_at("/admin/calls").await?;
    chromium.run("window.isTheSame = true", Vec::new()).await?;
    let call = app.stage.network.dial(Dial { speed: 2.0, ..app.dial(lead_call())? });
    let phone = app.stage.server.state.phone.as_ref().context("the phone is off")?;
    app.until("the call is carried", async || Ok(phone.switchboard.count().0 == 1)).await?;
    let state = |text: &str| {
        format!("return window.isTheSame && document.querySelector('{ROW} .tag')?.textContent === '{text}'")
    };
    chromium.until_within(SHOWN_WITHIN, "the call is on the line", &state("On the line")).await?;
    chromium.until_shown("1 on the line").await?;
    app.finish(call).await?;
    chromium.until_within(SHOWN_WITHIN, "what came of the call", &state("Lead")).await?;
    chromium.until("nothing is on the line", "return !document.body.innerText.includes('on the line')").await
}

async fn look_after_the_lead(chromium: &Chromium, app: &TestApp) -> Result<()> {
    chromium.click(&format!("{ROW} a")).await?;
    chromium.until_shown("What was said").await?;
    chromium.click("a[href^='/admin/leads/']").await?;
    chromium.until_at("/admin/leads/").await?;
    chromium.until_shown("The kitchen tap is leaking").await?;
    chromium.type_over("#text", "They are at home after six.").await?;
    chromium.click("form[action$='/notes'] button").await?;
    chromium.until_shown("They are at home after six.").await?;
    SelectElement::new(&chromium.find("#status").await?).await?.select_by_value("CONTACTED").await?;
    SelectElement::new(&chromium.find("#assignedTo").await?).await?.select_by_index(1).await?;
    chromium.run("document.querySelector('.notice')?.remove()", Vec::new()).await?;
    chromium.click("#status ~ button, form:has(#status) button").await?;
    chromium
        .until("saved is said", "return document.querySelector('.notice p')?.textContent === 'Saved.'")
        .await?;
    let leads = app.stage.server.state.store.recent_leads(app.business.business.id, 2, None).await?;
    let handling = &leads.first().context("the lead is gone")?.handling;
    assert_eq!(handling.status, LeadStatus::Contacted);
    assert_eq!(handling.assigned_to, Some(app.business.owner));
    Ok(())
}

async fn export(chromium: &Chromium) -> Result<()> {
    chromium.click(".places a[href='/admin/leads']").await?;
    chromium.until_at("/admin/leads").await?;
    let script = "const done = arguments[0]; fetch(document.querySelector('a[download]').href).then(async (answer) => \
        done(`${answer.status} ${answer.headers.get('content-type')} ${await answer.text()}`));";
    let answer = chromium.run_and_wait(script, Vec::new()).await?;
    let answer = answer.as_str().unwrap_or_default();
    assert!(answer.starts_with("200 text/csv") && answer.contains("Dana Reyes"), "{answer}");
    Ok(())
}
