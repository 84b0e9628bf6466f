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
/// A heading is cut no shorter than this.
const WIDEST_HEADING: usize = 9;
/// What these columns hold is whole, or not there.
const NEVER_CUT: [&str; 5] = ["ROLE", "STATE", "STATUS", "KIND", "WHAT"];
/// What stands behind the last heading where columns are left out.
const MARK: &str = " …";
/// A table has no fewer columns than these, however narrow the terminal is.
const FEWEST_COLUMNS: usize = 2;
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

/// A number of things in words; `what` is one of them.
pub(super) fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Whether somebody looks at standard output, and no program reads it.
pub(super) fn is_for_people() -> bool {
    io::stdout().is_terminal()
}

/// Prints rows under their headings.
pub(super) fn table<const N: usize>(columns: impl Into<Columns<N>>, rows: &[[String; N]]) -> Result<(), Error> {
    Table::new(columns).rows(rows)
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

/// The columns of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns<const N: usize> {
    /// What stands above them.
    pub(super) headings: [&'static str; N],
    /// Those that matter least: on a narrow terminal they are left out, the first one first.
    first_to_go: &'static [&'static str],
}

impl<const N: usize> Columns<N> {
    /// Columns with these headings. On a narrow terminal `first_to_go` are left out, then those at the end.
    pub(super) const fn new(headings: [&'static str; N], first_to_go: &'static [&'static str]) -> Self {
        Self { headings, first_to_go }
    }

    /// All but the first, in the order in which they are left out.
    fn going(&self) -> Vec<usize> {
        let place = |heading: &&str| self.headings.iter().position(|one| one == heading);
        let mut going: Vec<usize> = self.first_to_go.iter().filter_map(place).collect();
        let others: Vec<usize> = (1..N).rev().filter(|column| !going.contains(column)).collect();
        going.extend(others);
        going
    }
}

impl<const N: usize> From<[&'static str; N]> for Columns<N> {
    fn from(headings: [&'static str; N]) -> Self {
        Self::new(headings, &[])
    }
}

/// A table that is printed as its rows come in.
pub(super) struct Table<const N: usize> {
    columns: Columns<N>,
    /// Whether the headings are printed.
    begun: bool,
    widths: [usize; N],
    shape: Shape,
    /// Whether the last column is never cut: it holds what is copied.
    keeps_last: bool,
    /// Columns that are shown where not all have room; what the first rows come to holds for those that follow.
    shown: Option<[bool; N]>,
}

impl<const N: usize> Table<N> {
    /// A table with these columns, whose headings come before the first rows.
    pub(super) fn new(columns: impl Into<Columns<N>>) -> Self {
        Self::shaped(columns, Shape::of(&io::stdout()))
    }

    fn shaped(columns: impl Into<Columns<N>>, shape: Shape) -> Self {
        let columns = columns.into();
        Self { columns, begun: false, widths: [0; N], shape, keeps_last: false, shown: None }
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
    /// last the columns that matter least go. Ids are shown by their ends there, and remembered.
    fn text(&mut self, rows: &[[String; N]]) -> String {
        let headings = (!self.begun).then(|| self.columns.headings.map(str::to_owned));
        self.begun = true;
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
        let mut least = self.columns.headings.map(|heading| heading.width().clamp(NARROWEST, WIDEST_HEADING));
        for row in &cells {
            for (column, cell) in row.iter().enumerate() {
                self.widths[column] = self.widths[column].max(cell.width());
                if is_time(cell) {
                    least[column] = DAY;
                }
            }
        }
        // What a row is called by stays whole, but for a time; and so do words of a few, which say nothing when cut.
        for (column, heading) in self.columns.headings.iter().enumerate() {
            if column == 0 && least[0] != DAY || NEVER_CUT.contains(heading) {
                least[column] = self.widths[column];
            }
        }
        let (widths, shown) = self.fitting(least, most);
        let is_heading = headings.is_some();
        let mut text = String::new();
        for (number, row) in cells.iter().enumerate() {
            let mut line = String::new();
            for ((cell, width), _) in row.iter().zip(widths).zip(shown).filter(|(_, shown)| *shown) {
                let cell = fit(cell, width);
                line.push_str(&cell);
                line.push_str(&" ".repeat(width.saturating_sub(cell.width()) + GAP));
            }
            text.push_str(line.trim_end());
            if number == 0 && is_heading && shown.contains(&false) {
                text.push_str(MARK);
            }
            text.push('\n');
        }
        text
    }

    /// How wide columns are where all of them are to be no wider than `most`, and which there is room for. A last column
    /// that is kept whole runs over the edge, and takes nothing from the others.
    fn fitting(&mut self, least: [usize; N], most: Option<usize>) -> ([usize; N], [bool; N]) {
        let mut widths = self.widths;
        let Some(most) = most else { return (widths, [true; N]) };
        let cut = N - usize::from(self.keeps_last);
        let headings = self.columns.headings;
        // With the gaps, and behind the last heading the mark of what is left out.
        let taken = |widths: &[usize; N], shown: &[bool; N]| {
            let there: Vec<usize> = (0..cut).filter(|&column| shown[column]).collect();
            let mark = match there.last().filter(|_| shown.contains(&false)) {
                Some(&end) => (headings[end].width() + MARK.width()).saturating_sub(widths[end]),
                None => 0,
            };
            there.iter().map(|&column| widths[column]).sum::<usize>() + GAP * there.len().saturating_sub(1) + mark
        };
        let shown = *self.shown.get_or_insert_with(|| {
            let narrowest = std::array::from_fn(|column| widths[column].min(least[column]));
            let mut shown = [true; N];
            for column in self.columns.going() {
                let is_enough = shown.iter().filter(|&&shown| shown).count() <= FEWEST_COLUMNS;
                if self.keeps_last || is_enough || taken(&narrowest, &shown) <= most {
                    break;
                }
                shown[column] = false;
            }
            shown
        });
        while taken(&widths, &shown) > most {
            let can = (0..cut).filter(|&column| shown[column] && widths[column] > least[column]);
            match can.max_by_key(|&column| widths[column]) {
                // Of a time there is nothing to show between its day and all of it.
                Some(time) if least[time] == DAY => widths[time] = DAY,
                Some(widest) => widths[widest] -= 1,
                None => break,
            }
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
    /// What one of those is that are worked on.
    what: &'static str,
    shown: bool,
}

impl Progress {
    /// Of work on such things; nothing is shown yet.
    pub(super) const fn new(what: &'static str) -> Self {
        Self { what, shown: false }
    }

    /// So many are done.
    pub(super) fn at(&mut self, done: u64) {
        self.show(&counted(done, self.what));
    }

    /// So many are done, of so many, and the next so many are on their way: with the server they are done all at once, so
    /// that nothing moves meanwhile.
    pub(super) fn under_way(&mut self, done: u64, next: u64, of: u64) {
        let (first, last) = (done + 1, done + next);
        let now = if next == 1 { format!("sending {last}") } else { format!("sending {first} to {last}") };
        let line = format!("{} {done} of {} done, {now}", bar(done, of), counted(of, self.what));
        self.show(&line);
    }

    fn show(&mut self, line: &str) {
        let mut err = io::stderr().lock();
        if !err.is_terminal() {
            return;
        }
        // A line that is broken into two would not be written over.
        let width = crossterm::terminal::size().map_or(80, |(width, _)| usize::from(width));
        let line = fit(line, width.saturating_sub(1));
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

/// When something ends, as people read it, where they are.
pub(super) fn end(at: Option<Timestamp>) -> String {
    at.map_or("never".to_owned(), minute)
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
        assert!(shaped(30).starts_with("ID        FOR           ROLE …\n"), "{}", shaped(30));
        let columns = || Columns::new(["ID", "FOR", "ROLE", "EXPIRES"], &["ROLE"]);
        let narrow = Table::shaped(columns(), Shape::Aligned(Some(35))).text(&rows);
        assert_eq!(narrow, "ID        FOR            EXPIRES …\n2e3f4a5b  kim@example.…  2026-11-24\n");
        let whole = Table::shaped(columns(), Shape::Aligned(Some(80))).text(&rows);
        assert_eq!(whole, shaped(80), "where there is room, nothing goes");
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
