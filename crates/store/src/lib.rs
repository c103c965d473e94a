//! Everything that is remembered: tables, queries, migrations, on SQLite and on PostgreSQL.
//!
//! There is one [`Store`], one set of migrations and one path through the code for both engines; what must differ
//! stands in `dialect`. Values go in and come out as types of the domain: the mapper beneath is named in no public
//! signature. Every read that serves a tenant takes the tenant's id, so a handler cannot forget it.
//!
//! A failure is one of six decisions, see [`StoreError`]. Writing down calls while they run is [`Store::write_batch`].

mod agent;
mod alarm;
mod answers;
mod audit;
mod batch;
mod businesses;
mod calls;
mod cell;
mod clients;
mod contacts;
mod conversations;
mod dialect;
mod entity;
mod error;
mod incidents;
mod inputs;
mod knowledge;
mod leads;
mod links;
mod members;
mod migrate;
mod migration;
mod model_use;
mod notification;
mod numbers;
mod outbox;
mod plans;
#[cfg(test)]
mod query_plans;
mod questions;
mod rows;
mod search;
mod second_factor;
mod sessions;
mod settings;
mod store;
mod text;
mod transaction;
mod transcript;
mod users;
mod widget;

/// Tests within the crate share the databases that tests around it make.
#[cfg(test)]
extern crate self as studioconnect_store;

pub use answers::KeptAnswer;
pub use audit::{AuditEntry, ChangeFilter};
pub use batch::Write;
pub use businesses::NewBusiness;
pub use calls::{CallFilter, Finish, Position, StatusReport};
pub use conversations::{Appended, ConversationFilter, Said, TurnEnd};
pub use entity::user::normal_email;
pub use error::StoreError;
pub use knowledge::Unembedded;
pub use leads::LeadFilter;
pub use links::Link;
pub use model_use::ModelUse;
pub use numbers::{Reception, Repair};
pub use search::Found;
pub use sessions::Renewal;
pub use settings::{Backend, Settings};
pub use store::Store;
pub use widget::WidgetOfKey;
