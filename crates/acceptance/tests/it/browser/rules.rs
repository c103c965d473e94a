//! Browser and server refuse the same things with the same words, and a form that is refused does not leave its page.

use super::views::{OWNER, lead_call, outside};
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use studioconnect_acceptance::{Browser, Chromium, DESK, PASSWORD, Person, TestApp};
use thirtyfour::prelude::*;

/// Every field of a page with rules: its id, its rules, and where its form goes.
const FIELDS: &str = "return [...document.querySelectorAll('[data-rules]')].map((field) => \
    [field.id, field.dataset.rules, field.form.getAttribute('action')]);";
/// Types something into a field and leaves it; what is said beside it then, and what assistive technology is told.
const TYPED: &str = "const [id, sample] = arguments; const field = document.getElementById(id); \
    field.value = sample; field.dispatchEvent(new Event('change', {bubbles: true})); \
    const told = document.getElementById(field.getAttribute('aria-describedby') ?? ''); \
    return [told?.textContent ?? '', field.ariaInvalid ?? 'false', field.validationMessage];";

/// What a check refuses.
fn refused_by(check: &Value, id: &str) -> Vec<String> {
    let (bound, least, most) = (check["bound"].as_u64(), check["least"].as_f64(), check["most"].as_f64());
    let long = bound.map_or(0, |bound| bound as usize + 1);
    match check["test"].as_str().unwrap_or_default() {
        "least" => vec!["x".repeat(long.saturating_sub(2))],
        "most" => match id {
            "email" => vec![format!("{}@example.com", "a".repeat(long))],
            "website" | "consent.privacyUrl" => vec![format!("https://{}", "a".repeat(long))],
            // Whatever has the shape of a country is as short as one, and a day's hours are few.
            "region" => Vec::new(),
            day if day.starts_with("day") => vec!["8-9,".repeat(long / 4) + "8-9"],
            _ => vec!["ü".repeat(long)],
        },
        "oneLine" if matches!(id, "website" | "consent.privacyUrl") => {
            vec!["https://example.com/\u{7}a".into()]
        }
        "oneLine" => vec!["a\u{7}b".into(), "a\tb".into()],
        "shape" => vec!["§".into(), "x y z".into()],
        "listed" => vec!["Moon/Crater".into(), "europe/berlin".into()],
        "range" => {
            let (least, most) = (least.unwrap_or_default(), most.unwrap_or_default());
            let mut samples = vec![(least - 1.0).to_string(), (most + 1.0).to_string(), String::new()];
            if check["whole"] == true {
                samples.push((least + 0.5).to_string());
            }
            samples
        }
        other => panic!("nothing is known that {other:?} refuses"),
    }
}

/// The server's side: each form's fields, sent as programs send them.
struct Server {
    owner: Person,
    browser: Browser,
    lead: String,
}

impl Server {
    /// What the server says of a field when it gets a text in it.
    async fn says(&self, action: &str, id: &str, sample: &str) -> Result<String> {
        // Numbers are numbers in JSON, and what is none is a text.
        let is_number = id.starts_with("vad.") || id.ends_with("Ms") || id.ends_with("Seconds");
        let is_number = is_number
            || ["spendCapCents", "chatBudgetCents", "maxResponseTokens", "theme.radius"].contains(&id);
        let number =
            serde_json::from_str::<Value>(sample).ok().filter(|value| is_number && value.is_number());
        let value = number.unwrap_or_else(|| json!(sample));
        let (name, answer) = match action {
            "/admin/settings/agent" | "/admin/voice" => {
                let body = match id.split_once('.') {
                    Some((outer, inner)) => json!({outer: {inner: value}}),
                    None => json!({id: value}),
                };
                (id, self.owner.post("/api/agent-config", &body).await?)
            }
            "/admin/widget" => {
                let (outer, inner) = id.split_once('.').context("no part of the settings")?;
                (id, self.owner.post("/api/widget-config", &json!({outer: {inner: value}})).await?)
            }
            "/admin/settings/business" => {
                (id, self.owner.put("/api/business", &json!({"version": 0, id: value})).await?)
            }
            "/admin/clients" => {
                let mut body = json!({"name": "Dana Reyes"});
                body[id] = value;
                (id, self.owner.post("/api/client", &body).await?)
            }
            "/admin/voice/contacts" => {
                let mut body = json!({"name": "Sam Porter", "phone": "206 555 0177"});
                body[id] = value;
                (id, self.owner.post("/api/transfer-contacts", &body).await?)
            }
            "/admin/lead-questions" => {
                (id, self.owner.post("/api/lead-questions", &json!({"questionText": value})).await?)
            }
            "/admin/team/invitations" => {
                let body = json!({"email": value, "role": "MEMBER"});
                (id, self.owner.post("/api/team/invitations", &body).await?)
            }
            "/admin/account/password" => {
                let body = json!({"current": PASSWORD, "next": value});
                (id, self.owner.post("/api/auth/password", &body).await?)
            }
            action if action.ends_with("/notes") => {
                let path = format!("/api/leads/{}/notes", self.lead);
                (id, self.owner.post(&path, &json!({"text": value})).await?)
            }
            // What the API takes in another form, or not at all.
            "/admin/settings/hours" | "/admin/support" | "/admin/account/name" => {
                let seen = self.browser.submit(action, &[("version", "0"), (id, sample)]).await?;
                let start = format!("id=\"{id}-fault\">");
                let (_, rest) =
                    seen.body.split_once(&start).with_context(|| format!("{id} is not refused"))?;
                return Ok(rest.split('<').next().unwrap_or_default().to_owned());
            }
            other => anyhow::bail!("nobody knows what the server says of {id} in {other}"),
        };
        ensure!(answer.status == 422, "{id} takes {sample:?}: {answer:?}");
        let problem: Value = serde_json::from_str(&answer.body)?;
        let faults = problem["errors"].as_array().context("no faults")?;
        let fault = faults.iter().find(|fault| fault["field"] == name);
        let says = fault.with_context(|| format!("{name} is not at fault: {problem}"))?["message"].as_str();
        Ok(says.unwrap_or_default().to_owned())
    }
}

