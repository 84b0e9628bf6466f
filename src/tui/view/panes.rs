//! The three panes: their lines, titles and searches, and what they say when there is nothing in them.

mod bands;
mod groups;
mod invites;
mod members;

pub(in crate::tui) use invites::glyph;
pub(super) use invites::{reason, uses};
pub(super) use members::how_they_came;

use std::ops::Range;

use ratatui::{
    Frame,
    buffer::Buffer,
    layout::{Position, Rect},
    style::Style,
    text::{Line, Span},
};
use unicode_segmentation::UnicodeSegmentation as _;

use super::{
    outline::{Shape, in_line, outline, put, put_lines},
    text::{clip, columns, wrap},
};
use crate::tui::{
    keymap::Action,
    model::{Areas, List, Model, Pane, Row, Search},
    theme::Theme,
};

/// Draws the panes that are on the screen.
pub(super) fn draw(frame: &mut Frame<'_>, areas: &Areas, model: &Model, theme: &Theme) {
    let alone = [areas.bands, areas.invites, areas.members].into_iter().flatten().count() == 1;
    for pane in Pane::ALL {
        let Some(area) = areas.of(pane) else { continue };
        let shape = match pane {
            _ if alone => Shape::Closed,
            Pane::Bands => Shape::Closed,
            Pane::Invites => Shape::Open,
            Pane::Members => Shape::Joined,
        };
        let focused = model.focus == pane;
        let line_style = if focused { theme.focus } else { theme.border };
        outline(frame.buffer_mut(), area, shape, line_style);
        let cursor = head(frame.buffer_mut(), area, pane, model, theme);
        let height = areas.list_height(pane) as u16;
        let heading = u16::from(pane == Pane::Invites);
        let list = Rect {
            x: area.x.saturating_add(1),
            y: area.y.saturating_add(1 + heading),
            width: area.width.saturating_sub(2),
            height,
        };
        match pane {
            Pane::Bands => bands::draw(frame.buffer_mut(), list, model, theme),
            Pane::Invites => invites::draw(frame.buffer_mut(), list, model, theme),
            Pane::Members => members::draw(frame.buffer_mut(), list, model, theme),
        }
        if alone {
            tabs(frame.buffer_mut(), area, model, theme);
        }
        if let Some(cursor) = cursor.filter(|_| focused && model.overlays.is_empty()) {
            frame.set_cursor_position(cursor);
        }
    }
    // The line between the two belongs to both.
    if let (Some(_), Some(members), Pane::Invites) = (areas.invites, areas.members, model.focus) {
        let buf = frame.buffer_mut();
        let row = members.intersection(buf.area);
        for x in row.left()..row.right() {
            if matches!(buf[(x, row.y)].symbol(), "─" | "├" | "┤") {
                buf[(x, row.y)].set_style(theme.focus);
            }
        }
    }
}

/// The title, and what is searched for; gives the place of the cursor while that is typed.
fn head(buf: &mut Buffer, area: Rect, pane: Pane, model: &Model, theme: &Theme) -> Option<Position> {
    if area.height < 2 {
        return None;
    }
    let (name, counts, search) = match pane {
        Pane::Bands => ("Bands".to_owned(), String::new(), &model.bands.search),
        Pane::Invites => (invites::title(model), invites::counts(model, area.width), &model.invites.search),
        Pane::Members => ("Members".to_owned(), members::counts(model), &model.members.search),
    };
    let style = if model.focus == pane { theme.title } else { Style::new() };
    let searched = search.typing || !search.query.is_empty();
    if !searched {
        in_line(buf, area, area.y, (&name, style), (&counts, theme.dim));
        return None;
    }
    let name = match pane {
        Pane::Bands => "Bands /",
        Pane::Invites => "Invites /",
        Pane::Members => "Members /",
    };
    let room = usize::from(area.width).saturating_sub(columns(name) + 8);
    let (before, behind) = typed(search, room.saturating_sub(columns(&counts) + 3).max(room.min(12)));
    in_line(buf, area, area.y, (&format!("{name} {before}{behind}"), style), (&counts, theme.dim));
    let column = area.x + (3 + columns(name) + columns(&before)) as u16;
    search.typing.then(|| Position::new(column, area.y))
}

/// The part of a search that fits, the cursor inside of it.
fn typed(search: &Search, room: usize) -> (String, String) {
    let (before, behind) = search.query.parts();
    let before = super::text::tail(before, room.saturating_sub(2));
    let left = room.saturating_sub(columns(&before) + 1);
    let mut behind = clip(behind, left);
    // The cursor stands on a blank of its own at the end of the text.
    if behind.is_empty() && search.typing {
        behind.push(' ');
    }
    (before, behind)
}

/// Where only one pane has room: which others there are.
fn tabs(buf: &mut Buffer, area: Rect, model: &Model, theme: &Theme) {
    if area.height < 2 {
        return;
    }
    let y = area.bottom() - 1;
    let mut x = area.x + 1;
    for (pane, text) in tab_texts(model) {
        let style = if pane == model.focus { theme.title } else { theme.dim };
        let room = usize::from(area.right().saturating_sub(x + 1));
        x = put(buf, x, y, &text, style, room);
    }
}

