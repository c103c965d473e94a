//! SQLite: one file, many readers, one writer.

use crate::error::StoreError;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode};
use sea_orm::sqlx::{self, Connection};
use sea_orm::{ConnectOptions, DbErr};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

/// How long a statement waits for another process's write to end.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Options for the file of `url`; makes its folder.
///
/// The write-ahead log lets reads go on beside a write. Each commit is synced to disk (SQLite's default): writes are
/// few and batched, and a lead that somebody was told of must outlive a power cut.
pub(crate) fn options(url: &str, max_connections: u32) -> Result<ConnectOptions, StoreError> {
    let file = SqliteConnectOptions::from_str(url)
        .map_err(|_| StoreError::invalid("url", "is not a SQLite URL, such as sqlite://data/app.db"))?;
    if url.contains(":memory:") || url.contains("mode=memory") {
        return Err(StoreError::invalid("url", "must name a file: every connection has a memory of its own"));
    }
    make_folder(file.get_filename())?;
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(max_connections.max(2))
        .map_sqlx_sqlite_opts(|file| {
            file.journal_mode(SqliteJournalMode::Wal)
                .foreign_keys(true)
                .busy_timeout(BUSY_TIMEOUT)
                .create_if_missing(true)
        })
        .map_sqlx_sqlite_pool_opts(|pool| {
            pool.after_release(|connection, _| Box::pin(is_out_of_transaction(connection)))
        });
    Ok(options)
}

/// Whether a connection may be used again.
///
/// On a full disk SQLite itself ends the transaction, so the driver's rollback fails and the driver goes on counting the
/// transaction as open. Its next one would be a savepoint, and rolling that back would keep the write lock for good.
async fn is_out_of_transaction(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // A rollback may still be on its way to the connection's thread; the answer to this comes after it.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

fn make_folder(file: &Path) -> Result<(), StoreError> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => std::fs::create_dir_all(folder).map_err(|error| {
            DbErr::Custom(format!("cannot make the folder {}: {error}", folder.display())).into()
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
