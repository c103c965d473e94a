//! `business create`.

use super::print::Printer;
use crate::config::Config;
use crate::onboarding::{Opening, open_business};
use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;
use studioconnect_domain::Clock;
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::plan::PlanCode;
use studioconnect_store::Store;

#[derive(Debug, Args)]
pub(super) struct BusinessArguments {
    #[command(subcommand)]
    what: Business,
}

#[derive(Debug, Subcommand)]
enum Business {
    /// Create a business and its owner; prints one JSON line.
    Create(Create),
}

#[derive(Debug, Args)]
struct Create {
    /// Name that callers hear.
    #[arg(long)]
    name: String,
    /// FREE, BASIC or PRO.
    #[arg(long)]
    plan: PlanCode,
    /// Number it is reached on, +1…; may be given several times.
    #[arg(long)]
    phone: Vec<String>,
    /// Owner's mail address.
    #[arg(long)]
    email: String,
    /// Owner's password.
    #[arg(long)]
    password: String,
}

pub(super) async fn run(
    arguments: &BusinessArguments,
    config: &Config,
    printer: &mut Printer,
) -> Result<bool> {
    let Business::Create(create) = &arguments.what;
    let store = Store::open(&config.store).await?;
    store.migrate().await?;
    let numbers: Vec<&str> = create.phone.iter().map(String::as_str).collect();
    let opening = Opening {
        name: &create.name,
        plan: create.plan,
        numbers: &numbers,
        email: &create.email,
        password: &create.password,
        config: AgentConfig::default(),
    };
    let opened = open_business(&store, &Clock::System, opening).await?;
    let line = json!({"businessId": opened.business.id, "userId": opened.owner, "widgetKey": opened.business.widget_key});
    printer.line(&line.to_string());
    store.close().await?;
    Ok(true)
}
