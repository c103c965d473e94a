//! `kb eval FILE`: how well questions find what answers them, on a database of the command's own, by the same way that
//! documents and questions go in the server.

use super::print::Printer;
use crate::config::Config;
use anyhow::{Context as _, Result, anyhow, bail};
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use studioconnect_assistant::knowledge::{Embedder, Question, chunks_of, judge};
use studioconnect_connectors::openai::rest::OpenAiRest;
use studioconnect_domain::Clock;
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::business::{Business, Role, User};
use studioconnect_domain::ids::{BusinessId, DocumentId, UserId};
use studioconnect_domain::knowledge::{BODY, Document, DocumentKind, EmbeddingState};
use studioconnect_domain::plan::PlanCode;
use studioconnect_store::{NewBusiness, Settings, Store};

/// Largest file that is read, in bytes.
const MOST_BYTES: u64 = 64 << 20;
/// Passages that are looked at for each question.
const LOOKED_AT: usize = 10;

#[derive(Debug, Args)]
pub(super) struct KbArguments {
    #[command(subcommand)]
    what: Kb,
}

#[derive(Debug, Subcommand)]
enum Kb {
    /// Print how well questions find the passages that answer them, as one line of JSON.
    Eval(EvalArguments),
}

#[derive(Debug, Args)]
struct EvalArguments {
    /// `{passages:[{id,text}], questions:[[text, passageId]], unanswerable:[text]}`
    file: PathBuf,
    /// Look for what questions mean, too, through the configured model; by words alone where there is none.
    #[arg(long)]
    hybrid: bool,
}

/// Passages, and questions with the passage that answers each, or none.
#[derive(Debug, Deserialize)]
struct Golden {
    passages: Vec<GoldenPassage>,
    questions: Vec<(String, Id)>,
    #[serde(default)]
    unanswerable: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct GoldenPassage {
    id: Id,
    text: String,
}

/// A name of a passage; some lists number them.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(i64),
}

/// What came of it. Shares are of one.
#[derive(Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    /// Answerable questions whose passage came first.
    hit1: f64,
    /// Among the first three.
    hit3: f64,
    /// Mean of one by the passage's place.
    mrr: f64,
    /// Unanswerable questions that got no answer.
    refused: f64,
    /// Answerable questions that got none.
    wrongly_refused: f64,
    /// What went wrong, question by question.
    misses: Vec<Miss>,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Miss {
    question: String,
    /// The passage that answers; none where there is no answer.
    wanted: Option<Id>,
    /// What was found, the best first.
    found: Vec<Id>,
    /// Share of the question that the best passage has.
    coverage: f64,
    /// `RANK`, `REFUSED` or `ANSWERED`.
    fault: &'static str,
}

pub(super) async fn run(arguments: &KbArguments, printer: &mut Printer) -> Result<bool> {
    let Kb::Eval(arguments) = &arguments.what;
    let golden = read(&arguments.file)?;
    let embedder = if arguments.hybrid { embedder(printer)? } else { None };
    let report = evaluate(&golden, embedder.as_ref()).await?;
    printer.line(&serde_json::to_string(&report)?);
    Ok(true)
}

/// The configured model, if there is one.
fn embedder(printer: &mut Printer) -> Result<Option<Embedder>> {
    let config = Config::from_environment().map_err(|faults| {
        let faults: Vec<String> =
            faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect();
        anyhow!("settings cannot be used: {}", faults.join("; "))
    })?;
    let model = &config.model;
    if !model.is_usable {
        printer.complain("there is no model: set OPENAI_API_KEY or OPENAI_BASE_URL; words alone are used");
        return Ok(None);
    }
    let rest = OpenAiRest::new(&model.base_url, model.endpoint.api_key.clone(), |_| None)?;
    Ok(Some(Embedder::new(rest, &model.embedding_model)))
}

fn read(file: &Path) -> Result<Golden> {
    let name = file.display();
    let size = std::fs::metadata(file).with_context(|| format!("{name} cannot be read"))?.len();
    if size > MOST_BYTES {
        bail!("{name} is larger than {MOST_BYTES} bytes");
    }
    let text = std::fs::read_to_string(file).with_context(|| format!("{name} cannot be read"))?;
    let shape = "expected {passages:[{id,text}], questions:[[text, passageId]], unanswerable:[text]}";
    let golden: Golden = serde_json::from_str(&text).with_context(|| format!("{name}: {shape}"))?;
    let mut ids = BTreeSet::new();
    for passage in &golden.passages {
        if !ids.insert(&passage.id) {
            bail!("{name}: the passage {:?} stands there twice", passage.id);
        }
        if let Some(fault) = BODY.fault(&passage.text) {
            bail!("{name}: the passage {:?}: {fault}", passage.id);
        }
    }
    if let Some((question, id)) = golden.questions.iter().find(|(_, id)| !ids.contains(id)) {
        bail!("{name}: the question {question:?} names the passage {id:?}, which is not there");
    }
    if ids.is_empty() {
        bail!("{name}: there are no passages");
    }
    Ok(golden)
}

