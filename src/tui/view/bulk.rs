//! People to invite at once: where the list comes from, its rows with what is wrong, and how far it has come.

use ratatui::{
    Frame,
    layout::{Position, Rect},
    style::Style,
    text::{Line, Span},
};

use super::{
    outline::{Shape, clear, further, in_line, inside, outline, put_lines},
    text::{clip, columns, fit, fit_right, tail, wrap},
};
use crate::tui::{
    model::{Bulk, BulkRow, CELLS, Editing, Model, RowState, Run},
    theme::Theme,
};

/// Lines below the rows: what is wrong with the chosen one, and how far it has come.
const BELOW: u16 = 3;
/// Columns of a line's number, of a role, and of how it stands with a row.
const LINE: usize = 6;
const ROLE: usize = 6;
const STATE: usize = 9;
/// Blanks between two columns.
const GAP: usize = 2;
/// Columns that an address or a name keeps when it gives some away, and that what is wrong keeps.
const LEAST_CELL: usize = 12;
const LEAST_WHY: usize = 30;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, bulk: &Bulk, on_top: bool, theme: &Theme) {
    let buf = frame.buffer_mut();
    clear(buf, area);
    outline(buf, area, Shape::Closed, if on_top { theme.focus } else { theme.border });
    let band = model.chosen_band().filter(|band| band.id == bulk.band);
    let mut title = band.map_or_else(|| "Invite many".to_owned(), |band| format!("Invite many · {}", band.name));
    if let Some((_, name)) = &bulk.terms.campaign {
        title = format!("{title} · {name}");
    }
    in_line(buf, area, area.y, (&title, theme.title), (&counts(bulk), theme.dim));
    let inner = inside(area);
    if !bulk.has_list() {
        source(frame, inner, bulk, on_top, theme);
        return;
    }
    table(frame, inner, model, bulk, on_top, theme);
}

/// "412 rows · 12 wrong · 300 made".
fn counts(bulk: &Bulk) -> String {
    if !bulk.has_list() {
        return String::new();
    }
    let tally = bulk.tally();
    let rows = if bulk.rows.len() == 1 { "1 row".to_owned() } else { format!("{} rows", bulk.rows.len()) };
    let counted = [(tally.wrong, "wrong"), (tally.ready, "ready"), (tally.made, "made")];
    let counted = counted.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    std::iter::once(rows).chain(counted).collect::<Vec<_>>().join(" · ")
}

/// Where the list comes from.
fn source(frame: &mut Frame<'_>, area: Rect, bulk: &Bulk, on_top: bool, theme: &Theme) {
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let wide = usize::from(area.width);
    let mut lines = vec![Line::default()];
    let say = |lines: &mut Vec<Line<'static>>, text: &str, style: Style| {
        lines.extend(wrap(text, wide).into_iter().map(|line| Line::styled(line, style)));
        lines.push(Line::default());
    };
    say(&mut lines, "Paste the list here, as it comes out of a spreadsheet or an address book.", theme.title);
    let at = lines.len();
    let label = "Or a file: ";
    let room = wide.saturating_sub(columns(label));
    let (before, behind) = bulk.path.parts();
    let before = tail(before, room.saturating_sub(1));
    let column = columns(&before);
    let typed = fit(&format!("{before}{}", clip(behind, room.saturating_sub(column))), room);
    lines.push(Line::from(vec![Span::styled(label, theme.dim), Span::styled(typed, theme.input)]));
    lines.push(Line::default());
    if bulk.reading {
        say(&mut lines, "reading…", theme.pending);
    }
    if let Some(problem) = &bulk.problem {
        say(&mut lines, &format!("✗ {problem}"), theme.error);
    }
    let columns_are = "Its columns are email, username, name and role, as far as they are there. A row without an \
                       address and a user name is a link. Nothing is sent before you have seen the rows.";
    say(&mut lines, columns_are, theme.dim);
    put_lines(frame.buffer_mut(), area, &lines);
    let y = area.y + at as u16;
    if on_top && !bulk.reading && y < area.bottom() {
        frame.set_cursor_position(Position::new(area.x + (columns(label) + column) as u16, y));
    }
}

/// How wide the columns are: line, for, name, role, state, and what is wrong; 0 where there is no room.
struct Widths {
    line: usize,
    whom: usize,
    name: usize,
    role: usize,
    why: usize,
}

