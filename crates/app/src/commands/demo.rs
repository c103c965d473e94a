//! `demo`: a day at the front desk, played live on the real server with the outside world simulated.

mod chat;
mod story;
mod timeline;

use super::print::Printer;
use crate::config::LogConfig;
use crate::stage::{OWNER_EMAIL, OWNER_PASSWORD, Stage, StageSettings};
use crate::telemetry;
use anyhow::{Context as _, Result};
use clap::Args;
use std::path::PathBuf;
use studioconnect_domain::plan::PlanCode;
use studioconnect_simulators::realtime::{Brain, RealtimeSettings};

#[derive(Debug, Args)]
pub(super) struct DemoArguments {
    /// End after the story: 0 if every step went well, 1 if not.
    #[arg(long)]
    exit: bool,
    /// Folder for the database and the recordings; a fresh temporary one by default.
    #[arg(long)]
    folder: Option<PathBuf>,
}

pub(super) async fn run(arguments: &DemoArguments, printer: &mut Printer) -> Result<bool> {
    // The story is the output; the server's log is shown to those who ask for it.
    if let Ok(filter) = std::env::var("RUST_LOG") {
        telemetry::start(&LogConfig { filter, json: false });
    }
    let folder = match &arguments.folder {
        Some(folder) => folder.clone(),
        // Kept after the end, so that the recordings can be listened to.
        None => tempfile::Builder::new().prefix("studioconnect-demo-").tempdir()?.keep(),
    };
    printer.line(
        "StudioConnect demo: the real server; phone network and speech model are simulated on this machine.",
    );
    let mut realtime = RealtimeSettings { brain: Brain::demo(), ..RealtimeSettings::default() };
    realtime.rest.brain = Brain::demo();
    let stage = Stage::start(StageSettings { realtime, ..StageSettings::new(folder.clone()) }).await?;
    let opened = stage.open_business(PlanCode::Pro, |_| {}).await?;
    printer.line(&format!("Server at http://{}; files in {}", stage.server.address, folder.display()));
    printer.line("The business: Harbor Light Plumbing, plan PRO, +1 206 555 0100. Its agent is called Mia.");
    let mut well = story::a_call(&stage, opened.business.id, printer).await?;
    well &= chat::a_chat(&stage, &opened, printer).await?;
    printer.line(if well { "Every step went well." } else { "Something went wrong." });
    if !arguments.exit {
        printer.line(&format!("See it in the dashboard: http://{}/admin", stage.server.address));
        printer.line(&format!(
            "Try the website's chat: http://{}/chat/{}",
            stage.server.address, opened.business.widget_key
        ));
        printer
            .line(&format!("Sign in as {OWNER_EMAIL} with the password {OWNER_PASSWORD}. Ctrl-C ends it."));
        tokio::signal::ctrl_c().await.context("cannot wait for Ctrl-C")?;
    }
    stage.stop().await;
    Ok(well)
}
