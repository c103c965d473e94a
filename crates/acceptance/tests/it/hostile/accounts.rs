//! What is tried to get into somebody's account.

use super::OWNER;
use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use studioconnect_acceptance::{Browser, PASSWORD, TestApp};
use studioconnect_domain::business::Role;
use studioconnect_domain::plan::PlanCode;

fn mails_to(app: &TestApp, email: &str) -> Result<Vec<String>> {
    let folder = app.stage.config.data_dir.join("mail");
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut mails: Vec<_> = std::fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    mails.sort_by_key(std::fs::DirEntry::file_name);
    let mails = mails.iter().map(|mail| std::fs::read_to_string(mail.path()));
    let to = format!("To: {email}");
    Ok(mails.collect::<std::io::Result<Vec<_>>>()?.into_iter().filter(|mail| mail.contains(&to)).collect())
}

fn newest_token(app: &TestApp, email: &str, page: &str) -> Result<String> {
    let mail = mails_to(app, email)?.pop().context("no mail")?;
    let mail = mail.replace("=\r\n", "").replace("=3D", "=");
    let (_, rest) = mail.split_once(&format!("{page}?token=")).context("no link")?;
    Ok(rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect())
}

/// Whoever finds the link of an invitation is not signed in as somebody who has an account already.
#[tokio::test]
async fn an_invitation_signs_nobody_in_who_has_an_account() -> Result<()> {
    let app = TestApp::start().await?;
    app.another_business("rival", PlanCode::Pro).await?;
    let rival = app.sign_in("rival@example.com").await?;
    let sent = rival.post("/api/team/invitations", &json!({"email": OWNER, "role": "VIEWER"})).await?;
    assert_eq!(sent.status, 201, "{sent:?}");
    let token = newest_token(&app, OWNER, "/admin/invitation")?;
    let thief = app.browser()?;
    let seen = thief
        .submit("/admin/invitation", &[("token", &token), ("name", "x"), ("password", "any password")])
        .await?;
    assert!(seen.at.starts_with("/admin/login"), "led to {}", seen.at);
    assert_eq!((thief.cookie("sc_access"), thief.cookie("sc_refresh")), (None, None));
    let me = app.owner().await?.json("/api/auth/me").await?;
    assert_eq!(me["businesses"].as_array().map(Vec::len), Some(2), "they may enter all the same");
    app.end().await
}

/// A request that renews the session on the way must not lose the new refresh token, or the browser is a thief to us later.
#[tokio::test]
async fn a_browser_whose_token_ran_out_keeps_the_renewed_one_whatever_it_asks() -> Result<()> {
    let app = TestApp::start().await?;
    let other = app.another_business("acme", PlanCode::Pro).await?;
    let state = &app.stage.server.state;
    let (there, now) = (other.business.id, state.clock.now());
    state.store.put_membership(there, app.business.owner, Role::Viewer, now).await?;
    let browser = app.browser_of(OWNER).await?;
    for step in ["switch", "refresh", "me"] {
        let before = browser.cookie("sc_refresh");
        browser.set_cookie("sc_access", None);
        let seen = match step {
            "switch" => browser.submit("/admin/switch", &[("business", &there.to_string())]).await?,
            "refresh" => browser.post_json("/api/auth/refresh", &[], &json!({})).await?,
            _ => browser.open("/api/auth/me").await?,
        };
        assert_eq!(seen.status, 200, "{step}: {}", seen.body);
        assert_ne!(browser.cookie("sc_refresh"), before, "{step} lost the new refresh token");
        let me: Value = serde_json::from_str(&browser.open("/api/auth/me").await?.body)?;
        assert_eq!(me["businessName"], "acme", "{step}: still in the business it was switched to");
    }
    app.end().await
}

/// A program without cookies stays in the business it went to, or it would write into another.
#[tokio::test]
async fn whoever_switched_is_still_there_after_a_renewal() -> Result<()> {
    let app = TestApp::start().await?;
    let other = app.another_business("acme", PlanCode::Pro).await?;
    let state = &app.stage.server.state;
    let (there, now) = (other.business.id, state.clock.now());
    state.store.put_membership(there, app.business.owner, Role::Viewer, now).await?;
    let owner = app.owner().await?;
    assert_eq!(owner.post("/api/auth/business", &json!({"businessId": there})).await?.status, 200);
    let renew = async |token: &str| {
        let answer = app.nobody()?.post("/api/auth/refresh", &json!({"refreshToken": token})).await?;
        anyhow::Ok(serde_json::from_str::<Value>(&answer.body)?)
    };
    let renewed = renew(owner.refresh.as_deref().context("no token")?).await?;
    assert_eq!(renewed["user"]["businessId"], json!(there), "{renewed}");
    // Removed there, they are home again.
    assert!(state.store.remove_member(there, app.business.owner).await?);
    let renewed = renew(renewed["refreshToken"].as_str().context("no token")?).await?;
    assert_eq!(renewed["user"]["businessId"], json!(app.business.business.id), "{renewed}");
    app.end().await
}

/// Row 102: one account is one account, however its address is written.
#[tokio::test]
async fn other_spellings_of_a_mail_address_do_not_buy_more_attempts() -> Result<()> {
    let app = TestApp::start().await?;
    let nobody = app.nobody()?;
    let mut statuses = Vec::new();
    for number in 0..8 {
        let email = format!("{}Owner@example.com{}", " ".repeat(number % 3), "\0".repeat(number));
        let wrong = json!({"email": email, "password": "wrong-password"});
        statuses.push(nobody.post("/api/login", &wrong).await?.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
    app.end().await
}

/// Row 102: somebody who has a session does not try passwords at will either.
#[tokio::test]
async fn a_stolen_session_does_not_find_the_password_by_trying() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let mut statuses = Vec::new();
    for number in 0..8 {
        let tried = json!({"current": format!("password {number}"), "next": "another password"});
        statuses.push(owner.post("/api/auth/password", &tried).await?.status);
    }
    assert!(statuses[..4] == [422; 4] && statuses.contains(&429), "{statuses:?}");
    app.end().await
}

async fn forgotten(browser: &Browser, email: &str) -> Result<u16> {
    Ok(browser.submit("/admin/forgotten", &[("email", email)]).await?.status)
}

/// A stranger who asks for links again and again neither floods a mailbox nor guesses one.
#[tokio::test]
async fn links_for_a_new_password_are_few_and_end_with_a_new_password() -> Result<()> {
    let app = TestApp::start().await?;
    let browser = app.browser()?;
    for number in 0..12 {
        let email = format!("owner@example.com{}", "\0".repeat(number));
        assert_eq!(forgotten(&browser, &email).await?, 200);
    }
    // Mails go out in turn: once a later one is there, so are those before.
    app.another_business("rival", PlanCode::Pro).await?;
    assert_eq!(forgotten(&browser, "rival@example.com").await?, 200);
    let until = Instant::now() + Duration::from_secs(5);
    while mails_to(&app, "rival@example.com")?.is_empty() && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let count = mails_to(&app, OWNER)?.len();
    assert!((1..=5).contains(&count), "{count} mails");
    let token = newest_token(&app, OWNER, "/admin/password")?;
    let owner = app.owner().await?;
    let change = json!({"current": PASSWORD, "next": "another password"});
    assert_eq!(owner.post("/api/auth/password", &change).await?.status, 204);
    let late = browser.submit("/admin/password", &[("token", &token), ("password", "a third one")]).await?;
    assert_eq!(late.status, 410, "a link mailed before the change is good for nothing");
    app.end().await
}
