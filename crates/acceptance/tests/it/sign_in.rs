//! Signing in, staying signed in, and being signed out.

use anyhow::Result;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use studioconnect_acceptance::{PASSWORD, TestApp};
use studioconnect_domain::business::Role;
use studioconnect_domain::plan::PlanCode;

const OWNER: &str = "owner@example.com";

/// Row 102.
#[tokio::test]
async fn good_credentials_give_a_session_and_bad_ones_a_uniform_401() -> Result<()> {
    let app = TestApp::start().await?;
    let nobody = app.nobody()?;
    let good = nobody
        .post("/api/auth/login", &json!({"email": " Owner@Example.com ", "password": PASSWORD}))
        .await?;
    let tokens: Value = serde_json::from_str(&good.body)?;
    assert_eq!(
        (good.status, &tokens["expiresIn"], &tokens["user"]["role"]),
        (200, &900.into(), &"OWNER".into())
    );
    assert!(!good.body.contains("argon2"));

    let mut answers = Vec::new();
    for (email, password) in [(OWNER, "wrong-password"), ("nobody@example.com", PASSWORD)] {
        let began = Instant::now();
        let answer = nobody.post("/api/login", &json!({"email": email, "password": password})).await?;
        answers.push((answer.status, answer.body, began.elapsed()));
    }
    assert_eq!((answers[0].0, &answers[0].1), (401, &answers[1].1), "nobody learns which of the two it was");
    // Both have hashed a password; without that an unknown mail would be answered in a millisecond.
    assert!(answers.iter().all(|answer| answer.2 > Duration::from_millis(4)), "{answers:?}");
    let owner = app.owner().await?;
    assert_eq!(owner.json("/api/auth/me").await?["user"]["email"], OWNER);
    app.end().await
}

/// Row 102: repeats are throttled, by account and by address.
#[tokio::test]
async fn repeated_wrong_passwords_have_to_wait_and_the_right_one_ends_it() -> Result<()> {
    let app = TestApp::start().await?;
    let nobody = app.nobody()?;
    let wrong = json!({"email": OWNER, "password": "wrong-password"});
    let mut statuses = Vec::new();
    for _ in 0..7 {
        statuses.push(nobody.post("/api/login", &wrong).await?.status);
    }
    assert_eq!(statuses[..5], [401; 5]);
    // Until the wait is longer than a sign-in takes on a busy machine.
    let mut wait = 0;
    while wait < 4 {
        tokio::time::sleep(Duration::from_secs(wait)).await;
        let refused = nobody.post("/api/login", &wrong).await?;
        wait = if refused.status == 429 { refused.seconds_to_wait()? } else { 0 };
    }
    let refused = nobody.post("/api/login", &json!({"email": OWNER, "password": PASSWORD})).await?;
    assert_eq!(refused.problem().as_deref(), Some("too_many_attempts"), "the right one waits too");
    tokio::time::sleep(Duration::from_secs(wait)).await;
    assert_eq!(nobody.post("/api/login", &json!({"email": OWNER, "password": PASSWORD})).await?.status, 200);
    assert_eq!(nobody.post("/api/login", &wrong).await?.status, 401, "and is forgiven");
    app.end().await
}

/// A refresh token is good for one use; a second use long after ends the session for whoever has a copy.
#[tokio::test]
async fn a_refresh_token_works_once_and_its_reuse_ends_the_session() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let first = owner.refresh.clone().unwrap();
    let renew =
        async |token: &str| app.nobody()?.post("/api/auth/refresh", &json!({"refreshToken": token})).await;
    let renewed = renew(&first).await?;
    assert_eq!(renewed.status, 200);
    let next = serde_json::from_str::<Value>(&renewed.body)?["refreshToken"].as_str().unwrap().to_owned();
    assert_ne!(next, first);
    let again = renew(&next).await?;
    assert_eq!(again.status, 200, "each one leads to the next");
    // Two uses ago: no tab of the same browser is that late.
    assert_eq!(renew(&first).await?.problem().as_deref(), Some("session_expired"));
    assert_eq!(owner.get("/api/auth/me").await?.problem().as_deref(), Some("session_expired"));
    let last = serde_json::from_str::<Value>(&again.body)?["refreshToken"].as_str().unwrap().to_owned();
    assert_eq!(renew(&last).await?.status, 401, "the thief's and the owner's are both over");
    for wrong in ["", "x", "0.0"] {
        assert_eq!(renew(wrong).await?.status, 401);
    }
    app.end().await
}

