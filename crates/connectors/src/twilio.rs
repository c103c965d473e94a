//! Twilio: signatures, webhook forms, `TwiML`, REST and Media Streams frames.
//!
//! Written from the protocol sheet of 2026-11; section numbers in this module's comments are its.

pub mod alert;
pub mod form;
pub mod media;
pub mod rest;
pub mod signature;
pub mod status;
pub mod twiml;
