//! `bench pages`: how long each page of the dashboard and each list of the API takes, for a business with a history.

mod fill;
mod visit;

use super::super::print::Printer;
use super::child::{Server, free_port};
use crate::onboarding::{self, Opening};
use crate::secrets::random_hex;
use anyhow::{Context as _, Result, ensure};
use clap::Args;
use fill::{Amounts, Filled, fill};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use studioconnect_connectors::http::{Timeouts, client};
use studioconnect_domain::Clock;
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::plan::PlanCode;
use studioconnect_store::{Settings, Store};
use tokio::signal::unix::{SignalKind, signal};
use visit::{Visited, Visitor};

/// More would take hours to write.
const MOST_ROWS: usize = 1_000_000;
/// Most times that the table of all leads is made.
const FILES: usize = 20;
const PASSWORD: &str = "bench-password";
/// What 19 of 20 visits of a page should stay under (features, row 22).
const AIM_MS: f64 = 30.0;

#[derive(Debug, Args)]
pub(super) struct PagesArguments {
    /// Calls that the business has had, each with its transcript.
    #[arg(long, default_value_t = 10_000)]
    calls: usize,
    /// Leads that it has, each with a note.
    #[arg(long, default_value_t = 10_000)]
    leads: usize,
    /// Clients that it has.
    #[arg(long, default_value_t = 1_000)]
    clients: usize,
    /// Visits of each page.
    #[arg(long, default_value_t = 200)]
    rounds: usize,
    /// One line of JSON for each page instead of the table.
    #[arg(long)]
    json: bool,
    /// Exit 1 when a page takes longer than it should.
    #[arg(long)]
    strict: bool,
    /// A database to write into instead of a SQLite file that goes away. What is written stays there, so `DATABASE_URL` is
    /// not looked at.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

pub(super) async fn run(arguments: &PagesArguments, printer: &mut Printer) -> Result<bool> {
    let right = |rows: usize| (1..=MOST_ROWS).contains(&rows);
    let amounts = [arguments.calls, arguments.leads, arguments.clients];
    ensure!(amounts.into_iter().all(right), "--calls, --leads and --clients take 1 to {MOST_ROWS}");
    ensure!((1..=100_000).contains(&arguments.rounds), "--rounds takes 1 to 100000");
    let mut terminate = signal(SignalKind::terminate())?;
    // Whatever ends this, the server is killed: by its handle, when the bench is dropped.
    tokio::select! {
        outcome = bench(arguments, printer) => outcome,
        _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted"),
        _ = terminate.recv() => anyhow::bail!("told to stop"),
    }
}

async fn bench(arguments: &PagesArguments, printer: &mut Printer) -> Result<bool> {
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let own = || format!("sqlite://{}?mode=rwc", folder.path().join("studioconnect.db").display());
    let url = arguments.database.clone().unwrap_or_else(own);
    let began = Instant::now();
    let (email, filled) = prepare(&url, arguments).await?;
    if !arguments.json {
        printer.line(&format!(
            "two businesses with {} calls, {} leads and {} clients each, written in {:.0} s",
            arguments.calls,
            arguments.leads,
            arguments.clients,
            began.elapsed().as_secs_f64()
        ));
    }
    let client = client(Timeouts { total: Duration::from_secs(30), ..Timeouts::default() })?;
    let port = free_port()?;
    let server = Server::spawn(folder, port, &variables(&url, port), client.clone()).await?;
    let visitor = Visitor::sign_in(client, &server.url(""), &email, PASSWORD).await?;
    let mut visited = Vec::new();
    for path in visitor.paths(&filled).await? {
        visited.push(visitor.visit(&path, arguments.rounds).await?);
    }
    let apart = Apart {
        file: visitor.visit(visit::FILE, arguments.rounds.min(FILES)).await?,
        first_load: visitor.first_load().await?,
    };
    server.kill().await;
    tell(arguments, &visited, &apart, printer);
    let slow = visited.iter().filter(|page| page.p95_ms() >= AIM_MS);
    let slow: Vec<_> = slow.map(|page| page.path.as_str()).collect();
    if !slow.is_empty() {
        printer.complain(&format!("slower than {AIM_MS} ms: {}", slow.join(", ")));
    }
    Ok(slow.is_empty() || !arguments.strict)
}

/// Opens two businesses and gives both a history; the address of the first one's owner.
async fn prepare(url: &str, arguments: &PagesArguments) -> Result<(String, Filled)> {
    let store = Store::open(&Settings::new(url)).await?;
    store.migrate().await?;
    let visited = prepare_one(&store, arguments, "Harbor Light Plumbing").await?;
    prepare_one(&store, arguments, "Northwind Heating").await?;
    store.close().await?;
    Ok(visited)
}

async fn prepare_one(store: &Store, arguments: &PagesArguments, name: &str) -> Result<(String, Filled)> {
    let email = format!("bench-{}@example.com", uuid::Uuid::now_v7().simple());
    let opening = Opening {
        name,
        plan: PlanCode::Pro,
        numbers: &[],
        email: &email,
        password: PASSWORD,
        config: AgentConfig::default(),
    };
    let opened = onboarding::open_business(store, &Clock::System, opening).await?;
    let amounts = Amounts { calls: arguments.calls, leads: arguments.leads, clients: arguments.clients };
    let filled = fill(store, &opened, &amounts, Clock::System.now()).await?;
    Ok((email, filled))
}

fn variables(url: &str, port: u16) -> BTreeMap<String, String> {
    let given = [
        ("PORT", port.to_string()),
        ("DATABASE_URL", url.to_owned()),
        // A server on PostgreSQL makes no secrets of its own.
        ("JWT_SECRET", random_hex()),
        ("ENCRYPTION_KEY", random_hex()),
        ("RUST_LOG", "warn".to_owned()),
    ];
    given.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What no page is held to.
struct Apart {
    /// All leads as a table.
    file: Visited,
    /// Bytes of the first page with style and script, packed.
    first_load: usize,
}

fn tell(arguments: &PagesArguments, visited: &[Visited], apart: &Apart, printer: &mut Printer) {
    if arguments.json {
        for page in visited.iter().chain([&apart.file]) {
            printer.line(&page.json().to_string());
        }
        printer.line(&json!({"firstLoadBytes": apart.first_load}).to_string());
        return;
    }
    for line in visit::table(visited) {
        printer.line(&line);
    }
    printer.line(&format!("apart: {} takes {:.0} ms (p95)", apart.file.path, apart.file.p95_ms()));
    printer.line(&format!(
        "{:.1} KiB come over the line when the first page is opened, style and script included",
        apart.first_load as f64 / 1_024.0
    ));
}
