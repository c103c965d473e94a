//! Server-sent events, cut out of a stream of bytes (protocols/openai-text.md, section 2).

#[cfg(test)]
mod tests;

/// The longest event that is held, in bytes.
const MOST_EVENT_BYTES: usize = 1024 * 1024;

/// An event is longer than anything a chat sends.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// Takes bytes however the network cut them, and gives the data of each event once it is whole.
#[derive(Debug, Default)]
pub(super) struct EventReader {
    /// Bytes of a line that has not ended yet; a character may be cut in two here.
    line: Vec<u8>,
    /// Data lines of an event that has not ended yet.
    data: Vec<u8>,
    has_data: bool,
    ended_with_return: bool,
}

impl EventReader {
    /// Takes more bytes; the data of the events that they complete.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, TooLong> {
        let mut events = Vec::new();
        for &byte in bytes {
            let follows_return = std::mem::replace(&mut self.ended_with_return, byte == b'\r');
            match byte {
                b'\n' if follows_return => {}
                b'\n' | b'\r' => events.extend(self.end_line()),
                _ if self.line.len() + self.data.len() >= MOST_EVENT_BYTES => return Err(TooLong),
                _ => self.line.push(byte),
            }
        }
        Ok(events)
    }

    /// The event that a stream without a last blank line leaves behind.
    pub(super) fn finish(&mut self) -> Option<String> {
        let whole = self.end_line();
        whole.or_else(|| self.end_event())
    }

    fn end_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&line);
        if line.is_empty() {
            return self.end_event();
        }
        // Comments begin with a colon and keep the line open; other fields say nothing we need.
        if let Some(value) = line.strip_prefix(b"data:") {
            if self.has_data {
                self.data.push(b'\n');
            }
            self.has_data = true;
            self.data.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
        }
        None
    }

    fn end_event(&mut self) -> Option<String> {
        let data = std::mem::take(&mut self.data);
        std::mem::take(&mut self.has_data).then(|| String::from_utf8_lossy(&data).into_owned())
    }
}
