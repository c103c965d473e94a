//! A visitor asks, is answered, and leaves a lead.

use super::scene::Scene;
use super::scripted::Fault;
use anyhow::Result;
use serde_json::json;
use studioconnect_acceptance::DESK;
use studioconnect_domain::plan::PlanCode;

/// Rows 10, 11: on a page that is as unfriendly as pages can be.
#[tokio::test]
async fn a_visitor_of_a_hostile_page_asks_and_gets_a_streamed_answer_with_its_source() -> Result<()> {
    let scene = Scene::open(DESK).await?;
    scene.server.pause_at(Some(4));
    scene.open_chat().await?;
    scene.until_shown("How can we help you?").await?;
    scene.write("Are you open on Saturday?").await?;
    scene.until_shown("Yes. On Saturday we").await?;
    // What is whole is read out while the rest is coming.
    scene
        .until(
            "the first sentence is told",
            "root.querySelector('[role=status].unseen').innerText.includes('Yes.')",
        )
        .await?;
    assert_eq!(scene.look("root.querySelectorAll('.sources').length").await?, 0);
    scene.server.pause_at(None);
    scene
        .until(
            "the source is shown",
            "root.querySelector('.sources a')?.href === 'https://www.example.com/hours'",
        )
        .await?;
    scene.until_settled().await?;
    let said = scene.said().await?;
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(
        said[1] == "visitor: Are you open on Saturday?" && said[2].contains("ring the bell at the back"),
        "{said:?}"
    );
    // A link is one only where a browser would go anyway, and nothing of an answer is markup.
    let links = scene
        .look("[...root.querySelectorAll('a')].map((link) => `${link.protocol} ${link.rel} ${link.target}`)")
        .await?;
    assert_eq!(links, json!(["https: noopener noreferrer _blank", "https: noopener noreferrer _blank"]));
    assert_eq!(scene.look("root.querySelectorAll('img, script').length").await?, 0);
    let told = scene
        .look(
            "[...root.querySelectorAll('[role=status].unseen p')].map((part) => part.textContent).join(' ')",
        )
        .await?;
    assert_eq!(
        told.as_str().unwrap_or_default().matches("Saturday").count(),
        1,
        "nothing is told twice: {told}"
    );
    scene.end().await
}

/// Row 10: a wrong mail address first.
#[tokio::test]
async fn a_visitor_leaves_a_lead_with_fields_that_fit_what_is_asked() -> Result<()> {
    let scene = Scene::open(DESK).await?;
    let hear = "window.leads = []; window.StudioConnect.on('lead', (lead) => { window.leads.push(lead.leadId); throw new Error('of the page'); });";
    scene.browser.run(hear, Vec::new()).await?;
    scene.open_chat().await?;
    scene.write("Please call me back").await?;
    scene.until("the field wants a mail address", "root.querySelector('.field').type === 'email'").await?;
    let field = "(({ inputMode, autocomplete, ariaLabel }) => [inputMode, autocomplete, ariaLabel])(root.querySelector('.field'))";
    assert_eq!(scene.look(field).await?, json!(["email", "email", "What is your mail address?"]));
    scene.until_shown("Question 1 of 2").await?;
    scene.write("dana at example").await?;
    scene.until_shown("That is no mail address. It looks like name@example.com.").await?;
    scene.write("dana@example.com").await?;
    scene.until_shown("Question 2 of 2").await?;
    let is_whole = "(() => { const log = root.querySelector('.log'); return log.scrollHeight - log.scrollTop - log.clientHeight < 2; })()";
    scene.until("what is asked stays in sight above what can be chosen", is_whole).await?;
    scene.choose("A repair").await?;
    scene.until_shown("Somebody will call you back today.").await?;
    scene.until_settled().await?;
    scene.until("the page is told of the lead", "window.leads.length === 1").await?;
    assert_eq!(scene.look("root.querySelector('.step').checkVisibility()").await?, false);
    assert_eq!(
        scene.server.heard(),
        ["Please call me back", "dana at example", "dana@example.com", "A repair"]
    );
    let said = scene.said().await?;
    assert_eq!(said.iter().filter(|row| row.starts_with("agent")).count(), 5, "{said:?}");
    // What a listener of the page throws is said once, and stays with it.
    let complaints = scene.browser.complaints().await?;
    assert!(complaints.len() == 1 && complaints[0].contains("of the page"), "{complaints:?}");
    scene.end().await
}

