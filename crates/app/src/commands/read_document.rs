//! `studioconnect read-document`: what the server starts to have a file read (`studioconnect_assistant::knowledge::reading`).
//! From its input to its output; it needs no settings, no database and no network.

use clap::Args;
use std::process::ExitCode;
use studioconnect_assistant::knowledge::extract::Hint;
use studioconnect_assistant::knowledge::reading;

#[derive(Debug, Args)]
pub(super) struct ReadDocumentArguments {
    /// What its name says of a text: table or prose.
    #[arg(long)]
    hint: Option<String>,
}

pub(super) fn run(arguments: &ReadDocumentArguments) -> ExitCode {
    // Where the library gives up on a file, there is nobody to tell.
    std::panic::set_hook(Box::new(|_| {}));
    let hint = arguments.hint.as_deref().and_then(Hint::named);
    match reading::read_here(std::io::stdin().lock(), &mut std::io::stdout().lock(), hint) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
