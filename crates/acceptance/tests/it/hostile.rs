//! What strangers, and people who mean ill, send to the dashboard's server.

mod accounts;
mod origin;
mod requests;

const OWNER: &str = "owner@example.com";