/// Chat theme 5: nothing is sent before the visitor has agreed, and they agree to one text.
#[tokio::test]
async fn nothing_is_sent_before_the_visitor_has_agreed_to_the_text_of_the_business() -> Result<()> {
    let consent = json!({"consent": {"required": true, "text": "We keep what you write for 90 days.", "privacyUrl": "https://example.com/privacy"}});
    let scene = Scene::open_with(DESK, consent).await?;
    scene.open_chat().await?;
    scene.until_shown("We keep what you write for 90 days.").await?;
    assert_eq!(
        scene.look("[...root.querySelectorAll('.field')].some((field) => field.checkVisibility())").await?,
        false
    );
    assert_eq!(scene.server.seen(), Vec::<String>::new());
    assert_eq!(
        scene.look("root.activeElement.innerText").await?,
        "Agree and start",
        "the focus is where one goes on"
    );
    scene.choose("Agree and start").await?;
    scene.write("Are you open on Saturday?").await?;
    scene.until_shown("ring the bell").await?;
    assert_eq!(scene.server.consents(), [Some(1)]);
    scene.load().await?;
    scene.until_shown("ring the bell").await?;
    assert_eq!(scene.server.consents(), [Some(1)], "who has agreed is not asked again");
    // Another text has to be agreed to anew.
    let another = json!({"consent": {"text": "We keep what you write for a year."}});
    assert_eq!(scene.owner.post("/api/widget-config", &another).await?.status, 200);
    scene.load().await?;
    scene.open_chat().await?;
    scene.until_shown("for a year").await?;
    scene.choose("Agree and start").await?;
    scene
        .until(
            "the conversation is there again",
            "root.querySelector('.panel').innerText.includes('ring the bell')",
        )
        .await?;
    scene.end().await
}

/// Design 11: who answers, and when nobody does.
#[tokio::test]
async fn the_visitor_is_told_who_answers_and_when_the_business_is_closed() -> Result<()> {
    let scene = Scene::open(DESK).await?;
    scene.server.begin_with("We are closed now and read this at 8 in the morning.");
    scene.open_chat().await?;
    scene.until_shown("We are closed now").await?;
    scene.write("Are you open on Saturday?").await?;
    scene.until_shown("ring the bell").await?;
    scene.until_settled().await?;
    scene.server.take_over("Ana");
    scene.until_shown("Ana answers you now").await?;
    scene.server.say_as_human("I can be there at nine.");
    scene.until_shown("I can be there at nine.").await?;
    scene.write("That would be good").await?;
    scene.until_settled().await?;
    let said = scene.said().await?;
    assert_eq!(
        said.last().map(String::as_str),
        Some("visitor: That would be good"),
        "nobody but Ana answers: {said:?}"
    );
    assert_eq!(scene.look("root.querySelector('h2').innerText").await?, "Ana");
    // While the chat is closed, what comes is counted.
    scene.click(".close").await?;
    scene.server.say_as_human("See you then.");
    scene.until("it is counted", "root.querySelector('.unread').innerText === '1'").await?;
    let name = scene.look("root.querySelector('.launch').ariaLabel").await?;
    assert!(name.as_str().is_some_and(|name| name.ends_with("1 unread")), "{name}");
    scene.open_chat().await?;
    scene.until("nothing is counted", "root.querySelector('.unread').innerText === ''").await?;
    scene.server.release();
    scene.until_shown("Mia answers you again").await?;
    scene.end().await
}