/// The panes, as they are named below the only one that has room.
fn tab_texts(model: &Model) -> [(Pane, String); 3] {
    [(Pane::Bands, Action::BandsPane), (Pane::Invites, Action::InvitesPane), (Pane::Members, Action::MembersPane)]
        .map(|(pane, action)| (pane, format!(" {} {} ", key(model, action), action.binding().label)))
}

/// The pane that is named in this column.
pub(super) fn tab_at(area: Rect, column: u16, model: &Model) -> Option<Pane> {
    let mut x = area.x + 1;
    tab_texts(model).into_iter().find_map(|(pane, text)| {
        let from = x;
        x += columns(&text) as u16;
        (from..x).contains(&column).then_some(pane)
    })
}

/// The rows of a list on the screen: index among those held, the row, whether the cursor is on it.
pub(super) fn visible<T: Row>(list: &List<T>, height: u16) -> impl Iterator<Item = (usize, &T, bool)> {
    list.rows()
        .enumerate()
        .skip(list.top())
        .take(usize::from(height))
        .map(|(at, row)| (at, row, at == list.selected_index()))
}

/// How the first cell of a row looks: the cursor of the pane in focus turns it around, that of another pane makes it
/// bold. Only that cell, so that a step of the cursor sends the terminal little, and a status keeps its colour.
fn cell_style(model: &Model, pane: Pane, selected: bool, theme: &Theme) -> Style {
    match (selected, model.focus == pane) {
        (true, true) => theme.selected,
        (true, false) => theme.title,
        (false, _) => stale(model, theme).unwrap_or_default(),
    }
}

/// How everything looks that may be out of date, while the server is not reached.
pub(super) fn stale(model: &Model, theme: &Theme) -> Option<Style> {
    model.line.offline_since.map(|_| theme.dim)
}

/// A text with what is searched for in it marked, wherever it stands and however it is written.
pub(super) fn found(text: &str, sought: &str, style: Style, theme: &Theme) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    let mut rest = text;
    while let Some(at) = find(rest, sought) {
        spans.push(Span::styled(rest[..at.start].to_owned(), style));
        spans.push(Span::styled(rest[at.clone()].to_owned(), style.patch(theme.found)));
        rest = &rest[at.end..];
    }
    spans.push(Span::styled(rest.to_owned(), style));
    spans
}

/// Where `sought` stands in `text`, capitals or not; between graphemes, so that no accent is torn from its letter.
fn find(text: &str, sought: &str) -> Option<Range<usize>> {
    let wanted = sought.to_lowercase();
    if wanted.is_empty() {
        return None;
    }
    let graphemes: Vec<(usize, &str)> = text.grapheme_indices(true).collect();
    graphemes.iter().enumerate().find_map(|(first, &(start, _))| {
        let mut read = String::new();
        for (at, grapheme) in &graphemes[first..] {
            read.push_str(&grapheme.to_lowercase());
            if read == wanted {
                return Some(start..at + grapheme.len());
            }
            if !wanted.starts_with(&read) {
                return None;
            }
        }
        None
    })
}

/// Says on the right edge that there is more above or below.
pub(super) fn more<T: Row>(buf: &mut Buffer, list_area: Rect, list: &List<T>, style: Style) {
    if list_area.height == 0 || list.is_empty() {
        return;
    }
    let edge = list_area.right();
    if list.top() > 0 || list.has_before() {
        put(buf, edge, list_area.y, "↑", style, 1);
    }
    if list.top() + usize::from(list_area.height) < list.len() || list.has_behind() {
        put(buf, edge, list_area.bottom() - 1, "↓", style, 1);
    }
}

/// What stands in an empty pane, from its first line on.
pub(super) fn notice(buf: &mut Buffer, area: Rect, words: &str, style: Style) {
    let area = Rect { x: area.x + 1.min(area.width), width: area.width.saturating_sub(2), ..area };
    let lines: Vec<_> =
        wrap(words, usize::from(area.width)).into_iter().map(|line| Line::styled(line, style)).collect();
    put_lines(buf, area, &lines);
}

/// What an empty list says: that it is not known yet, that nothing fits the search, or what is to be done.
pub(super) fn empty<T: Row>(model: &Model, list: &List<T>, narrowed: bool, what_to_do: &str) -> String {
    if !list.loaded {
        let offline = model.line.offline_since.is_some();
        return if offline { "not known while offline".to_owned() } else { "loading…".to_owned() };
    }
    if list.has_before() || list.has_behind() {
        return "looking further…".to_owned();
    }
    if narrowed {
        let key = key(model, Action::Back);
        return format!("Nothing fits. {key} shows everything again.");
    }
    what_to_do.to_owned()
}

/// The first key of an action.
pub(super) fn key(model: &Model, action: Action) -> String {
    model.settings.keymap.keys(action).first().map(ToString::to_string).unwrap_or_default()
}
