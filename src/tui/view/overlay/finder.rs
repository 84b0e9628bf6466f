//! Bands that anyone may join or ask to join.

use ratatui::{
    Frame,
    layout::{Position, Rect},
    style::Style,
    text::{Line, Span},
};

use super::{
    super::{
        panes::found,
        text::{clip, columns, fit, fit_right, tail},
        when,
    },
    box_width, first_lines, open, place, put_lines, say, within,
};
use crate::{
    api::{Band, OwnRequest},
    domain::{JoinMode, JoinStatus},
    tui::{
        label,
        model::{Finder, Model},
        theme::Theme,
    },
};

/// Rows of the list; the box keeps its size while it is typed.
const ROWS: usize = 10;
/// Lines below the list: what the chosen one is about, and what went wrong.
const BELOW: usize = 3;
/// Columns of what Enter does, and of how many members there are.
const HOW: usize = 16;
const MEMBERS: usize = 11;
/// Columns of since when a wish to join stands as it does: behind the word for that it is a time or a day.
const SINCE: usize = 5;

pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    model: &Model,
    finder: &Finder,
    on_top: bool,
    theme: &Theme,
) -> Rect {
    let keys = keys(finder);
    let wide = box_width(area);
    let inner = open(frame.buffer_mut(), area, wide, ROWS + BELOW + 3, "Find a band to join", &keys, theme);
    let room = usize::from(inner.width);
    let (before, behind) = finder.query.parts();
    let before = tail(before, room.saturating_sub(3));
    let column = columns(&before);
    let typed = format!("{before}{}", clip(behind, room.saturating_sub(2 + column)));
    let mut lines = vec![
        Line::from(vec![Span::styled("› ", theme.key), Span::styled(fit(&typed, room.saturating_sub(2)), theme.input)]),
        Line::default(),
    ];
    let below = first_lines(below(model, finder, room, theme), most_below(inner));
    let rows = rows(inner, below.len());
    lines.extend(list(model, finder, rows, room, theme));
    put_lines(frame.buffer_mut(), inner, &lines);
    let found = finder.found.as_ref().map_or(0, |found| found.bands.len() + usize::from(found.next_cursor.is_some()));
    let listed = Rect { y: inner.y + 2, height: rows as u16, ..inner }.intersection(inner);
    super::arrows(frame.buffer_mut(), listed, top(finder, rows), found, theme);
    let high = below.len() as u16;
    let foot = Rect { y: inner.bottom().saturating_sub(high), height: high.min(inner.height), ..inner };
    put_lines(frame.buffer_mut(), foot, &below);
    if on_top && inner.height > 0 {
        frame.set_cursor_position(Position::new(inner.x + 2 + column as u16, inner.y));
    }
    inner
}

/// Where its rows stand, and which of them is the first.
pub(super) fn listed(area: Rect, model: &Model, finder: &Finder, theme: &Theme) -> (Rect, usize) {
    let inner = within(place(area, box_width(area), ROWS + BELOW + 3));
    let below = below(model, finder, usize::from(inner.width), theme).len().min(most_below(inner));
    let rows = rows(inner, below);
    (Rect { y: inner.y + 2, height: rows as u16, ..inner }, top(finder, rows))
}

/// The most lines below the rows: a few rows go before what one of them says.
fn most_below(inner: Rect) -> usize {
    usize::from(inner.height).saturating_sub(2 + 3).min(BELOW + 1)
}

fn rows(inner: Rect, below: usize) -> usize {
    usize::from(inner.height).saturating_sub(2 + below).min(ROWS)
}

/// The first band on the screen, where so many rows have room.
fn top(finder: &Finder, rows: usize) -> usize {
    let more = finder.found.as_ref().is_some_and(|found| found.next_cursor.is_some());
    (finder.selected + 1).saturating_sub(rows.saturating_sub(usize::from(more)).max(1))
}

fn keys(finder: &Finder) -> Vec<(&'static str, &'static str)> {
    if finder.sending.is_some() {
        return vec![("esc", "stop waiting")];
    }
    match finder.chosen() {
        Some(band) => vec![("enter", does(finder, band)), ("↓ ↑", "choose"), ("esc", "close")],
        None => vec![("esc", "close")],
    }
}

