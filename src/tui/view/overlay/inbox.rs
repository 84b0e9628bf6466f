//! The invites that wait for the person.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{
    super::{panes::key, text::fit, when},
    above, arrows, box_width, first_lines, open, place, put_lines, quote, say, within,
};
use crate::{
    api::Waiting,
    tui::{
        keymap::Action,
        model::{Model, WaitingList},
        theme::Theme,
    },
};

/// The most lines of the chosen one's message.
const MESSAGE: usize = 4;
/// Columns of a role, and of an end with its time.
const ROLE: usize = 8;
const END: usize = 16;

pub(super) fn draw(buf: &mut Buffer, area: Rect, model: &Model, list: &WaitingList, theme: &Theme) -> Rect {
    let wide = box_width(area);
    let room = usize::from(wide).saturating_sub(4);
    let rows = rows(list, model, room, theme);
    let mut below = below(list, room, theme);
    let keys: &[(&str, &str)] = if list.chosen().is_some() {
        &[("enter", "accept"), ("d", "decline"), ("↓ ↑", "choose"), ("esc", "close")]
    } else {
        &[("esc", "close")]
    };
    let inner = open(buf, area, wide, rows.len() + below.len(), "Invites that wait for you", keys, theme);
    // A few rows go before what one of them says.
    below = first_lines(below, usize::from(inner.height).saturating_sub(rows.len().min(3)));
    let (listed, top) = above(inner, below.len(), list.selected);
    let high = usize::from(listed.height);
    put_lines(buf, listed, rows.iter().skip(top));
    arrows(buf, listed, top, rows.len(), theme);
    put_lines(buf, Rect { y: inner.y + high as u16, height: below.len() as u16, ..inner }, &below);
    inner
}

/// Where its rows stand, and which of them is the first.
pub(super) fn listed(area: Rect, model: &Model, list: &WaitingList, theme: &Theme) -> (Rect, usize) {
    let wide = box_width(area);
    let room = usize::from(wide).saturating_sub(4);
    let (rows, below) = (rows(list, model, room, theme).len(), below(list, room, theme).len());
    let inner = within(place(area, wide, rows + below));
    above(inner, below.min(usize::from(inner.height).saturating_sub(rows.min(3))), list.selected)
}

fn rows(list: &WaitingList, model: &Model, room: usize, theme: &Theme) -> Vec<Line<'static>> {
    let Some(page) = &list.page else {
        let text = if list.problem.is_some() { "not known" } else { "looking…" };
        return vec![Line::styled(text, theme.dim)];
    };
    if page.invites.is_empty() {
        let accept = key(model, Action::Accept);
        let text = format!("Nothing waits for you. An invite by link does not come here: {accept} accepts it.");
        return say(&text, room, theme.dim);
    }
    let invites = page.invites.iter().enumerate();
    let mut rows: Vec<_> = invites.map(|(at, waiting)| row(waiting, at == list.selected, model, room, theme)).collect();
    if page.next_cursor.is_some() {
        rows.push(Line::styled("  … and older ones", theme.dim));
    }
    rows
}

fn row(waiting: &Waiting, selected: bool, model: &Model, room: usize, theme: &Theme) -> Line<'static> {
    // A narrow box has no room for all: the end goes first.
    let end = if room < 50 { 0 } else { END + 2 };
    let left = room.saturating_sub(2 + 2 + ROLE + end);
    let band = left * 3 / 5;
    let (mark, style) = if selected { ("▸ ", theme.selected) } else { ("  ", Style::new()) };
    let mut spans = vec![
        Span::styled(mark, style),
        Span::styled(fit(&waiting.band.name, band), style),
        Span::raw(format!("  {}", fit(waiting.role.as_str(), ROLE))),
        Span::styled(fit(&format!("by {}", waiting.inviter.display_name), left - band), theme.dim),
    ];
    if end > 0 {
        let at = waiting.expires_at.map(|at| when::date_and_time(at, &model.settings.zone));
        let at = at.unwrap_or_else(|| "never ends".to_owned());
        spans.push(Span::styled(format!("  {}", fit(&at, END)), theme.dim));
    }
    Line::from(spans)
}

/// What the chosen one says, and what went wrong.
fn below(list: &WaitingList, room: usize, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Some(event) = list.chosen().and_then(|waiting| waiting.event.as_ref()) {
        lines.push(Line::default());
        lines.extend(say(&event.line(), room, Style::new()));
    }
    let message = list.chosen().and_then(|waiting| waiting.message.as_deref());
    if let Some(message) = message.filter(|text| !text.is_empty()) {
        lines.push(Line::default());
        lines.extend(first_lines(quote(message, room, theme), MESSAGE));
    }
    if let Some(problem) = &list.problem {
        lines.push(Line::default());
        lines.extend(say(&format!("✗ {problem}"), room, theme.error));
    }
    lines
}
