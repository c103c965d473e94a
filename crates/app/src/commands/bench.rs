//! `bench`: measures.

use super::print::Printer;
use anyhow::Result;
use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(super) struct BenchArguments {
    #[command(subcommand)]
    what: Bench,
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// Calls against this binary in a process of its own.
    Calls(CallsArguments),
}

#[derive(Debug, Args)]
struct CallsArguments {
    /// Calls at once; several runs one after another.
    #[arg(long, value_delimiter = ',', default_value = "10,50,100")]
    calls: Vec<usize>,
}

pub(super) async fn run(arguments: &BenchArguments, printer: &mut Printer) -> Result<bool> {
    let Bench::Calls(calls) = &arguments.what;
    printer.line(&format!("{:?}", calls.calls));
    Ok(true)
}
