//! What the business is: ids, plans, questions, calls, leads, and the rules over them.
//!
//! Nothing here reads a clock, a file or a socket: a rule takes what it needs as a value, so every rule is a table of
//! cases. Time comes from a [`Clock`] that the program passes in.

pub mod account;
pub mod agent;
pub mod alarm;
pub mod answer;
pub mod business;
pub mod call;
pub mod client;
pub mod clock;
pub mod contact;
pub mod conversation;
pub mod emergency;
pub mod escalation;
pub mod fault;
pub mod hours;
pub mod ids;
pub mod incident;
pub mod knowledge;
pub mod lead;
pub mod notification;
pub mod outbox;
pub mod phone;
pub mod plan;
pub mod price;
pub mod priority;
pub mod question;
pub mod rule;
pub mod transcript;
pub mod widget;

pub use clock::Clock;
pub use fault::Fault;
