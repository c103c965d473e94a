//! `migrate`: brings the database up to date.

use super::print::Printer;
use crate::config::Config;
use anyhow::Result;
use studioconnect_store::Store;

pub(super) async fn run(config: &Config, printer: &mut Printer) -> Result<bool> {
    let store = Store::open(&config.store).await?;
    let pending = store.pending_migrations().await?;
    store.migrate().await?;
    for name in &pending {
        printer.line(&format!("applied {name}"));
    }
    printer.line(&format!("The {} database is up to date.", store.backend()));
    store.close().await?;
    Ok(true)
}
