//! `studioconnect`: see `studioconnect --help`.

use clap::Parser as _;
use std::process::ExitCode;
use studioconnect_app::commands::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    studioconnect_app::commands::run(arguments)
}