impl Widths {
    /// For a line of so many columns; `needs` is what addresses and names would need to be read whole.
    fn of(wide: usize, needs: [usize; 2]) -> Self {
        let line = if wide < 60 { 0 } else { LINE };
        let fixed = 2 + line + ROLE + GAP + STATE + GAP + usize::from(line > 0);
        let left = wide.saturating_sub(fixed);
        let mut why = if wide < 100 { 0 } else { left / 2 };
        let left = left.saturating_sub(why);
        let mut name = if wide < 60 { 0 } else { left * 2 / 5 };
        let gaps = if name > 0 { GAP } else { 0 };
        let mut whom = left.saturating_sub(name + gaps);
        if name > 0 {
            // What one does not fill the other can use; what is wrong stands below the rows too.
            let from_whom = needs[1].saturating_sub(name).min(whom.saturating_sub(needs[0].max(LEAST_CELL)));
            let from_name = needs[0].saturating_sub(whom).min(name.saturating_sub(needs[1].max(LEAST_CELL)));
            (name, whom) = (name + from_whom - from_name, whom + from_name - from_whom);
            for (wide, need) in [(&mut whom, needs[0]), (&mut name, needs[1])] {
                let more = need.saturating_sub(*wide).min(why.saturating_sub(LEAST_WHY));
                *wide += more;
                why -= more;
            }
        }
        Self { line, whom, name, role: ROLE, why }
    }

    /// The room of a cell that is edited.
    const fn cell(&self, cell: usize) -> usize {
        match cell {
            0 => self.whom,
            1 => self.name,
            _ => self.role,
        }
    }
}

fn table(frame: &mut Frame<'_>, area: Rect, model: &Model, bulk: &Bulk, on_top: bool, theme: &Theme) {
    let shown = bulk.shown();
    let seen = shown.iter().skip(bulk.top).take(usize::from(area.height)).filter_map(|&at| bulk.rows.get(at));
    let needs =
        seen.fold([0, 0], |[whom, name], row| [columns(&row.whom()).max(whom), columns(&row.cells()[1]).max(name)]);
    let widths = Widths::of(usize::from(area.width).saturating_sub(1), needs);
    let heading =
        line(&widths, ["  ", "LINE", "FOR", "NAME", "ROLE", "", "WHY"].map(|text| (text.to_owned(), theme.dim)));
    put_lines(frame.buffer_mut(), area, [&heading]);
    let rows = Rect { y: area.y + 1, height: area.height.saturating_sub(1 + BELOW), ..area };
    for (y, &at) in (rows.top()..rows.bottom()).zip(shown.iter().skip(bulk.top)) {
        let Some(row) = bulk.rows.get(at) else { continue };
        let selected = at == bulk.selected;
        if let Some(editing) = bulk.editing.as_ref().filter(|_| selected) {
            edited(frame, Rect { y, height: 1, ..rows }, &widths, row, editing, on_top, theme);
        } else {
            put_lines(frame.buffer_mut(), Rect { y, height: 1, ..rows }, [&row_line(&widths, row, selected, theme)]);
        }
    }
    let more = |count: usize| (count > 0).then_some(count);
    let below_them = shown.len().saturating_sub(bulk.top + usize::from(rows.height));
    further(frame.buffer_mut(), rows, area.right(), [more(bulk.top), more(below_them)], theme.key);
    let foot = Rect { y: area.bottom().saturating_sub(BELOW), height: BELOW.min(area.height), ..area };
    let foot = Rect { x: foot.x + 1, width: foot.width.saturating_sub(2), ..foot };
    put_lines(frame.buffer_mut(), foot, &below(model, bulk, usize::from(foot.width), theme));
}

type Text = (String, Style);

fn line(widths: &Widths, [cursor, line, whom, name, role, state, why]: [Text; 7]) -> Line<'static> {
    let mut spans = vec![Span::styled(fit(&cursor.0, 2), cursor.1)];
    if widths.line > 0 {
        spans.push(Span::styled(fit_right(&line.0, widths.line - GAP), line.1));
        spans.push(Span::raw("   "));
    }
    let cells = [(whom, widths.whom), (name, widths.name), (role, widths.role), (state, STATE), (why, widths.why)];
    for ((text, style), wide) in cells.into_iter().filter(|(_, wide)| *wide > 0) {
        spans.push(Span::styled(fit(&text, wide), style));
        spans.push(Span::raw(" ".repeat(GAP)));
    }
    spans.pop();
    Line::from(spans)
}

fn row_line(widths: &Widths, row: &BulkRow, selected: bool, theme: &Theme) -> Line<'static> {
    let style = if selected { theme.selected } else { theme.plain };
    let (word, look) = state(row, theme);
    let [_, name, role] = row.cells();
    let why = row.why().unwrap_or_default();
    let cells = [
        (if selected { "▸ " } else { "  " }.to_owned(), style),
        (row.line.to_string(), theme.dim),
        (row.whom(), style),
        (name, theme.plain),
        (role, theme.plain),
        (word.to_owned(), look),
        (why, theme.dim),
    ];
    line(widths, cells)
}

