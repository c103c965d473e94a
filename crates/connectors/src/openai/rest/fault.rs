//! What can go wrong with a request, by what the caller can do about it and by whose fault it is.

use std::time::Duration;

use http::HeaderMap;
use serde_json::Value;

use super::breaker::Outcome;
use super::retry::{Failed, asked_pause};
use crate::http::HttpError;

/// The longest word of the server's that is kept, in characters.
const MESSAGE_CHARACTERS: usize = 300;

/// Why there is no answer, or no whole one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenAiError {
    /// The key is wrong or may not do this: nothing works until somebody mends the settings.
    #[error("the model's server refused the key")]
    Unauthorized,
    /// The account's money is used up: nothing works until somebody pays.
    #[error("the account at the model's server has no money left")]
    QuotaGone,
    /// The server has no such model, or does not do this kind of work at all: ask for something else.
    #[error("the model's server does not offer this")]
    NotOffered {
        /// Its explanation, shortened.
        message: String,
    },
    /// The request holds more than the model takes: send less.
    #[error("the request is longer than the model takes")]
    TooLong,
    /// The request itself is wrong; the same one will be refused again.
    #[error("the model's server refused the request ({code})")]
    Rejected {
        /// The server's code, such as `unsupported_value`; empty when it gave none.
        code: String,
        /// The field at fault, where it named one.
        param: Option<String>,
        /// Its explanation, shortened. It may quote what was sent, so it is not for the log.
        message: String,
    },
    /// Too many requests at once: come back later.
    #[error("the model's server asks for fewer requests")]
    Busy {
        /// When to come back, if it said so.
        retry_after: Option<Duration>,
    },
    /// No answer, or none that can be used, after as many tries as are worth it: do without the model.
    #[error("the model cannot be reached: {reason}")]
    Away {
        /// What happened, without address, key or words of anybody.
        reason: String,
    },
    /// The answer broke off after part of it was handed on: what was shown has to be ended in some other way.
    #[error("the answer broke off: {reason}")]
    BrokenOff {
        /// What happened, as above.
        reason: String,
    },
}

/// Whose fault an error is: who has to do something before it goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// Whoever runs this installation: key, money, names of models.
    Operator,
    /// Whoever wrote the request.
    Request,
    /// The model's server, or the way to it.
    Provider,
}

impl OpenAiError {
    /// Whose fault it is.
    pub fn blame(&self) -> Blame {
        match self {
            Self::Unauthorized | Self::QuotaGone | Self::NotOffered { .. } => Blame::Operator,
            Self::TooLong | Self::Rejected { .. } => Blame::Request,
            Self::Busy { .. } | Self::Away { .. } | Self::BrokenOff { .. } => Blame::Provider,
        }
    }

    pub(super) fn away(reason: impl Into<String>) -> Self {
        Self::Away { reason: reason.into() }
    }

    pub(super) fn not_understood() -> Self {
        Self::away("its answer was not understood")
    }
}

/// The error of one attempt, with what decides about another one.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: OpenAiError,
    /// Why it failed is known now and will not happen again: the next attempt leaves out what was refused.
    pub(super) is_learnt: bool,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    NotReached,
    TimedOut,
    Answered { status: u16, headers: Box<HeaderMap> },
    Begun,
}

impl Failure {
    /// Nothing came in time.
    pub(super) fn late(what: &str) -> Self {
        Self { error: OpenAiError::away(what), is_learnt: false, cause: Cause::TimedOut }
    }

    /// The server can be reached, but what it says makes no sense.
    pub(super) fn not_understood() -> Self {
        Self { error: OpenAiError::not_understood(), is_learnt: false, cause: Cause::Begun }
    }

    /// The stream ended without saying that it is the end.
    pub(super) fn cut() -> Self {
        Self { error: OpenAiError::away("the stream was cut"), is_learnt: false, cause: Cause::NotReached }
    }

