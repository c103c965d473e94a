//! Reading rows such that one that cannot be read is named, and writing many.

use crate::error::StoreError;
use sea_orm::sea_query::OnConflict;
use sea_orm::sqlx;
use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, FromQueryResult, IdenStatic, Iterable, QueryResult, QueryTrait,
    RuntimeErr, Select,
};
use uuid::Uuid;

/// Rows of one statement; with eight columns well below the 32,766 values that SQLite takes.
pub(crate) const ROWS_AT_ONCE: usize = 1_000;

/// All rows of a select.
pub(crate) async fn all<E: EntityTrait>(
    connection: &impl ConnectionTrait,
    select: Select<E>,
) -> Result<Vec<E::Model>, StoreError> {
    let statement = select.build(connection.get_database_backend());
    let found = connection.query_all_raw(statement).await?;
    found.iter().map(|row| decode::<E>(row, "")).collect()
}

/// The first row of a select, when there is one.
pub(crate) async fn first<E: EntityTrait>(
    connection: &impl ConnectionTrait,
    select: Select<E>,
) -> Result<Option<E::Model>, StoreError> {
    let statement = select.build(connection.get_database_backend());
    let found = connection.query_one_raw(statement).await?;
    found.map(|row| decode::<E>(&row, "")).transpose()
}

/// One entity out of a row; in a join its columns' names begin with `prefix`.
pub(crate) fn decode<E: EntityTrait>(row: &QueryResult, prefix: &str) -> Result<E::Model, StoreError> {
    E::Model::from_query_result(row, prefix).map_err(|error| StoreError::Corrupt {
        table: E::default().table_name(),
        column: column_in(&error, prefix),
        row: key_of::<E>(row, prefix),
    })
}

fn column_in(error: &DbErr, prefix: &str) -> String {
    let named = match error {
        DbErr::Query(RuntimeErr::SqlxError(cause)) => match &**cause {
            sqlx::Error::ColumnDecode { index, .. } => index.clone(),
            other => other.to_string(),
        },
        // A missing value is told only by a sentence that ends with the column's name.
        other => other.to_string().split(' ').next_back().unwrap_or_default().to_owned(),
    };
    let named = named.trim_matches('"');
    named.strip_prefix(prefix).unwrap_or(named).to_owned()
}

fn key_of<E: EntityTrait>(row: &QueryResult, prefix: &str) -> String {
    let parts: Vec<_> = E::PrimaryKey::iter()
        .map(|key| {
            let column = key.as_str();
            let id = row.try_get::<Uuid>(prefix, column).map(|id| id.to_string());
            let number = || row.try_get::<i64>(prefix, column).map(|number| number.to_string());
            let text = |_| row.try_get::<String>(prefix, column);
            id.or_else(|_| number()).or_else(text).unwrap_or_else(|_| "?".to_owned())
        })
        .collect();
    parts.join("/")
}

/// Inserts rows a few at a time; `changed` says what becomes of one that is there already.
pub(crate) async fn put_all<E: EntityTrait>(
    connection: &impl ConnectionTrait,
    mut new: Vec<E::ActiveModel>,
    changed: &OnConflict,
) -> Result<(), StoreError> {
    while !new.is_empty() {
        let rest = new.split_off(new.len().min(ROWS_AT_ONCE));
        E::insert_many(new).on_conflict(changed.clone()).exec_without_returning(connection).await?;
        new = rest;
    }
    Ok(())
}
