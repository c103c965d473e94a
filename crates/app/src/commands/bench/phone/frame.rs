//! Twilio's side of a media stream (protocols/twilio.md, section 4).

use super::webhook::Invitation;
use crate::commands::bench::wire::{CODES, Header, silence, tone};
use crate::stage::ACCOUNT;
use serde::Deserialize;
use serde_json::json;
use std::fmt::Write as _;

/// µ-law of 20 ms.
const FRAME_CODES: usize = 160;
const FRAME_MS: u64 = 20;

/// What the server says to the phone; borrowed from its frame.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FromServer<'a> {
    pub(super) event: &'a str,
    pub(super) stream_sid: &'a str,
    #[serde(borrow)]
    pub(super) media: Option<Media<'a>>,
    #[serde(borrow)]
    pub(super) mark: Option<Mark<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Media<'a> {
    pub(super) payload: &'a str,
}

#[derive(Debug, Deserialize)]
pub(super) struct Mark<'a> {
    pub(super) name: &'a str,
}

/// Writes a stream's frames with their running numbers.
#[derive(Debug)]
pub(super) struct Writer {
    call: u32,
    call_sid: String,
    stream_sid: String,
    sequence: u64,
    number: u32,
    loud: String,
    quiet: String,
}

impl Writer {
    pub(super) fn new(call: u32, invitation: &Invitation) -> Self {
        Self {
            call,
            call_sid: invitation.call_sid.clone(),
            stream_sid: format!("MZ{}", uuid::Uuid::new_v4().simple()),
            sequence: 0,
            number: 0,
            loud: tone(FRAME_CODES - CODES),
            quiet: silence(FRAME_CODES - CODES),
        }
    }

    pub(super) fn stream_sid(&self) -> &str {
        &self.stream_sid
    }

    fn sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// The first two frames.
    pub(super) fn hello(&mut self, token: &str) -> [String; 2] {
        let connected = json!({"event": "connected", "protocol": "Call", "version": "1.0.0"});
        let start = json!({
            "event": "start",
            "sequenceNumber": self.sequence().to_string(),
            "streamSid": self.stream_sid,
            "start": {
                "accountSid": ACCOUNT,
                "streamSid": self.stream_sid,
                "callSid": self.call_sid,
                "tracks": ["inbound"],
                "customParameters": {"token": token},
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            },
        });
        [connected.to_string(), start.to_string()]
    }

    /// The next 20 ms of the caller's sound, sent at `at`.
    pub(super) fn media(&mut self, at: u64, is_loud: bool) -> String {
        let sequence = self.sequence();
        let number = self.number;
        self.number += 1;
        let mut frame = String::with_capacity(448);
        // Writing to a string cannot fail.
        let _ = write!(
            frame,
            r#"{{"event":"media","sequenceNumber":"{sequence}","streamSid":"{}","media":{{"track":"inbound","chunk":"{}","timestamp":"{}","payload":""#,
            self.stream_sid,
            u64::from(number) + 1,
            u64::from(number) * FRAME_MS,
        );
        Header { call: self.call, reply: 0, number, at }.write(&mut frame);
        frame.push_str(if is_loud { &self.loud } else { &self.quiet });
        frame.push_str(r#""}}"#);
        frame
    }

    /// A mark comes back.
    pub(super) fn mark(&mut self, name: &str) -> String {
        let sequence = self.sequence().to_string();
        json!({"event": "mark", "sequenceNumber": sequence, "streamSid": self.stream_sid, "mark": {"name": name}})
            .to_string()
    }

    /// The caller hung up.
    pub(super) fn stop(&mut self) -> String {
        let sequence = self.sequence().to_string();
        let stop = json!({"accountSid": ACCOUNT, "callSid": self.call_sid});
        json!({"event": "stop", "sequenceNumber": sequence, "streamSid": self.stream_sid, "stop": stop})
            .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use studioconnect_connectors::twilio::media::{
        Frame, parse, payload_bytes, write_clear, write_mark, write_media,
    };

    fn writer() -> Writer {
        Writer::new(7, &Invitation { call_sid: "CA7".into(), url: String::new(), token: "t".into() })
    }

    #[test]
    fn the_server_understands_what_the_phone_says() {
        let mut writer = writer();
        let [connected, start] = writer.hello("secret");
        assert!(matches!(parse(&connected), Ok(Frame::Connected)));
        let Ok(Frame::Start(start)) = parse(&start) else { panic!("{start}") };
        assert_eq!((start.parameter("token"), &*start.call_sid), (Some("secret"), "CA7"));
        for number in 0..3 {
            let frame = writer.media(55, number == 1);
            let Ok(Frame::Media(media)) = parse(&frame) else { panic!("{frame}") };
            assert_eq!((media.chunk, media.timestamp_ms), (number + 1, number * 20));
            assert_eq!(payload_bytes(&media.payload), 160);
            let header = Header::read(&media.payload).unwrap();
            assert_eq!((header.call, u64::from(header.number), header.at), (7, number, 55));
        }
        assert!(matches!(parse(&writer.mark("0-4")), Ok(Frame::Mark { name }) if name == "0-4"));
        assert!(matches!(parse(&writer.stop()), Ok(Frame::Stop)));
    }

    #[test]
    fn the_phone_understands_what_the_server_says() {
        let (mut media, mut mark, mut clear) = (String::new(), String::new(), String::new());
        write_media(&mut media, "MZ1", "AAAA");
        write_mark(&mut mark, "MZ1", "0-4");
        write_clear(&mut clear, "MZ1");
        let read = |text: &'static str| serde_json::from_str::<FromServer>(text).unwrap();
        let (media, mark, clear) = (read(media.leak()), read(mark.leak()), read(clear.leak()));
        assert_eq!((media.stream_sid, media.media.map(|media| media.payload)), ("MZ1", Some("AAAA")));
        assert_eq!((mark.event, mark.mark.map(|mark| mark.name)), ("mark", Some("0-4")));
        assert_eq!(clear.event, "clear");
    }
}
