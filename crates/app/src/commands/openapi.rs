//! `openapi`: the document of the API, as `/api/openapi.json` gives it.

use super::print::Printer;
use anyhow::Result;

pub(super) fn run(printer: &mut Printer) -> Result<bool> {
    printer.line(&serde_json::to_string_pretty(&studioconnect_web::openapi())?);
    Ok(true)
}
