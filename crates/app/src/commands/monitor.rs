//! `monitor websockets`: live connections of a running server, until stopped.

use super::health;
use super::print::Printer;
use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::Value;
use std::time::Duration;

#[derive(Debug, Args)]
pub(super) struct MonitorArguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Media streams and their traffic.
    Websockets(Websockets),
}

#[derive(Debug, Args)]
struct Websockets {
    /// The server.
    #[arg(long, default_value = "http://127.0.0.1:3000")]
    server: String,
    /// Look once.
    #[arg(long)]
    once: bool,
    /// A JSON line for each look.
    #[arg(long)]
    json: bool,
    /// Seconds between looks.
    #[arg(long, default_value_t = 2)]
    every: u64,
}

/// Columns: heading, and where its figure stands in the health report.
const COLUMNS: [(&str, &str); 7] = [
    ("live", "/sessions/activeVoiceSessions"),
    ("waiting", "/sessions/waitingVoiceSessions"),
    ("places", "/sessions/maxVoiceSessions"),
    ("today", "/webSocket/connectionsToday"),
    ("messages", "/webSocket/totalMessages"),
    ("refused", "/webSocket/refusedConnections"),
    ("answer ms", "/openAI/averageResponseTime"),
];

pub(super) async fn run(arguments: &MonitorArguments, printer: &mut Printer) -> Result<bool> {
    let What::Websockets(websockets) = &arguments.what;
    if !websockets.json {
        printer.line(&COLUMNS.map(|(heading, _)| format!("{heading:>10}")).concat());
    }
    loop {
        let report = health::report(&websockets.server).await?;
        printer.line(&row(&report, websockets.json));
        if websockets.once {
            return Ok(true);
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(websockets.every.max(1))) => {}
            stopped = tokio::signal::ctrl_c() => return Ok(stopped.is_ok()),
        }
    }
}

fn row(report: &Value, as_json: bool) -> String {
    let figures =
        COLUMNS.map(|(heading, place)| (heading, report.pointer(place).cloned().unwrap_or(Value::Null)));
    if as_json {
        return Value::Object(
            figures.map(|(heading, figure)| (heading.to_owned(), figure)).into_iter().collect(),
        )
        .to_string();
    }
    // A JSON value knows nothing of widths.
    figures.map(|(_, figure)| format!("{:>10}", figure.to_string())).concat()
}
