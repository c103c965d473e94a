//! `replay FILE`: a call's recorded inputs through the call machine again.

use super::print::Printer;
use anyhow::{Context as _, Result, bail};
use clap::Args;
use std::path::PathBuf;
use studioconnect_voice::recording::{Step, replay};

#[derive(Debug, Args)]
pub(super) struct ReplayArguments {
    /// The recording.
    file: Option<PathBuf>,
    /// Take the recording of this call out of the configured database instead (the network's id, CA…).
    #[arg(long, conflicts_with = "file")]
    call: Option<String>,
    /// Write the recording to the file instead of running it.
    #[arg(long, requires = "call")]
    save: Option<PathBuf>,
    /// Leave out the sound: only what decides.
    #[arg(long)]
    brief: bool,
}

pub(super) async fn run(arguments: &ReplayArguments, printer: &mut Printer) -> Result<bool> {
    let text = match (&arguments.file, &arguments.call) {
        (Some(file), _) => {
            std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?
        }
        (None, Some(sid)) => recorded(sid).await?,
        (None, None) => bail!("give a file, or --call with the network's id of a call"),
    };
    if let Some(file) = &arguments.save {
        std::fs::write(file, &text).with_context(|| format!("{} cannot be written", file.display()))?;
        printer.line(&format!("The recording is in {}.", file.display()));
        return Ok(true);
    }
    let replayed = replay(&text)?;
    for (index, step) in replayed.steps.iter().enumerate() {
        if !arguments.brief || decides(step) {
            show(index, step, printer);
        }
    }
    if replayed.is_cut_short {
        printer.line("The recording was cut short: the call went on.");
    }
    match (replayed.is_compared, replayed.diverged_at) {
        (true, None) => {
            printer.line(&format!("{} inputs gave the same effects again.", replayed.steps.len()));
        }
        (true, Some(at)) => printer.line(&format!("Input {at} gave other effects than in the call.")),
        (false, _) => printer.line("The words were not kept, so the effects cannot be compared."),
    }
    Ok(replayed.diverged_at.is_none())
}

async fn recorded(sid: &str) -> Result<String> {
    let config = crate::config::Config::from_environment()
        .map_err(|faults| anyhow::anyhow!("settings: {faults:?}"))?;
    let store = studioconnect_store::Store::open(&config.store).await?;
    let call = store.find_call_by_sid(sid).await?.context("there is no such call")?;
    let text = store.inputs(call.business_id, call.id).await?;
    store.close().await?;
    anyhow::ensure!(!text.is_empty(), "nothing was recorded of this call");
    Ok(text)
}

/// Sound that is only passed on, and ticks that lead to nothing, fill most of a recording.
fn decides(step: &Step) -> bool {
    step.effects
        .iter()
        .any(|effect| !["{\"Hear\"", "{\"Play\"", "{\"Mark\""].iter().any(|sound| effect.starts_with(sound)))
}

fn show(index: usize, step: &Step, printer: &mut Printer) {
    printer.line(&format!("{index:>6} {:>9.3} s  {}", step.at_ms as f64 / 1_000.0, step.input));
    for effect in &step.effects {
        printer.line(&format!("                    -> {effect}"));
    }
}
