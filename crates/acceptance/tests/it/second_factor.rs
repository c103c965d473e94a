//! The second factor: set up on a page, asked for at each sign-in, and given up again.

use anyhow::{Context as _, Result};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha1::Sha1;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use studioconnect_acceptance::{Answer, Browser, PASSWORD, Seen, TestApp};
use studioconnect_domain::business::Role;

const OWNER: &str = "owner@example.com";
const PAGE: &str = "/admin/account/second-factor";
const ON: &str = "/admin/account/second-factor/on";
const CODES: &str = "/admin/account/second-factor/codes";
const OFF: &str = "/admin/account/second-factor/off";

/// Somebody's authenticator app. It reads the key as a person types it, and makes codes by a way of its own.
struct App(Vec<u8>);

impl App {
    fn with(text: &str) -> Self {
        let digit = |c: char| "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(c).unwrap();
        let bits = text.chars().map(|c| format!("{:05b}", digit(c))).collect::<Vec<_>>().concat();
        let bytes = bits.as_bytes().chunks_exact(8);
        Self(bytes.map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap()).collect())
    }

    /// The code of a step before or after this one. Shortly before the next step it waits for that, as the step would
    /// otherwise change on the way to the server.
    async fn code(&self, steps: i64) -> String {
        let mut now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        if now.as_secs() % 30 >= 27 {
            tokio::time::sleep(Duration::from_millis(3_050)).await;
            now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        }
        let step = i64::try_from(now.as_secs() / 30).unwrap() + steps;
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.0).unwrap();
        mac.update(&step.to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let at = usize::from(hash[19] & 15);
        let word = u32::from_be_bytes([hash[at], hash[at + 1], hash[at + 2], hash[at + 3]]);
        format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split_once(end).map(|(found, _)| found)
}

/// Switches it on with the code of the step before; returns the app and the recovery codes.
async fn set_up(browser: &Browser) -> Result<(App, Vec<String>)> {
    let page = browser.open(PAGE).await?;
    let key = between(&page.body, "<code>", "</code>").context("no key")?;
    assert!(
        page.body.contains("<svg ") && page.body.contains("otpauth://totp/StudioConnect:owner%40example.com")
    );
    assert!(!page.body.contains("style=\""), "the policy of the pages forbids it");
    let app = App::with(key);
    let offer = page.hidden("offer")?;
    let wrong = browser.submit(ON, &[("offer", &offer), ("code", "000000x")]).await?;
    assert!(wrong.status == 422 && wrong.body.contains(key), "{}", wrong.body);
    let code = app.code(-1).await;
    let seen = browser.submit(ON, &[("offer", &offer), ("code", &code)]).await?;
    assert_eq!(seen.status, 200, "{}", seen.body);
    let codes = codes_in(&seen.body);
    assert_eq!(codes.len(), 10);
    Ok((app, codes))
}

fn codes_in(page: &str) -> Vec<String> {
    page.split("<code>").skip(1).filter_map(|part| part.split('<').next()).map(str::to_owned).collect()
}

/// Row 102.
#[tokio::test]
async fn new_recovery_codes_take_password_and_code_and_end_the_old_ones() -> Result<()> {
    let app = TestApp::start().await?;
    let browser = app.browser_of(OWNER).await?;
    let seen = browser.submit(CODES, &[("password", PASSWORD), ("code", "123456")]).await?;
    assert_eq!(seen.at, PAGE, "there is nothing to renew");
    let (phone, old) = set_up(&browser).await?;
    for (password, code, words) in [
        (PASSWORD, "no-such-code", "The code is not right"),
        ("wrong-password", old[0].as_str(), "this is not your password"),
    ] {
        let refused = browser.submit(CODES, &[("password", password), ("code", code)]).await?;
        assert!(refused.status == 422 && refused.body.contains(words), "{}", refused.body);
        assert_eq!(codes_in(&refused.body), [""; 0]);
    }
    assert!(
        browser.open(PAGE).await?.body.contains("9 recovery codes left"),
        "the one that was shown is used up"
    );
    let code = phone.code(0).await;
    let seen = browser.submit(CODES, &[("password", PASSWORD), ("code", &code)]).await?;
    let new = codes_in(&seen.body);
    assert!(new.len() == 10 && new.iter().all(|code| !old.contains(code)), "{new:?}");
    assert_eq!(login(&app, Some(&old[1])).await?.status, 401, "an old one is good for nothing");
    assert_eq!(login(&app, Some(&new[0])).await?.status, 200);
    let store = &app.stage.server.state.store;
    let noted = store.changes(app.business.business.id, 1, None).await?.remove(0);
    assert_eq!(
        (noted.action.as_str(), noted.user),
        ("second_factor.codes_renewed", Some(app.business.owner))
    );
    app.end().await
}