/// What Enter does with a band.
fn does(finder: &Finder, band: &Band) -> &'static str {
    match (band.role, band.join) {
        (Some(_), _) => "go there",
        (None, JoinMode::Open) => "join",
        (None, _) if finder.asked_of(band).is_some() => "ask again",
        (None, _) => "ask to join",
    }
}

fn list(model: &Model, finder: &Finder, rows: usize, room: usize, theme: &Theme) -> Vec<Line<'static>> {
    let Some(found) = &finder.found else {
        let text = if finder.problem.is_some() { "  not known" } else { "  looking…" };
        return vec![Line::styled(text, theme.dim)];
    };
    if found.bands.is_empty() {
        let text = if finder.query.is_empty() {
            "No band here can be joined without an invite."
        } else {
            "No band with this name can be joined without an invite."
        };
        return say(text, room, theme.dim);
    }
    let more = found.next_cursor.is_some();
    let top = top(finder, rows);
    let rows = rows.saturating_sub(usize::from(more));
    let sought = finder.query.text().trim();
    let shown = found.bands.iter().enumerate().skip(top).take(rows);
    let row = |(at, band): (usize, &Band)| {
        let (how, how_style) = how(model, finder, band, theme);
        row(band, sought, at == finder.selected, (&how, how_style), room, theme)
    };
    let mut lines: Vec<_> = shown.map(row).collect();
    if more {
        lines.push(Line::styled("  … and others: type a part of the name", theme.dim));
    }
    lines
}

/// How one comes into a band, or what became of the wish to.
fn how(model: &Model, finder: &Finder, band: &Band, theme: &Theme) -> (String, Style) {
    if let Some(asked) = finder.asked_of(band) {
        let since = when::short(asked.status_at, model.now, &model.settings.zone, SINCE);
        return (format!("{} {since}", label::join_status(asked.status)), theme.join_status(asked.status));
    }
    let how = match (band.role, band.join) {
        (Some(_), _) => "you are in it",
        (None, JoinMode::Open) => "open to all",
        (None, _) => "takes requests",
    };
    (how.to_owned(), theme.dim)
}

fn row(band: &Band, sought: &str, selected: bool, how: (&str, Style), room: usize, theme: &Theme) -> Line<'static> {
    // A narrow box has no room for all: the members go first.
    let members = if room < 50 { 0 } else { MEMBERS + 1 };
    let (mark, style) = if selected { ("▸ ", theme.selected) } else { ("  ", Style::new()) };
    let mut spans = vec![Span::styled(mark, style)];
    spans.extend(found(&fit(&band.name, room.saturating_sub(2 + members + HOW)), sought, style, theme));
    if members > 0 {
        let count = match band.counts.members {
            1 => "1 member".to_owned(),
            count => format!("{count} members"),
        };
        spans.push(Span::styled(fit_right(&count, members), theme.dim));
    }
    spans.push(Span::styled(fit_right(how.0, HOW), how.1));
    Line::from(spans)
}

/// What became of the wish to join a band.
fn came_of(asked: &OwnRequest, model: &Model) -> String {
    let at = |at| when::date_and_time(at, &model.settings.zone);
    match asked.status {
        JoinStatus::Pending => format!("You asked on {}. An admin has to agree.", at(asked.created_at)),
        JoinStatus::Approved => format!("An admin agreed on {}.", at(asked.status_at)),
        JoinStatus::Denied => format!("An admin said no on {}. You can ask again.", at(asked.status_at)),
        JoinStatus::Closed => {
            format!("What you asked was closed on {}, unanswered. You can ask again.", at(asked.status_at))
        }
    }
}

/// What the chosen one is about and what became of the wish to join it, or what went wrong.
fn below(model: &Model, finder: &Finder, room: usize, theme: &Theme) -> Vec<Line<'static>> {
    let lines = if let Some(problem) = &finder.problem {
        say(&format!("✗ {problem}"), room, theme.error)
    } else if finder.sending.is_some() {
        vec![Line::styled("on its way…", theme.pending)]
    } else {
        let chosen = finder.chosen();
        let asked = chosen.and_then(|band| finder.asked_of(band));
        let about = chosen.and_then(|band| band.description.as_deref()).filter(|text| !text.is_empty());
        let asked = asked.map(|asked| say(&came_of(asked, model), room, theme.join_status(asked.status)));
        asked.into_iter().chain(about.map(|about| say(about, room, theme.dim))).flatten().collect()
    };
    if lines.is_empty() { lines } else { std::iter::once(Line::default()).chain(lines).collect() }
}
