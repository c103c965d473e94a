//! The whole program under test: [`TestApp`] is a server with the simulated world around it, and checks itself at the end.
//!
//! ```no_run
//! # async fn test() -> anyhow::Result<()> {
//! use studioconnect_acceptance::TestApp;
//! let app = TestApp::start().await?;
//! let ended = app.call([]).await?;
//! assert!(ended.turns.is_empty());
//! app.end().await
//! # }
//! ```

mod chromium;
mod database;
mod ended;
pub mod files;
mod model_side;
mod outside;
mod person;
mod pulse;
mod raw_database;
pub mod steps;
mod test_app;
pub mod typescript;
mod visitor;

pub use chromium::{Chromium, DESK, PHONE, Size};
pub use ended::Ended;
pub use model_side::SlowLine;
pub use outside::{Answer, Form, RawStream, token_in};
pub use person::{Browser, PASSWORD, Person, Seen};
pub use pulse::Pulse;
pub use raw_database::RawDatabase;
pub use test_app::{Setup, TestApp};
pub use visitor::{Heard, Stream, Visitor};
