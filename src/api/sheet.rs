//! Tables for spreadsheets: CSV after RFC 4180, harmless when a spreadsheet opens it.

use std::borrow::Cow;

use csv::{Terminator, Writer, WriterBuilder};

/// The media type of a table, with its first row told to be names.
pub const CSV: &str = "text/csv; charset=utf-8; header=present";

/// What makes a spreadsheet run a cell when it stands at its beginning; the wide forms are read like the narrow ones.
const RUN: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Rows on their way into a table. What is written is taken out in pieces, so a long table is never held whole.
#[derive(Debug)]
pub struct Sheet(Writer<Vec<u8>>);

impl Sheet {
    /// A table whose first row is `names`.
    #[must_use]
    pub fn new(names: &[&str]) -> Self {
        let mut sheet = Self::go_on();
        sheet.row(names);
        sheet
    }

    /// Further rows of a table that was begun.
    #[must_use]
    pub fn go_on() -> Self {
        Self(WriterBuilder::new().terminator(Terminator::CRLF).flexible(true).from_writer(Vec::new()))
    }

    /// Adds a row. A cell that a spreadsheet would run begins with an apostrophe instead, which shows as text.
    pub fn row<T: AsRef<str>>(&mut self, cells: &[T]) {
        let cells = cells.iter().map(|cell| harmless(cell.as_ref()));
        // Memory takes all that is written to it.
        let _ = self.0.write_record(cells.map(Cow::into_owned));
    }

    /// The bytes of the rows.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_inner().unwrap_or_default()
    }
}

/// The cell as it can be opened without being run.
fn harmless(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(RUN) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(rows: &[&[&str]]) -> String {
        let mut sheet = Sheet::go_on();
        for row in rows {
            sheet.row(row);
        }
        String::from_utf8(sheet.into_bytes()).unwrap()
    }

    #[test]
    fn cells_are_quoted_where_they_have_to_be() {
        assert_eq!(
            text(&[&["a", "b,c", "d \"e\"", "two\nlines", ""]]),
            "a,\"b,c\",\"d \"\"e\"\"\",\"two\nlines\",\r\n"
        );
        assert_eq!(text(&[&[""], &["x"]]), "\"\"\r\nx\r\n", "an empty row is a row");
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_text() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "=cmd|' /C calc'!A0"] {
            assert_eq!(harmless(cell), format!("'{cell}"));
        }
        for cell in ["", "a=1", " =1", "Ada", "2026-01-01", "'=1"] {
            assert_eq!(harmless(cell), cell);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(rows in proptest::collection::vec(any::<[String; 3]>(), 1..5)) {
            let mut sheet = Sheet::new(&["a", "b", "c"]);
            for row in &rows {
                sheet.row(row);
            }
            let bytes = sheet.into_bytes();
            let read: Vec<Vec<String>> = csv::Reader::from_reader(bytes.as_slice())
                .records()
                .map(|row| row.unwrap().iter().map(str::to_owned).collect())
                .collect();
            let meant: Vec<Vec<String>> =
                rows.iter().map(|row| row.iter().map(|cell| harmless(cell).into_owned()).collect()).collect();
            prop_assert_eq!(read, meant);
        }
    }
}
