//! Whole calls against the whole program. Each test has a server, a database and a simulated world of its own.

#![cfg(test)]

mod audio;
mod audit;
mod browser;
mod chat;
mod cleanup;
mod commands;
mod conflicts;
mod database;
mod dialects;
mod door;
mod emergency_calls;
mod failures;
mod frames;
mod greeting;
mod health;
mod hostile;
mod interruption;
mod journey;
mod knowledge;
mod limits;
mod load;
mod notifications;
mod openai;
mod pages;
mod plans;
mod recording;
mod routes;
mod second_factor;
mod sign_in;
mod signup;
mod soak;
mod support;
mod tenants;
mod turns;
mod typescript;
mod undo;
mod voice_page;
mod webhooks;
mod widget;
