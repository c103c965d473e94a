//! Parts of queries that lists share.

use crate::text::clean;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr};
use sea_orm::{ColumnTrait, Condition};
use uuid::Uuid;

/// Rows that come after one in a list, newest first.
///
/// Both columns are compared as one: with an `OR` between them the engines read the list from its beginning each time.
pub(crate) fn after<C: ColumnTrait>(time: C, id: C, at: DateTime<Utc>, row: Uuid) -> Expr {
    let place = Expr::tuple([Expr::col(time.as_column_ref()), Expr::col(id.as_column_ref())]);
    place.lt(Expr::tuple([Expr::value(at), Expr::value(row)]))
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
    for letter in clean(text.trim()).to_lowercase().chars() {
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
    fn wildcards_that_people_type_are_letters() {
        assert_eq!(pattern(" 50%_Off\\ "), "%50\\%\\_off\\\\%");
    }
}
