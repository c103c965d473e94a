//! `classify`: what the emergency rules make of messages, a line each from standard input.

use super::print::Printer;
use crate::config::Config;
use anyhow::{Context as _, Result, anyhow};
use clap::Args;
use serde_json::json;
use studioconnect_domain::Clock;
use studioconnect_domain::emergency::{Detector, Rules, Tone};
use studioconnect_domain::ids::BusinessId;
use studioconnect_domain::priority::{History, priority};
use studioconnect_store::Store;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, BufReader};

/// Longest message that is read, in bytes; what a line has beyond that is left out.
const MOST_BYTES: usize = 8 * 1024;

#[derive(Debug, Args)]
pub(super) struct ClassifyArguments {
    /// Use this business's sensitivity, own words and opening hours.
    #[arg(long)]
    business: Option<BusinessId>,
}

/// A line of JSON for each line: `{emergency, severity, priority, reason, spans}`, in their order.
pub(super) async fn run(arguments: &ClassifyArguments, printer: &mut Printer) -> Result<bool> {
    let (rules, history) = match arguments.business {
        Some(business) => of_business(business).await?,
        None => (Rules::default(), History { within_hours: true, ..History::default() }),
    };
    let detector = Detector::new(&rules);
    let mut input = BufReader::new(tokio::io::stdin());
    while let Some(text) = next_line(&mut input).await? {
        let finding = detector.detect(&text);
        let (priority, why) = priority(&finding, &Tone::of(&text), &history);
        let line = json!({
            "emergency": finding.is_emergency,
            "severity": finding.severity,
            "endangersLife": finding.endangers_life,
            "priority": priority,
            "reason": finding.reason,
            "priorityReason": why,
            "spans": finding.spans,
        });
        printer.line(&line.to_string());
    }
    Ok(true)
}

async fn of_business(id: BusinessId) -> Result<(Rules, History)> {
    let config = Config::from_environment().map_err(|faults| {
        let said = faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message));
        anyhow!("settings that cannot be used: {}", said.collect::<Vec<_>>().join("; "))
    })?;
    let store = Store::open(&config.store).await?;
    let business = store.find_business(id).await?.with_context(|| format!("there is no business {id}"))?;
    let (settings, _) = store.alarm_settings(id).await?;
    store.close().await?;
    let hours = &business.hours;
    let within_hours = !hours.are_set() || hours.is_open(Clock::System.now(), business.zone());
    Ok((settings.rules(), History { within_hours, ..History::default() }))
}

/// The next line, whatever bytes it has; a line without end takes no more memory than [`MOST_BYTES`].
async fn next_line(input: &mut (impl AsyncBufRead + Unpin)) -> Result<Option<String>> {
    let mut line = Vec::new();
    let mut has_any = false;
    loop {
        let chunk = input.fill_buf().await.context("standard input cannot be read")?;
        if chunk.is_empty() {
            break;
        }
        has_any = true;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let part = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
        let room = MOST_BYTES.saturating_sub(line.len()).min(part.len());
        line.extend_from_slice(part.get(..room).unwrap_or_default());
        let taken = end.map_or(chunk.len(), |end| end + 1);
        input.consume(taken);
        if end.is_some() {
            break;
        }
    }
    let text = String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned();
    Ok(has_any.then_some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_keep_their_order_and_none_grows_without_bound() {
        let long = "x".repeat(3 * MOST_BYTES);
        let text = format!("one\r\n{long}\n\nbad \u{fffd}\nlast").replace('\u{fffd}', "\u{1}");
        let mut bytes = text.into_bytes();
        bytes.iter_mut().filter(|byte| **byte == 1).for_each(|byte| *byte = 0xff);
        let mut input = BufReader::with_capacity(16, bytes.as_slice());
        let mut lines = Vec::new();
        while let Some(line) = next_line(&mut input).await.unwrap() {
            lines.push(line);
        }
        assert_eq!(lines.len(), 5);
        assert_eq!((lines[0].as_str(), lines[1].len()), ("one", MOST_BYTES));
        assert_eq!(lines[2..], ["", "bad \u{fffd}", "last"]);
    }
}
