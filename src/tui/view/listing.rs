//! A list over the panes: its lines, its table in as many columns as fit, and a row in full.

use ratatui::{
    Frame,
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{
    outline::{Shape, clear, in_line, most_right, outline, put, put_lines},
    overlay::{fact, scrolled},
    panes::{empty, more, notice, stale, visible},
    text::{columns, fit, fit_right},
};
use crate::tui::{
    listing::{Cell, Column, Listed},
    model::{Listing, Model, OutlineLine, Row as _, Shown, Want},
    theme::Theme,
};

/// Blanks between two columns.
const GAP: usize = 2;
/// From this width on a list has all of its columns.
const WIDE: usize = 70;
/// The cursor and the mark before the first column.
const BEFORE: usize = 2;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, listing: &Listing, on_top: bool, theme: &Theme) {
    let buf = frame.buffer_mut();
    let listed = listing.topic.listed();
    clear(buf, area);
    outline(buf, area, Shape::Closed, if on_top { theme.focus } else { theme.border });
    let title = match model.chosen_band().filter(|band| Some(band.id) == listing.band) {
        Some(band) => format!("{} · {}", listed.about().title, band.name),
        None => listed.about().title.to_owned(),
    };
    in_line(buf, area, area.y, (&title, theme.title), (&counts(listing, model, area.width), theme.dim));
    let inner = super::outline::inside(area);
    let rows = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    if let Some(problem) = &listing.problem {
        notice(buf, inner, &format!("✗ {problem}"), theme.error);
        return;
    }
    if listing.list.is_empty() {
        let todo = listed.empty(model, listing);
        notice(buf, inner, &empty(model, &listing.list, false, &todo), theme.dim);
        return;
    }
    if listed.is_page() {
        let lines = page(listing, model, area, theme);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        scrolled(buf, inner, &lines, listing.scroll, theme);
        return;
    }
    if listed.is_outline() {
        branches(buf, rows, model, listing, listed, theme);
        return;
    }
    table(buf, rows, model, listing, listed, theme);
    more(buf, rows, &listing.list, theme.dim);
}

/// The lines of a page that lies in this area.
pub(super) fn page(listing: &Listing, model: &Model, area: Rect, theme: &Theme) -> Vec<Line<'static>> {
    let wide = usize::from(area.width).saturating_sub(4);
    let lines = listing.list.rows().next().map(|entry| listing.topic.listed().lines(entry, model, wide, theme));
    let old = stale(model, theme);
    let lines = lines.unwrap_or_default().into_iter();
    lines.map(|line| if let Some(old) = old { line.patch_style(old) } else { line }).collect()
}

/// "2 marked · denied · 14"; how many there are is said where it is known. What has no room goes from the end of what it is
/// narrowed to.
fn counts(listing: &Listing, model: &Model, wide: u16) -> String {
    let mut parts = Vec::new();
    if !listing.marked.is_empty() {
        parts.push(format!("{} marked", listing.marked.len()));
    }
    let mut narrowed = listing.topic.listed().narrowed_to(listing, model);
    let list = &listing.list;
    let is_list = !listing.topic.listed().is_page() && !listing.is_outline();
    let count = (is_list && list.loaded && !list.is_empty() && !list.has_before()).then(|| {
        let more = if list.has_behind() { "+" } else { "" };
        format!("{}{more}", list.len())
    });
    let mut cut = false;
    loop {
        let more = cut.then(|| "…".to_owned());
        let all: Vec<_> = parts.iter().chain(&narrowed).chain(&more).chain(&count).map(String::as_str).collect();
        let text = all.join(" · ");
        if columns(&text) + 2 <= most_right(wide) || narrowed.pop().is_none() {
            return text;
        }
        cut = true;
    }
}

