//! An owner's first day: at a desk and on a phone, by keyboard alone, and without script.

use super::views::{OWNER, lead_call};
use anyhow::{Context as _, Result};
use std::time::Duration;
use studioconnect_acceptance::{Chromium, DESK, PASSWORD, PHONE, Size, TestApp};
use studioconnect_domain::lead::LeadStatus;
use studioconnect_simulators::phone::Dial;
use thirtyfour::components::SelectElement;
use thirtyfour::prelude::*;

/// From the moment the call is carried until somebody who looks at the page sees it.
const SHOWN_WITHIN: Duration = Duration::from_secs(2);
const ROW: &str = "#calls tbody tr:first-child";

#[tokio::test]
async fn an_owner_sets_up_and_looks_after_a_call_at_a_desk() -> Result<()> {
    Box::pin(first_day(DESK, Hands::Mouse)).await
}

#[tokio::test]
async fn an_owner_sets_up_and_looks_after_a_call_on_a_phone() -> Result<()> {
    Box::pin(first_day(PHONE, Hands::Mouse)).await
}

/// Row 18.
#[tokio::test]
async fn an_owner_sets_up_and_looks_after_a_call_by_keyboard_alone() -> Result<()> {
    Box::pin(first_day(DESK, Hands::Keyboard)).await
}

/// Row 17.
#[tokio::test]
async fn an_owner_sets_up_and_looks_after_a_call_without_script() -> Result<()> {
    Box::pin(first_day(PHONE, Hands::NoScript)).await
}

/// How somebody uses a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hands {
    Mouse,
    Keyboard,
    /// With a mouse, in a browser that runs no script.
    NoScript,
}

/// Somebody in front of a browser.
struct Owner {
    chromium: Chromium,
    hands: Hands,
}

impl Owner {
    /// Follows a link, or presses a button.
    async fn go(&self, css: &str) -> Result<()> {
        if self.hands != Hands::Keyboard {
            return self.chromium.click(css).await;
        }
        self.chromium.tab_to(css).await?;
        self.chromium.press(Key::Enter).await
    }

    /// Writes into a field instead of what stands in it.
    async fn write(&self, css: &str, text: &str) -> Result<()> {
        if self.hands != Hands::Keyboard {
            return self.chromium.type_over(css, text).await;
        }
        self.chromium.tab_to(css).await?;
        self.chromium.press_with(Key::Control, "a").await?;
        self.chromium.press(text).await
    }

    /// Chooses from a list; by keyboard one writes the beginning of what is chosen.
    async fn choose(&self, css: &str, shown: &str) -> Result<()> {
        if self.hands == Hands::Keyboard {
            self.chromium.tab_to(css).await?;
            return self.chromium.press(shown).await;
        }
        Ok(SelectElement::new(&self.chromium.find(css).await?).await?.select_by_exact_text(shown).await?)
    }
}

async fn first_day(size: Size, hands: Hands) -> Result<()> {
    let app = TestApp::start().await?;
    let chromium = app.chromium(size).await?;
    if hands == Hands::NoScript {
        chromium.turn_script_off().await?;
    }
    chromium.open("/").await?;
    chromium.until_at("/admin/login").await?;
    let owner = Owner { chromium, hands };
    owner.write("#email", OWNER).await?;
    owner.write("#password", PASSWORD).await?;
    owner.go("form.stack button").await?;
    owner.chromium.until_at("/admin/dashboard").await?;
    owner.chromium.until_shown("Set up your receptionist").await?;
    set_greeting(&owner).await?;
    add_question(&owner, &app).await?;
    set_hours(&owner, &app).await?;
    watch_a_call(&owner, &app).await?;
    look_after_the_lead(&owner, &app).await?;
    export(&owner).await?;
    let has_script = owner.chromium.run("return !!document.querySelector('.go-to')", Vec::new()).await?;
    assert_eq!(has_script, hands != Hands::NoScript, "what only script adds is there, or is not");
    owner.chromium.quit().await?;
    app.end().await
}

async fn set_greeting(owner: &Owner) -> Result<()> {
    let chromium = &owner.chromium;
    owner.go("a[href='/admin/settings#greeting']").await?;
    chromium.until_at("/admin/settings").await?;
    owner.write("#welcomeMessage", "Good day, {businessName} here.").await?;
    if owner.hands != Hands::NoScript {
        chromium.until_shown("Good day, Harbor Light Plumbing here.").await?;
    }
    owner.go("form[action='/admin/settings/agent'] button").await?;
    chromium.until_at("/admin/settings?done=saved").await?;
    chromium.until_shown("Saved.").await?;
    chromium.until_shown("Good day, Harbor Light Plumbing here.").await
}

