//! OpenAI and servers that speak like it.

pub mod models;
pub mod realtime;
pub mod rest;