async fn evaluate(golden: &Golden, embedder: Option<&Embedder>) -> Result<Report> {
    let folder = tempfile::tempdir()?;
    let settings = Settings::new(format!("sqlite://{}", folder.path().join("kb.db").display()));
    let store = Store::open(&settings).await?;
    store.migrate().await?;
    let business = business(&store).await?;
    let mut names: BTreeMap<DocumentId, Id> = BTreeMap::new();
    for passage in &golden.passages {
        // Its name tells what it is about, which would be help that a real document may not give.
        let document = Document::new(business, DocumentKind::Text, "·", &passage.text, now());
        let chunks = chunks_of(&document);
        names.insert(store.add_document(&document, &chunks, None).await?.id, passage.id.clone());
    }
    if let Some(embedder) = embedder {
        // Figures of half of the vectors would be figures of nothing.
        while embedder.embed_next(&store, &Clock::System).await? {}
        for document in store.documents(business, golden.passages.len() as u64, None).await? {
            if document.embedding != EmbeddingState::Ready {
                let reason = document.embedding_reason.unwrap_or_default();
                bail!("the passages could not be embedded: {reason}");
            }
        }
    }
    let base = Base { store, business, names, embedder };
    let mut report = Report::default();
    for (text, wanted) in &golden.questions {
        let asked = base.ask(text).await?;
        let place = asked.found.iter().position(|id| id == wanted);
        report.hit1 += f64::from(u8::from(place == Some(0)));
        report.hit3 += f64::from(u8::from(place.is_some_and(|place| place < 3)));
        report.mrr += place.map_or(0.0, |place| 1.0 / (place + 1) as f64);
        report.wrongly_refused += f64::from(u8::from(!asked.is_answered));
        let is_ranked = place.is_some_and(|place| place < 3);
        if !is_ranked || !asked.is_answered {
            let fault = if is_ranked { "REFUSED" } else { "RANK" };
            report.misses.push(asked.miss(text, Some(wanted.clone()), fault));
        }
    }
    for text in &golden.unanswerable {
        let asked = base.ask(text).await?;
        if asked.is_answered {
            report.misses.push(asked.miss(text, None, "ANSWERED"));
        } else {
            report.refused += 1.0;
        }
    }
    let share = |sum: f64, all: usize| if all == 0 { 0.0 } else { (sum / all as f64 * 1e4).round() / 1e4 };
    let all = golden.questions.len();
    report.hit1 = share(report.hit1, all);
    report.hit3 = share(report.hit3, all);
    report.mrr = share(report.mrr, all);
    report.wrongly_refused = share(report.wrongly_refused, all);
    report.refused = share(report.refused, golden.unanswerable.len());
    base.store.close().await?;
    Ok(report)
}

struct Asked {
    found: Vec<Id>,
    is_answered: bool,
    coverage: f64,
}

impl Asked {
    fn miss(self, question: &str, wanted: Option<Id>, fault: &'static str) -> Miss {
        let coverage = (self.coverage * 1e3).round() / 1e3;
        let found = self.found.into_iter().take(3).collect();
        Miss { question: question.to_owned(), wanted, found, coverage, fault }
    }
}

/// What is asked, and by which ways.
struct Base<'a> {
    store: Store,
    business: BusinessId,
    names: BTreeMap<DocumentId, Id>,
    embedder: Option<&'a Embedder>,
}

impl Base<'_> {
    async fn ask(&self, text: &str) -> Result<Asked> {
        let question = Question::of(text);
        let mut query = question.query(LOOKED_AT);
        if let Some(embedder) = self.embedder {
            let today = Clock::System.now().date_naive();
            query.vector = embedder.of_question(&self.store, (self.business, today), text).await;
            if query.vector.is_none() {
                bail!("the question {text:?} could not be embedded in time");
            }
        }
        let found = self.store.search_knowledge(self.business, &query).await?;
        let evidence = judge(&question, &found);
        let mut ids: Vec<Id> = Vec::new();
        for passage in &found.passages {
            if let Some(id) = self.names.get(&passage.document)
                && !ids.contains(id)
            {
                ids.push(id.clone());
            }
        }
        Ok(Asked { found: ids, is_answered: evidence.is_enough(), coverage: evidence.coverage })
    }
}

async fn business(store: &Store) -> Result<BusinessId> {
    let id = BusinessId::new();
    store
        .create_business(&NewBusiness {
            business: Business::new(id, "Evaluation", PlanCode::Basic, format!("wk_{id}"), now()),
            owner: User {
                id: UserId::new(),
                business_id: id,
                email: "owner@example.com".to_owned(),
                name: "Evaluation".to_owned(),
                role: Role::Owner,
                password_hash: String::new(),
                second_factor: None,
                created_at: now(),
            },
            numbers: Vec::new(),
            config: AgentConfig::default(),
            questions: Vec::new(),
        })
        .await?;
    Ok(id)
}

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}
