//! Printing: JSON for programs, tables for people, plain where a program reads them. Texts of others were cleaned where they were decoded.

use std::io::{self, IsTerminal, Write as _};

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

/// Whether somebody looks at standard output, and no program reads it.
pub(super) fn is_for_people() -> bool {
    io::stdout().is_terminal()
}

/// Prints rows under their headings.
pub(super) fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> Result<(), Error> {
    Table::new(headings).rows(rows)
}

/// Prints what there is to know about one thing, a line each; what is empty is left out.
pub(super) fn fields(fields: &[(&str, String)]) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    let shape = Shape::of(&out);
    let widest = fields.iter().map(|(name, _)| name.width()).max().unwrap_or_default();
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        match shape {
            Shape::Plain => writeln!(out, "{name}\t{}", one_line(value))?,
            // Further lines stand below the first.
            Shape::Aligned(_) => {
                let below = format!("\n{}", " ".repeat(widest + GAP));
                writeln!(out, "{name}{}{}", " ".repeat(widest + GAP - name.width()), value.replace('\n', &below))?;
            }
        }
    }
    Ok(())
}

/// How a table looks where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Aligned as a terminal counts columns, and no wider than it, where its width is known.
    Aligned(Option<usize>),
    /// For programs: tabs between the cells, and nothing cut.
    Plain,
}

impl Shape {
    fn of(out: &impl IsTerminal) -> Self {
        if !out.is_terminal() {
            return Self::Plain;
        }
        Self::Aligned(crossterm::terminal::size().ok().map(|(width, _)| width.into()))
    }
}

/// A table that is printed as its rows come in.
pub(super) struct Table<const N: usize> {
    headings: Option<[String; N]>,
    widths: [usize; N],
    shape: Shape,
    /// Whether the last column is never cut: it holds what is copied.
    keeps_last: bool,
}

impl<const N: usize> Table<N> {
    /// A table with these headings, which come before the first rows.
    pub(super) fn new(headings: [&str; N]) -> Self {
        Self::shaped(headings, Shape::of(&io::stdout()))
    }

    fn shaped(headings: [&str; N], shape: Shape) -> Self {
        Self { headings: Some(headings.map(str::to_owned)), widths: [0; N], shape, keeps_last: false }
    }

    /// The same table with a last column that is never cut, however wide it makes a line.
    pub(super) const fn keeping_last(mut self) -> Self {
        self.keeps_last = true;
        self
    }

    /// Prints further rows. Columns grow with them; what was printed stays as it is.
    pub(super) fn rows(&mut self, rows: &[[String; N]]) -> Result<(), Error> {
        let text = self.text(rows);
        Ok(write!(io::stdout().lock(), "{text}")?)
    }

    /// The rows as text. Where they are wider than the terminal, the widest cells lose their ends; the first column holds
    /// what other commands ask for, and stays whole.
    fn text(&mut self, rows: &[[String; N]]) -> String {
        let headings = self.headings.take();
        let all = || headings.iter().chain(rows);
        let Shape::Aligned(most) = self.shape else {
            let line = |row: &[String; N]| row.each_ref().map(|cell| one_line(cell)).join("\t") + "\n";
            return all().map(line).collect();
        };
        for row in all() {
            for (width, cell) in self.widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        let mut widths = self.widths;
        if let Some(most) = most {
            // A last column that is kept whole runs over the edge, and takes nothing from the others.
            let cut = N - usize::from(self.keeps_last);
            let gaps = GAP * cut.saturating_sub(1);
            let mut excess = (widths[..cut].iter().sum::<usize>() + gaps).saturating_sub(most);
            while excess > 0 {
                match widths[..cut].iter_mut().skip(1).max() {
                    Some(widest) if *widest > NARROWEST => *widest -= 1,
                    _ => break,
                }
                excess -= 1;
            }
        }
        let mut text = String::new();
        for row in all() {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(widths) {
                let cell = fit(&one_line(cell), width);
                line.push_str(&cell);
                line.push_str(&" ".repeat(width.saturating_sub(cell.width()) + GAP));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// How far long work is: a line on standard error that is written over, where somebody looks at it.
pub(super) struct Progress {
    what: &'static str,
    shown: bool,
}

impl Progress {
    /// Of work on these; nothing is shown yet.
    pub(super) const fn new(what: &'static str) -> Self {
        Self { what, shown: false }
    }

    /// So many are done, of so many where that is known.
    pub(super) fn at(&mut self, done: u64, of: Option<u64>) {
        let mut err = io::stderr().lock();
        if !err.is_terminal() {
            return;
        }
        let line = match of {
            Some(of) => format!("{} {done} of {of} {} ({} %)", bar(done, of), self.what, done * 100 / of.max(1)),
            None => format!("{done} {}", self.what),
        };
        self.shown = true;
        // Where it cannot be shown, the work goes on.
        let _ = write!(err, "\r{line}\u{1b}[K").and_then(|()| err.flush());
    }

    /// Takes the line away.
    pub(super) fn end(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(io::stderr().lock(), "\r\u{1b}[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}

/// A bar of twenty columns.
fn bar(done: u64, of: u64) -> String {
    let full = (done * 20 / of.max(1)).min(20) as usize;
    format!("[{}{}]", "#".repeat(full), " ".repeat(20 - full))
}

/// A cell is one line, and no tab ends it early.
fn one_line(text: &str) -> String {
    text.replace(['\n', '\t'], " ")
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
        shaped(Shape::Aligned(width))
    }

    fn shaped(shape: Shape) -> String {
        let mut table = Table::shaped(["ID", "NAME", "ROLE"], shape);
        // A page after the other.
        table.text(&[ROWS.map(str::to_owned)]) + &table.text(&[["1", "日本語", "owner"].map(str::to_owned)])
    }

    #[test]
    fn a_table_is_whole_where_nothing_bounds_it() {
        let text = table(None);
        assert!(text.contains("An uncommonly long name of a band  member\n"), "{text}");
        assert!(text.lines().all(|line| line == line.trim_end()));
    }

    #[test]
    fn for_a_program_there_is_a_tab_between_whole_cells() {
        let text = shaped(Shape::Plain);
        let rows = "0192-id\tAn uncommonly long name of a band\tmember\n1\t日本語\towner\n";
        assert_eq!(text, format!("ID\tNAME\tROLE\n{rows}"));
        let mut table = Table::shaped(["ID"], Shape::Plain);
        assert_eq!(table.text(&[["two\nlines\tand a tab".to_owned()]]), "ID\ntwo lines and a tab\n");
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
