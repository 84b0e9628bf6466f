//! Every action by its name.

use ratatui::{
    Frame,
    layout::{Position, Rect},
    style::Style,
    text::{Line, Span},
};

use super::{
    super::text::{clip, columns, fit, fit_right, tail, wrap},
    open, place, put_lines, wide_box, within,
};
use crate::tui::{
    model::{Model, TextField},
    palette,
    theme::Theme,
};

/// Rows of the list; the box keeps its size while it is typed.
const ROWS: usize = 12;
const NAMES: usize = 18;
const KEYS: usize = 10;
/// Lines for what the chosen one does, on a screen that is not as low as this.
const BELOW: usize = 2;
const LOW: u16 = 9;
/// The widest that the box gets: room for nearly every description to its end.
const WIDE: u16 = 116;

/// Where its rows stand, and which of them is the first.
pub(super) fn listed(area: Rect, model: &Model, query: &TextField, selected: usize) -> (Rect, usize) {
    let found = palette::matches(query.text(), model).len();
    rows(within(place(area, wide_box(area, WIDE), ROWS + 2 + BELOW)), selected.min(found.saturating_sub(1)))
}

fn rows(inner: Rect, selected: usize) -> (Rect, usize) {
    let high = inner.height.saturating_sub(2 + below(inner) as u16);
    let listed = Rect { y: inner.y + 2, height: high, ..inner };
    (listed, (selected + 1).saturating_sub(usize::from(high.max(1))))
}

/// Lines below the rows; a low screen is for the names.
const fn below(inner: Rect) -> usize {
    if inner.height < LOW { 0 } else { BELOW }
}

pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    model: &Model,
    query: &TextField,
    selected: usize,
    on_top: bool,
    theme: &Theme,
) -> Rect {
    let found = palette::matches(query.text(), model);
    let wide = wide_box(area, WIDE);
    let keys = [("enter", "do it"), ("↓ ↑", "choose"), ("esc", "close")];
    let inner = open(frame.buffer_mut(), area, wide, ROWS + 2 + BELOW, "Commands", &keys, theme);
    let room = usize::from(inner.width);
    let (before, behind) = query.parts();
    let before = tail(before, room.saturating_sub(3));
    let column = columns(&before);
    let typed = format!("{before}{}", clip(behind, room.saturating_sub(2 + column)));
    let mut lines = vec![Line::from(vec![
        Span::styled("› ", theme.key),
        Span::styled(fit(&typed, room.saturating_sub(2)), theme.input),
    ])];
    lines.push(Line::default());
    let selected = selected.min(found.len().saturating_sub(1));
    let rest = room.saturating_sub(2 + NAMES + 1 + KEYS + 1);
    // What the chosen one does stands below in full where its line has no room for it.
    let below = below(inner);
    let told = found.get(selected).map(|action| action.binding().help).filter(|help| columns(help) > rest);
    let told = told.map_or_else(Vec::new, |help| wrap(help, room.saturating_sub(2)));
    let (listed, top) = rows(inner, selected);
    for (at, action) in found.iter().enumerate().skip(top).take(usize::from(listed.height)) {
        let binding = action.binding();
        let key = model.settings.keymap.keys(*action).first().map(ToString::to_string).unwrap_or_default();
        // A few letters of a sentence help nobody.
        let (help, help_room) = if rest < 20 { ("", rest) } else { (binding.help, rest) };
        let (name, quiet, key_style) = if at == selected {
            (theme.selected, theme.selected, theme.selected)
        } else {
            (Style::new(), theme.dim, theme.key)
        };
        lines.push(Line::from(vec![
            Span::styled(if at == selected { "▸ " } else { "  " }, name),
            Span::styled(fit(binding.label, NAMES + 1), name),
            Span::styled(fit(help, help_room), quiet),
            Span::styled(fit_right(&key, KEYS + 1), key_style),
        ]));
    }
    if found.is_empty() {
        lines.push(Line::styled("  No command has these letters in this order.", theme.dim));
    }
    put_lines(frame.buffer_mut(), inner, &lines);
    super::arrows(frame.buffer_mut(), listed, top, found.len(), theme);
    let told: Vec<_> = told.into_iter().take(below).map(|line| Line::styled(format!("  {line}"), theme.dim)).collect();
    let y = inner.bottom().saturating_sub(told.len() as u16);
    put_lines(frame.buffer_mut(), Rect { y, height: told.len() as u16, ..inner }, &told);
    if on_top && inner.height > 0 {
        frame.set_cursor_position(Position::new(inner.x + 2 + column as u16, inner.y));
    }
    inner
}