/// Row 20: every check of every field that has rules, in the browser and by the API.
#[tokio::test]
async fn whatever_the_browser_refuses_the_server_refuses_with_the_same_words() -> Result<()> {
    let desk = ("SUPPORT_EMAIL", "desk@example.com".into());
    let open = ("ALLOW_SIGNUP", "true".into());
    let app = TestApp::start_with(|setup| setup.variables.extend([desk, open])).await?;
    let lead = app.fast_call(3.0, lead_call()).await?.lead.context("the call left no lead")?.id.to_string();
    let note_page = format!("/admin/leads/{lead}");
    let server = Server { owner: app.owner().await?, browser: app.browser_of(OWNER).await?, lead };
    let chromium = app.chromium_of(OWNER, DESK).await?;
    let pages = [
        "/admin/settings",
        "/admin/voice",
        "/admin/widget",
        "/admin/clients",
        "/admin/lead-questions",
        "/admin/team",
        "/admin/account",
        "/admin/support",
        &note_page,
    ];
    let (mut compared, mut seen) = (0, BTreeSet::new());
    for page in pages {
        chromium.open(page).await?;
        let fields = chromium.run(FIELDS, Vec::new()).await?;
        let fields: Vec<(String, String, String)> = serde_json::from_value(fields)?;
        ensure!(!fields.is_empty(), "{page} has no field with rules");
        for (id, rules, action) in fields {
            let checks = serde_json::from_str::<Value>(&rules)?["checks"].clone();
            for check in checks.as_array().context("no checks")? {
                for sample in refused_by(check, &id) {
                    let said = chromium.run(TYPED, vec![json!(id), json!(sample)]).await?;
                    let says = server.says(&action, &id, &sample).await?;
                    let expected = json!([says, "true", says]);
                    let short: String = sample.chars().take(40).collect();
                    ensure!(said == expected, "{action} {id} {short:?}: {said} here, {says:?} there");
                    compared += 1;
                }
            }
            seen.insert(rules);
        }
    }
    assert!(compared > 60, "only {compared} samples");
    chromium.quit().await?;

    // Whoever is outside fills in fields of the same rules.
    let stranger = app.chromium(DESK).await?;
    let mut paths = vec![("/admin/signup".to_owned(), 5)];
    let mailed = outside(&app).await?.into_iter();
    paths.extend(mailed.filter_map(|view| match view.name {
        "invitation" => Some((view.path, 2)),
        "password" => Some((view.path, 1)),
        _ => None,
    }));
    assert_eq!(paths.len(), 3);
    for (path, count) in paths {
        stranger.open(&path).await?;
        let fields = stranger.run(FIELDS, Vec::new()).await?;
        let fields: Vec<(String, String, String)> = serde_json::from_value(fields)?;
        assert_eq!(fields.len(), count, "{path}");
        for (id, rules, _) in fields {
            assert!(seen.contains(&rules), "{path}: {id} has rules of its own: {rules}");
        }
    }
    stranger.quit().await?;
    app.end().await
}

/// Types a text and takes it as the page's own that the page is not loaded anew.
async fn fill(chromium: &Chromium, css: &str, text: &str) -> Result<()> {
    chromium.run("window.isTheSame = true", Vec::new()).await?;
    chromium.type_over(css, text).await
}

