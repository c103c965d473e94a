//! PostgreSQL: a server that other replicas of us use too.

use sea_orm::{ConnectOptions, ConnectionTrait, DbErr};
use std::time::Duration;

/// Names the lock of migrations among the advisory locks of a database: the bytes of `studioco`.
const MIGRATION_LOCK: i64 = i64::from_be_bytes(*b"studioco");

/// Longest that a migration waits for another replica's, in seconds.
const LOCK_TIMEOUT_S: u32 = 120;

/// Options for the server of `url`.
///
/// A connection is tried out before use only after lying idle for a while: a try before each use would double the
/// round trips of the inbound webhook.
pub(crate) fn options(url: &str, max_connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(max_connections.max(1))
        .set_application_name("studioconnect")
        .test_before_acquire_if_idle_for(Duration::from_secs(20));
    options
}

/// Keeps other replicas' migrations waiting until this transaction ends.
pub(crate) async fn lock_migrations(transaction: &impl ConnectionTrait) -> Result<(), DbErr> {
    transaction.execute_unprepared(&format!("SET LOCAL lock_timeout = '{LOCK_TIMEOUT_S}s'")).await?;
    transaction.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")).await?;
    Ok(())
}
