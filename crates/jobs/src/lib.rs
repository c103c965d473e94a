//! What happens by itself: people are rung in an emergency.

pub mod escalate;