    /// A connection that never came about, took too long, or broke before the answer was whole.
    pub(super) fn of_transport(fault: &reqwest::Error) -> Self {
        if fault.is_timeout() && !fault.is_connect() {
            return Self::late("no answer in time");
        }
        let reason = if fault.is_connect() { "no connection" } else { "the connection broke" };
        Self { error: OpenAiError::away(reason), is_learnt: false, cause: Cause::NotReached }
    }

    /// A body that could not be read.
    pub(super) fn of_body(fault: &HttpError) -> Self {
        match fault {
            HttpError::BrokenOff(fault) => Self::of_transport(fault),
            HttpError::TooLong { .. } | HttpError::NotJson(_) | HttpError::Setup(_) => Self::not_understood(),
        }
    }

    /// An answer that is an error.
    pub(super) fn of_status(status: u16, headers: HeaderMap, body: &[u8]) -> Self {
        let body = serde_json::from_slice(body).unwrap_or(Value::Null);
        let error = error_of(status, asked_pause(&headers), &body);
        Self { error, is_learnt: false, cause: Cause::Answered { status, headers: Box::new(headers) } }
    }

    /// An error in the middle of a stream, whose status was 200 already.
    pub(super) fn of_event(event: &Value) -> Self {
        let code =
            event.pointer("/error/code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
        let status = code.filter(|code| (400..600).contains(code)).unwrap_or_else(|| implied_status(event));
        let error = error_of(status, None, event);
        Self { error, is_learnt: false, cause: Cause::Answered { status, headers: Box::default() } }
    }

    /// How it looks to the rules of repeating.
    pub(super) fn failed(&self) -> Failed<'_> {
        match &self.cause {
            Cause::NotReached => Failed::NotReached,
            Cause::TimedOut => Failed::TimedOut,
            Cause::Begun => Failed::Begun,
            Cause::Answered { status, headers } => {
                let is_quota = self.error == OpenAiError::QuotaGone;
                Failed::Answered { status: *status, headers, is_quota }
            }
        }
    }

    /// How it looks to the breaker.
    pub(super) fn outcome(&self) -> Outcome {
        match &self.cause {
            Cause::Answered { status: 429, .. } => Outcome::Busy,
            Cause::Answered { status, .. } if *status < 500 && *status != 408 => Outcome::There,
            _ => Outcome::Trouble,
        }
    }
}

/// Reads an error body, whichever of the usual shapes it has: `{"error":{…}}`, `{"error":"…"}` or `{"message":"…"}`.
fn error_of(status: u16, retry_after: Option<Duration>, body: &Value) -> OpenAiError {
    let detail = body.get("error").filter(|error| error.is_object()).unwrap_or(body);
    let text = |name: &str| detail.get(name).and_then(Value::as_str).unwrap_or_default();
    let (code, kind) = (text("code"), text("type"));
    let plain = body.get("error").and_then(Value::as_str);
    let message = || shortened(plain.unwrap_or_else(|| text("message")), status);
    let is = |known: &[&str]| known.contains(&code) || known.contains(&kind);
    match status {
        _ if is(&["insufficient_quota", "billing_hard_limit_reached"]) => OpenAiError::QuotaGone,
        401 | 403 => OpenAiError::Unauthorized,
        404 => OpenAiError::NotOffered { message: message() },
        413 => OpenAiError::TooLong,
        429 => OpenAiError::Busy { retry_after },
        408 | 409 | 500.. => OpenAiError::away(format!("it answered {status}")),
        _ if is(&["context_length_exceeded", "string_above_max_length"]) => OpenAiError::TooLong,
        _ if is(&["model_not_found"]) => OpenAiError::NotOffered { message: message() },
        _ => OpenAiError::Rejected {
            code: code.to_owned(),
            param: detail.get("param").and_then(Value::as_str).map(str::to_owned),
            message: message(),
        },
    }
}

