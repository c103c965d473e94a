//! The one brain for phone and chat: what the agent is told, what it can do, and what it makes of the answers.
//!
//! Everything here is pure: a tool's call goes in, an answer for the model and a changed lead come out.

pub mod entities;
pub mod intake;
pub mod intents;
pub mod knowledge;
pub mod phrases;
pub mod prompt;
pub mod summary;
pub mod tools;
pub mod words;

#[cfg(test)]
mod corpus;