/// What was streamed does not count once the server has taken it back.
#[tokio::test]
async fn an_answer_that_is_taken_back_is_replaced_by_the_one_that_is_meant() -> Result<()> {
    let scene = Scene::open(DESK).await?;
    scene.server.next(Fault::ResetAfter(3));
    scene.server.pause_at(Some(3));
    scene.open_chat().await?;
    scene.write("Are you open on Saturday?").await?;
    scene.until_shown("Nonsense Nonsense").await?;
    scene.server.pause_at(None);
    scene.until_shown("ring the bell").await?;
    scene.until_settled().await?;
    let said = scene.said().await?.join("\n");
    assert!(!said.contains("Nonsense") && said.matches("Yes. On Saturday").count() == 1, "{said}");
    scene.end().await
}

/// Row 68: without the tag being changed.
#[tokio::test]
async fn our_name_is_on_the_chat_of_plans_that_carry_it_and_on_no_other() -> Result<()> {
    let scene = Scene::open(DESK).await?;
    let store = scene.app.stage.server.state.store.clone();
    let business = scene.app.business.business.id;
    for (plan, is_named) in
        [(PlanCode::Free, true), (PlanCode::Pro, false), (PlanCode::Basic, true), (PlanCode::Pro, false)]
    {
        store.set_plan(business, plan).await?;
        scene.load().await?;
        scene.open_chat().await?;
        let shown =
            scene.look("root.querySelector('.panel').innerText.includes('Powered by StudioConnect')").await?;
        assert_eq!(shown, is_named, "{plan}");
    }
    scene.end().await
}

/// Design 11: what a page's own script can do, also before ours is there.
#[tokio::test]
async fn a_page_opens_and_closes_the_chat_and_says_who_its_visitor_is() -> Result<()> {
    let scene = Scene::open(DESK).await?;
    let early = "window.opened = 0; window.StudioConnect = [['on', 'open', () => { window.opened += 1; }], ['nothing'], \
        ['identify', 'signed-by-the-shop'], ['open']];";
    scene.browser.run_in_every_page(early).await?;
    scene.load().await?;
    scene
        .until("the page has opened it", "root.querySelector('.panel:not([hidden])') && window.opened === 1")
        .await?;
    scene.until("the conversation is there", "root.querySelector('.offers button')").await?;
    assert_eq!(scene.server.identities(), [Some("signed-by-the-shop".to_owned())]);
    scene.browser.run("window.StudioConnect.close()", Vec::new()).await?;
    scene.until("it is closed", "root.querySelector('.panel').hidden").await?;
    scene.end().await
}

/// Design 11: in the visitor's language.
#[tokio::test]
async fn the_chat_speaks_the_language_of_the_browser() -> Result<()> {
    let scene = Scene::open(DESK).await?;
    for (language, button, field) in [
        ("es-MX,es", "Chatear con", "Escriba un mensaje"),
        ("fr-CA", "Discuter avec", "Écrivez un message"),
        ("pt-BR", "Conversar com", "Escreva uma mensagem"),
        ("de", "Chat mit", "Nachricht schreiben"),
        ("nl-NL,de", "Chat mit", "Nachricht schreiben"),
        ("ja", "Chat with", "Write a message"),
    ] {
        let asked = json!({"userAgent": "Mozilla/5.0 Chrome/140.0", "acceptLanguage": language});
        scene.browser.page.cdp().send_raw("Network.setUserAgentOverride", asked).await?;
        scene.load().await?;
        let name = scene.look("root.querySelector('.launch').ariaLabel").await?;
        assert!(name.as_str().is_some_and(|name| name.starts_with(button)), "{language}: {name}");
        scene.open_chat().await?;
        assert_eq!(scene.look("root.querySelector('.field').ariaLabel").await?, field, "{language}");
    }
    scene.end().await
}
