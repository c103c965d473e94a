//! What phone calls need to know of the installation.

use std::time::Duration;
use studioconnect_connectors::openai::realtime::{AudioKind, Endpoint};

/// Settings of the voice side, the same for all businesses.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The model.
    pub endpoint: Endpoint,
    /// How sound travels to and from it.
    pub audio: AudioKind,
    /// Model that writes down what callers say.
    pub transcription_model: String,
    /// Time between pings on both sockets.
    pub ping_interval: Duration,
    /// A ping unanswered for this long ends the socket.
    pub pong_timeout: Duration,
    /// Most calls at once, those on their way included.
    pub max_calls: usize,
    /// Threads that carry calls; each call stays on one.
    pub lanes: usize,
}