/// Row 4.
#[tokio::test]
async fn tokens_that_are_expired_foreign_or_under_plan_have_stable_codes() -> Result<()> {
    let app = TestApp::start().await?;
    let mut owner = app.owner().await?;
    let token = owner.token.take().unwrap();
    assert_eq!(owner.get("/api/leads").await?.problem().as_deref(), Some("signed_out"));
    owner.token = Some(format!("{}x", &token[..token.len() - 4]));
    assert_eq!(owner.get("/api/leads").await?.problem().as_deref(), Some("token_refused"));
    owner.token = Some(token);
    assert_eq!(owner.json("/api/client").await?["items"], json!([]));
    app.stage.server.state.store.set_plan(app.business.business.id, PlanCode::Free).await?;
    let refused = owner.get("/api/client").await?;
    assert_eq!((refused.status, refused.problem().as_deref()), (403, Some("plan_upgrade_required")));
    app.end().await
}

/// Signing out, everywhere or in one place, works from the next request on.
#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one_or_all_at_once() -> Result<()> {
    let app = TestApp::start().await?;
    let (here, there, away) = (app.owner().await?, app.owner().await?, app.owner().await?);
    let sessions = here.json("/api/auth/sessions").await?;
    let sessions = sessions.as_array().unwrap();
    assert_eq!(sessions.len(), 3);
    assert_eq!(sessions.iter().filter(|session| session["isCurrent"] == true).count(), 1);
    let own = there.json("/api/auth/sessions").await?;
    let id =
        own.as_array().unwrap().iter().find(|session| session["isCurrent"] == true).unwrap()["id"].clone();
    let gone = here.send("DELETE", &format!("/api/auth/sessions/{}", id.as_str().unwrap()), None).await?;
    assert_eq!((gone.status, there.get("/api/auth/me").await?.status), (204, 401));
    assert_eq!(here.send("DELETE", "/api/auth/sessions", None).await?.status, 204);
    assert_eq!((here.get("/api/auth/me").await?.status, away.get("/api/auth/me").await?.status), (200, 401));
    assert_eq!(here.send("POST", "/api/auth/logout", None).await?.status, 204);
    assert_eq!(here.get("/api/auth/me").await?.status, 401);
    app.end().await
}

/// A new password needs the old one, and signs everybody else out.
#[tokio::test]
async fn a_password_is_changed_by_whoever_knows_it() -> Result<()> {
    let app = TestApp::start().await?;
    let (here, there) = (app.owner().await?, app.owner().await?);
    let change = async |current: &str, next: &str| {
        here.post("/api/auth/password", &json!({"current": current, "next": next})).await
    };
    assert!(change("wrong", "another password").await?.body.contains("\"field\":\"current\""));
    assert!(change(PASSWORD, "short").await?.body.contains("\"field\":\"next\""));
    assert_eq!(change(PASSWORD, "another password").await?.status, 204);
    assert_eq!((here.get("/api/auth/me").await?.status, there.get("/api/auth/me").await?.status), (200, 401));
    assert!(app.sign_in(OWNER).await.is_err());
    app.end().await
}