async fn login(app: &TestApp, code: Option<&str>) -> Result<Answer> {
    let mut body = json!({"email": OWNER, "password": PASSWORD});
    if let Some(code) = code {
        body["code"] = code.into();
    }
    app.nobody()?.post("/api/login", &body).await
}

#[tokio::test]
async fn after_the_password_a_code_is_asked_for_and_taken_once() -> Result<()> {
    let app = TestApp::start().await?;
    let browser = app.browser_of(OWNER).await?;
    let (phone, recovery) = set_up(&browser).await?;
    let user = app.stage.server.state.store.find_user(app.business.owner).await?.unwrap();
    assert!(user.second_factor.unwrap().starts_with("v1:"), "sealed");

    let answer = login(&app, None).await?;
    assert_eq!((answer.status, answer.problem().as_deref()), (401, Some("second_factor_required")));
    let wrong_password = json!({"email": OWNER, "password": "wrong-password", "code": phone.code(0).await});
    let answer = app.nobody()?.post("/api/login", &wrong_password).await?;
    assert_eq!(answer.problem().as_deref(), Some("wrong_credentials"), "nobody learns that there is a code");
    let before = phone.code(-1).await;
    assert_eq!(
        login(&app, Some(&before)).await?.problem().as_deref(),
        Some("wrong_second_factor"),
        "used to set up"
    );
    let code = phone.code(0).await;
    assert_eq!(login(&app, Some(&code)).await?.status, 200);
    assert_eq!(login(&app, Some(&code)).await?.problem().as_deref(), Some("wrong_second_factor"), "used");
    assert_eq!(login(&app, Some(&recovery[0])).await?.status, 200);
    assert_eq!(login(&app, Some(&recovery[0])).await?.status, 401, "used up");
    assert_eq!(login(&app, Some(&recovery[1].to_uppercase().replace('-', " "))).await?.status, 200);
    assert!(browser.open(PAGE).await?.body.contains("8 recovery codes left"));
    app.end().await
}

async fn first_step(browser: &Browser) -> Result<Seen> {
    let form = [("email", OWNER), ("password", PASSWORD), ("next", "/admin/leads")];
    browser.submit("/admin/login", &form).await
}