/// How it stands with a row, in a glyph and a word.
const fn state(row: &BulkRow, theme: &Theme) -> (&'static str, Style) {
    match row.state {
        RowState::Unknown => ("· not yet", theme.dim),
        RowState::Ready => ("● ready", theme.pending),
        RowState::Broken(_) | RowState::Refused(_) => ("✗ wrong", theme.rejected),
        RowState::Made(_) => ("✓ made", theme.accepted),
    }
}

/// The row that is edited: each cell is a field, the cursor stands in one.
fn edited(
    frame: &mut Frame<'_>,
    area: Rect,
    widths: &Widths,
    row: &BulkRow,
    editing: &Editing,
    on_top: bool,
    theme: &Theme,
) {
    // A cell that has no column of its own takes that of the first.
    let hidden = widths.cell(editing.cell) == 0;
    let mut column = 0;
    let mut cell = |at: usize| {
        let of = if hidden && at == 0 { editing.cell } else { at };
        let wide = widths.cell(at);
        let (before, behind) = editing.cells[of].parts();
        let before = tail(before, wide.saturating_sub(1));
        if of == editing.cell {
            column = columns(&before);
        }
        (fit(&format!("{before}{}", clip(behind, wide.saturating_sub(columns(&before)))), wide), theme.input)
    };
    let [whom, name, role] = [cell(0), cell(1), cell(2)];
    let shown = line(
        widths,
        [
            ("▸ ".to_owned(), theme.key),
            (row.line.to_string(), theme.dim),
            whom,
            name,
            role,
            (CELLS[editing.cell].to_owned(), theme.key),
            ("enter keeps, esc does not".to_owned(), theme.dim),
        ],
    );
    put_lines(frame.buffer_mut(), area, [&shown]);
    let before = match if hidden { 0 } else { editing.cell } {
        0 => 0,
        1 => widths.whom + GAP,
        _ => widths.whom + GAP + if widths.name > 0 { widths.name + GAP } else { 0 },
    };
    let x = area.x + (2 + if widths.line > 0 { widths.line + 1 } else { 0 } + before + column) as u16;
    if on_top && x < area.right() {
        frame.set_cursor_position(Position::new(x, area.y));
    }
}

/// What is wrong, and how far it has come: three lines at most.
fn below(model: &Model, bulk: &Bulk, wide: usize, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Some(run) = bulk.run.as_ref().filter(|run| run.sending.is_some()) {
        lines.push(progress(run, wide, theme));
        let says = match (run.dry, run.stopping) {
            (true, _) => "The server is asked what each row would come to; nothing is made.",
            (false, false) => "Esc stops behind the request that is on its way.",
            (false, true) => "Stopping: its answer is waited for. Esc again waits no longer.",
        };
        lines.extend(wrap(says, wide).into_iter().map(|line| Line::styled(line, theme.dim)));
        return lines;
    }
    if let Some(problem) = &bulk.problem {
        let key = super::panes::key(model, crate::tui::keymap::Action::BulkSend);
        let doubt = bulk.run.as_ref().map(|run| {
            format!(" What became of {} rows is not known: {key} asks again and makes nothing twice.", run.chunk.len())
        });
        let says = format!("✗ {problem}{}", doubt.unwrap_or_default());
        lines.extend(wrap(&says, wide).into_iter().map(|line| Line::styled(line, theme.error)));
    } else if let Some(why) = bulk.chosen().and_then(BulkRow::why) {
        let says = format!("✗ {}: {why}", bulk.chosen().map(BulkRow::whom).unwrap_or_default());
        lines.extend(wrap(&says, wide).into_iter().map(|line| Line::styled(line, theme.rejected)));
    } else if !bulk.unread.is_empty() {
        let says = format!("Not read: the columns {}.", bulk.unread.join(", "));
        lines.extend(wrap(&says, wide).into_iter().map(|line| Line::styled(line, theme.dim)));
    }
    lines
}

/// `[██████░░░░]  3000 of 12000`.
fn progress(run: &Run, wide: usize, theme: &Theme) -> Line<'static> {
    let says = format!("  {} of {}", run.answered, run.total);
    let room = wide.saturating_sub(columns(&says) + 2).min(40);
    let done = room * run.answered / run.total.max(1);
    Line::from(vec![
        Span::styled("[", theme.dim),
        Span::styled("█".repeat(done), theme.pending),
        Span::styled("░".repeat(room - done), theme.dim),
        Span::styled("]", theme.dim),
        Span::raw(says),
    ])
}
