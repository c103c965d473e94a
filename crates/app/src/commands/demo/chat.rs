//! The second part of the story: a visitor of the website asks a question and leaves a lead.

use super::super::print::Printer;
use crate::onboarding::Opened;
use crate::stage::Stage;
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use std::time::Instant;
use studioconnect_assistant::knowledge::chunks_of;
use studioconnect_domain::knowledge::{Document, DocumentKind};
use studioconnect_domain::lead::{Channel, Completeness, Lead};

/// What is asked first, and answered from here.
const ASKED: &str = "Do you also repair boilers?";
const ANSWER: &str = "Yes, boilers of all makes. A first look costs $90, which is part of the repair.";

/// What the visitor writes.
const LINES: [&str; 6] = [
    ASKED,
    "Hi, I would like a quote for a new bathroom.",
    "This is Sam Porter.",
    "503 555",
    "Five zero three, five five five, zero one one seven.",
    "Twelve Harbor Street, Portland.",
];

/// Plays the conversation over the wire that the widget speaks, and checks what came of it.
pub(super) async fn a_chat(stage: &Stage, opened: &Opened, printer: &mut Printer) -> Result<bool> {
    printer.line("");
    printer.line("A visitor opens the chat on the website: Sam Porter wants a new bathroom.");
    know(stage, opened).await?;
    let visitor = Visitor::begin(stage, opened).await?;
    printer.line(&format!("  Mia      {}", visitor.greeting));
    let (mut sources, mut lead) = (0, None);
    for (at, line) in LINES.iter().enumerate() {
        printer.line(&format!("  visitor  {line}"));
        let asked = Instant::now();
        let answer = visitor.say(&format!("demo-{at}"), line).await?;
        let took = asked.elapsed().as_millis();
        let by =
            if text_of(&answer, "by") == "MODEL" { "worded by the simulated model" } else { "by the rules" };
        let reply = text_of(&answer, "reply").replace('\n', " ");
        printer.line(&format!("  Mia      {reply} [{by}, {took} ms]"));
        for source in answer.get("sources").and_then(Value::as_array).into_iter().flatten() {
            sources += 1;
            printer.line(&format!("           from \u{201c}{}\u{201d}", text_of(source, "title")));
        }
        lead = answer.get("leadId").and_then(Value::as_str).map(str::to_owned).or(lead);
    }
    let kept = match lead {
        Some(id) => stage.server.state.store.find_lead(opened.business.id, id.parse()?).await?,
        None => None,
    };
    show(kept.as_ref(), printer);
    let is = |field: fn(&Lead) -> Option<&str>, value: &str| kept.as_ref().and_then(field) == Some(value);
    let mut well = true;
    for (what, is_well) in [
        ("the answer came with its source", sources > 0),
        ("the chat's lead has the name", is(|lead| lead.name.as_deref(), "Sam Porter")),
        (
            "the chat's lead has the number, after one that did not fit",
            is(|lead| lead.phone.as_deref(), "+15035550117"),
        ),
        (
            "the chat's lead is complete",
            kept.as_ref().is_some_and(|lead| lead.completeness == Completeness::Complete),
        ),
        ("it came by chat", kept.as_ref().is_some_and(|lead| lead.channel == Channel::Chat)),
        ("the model's text side saw no rule broken", stage.realtime.rest_violations().is_empty()),
    ] {
        printer.line(&format!("  {} {what}", if is_well { "ok   " } else { "WRONG" }));
        well &= is_well;
    }
    Ok(well)
}

fn show(lead: Option<&Lead>, printer: &mut Printer) {
    printer.line("The lead:");
    let Some(lead) = lead else { return };
    for (field, value) in
        [("name", &lead.name), ("phone", &lead.phone), ("address", &lead.address), ("about", &lead.message)]
    {
        printer.line(&format!("  {field:<9} {}", value.as_deref().unwrap_or("-")));
    }
}

/// Writes an answer into the business's knowledge base.
async fn know(stage: &Stage, opened: &Opened) -> Result<()> {
    let entry =
        Document::new(opened.business.id, DocumentKind::Qa, ASKED, ANSWER, stage.server.state.clock.now());
    stage.server.state.store.add_document(&entry, &chunks_of(&entry), None).await?;
    Ok(())
}

fn text_of<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

struct Visitor {
    client: reqwest::Client,
    origin: String,
    messages: url::Url,
    token: String,
    greeting: String,
}

impl Visitor {
    async fn begin(stage: &Stage, opened: &Opened) -> Result<Self> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let origin = stage.config.public.origin();
        let body = json!({"key": opened.business.widget_key, "pageUrl": stage.url("/")?.as_str()});
        let request = client.post(stage.url("/api/chat")?).header(reqwest::header::ORIGIN, &origin);
        let begun: Value = request.json(&body).send().await?.error_for_status()?.json().await?;
        let text = |name: &str| {
            begun.get(name).and_then(Value::as_str).map(str::to_owned).with_context(|| format!("no {name}"))
        };
        Ok(Self {
            messages: stage.url(&format!("/api/chat/{}/message", text("sessionId")?))?,
            token: text("token")?,
            greeting: text("greeting")?,
            client,
            origin,
        })
    }

    async fn say(&self, name: &str, text: &str) -> Result<Value> {
        let request = self.client.post(self.messages.clone()).header(reqwest::header::ORIGIN, &self.origin);
        let body = json!({"message": text, "clientMessageId": name});
        let response = request.bearer_auth(&self.token).json(&body).send().await?;
        ensure!(response.status().is_success(), "the chat answered {}", response.status());
        Ok(response.json().await?)
    }
}
