//! The way to the database.

use crate::dialect::{postgres, sqlite};
use crate::error::StoreError;
use crate::settings::{Backend, Settings};
use crate::transaction::Transaction;
use sea_orm::{ConnectOptions, Database, DatabaseConnection};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};

/// Longest wait for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Everything that is remembered. Clones share the connections.
#[derive(Clone)]
pub struct Store {
    pub(crate) database: DatabaseConnection,
    pub(crate) settings: Arc<Settings>,
    backend: Backend,
    /// Where writers wait for each other; only SQLite has one.
    line: Option<Arc<Semaphore>>,
    /// Told when something was put into the outbox.
    senders: Arc<Notify>,
    /// Told when an incident was opened, or is to be looked at.
    ringers: Arc<Notify>,
}

impl Store {
    /// Connects; a SQLite file and its folder are made when they are not there.
    ///
    /// The tables are not touched: see [`Store::migrate`].
    pub async fn open(settings: &Settings) -> Result<Self, StoreError> {
        let backend = Backend::of(&settings.url)?;
        let database = connect(&settings.url, settings.max_connections).await?;
        let line = (backend == Backend::Sqlite).then(|| Arc::new(Semaphore::new(1)));
        let settings = Arc::new(settings.clone());
        let (senders, ringers) = Default::default();
        Ok(Self { database, settings, backend, line, senders, ringers })
    }

    /// Which engine keeps the rows.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Asks the database for a sign of life.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.database.ping().await?)
    }

    /// Closes all connections, once what they are doing is done.
    pub async fn close(&self) -> Result<(), StoreError> {
        Ok(self.database.clone().close().await?)
    }

    /// Tells whoever sends messages in this process that there may be one.
    pub(crate) fn wake_senders(&self) {
        self.senders.notify_waiters();
        self.senders.notify_one();
    }

    /// Until something was put into the outbox by this process.
    pub async fn something_goes_out(&self) {
        self.senders.notified().await;
    }

    /// Tells whoever rings people in this process that there may be somebody to ring.
    pub(crate) fn wake_ringers(&self) {
        self.ringers.notify_one();
    }

    /// Until an incident was opened by this process.
    pub async fn something_is_urgent(&self) {
        self.ringers.notified().await;
    }

    /// A transaction that may write.
    pub(crate) async fn begin(&self) -> Result<Transaction, StoreError> {
        Transaction::begin(&self.database, self.line.as_ref()).await
    }

    /// A transaction that may write, on another connection to the same database.
    pub(crate) async fn begin_on(&self, database: &DatabaseConnection) -> Result<Transaction, StoreError> {
        Transaction::begin(database, self.line.as_ref()).await
    }
}

/// Connections know their password, so they are not shown.
impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Opens connections to `url`, at most `max_connections`.
pub(crate) async fn connect(url: &str, max_connections: u32) -> Result<DatabaseConnection, StoreError> {
    let mut options: ConnectOptions = match Backend::of(url)? {
        Backend::Sqlite => sqlite::options(url, max_connections)?,
        Backend::Postgres => postgres::options(url, max_connections),
    };
    // Statements hold what callers said; they have no place in a log.
    options.acquire_timeout(ACQUIRE_TIMEOUT).connect_timeout(ACQUIRE_TIMEOUT).sqlx_logging(false);
    Ok(Database::connect(options).await?)
}
