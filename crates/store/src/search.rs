//! Parts of queries that lists share.

use crate::error::StoreError;
use crate::rows;
use crate::text::clean;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IdenStatic, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select,
};
use uuid::Uuid;

/// Rows of a list that one search looks at. No index leads to words within a text, nor to rows that pass several filters at
/// once: so that such a search costs the same however long the list is, it stops here and says where it stopped. Twice as
/// many took up to 50 ms on PostgreSQL, which sorts what it has found when it expects little (`bench pages`).
pub(crate) const WINDOW: u64 = 5_000;

/// What a search has come upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<T> {
    /// Rows that pass, newest first.
    pub items: Vec<T>,
    /// The last row that was looked at, when there may be more behind it; none when the list ended, or enough was found.
    pub stopped_at: Option<(DateTime<Utc>, Uuid)>,
}

/// A list that is read newest first, and what of it is wanted.
pub(crate) struct Listing<E: EntityTrait> {
    /// All that stands in it.
    pub(crate) all: Select<E>,
    /// What of it is wanted.
    pub(crate) wanted: Select<E>,
    /// What it is in order of: a time, and the row's id.
    pub(crate) order: (E::Column, E::Column),
    /// How many of its rows are looked at; none where an index leads to what is wanted.
    pub(crate) window: Option<u64>,
}

impl<E: EntityTrait> Listing<E> {
    /// The first `limit` rows that are wanted and come after `before`.
    pub(crate) async fn after<T>(
        self,
        connection: &impl ConnectionTrait,
        (limit, before): (u64, Option<(DateTime<Utc>, Uuid)>),
        read: impl Fn(E::Model) -> Result<T, StoreError>,
    ) -> Result<Found<T>, StoreError> {
        let Self { mut all, mut wanted, order, window } = self;
        if let Some(before) = before {
            all = all.filter(after(order, before));
            wanted = wanted.filter(after(order, before));
        }
        let floor = match window {
            Some(window) => floor_of(connection, all, order, window).await?,
            None => None,
        };
        if let Some(floor) = floor {
            wanted = wanted.filter(down_to(order, floor));
        }
        let newest_first = wanted.order_by_desc(order.0).order_by_desc(order.1).limit(limit);
        let items = rows::all(connection, newest_first).await?.into_iter().map(read);
        let items: Vec<T> = items.collect::<Result<_, _>>()?;
        let is_enough = items.len() as u64 >= limit;
        Ok(Found { items, stopped_at: floor.filter(|_| !is_enough) })
    }
}

/// The last row of a list that a search of `window` rows looks at; none when the list has no more than that.
async fn floor_of<E: EntityTrait>(
    connection: &impl ConnectionTrait,
    list: Select<E>,
    (time, id): (E::Column, E::Column),
    window: u64,
) -> Result<Option<(DateTime<Utc>, Uuid)>, StoreError> {
    let edge = list.select_only().column(time).column(id).order_by_desc(time).order_by_desc(id);
    // With the row behind it: a list that ends there is looked at whole.
    let edge = edge.offset(window.saturating_sub(1)).limit(2);
    let [floor, _behind] = &*connection.query_all(&edge.into_query()).await? else { return Ok(None) };
    Ok(Some((floor.try_get("", time.as_str())?, floor.try_get("", id.as_str())?)))
}

/// Rows of a list down to one, itself included.
fn down_to<C: ColumnTrait>((time, id): (C, C), (at, row): (DateTime<Utc>, Uuid)) -> Expr {
    let place = Expr::tuple([Expr::col(time.as_column_ref()), Expr::col(id.as_column_ref())]);
    place.gte(Expr::tuple([Expr::value(at), Expr::value(row)]))
}

/// Longest text that is looked for, in characters. SQLite refuses patterns of more than 50,000 bytes.
const LONGEST: usize = 2_000;

/// Rows that come after one in a list, newest first.
///
/// Both columns are compared as one: with an `OR` between them the engines read the list from its beginning each time.
pub(crate) fn after<C: ColumnTrait>((time, id): (C, C), (at, row): (DateTime<Utc>, Uuid)) -> Expr {
    let place = Expr::tuple([Expr::col(time.as_column_ref()), Expr::col(id.as_column_ref())]);
    place.lt(Expr::tuple([Expr::value(plausible(at)), Expr::value(row)]))
}

/// A time that both engines keep and compare; what is beyond holds no row anyway.
pub(crate) fn plausible(at: DateTime<Utc>) -> DateTime<Utc> {
    let first = DateTime::UNIX_EPOCH;
    // The end of the year 9999, the last that has four digits.
    let last = DateTime::from_timestamp(253_402_300_799, 0).unwrap_or(DateTime::<Utc>::MAX_UTC);
    at.clamp(first, last)
}

/// Rows that hold a text in one of some columns, in whatever case.
pub(crate) fn contains<C: ColumnTrait>(columns: impl IntoIterator<Item = C>, text: &str) -> Condition {
    let pattern = pattern(text);
    columns.into_iter().fold(Condition::any(), |any, column| {
        let lower = Func::lower(Expr::col(column.as_column_ref()));
        any.add(Expr::expr(lower).like(LikeExpr::new(pattern.clone()).escape('\\')))
    })
}

/// What people type is no pattern.
fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in clean(text.trim()).to_lowercase().chars().take(LONGEST) {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_is_beyond_what_engines_keep() {
        for (given, wanted) in [
            (DateTime::<Utc>::MIN_UTC, "1970-01-01T00:00:00+00:00"),
            (DateTime::<Utc>::MAX_UTC, "9999-12-31T23:59:59+00:00"),
        ] {
            assert_eq!(plausible(given).to_rfc3339(), wanted);
        }
    }

    #[test]
    fn wildcards_that_people_type_are_letters() {
        assert_eq!(pattern(" 50%_Off\\ "), "%50\\%\\_off\\\\%");
    }
}
