//! Printing: JSON for programs, tables for people. Texts of others were cleaned where they were decoded.

use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::Error;
use crate::domain::Timestamp;

/// Columns between two cells.
const GAP: usize = 2;
/// A column is made no narrower than this: less says nothing.
const NARROWEST: usize = 6;

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

/// Says something beside the output, on standard error. Where nobody listens it is not said.
pub(super) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Prints rows under their headings, aligned as a terminal counts columns and no wider than it; whole where the output
/// goes elsewhere.
pub(super) fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    let width = if out.is_terminal() { crossterm::terminal::size().ok().map(|(width, _)| width.into()) } else { None };
    Ok(write!(out, "{}", layout(headings, rows, width))?)
}

/// An instant as people read it, where they are.
pub(super) fn minute(at: Timestamp) -> String {
    at.minute(&jiff::tz::TimeZone::system())
}

/// Says that a list goes on, on standard error so that the list stays clean.
pub(super) fn more(next_cursor: Option<&String>) {
    if let Some(cursor) = next_cursor {
        note(&format!("There is more: --cursor {cursor}"));
    }
}

/// A table as text. Where it is wider than `width`, the widest cells lose their ends; the first column holds what other
/// commands ask for, and stays whole.
fn layout<const N: usize>(headings: [&str; N], rows: &[[String; N]], width: Option<usize>) -> String {
    let mut widths = headings.map(str::width);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    if let Some(width) = width {
        let mut excess = (widths.iter().sum::<usize>() + GAP * (N - 1)).saturating_sub(width);
        while excess > 0 {
            match widths.iter_mut().skip(1).max() {
                Some(widest) if *widest > NARROWEST => *widest -= 1,
                _ => break,
            }
            excess -= 1;
        }
    }
    let mut text = String::new();
    let mut push = |cells: [&str; N]| {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            let cell = fit(cell, width);
            line.push_str(&cell);
            line.push_str(&" ".repeat(width.saturating_sub(cell.width()) + GAP));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    };
    push(headings);
    for row in rows {
        push(row.each_ref().map(String::as_str));
    }
    text
}

/// The beginning of `text` that fits, with an ellipsis where something is left out.
fn fit(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut fitting = String::new();
    let mut left = width.saturating_sub(1);
    for grapheme in text.graphemes(true) {
        let Some(rest) = left.checked_sub(grapheme.width()) else { break };
        left = rest;
        fitting.push_str(grapheme);
    }
    fitting.push('…');
    fitting
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [&str; 3] = ["0192-id", "An uncommonly long name of a band", "member"];

    fn table(width: Option<usize>) -> String {
        layout(["ID", "NAME", "ROLE"], &[ROWS.map(str::to_owned), ["1", "日本語", "owner"].map(str::to_owned)], width)
    }

    #[test]
    fn a_table_is_whole_where_nothing_bounds_it() {
        let text = table(None);
        assert!(text.contains("An uncommonly long name of a band  member\n"), "{text}");
        assert!(text.lines().all(|line| line == line.trim_end()));
    }

    #[test]
    fn on_a_terminal_no_line_is_wider_and_ids_stay_whole() {
        for width in [30, 40, 50] {
            let text = table(Some(width));
            assert!(text.lines().all(|line| line.width() <= width), "{width}:\n{text}");
            assert!(text.contains("0192-id") && text.contains('…') == (width < 50), "{text}");
        }
        assert!(table(Some(5)).contains("0192-id"), "narrower than it can be, it is as narrow as it can be");
    }

    #[test]
    fn wide_characters_count_as_two_columns() {
        let text = table(None);
        let column = |line: &str, word: &str| line[..line.find(word).unwrap()].width();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(column(lines[1], "member"), column(lines[2], "owner"));
        assert_eq!(fit("日本語", 4), "日…");
        assert_eq!(fit("日本語", 5), "日本…");
    }
}
