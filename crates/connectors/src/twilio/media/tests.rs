use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const START: &str = r#"{"event":"start","sequenceNumber":"1","streamSid":"MZ01","start":{"accountSid":"AC01","streamSid":"MZ01","callSid":"CA01","tracks":["inbound"],"customParameters":{"token":"abc","from":"+12025550101","quoted":"a\"b"},"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}"#;
const MEDIA: &str = r#"{"event":"media","sequenceNumber":"4","media":{"track":"inbound","chunk":"3","timestamp":"60","payload":"fn5+/w=="},"streamSid":"MZ01"}"#;

#[expect(clippy::ptr_arg, reason = "the question is about the Cow itself")]
fn is_borrowed(text: &Cow<'_, str>) -> bool {
    matches!(text, Cow::Borrowed(_))
}

#[test]
fn reads_a_start() {
    let Frame::Start(start) = parse(START).unwrap() else { panic!("no start") };
    assert_eq!((&*start.stream_sid, &*start.call_sid, &*start.account_sid), ("MZ01", "CA01", "AC01"));
    assert_eq!((&*start.encoding, start.sample_rate, start.channels), ("audio/x-mulaw", 8000, 1));
    assert_eq!(start.parameter("token"), Some("abc"));
    assert_eq!(start.parameter("quoted"), Some("a\"b"));
    assert_eq!(start.parameter("to"), None);
    assert!(is_borrowed(&start.custom_parameters[0].1));
}

#[test]
fn reads_media_without_a_copy() {
    let Frame::Media(media) = parse(MEDIA).unwrap() else { panic!("no media") };
    assert_eq!((&*media.stream_sid, media.chunk, media.timestamp_ms), ("MZ01", 3, 60));
    assert_eq!((media.track, &*media.payload), (Track::Inbound, "fn5+/w=="));
    assert!(is_borrowed(&media.payload) && is_borrowed(&media.stream_sid));
}

#[test]
fn reads_the_small_events() {
    let connected = r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#;
    assert_eq!(parse(connected).unwrap(), Frame::Connected);
    let dtmf = r##"{"event":"dtmf","streamSid":"MZ01","sequenceNumber":"5","dtmf":{"track":"inbound_track","digit":"#"}}"##;
    assert_eq!(parse(dtmf).unwrap(), Frame::Dtmf { digit: "#".into() });
    let mark = r#"{"event":"mark","sequenceNumber":"4","streamSid":"MZ01","mark":{"name":"7:12"}}"#;
    assert_eq!(parse(mark).unwrap(), Frame::Mark { name: "7:12".into() });
    let stop = r#"{"event":"stop","sequenceNumber":"9","streamSid":"MZ01","stop":{"accountSid":"AC01","callSid":"CA01"}}"#;
    assert_eq!(parse(stop).unwrap(), Frame::Stop);
    let unknown = r#"{"event":"weather","weather":[1,{"a":null}]}"#;
    assert_eq!(parse(unknown).unwrap(), Frame::Unknown { event: "weather".into() });
}

#[test]
fn numbers_may_be_strings_and_strings_numbers() {
    for (chunk, timestamp) in [("3", "60"), ("\"3\"", "\"60\""), ("3", "60.0"), ("3.0", "\"60\"")] {
        let text = format!(
            r#"{{"event":"media","streamSid":5,"media":{{"chunk":{chunk},"timestamp":{timestamp},"payload":"","new":{{}}}}}}"#
        );
        let Frame::Media(media) = parse(&text).unwrap() else { panic!("no media") };
        assert_eq!((&*media.stream_sid, media.chunk, media.timestamp_ms), ("5", 3, 60));
    }
    let start = r#"{"event":"start","start":{"streamSid":"MZ","callSid":"CA","customParameters":{"n":5,"b":true,"z":null},"mediaFormat":{"sampleRate":"8000"}}}"#;
    let Frame::Start(start) = parse(start).unwrap() else { panic!("no start") };
    assert_eq!(
        (start.parameter("n"), start.parameter("b"), start.parameter("z")),
        (Some("5"), Some("true"), Some(""))
    );
    assert_eq!((start.sample_rate, start.channels, &*start.encoding), (8000, 0, ""));
}

#[test]
fn an_escaped_slash_in_a_payload_is_read() {
    let text = MEDIA.replace('/', "\\/");
    let Frame::Media(media) = parse(&text).unwrap() else { panic!("no media") };
    assert_eq!(media.payload, "fn5+/w==");
}

