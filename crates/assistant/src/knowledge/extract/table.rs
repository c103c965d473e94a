//! Tables: each row becomes a line that says what each of its cells is.

use super::{Unreadable, Words};
use csv::{ReaderBuilder, StringRecord};

/// Most columns; a line of more says nothing to anybody.
const COLUMNS: usize = 200;
/// Rows by which a table is told from a text with commas.
const LOOKED_AT: usize = 20;
/// Columns with fewer rows than three, or rows with fewer columns, may be sentences that happen to have a comma each.
const SURE: usize = 3;
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Whether a text is a table; `is_said` when its name says so.
pub(super) fn is_one(text: &str, is_said: bool) -> bool {
    is_said && delimiter(text, true).is_some() || delimiter(text, false).is_some()
}

pub(super) fn words(text: &str) -> Result<Words, Unreadable> {
    let delimiter = delimiter(text, true).unwrap_or(b',');
    let mut reader = reader(text, delimiter);
    let broken = || Unreadable::because("this table cannot be read");
    let mut head = StringRecord::new();
    if !reader.read_record(&mut head).map_err(|_| broken())? {
        return Ok(Words::default());
    }
    if head.len() > COLUMNS {
        let told = format!("this table has {} columns, and at most {COLUMNS} are read", head.len());
        return Err(Unreadable(told));
    }
    let mut words = Words::default();
    let mut row = StringRecord::new();
    while reader.read_record(&mut row).map_err(|_| broken())? {
        if row.len() > COLUMNS {
            return Err(Unreadable(format!("a row of this table has more than {COLUMNS} columns")));
        }
        let cells = row.iter().enumerate().filter(|(_, cell)| !cell.trim().is_empty());
        let cells = cells.map(|(at, cell)| {
            let cell = cell.split_whitespace().collect::<Vec<_>>().join(" ");
            match head.get(at).map(str::trim).filter(|name| !name.is_empty()) {
                Some(name) => format!("{name}: {cell}"),
                None => cell,
            }
        });
        let line = cells.collect::<Vec<_>>().join("; ");
        if !line.is_empty() {
            words.text.push_str(&line);
            words.text.push_str(".\n");
        }
    }
    if words.text.is_empty() {
        // A single row is no head of anything.
        words.text = head.iter().collect::<Vec<_>>().join("; ");
    }
    Ok(words)
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes())
}

/// What separates cells: that by which all rows looked at have the same number of them, and as many as possible.
fn delimiter(text: &str, is_said: bool) -> Option<u8> {
    let columns = |delimiter: u8| {
        let mut reader = reader(text, delimiter);
        let (mut row, mut rows, mut columns) = (StringRecord::new(), 0, 0);
        while rows < LOOKED_AT && reader.read_record(&mut row).unwrap_or(false) {
            if rows > 0 && row.len() != columns && !is_said {
                // The last row that was looked at may be cut short.
                return if reader.is_done() && rows >= SURE { (columns, rows) } else { (0, 0) };
            }
            columns = columns.max(row.len());
            rows += 1;
        }
        (columns, rows)
    };
    let found = DELIMITERS.into_iter().map(|delimiter| (columns(delimiter), delimiter));
    let found = found.filter(|((columns, rows), _)| {
        *columns >= 2 && (is_said || *rows >= SURE || *columns >= SURE && *rows >= 2 || *columns > COLUMNS)
    });
    found.max_by_key(|((columns, _), _)| *columns).map(|(_, delimiter)| delimiter)
}
