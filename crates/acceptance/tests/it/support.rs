//! The support form: a mail to whoever runs the installation.

use anyhow::Result;
use studioconnect_acceptance::TestApp;
use studioconnect_domain::plan::PlanCode;

const PAGE: &str = "/admin/support";
const OWNER: &str = "owner@example.com";

/// Row 71.
#[tokio::test]
async fn a_question_is_mailed_to_the_operator_and_priority_shows_in_it() -> Result<()> {
    let desk = ("SUPPORT_EMAIL", "desk@example.com".into());
    let app = TestApp::start_with(|setup| setup.variables.push(desk)).await?;
    let browser = app.browser_of(OWNER).await?;
    assert!(browser.open("/admin/dashboard").await?.body.contains("href=\"/admin/support\""));
    let form = [("subject", "Forwarding"), ("text", "How do I forward my number?")];
    for (plan, is_urgent) in [(PlanCode::Pro, true), (PlanCode::Free, false)] {
        app.stage.server.state.store.set_plan(app.business.business.id, plan).await?;
        let page = browser.open(PAGE).await?;
        assert_eq!(page.body.contains("priority support"), is_urgent, "{plan}");
        let seen = browser.submit(PAGE, &form).await?;
        assert!(seen.at == "/admin/support?done=sent" && seen.body.contains("on its way"), "{}", seen.body);
        let mail = newest_mail(&app)?;
        for line in ["To: desk@example.com", "Reply-To: owner@example.com", "How do I forward my number?"] {
            assert!(mail.contains(line), "{line} is not in {mail}");
        }
        for line in ["Subject: [priority] Forwarding", "X-Priority: 1", "Priority: urgent"] {
            assert_eq!(mail.contains(line), is_urgent, "{line} on {plan}: {mail}");
        }
    }
    let empty = browser.submit(PAGE, &[("subject", "Kept <b>"), ("text", " ")]).await?;
    assert!(empty.status == 422 && empty.body.contains("Kept &#60;b&#62;"), "{}", empty.body);
    let mut last = 0;
    for _ in 0..8 {
        last = browser.submit(PAGE, &form).await?.status;
        if last == 429 {
            break;
        }
    }
    assert_eq!(last, 429, "nobody fills a mailbox");
    app.end().await
}

#[tokio::test]
async fn without_an_address_the_page_says_where_to_turn_and_mails_nothing() -> Result<()> {
    let app = TestApp::start().await?;
    let browser = app.browser_of(OWNER).await?;
    let page = browser.open(PAGE).await?;
    assert!(
        page.status == 200 && page.body.contains("who gave you access") && !page.body.contains("<textarea")
    );
    assert_eq!(browser.submit(PAGE, &[("subject", "a"), ("text", "b")]).await?.at, PAGE);
    assert!(!app.stage.config.data_dir.join("mail").exists());
    app.end().await
}

fn newest_mail(app: &TestApp) -> Result<String> {
    let folder = app.stage.config.data_dir.join("mail");
    let mut mails: Vec<_> = std::fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    mails.sort_by_key(std::fs::DirEntry::file_name);
    Ok(std::fs::read_to_string(mails.last().unwrap().path())?)
}
