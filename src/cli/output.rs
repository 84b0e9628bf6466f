//! Printing: JSON for programs, tables for people.

use std::io::{self, Write as _};

use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use super::Error;

/// Prints the API's own shape.
pub(super) fn json(value: &impl Serialize) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value).map_err(io::Error::from)?;
    Ok(writeln!(out)?)
}

/// Prints one line.
pub(super) fn line(text: &str) -> Result<(), Error> {
    Ok(writeln!(io::stdout().lock(), "{text}")?)
}

/// Prints rows under their headings, aligned as a terminal counts columns.
pub(super) fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> Result<(), Error> {
    let mut widths = headings.map(str::len);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let mut out = io::stdout().lock();
    let mut print = |cells: [&str; N]| {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width.saturating_sub(cell.width()) + 2));
        }
        writeln!(out, "{}", line.trim_end())
    };
    print(headings)?;
    for row in rows {
        print(row.each_ref().map(String::as_str))?;
    }
    Ok(())
}

/// Says that a list goes on, on standard error so that the list stays clean.
pub(super) fn more(next_cursor: Option<&String>) {
    if let Some(cursor) = next_cursor {
        eprintln!("There is more: --cursor {cursor}");
    }
}