/// A question is added with the Enter key, and moved up.
async fn add_question(owner: &Owner, app: &TestApp) -> Result<()> {
    let chromium = &owner.chromium;
    owner.go(".places a[href='/admin/lead-questions']").await?;
    chromium.until_at("/admin/lead-questions").await?;
    let text = "How big is the house?";
    owner.write("#questionText", text).await?;
    chromium.press(Key::Enter).await?;
    chromium.until_at("/admin/lead-questions?done=added").await?;
    let places = async || -> Result<Vec<String>> {
        let questions = app.stage.server.state.store.list_questions(app.business.business.id).await?;
        Ok(questions.into_iter().map(|question| question.question_text).collect())
    };
    let before = places().await?;
    assert_eq!(before.last().map(String::as_str), Some(text));
    owner.go(&format!("[aria-label='Move “{text}” up']")).await?;
    chromium.until_at("/admin/lead-questions?done=moved").await?;
    let after = places().await?;
    assert_eq!(after.iter().rposition(|known| known == text), Some(before.len() - 2));
    Ok(())
}

async fn set_hours(owner: &Owner, app: &TestApp) -> Result<()> {
    let chromium = &owner.chromium;
    owner.go(".places a[href='/admin/settings']").await?;
    chromium.until_at("/admin/settings").await?;
    for day in 0..5 {
        owner.write(&format!("#day{day}"), "8-17").await?;
    }
    owner.go("form[action='/admin/settings/hours'] button").await?;
    chromium.until_at("/admin/settings?done=saved").await?;
    chromium
        .until("hours are shown in full", "return document.querySelector('#day0').value === '08:00-17:00'")
        .await?;
    let business = app.stage.server.state.store.find_business(app.business.business.id).await?;
    assert!(business.is_some_and(|business| business.hours.are_set()));
    Ok(())
}

/// A call comes and goes while somebody looks at the list; the page is not loaded anew. Without script, it is.
async fn watch_a_call(owner: &Owner, app: &TestApp) -> Result<()> {
    let chromium = &owner.chromium;
    owner.go(".places a[href='/admin/calls']").await?;
    chromium.until_at("/admin/calls").await?;
    chromium.run("window.isTheSame = true", Vec::new()).await?;
    let call = app.stage.network.dial(Dial { speed: 2.0, ..app.dial(lead_call())? });
    let phone = app.stage.server.state.phone.as_ref().context("the phone is off")?;
    app.until("the call is carried", async || Ok(phone.switchboard.count().0 == 1)).await?;
    if owner.hands == Hands::NoScript {
        app.finish(call).await?;
        let shows = async || {
            chromium.open("/admin/calls").await?;
            let tag = format!("return document.querySelector('{ROW} .tag')?.textContent");
            Ok(chromium.run(&tag, Vec::new()).await? == "Lead")
        };
        return app.until("the page, asked again, shows what came of the call", shows).await;
    }
    let state = |text: &str| {
        format!("return window.isTheSame && document.querySelector('{ROW} .tag')?.textContent === '{text}'")
    };
    chromium.until_within(SHOWN_WITHIN, "the call is on the line", &state("On the line")).await?;
    chromium.until_shown("1 on the line").await?;
    app.finish(call).await?;
    chromium.until_within(SHOWN_WITHIN, "what came of the call", &state("Lead")).await?;
    chromium.until("nothing is on the line", "return !document.body.innerText.includes('on the line')").await
}

async fn look_after_the_lead(owner: &Owner, app: &TestApp) -> Result<()> {
    let chromium = &owner.chromium;
    owner.go(&format!("{ROW} a")).await?;
    chromium.until_shown("What was said").await?;
    owner.go("main a[href^='/admin/leads/']").await?;
    chromium.until_at("/admin/leads/").await?;
    chromium.until_shown("The kitchen tap is leaking").await?;
    owner.write("#text", "They are at home after six.").await?;
    owner.go("form[action$='/notes'] button").await?;
    chromium.until_shown("They are at home after six.").await?;
    chromium
        .until("added is said", "return document.querySelector('.notice p')?.textContent === 'Added.'")
        .await?;
    owner.choose("#status", "Contacted").await?;
    owner.choose("#assignedTo", OWNER).await?;
    owner.go("form:has(#status) button").await?;
    chromium
        .until("saved is said", "return document.querySelector('.notice p')?.textContent === 'Saved.'")
        .await?;
    let leads = app.stage.server.state.store.recent_leads(app.business.business.id, 2, None).await?;
    let handling = &leads.first().context("the lead is gone")?.handling;
    assert_eq!(handling.status, LeadStatus::Contacted);
    assert_eq!(handling.assigned_to, Some(app.business.owner));
    Ok(())
}

async fn export(owner: &Owner) -> Result<()> {
    let chromium = &owner.chromium;
    owner.go(".places a[href='/admin/leads']").await?;
    chromium.until_at("/admin/leads").await?;
    let script = "const done = arguments[0]; fetch(document.querySelector('a[download]').href).then(async (answer) => \
        done(`${answer.status} ${answer.headers.get('content-type')} ${await answer.text()}`));";
    let answer = chromium.run_and_wait(script, Vec::new()).await?;
    let answer = answer.as_str().unwrap_or_default();
    assert!(answer.starts_with("200 text/csv") && answer.contains("Dana Reyes"), "{answer}");
    Ok(())
}
