//! Tables for spreadsheets (RFC 4180), safe to open.

/// A table that grows row by row.
#[derive(Debug)]
pub(crate) struct Table {
    text: String,
    rows: u64,
}

impl Table {
    /// A table with these headings.
    pub(crate) fn new(headings: &[&str]) -> Self {
        // Spreadsheets take a file for UTF-8 when it begins with this mark.
        let mut table = Self { text: String::from('\u{feff}'), rows: 0 };
        table.write(headings.iter().copied());
        table
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, cells: &[impl AsRef<str>]) {
        self.write(cells.iter().map(AsRef::as_ref));
        self.rows += 1;
    }

    fn write<'a>(&mut self, cells: impl Iterator<Item = &'a str>) {
        for (place, cell) in cells.enumerate() {
            if place > 0 {
                self.text.push(',');
            }
            self.text.push('"');
            // A cell that begins like a formula is run as one, whatever its quotes: what callers say must not be.
            if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
                self.text.push('\'');
            }
            self.text.push_str(&cell.replace('"', "\"\""));
            self.text.push('"');
        }
        self.text.push_str("\r\n");
    }

    /// How many rows there are, the headings not counted.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// The file.
    pub(crate) fn text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text_and_quotes_and_lines_stay_in_their_cell() {
        let mut table = Table::new(&["a", "b"]);
        table.push(&["=HYPERLINK(\"http://x\")", "+12065550142"]);
        table.push(&["two\nlines", "-1"]);
        table.push(&["@SUM(1)", "plain, with comma"]);
        assert_eq!(
            table.text(),
            "\u{feff}\"a\",\"b\"\r\n\"'=HYPERLINK(\"\"http://x\"\")\",\"'+12065550142\"\r\n\
            \"two\nlines\",\"'-1\"\r\n\"'@SUM(1)\",\"plain, with comma\"\r\n"
        );
    }
}
