//! A call's inputs as text, and the same effects again from it.
//!
//! A recording has a line each: first the flow's settings, then `[ms, effects, input]`, where `effects` is a hash over what
//! the input led to. Sound stands in it as length and hash. Where the business does not want words kept, they are struck
//! out letter by letter and the hash is left out.

mod redact;
mod replay;
mod writer;

pub use replay::{Replay, ReplayFault, Step, replay};
pub use writer::Recorder;

/// First line of a recording.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Header<'a> {
    format: u32,
    words: bool,
    settings: std::borrow::Cow<'a, crate::flow::FlowSettings>,
}

/// Changes when old recordings can no longer be read.
const FORMAT: u32 = 1;

/// Last line of a recording that stopped before the call did.
const CUT_SHORT: &str = "\"cut short\"\n";

fn effects_hash(effects: &[crate::flow::Effect<'_>], buffer: &mut Vec<u8>) -> u32 {
    if effects.is_empty() {
        return 0;
    }
    buffer.clear();
    match serde_json::to_writer(&mut *buffer, effects) {
        Ok(()) => xxhash_rust::xxh3::xxh3_64(buffer) as u32,
        // Every effect is plain data; one that cannot be written would be a mistake here, not the call's.
        Err(_) => u32::MAX,
    }
}

#[cfg(test)]
mod tests;
