//! The app's database by hand: for what no setting can bring about.

use crate::test_app::TestApp;
use anyhow::Result;
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};

/// A connection of the test's own. What it has begun is undone when it is dropped.
pub enum RawDatabase {
    /// The test's file.
    Sqlite(SqliteConnection),
    /// The test's database on the server.
    Postgres(PgConnection),
}

impl RawDatabase {
    /// Does as either text says, whichever engine it is.
    pub async fn execute(&mut self, sqlite: &'static str, postgres: &'static str) -> Result<()> {
        match self {
            Self::Sqlite(connection) => connection.execute(sqlite).await.map(|_| ())?,
            Self::Postgres(connection) => connection.execute(postgres).await.map(|_| ())?,
        }
        Ok(())
    }

    /// Lets nobody else write a lead until [`RawDatabase::let_go`], or until this is dropped.
    pub async fn hold_leads(&mut self) -> Result<()> {
        self.execute("BEGIN IMMEDIATE", "BEGIN; LOCK TABLE leads IN EXCLUSIVE MODE").await
    }

    /// Lets nobody else write a call or a lead; reading goes on.
    pub async fn hold_writes(&mut self) -> Result<()> {
        self.execute("BEGIN IMMEDIATE", "BEGIN; LOCK TABLE calls, leads IN EXCLUSIVE MODE").await
    }

    /// Lets nobody read a lead either, where the engine has such a hold; says whether it has.
    pub async fn hold_reads(&mut self) -> Result<bool> {
        self.execute("SELECT 1", "BEGIN; LOCK TABLE leads IN ACCESS EXCLUSIVE MODE").await?;
        Ok(matches!(self, Self::Postgres(_)))
    }

    /// Ends a hold.
    pub async fn let_go(&mut self) -> Result<()> {
        self.execute("ROLLBACK", "ROLLBACK").await
    }
}

impl TestApp {
    /// Another connection to this app's database.
    pub async fn database(&self) -> Result<RawDatabase> {
        let url = &self.stage.config.store.url;
        Ok(if url.starts_with("sqlite:") {
            RawDatabase::Sqlite(SqliteConnection::connect(url).await?)
        } else {
            RawDatabase::Postgres(PgConnection::connect(url).await?)
        })
    }
}
