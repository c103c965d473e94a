//! Every page there is, in every state that looks different.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use std::time::Duration;
use studioconnect_acceptance::{Browser, Chromium, Size, TestApp, steps};
use studioconnect_domain::business::Role;
use studioconnect_domain::ids::QuestionId;
use studioconnect_domain::plan::PlanCode;
use studioconnect_simulators::phone::Step;

pub(super) const OWNER: &str = "owner@example.com";
const VIEWER: &str = "viewer@example.com";
/// Such as somebody pastes without a thought: nothing to break it at.
const ENDLESS: &str =
    "https://www.example.com/a/very/long/address/without/any/space/whatsoever-that-somebody-pasted-here";

/// One page in one state.
pub(super) struct View {
    /// Of a picture's file, and in a failure.
    pub(super) name: &'static str,
    /// Where it is.
    pub(super) path: String,
    /// A form that is submitted there, and comes back with sentences or leads on.
    form: Option<(String, Vec<(&'static str, &'static str)>)>,
}

fn at(name: &'static str, path: impl Into<String>) -> View {
    View { name, path: path.into(), form: None }
}

fn refused(name: &'static str, path: &str, action: &str, fields: &[(&'static str, &'static str)]) -> View {
    View { name, path: path.into(), form: Some((action.into(), fields.to_vec())) }
}

impl View {
    /// Shows it.
    pub(super) async fn show(&self, chromium: &Chromium) -> Result<()> {
        let shown = async {
            chromium.open(&self.path).await?;
            match &self.form {
                Some((action, fields)) => chromium.submit(action, fields).await,
                None => Ok(()),
            }
        };
        shown.await.with_context(|| format!("{} cannot be shown", self.name))
    }
}

/// Whoever is in front of the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Nobody,
    Owner,
    Viewer,
    /// The owner, of a business on FREE.
    OnFree,
}

/// What is shown to nobody in particular.
pub(super) async fn outside(app: &TestApp) -> Result<Vec<View>> {
    app.owner()
        .await?
        .post("/api/team/invitations", &serde_json::json!({"email": "sam@example.com", "role": "MEMBER"}))
        .await?;
    let invitation = format!("/admin/invitation?token={}", mailed(app, "/admin/invitation?token=").await?);
    app.browser()?.submit("/admin/forgotten", &[("email", OWNER)]).await?;
    let token = mailed(app, "/admin/password?token=").await?;
    let password = format!("/admin/password?token={token}");
    let mut choose = refused("password-refused", &password, "/admin/password", &[("password", "short")]);
    if let Some((_, fields)) = &mut choose.form {
        fields.push(("token", Box::leak(token.into_boxed_str())));
    }
    Ok(vec![
        at("login", "/admin/login"),
        refused(
            "login-refused",
            "/admin/login",
            "/admin/login",
            &[("email", "owner@example.com"), ("password", "wrong")],
        ),
        at("forgotten", "/admin/forgotten"),
        refused("forgotten-sent", "/admin/forgotten", "/admin/forgotten", &[("email", "nobody@example.com")]),
        at("invitation", invitation),
        at("password", password),
        choose,
        at("link-used", "/admin/password?token=nothing"),
    ])
}

const EVERYWHERE: [(&str, &str); 16] = [
    ("today", "/admin/dashboard"),
    ("calls", "/admin/calls"),
    ("conversations", "/admin/conversations"),
    ("leads", "/admin/leads"),
    ("board", "/admin/leads/board"),
    ("clients", "/admin/clients"),
    ("questions", "/admin/lead-questions"),
    ("knowledge", "/admin/knowledge-base"),
    ("voice", "/admin/voice"),
    ("widget", "/admin/widget"),
    ("notifications", "/admin/notifications"),
    ("settings", "/admin/settings"),
    ("team", "/admin/team"),
    ("changes", "/admin/audit"),
    ("plan", "/admin/plan"),
    ("account", "/admin/account"),
];

/// Every page of a signed-in person, as it is in a business that has nothing yet.
pub(super) fn everywhere() -> Vec<View> {
    EVERYWHERE.map(|(name, path)| at(name, path)).into()
}