/// A list whose rows unfold: what is below a row stands under it, further to the right.
fn branches(buf: &mut Buffer, area: Rect, model: &Model, listing: &Listing, listed: &dyn Listed, theme: &Theme) {
    let (selected, top) = listing.outline_at();
    let (all, high) = (listing.lines(), usize::from(area.height));
    let old = stale(model, theme);
    let needs = all.iter().skip(top).take(high).filter_map(|line| match line {
        OutlineLine::Row { depth, entry, .. } => {
            let mut wide = needed(&listed.cells(entry, model, theme));
            if let Some(first) = wide.first_mut() {
                *first += 2 * depth + 2;
            }
            Some(wide)
        }
        OutlineLine::More { .. } => None,
    });
    let table = columns_for(listed, usize::from(area.width));
    let columns = shown(table, &widest(needs), usize::from(area.width), BEFORE);
    let first = columns.first().copied().unwrap_or(0);
    headings(buf, area, table, &columns, theme);
    // However deep it is, what stands there can be read.
    let indent = |depth: usize| {
        let most = (first / 2) & !1;
        if depth * 2 <= most { " ".repeat(depth * 2) } else { fit_right(&format!("{depth}›"), most) }
    };
    let lines: Vec<_> = all
        .iter()
        .enumerate()
        .skip(top)
        .take(high)
        .map(|(at, one)| match one {
            OutlineLine::Row { depth, entry, open } => {
                let mut cells = listed.cells(entry, model, theme);
                for cell in &mut cells {
                    cell.1 = old.unwrap_or(cell.1);
                }
                let style = if at == selected { theme.selected } else { cells.first().map_or(theme.plain, |c| c.1) };
                let glyph = match (open, listed.unfolds(entry)) {
                    (true, _) => "▾ ",
                    (false, true) => "▹ ",
                    (false, false) => "  ",
                };
                if let Some(cell) = cells.first_mut() {
                    *cell = (format!("{}{glyph}{}", indent(*depth), cell.0), style);
                }
                let cursor = if at == selected { "▸ " } else { "  " };
                line([Span::styled(cursor, style)], &columns, cells)
            }
            OutlineLine::More { depth, want, .. } => {
                let words = match want {
                    Want::Anew(_) if model.line.offline_since.is_some() => "not known while offline",
                    Want::Anew(_) => "loading…",
                    Want::Before(_) => "… and others before",
                    Want::Behind(_) | Want::Again(_) => "… and others",
                };
                line([Span::raw("  ")], &columns, vec![(format!("{}  {words}", indent(*depth)), theme.dim)])
            }
        })
        .collect();
    put_lines(buf, area, &lines);
    for (there, y, arrow) in [(top > 0, area.y, "↑"), (top + high < all.len(), area.bottom().saturating_sub(1), "↓")]
    {
        if there && high > 0 {
            put(buf, area.right(), y, arrow, theme.dim, 1);
        }
    }
}

/// The names of the columns, above the rows.
fn headings(buf: &mut Buffer, area: Rect, table: &[Column], columns: &[usize], theme: &Theme) {
    let heading = table.iter().map(|column| (column.name.to_owned(), theme.dim)).collect();
    let above = Rect { y: area.y.saturating_sub(1), height: 1, ..area };
    put_lines(buf, above, [&line([Span::raw("  ")], columns, heading)]);
}

fn table(buf: &mut Buffer, area: Rect, model: &Model, listing: &Listing, listed: &dyn Listed, theme: &Theme) {
    let table = columns_for(listed, usize::from(area.width));
    let rows: Vec<_> = visible(&listing.list, area.height)
        .map(|(_, entry, selected)| (entry, listed.cells(entry, model, theme), selected))
        .collect();
    let needs = widest(rows.iter().map(|(_, cells, _)| needed(cells)));
    let columns = shown(table, &needs, usize::from(area.width), BEFORE);
    headings(buf, area, table, &columns, theme);
    let lines: Vec<_> = rows
        .into_iter()
        .map(|(entry, mut cells, selected)| {
            for (at, (cell, &wide)) in cells.iter_mut().zip(&columns).enumerate() {
                if super::text::columns(&cell.0) > wide
                    && let Some(shorter) = listed.shorter(entry, at, wide, model)
                {
                    cell.0 = shorter;
                }
            }
            let first = if selected { theme.selected } else { cells.first().map_or(theme.plain, |cell| cell.1) };
            if let Some(old) = stale(model, theme) {
                for cell in &mut cells {
                    cell.1 = old;
                }
            }
            if let Some(cell) = cells.first_mut() {
                cell.1 = first;
            }
            let mark = if listing.marked.contains_key(&entry.id()) { "◆" } else { " " };
            let cursor = if selected { "▸" } else { " " };
            line(
                [Span::styled(cursor, first), Span::styled(mark, if selected { first } else { theme.key })],
                &columns,
                cells,
            )
        })
        .collect();
    put_lines(buf, area, &lines);
}