/// The status an error in a stream would have had.
fn implied_status(event: &Value) -> u16 {
    let text = |name: &str| event.pointer(name).and_then(Value::as_str).unwrap_or_default();
    match (text("/error/type"), text("/error/code")) {
        (_, "invalid_api_key") => 401,
        (_, "rate_limit_exceeded") | ("rate_limit_error" | "insufficient_quota", _) => 429,
        ("invalid_request_error", _) => 400,
        _ => 500,
    }
}

fn shortened(message: &str, status: u16) -> String {
    if message.is_empty() {
        return format!("status {status}");
    }
    let cut = message.char_indices().nth(MESSAGE_CHARACTERS);
    cut.map_or_else(|| message.to_owned(), |(at, _)| format!("{}…", message.get(..at).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, body: &str) -> OpenAiError {
        Failure::of_status(status, HeaderMap::new(), body.as_bytes()).error
    }

    /// Row 118. Each answer leads to one decision, and to whoever can mend it.
    #[test]
    fn what_an_answer_means_and_whose_fault_it_is_is_a_table() {
        let quota = r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#;
        let limit =
            r#"{"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}"#;
        let long = r#"{"error":{"message":"too long","type":"invalid_request_error","code":"context_length_exceeded"}}"#;
        let value = r#"{"error":{"message":"Unsupported value","type":"invalid_request_error","param":"temperature","code":"unsupported_value"}}"#;
        let rejected = OpenAiError::Rejected {
            code: "unsupported_value".into(),
            param: Some("temperature".into()),
            message: "Unsupported value".into(),
        };
        let cases = [
            (401, "{}", OpenAiError::Unauthorized, Blame::Operator),
            (403, "<html>", OpenAiError::Unauthorized, Blame::Operator),
            (429, quota, OpenAiError::QuotaGone, Blame::Operator),
            (
                404,
                r#"{"error":"no such model"}"#,
                OpenAiError::NotOffered { message: "no such model".into() },
                Blame::Operator,
            ),
            (400, long, OpenAiError::TooLong, Blame::Request),
            (413, "", OpenAiError::TooLong, Blame::Request),
            (400, value, rejected, Blame::Request),
            (429, limit, OpenAiError::Busy { retry_after: None }, Blame::Provider),
            (503, "", OpenAiError::away("it answered 503"), Blame::Provider),
            (409, "", OpenAiError::away("it answered 409"), Blame::Provider),
        ];
        for (status, body, wanted, blame) in cases {
            let error = error(status, body);
            assert_eq!(error, wanted, "{status} {body}");
            assert_eq!(error.blame(), blame, "{status} {body}");
        }
    }

    #[test]
    fn other_servers_shapes_are_read_and_long_words_are_cut() {
        let message = |status, body: &str| match error(status, body) {
            OpenAiError::Rejected { message, .. } => message,
            other => panic!("{other}"),
        };
        assert_eq!(
            message(400, r#"{"object":"error","message":"auto tool choice requires","code":400}"#),
            "auto tool choice requires"
        );
        assert_eq!(message(400, "not JSON"), "status 400");
        assert_eq!(message(422, &format!(r#"{{"error":"{}"}}"#, "é".repeat(400))).chars().count(), 301);
    }

    #[test]
    fn an_error_in_a_stream_is_read_like_one_with_a_status() {
        let of = |json| Failure::of_event(&serde_json::from_str(json).unwrap()).error;
        assert_eq!(
            of(r#"{"error":{"code":"rate_limit_exceeded"}}"#),
            OpenAiError::Busy { retry_after: None }
        );
        assert_eq!(of(r#"{"error":{"type":"insufficient_quota"}}"#), OpenAiError::QuotaGone);
        assert_eq!(
            of(r#"{"error":{"message":"x","type":"server_error"}}"#),
            OpenAiError::away("it answered 500")
        );
        assert_eq!(of(r#"{"error":{"message":"x","code":503}}"#), OpenAiError::away("it answered 503"));
    }
}