/// Pages that say no.
pub(super) fn refusals() -> Vec<View> {
    let mut views = refused_settings();
    views.extend([
        refused(
            "contact-refused",
            "/admin/voice",
            "/admin/voice/contacts",
            &[("name", ""), ("phone", "12"), ("note", "")],
        ),
        refused(
            "notifications-refused",
            "/admin/notifications",
            "/admin/notifications",
            &[("notificationEmail", "dana"), ("notificationPhoneNumber", "12")],
        ),
        refused(
            "knowledge-refused",
            "/admin/knowledge-base",
            "/admin/knowledge-base",
            &[("kind", "TEXT"), ("title", ""), ("body", "")],
        ),
        refused(
            "page-refused",
            "/admin/knowledge-base",
            "/admin/knowledge-base/pages",
            &[("url", "http://10.0.0.1/")],
        ),
        refused("tag-refused", "/admin/widget", "/admin/widget/check", &[("url", "http://10.0.0.1/")]),
        refused("preview-refused", "/admin/voice", "/admin/voice/preview", &[("voice", "nobody")]),
    ]);
    views
}

fn refused_settings() -> Vec<View> {
    let bad_hours = [
        ("version", "0"),
        ("day0", "nine to five"),
        ("day1", "8-17"),
        ("day2", "25-26"),
        ("day3", ""),
        ("day4", ""),
        ("day5", ""),
        ("day6", ""),
        ("holidays", "soon closed\n2026-12-25 closed Christmas"),
    ];
    vec![
        refused(
            "question-refused",
            "/admin/lead-questions",
            "/admin/lead-questions",
            &[("questionText", " ")],
        ),
        refused(
            "client-refused",
            "/admin/clients",
            "/admin/clients",
            &[("name", " "), ("phone", "12"), ("email", "none"), ("version", "0")],
        ),
        refused("hours-refused", "/admin/settings", "/admin/settings/hours", &bad_hours),
        refused(
            "agent-refused",
            "/admin/settings",
            "/admin/settings/agent",
            &[
                ("version", "0"),
                ("language", "xx"),
                ("agentName", ""),
                ("welcomeMessage", ""),
                ("voiceUnavailableMessage", ""),
            ],
        ),
        refused(
            "business-refused",
            "/admin/settings",
            "/admin/settings/business",
            &[("version", "0"), ("name", ""), ("timezone", "Moon/Crater"), ("region", "Q")],
        ),
        refused(
            "voice-refused",
            "/admin/voice",
            "/admin/voice",
            &[
                ("version", "0"),
                ("voice", "nobody"),
                ("vad.threshold", "7"),
                ("vad.prefixPaddingMs", "-1"),
                ("vad.silenceDurationMs", "1"),
                ("interruptionDelayMs", "50"),
                ("maxResponseTokens", "1"),
                ("maxCallSeconds", "1"),
                ("spendCapCents", "-1"),
                ("silenceNudgeMs", "1"),
            ],
        ),
        refused(
            "invitation-refused",
            "/admin/team",
            "/admin/team/invitations",
            &[("email", "owner@example.com"), ("role", "MEMBER")],
        ),
        refused(
            "account-refused",
            "/admin/account",
            "/admin/account/password",
            &[("current", "wrong"), ("next", "short")],
        ),
        at("not-found", "/admin/leads/nothing"),
        at("leads-none-such", "/admin/leads?q=zebra"),
        at("conversations-none-such", "/admin/conversations?q=zebra"),
        at("calls-none-such", "/admin/calls?q=zebra"),
        at("clients-none-such", "/admin/clients?q=zebra"),
    ]
}

async fn add_contacts(browser: &Browser) -> Result<()> {
    for (name, phone) in [("Sam Porter", "206 555 0177"), (&ENDLESS[..80], "206 555 0178")] {
        let fields = [("name", name), ("phone", phone), ("note", "Weekdays after six"), ("isActive", "on")];
        browser.submit("/admin/voice/contacts", &fields).await?;
    }
    Ok(())
}

async fn add_clients(browser: &Browser) -> Result<()> {
    let clients = [
        ("Dana Reyes", "Reyes & Daughters", "+12065550142", "dana@example.com"),
        (ENDLESS, ENDLESS, "+12065550143", "a.very.long.local.part.of.a.mail.address.indeed@example.com"),
    ];
    for (name, company, phone, email) in clients {
        let fields = [
            ("name", name),
            ("company", company),
            ("phone", phone),
            ("email", email),
            ("notes", "Two dogs."),
            ("version", "0"),
        ];
        browser.submit("/admin/clients", &fields).await?;
    }
    Ok(())
}

