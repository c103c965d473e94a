//! `simulate`: the outside services as servers on this machine.

use super::print::Printer;
use crate::stage::{ACCOUNT, TOKEN};
use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use studioconnect_simulators::phone::{NetworkSettings, PhoneNetwork};
use studioconnect_simulators::realtime::{Dialect, RealtimeServer, RealtimeSettings};

#[derive(Debug, Args)]
pub(super) struct SimulateArguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// A model server: Realtime, chat, embeddings, transcription and speech.
    Openai {
        /// Port on this machine; 0 takes a free one.
        #[arg(long, default_value_t = 4010)]
        port: u16,
        /// Which generation of the protocol it speaks.
        #[arg(long, default_value = "ga")]
        dialect: GivenDialect,
        /// Key it wants; none lets everybody in.
        #[arg(long)]
        api_key: Option<String>,
    },
    /// Twilio's REST side. Calls are made with `studioconnect call`.
    Twilio {
        /// Port on this machine; 0 takes a free one.
        #[arg(long, default_value_t = 4020)]
        port: u16,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum GivenDialect {
    Ga,
    Beta,
}

pub(super) async fn run(arguments: &SimulateArguments, printer: &mut Printer) -> Result<bool> {
    match &arguments.what {
        What::Openai { port, dialect, api_key } => {
            let dialect = match dialect {
                GivenDialect::Ga => Dialect::Ga,
                GivenDialect::Beta => Dialect::Beta,
            };
            let settings = RealtimeSettings {
                port: *port,
                dialect,
                api_key: api_key.clone(),
                ..RealtimeSettings::default()
            };
            let server = RealtimeServer::start(settings).await?;
            printer.line(&format!("simulated model: OPENAI_BASE_URL={}", server.base_url()));
            tokio::signal::ctrl_c().await?;
            for violation in server.violations() {
                printer.line(&format!(
                    "violation in session {}: {} {}",
                    violation.session, violation.code, violation.detail
                ));
            }
            for violation in server.rest_violations() {
                printer.line(&format!(
                    "violation at {:?}: {} {}",
                    violation.route, violation.code, violation.detail
                ));
            }
            let clean = server.violations().is_empty() && server.rest_violations().is_empty();
            server.shutdown().await;
            Ok(clean)
        }
        What::Twilio { port } => {
            let network = PhoneNetwork::start(NetworkSettings {
                rest_port: *port,
                ..NetworkSettings::new(ACCOUNT, TOKEN)
            })
            .await?;
            printer.line(&format!("simulated phone network: TWILIO_API_BASE_URL={}", network.rest_url()));
            printer.line(&format!("TWILIO_ACCOUNT_SID={ACCOUNT} TWILIO_AUTH_TOKEN={TOKEN}"));
            tokio::signal::ctrl_c().await?;
            let clean = network.violations().is_empty();
            network.shutdown().await;
            Ok(clean)
        }
    }
}