/// Row 20: what only the server can know is told beside its field too, on the same page, with all that was typed.
#[tokio::test]
async fn a_refused_form_stays_on_its_page_with_the_focus_on_what_is_wrong() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let chromium = app.chromium_of(OWNER, DESK).await?;
    chromium.open("/admin/clients").await?;
    // The browser refuses at once, and sends nothing.
    chromium.click("form[action='/admin/clients'] button.primary").await?;
    let words = "return [document.activeElement.id, document.querySelector('#name-fault')?.textContent]";
    assert_eq!(
        chromium.run(words, Vec::new()).await?,
        json!(["name", "write something, of at most 120 characters"])
    );
    assert_eq!(chromium.run("return performance.getEntriesByType('resource').some((entry) => entry.initiatorType === 'fetch')", Vec::new()).await?, false);
    // It takes it back as soon as it is right.
    fill(&chromium, "#name", "Dana Reyes").await?;
    chromium.until("nothing is said", "return !document.querySelector('#name-fault')").await?;

    // Only the server knows how long numbers of a country are.
    chromium.type_over("#phone", "+1 206 55").await?;
    chromium.press(Key::Enter).await?;
    let is_told = "return window.isTheSame && document.activeElement.id === 'phone' \
        && document.activeElement.getAttribute('aria-describedby') === 'phone-fault'";
    chromium.until("the phone is at fault, on the same page", is_told).await?;
    let says = chromium.find("#phone-fault").await?.text().await?;
    let answer = owner.post("/api/client", &json!({"name": "Dana Reyes", "phone": "+1 206 55"})).await?;
    assert!(answer.body.contains(&says) && !says.is_empty(), "{says} is not in {answer:?}");
    assert_eq!(chromium.find("#name").await?.value().await?.as_deref(), Some("Dana Reyes"));

    chromium.type_over("#phone", "+12065550142").await?;
    chromium.press(Key::Enter).await?;
    chromium
        .until(
            "the client stands in the list",
            "return window.isTheSame && location.search === '?done=added' \
        && document.querySelector('table')?.innerText.includes('Dana Reyes')",
        )
        .await?;
    chromium.quit().await?;
    app.end().await
}

/// What comes to nothing is told on the page, and what was typed is still in its form.
#[tokio::test]
async fn a_form_about_something_that_is_gone_keeps_what_was_typed() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    owner.post("/api/client", &json!({"name": "Dana Reyes"})).await?;
    let clients = owner.json("/api/client").await?;
    let id = clients["items"][0]["id"].as_str().context("no client")?.to_owned();
    let chromium = app.chromium_of(OWNER, DESK).await?;
    chromium.open(&format!("/admin/clients/{id}")).await?;
    fill(&chromium, "#notes", "Two dogs.").await?;
    owner.send("DELETE", &format!("/api/client/{id}"), None).await?;
    chromium.click("form[data-guard] button.primary").await?;
    let is_told = "return window.isTheSame && document.activeElement.getAttribute('role') === 'alert' \
        && document.activeElement.textContent.includes('There is nothing at this address.') \
        && document.querySelector('#notes').value === 'Two dogs.'";
    chromium.until("it is told, and the notes are there", is_told).await?;
    chromium.quit().await?;
    app.end().await
}

/// What is wrong with no field in particular is told too, and read out.
#[tokio::test]
async fn a_wrong_password_is_told_on_the_page_of_the_sign_in() -> Result<()> {
    let app = TestApp::start().await?;
    let chromium = app.chromium(DESK).await?;
    chromium.open("/admin/login").await?;
    fill(&chromium, "#email", OWNER).await?;
    chromium.type_over("#password", "wrong").await?;
    chromium.press(Key::Enter).await?;
    let is_told = "return window.isTheSame && document.activeElement.matches('main .fault[role=alert]') \
        && document.querySelector('#email').value === 'owner@example.com'";
    chromium.until("it is told where the focus is", is_told).await?;
    chromium.quit().await?;
    app.end().await
}

/// What is typed into one form of a page outlives that another is saved.
#[tokio::test]
async fn a_form_that_is_saved_leaves_what_is_typed_into_the_others() -> Result<()> {
    let app = TestApp::start().await?;
    let chromium = app.chromium_of(OWNER, DESK).await?;
    chromium.open("/admin/settings").await?;
    fill(&chromium, "#agentName", "Ada").await?;
    chromium.type_over("#address", "12 Harbor Street").await?;
    chromium.click("form[action='/admin/settings/business'] button").await?;
    let is_kept = "return window.isTheSame && location.search === '?done=saved' \
        && document.querySelector('#agentName').value === 'Ada'";
    chromium.until("the name is still there", is_kept).await?;
    chromium.click("form[action='/admin/settings/agent'] button").await?;
    let state = &app.stage.server.state;
    let is_saved = async || Ok(state.store.agent_config(app.business.business.id).await?.agent_name == "Ada");
    app.until("the name is saved", is_saved).await?;
    let business = state.store.find_business(app.business.business.id).await?;
    assert_eq!(business.map(|business| business.address).as_deref(), Some("12 Harbor Street"));
    chromium.quit().await?;
    app.end().await
}