/// Documents in every state that looks different, and what a question finds; the page that could not be read.
async fn add_documents(app: &TestApp) -> Result<String> {
    let owner = app.owner().await?;
    for (kind, title) in [("TEXT", ENDLESS), ("QA", "Where can I park?")] {
        let body = "Behind the house; enter from Pine Street.";
        owner.post("/api/kb", &json!({"kind": kind, "title": title, "body": body})).await?;
    }
    for question in ["Do you sell bicycles?", ENDLESS] {
        app.visitor().await?.say("m1", &format!("Tell me: {question}")).await?;
    }
    let page = format!("http://localhost:1/{ENDLESS}");
    let page = owner.post("/api/kb", &json!({"kind": "URL", "url": page})).await?;
    let page: Value = serde_json::from_str(&page.body)?;
    Ok(page["id"].as_str().context("the page is not kept")?.to_owned())
}

/// One that the agent answers, and one that a person has taken over.
async fn add_conversations(app: &TestApp, browser: &Browser) -> Result<(String, String)> {
    let (talk, taken) = (app.visitor().await?, app.visitor().await?);
    for (visitor, words) in [(&talk, "Are you open on Saturday?"), (&taken, ENDLESS)] {
        visitor.say("m1", words).await?;
    }
    let path = format!("/admin/conversations/{}", taken.id);
    browser.submit(&format!("{path}/takeover"), &[]).await?;
    browser.submit(&format!("{path}/message"), &[("message", "Good day!\nHow can I help?")]).await?;
    taken.say("m2", "Thank you for looking after this.").await?;
    Ok((talk.id, taken.id))
}

/// Every page of a business that has been at work, with names and notes that are longer than anybody expects.
pub(super) async fn full(app: &TestApp) -> Result<Vec<View>> {
    let ended = app.fast_call(3.0, lead_call()).await?;
    let (call, lead) = (ended.call.id, ended.lead.context("the call left no lead")?.id);
    app.fast_call(3.0, [Step::wait_for_agent(300), Step::HangUp]).await?;
    let browser = app.browser_of(OWNER).await?;
    let endless = format!("A question about {ENDLESS}, and how it came to this?");
    browser
        .submit(
            "/admin/lead-questions",
            &[("questionText", &endless), ("expectedFormat", "TEXT"), ("isEssentialForEmergency", "on")],
        )
        .await?;
    for note in ["Called back; they are at home after six.", ENDLESS] {
        browser.submit(&format!("/admin/leads/{lead}/notes"), &[("text", note)]).await?;
    }
    add_contacts(&browser).await?;
    add_clients(&browser).await?;
    let hours = [
        ("version", "0"),
        ("day0", "8-12, 13-17"),
        ("day1", "8-17"),
        ("day2", ""),
        ("day3", ""),
        ("day4", ""),
        ("day5", ""),
        ("day6", ""),
        ("holidays", "2026-12-25 closed Christmas"),
    ];
    browser.submit("/admin/settings/hours", &hours).await?;
    browser
        .submit(
            "/admin/team/invitations",
            &[("email", "a.new.colleague.with.a.long.address@example.com"), ("role", "MEMBER")],
        )
        .await?;
    app.join(app.business.business.id, VIEWER, Role::Viewer).await?;
    let business = app.business.business.id;
    let clients = app.owner().await?.json("/api/client").await?;
    let client = clients["items"][0]["id"].as_str().context("there is no client")?.to_owned();
    let questions = app.stage.server.state.store.list_questions(business).await?;
    let contacts = app.stage.server.state.store.transfer_contacts(business).await?;
    let contact = contacts.first().context("there is no contact")?.id;
    let question = questions.first().context("there is no question")?.id;
    let (talk, taken) = add_conversations(app, &browser).await?;
    let document = add_documents(app).await?;
    let mut views = everywhere();
    views.extend(overtaken(&question, &client));
    views.extend([
        at("call", format!("/admin/calls/{call}")),
        at("lead", format!("/admin/leads/{lead}")),
        at("conversation", format!("/admin/conversations/{talk}")),
        at("conversation-taken", format!("/admin/conversations/{taken}")),
        refused(
            "answer-refused",
            &format!("/admin/conversations/{taken}"),
            &format!("/admin/conversations/{taken}/message"),
            &[("message", " ")],
        ),
        at("document", format!("/admin/knowledge-base/{document}")),
        at("knowledge-asked", "/admin/knowledge-base?q=where+can+I+park"),
        at("client", format!("/admin/clients/{client}")),
        at("question", format!("/admin/lead-questions/{question}")),
        at("contact", format!("/admin/voice/contacts/{contact}")),
        at("saved", "/admin/settings?done=saved"),
        refused(
            "note-refused",
            &format!("/admin/leads/{lead}"),
            &format!("/admin/leads/{lead}/notes"),
            &[("text", " ")],
        ),
        refused(
            "lead-refused",
            &format!("/admin/leads/{lead}"),
            &format!("/admin/leads/{lead}"),
            &[("version", "7"), ("status", "WON"), ("assignedTo", "")],
        ),
        moved(&question.to_string()),
    ]);
    Ok(views)
}

