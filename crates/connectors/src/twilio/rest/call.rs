//! Calls as the API describes them.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::fault::TwilioError;
use crate::twilio::status::CallStatus;
use crate::twilio::twiml::Twiml;

/// Where a call's instructions come from.
#[derive(Debug, Clone, Copy)]
pub enum CallSource<'a> {
    /// This document, at most 4000 characters.
    Twiml(&'a Twiml),
    /// An absolute URL, asked by POST when needed.
    Url(&'a str),
}

impl CallSource<'_> {
    pub(super) fn field(&self, max_characters: usize) -> Result<(&'static str, String), TwilioError> {
        match self {
            Self::Url(url) => Ok(("Url", (*url).to_owned())),
            Self::Twiml(document) => {
                let text = document.render();
                if text.chars().count() > max_characters {
                    return Err(TwilioError::refused_here("the TwiML is longer than 4000 characters"));
                }
                Ok(("Twiml", text))
            }
        }
    }
}

/// What an update did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallUpdate {
    /// Twilio took it.
    Done,
    /// There was nothing left to change.
    AlreadyEnded,
}

/// Whether Twilio listens for an answering machine first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MachineDetection {
    /// Says who answered as soon as it knows.
    Enable,
    /// Waits for the end of a machine's greeting.
    DetectMessageEnd,
}

/// A call to make.
#[derive(Debug, Clone, Copy)]
pub struct NewCall<'a> {
    /// The number to ring, E.164.
    pub to: &'a str,
    /// The number shown; Twilio's or verified.
    pub from: &'a str,
    /// What happens after the answer.
    pub source: CallSource<'a>,
    /// Told of initiated, ringing, answered and completed.
    pub status_callback: Option<&'a str>,
    /// Seconds to ring (60; Twilio adds 5).
    pub timeout_secs: Option<u32>,
    /// The longest call in seconds (14400).
    pub time_limit_secs: Option<u32>,
    /// Listens for a machine before the document runs.
    pub machine_detection: Option<MachineDetection>,
}

impl<'a> NewCall<'a> {
    /// A call with Twilio's defaults.
    pub fn new(to: &'a str, from: &'a str, source: CallSource<'a>) -> Self {
        Self {
            to,
            from,
            source,
            status_callback: None,
            timeout_secs: None,
            time_limit_secs: None,
            machine_detection: None,
        }
    }

    pub(super) fn form(&self, max_characters: usize) -> Result<Vec<(&'static str, String)>, TwilioError> {
        let mut form = vec![("To", self.to.to_owned()), ("From", self.from.to_owned())];
        form.push(self.source.field(max_characters)?);
        if let Some(url) = self.status_callback {
            form.push(("StatusCallback", url.to_owned()));
            for event in ["initiated", "ringing", "answered", "completed"] {
                form.push(("StatusCallbackEvent", event.to_owned()));
            }
        }
        form.extend(self.timeout_secs.map(|seconds| ("Timeout", seconds.to_string())));
        form.extend(self.time_limit_secs.map(|seconds| ("TimeLimit", seconds.to_string())));
        form.extend(self.machine_detection.map(|detection| {
            let word = match detection {
                MachineDetection::Enable => "Enable",
                MachineDetection::DetectMessageEnd => "DetectMessageEnd",
            };
            ("MachineDetection", word.to_owned())
        }));
        Ok(form)
    }
}

/// A call as Twilio remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRecord {
    /// Its id.
    pub sid: String,
    /// Where it stands.
    pub status: CallStatus,
    /// `inbound`, `outbound-api`, `outbound-dial` or others; empty when absent.
    pub direction: String,
    /// The calling number.
    pub from: String,
    /// The called number.
    pub to: String,
    /// When it was answered, or began to ring.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Its length in seconds, once it has ended.
    pub duration_secs: Option<u32>,
    /// What it cost, as a signed decimal, some minutes after its end.
    pub price: Option<String>,
    /// The currency of the price.
    pub price_unit: Option<String>,
    /// Who answered, with machine detection.
    pub answered_by: Option<String>,
    /// The call that dialled it.
    pub parent_call_sid: Option<String>,
}

#[derive(Deserialize)]
struct Wire {
    sid: String,
    status: Option<String>,
    direction: Option<String>,
    from: Option<String>,
    to: Option<String>,
    start_time: Option<String>,
    end_time: Option<String>,
    duration: Option<String>,
    price: Option<String>,
    price_unit: Option<String>,
    answered_by: Option<String>,
    parent_call_sid: Option<String>,
}

#[derive(Deserialize)]
struct WireList {
    calls: Vec<Wire>,
}

impl From<Wire> for CallRecord {
    fn from(wire: Wire) -> Self {
        Self {
            sid: wire.sid,
            status: CallStatus::from_wire(&wire.status.unwrap_or_default()),
            direction: wire.direction.unwrap_or_default(),
            from: wire.from.unwrap_or_default(),
            to: wire.to.unwrap_or_default(),
            started_at: wire.start_time.as_deref().and_then(instant),
            ended_at: wire.end_time.as_deref().and_then(instant),
            duration_secs: wire.duration.and_then(|seconds| seconds.parse().ok()),
            price: wire.price,
            price_unit: wire.price_unit,
            answered_by: wire.answered_by,
            parent_call_sid: wire.parent_call_sid,
        }
    }
}

/// Twilio writes dates as RFC 2822.
fn instant(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text).ok().map(|instant| instant.to_utc())
}

pub(super) fn read_record(body: &[u8]) -> Result<CallRecord, TwilioError> {
    let wire: Wire = serde_json::from_slice(body).map_err(|_| TwilioError::not_understood())?;
    Ok(wire.into())
}

pub(super) fn read_list(body: &[u8]) -> Result<Vec<CallRecord>, TwilioError> {
    let list: WireList = serde_json::from_slice(body).map_err(|_| TwilioError::not_understood())?;
    Ok(list.calls.into_iter().map(CallRecord::from).collect())
}