/// A line of these cells, each in its column.
fn line<const N: usize>(before: [Span<'static>; N], columns: &[usize], cells: Vec<Cell>) -> Line<'static> {
    let mut spans = Vec::from(before);
    let mut gap = 0;
    for ((text, style), &wide) in cells.into_iter().zip(columns).filter(|(_, wide)| **wide > 0) {
        if gap > 0 {
            spans.push(Span::styled(" ".repeat(gap), Style::new()));
        }
        spans.push(Span::styled(fit(&text, wide), style));
        gap = GAP;
    }
    Line::from(spans)
}

/// The columns of a list on a screen of so many.
fn columns_for(listed: &dyn Listed, wide: usize) -> &'static [Column] {
    if wide < WIDE { listed.narrow_columns() } else { listed.columns() }
}

/// How wide cells are where nothing of them is cut.
fn needed(cells: &[Cell]) -> Vec<usize> {
    cells.iter().map(|(text, _)| columns(text)).collect()
}

/// The widest of each column.
pub(super) fn widest(rows: impl Iterator<Item = Vec<usize>>) -> Vec<usize> {
    let mut widest = Vec::new();
    for row in rows {
        widest.resize(row.len().max(widest.len()), 0);
        for (widest, wide) in widest.iter_mut().zip(row) {
            *widest = wide.max(*widest);
        }
    }
    widest
}

/// How wide each column is on a line of so many of which `before` are taken; 0 for those that have no room. `needs` is what
/// each would need to cut nothing: no text is cut beside blanks.
pub(super) fn shown(columns: &[Column], needs: &[usize], wide: usize, before: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = columns.iter().map(|column| column.least).collect();
    let taken = |widths: &[usize]| {
        let kept = widths.iter().filter(|&&wide| wide > 0);
        // A blank is left before the line on the right.
        before + kept.map(|wide| wide + GAP).sum::<usize>() - GAP + 1
    };
    while taken(&widths) > wide {
        let last = columns.iter().zip(&mut widths).filter(|(column, wide)| column.goes > 0 && **wide > 0);
        let Some((_, last)) = last.max_by_key(|(column, _)| column.goes) else { break };
        *last = 0;
    }
    let mut spare = wide.saturating_sub(taken(&widths));
    // What needs them gets the columns first, within its bounds and then beyond them; the rest sets columns apart.
    let bounds: [fn(&Column, usize) -> usize; 3] =
        [|column, need| need.min(column.most), |_, need| need, |column, _| column.most];
    for bound in bounds {
        for (at, (column, wide)) in columns.iter().zip(&mut widths).enumerate().filter(|(_, (_, wide))| **wide > 0) {
            let wanted = bound(column, needs.get(at).copied().unwrap_or(0));
            let more = spare.min(wanted.saturating_sub(*wide));
            *wide += more;
            spare -= more;
        }
    }
    widths
}

/// The lines of a row in full.
pub(super) fn facts(shown: &Shown, model: &Model, wide: usize, theme: &Theme) -> Vec<Line<'static>> {
    let facts = shown.topic.listed().facts(&shown.entry, model);
    facts.into_iter().flat_map(|(name, what)| fact(name, &what, wide, theme)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::listing::Topic;

    #[test]
    fn columns_go_and_grow_with_the_screen_and_never_leave_it() {
        for topic in Topic::ALL.iter().filter(|topic| !topic.listed().is_page()) {
            for (wide, needs) in (38..200).flat_map(|wide| [(wide, &[][..]), (wide, &[90, 3, 90][..])]) {
                let columns = columns_for(topic.listed(), wide);
                let widths = shown(columns, needs, wide, BEFORE);
                let kept: Vec<_> = widths.iter().filter(|&&wide| wide > 0).collect();
                assert!(BEFORE + kept.iter().map(|&&w| w + GAP).sum::<usize>() - GAP < wide, "{topic:?} at {wide}");
                assert!(widths[0] >= columns[0].least, "the name stays");
            }
        }
    }

    #[test]
    fn a_text_is_not_cut_beside_blanks() {
        let column = |least, most| Column { name: "", least, most, goes: 0 };
        let columns = [column(10, 44), column(10, 20)];
        assert_eq!(shown(&columns, &[60, 8], 90, 2), [60, 20], "it goes beyond its bounds where there is room");
        assert_eq!(shown(&columns, &[12, 18], 35, 2), [12, 18], "the first does not take what the second needs");
    }
}
