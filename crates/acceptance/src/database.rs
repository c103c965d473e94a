//! A database of one test's own.

use anyhow::{Context as _, Result};
use sqlx::{Connection as _, Executor as _, PgConnection};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Set to `postgres` to run whole calls on PostgreSQL.
const ENGINE: &str = "STUDIOCONNECT_TEST_STORE";
/// A PostgreSQL server where tests may make databases.
const SERVER: &str = "TEST_DATABASE_URL";

/// A database that goes away with the test; none is the SQLite file in the test's folder.
#[derive(Debug)]
pub(crate) struct TestDatabase {
    server: String,
    name: String,
}

impl TestDatabase {
    /// Makes one, if this run is on PostgreSQL, and sets the variables that lead to it.
    pub(crate) async fn make(variables: &mut BTreeMap<String, String>) -> Result<Option<Self>> {
        if std::env::var(ENGINE).ok().as_deref() != Some("postgres") {
            return Ok(None);
        }
        let server = std::env::var(SERVER).with_context(|| format!("{ENGINE}=postgres needs {SERVER}"))?;
        let name = format!("t_{}", Uuid::new_v4().simple());
        execute(&server, &format!("CREATE DATABASE {name}")).await?;
        let (host, _) = server.rsplit_once('/').context("the server's URL has no database")?;
        variables.insert("DATABASE_URL".into(), format!("{host}/{name}"));
        // Replicas over one PostgreSQL share their secrets, so they must be given.
        variables.insert("JWT_SECRET".into(), "a secret that only tests have, 32 letters".into());
        variables.insert("ENCRYPTION_KEY".into(), "ab".repeat(32));
        Ok(Some(Self { server, name }))
    }

    pub(crate) async fn drop_it(self) -> Result<()> {
        execute(&self.server, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)).await
    }
}

async fn execute(server: &str, sql: &str) -> Result<()> {
    let mut connection = PgConnection::connect(server).await?;
    connection.execute(sqlx::AssertSqlSafe(sql.to_owned())).await?;
    connection.close().await?;
    Ok(())
}
