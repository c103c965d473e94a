//! The sign-up page: off unless it is switched on.

use anyhow::Result;
use studioconnect_acceptance::{PASSWORD, TestApp};
use studioconnect_domain::plan::PlanCode;

const PATH: &str = "/admin/signup";

fn form<'a>(name: &'a str, email: &'a str, timezone: &'a str) -> [(&'a str, &'a str); 5] {
    [("name", name), ("email", email), ("password", PASSWORD), ("timezone", timezone), ("region", "de")]
}

#[tokio::test]
async fn sign_up_is_off_unless_it_is_switched_on() -> Result<()> {
    let app = TestApp::start().await?;
    let stranger = app.browser()?;
    assert_eq!(stranger.open(PATH).await?.status, 404);
    let seen = stranger.submit(PATH, &form("Oak", "oak@example.com", "Europe/Berlin")).await?;
    assert_eq!(seen.status, 404);
    assert!(app.stage.server.state.store.find_user_by_email("oak@example.com").await?.is_none());
    assert!(!stranger.open("/admin/login").await?.body.contains(PATH));
    app.end().await
}

#[tokio::test]
async fn a_stranger_opens_a_business_and_is_its_owner_at_once() -> Result<()> {
    let app = TestApp::start_with(|setup| setup.variables.push(("ALLOW_SIGNUP", "true".into()))).await?;
    let stranger = app.browser()?;
    assert!(stranger.open("/admin/login").await?.body.contains(PATH));
    assert_eq!(stranger.open(PATH).await?.status, 200);

    let seen = stranger.submit(PATH, &form("Oak & Sons", "oak@example", "Mars/Base")).await?;
    assert_eq!(seen.status, 422);
    assert!(
        seen.body.contains("is not a time zone") && seen.body.contains("Oak &#38; Sons"),
        "{}",
        seen.body
    );
    assert!(!seen.body.contains(PASSWORD), "a password is never shown again");
    let taken = stranger.submit(PATH, &form("Oak", "Owner@Example.com", "Europe/Berlin")).await?;
    assert!(taken.status == 422 && taken.body.contains("if it is yours, sign in with it"));

    let seen = stranger.submit(PATH, &form("Oak & Sons", "oak@example.com", "Europe/Berlin")).await?;
    assert_eq!((seen.status, seen.at.as_str()), (200, "/admin/dashboard"), "{}", seen.body);
    assert!(seen.body.contains("Oak &#38; Sons"));
    let owner = app.sign_in("oak@example.com").await?;
    assert_eq!(owner.json("/api/auth/me").await?["user"]["role"], "OWNER");
    assert_eq!(owner.json("/api/lead-questions").await?["items"].as_array().unwrap().len(), 4);
    let store = &app.stage.server.state.store;
    let user = store.find_user_by_email("oak@example.com").await?.unwrap();
    let business = store.find_business(user.business_id).await?.unwrap();
    assert_eq!(
        (business.plan, business.timezone.as_str(), business.region.as_str()),
        (PlanCode::Free, "Europe/Berlin", "DE")
    );
    app.end().await
}

#[tokio::test]
async fn nobody_opens_businesses_or_tries_addresses_without_end() -> Result<()> {
    let app = TestApp::start_with(|setup| setup.variables.push(("ALLOW_SIGNUP", "true".into()))).await?;
    let stranger = app.browser()?;
    let mut last = 0;
    for _ in 0..8 {
        let seen = stranger.submit(PATH, &form("Oak", "owner@example.com", "UTC")).await?;
        last = seen.status;
        if last == 429 {
            assert!(
                !seen.body.contains("sign in with it"),
                "whoever has to wait is told nothing of the address"
            );
            break;
        }
    }
    assert_eq!(last, 429);
    let seen = stranger.submit(PATH, &form("Oak", "oak@example.com", "UTC")).await?;
    assert_eq!(seen.status, 429);
    assert!(app.stage.server.state.store.find_user_by_email("oak@example.com").await?.is_none());
    app.end().await
}
