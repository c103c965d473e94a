//! `health [websockets]`: asks a running server.

use super::print::Printer;
use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use serde_json::Value;
use studioconnect_connectors::http::{self, Timeouts, client, install_tls_provider};

#[derive(Debug, Args)]
pub(super) struct HealthArguments {
    #[command(subcommand)]
    what: Option<What>,
    /// The server.
    #[arg(long, global = true, default_value = "http://127.0.0.1:3000")]
    server: String,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum What {
    /// Only whether calls can stream: places free, phone on, database written to.
    Websockets,
}

/// Largest report that is read, in bytes.
const REPORT: usize = 1 << 20;

pub(super) async fn run(arguments: &HealthArguments, printer: &mut Printer) -> Result<bool> {
    install_tls_provider();
    let url = format!("{}/health", arguments.server.trim_end_matches('/'));
    let answer = client(Timeouts::default())?.get(&url).send().await;
    let response = answer.with_context(|| format!("{url} does not answer: is the server running?"))?;
    let report: Value =
        http::read_json_bounded(response, REPORT).await.context("the answer is no health report")?;
    let healthy = match arguments.what {
        None => {
            printer.line(&serde_json::to_string_pretty(&report)?);
            matches!(report["status"].as_str(), Some("healthy" | "warning"))
        }
        Some(What::Websockets) => websockets(&report, printer),
    };
    Ok(healthy)
}

fn websockets(report: &Value, printer: &mut Printer) -> bool {
    let number = |pointer: &str| report.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
    let live = number("/sessions/activeVoiceSessions");
    let places = number("/sessions/maxVoiceSessions");
    let is_on = report.pointer("/environment/phoneEnabled").and_then(Value::as_bool).unwrap_or(false);
    printer.line(&format!(
        "{live} of {places} places taken, {} messages, {} streams today, {} refused, {} faulty frames",
        number("/webSocket/totalMessages"),
        number("/webSocket/connectionsToday"),
        number("/webSocket/refusedConnections"),
        number("/webSocket/faultyFrames"),
    ));
    for finding in report["findings"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        printer.line(&format!("- {finding}"));
    }
    if !is_on {
        printer.line("- the phone is off");
    }
    is_on && live < places && report["status"] != "error" && report["status"] != "degraded"
}
