//! Phone calls.
//!
//! [`flow`] decides, [`driver`] carries out: it owns sockets, clocks and tasks and has no opinion. [`Switchboard`] is what
//! the rest of the program sees: a webhook asks it for a place, the media stream comes in at its door, pages and commands
//! look at and end live calls through it.

pub mod admission;
pub mod audio;
mod briefing;
mod counters;
mod driver;
pub mod flow;
mod reconcile;
pub mod recording;
mod scribe;
mod settings;
mod switchboard;
mod voicemail;

pub use counters::{Counters, DoorCount};
pub use driver::TOKEN_PARAMETER;
pub use reconcile::{reconcile, settle};
pub use scribe::{Scribe, ScribeState};
pub use settings::Settings;
pub use switchboard::{NotAdmitted, Switchboard};
pub use voicemail::VoiceMessage;