/// Forms that somebody else was quicker with.
fn overtaken(question: &QuestionId, client: &str) -> [View; 3] {
    [
        refused(
            "question-overtaken",
            &format!("/admin/lead-questions/{question}"),
            &format!("/admin/lead-questions/{question}"),
            &[
                ("version", "1"),
                ("questionText", "What broke?"),
                ("expectedFormat", "PHONE"),
                ("mapsToLeadField", "phone"),
            ],
        ),
        refused(
            "client-overtaken",
            &format!("/admin/clients/{client}"),
            &format!("/admin/clients/{client}"),
            &[("version", "7"), ("name", "Dana"), ("company", "Other"), ("notes", "None")],
        ),
        refused(
            "voice-overtaken",
            "/admin/voice",
            "/admin/voice",
            &[
                ("version", "7"),
                ("voice", "cedar"),
                ("vad.type", "semantic_vad"),
                ("vad.eagerness", "high"),
                ("vad.threshold", "0.4"),
                ("vad.prefixPaddingMs", "200"),
                ("vad.silenceDurationMs", "600"),
                ("interruptionDelayMs", "200"),
                ("maxResponseTokens", "100"),
                ("noiseReduction", "near_field"),
                ("suppressNoiseLocally", "on"),
                ("maxCallSeconds", "600"),
                ("spendCapCents", "100"),
                ("silenceNudgeMs", "9000"),
            ],
        ),
    ]
}

/// A notice with something to take back.
fn moved(question: &str) -> View {
    let action = format!("/admin/lead-questions/{question}/move");
    refused("undo", "/admin/lead-questions", &action, &[("to", "1")])
}

/// A browser in which somebody is signed in, or nobody is.
pub(super) async fn browser_of(app: &TestApp, who: Who, size: Size) -> Result<Chromium> {
    match who {
        Who::Nobody => app.chromium(size).await,
        Who::Viewer => app.chromium_of(VIEWER, size).await,
        Who::Owner => app.chromium_of(OWNER, size).await,
        Who::OnFree => {
            app.stage.server.state.store.set_plan(app.business.business.id, PlanCode::Free).await?;
            app.chromium_of(OWNER, size).await
        }
    }
}

/// A caller who says what it is about, and how to be reached.
pub(crate) fn lead_call() -> Vec<Step> {
    let said = ["caller-leak", "caller-name", "caller-phone"].map(steps::ask).concat();
    [steps::listen(), said, vec![Step::HangUp]].concat()
}

/// The secret of a link that was mailed.
async fn mailed(app: &TestApp, start: &str) -> Result<String> {
    let folder = app.stage.config.data_dir.join("mail");
    let found = async || -> Option<String> {
        for file in std::fs::read_dir(&folder).ok()? {
            let mail =
                std::fs::read_to_string(file.ok()?.path()).ok()?.replace("=\r\n", "").replace("=3D", "=");
            if let Some((_, rest)) = mail.split_once(start) {
                return Some(
                    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect(),
                );
            }
        }
        None
    };
    for _ in 0..200 {
        if let Some(secret) = found().await {
            return Ok(secret);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    anyhow::bail!("no mail leads to {start}")
}
