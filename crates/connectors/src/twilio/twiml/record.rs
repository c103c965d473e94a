//! `<Record>`.

use super::markup;

/// How to record. `None` leaves Twilio's default (section 3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Record<'a> {
    /// The absolute URL that goes on with the call; gets `RecordingUrl` and `RecordingDuration`.
    /// Twilio's default is the current document, which records again, so there is none here.
    pub action: &'a str,
    /// The longest recording in seconds (3600).
    pub max_length_secs: Option<u32>,
    /// Seconds of silence that end it (5).
    pub timeout_secs: Option<u32>,
    /// Keys that end it (any digit).
    pub finish_on_key: Option<&'a str>,
    /// Whether a beep comes first (true).
    pub play_beep: Option<bool>,
    /// Told when the file is ready; `action` may be too early.
    pub recording_status_callback: Option<&'a str>,
}

pub(super) fn write(out: &mut String, record: &Record<'_>) {
    out.push_str("<Record");
    markup::attribute(out, "action", record.action);
    markup::optional_number(out, "maxLength", record.max_length_secs);
    markup::optional_number(out, "timeout", record.timeout_secs);
    markup::optional(out, "finishOnKey", record.finish_on_key);
    markup::optional_number(out, "playBeep", record.play_beep);
    if let Some(url) = record.recording_status_callback {
        markup::attribute(out, "recordingStatusCallback", url);
        markup::attribute(out, "recordingStatusCallbackEvent", "completed absent");
    }
    out.push_str("/>");
}
