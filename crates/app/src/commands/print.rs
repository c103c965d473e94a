//! What commands say to the person who ran them.

use std::io::{Write as _, stderr, stdout};

/// Writes lines to standard output and complaints to standard error. A reader who has gone away is no error.
#[derive(Debug, Default)]
pub(crate) struct Printer;

impl Printer {
    /// A line of output.
    #[expect(clippy::unused_self, reason = "whoever may print is handed a printer")]
    pub(crate) fn line(&mut self, text: &str) {
        let mut out = stdout().lock();
        let _ = writeln!(out, "{text}");
        let _ = out.flush();
    }

    /// A line about something that went wrong.
    #[expect(clippy::unused_self, reason = "whoever may print is handed a printer")]
    pub(crate) fn complain(&mut self, text: &str) {
        let _ = writeln!(stderr().lock(), "{text}");
    }
}
