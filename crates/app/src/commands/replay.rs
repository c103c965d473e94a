//! `replay FILE`: a call's recorded inputs through the call machine again, or a chat's turns through the conversation.

use super::print::Printer;
use anyhow::{Context as _, Result, bail};
use clap::Args;
use std::path::PathBuf;
use studioconnect_assistant::recording;
use studioconnect_domain::ids::ConversationId;
use studioconnect_voice::recording::{Step, replay};

#[derive(Debug, Args)]
pub(super) struct ReplayArguments {
    /// The recording.
    file: Option<PathBuf>,
    /// Take the recording of this call out of the configured database instead (the network's id, CA…).
    #[arg(long, conflicts_with = "file")]
    call: Option<String>,
    /// Take the turns of this chat out of the configured database instead (the id of its page in the dashboard).
    #[arg(long, conflicts_with_all = ["file", "call"], value_name = "ID")]
    chat: Option<ConversationId>,
    /// Write the recording to the file instead of running it.
    #[arg(long)]
    save: Option<PathBuf>,
    /// Leave out the sound: only what decides.
    #[arg(long)]
    brief: bool,
}

pub(super) async fn run(arguments: &ReplayArguments, printer: &mut Printer) -> Result<bool> {
    let text = match (&arguments.file, &arguments.call, arguments.chat) {
        (Some(file), ..) => {
            std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?
        }
        (None, Some(sid), _) => recorded(sid).await?,
        (None, None, Some(id)) => recorded_chat(id).await?,
        (None, None, None) => {
            bail!("give a file, --call with the network's id of a call, or --chat with a chat's id")
        }
    };
    if let Some(file) = &arguments.save {
        std::fs::write(file, &text).with_context(|| format!("{} cannot be written", file.display()))?;
        printer.line(&format!("The recording is in {}.", file.display()));
        return Ok(true);
    }
    if is_chat(&text) {
        return run_chat(&text, printer);
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

/// A chat's recording begins with a turn, a call's with its settings.
fn is_chat(text: &str) -> bool {
    text.starts_with("{\"at\"")
}

fn run_chat(text: &str, printer: &mut Printer) -> Result<bool> {
    let replayed = recording::replay(text.lines())?;
    for (index, step) in replayed.steps.iter().enumerate() {
        printer.line(&format!("{:>4} {}  {}", index + 1, step.turn.at.format("%H:%M:%S"), step.turn.text));
        for call in &step.turn.calls {
            printer.line(&format!("       -> saved by the model: {}", serde_json::to_string(call)?));
        }
        printer.line(&format!("       -> {}", step.turn.worded.as_deref().unwrap_or(&step.reply)));
    }
    match replayed.diverged_at {
        None => {
            printer.line(&format!("{} turns left the conversation as they did then.", replayed.steps.len()));
        }
        Some(at) => {
            printer.line(&format!("Turn {} left the conversation otherwise than it did then.", at + 1));
        }
    }
    Ok(replayed.diverged_at.is_none())
}

async fn configured() -> Result<studioconnect_store::Store> {
    let config = crate::config::Config::from_environment()
        .map_err(|faults| anyhow::anyhow!("settings: {faults:?}"))?;
    Ok(studioconnect_store::Store::open(&config.store).await?)
}

async fn recorded_chat(id: ConversationId) -> Result<String> {
    let store = configured().await?;
    let business = store.owner_of_conversation(id).await?.context("there is no such chat")?;
    let turns = store.recorded_turns(business, id).await?;
    store.close().await?;
    anyhow::ensure!(!turns.is_empty(), "nothing was recorded of this chat");
    Ok(turns.join("\n"))
}

async fn recorded(sid: &str) -> Result<String> {
    let store = configured().await?;
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
