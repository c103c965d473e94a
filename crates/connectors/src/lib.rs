//! Every outside service, a module each.
//!
//! Nothing in here knows what a call, a lead or a business is: a module speaks one service's
//! wire, turns its answers into types, and says which failures are worth another try.

pub mod fetch;
pub mod http;
pub mod mail;
pub mod openai;
pub mod seal;
pub mod secret;
pub mod twilio;

#[cfg(test)]
mod loopback;
