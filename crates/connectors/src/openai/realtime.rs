//! The Realtime API's wire, in both its dialects (protocols/openai-realtime.md).
//!
//! [`ServerEvent`] is what a server says, whatever its dialect; [`ClientEvent`] is what we say, written by
//! [`ClientEvent::write`] in the server's. Reading is lenient: unknown events and fields are no fault of the caller on the
//! line. Writing is strict: one field a server does not know and it refuses the whole `session.update`.

mod client;
mod connect;
mod server;
mod session;
mod verdict;

pub use client::{ClientEvent, Role};
pub use connect::{Close, ConnectFault, Endpoint, ModelSocket, close_of, connect};
pub use server::{FunctionCall, ItemKind, ResponseStatus, ServerEvent, TokenCount};
pub use session::{AudioKind, Detection, Noise, SessionSettings, Tool};
pub use verdict::{Verdict, close_verdict, error_verdict};

use serde::{Deserialize, Serialize};

/// Which generation of the protocol a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// What OpenAI speaks since 2026-05.
    Ga,
    /// What OpenAI spoke before, and self-hosted servers still do (section 16).
    Beta,
}

#[cfg(test)]
mod tests;
