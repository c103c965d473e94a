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
    let report = report(&arguments.server).await?;
    let healthy = match arguments.what {
        None => {
            printer.line(&serde_json::to_string_pretty(&report)?);
            matches!(word(&report, "status"), Some("healthy" | "warning"))
        }
        Some(What::Websockets) => websockets(&report, printer),
    };
    Ok(healthy)
}

/// Asks the server at `base` for its report, whatever the report says.
pub(super) async fn report(base: &str) -> Result<Value> {
    install_tls_provider();
    let url = format!("{}/health", base.trim_end_matches('/'));
    let answer = client(Timeouts::default())?.get(&url).send().await;
    let response = answer.with_context(|| format!("{url} does not answer: is the server running?"))?;
    http::read_json_bounded(response, REPORT).await.context("the answer is no health report")
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
    let findings = report.get("findings").and_then(Value::as_array).into_iter().flatten();
    for finding in findings.filter_map(Value::as_str) {
        printer.line(&format!("- {finding}"));
    }
    if !is_on {
        printer.line("- the phone is off");
    }
    is_on && live < places && !matches!(word(report, "status"), Some("error" | "degraded") | None)
}

fn word<'a>(report: &'a Value, field: &str) -> Option<&'a str> {
    report.get(field).and_then(Value::as_str)
}
