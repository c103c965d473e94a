//! Sound: measuring it, and converting it where a server or a setting asks for that.
//!
//! Between Twilio and a model that both speak µ-law nothing in here runs: the base64 text is passed
//! on as it came. [`level`] measures the caller while an interruption is judged, [`transcode`] serves
//! model servers that know only PCM, [`suppressor`] is a switch of the business, off by default.

pub mod level;
pub mod suppressor;
pub mod transcode;
pub mod ulaw;

mod payload;

/// Why a piece of sound could not be used. The stream goes on with the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AudioFault {
    /// The payload is not base64.
    #[error("the sound is not base64")]
    NotBase64,
}
