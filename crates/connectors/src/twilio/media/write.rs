//! Writing the three frames Twilio takes. Each function appends one frame to `out`; a buffer that is
//! cleared and used again allocates no more once it has grown to the size of a frame.

use std::fmt::Write as _;

/// Queues sound: base64 of raw µ-law, 8 kHz, mono, of any length (keep a frame under 64 KB).
pub fn write_media(out: &mut String, stream_sid: &str, payload: &str) {
    out.reserve(stream_sid.len() + payload.len() + 64);
    open(out, "media", stream_sid);
    out.push_str(r#","media":{"payload":"#);
    string(out, payload);
    out.push_str("}}");
}

/// Asks for an echo once everything queued so far has been played or cleared.
pub fn write_mark(out: &mut String, stream_sid: &str, name: &str) {
    open(out, "mark", stream_sid);
    out.push_str(r#","mark":{"name":"#);
    string(out, name);
    out.push_str("}}");
}

/// Drops what is queued. All pending marks come back, which does not mean they were played.
pub fn write_clear(out: &mut String, stream_sid: &str) {
    open(out, "clear", stream_sid);
    out.push('}');
}

fn open(out: &mut String, event: &str, stream_sid: &str) {
    out.push_str(r#"{"event":""#);
    out.push_str(event);
    out.push_str(r#"","streamSid":"#);
    string(out, stream_sid);
}

fn string(out: &mut String, text: &str) {
    out.push('"');
    if is_plain(text) {
        out.push_str(text);
    } else {
        text.chars().for_each(|one| escaped(out, one));
    }
    out.push('"');
}

/// Whether JSON takes the text as it stands. Looks at all of it, without an early exit: the compiler
/// turns that into vector instructions.
fn is_plain(text: &str) -> bool {
    let special = |byte: u8| u8::from(byte < 0x20) | u8::from(byte == b'"') | u8::from(byte == b'\\');
    text.bytes().fold(0, |found, byte| found | special(byte)) == 0
}

fn escaped(out: &mut String, one: char) {
    match one {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        control if control < ' ' => {
            let _ = write!(out, "\\u{:04x}", u32::from(control));
        }
        other => out.push(other),
    }
}
