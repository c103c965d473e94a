//! The messages of a media stream, as Twilio writes them and as it takes them (protocol page,
//! section 4). Every counter is a string.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::ear::FRAME;

/// Largest message that is not a violation; the page advises to stay below about 64 KB.
pub(crate) const MAX_MESSAGE: usize = 64 * 1_024;

pub(crate) const CONNECTED: &str = r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#;

/// The names a stream goes by.
pub(crate) struct Sids<'a> {
    pub(crate) account: &'a str,
    pub(crate) call: &'a str,
    pub(crate) stream: &'a str,
}

pub(crate) fn start(sids: &Sids<'_>, parameters: &[(String, String)]) -> String {
    let parameters: Map<String, Value> =
        parameters.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    json!({
        "event": "start",
        "sequenceNumber": "1",
        "start": {
            "accountSid": sids.account,
            "streamSid": sids.stream,
            "callSid": sids.call,
            "tracks": ["inbound"],
            "mediaFormat": { "encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1 },
            "customParameters": parameters,
        },
        "streamSid": sids.stream,
    })
    .to_string()
}

/// A frame. Written by hand: it is the one message sent fifty times a second.
pub(crate) fn media(stream_sid: &str, sequence: u64, chunk: u64, at_ms: u64, frame: &[u8; FRAME]) -> String {
    let mut text = String::with_capacity(400);
    text.push_str(r#"{"event":"media","sequenceNumber":""#);
    text.push_str(&sequence.to_string());
    text.push_str(r#"","media":{"track":"inbound","chunk":""#);
    text.push_str(&chunk.to_string());
    text.push_str(r#"","timestamp":""#);
    text.push_str(&at_ms.to_string());
    text.push_str(r#"","payload":""#);
    STANDARD.encode_string(frame, &mut text);
    text.push_str(r#""},"streamSid":""#);
    text.push_str(stream_sid);
    text.push_str(r#""}"#);
    text
}

pub(crate) fn dtmf(stream_sid: &str, sequence: u64, digit: char) -> String {
    json!({
        "event": "dtmf",
        "streamSid": stream_sid,
        "sequenceNumber": sequence.to_string(),
        "dtmf": { "track": "inbound_track", "digit": digit.to_string() },
    })
    .to_string()
}

pub(crate) fn mark(stream_sid: &str, sequence: u64, name: &str) -> String {
    json!({
        "event": "mark",
        "sequenceNumber": sequence.to_string(),
        "streamSid": stream_sid,
        "mark": { "name": name },
    })
    .to_string()
}

pub(crate) fn stop(sids: &Sids<'_>, sequence: u64) -> String {
    json!({
        "event": "stop",
        "sequenceNumber": sequence.to_string(),
        "stop": { "accountSid": sids.account, "callSid": sids.call },
        "streamSid": sids.stream,
    })
    .to_string()
}

/// A message of the server's.
#[derive(Debug, PartialEq)]
pub(crate) enum Command<'a> {
    Media { sound: Vec<u8>, payload: Cow<'a, str> },
    Mark(Cow<'a, str>),
    Clear,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow)]
    stream_sid: Cow<'a, str>,
    #[serde(borrow)]
    media: Option<Payload<'a>>,
    #[serde(borrow)]
    mark: Option<Name<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload<'a> {
    #[serde(borrow)]
    payload: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Name<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

/// Reads a message; an error says why Twilio would not take it.
pub(crate) fn read<'a>(text: &'a str, stream_sid: &str) -> Result<Command<'a>, String> {
    let envelope: Envelope<'a> =
        serde_json::from_str(text).map_err(|error| format!("unusable message: {error}"))?;
    if envelope.stream_sid != stream_sid {
        return Err(format!("wrong streamSid `{}`", clipped(&envelope.stream_sid)));
    }
    match (envelope.event.as_ref(), envelope.media, envelope.mark) {
        ("media", Some(Payload { payload }), None) => {
            Ok(Command::Media { sound: sound_of(&payload)?, payload })
        }
        ("mark", None, Some(Name { name })) if !name.is_empty() => Ok(Command::Mark(name)),
        ("clear", None, None) => Ok(Command::Clear),
        ("media" | "mark" | "clear", _, _) => Err(format!("`{}` without its own body", envelope.event)),
        (other, _, _) => Err(format!("unknown event `{}`", clipped(other))),
    }
}

fn sound_of(payload: &str) -> Result<Vec<u8>, String> {
    let sound = STANDARD.decode(payload).map_err(|error| format!("payload is not base64: {error}"))?;
    if sound.is_empty() {
        return Err("empty payload".to_owned());
    }
    if sound.starts_with(b"RIFF") {
        return Err("payload has a WAV header; raw µ-law is wanted".to_owned());
    }
    Ok(sound)
}

/// The first characters of something a peer sent.
pub(crate) fn clipped(text: &str) -> &str {
    let end = text.char_indices().nth(80).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_what_the_page_shows() {
        let text = media("MZ1", 7, 5, 80, &[0xFF; FRAME]);
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["sequenceNumber"], "7");
        assert_eq!(value["media"]["chunk"], "5");
        assert_eq!(value["media"]["timestamp"], "80");
        assert_eq!(value["media"]["payload"].as_str().unwrap().len(), 216);
    }

    #[test]
    fn only_the_three_messages_are_taken() {
        let sid = "MZ1";
        assert_eq!(read(r#"{"event":"clear","streamSid":"MZ1"}"#, sid), Ok(Command::Clear));
        let mark = r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"a\nb"}}"#;
        assert_eq!(read(mark, sid), Ok(Command::Mark("a\nb".into())));
        for (text, what) in [
            (r#"{"event":"clear","streamSid":"MZ2"}"#, "wrong streamSid"),
            (r#"{"event":"clear"}"#, "streamSid"),
            (r#"{"event":"stop","streamSid":"MZ1"}"#, "unknown event"),
            (r#"{"event":"media","streamSid":"MZ1"}"#, "without its own body"),
            (r#"{"event":"media","streamSid":"MZ1","media":{"payload":"***"}}"#, "not base64"),
            (r#"{"event":"media","streamSid":"MZ1","media":{"payload":""}}"#, "empty payload"),
            (r#"{"event":"media","streamSid":"MZ1","media":{"payload":"UklGRg=="}}"#, "WAV header"),
            (
                r#"{"event":"media","streamSid":"MZ1","media":{"payload":"/w==","track":"x"}}"#,
                "unknown field",
            ),
            (r#"{"event":"mark","streamSid":"MZ1","mark":{"name":""}}"#, "without its own body"),
            (r#"{"event":"mark","streamSid":"MZ1","mark":{"name":5}}"#, "unusable"),
            ("hello", "unusable"),
        ] {
            let error = read(text, sid).unwrap_err();
            assert!(error.contains(what), "{text}: {error}");
        }
    }
}