#[tokio::test]
async fn the_page_asks_in_a_second_step_without_the_password() -> Result<()> {
    let app = TestApp::start().await?;
    let (phone, _) = set_up(&app.browser_of(OWNER).await?).await?;
    let browser = app.browser()?;
    let step = first_step(&browser).await?;
    assert!(step.body.contains("One more step") && !step.body.contains(PASSWORD), "{}", step.body);
    assert_eq!(browser.cookie("sc_access"), None, "not signed in yet");
    let (ticket, next) = (step.hidden("ticket")?, step.hidden("next")?);
    let wrong = browser.submit("/admin/login/code", &[("ticket", &ticket), ("code", "12345")]).await?;
    assert!(wrong.status == 401 && wrong.body.contains("The code is not right"), "{}", wrong.body);
    let code = phone.code(0).await;
    for damaged in ["", "v1:x:y", &ticket[..ticket.len() - 4]] {
        let seen = browser.submit("/admin/login/code", &[("ticket", damaged), ("code", &code)]).await?;
        assert!(seen.status == 401 && seen.body.contains("sign in again"), "{}", seen.body);
    }
    let form = [("ticket", ticket.as_str()), ("next", &next), ("code", &code)];
    assert_eq!(browser.submit("/admin/login/code", &form).await?.at, "/admin/leads");
    assert!(browser.cookie("sc_access").is_some());
    let again = app.browser()?.submit("/admin/login/code", &form).await?;
    assert_eq!(again.status, 401, "a page that was seen by somebody else signs in nobody");

    let ticket = first_step(&app.browser()?).await?.hidden("ticket")?;
    let change = [("current", PASSWORD), ("next", "another-password")];
    assert_eq!(browser.submit("/admin/account/password", &change).await?.status, 200);
    let code = phone.code(1).await;
    let late = app.browser()?.submit("/admin/login/code", &[("ticket", &ticket), ("code", &code)]).await?;
    assert!(late.status == 401 && late.body.contains("sign in again"), "it was for the old password");
    app.end().await
}

/// How long a refusal says one has to wait.
#[tokio::test]
async fn wrong_codes_have_to_wait_and_the_password_in_between_forgives_none() -> Result<()> {
    let app = TestApp::start().await?;
    let (_, recovery) = set_up(&app.browser_of(OWNER).await?).await?;
    let mut statuses = Vec::new();
    for _ in 0..7 {
        assert_eq!(login(&app, None).await?.problem().as_deref(), Some("second_factor_required"));
        statuses.push(login(&app, Some("no-such-code")).await?.status);
    }
    assert!(statuses[..5] == [401; 5], "{statuses:?}");
    // Until the wait is longer than a sign-in takes on a busy machine.
    let mut wait = 0;
    while wait < 8 {
        tokio::time::sleep(Duration::from_secs(wait)).await;
        let refused = login(&app, Some("no-such-code")).await?;
        wait = if refused.status == 429 { refused.seconds_to_wait()? } else { 0 };
    }
    assert_eq!(login(&app, Some(&recovery[0])).await?.status, 429, "the right one waits too");
    app.end().await
}

#[tokio::test]
async fn it_is_switched_off_with_password_and_code_and_a_key_is_offered_to_one_person() -> Result<()> {
    let app = TestApp::start().await?;
    let browser = app.browser_of(OWNER).await?;
    app.join(app.business.business.id, "viewer@example.com", Role::Viewer).await?;
    let viewer = app.browser_of("viewer@example.com").await?;
    let page = browser.open(PAGE).await?;
    let theirs = App::with(between(&page.body, "<code>", "</code>").context("no key")?);
    let code = theirs.code(0).await;
    let seen = viewer.submit(ON, &[("offer", &page.hidden("offer")?), ("code", &code)]).await?;
    assert_eq!(seen.at, PAGE, "another's offer is none");

    let (phone, recovery) = set_up(&browser).await?;
    let wrong = browser.submit(OFF, &[("password", PASSWORD), ("code", "no-such-code")]).await?;
    assert!(wrong.status == 422 && wrong.body.contains("The code is not right"));
    let wrong = browser.submit(OFF, &[("password", "wrong-password"), ("code", &recovery[0])]).await?;
    assert!(wrong.status == 422 && wrong.body.contains("this is not your password"));
    assert_eq!(login(&app, None).await?.status, 401, "still on");
    let code = phone.code(0).await;
    let off = browser.submit(OFF, &[("password", PASSWORD), ("code", &code)]).await?;
    assert_eq!(off.at, "/admin/account?done=saved", "{}", off.body);
    assert_eq!(login(&app, None).await?.status, 200);
    assert_eq!(app.stage.server.state.store.count_recovery_codes(app.business.owner).await?, 0);
    app.end().await
}