#[test]
fn says_what_is_missing() {
    for (text, field) in [
        (r"{}", "event"),
        (r#"{"event":"media","streamSid":"MZ"}"#, "media"),
        (r#"{"event":"media","streamSid":"MZ","media":{"timestamp":"1"}}"#, "media.payload"),
        (r#"{"event":"media","streamSid":"MZ","media":{"payload":"AA=="}}"#, "media.timestamp"),
        (r#"{"event":"media","media":{"payload":"AA==","timestamp":1}}"#, "streamSid"),
        (r#"{"event":"start","streamSid":"MZ","start":{}}"#, "start.callSid"),
        (r#"{"event":"mark","mark":null}"#, "mark.name"),
        (r#"{"event":"dtmf"}"#, "dtmf.digit"),
    ] {
        let fault = parse(text).unwrap_err();
        assert!(matches!(&fault, FrameFault::Missing { field: is, .. } if *is == field), "{text} {fault}");
    }
}

#[test]
fn refuses_what_is_no_frame() {
    for text in [
        "",
        "[]",
        "\"media\"",
        "{\"event\":",
        "{\"event\":{}}",
        &MEDIA.replace("\"60\"", "-60"),
        &MEDIA.replace("\"60\"", "\"x\""),
    ] {
        assert!(matches!(parse(text), Err(FrameFault::Unreadable(_))), "{text}");
    }
    let long = format!(r#"{{"event":"{}"}}"#, "x".repeat(MAX_FRAME_BYTES));
    assert!(matches!(parse(&long), Err(FrameFault::TooLong)));
    let deep = format!(r#"{{"event":{}"#, "[".repeat(100_000));
    assert!(parse(&deep).is_err());
}

#[test]
fn writes_exactly_what_twilio_takes() {
    let mut out = String::new();
    write_media(&mut out, "MZ01", "fn5+/w==");
    assert_eq!(out, r#"{"event":"media","streamSid":"MZ01","media":{"payload":"fn5+/w=="}}"#);
    out.clear();
    write_mark(&mut out, "MZ01", "7:12");
    assert_eq!(out, r#"{"event":"mark","streamSid":"MZ01","mark":{"name":"7:12"}}"#);
    out.clear();
    write_clear(&mut out, "MZ01");
    assert_eq!(out, r#"{"event":"clear","streamSid":"MZ01"}"#);
}

#[test]
fn a_warm_buffer_is_not_grown() {
    let payload = STANDARD.encode([0x7f; 160]);
    let mut out = String::new();
    write_media(&mut out, "MZ01", &payload);
    let (capacity, address) = (out.capacity(), out.as_ptr());
    for _ in 0..100 {
        out.clear();
        write_media(&mut out, "MZ01", &payload);
    }
    assert_eq!((out.capacity(), out.as_ptr()), (capacity, address));
}

/// A text near a valid frame: some bytes replaced, cut out or doubled.
fn mutated(text: &str, edits: &[(prop::sample::Index, u8, u8)]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for (at, kind, by) in edits {
        if bytes.is_empty() {
            break;
        }
        let at = at.index(bytes.len());
        match kind % 4 {
            0 => bytes[at] = *by,
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, *by),
            _ => bytes.truncate(at),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Text that, unlike proptest's own strings, also holds control characters.
fn anything() -> impl Strategy<Value = String> {
    let hostile =
        prop::sample::select(vec!['\0', '\u{1f}', '\t', '\r', '\n', '"', '\\', '/', '\u{7f}', '\u{2028}']);
    prop::collection::vec(prop_oneof![any::<char>(), hostile], 0..40).prop_map(String::from_iter)
}

proptest! {
    #[test]
    fn any_text_is_a_frame_or_a_fault(bytes in any::<Vec<u8>>()) {
        let _ = parse(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn a_damaged_frame_is_a_frame_or_a_fault(
        pick in 0_usize..2,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<u8>()), 1..6),
    ) {
        let _ = parse(&mutated([START, MEDIA][pick], &edits));
    }

    #[test]
    fn what_is_written_is_json_for_the_same_texts(sid in anything(), body in anything()) {
        let mut out = String::new();
        write_media(&mut out, &sid, &body);
        let value: Value = serde_json::from_str(&out).unwrap();
        prop_assert_eq!(value, json!({"event": "media", "streamSid": &sid, "media": {"payload": &body}}));
        out.clear();
        write_mark(&mut out, &sid, &body);
        prop_assert_eq!(parse(&out).unwrap(), Frame::Mark { name: body.into() });
    }

    #[test]
    fn the_length_of_a_payload_is_known_without_decoding(bytes in prop::collection::vec(any::<u8>(), 0..700)) {
        prop_assert_eq!(payload_bytes(&STANDARD.encode(&bytes)) as usize, bytes.len());
        prop_assert_eq!(payload_bytes(&STANDARD_NO_PAD.encode(&bytes)) as usize, bytes.len());
    }
}
