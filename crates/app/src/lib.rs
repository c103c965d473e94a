//! The program: configuration, wiring, lifecycle and commands.

pub mod commands;
pub mod config;
mod memory;
pub mod secrets;
pub mod server;
pub mod stage;
pub mod telemetry;

pub use studioconnect_web::onboarding;

/// Allocates for every command; the standard allocator keeps what many short calls leave behind. It builds with a C
/// compiler alone.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
