//! Printing: JSON for programs, tables for people, plain where a program reads them. Texts of others were cleaned where they were decoded.

use std::io::{self, IsTerminal, Write as _};

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::{Error, seen};
use crate::domain::Timestamp;

/// Columns between two cells.
const GAP: usize = 2;
/// A column is made no narrower than this: less says nothing.
const NARROWEST: usize = 6;
/// A time that is cut shows its day.
const DAY: usize = "2026-01-31".len();

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
    /// Columns that are shown where not all have room; what the first rows come to holds for those that follow.
    shown: Option<usize>,
}

impl<const N: usize> Table<N> {
    /// A table with these headings, which come before the first rows.
    pub(super) fn new(headings: [&str; N]) -> Self {
        Self::shaped(headings, Shape::of(&io::stdout()))
    }

    fn shaped(headings: [&str; N], shape: Shape) -> Self {
        Self { headings: Some(headings.map(str::to_owned)), widths: [0; N], shape, keeps_last: false, shown: None }
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

    /// The rows as text. Where they are wider than the terminal, the widest cells lose their ends, times their hours, and
    /// last the columns at the end go. Ids are shown by their ends there, and remembered.
    fn text(&mut self, rows: &[[String; N]]) -> String {
        let headings = self.headings.take();
        let all = || headings.iter().chain(rows);
        let Shape::Aligned(most) = self.shape else {
            let line = |row: &[String; N]| row.each_ref().map(|cell| one_line(cell)).join("\t") + "\n";
            return all().map(line).collect();
        };
        let mut ids = Vec::new();
        let mut cell = |cell: &String| match seen::short(cell) {
            Some((id, short)) => {
                ids.push(id);
                short
            }
            None => one_line(cell),
        };
        let cells: Vec<[String; N]> = all().map(|row| row.each_ref().map(&mut cell)).collect();
        seen::remember(&ids);
        let mut least = [NARROWEST; N];
        for row in &cells {
            for (column, cell) in row.iter().enumerate() {
                self.widths[column] = self.widths[column].max(cell.width());
                if is_time(cell) {
                    least[column] = DAY;
                }
            }
        }
        least[0] = self.widths[0];
        let (widths, shown) = self.fitting(least, most);
        let is_heading = headings.is_some();
        let mut text = String::new();
        for (number, row) in cells.iter().enumerate() {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(widths).take(shown) {
                let cell = fit(cell, width);
                line.push_str(&cell);
                line.push_str(&" ".repeat(width.saturating_sub(cell.width()) + GAP));
            }
            text.push_str(line.trim_end());
            if number == 0 && is_heading && shown < N {
                text.push_str(" …");
            }
            text.push('\n');
        }
        text
    }

    /// How wide columns are where all of them are to be no wider than `most`, and how many there is room for. A last column
    /// that is kept whole runs over the edge, and takes nothing from the others.
    fn fitting(&mut self, least: [usize; N], most: Option<usize>) -> ([usize; N], usize) {
        let mut widths = self.widths;
        let Some(most) = most else { return (widths, N) };
        let cut = N - usize::from(self.keeps_last);
        let narrowest = |columns: usize| {
            let cells: usize = widths.iter().zip(least).take(columns).map(|(width, least)| (*width).min(least)).sum();
            // What is left out is marked behind the last heading.
            cells + GAP * columns.saturating_sub(1) + if columns < N { 2 } else { 0 }
        };
        let room = || (2..cut).rev().find(|&columns| narrowest(columns) <= most).unwrap_or(2.min(cut));
        let fits_whole = self.keeps_last || narrowest(N) <= most;
        let shown = *self.shown.get_or_insert_with(|| if fits_whole { N } else { room() });
        let cut = cut.min(shown);
        let mark = if shown < N { 2 } else { 0 };
        let mut excess =
            (widths[..cut].iter().sum::<usize>() + GAP * cut.saturating_sub(1) + mark).saturating_sub(most);
        while excess > 0 {
            let (of, floor) =
                (widths[..cut].iter_mut().zip(least), |(width, least): &(&mut usize, usize)| **width > *least);
            match of.filter(floor).max_by_key(|(width, _)| **width) {
                Some((widest, _)) => *widest -= 1,
                None => break,
            }
            excess -= 1;
        }
        (widths, shown)
    }
}

/// Whether a cell is a time as [`minute`] shows it.
fn is_time(cell: &str) -> bool {
    let digit = |at: usize| cell.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let is = |at: usize, sign: u8| cell.as_bytes().get(at) == Some(&sign);
    cell.len() == DAY + " 18:00".len() && digit(0) && is(4, b'-') && is(7, b'-') && is(10, b' ') && is(13, b':')
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
    if is_time(text) && width >= DAY {
        return text[..DAY].to_owned();
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
    fn on_a_terminal_no_line_is_wider_and_the_first_cell_stays_whole() {
        for width in [30, 40, 50] {
            let text = table(Some(width));
            assert!(text.lines().all(|line| line.width() <= width), "{width}:\n{text}");
            assert!(text.contains("0192-id") && text.contains('…') == (width < 50), "{text}");
        }
        assert!(table(Some(5)).contains("0192-id"), "narrower than it can be, it is as narrow as it can be");
    }

    #[test]
    fn ids_are_short_times_lose_their_hours_and_then_columns_go() {
        let rows = [["019aa1b2-c3d4-7e5f-8a6b-0c1d2e3f4a5b", "kim@example.org", "member", "2026-11-24 23:18"]
            .map(str::to_owned)];
        let shaped = |width| Table::shaped(["ID", "FOR", "ROLE", "EXPIRES"], Shape::Aligned(Some(width))).text(&rows);
        assert!(shaped(80).contains("\n2e3f4a5b  kim@example.org  member  2026-11-24 23:18\n"), "{}", shaped(80));
        assert!(shaped(40).contains("2026-11-24\n") && shaped(40).contains("kim@"), "{}", shaped(40));
        assert!(shaped(30).starts_with("ID        FOR         ROLE …\n"), "{}", shaped(30));
        for width in 20..90 {
            assert!(shaped(width).lines().all(|line| line.width() <= width), "{width}:\n{}", shaped(width));
        }
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
