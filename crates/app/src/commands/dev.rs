//! `dev`: the server with the simulated world around it; each line typed is a call.

use super::print::Printer;
use crate::config::LogConfig;
use crate::stage::{BUSINESS_NUMBER, Stage, StageSettings};
use crate::telemetry;
use anyhow::{Context as _, Result};
use clap::Args;
use std::path::PathBuf;
use studioconnect_domain::phone::PhoneNumber;
use studioconnect_domain::plan::PlanCode;
use studioconnect_simulators::phone::{Script, Step};
use tokio::io::{AsyncBufReadExt as _, BufReader, stdin};

#[derive(Debug, Args)]
pub(super) struct DevArguments {
    /// Folder for the database and the recordings; kept between runs.
    #[arg(long, default_value = "./data/dev")]
    folder: PathBuf,
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: std::net::SocketAddr,
}

pub(super) async fn run(arguments: &DevArguments, printer: &mut Printer) -> Result<bool> {
    let filter = std::env::var("RUST_LOG").unwrap_or_else(|_| "info".into());
    telemetry::start(&LogConfig { filter, json: false });
    let stage = Stage::start_at(StageSettings::new(arguments.folder.clone()), arguments.listen).await?;
    let number = PhoneNumber::read(BUSINESS_NUMBER, "US")?;
    if stage.server.state.store.find_business_by_number(&number).await?.is_none() {
        stage.open_business(PlanCode::Pro, |_| {}).await?;
    }
    printer.line(&format!("server    http://{}", stage.server.address));
    printer.line(&format!("model     {} (simulated)", stage.realtime.base_url()));
    printer.line(&format!(
        "phones    {} (simulated); the business is on {BUSINESS_NUMBER}",
        stage.network.rest_url()
    ));
    printer.line("Enter makes a call; the name of a script's file makes that call; Ctrl-D ends.");
    let mut lines = BufReader::new(stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        if let Err(fault) = call(&stage, line.trim(), printer).await {
            printer.complain(&format!("{fault:#}"));
        }
    }
    stage.stop().await;
    Ok(true)
}

async fn call(stage: &Stage, file: &str, printer: &mut Printer) -> Result<()> {
    let script: Script = if file.is_empty() {
        let listen = [Step::wait_for_agent(300), Step::wait_quiet(500)];
        let [wait, quiet] = listen;
        vec![wait.clone(), quiet.clone(), Step::SayClip("caller-leak".into()), wait, quiet, Step::HangUp]
            .into()
    } else {
        let text = tokio::fs::read_to_string(file).await.with_context(|| format!("{file} cannot be read"))?;
        text.parse().with_context(|| format!("{file} is no script"))?
    };
    let mut call = stage.network.dial(stage.dial(script)?);
    let events = call.events();
    let told = async {
        let Some(mut events) = events else { return };
        while let Ok(event) = events.recv().await {
            printer.line(&format!("{:>8.2} s  {:?}", event.at_ms as f64 / 1_000.0, event.kind));
        }
    };
    tokio::join!(call.finish(), told);
    Ok(())
}
