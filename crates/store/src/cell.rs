//! One value of a row, between its column and the domain.

use crate::error::StoreError;
use crate::text::clean_json;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt::Display;

/// The place a value was read from, so that one that makes no sense can be found and mended.
pub(crate) struct At<'a> {
    pub(crate) table: &'static str,
    pub(crate) row: &'a dyn Display,
}

impl At<'_> {
    /// The error for a value that cannot be read.
    pub(crate) fn corrupt(&self, column: &str) -> StoreError {
        StoreError::Corrupt { table: self.table, column: column.to_owned(), row: self.row.to_string() }
    }

    /// A value of a closed set, kept as the word it has on the wires.
    pub(crate) fn word<T: DeserializeOwned>(&self, column: &str, word: String) -> Result<T, StoreError> {
        self.json(column, Value::String(word))
    }

    /// As [`word`](Self::word), where the column may be empty.
    pub(crate) fn word_if_any<T: DeserializeOwned>(
        &self,
        column: &str,
        word: Option<String>,
    ) -> Result<Option<T>, StoreError> {
        word.map(|word| self.word(column, word)).transpose()
    }

    /// A count that is never negative.
    pub(crate) fn count<T: TryFrom<i64>>(&self, column: &str, number: i64) -> Result<T, StoreError> {
        T::try_from(number).map_err(|_| self.corrupt(column))
    }

    /// As [`count`](Self::count), where the column may be empty.
    pub(crate) fn count_if_any<T: TryFrom<i64>>(
        &self,
        column: &str,
        number: Option<i64>,
    ) -> Result<Option<T>, StoreError> {
        number.map(|number| self.count(column, number)).transpose()
    }

    /// A structure kept as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self, column: &str, value: Value) -> Result<T, StoreError> {
        serde_json::from_value(value).map_err(|_| self.corrupt(column))
    }
}

/// The word a value of a closed set is kept as.
pub(crate) fn word_of<T: Serialize>(value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => Ok(word),
        _ => Err(StoreError::invalid("value", "is not a word of a closed set")),
    }
}

/// A structure as it is kept in a JSON column.
pub(crate) fn json_of<T: Serialize>(value: &T) -> Result<Value, StoreError> {
    serde_json::to_value(value)
        .map(clean_json)
        .map_err(|_| StoreError::invalid("value", "cannot be written as JSON"))
}

/// A count as it is kept in a column; what is beyond the column's range is kept as its end.
pub(crate) fn number_of(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
