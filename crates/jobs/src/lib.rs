//! What goes on by itself, whoever asks: each job a file, and each of them safe to run in several processes at once.

pub mod deliver;
pub mod escalate;
pub mod letter;