/// Somebody of two businesses works in one at a time, with the role they have there.
#[tokio::test]
async fn whoever_belongs_to_two_businesses_switches_between_them() -> Result<()> {
    let app = TestApp::start().await?;
    let other = app.another_business("acme", PlanCode::Free).await?;
    let mut owner = app.owner().await?;
    let target = json!({"businessId": other.business.id});
    assert_eq!(owner.post("/api/auth/business", &target).await?.status, 404, "not theirs yet");
    let state = &app.stage.server.state;
    state
        .store
        .put_membership(other.business.id, app.business.owner, Role::Viewer, state.clock.now())
        .await?;
    let switched = owner.post("/api/auth/business", &target).await?;
    let tokens: Value = serde_json::from_str(&switched.body)?;
    assert_eq!(tokens["user"]["role"], "VIEWER");
    owner.token = tokens["token"].as_str().map(str::to_owned);
    assert_eq!(owner.json("/api/business").await?["name"], "acme");
    assert_eq!(owner.post("/api/lead-questions", &json!({"questionText": "?"})).await?.status, 403);
    // Removed, they are out at the next request.
    assert!(state.store.remove_member(other.business.id, app.business.owner).await?);
    assert_eq!(owner.get("/api/business").await?.status, 401);
    app.end().await
}

/// The owner invites by mail; who joins chooses a password and has the role they were given.
#[tokio::test]
async fn an_invitation_is_mailed_and_good_for_one_person_once() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let sent =
        owner.post("/api/team/invitations", &json!({"email": "Sam@Example.com", "role": "MEMBER"})).await?;
    assert_eq!(sent.status, 201, "{sent:?}");
    let mail = newest_mail(&app)?;
    assert!(mail.contains("To: sam@example.com"), "{mail}");
    let token = invitation_in(&mail);
    let browser = app.browser()?;
    let page = browser.open(&format!("/admin/invitation?token={token}")).await?;
    assert!(page.status == 200 && page.body.contains("Join Harbor Light Plumbing"), "{}", page.body);
    let short = browser
        .submit("/admin/invitation", &[("token", &token), ("name", "Sam"), ("password", "short")])
        .await?;
    assert!(short.status == 422 && short.body.contains("at least 8 characters"), "{}", short.body);
    let joined = browser
        .submit("/admin/invitation", &[("token", &token), ("name", "Sam"), ("password", PASSWORD)])
        .await?;
    assert_eq!((joined.status, joined.at.as_str()), (200, "/admin/dashboard"));
    let again = browser
        .submit("/admin/invitation", &[("token", &token), ("name", "Eve"), ("password", PASSWORD)])
        .await?;
    assert_eq!(again.status, 410);
    let team = owner.json("/api/team").await?;
    let sam = team.as_array().unwrap().iter().find(|person| person["name"] == "Sam").unwrap();
    assert_eq!((&sam["role"], &sam["email"]), (&"MEMBER".into(), &"sam@example.com".into()));
    app.end().await
}

/// The link alone, with whatever password, signs in nobody who has an account: they do so as always, with all that it takes.
#[tokio::test]
async fn an_invitation_signs_in_nobody_who_has_an_account() -> Result<()> {
    let app = TestApp::start().await?;
    app.another_business("sam", PlanCode::Free).await?;
    let invitation = json!({"email": "sam@example.com", "role": "MEMBER"});
    assert_eq!(app.owner().await?.post("/api/team/invitations", &invitation).await?.status, 201);
    let token = invitation_in(&newest_mail(&app)?);
    let browser = app.browser()?;
    let joined =
        browser.submit("/admin/invitation", &[("token", &token), ("password", "not-the-password")]).await?;
    assert_eq!((joined.at.as_str(), browser.cookie("sc_refresh")), ("/admin/login", None));
    let businesses = app.sign_in("sam@example.com").await?.json("/api/auth/me").await?;
    assert_eq!(businesses["businesses"].as_array().unwrap().len(), 2, "{businesses}");
    app.end().await
}

fn invitation_in(mail: &str) -> String {
    let (_, rest) = mail
        .split_once("/admin/invitation?token=3D")
        .or_else(|| mail.split_once("/admin/invitation?token="))
        .unwrap();
    let rest = rest.replace("=\r\n", "");
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect()
}

fn newest_mail(app: &TestApp) -> Result<String> {
    let folder = app.stage.config.data_dir.join("mail");
    let mut mails: Vec<_> = std::fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    mails.sort_by_key(std::fs::DirEntry::file_name);
    Ok(std::fs::read_to_string(mails.last().unwrap().path())?)
}
