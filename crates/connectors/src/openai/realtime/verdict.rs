//! What an error means for the call (protocols/openai-realtime.md, sections 1 and 12).

use serde::{Deserialize, Serialize};

/// What to do about an error or a close.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Go on; it answers a race that both sides won.
    Benign,
    /// Ask for the reply once more.
    Retry,
    /// The session is lost; another one may work.
    Reconnect,
    /// No session will work until somebody changes something: never retried.
    Fatal,
}

/// Judges an `error` event, or the error of a failed response, by its code.
///
/// `configuring` is true until the session is accepted: then any error ends the attempt, as a refused update is refused
/// whole and the session would speak in the wrong format.
pub fn error_verdict(code: &str, configuring: bool) -> Verdict {
    match code {
        "insufficient_quota"
        | "invalid_api_key"
        | "account_deactivated"
        | "billing_hard_limit_reached"
        | "beta_api_shape_disabled"
        | "model_not_found" => Verdict::Fatal,
        "session_expired" => Verdict::Reconnect,
        _ if configuring => Verdict::Fatal,
        "server_error" | "rate_limit_exceeded" | "inference_rate_limit_exceeded" => Verdict::Retry,
        _ => Verdict::Benign,
    }
}

/// Judges how the model's socket closed; none stands for a connection that broke without a word (1006).
pub fn close_verdict(code: Option<u16>) -> Verdict {
    match code {
        Some(4000..=4999 | 1002 | 1003 | 1007 | 1008 | 1009 | 1010) => Verdict::Fatal,
        _ => Verdict::Reconnect,
    }
}
