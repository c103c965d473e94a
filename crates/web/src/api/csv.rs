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
            if is_formula(cell) {
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

/// Whether a spreadsheet might run a cell. Some look past blanks and signs that nobody sees.
fn is_formula(cell: &str) -> bool {
    let is_unseen = |letter: char| {
        letter.is_whitespace()
            || letter.is_control()
            || matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    cell.starts_with(['\t', '\r', '\n'])
        || cell.trim_start_matches(is_unseen).starts_with([
            '=', '+', '-', '@', '|', '%', '＝', '＋', '－', '＠', '\u{2212}', '\u{fe62}', '\u{fe63}',
            '\u{fe66}', '\u{fe6b}',
        ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_found_behind_what_nobody_sees() {
        for cell in [
            " =1+1",
            "\t=1",
            "\n",
            "\u{a0}@x",
            "\u{200f}\u{202e}+1",
            "\u{feff}=1",
            "\0-1",
            "＝1",
            "\u{3000}＋1",
            "\u{2212}1",
        ] {
            assert!(is_formula(cell), "{cell:?}");
        }
        for cell in ["", "Dana", "a=1", "1-2", "\"=1\"", "'=1", "דנה"] {
            assert!(!is_formula(cell), "{cell:?}");
        }
    }

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
