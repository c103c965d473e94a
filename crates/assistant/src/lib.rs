//! The one brain for phone and chat: what the agent is told, what it can do, and what it makes of the answers.
//!
//! [`conversation`] decides and is pure; [`receptionist`] carries a turn out in writing, with what is stored and a model where
//! there is one.

pub mod conversation;
pub mod desk;
pub mod entities;
pub mod intake;
pub mod intents;
pub mod knowledge;
pub mod lookup;
pub mod phrases;
pub mod prompt;
pub mod receptionist;
pub mod summary;
pub mod tools;
pub mod words;

#[cfg(test)]
mod corpus;
