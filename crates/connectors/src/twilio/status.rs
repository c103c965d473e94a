//! The state a call is in, as Twilio words it.

use std::fmt;

/// `CallStatus` of webhooks and REST, and `DialCallStatus` of a `<Dial>` action (sections 1, 3, 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallStatus {
    /// Waiting for its turn at Twilio (one outgoing call a second by default).
    Queued,
    /// Taken from the queue, not yet ringing.
    Initiated,
    /// Ringing; also the first request of an incoming call.
    Ringing,
    /// Somebody, or something, has answered.
    InProgress,
    /// A dialled leg was answered (`DialCallStatus` only).
    Answered,
    /// Ended after an answer.
    Completed,
    /// The called line was busy.
    Busy,
    /// Could not be put through.
    Failed,
    /// Rang until the time-out.
    NoAnswer,
    /// Taken back before an answer.
    Canceled,
    /// A word not known here: kept, so that it can be seen, and treated as not final.
    Other(String),
}

impl CallStatus {
    /// Reads Twilio's word.
    pub fn from_wire(word: &str) -> Self {
        match word {
            "queued" => Self::Queued,
            "initiated" => Self::Initiated,
            "ringing" => Self::Ringing,
            "in-progress" => Self::InProgress,
            "answered" => Self::Answered,
            "completed" => Self::Completed,
            "busy" => Self::Busy,
            "failed" => Self::Failed,
            "no-answer" => Self::NoAnswer,
            "canceled" => Self::Canceled,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Twilio's word for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Queued => "queued",
            Self::Initiated => "initiated",
            Self::Ringing => "ringing",
            Self::InProgress => "in-progress",
            Self::Answered => "answered",
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::Failed => "failed",
            Self::NoAnswer => "no-answer",
            Self::Canceled => "canceled",
            Self::Other(word) => word,
        }
    }

    /// Whether nothing more will happen on the call.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Completed | Self::Busy | Self::Failed | Self::NoAnswer | Self::Canceled)
    }
}

impl fmt::Display for CallStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::CallStatus;

    #[test]
    fn every_word_reads_back_and_the_ends_are_final() {
        let open = ["queued", "initiated", "ringing", "in-progress", "answered", "on-the-moon", ""];
        let ended = ["completed", "busy", "failed", "no-answer", "canceled"];
        for word in open.into_iter().chain(ended) {
            let status = CallStatus::from_wire(word);
            assert_eq!(status.to_string(), word);
            assert_eq!(status.is_final(), ended.contains(&word), "{word}");
        }
        assert_eq!(CallStatus::from_wire("on-the-moon"), CallStatus::Other("on-the-moon".into()));
    }
}
