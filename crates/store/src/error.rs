//! What can go wrong, as the decisions a caller has.

use sea_orm::{DbErr, SqlErr};
use std::error::Error;
use studioconnect_domain::Fault;
use thiserror::Error;

/// Why the store did not do what it was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Something that must be unique is taken: ask for another.
    #[error("this {what} is already taken")]
    Conflict {
        /// What is taken, in words for a person, such as `phone number`.
        what: &'static str,
    },
    /// What the row belongs to is not there, or not any longer: give up, trying again cannot help.
    #[error("there is no such {what}")]
    Missing {
        /// What is not there, in words for a person.
        what: &'static str,
    },
    /// The value breaks a rule: show the person each field.
    #[error("{}", sentence(.0))]
    Invalid(Vec<Fault>),
    /// Somebody else changed it meanwhile: show what it is now and ask again.
    #[error("this {what} was changed by somebody else meanwhile")]
    Overtaken {
        /// What was changed, in words for a person.
        what: &'static str,
    },
    /// A row holds something that cannot be read: somebody has to look at it.
    #[error("column {column} of row {row} in table {table} cannot be read")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: String,
        /// The row's key, its parts joined by `/`.
        row: String,
    },
    /// The database cannot be reached, is locked or is full: try again later.
    #[error("the database cannot be used at the moment")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

impl StoreError {
    /// A mistake in one field.
    pub(crate) fn invalid(field: &str, message: &str) -> Self {
        Self::Invalid(vec![Fault::new(field, message)])
    }

    /// Refuses a value that has faults.
    pub(crate) fn refuse(faults: Vec<Fault>) -> Result<(), Self> {
        if faults.is_empty() { Ok(()) } else { Err(Self::Invalid(faults)) }
    }
}

fn sentence(faults: &[Fault]) -> String {
    let faults: Vec<_> = faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect();
    faults.join("; ")
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(message)) => Self::Conflict { what: taken(&message) },
            Some(SqlErr::ForeignKeyConstraintViolation(message)) => Self::Missing { what: absent(&message) },
            _ => Self::Unavailable(Box::new(error)),
        }
    }
}

/// SQLite names the columns (`users.email`), PostgreSQL the index (`users_email`).
fn taken(message: &str) -> &'static str {
    const NAMES: [(&str, &str, &str); 10] = [
        ("users.email", "users_email", "email address"),
        ("phone_numbers.number", "phone_numbers_number", "phone number"),
        ("businesses.widget_key", "businesses_widget_key", "widget key"),
        ("calls.provider_sid", "calls_provider_sid", "call"),
        ("leads.call_id", "leads_call_id", "lead of this call"),
        ("clients.phone", "clients_phone", "phone number"),
        ("clients.email", "clients_email", "email address"),
        ("lead_questions.position", "lead_questions_position", "place in the list of questions"),
        ("transfer_contacts.position", "transfer_contacts_position", "place in the list of contacts"),
        ("transfer_contacts.phone", "transfer_contacts_phone", "phone number"),
    ];
    NAMES
        .into_iter()
        .find(|(column, index, _)| message.contains(column) || message.contains(index))
        .map_or("id", |(_, _, what)| what)
}

/// PostgreSQL names the constraint (`fk_calls_business`); SQLite does not say which of a row's parents is missing.
fn absent(message: &str) -> &'static str {
    ["business", "call", "plan", "conversation"]
        .into_iter()
        .find(|parent| message.contains(&format!("_{parent}\"")))
        .unwrap_or("business or call")
}
