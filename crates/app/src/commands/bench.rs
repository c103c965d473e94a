//! `bench`: measures.
//!
//! The server runs in a process of its own, so its CPU time and memory are its own. Around it, in this process, stands an
//! outside world that costs next to nothing: phones and a model that number and time every piece of sound.

mod board;
mod chat;
mod child;
mod outcome;
mod pages;
mod percentile;
mod phone;
mod plot;
mod process;
mod round;
mod sequence;
mod table;
mod wire;
mod world;

mod model;

use super::print::Printer;
use anyhow::{Context as _, Result, bail, ensure};
use board::Scene;
use child::{Server, ServerSettings};
use clap::{Args, Subcommand};
use outcome::{Outcome, kib_per_call, memory_left};
use round::Round;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use studioconnect_connectors::http::{Timeouts, client};
use tokio::signal::unix::{SignalKind, signal};
use world::World;

/// More would measure this machine's sockets, not the server.
const MOST_CALLS: usize = 500;
/// An hour.
const MOST_SECONDS: u64 = 3_600;
/// Places beyond the calls, so that admission is never what is measured.
const SPARE_PLACES: usize = 10;
/// Faults told in words for each round.
const TOLD: usize = 8;

#[derive(Debug, Args)]
pub(super) struct BenchArguments {
    #[command(subcommand)]
    what: Bench,
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// Calls against this binary in a process of its own.
    Calls(CallsArguments),
    /// Turns in writing by the rules alone, with a large knowledge base, in this process.
    Chat(chat::ChatArguments),
    /// Pages and lists of a business with a history, against this binary in a process of its own.
    Pages(pages::PagesArguments),
}

#[derive(Debug, Args)]
struct CallsArguments {
    /// Calls at once; several sizes run one after another, each with a server of its own.
    #[arg(long, value_delimiter = ',', default_value = "10,50,100")]
    calls: Vec<usize>,
    /// How long each round is measured, in seconds, after the first three.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Rounds of each size against the same server, to see whether memory comes back.
    #[arg(long, default_value_t = 1)]
    rounds: usize,
    /// One line of JSON for each round instead of the table.
    #[arg(long)]
    json: bool,
    /// Exit 1 on anything lost, duplicated, reordered, failed, against a protocol, or not given back.
    #[arg(long)]
    strict: bool,
    /// A variable for the server, NAME=VALUE; may be given several times.
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    server_env: Vec<(String, String)>,
    /// The model takes and gives PCM, so the server converts all sound.
    #[arg(long)]
    pcm: bool,
    /// The server suppresses the callers' noise.
    #[arg(long)]
    suppress_noise: bool,
}

fn variable(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    pair.map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "must be NAME=VALUE".to_owned())
}

impl CallsArguments {
    fn check(&self) -> Result<()> {
        let right = |calls: &usize| (1..=MOST_CALLS).contains(calls);
        ensure!(!self.calls.is_empty() && self.calls.iter().all(right), "--calls takes 1 to {MOST_CALLS}");
        ensure!((1..=MOST_SECONDS).contains(&self.seconds), "--seconds takes 1 to {MOST_SECONDS}");
        ensure!((1..=100).contains(&self.rounds), "--rounds takes 1 to 100");
        Ok(())
    }
}

pub(super) async fn run(arguments: &BenchArguments, printer: &mut Printer) -> Result<bool> {
    let arguments = match &arguments.what {
        Bench::Calls(arguments) => arguments,
        Bench::Pages(arguments) => return pages::run(arguments, printer).await,
        Bench::Chat(arguments) => return chat::run(arguments, printer).await,
    };
    arguments.check()?;
    let mut terminate = signal(SignalKind::terminate())?;
    // Whatever ends this, the server is killed: by its handle, when the bench is dropped.
    tokio::select! {
        outcome = bench(arguments, printer) => outcome,
        _ = tokio::signal::ctrl_c() => bail!("interrupted"),
        _ = terminate.recv() => bail!("told to stop"),
    }
}

async fn bench(arguments: &CallsArguments, printer: &mut Printer) -> Result<bool> {
    let world = World::start().await.context("the outside world cannot be set up")?;
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut complaints = Vec::new();
    for calls in &arguments.calls {
        let rounds = rounds(arguments, *calls, &world, printer).await?;
        complaints.extend(rounds.iter().flat_map(Outcome::complaints));
        complaints.extend(memory_left(&rounds));
        outcomes.extend(rounds);
    }
    tell(arguments, &outcomes, printer);
    for complaint in &complaints {
        printer.complain(complaint);
    }
    Ok(complaints.is_empty() || !arguments.strict)
}

/// All rounds of one size, with a server of their own.
async fn rounds(
    arguments: &CallsArguments,
    calls: usize,
    world: &World,
    printer: &mut Printer,
) -> Result<Vec<Outcome>> {
    let settings = ServerSettings {
        places: calls + SPARE_PLACES,
        pcm: arguments.pcm,
        suppress_noise: arguments.suppress_noise,
        environment: arguments.server_env.iter().cloned().collect::<BTreeMap<_, _>>(),
    };
    let client = client(Timeouts::default())?;
    let server = Server::start(&settings, world, client.clone()).await?;
    let mut outcomes = Vec::with_capacity(arguments.rounds);
    for number in 1..=arguments.rounds {
        let round = Round {
            server: &server,
            world,
            client: &client,
            calls,
            number,
            talk: Duration::from_secs(arguments.seconds),
            scene: Arc::new(Scene::new(arguments.pcm, arguments.suppress_noise)),
        };
        let played = round.play().await;
        let outcome =
            played.with_context(|| format!("the server's last words: {}", server.last_words(TOLD)))?;
        if arguments.json {
            printer.line(&serde_json::to_string(&outcome)?);
        }
        explain(&outcome, &server, printer);
        outcomes.push(outcome);
    }
    server.kill().await;
    Ok(outcomes)
}

/// Words for what went wrong, on standard error.
fn explain(outcome: &Outcome, server: &Server, printer: &mut Printer) {
    if outcome.complaints().is_empty() {
        return;
    }
    for line in outcome.failures.iter().take(TOLD).chain(outcome.told.iter().take(TOLD)) {
        printer.complain(line);
    }
    let log = server.last_words(TOLD);
    if !log.is_empty() {
        printer.complain(&format!("the server's log ends:\n{log}"));
    }
}

fn tell(arguments: &CallsArguments, outcomes: &[Outcome], printer: &mut Printer) {
    let slope = kib_per_call(outcomes);
    if arguments.json {
        if let Some(slope) = slope {
            printer.line(&json!({"kibPerCall": slope}).to_string());
        }
        return;
    }
    for line in table::lines(outcomes) {
        printer.line(&line);
    }
    if let Some(slope) = slope {
        printer.line(&format!("{slope:.0} KiB per call, from the fewest calls to the most"));
    }
    let threads = outcomes.iter().map(|outcome| outcome.threads).max().unwrap_or(0);
    printer.line(&format!("{threads} threads in the server"));
    if arguments.pcm || arguments.suppress_noise {
        printer.line("The server changes the sound: frames are counted, and their order cannot be seen.");
    }
}
