//! Transactions that write.

use crate::error::StoreError;
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Longest that a write waits for the writes of this process before it.
const TURN_TIMEOUT: Duration = Duration::from_secs(10);

/// A transaction that may write; dropped without [`commit`](Self::commit) it leaves nothing behind.
///
/// On SQLite it takes the write lock at once, because a transaction that reads first and writes later is refused when
/// another wrote in between. SQLite's own waiting is a race that a writer can lose again and again, so the writers of
/// this process stand in line before they ask.
pub(crate) struct Transaction {
    inner: DatabaseTransaction,
    _turn: Option<OwnedSemaphorePermit>,
}

impl Transaction {
    pub(crate) async fn begin(
        database: &DatabaseConnection,
        line: Option<&Arc<Semaphore>>,
    ) -> Result<Self, StoreError> {
        let turn = match line {
            Some(line) => Some(stand_in(Arc::clone(line)).await?),
            None => None,
        };
        let options = TransactionOptions {
            sqlite_transaction_mode: turn.is_some().then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(Self { inner: database.begin_with_options(options).await?, _turn: turn })
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        Ok(self.inner.commit().await?)
    }
}

impl Deref for Transaction {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.inner
    }
}

async fn stand_in(line: Arc<Semaphore>) -> Result<OwnedSemaphorePermit, StoreError> {
    let turn = timeout(TURN_TIMEOUT, line.acquire_owned()).await;
    turn.map_err(|late| StoreError::Unavailable(Box::new(late)))?
        .map_err(|closed| StoreError::Unavailable(Box::new(closed)))
}
