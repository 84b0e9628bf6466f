//! Where a person can go: accounts, profiles, this machine, and the ways to further ones.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{
    super::text::{clip, columns, fit_right},
    above, arrows, box_width, first_lines, open, place, put_lines, say, within,
};
use crate::tui::{
    model::{Model, Place, Places, Where},
    theme::Theme,
};

pub(super) fn draw(buf: &mut Buffer, area: Rect, model: &Model, places: &Places, theme: &Theme) -> Rect {
    let wide = box_width(area);
    let room = usize::from(wide).saturating_sub(4);
    let (rows, below) = parts(model, places, room, theme);
    let keys = [("enter", "go there"), ("↓ ↑", "choose"), ("esc", "stay")];
    let inner = open(buf, area, wide, rows.len() + below.len(), "Servers and accounts", &keys, theme);
    let below = first_lines(below, usize::from(inner.height).saturating_sub(rows.len().min(3)));
    let (listed, top) = above(inner, below.len(), places.selected);
    put_lines(buf, listed, rows.iter().skip(top));
    arrows(buf, listed, top, rows.len(), theme);
    put_lines(buf, Rect { y: listed.bottom(), height: below.len() as u16, ..inner }, &below);
    inner
}

/// Where its rows stand, and which of them is the first.
pub(super) fn listed(area: Rect, model: &Model, places: &Places, theme: &Theme) -> (Rect, usize) {
    let wide = box_width(area);
    let (rows, below) = parts(model, places, usize::from(wide).saturating_sub(4), theme);
    let inner = within(place(area, wide, rows.len() + below.len()));
    let (listed, top) =
        above(inner, below.len().min(usize::from(inner.height).saturating_sub(rows.len().min(3))), places.selected);
    // Above the places it may say that they are awaited.
    let awaited = u16::from(places.all.is_none() && places.problem.is_none());
    (Rect { y: listed.y + awaited, height: listed.height.saturating_sub(awaited), ..listed }, top)
}

/// The places with the ways to further ones, and what went wrong.
fn parts(model: &Model, places: &Places, room: usize, theme: &Theme) -> (Vec<Line<'static>>, Vec<Line<'static>>) {
    let mut rows = Vec::new();
    if places.all.is_none() && places.problem.is_none() {
        rows.push(Line::styled("looking…", theme.dim));
    }
    let all = places.all.iter().flatten();
    rows.extend(all.enumerate().map(|(at, place)| row(place, at == places.selected, model, room, theme)));
    let known = places.lines() - 2;
    for (at, text) in ["another account on this server", "another server"].into_iter().enumerate() {
        rows.push(line(text, "", known + at == places.selected, room, theme));
    }
    let mut below = Vec::new();
    if let Some(problem) = &places.problem {
        below.push(Line::default());
        below.extend(say(&format!("✗ {problem}"), room, theme.error));
    }
    (rows, below)
}

fn row(place: &Place, selected: bool, model: &Model, room: usize, theme: &Theme) -> Line<'static> {
    let note = match (&place.profile, &place.username) {
        _ if model.is_at(place) => "you are here".to_owned(),
        (Some(profile), None) => format!("{profile} · sign in"),
        (Some(profile), Some(_)) => profile.clone(),
        (None, None) => "sign in".to_owned(),
        (None, Some(_)) => String::new(),
    };
    line(&title(place, model), &note, selected, room, theme)
}

/// Who one is there and where, the throw-away server by its name.
pub(in crate::tui::view) fn title(place: &Place, model: &Model) -> String {
    match (&place.at, &place.username) {
        (Where::Server(origin), Some(username)) if model.settings.demo.as_ref() == Some(origin) => {
            format!("{username} @ demo")
        }
        _ => place.title(),
    }
}

fn line(text: &str, note: &str, selected: bool, room: usize, theme: &Theme) -> Line<'static> {
    let (mark, style) = if selected { ("▸ ", theme.selected) } else { ("  ", Style::new()) };
    let note = clip(note, room / 2);
    let text = clip(text, room.saturating_sub(columns(&note) + 4));
    let left = room.saturating_sub(2 + columns(&text));
    Line::from(vec![
        Span::styled(mark, style),
        Span::styled(text, style),
        Span::styled(fit_right(&note, left), theme.dim),
    ])
}
