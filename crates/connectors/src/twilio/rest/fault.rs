//! What can go wrong with a request, by what the caller can do about it.

use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;

use crate::http::HttpError;

/// "Not found" and "not in progress": on an update both say that the call has ended.
const NOT_FOUND: u32 = 20_404;
const NOT_IN_PROGRESS: u32 = 21_220;
/// The longest message kept, in characters.
const MESSAGE_CHARACTERS: usize = 300;

/// Why a request had no effect, or no known one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TwilioError {
    /// Account SID or token are wrong: nothing will work until somebody mends the settings.
    #[error("Twilio refused the account SID or the token")]
    Unauthorized,
    /// No such call in this account.
    #[error("Twilio knows no such call")]
    NotFound,
    /// Too many requests at once.
    #[error("Twilio asks for fewer requests")]
    RateLimited {
        /// When to come back, if it said so.
        retry_after: Option<Duration>,
    },
    /// The request itself is wrong; repeating it is useless.
    #[error("Twilio refused the request: {message} (error {code})")]
    Rejected {
        /// Twilio's error code, 0 when it gave none.
        code: u32,
        /// Its explanation, shortened.
        message: String,
    },
    /// No answer, or none that can be used.
    #[error("Twilio cannot be reached: {reason}")]
    Unreachable {
        /// What happened, without address or credentials.
        reason: String,
        /// Whether the request may have taken effect all the same.
        may_have_happened: bool,
    },
}

impl TwilioError {
    /// A request that was not sent because Twilio would refuse it.
    pub(super) fn refused_here(message: &str) -> Self {
        Self::Rejected { code: 0, message: message.to_owned() }
    }

    pub(super) fn not_understood() -> Self {
        let reason = "its answer was not understood".to_owned();
        Self::Unreachable { reason, may_have_happened: true }
    }
}

/// An error of one attempt, and whether another attempt may help.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: TwilioError,
    pub(super) is_passing: bool,
}

impl Failure {
    /// No answer. Only a connection that never came about is worth an attempt at once: a time-out
    /// has cost its full length already.
    pub(super) fn of_transport(fault: reqwest::Error) -> Self {
        let never_sent = fault.is_connect();
        let reason =
            if fault.is_timeout() { "no answer in time".to_owned() } else { fault.without_url().to_string() };
        let error = TwilioError::Unreachable { reason, may_have_happened: !never_sent };
        Self { error, is_passing: never_sent }
    }

    /// Success, but the body was lost.
    pub(super) fn of_answer(fault: &HttpError) -> Self {
        let error = TwilioError::Unreachable { reason: fault.to_string(), may_have_happened: true };
        Self { error, is_passing: false }
    }

    pub(super) fn of_status(status: StatusCode, retry_after: Option<Duration>, body: &[u8]) -> Self {
        let detail = Detail::read(body);
        let error = match status.as_u16() {
            401 => TwilioError::Unauthorized,
            404 => TwilioError::NotFound,
            429 => TwilioError::RateLimited { retry_after },
            code @ 500.. => {
                TwilioError::Unreachable { reason: format!("it answered {code}"), may_have_happened: true }
            }
            code => TwilioError::Rejected {
                code: detail.code.unwrap_or(0),
                message: detail.message.map_or_else(|| format!("status {code}"), shortened),
            },
        };
        let is_passing = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        Self { error, is_passing }
    }
}

/// Whether an update was refused because the call has ended.
pub(super) fn says_ended(code: u32) -> bool {
    matches!(code, NOT_FOUND | NOT_IN_PROGRESS)
}

#[derive(Default, Deserialize)]
struct Detail {
    code: Option<u32>,
    message: Option<String>,
}

impl Detail {
    fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }
}

fn shortened(message: String) -> String {
    if message.chars().count() <= MESSAGE_CHARACTERS {
        return message;
    }
    message.chars().take(MESSAGE_CHARACTERS).chain(['…']).collect()
}
