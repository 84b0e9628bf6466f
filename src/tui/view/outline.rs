//! Lines around things, with a title in the upper one.

use ratatui::{
    buffer::{Buffer, CellWidth as _},
    layout::Rect,
    style::Style,
    text::Line,
};

use super::text::{clip, columns};

/// Which lines are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// All four.
    Closed,
    /// No lower one: another outline follows.
    Open,
    /// The upper one joins the outline above.
    Joined,
    /// Only the upper and the lower one, so that what is between can be taken by mouse without the lines.
    Rules,
}

/// Makes an area blank for something that lies over it. A wide character that reaches into it goes too: its other half
/// would be drawn over the edge.
pub(super) fn clear(buf: &mut Buffer, area: Rect) {
    let area = area.intersection(buf.area);
    for y in area.top()..area.bottom() {
        if area.left() > buf.area.left() {
            let before = &mut buf[(area.left() - 1, y)];
            if before.cell_width() > 1 {
                before.set_symbol(" ");
            }
        }
        for x in area.left()..area.right() {
            buf[(x, y)].reset();
        }
    }
}

/// Draws the lines.
pub(super) fn outline(buf: &mut Buffer, area: Rect, shape: Shape, style: Style) {
    let area = area.intersection(buf.area);
    if area.width < 2 || area.height < 2 {
        return;
    }
    let (left, right, top, bottom) = (area.left(), area.right() - 1, area.top(), area.bottom() - 1);
    let corners = match shape {
        Shape::Joined => ["├", "┤", "└", "┘"],
        Shape::Rules => ["─"; 4],
        Shape::Closed | Shape::Open => ["┌", "┐", "└", "┘"],
    };
    let mut set = |x, y, symbol: &str| {
        buf[(x, y)].set_symbol(symbol).set_style(style);
    };
    for x in left..=right {
        set(x, top, "─");
        if shape != Shape::Open {
            set(x, bottom, "─");
        }
    }
    if shape != Shape::Rules {
        for y in top..=bottom {
            set(left, y, "│");
            set(right, y, "│");
        }
    }
    set(left, top, corners[0]);
    set(right, top, corners[1]);
    if shape != Shape::Open {
        set(left, bottom, corners[2]);
        set(right, bottom, corners[3]);
    }
}

/// What stands inside of closed lines.
pub(super) const fn inside(area: Rect) -> Rect {
    Rect {
        x: area.x.saturating_add(1),
        y: area.y.saturating_add(1),
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
}

/// Writes into a line that is drawn already: one text at its left end, one at its right. The right one stays whole as
/// long as it takes no more than half; then the left one is cut. Returns the column where the left one ends.
pub(super) fn in_line(buf: &mut Buffer, area: Rect, y: u16, left: (&str, Style), right: (&str, Style)) -> u16 {
    let room = usize::from(area.width).saturating_sub(2);
    let right_text = if columns(right.0) + 2 <= most_right(area.width) { right.0 } else { "" };
    let right_room = if right_text.is_empty() { 0 } else { columns(right_text) + 3 };
    let left_text = clip(left.0, room.saturating_sub(right_room + 2));
    let mut end = area.x + 1;
    if !left_text.is_empty() {
        end = put(buf, end, y, &format!(" {left_text} "), left.1, room);
    }
    if !right_text.is_empty() {
        let at = area.right().saturating_sub(columns(right_text) as u16 + 3);
        put(buf, at, y, &format!(" {right_text} "), right.1, room);
    }
    end
}

/// The columns that the right one of two texts in a line may take, with a blank on either side.
pub(super) fn most_right(wide: u16) -> usize {
    usize::from(wide).saturating_sub(2) * 2 / 3
}

/// Writes a text at a place, at most `most` columns of it, and returns the column behind it.
pub(super) fn put(buf: &mut Buffer, x: u16, y: u16, text: &str, style: Style, most: usize) -> u16 {
    if x >= buf.area.right() || y >= buf.area.bottom() {
        return x;
    }
    buf.set_stringn(x, y, text, most, style).0
}

/// Says that there is more above or below an area whose lines are drawn: an arrow in the column `edge`, and in the lines over
/// and under the area how much it is, where nothing else stands there.
pub(super) fn further(buf: &mut Buffer, area: Rect, edge: u16, [above, below]: [Option<usize>; 2], style: Style) {
    if area.height == 0 {
        return;
    }
    let rows = [(above, "↑", area.y, area.y.checked_sub(1)), (below, "↓", area.bottom() - 1, Some(area.bottom()))];
    for (more, arrow, row, line) in rows {
        let (Some(more), Some(line)) = (more, line) else { continue };
        put(buf, edge, row, arrow, style, 1);
        let text = format!(" {more} more ");
        let from = edge.saturating_sub(columns(&text) as u16 + 1);
        let free = (from.saturating_sub(1)..edge).all(|x| buf.cell((x, line)).is_some_and(|cell| cell.symbol() == "─"));
        if more > 0 && free {
            put(buf, from, line, &text, style, text.len());
        }
    }
}

/// Writes lines into an area from its top.
pub(super) fn put_lines<'a>(buf: &mut Buffer, area: Rect, lines: impl IntoIterator<Item = &'a Line<'a>>) {
    let area = area.intersection(buf.area);
    for (y, line) in (area.top()..area.bottom()).zip(lines) {
        buf.set_line(area.x, y, line, area.width);
    }
}
