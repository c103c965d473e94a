//! `call`: the simulated phone dials a running server.

use super::print::Printer;
use crate::stage::{ACCOUNT, CALLER_NUMBER, TOKEN};
use anyhow::{Context as _, Result, ensure};
use clap::Args;
use serde_json::Value;
use std::path::PathBuf;
use studioconnect_simulators::phone::{CallReport, Dial, NetworkSettings, PhoneNetwork, Script, Step};
use studioconnect_simulators::wav;
use studioconnect_web::urls;
use url::Url;

#[derive(Debug, Args)]
pub(super) struct CallArguments {
    /// The number to dial.
    #[arg(long)]
    to: String,
    /// The number that calls.
    #[arg(long, default_value = CALLER_NUMBER)]
    from: String,
    /// What the caller says: a WAV file with 8 kHz mono, PCM16 or µ-law.
    #[arg(long, conflicts_with = "script")]
    wav: Option<PathBuf>,
    /// What the caller does, a step a line: say …, wait 500, press 1, hangup.
    #[arg(long)]
    script: Option<PathBuf>,
    /// The server.
    #[arg(long, default_value = "http://127.0.0.1:3000")]
    server: Url,
    /// Port for Twilio's REST side; the server's TWILIO_API_BASE_URL must lead to it.
    #[arg(long, default_value_t = 4020)]
    rest_port: u16,
    /// The account's SID, as the server has it.
    #[arg(long, env = "TWILIO_ACCOUNT_SID", default_value = ACCOUNT)]
    account_sid: String,
    /// The account's auth token, as the server has it.
    #[arg(long, env = "TWILIO_AUTH_TOKEN", default_value = TOKEN, hide_env_values = true)]
    auth_token: String,
    /// Where the recording of what the caller heard goes.
    #[arg(long, default_value = ".")]
    recordings: PathBuf,
}

pub(super) async fn run(arguments: &CallArguments, printer: &mut Printer) -> Result<bool> {
    refuse_real_servers(arguments).await?;
    let settings = NetworkSettings {
        rest_port: arguments.rest_port,
        recordings_dir: Some(arguments.recordings.clone()),
        ..NetworkSettings::new(&arguments.account_sid, &arguments.auth_token)
    };
    let network = PhoneNetwork::start(settings).await?;
    let dial = Dial {
        status_callback: Some(arguments.server.join(urls::VOICE_STATUS)?),
        fallback: Some(arguments.server.join(urls::VOICE_FALLBACK)?),
        script: script(arguments)?,
        ..Dial::new(arguments.server.join(urls::VOICE_INBOUND)?, &arguments.from, &arguments.to)
    };
    printer.line(&format!("simulated phone: {} calls {}", arguments.from, arguments.to));
    let mut call = network.dial(dial);
    let events = call.events();
    let sid = call.sid().to_owned();
    let shown = async {
        let Some(mut events) = events else { return };
        while let Ok(event) = events.recv().await {
            printer.line(&format!("{:>8.2} s  {:?}", event.at_ms as f64 / 1_000.0, event.kind));
        }
    };
    let (report, ()) = tokio::join!(call.finish(), shown);
    sum_up(&report, &arguments.recordings.join(format!("{sid}-heard.wav")), printer);
    network.shutdown().await;
    Ok(report.violations.is_empty())
}

/// A simulated call must never reach a server that talks to the real Twilio: its rows and mails would be real.
async fn refuse_real_servers(arguments: &CallArguments) -> Result<()> {
    let report = super::health::report(arguments.server.as_str()).await?;
    ensure!(
        report.pointer("/environment/twilioIsLocal").and_then(Value::as_bool) == Some(true),
        "this server's TWILIO_API_BASE_URL is not on this machine: start it with TWILIO_API_BASE_URL=http://127.0.0.1:{}",
        arguments.rest_port
    );
    Ok(())
}

fn script(arguments: &CallArguments) -> Result<Script> {
    if let Some(file) = &arguments.script {
        let text =
            std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        return text.parse().with_context(|| format!("{} is no script", file.display()));
    }
    let mut steps = vec![Step::wait_for_agent(200), Step::wait_quiet(600)];
    if let Some(file) = &arguments.wav {
        let bytes = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
        let sound = wav::to_ulaw(&bytes).with_context(|| format!("{} cannot be played", file.display()))?;
        steps.extend([
            Step::Play(sound.into()),
            Step::wait_for_agent(200),
            Step::wait_quiet(1_500),
            Step::HangUp,
        ]);
    } else {
        steps.extend([
            Step::say("Hello, my kitchen tap is leaking."),
            Step::wait_for_agent(200),
            Step::wait_quiet(1_500),
            Step::HangUp,
        ]);
    }
    Ok(steps.into())
}

fn sum_up(report: &CallReport, recording: &std::path::Path, printer: &mut Printer) {
    printer.line(&format!(
        "{} after {:.1} s: {} frames sent, {} messages received, {} clears",
        report.status,
        report.duration_ms as f64 / 1_000.0,
        report.frames_sent,
        report.frames_received,
        report.clears.len()
    ));
    for failure in &report.script_failures {
        printer.line(&format!("the script: {failure}"));
    }
    for violation in &report.violations {
        printer.line(&format!("violation {}: {}", violation.code, violation.what));
    }
    printer.line(&format!("what the caller heard: {}", recording.display()));
}
