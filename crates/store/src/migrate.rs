//! Bringing a database to the schema of this version.

use crate::dialect::postgres;
use crate::error::StoreError;
use crate::knowledge::vectors;
use crate::migration::Migrator;
use crate::settings::Backend;
use crate::store::{Store, connect};
use crate::{numbers, plans};
use sea_orm::{ConnectionTrait, EntityTrait};
use sea_orm_migration::{MigratorTrait, SchemaManager, seaql_migrations};
use std::collections::BTreeSet;

impl Store {
    /// Brings the tables to this version, adds plans that are missing and mends phone numbers of older forms.
    ///
    /// All of it is one transaction: it happens whole or not at all, and replicas that start together wait for one
    /// another (up to two minutes on PostgreSQL, ten seconds on SQLite). A database that a newer version has already
    /// migrated is left as it is.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match &self.settings.migration_url {
            Some(url) if Backend::of(url)? == self.backend() => {
                let own = connect(url, 2).await?;
                let done = self.migrate_on(&own).await;
                own.close().await?;
                done
            }
            Some(_) => {
                Err(StoreError::invalid("migration_url", "must name the same engine as the database's"))
            }
            None => self.migrate_on(&self.database).await,
        }
    }

    /// Names of the migrations that this version has and the database has not, oldest first. Changes nothing.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        pending(&self.database).await
    }

    async fn migrate_on(&self, database: &sea_orm::DatabaseConnection) -> Result<(), StoreError> {
        let transaction = self.begin_on(database).await?;
        if self.backend() == Backend::Postgres {
            postgres::lock_migrations(&*transaction).await?;
        }
        if !pending(&*transaction).await?.is_empty() {
            Migrator::up(&*transaction, None).await?;
        }
        vectors::prepare(&*transaction, self.backend()).await?;
        plans::seed(&*transaction).await?;
        numbers::repair(&*transaction).await?;
        transaction.commit().await
    }
}

/// The migrator's own list fails when the database knows a migration that we do not, which is no fault: a newer
/// version has been here, and its migrations only add.
async fn pending<'c, C>(connection: &'c C) -> Result<Vec<String>, StoreError>
where
    C: ConnectionTrait,
    &'c C: sea_orm_migration::IntoSchemaManagerConnection<'c>,
{
    let applied: BTreeSet<String> = if SchemaManager::new(connection).has_table("seaql_migrations").await? {
        let rows = seaql_migrations::Entity::find().all(connection).await?;
        rows.into_iter().map(|row| row.version).collect()
    } else {
        BTreeSet::new()
    };
    let ours = Migrator::migrations().into_iter().map(|migration| migration.name().to_owned());
    Ok(ours.filter(|name| !applied.contains(name)).collect())
}
