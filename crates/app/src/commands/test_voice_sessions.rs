//! `test voice-sessions`: what the store of voice sessions promises, checked on this machine.

use super::print::Printer;
use crate::config::Config;
use std::time::Instant;
use studioconnect_voice::admission::promises::PROMISES;

/// Checks the store of each kind that this version has. True when every promise is kept.
pub(super) fn run(config: &Config, printer: &mut Printer) -> bool {
    printer.line("Sessions in memory:");
    let mut broken = 0;
    for promise in PROMISES {
        let began = Instant::now();
        match (promise.check)() {
            Ok(()) => {
                printer.line(&format!("ok  {:<56} {:>6} ms", promise.says, began.elapsed().as_millis()));
            }
            Err(what) => {
                broken += 1;
                printer.complain(&format!("NOT {}: {what}", promise.says));
            }
        }
    }
    if config.has_redis {
        printer
            .line("REDIS_URL is set, but this version keeps sessions in memory: nothing was tried on Redis.");
    }
    if broken == 0 {
        printer.line("Every promise is kept.");
    }
    broken == 0
}
