//! Reading a frame in one pass.

use std::borrow::Cow;

use serde::Deserialize;

use super::scalar::{Pairs, Text, Whole};
use super::{Frame, FrameFault, Media, Start, Track};

/// The longest text read. Twilio's frames have some 400 bytes, a `start` with 99 full parameters
/// about 50 KB; its own bound is not documented.
pub const MAX_FRAME_BYTES: usize = 256 * 1024;

/// Every field of every event. An event's own object stands under the event's name.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    #[serde(borrow)]
    event: Option<Text<'a>>,
    #[serde(borrow)]
    stream_sid: Option<Text<'a>>,
    #[serde(borrow)]
    start: Option<WireStart<'a>>,
    #[serde(borrow)]
    media: Option<WireMedia<'a>>,
    #[serde(borrow)]
    dtmf: Option<WireDtmf<'a>>,
    #[serde(borrow)]
    mark: Option<WireMark<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireStart<'a> {
    #[serde(borrow)]
    account_sid: Option<Text<'a>>,
    #[serde(borrow)]
    stream_sid: Option<Text<'a>>,
    #[serde(borrow)]
    call_sid: Option<Text<'a>>,
    #[serde(borrow)]
    custom_parameters: Option<Pairs<'a>>,
    #[serde(borrow)]
    media_format: Option<WireFormat<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireFormat<'a> {
    #[serde(borrow)]
    encoding: Option<Text<'a>>,
    sample_rate: Option<Whole>,
    channels: Option<Whole>,
}

#[derive(Deserialize)]
struct WireMedia<'a> {
    #[serde(borrow)]
    track: Option<Text<'a>>,
    chunk: Option<Whole>,
    timestamp: Option<Whole>,
    #[serde(borrow)]
    payload: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct WireDtmf<'a> {
    #[serde(borrow)]
    digit: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct WireMark<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
}

/// Reads one text frame. Unknown fields are passed over, numbers may be strings and strings numbers;
/// whatever comes, the answer is a frame or a fault.
pub fn parse(text: &str) -> Result<Frame<'_>, FrameFault> {
    if text.len() > MAX_FRAME_BYTES {
        return Err(FrameFault::TooLong);
    }
    let wire: Wire<'_> = serde_json::from_str(text).map_err(FrameFault::Unreadable)?;
    let event = needed(wire.event, "unnamed", "event")?;
    match &*event {
        "media" => media(wire.stream_sid, wire.media),
        "mark" => {
            let name = needed(wire.mark.and_then(|mark| mark.name), "mark", "mark.name")?;
            Ok(Frame::Mark { name })
        }
        "dtmf" => {
            let digit = needed(wire.dtmf.and_then(|dtmf| dtmf.digit), "dtmf", "dtmf.digit")?;
            Ok(Frame::Dtmf { digit })
        }
        "start" => start(wire.stream_sid, wire.start),
        "stop" => Ok(Frame::Stop),
        "connected" => Ok(Frame::Connected),
        _ => Ok(Frame::Unknown { event }),
    }
}

fn media<'a>(stream_sid: Option<Text<'a>>, media: Option<WireMedia<'a>>) -> Result<Frame<'a>, FrameFault> {
    let missing = |field| FrameFault::Missing { event: "media", field };
    let media = media.ok_or_else(|| missing("media"))?;
    Ok(Frame::Media(Media {
        stream_sid: needed(stream_sid, "media", "streamSid")?,
        chunk: media.chunk.map_or(0, |chunk| chunk.0),
        timestamp_ms: media.timestamp.ok_or_else(|| missing("media.timestamp"))?.0,
        track: match media.track.as_ref().map(|track| &*track.0) {
            Some("inbound" | "inbound_track") | None => Track::Inbound,
            Some("outbound" | "outbound_track") => Track::Outbound,
            Some(_) => Track::Other,
        },
        payload: needed(media.payload, "media", "media.payload")?,
    }))
}

fn start<'a>(stream_sid: Option<Text<'a>>, start: Option<WireStart<'a>>) -> Result<Frame<'a>, FrameFault> {
    let start = start.ok_or(FrameFault::Missing { event: "start", field: "start" })?;
    let format = start.media_format;
    let (encoding, sample_rate, channels) =
        format.map_or((None, None, None), |format| (format.encoding, format.sample_rate, format.channels));
    let small =
        |number: Option<Whole>| number.map_or(0, |number| u32::try_from(number.0).unwrap_or(u32::MAX));
    Ok(Frame::Start(Start {
        stream_sid: needed(stream_sid.or(start.stream_sid), "start", "streamSid")?,
        call_sid: needed(start.call_sid, "start", "start.callSid")?,
        account_sid: or_empty(start.account_sid),
        custom_parameters: start.custom_parameters.unwrap_or_default().0,
        encoding: or_empty(encoding),
        sample_rate: small(sample_rate),
        channels: small(channels),
    }))
}

fn needed<'a>(
    text: Option<Text<'a>>,
    event: &'static str,
    field: &'static str,
) -> Result<Cow<'a, str>, FrameFault> {
    text.map(|text| text.0).ok_or(FrameFault::Missing { event, field })
}

fn or_empty(text: Option<Text<'_>>) -> Cow<'_, str> {
    text.map_or(Cow::Borrowed(""), |text| text.0)
}
