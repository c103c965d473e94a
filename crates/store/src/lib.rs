//! Everything that is remembered: tables, queries, migrations, on SQLite and on PostgreSQL.
//!
//! There is one [`Store`], one set of migrations and one path through the code for both engines; what must differ
//! stands in `dialect`. Values go in and come out as types of the domain: the mapper beneath is named in no public
//! signature. Every read that serves a tenant takes the tenant's id, so a handler cannot forget it.
//!
//! A failure is one of five decisions, see [`StoreError`]. Writing down calls while they run is [`Store::write_batch`].

mod agent;
mod batch;
mod businesses;
mod calls;
mod cell;
mod dialect;
mod entity;
mod error;
mod inputs;
mod leads;
mod migrate;
mod migration;
mod numbers;
mod plans;
mod questions;
mod rows;
mod settings;
mod store;
mod text;
mod transaction;
mod transcript;
mod users;

pub use batch::Write;
pub use businesses::NewBusiness;
pub use calls::{Finish, Position, StatusReport};
pub use error::StoreError;
pub use numbers::{Reception, Repair};
pub use settings::{Backend, Settings};
pub use store::Store;
