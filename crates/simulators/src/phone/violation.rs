//! What the network has to complain about: wrong use of its protocols, and plain failures.

use serde::Serialize;

/// Wrong use of one of Twilio's wires by the program under test: something the real service would
/// refuse, warn of, or do other than what was meant. A correct program causes none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The number Twilio's debugger would show (12100 XML, 31951 stream message, …), or the HTTP
    /// status of a refused REST request.
    pub code: u32,
    /// What was wrong, in words.
    pub what: String,
    /// The call it happened in; REST requests may have none.
    pub call_sid: Option<String>,
}

/// A failure that may be nobody's mistake: a server that is down, a closed socket. Twilio's
/// debugger lists these beside the violations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// Twilio's error number: 11200 webhook, 31901 connect, 31920 handshake, 31921 closed.
    pub code: u32,
    /// What happened, in words.
    pub what: String,
    /// When, in milliseconds of the call's time.
    pub at_ms: u64,
}

/// TwiML that cannot be parsed or executed.
pub(crate) const BAD_TWIML: u32 = 12_100;
/// `<Say>` with nothing to say.
pub(crate) const EMPTY_SAY: u32 = 13_520;
/// `<Say>` with more text than the voice takes.
pub(crate) const LONG_SAY: u32 = 13_521;
/// A TwiML document could not be fetched.
pub(crate) const FETCH_FAILED: u32 = 11_200;
/// A TwiML document came with a content type that is not XML.
pub(crate) const CONTENT_TYPE: u32 = 12_300;
/// The media stream's server could not be reached in time.
pub(crate) const STREAM_CONNECT: u32 = 31_901;
/// TLS to the media stream's server failed.
pub(crate) const STREAM_TLS: u32 = 31_910;
/// The media stream's server did not answer the upgrade with 101.
pub(crate) const STREAM_HANDSHAKE: u32 = 31_920;
/// The media stream's server closed the socket.
pub(crate) const STREAM_CLOSED: u32 = 31_921;
/// The media stream's server broke the WebSocket protocol.
pub(crate) const STREAM_PROTOCOL: u32 = 31_924;
/// The media stream's server sent a message Twilio does not take.
pub(crate) const STREAM_MESSAGE: u32 = 31_951;
