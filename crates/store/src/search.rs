//! Parts of queries that lists share.

use crate::text::clean;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr};
use sea_orm::{ColumnTrait, Condition};
use uuid::Uuid;

/// Longest text that is looked for, in characters. SQLite refuses patterns of more than 50,000 bytes.
const LONGEST: usize = 2_000;

/// Rows that come after one in a list, newest first.
///
/// Both columns are compared as one: with an `OR` between them the engines read the list from its beginning each time.
pub(crate) fn after<C: ColumnTrait>(time: C, id: C, at: DateTime<Utc>, row: Uuid) -> Expr {
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
