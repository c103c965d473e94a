//! Commands of the command line.

mod bench;
mod business;
mod call;
mod check;
mod classify;
mod demo;
mod dev;
mod health;
mod kb;
mod migrate;
mod monitor;
mod openapi;
mod print;
mod read_document;
mod replay;
mod serve;
mod simulate;
mod test_realtime;
mod test_voice_sessions;
mod user;

use crate::config::Config;
use crate::telemetry;
use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use print::Printer;
use std::process::ExitCode;
use studioconnect_domain::Fault;

/// Bad settings (contract.md).
const EXIT_SETTINGS: u8 = 2;

/// The receptionist for small businesses: answers the phone, takes down leads.
#[derive(Debug, Parser)]
#[command(name = "studioconnect", version, about)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server (the default).
    Serve,
    /// Show a day at the front desk: no key, no account, no other server.
    Demo(demo::DemoArguments),
    /// Run the server with the simulated phone network and model around it.
    Dev(dev::DevArguments),
    /// Look at settings and reachability, each finding with its mend.
    Check,
    /// Bring the database up to date.
    Migrate,
    /// Businesses of this installation.
    Business(business::BusinessArguments),
    /// People who may sign in.
    User(user::UserArguments),
    /// Have the simulated phone dial a running server.
    Call(call::CallArguments),
    /// Run the outside services' simulators as servers.
    Simulate(simulate::SimulateArguments),
    /// Run a call's recorded inputs through the call machine again.
    Replay(replay::ReplayArguments),
    /// Knowledge bases.
    Kb(kb::KbArguments),
    /// Read a document from standard input; started by the server.
    #[command(hide = true)]
    ReadDocument(read_document::ReadDocumentArguments),
    /// Tell emergencies among messages, a line each from standard input; prints a line of JSON for each.
    Classify(classify::ClassifyArguments),
    /// Print the OpenAPI document of the API.
    Openapi,
    /// Measure.
    Bench(bench::BenchArguments),
    /// Try against the configured services.
    Test(TestArguments),
    /// Watch a running server.
    Monitor(monitor::MonitorArguments),
    /// Ask a running server how it is; exit 1 when unhealthy.
    Health(health::HealthArguments),
}

#[derive(Debug, Args)]
struct TestArguments {
    #[command(subcommand)]
    what: Test,
}

#[derive(Debug, Subcommand)]
enum Test {
    /// The contract run against the configured Realtime server.
    Realtime(test_realtime::RealtimeArguments),
    /// What keeps calls apart: one-time tokens, places, who may end what.
    VoiceSessions,
}

/// Runs a command and says how it ended: 0 well, 1 not, 2 for bad settings.
pub fn run(arguments: Arguments) -> ExitCode {
    let mut printer = Printer;
    // It bounds itself before there is any thread but this one.
    if let Some(Command::ReadDocument(arguments)) = &arguments.command {
        return read_document::run(arguments);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(fault) => {
            printer.complain(&format!("the runtime cannot be started: {fault}"));
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(dispatch(arguments.command.unwrap_or(Command::Serve), &mut printer));
    // Threads that carry nothing any more are not waited for.
    runtime.shutdown_background();
    code
}

async fn dispatch(command: Command, printer: &mut Printer) -> ExitCode {
    let outcome = match command {
        Command::Demo(arguments) => demo::run(&arguments, printer).await,
        Command::Dev(arguments) => dev::run(&arguments, printer).await,
        Command::Monitor(arguments) => monitor::run(&arguments, printer).await,
        Command::Replay(arguments) => replay::run(&arguments, printer).await,
        Command::Simulate(arguments) => simulate::run(&arguments, printer).await,
        Command::Bench(arguments) => bench::run(&arguments, printer).await,
        Command::Health(arguments) => health::run(&arguments, printer).await,
        Command::Call(arguments) => call::run(&arguments, printer).await,
        Command::Check => check::run(printer).await,
        Command::Kb(arguments) => kb::run(&arguments, printer).await,
        Command::Classify(arguments) => classify::run(&arguments, printer).await,
        Command::Openapi => openapi::run(printer),
        command => match Config::from_environment() {
            Ok(config) => with_config(command, &config, printer).await,
            Err(faults) => return settings_are_wrong(&faults, printer),
        },
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(fault) => {
            printer.complain(&format!("{fault:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn with_config(command: Command, config: &Config, printer: &mut Printer) -> Result<bool> {
    telemetry::start(&config.log);
    match command {
        Command::Serve => serve::run(config).await,
        Command::Migrate => migrate::run(config, printer).await,
        Command::Business(arguments) => business::run(&arguments, config, printer).await,
        Command::User(arguments) => user::run(&arguments, config, printer).await,
        Command::Test(TestArguments { what: Test::Realtime(arguments) }) => {
            test_realtime::run(&arguments, config, printer).await
        }
        Command::Test(TestArguments { what: Test::VoiceSessions }) => {
            Ok(test_voice_sessions::run(config, printer))
        }
        _ => Ok(false),
    }
}

fn settings_are_wrong(faults: &[Fault], printer: &mut Printer) -> ExitCode {
    printer.complain(&format!("{} of the settings cannot be used:", faults.len()));
    for fault in faults {
        printer.complain(&format!("  {}: {}", fault.field, fault.message));
    }
    printer.complain("Run `studioconnect check` for what each variable is for.");
    ExitCode::from(EXIT_SETTINGS)
}
