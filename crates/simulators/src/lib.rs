//! The outside world as strict real servers on loopback, for tests and the demo.
//!
//! Nothing here uses `connectors`: each wire is written a second time, on purpose, so that a
//! mistake made in one place cannot cancel itself in the other.

pub mod mail;
pub mod phone;
pub mod realtime;
pub mod speech;
pub mod ulaw;
pub mod wav;
