//! The parameters of a webhook: an open map, because Twilio adds names without notice (section 1).

use url::form_urlencoded;

use super::status::CallStatus;

/// The longest body read, in bytes. A voice webhook has some 30 parameters in about 1 KB.
pub const MAX_BODY_BYTES: usize = 64 * 1024;
/// The most parameters read.
pub const MAX_PARAMS: usize = 200;

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormFault {
    /// Longer than [`MAX_BODY_BYTES`].
    #[error("the form is longer than {MAX_BODY_BYTES} bytes")]
    TooLong,
    /// More than [`MAX_PARAMS`] parameters.
    #[error("the form has more than {MAX_PARAMS} parameters")]
    TooMany,
}

/// What came with a webhook, decoded and in order of arrival.
///
/// The typed getters treat an empty value as absent: Twilio sends blanks for what it does not know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads a form body, or the query string of a GET webhook. Broken escapes and bytes that are
    /// not UTF-8 are replaced, not refused: the signature check that follows refuses them.
    pub fn parse(body: &[u8]) -> Result<Self, FormFault> {
        if body.len() > MAX_BODY_BYTES {
            return Err(FormFault::TooLong);
        }
        let pairs: Vec<_> =
            form_urlencoded::parse(body).take(MAX_PARAMS + 1).map(|(n, v)| (n.into(), v.into())).collect();
        if pairs.len() > MAX_PARAMS {
            return Err(FormFault::TooMany);
        }
        Ok(Self(pairs))
    }

    /// All of them, for the signature.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// The first value of a name, also an empty one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    fn number(&self, name: &str) -> Option<u32> {
        self.filled(name)?.parse().ok()
    }

    /// The call this is about.
    pub fn call_sid(&self) -> Option<&str> {
        self.filled("CallSid")
    }

    /// The account the called number belongs to.
    pub fn account_sid(&self) -> Option<&str> {
        self.filled("AccountSid")
    }

    /// The caller: E.164, but also `anonymous`, `unknown`, `client:…` or `sip:…`.
    pub fn from(&self) -> Option<&str> {
        self.filled("From")
    }

    /// The called number.
    pub fn to(&self) -> Option<&str> {
        self.filled("To")
    }

    /// `inbound`, `outbound-api`, `outbound-dial` and others.
    pub fn direction(&self) -> Option<&str> {
        self.filled("Direction")
    }

    /// Who the call was diverted from, when the carrier says so.
    pub fn forwarded_from(&self) -> Option<&str> {
        self.filled("ForwardedFrom")
    }

    /// The call that dialled this one.
    pub fn parent_call_sid(&self) -> Option<&str> {
        self.filled("ParentCallSid")
    }

    /// The state of the call.
    pub fn call_status(&self) -> Option<CallStatus> {
        self.filled("CallStatus").map(CallStatus::from_wire)
    }

    /// How a `<Dial>` ended, in its action request.
    pub fn dial_call_status(&self) -> Option<CallStatus> {
        self.filled("DialCallStatus").map(CallStatus::from_wire)
    }

    /// The leg a `<Dial>` reached.
    pub fn dial_call_sid(&self) -> Option<&str> {
        self.filled("DialCallSid")
    }

    /// Length of the whole call in seconds; only in the last status callback.
    pub fn call_duration_secs(&self) -> Option<u32> {
        self.number("CallDuration")
    }

    /// Place of a status callback in its call, from 0; they may arrive in any order.
    pub fn sequence_number(&self) -> Option<u32> {
        self.number("SequenceNumber")
    }

    /// Keys pressed. Empty when a `<Gather>` ended without any, so absent here.
    pub fn digits(&self) -> Option<&str> {
        self.filled("Digits")
    }

    /// What a `<Gather>` heard.
    pub fn speech_result(&self) -> Option<&str> {
        self.filled("SpeechResult")
    }

    /// How sure it is of that, 0 to 1; may be missing beside a result.
    pub fn confidence(&self) -> Option<f32> {
        let confidence: f32 = self.filled("Confidence")?.parse().ok()?;
        (0.0..=1.0).contains(&confidence).then_some(confidence)
    }

    /// Where a recording can be fetched; it may not be ready yet.
    pub fn recording_url(&self) -> Option<&str> {
        self.filled("RecordingUrl")
    }

    /// The recording's own id.
    pub fn recording_sid(&self) -> Option<&str> {
        self.filled("RecordingSid")
    }

    /// `in-progress`, `completed`, `absent` or `failed`.
    pub fn recording_status(&self) -> Option<&str> {
        self.filled("RecordingStatus")
    }

    /// Length of a recording in seconds.
    pub fn recording_duration_secs(&self) -> Option<u32> {
        self.number("RecordingDuration")
    }

    /// Who answered an outgoing call: `human`, `machine_start`, `machine_end_beep`, `fax`, …
    pub fn answered_by(&self) -> Option<&str> {
        self.filled("AnsweredBy")
    }

    /// What went wrong at Twilio, in the request of a fallback URL.
    pub fn error_code(&self) -> Option<u32> {
        self.number("ErrorCode")
    }

    /// `stream-started`, `stream-stopped` or `stream-error`.
    pub fn stream_event(&self) -> Option<&str> {
        self.filled("StreamEvent")
    }

    /// The text of a failed stream handshake; it appears nowhere else.
    pub fn stream_error(&self) -> Option<&str> {
        self.filled("StreamError")
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Params {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

#[cfg(test)]
mod tests;
