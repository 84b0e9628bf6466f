//! The first line: how it stands with the server, who is signed in where, what waits.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    outline::put,
    text::{clip, columns, fit},
    when,
};
use crate::tui::{
    label,
    model::{Model, Screen, Wait},
    theme::Theme,
};

const NAME: &str = " guestlist";

pub(super) fn draw(buf: &mut Buffer, area: Rect, model: &Model, theme: &Theme) {
    let wide = usize::from(area.width);
    if let Some(banner) = banner(model, wide) {
        put(buf, area.x, area.y, &fit(&banner, wide), theme.banner, wide);
        return;
    }
    let mut x = put(buf, area.x, area.y, NAME, theme.title, wide);
    if model.screen == Screen::Panes {
        let awaited = awaited(model);
        let (text, style) = match model.line.heard {
            _ if awaited.is_some() => (awaited.unwrap_or_default(), theme.pending),
            None => ("○ connecting…".to_owned(), theme.dim),
            Some(heard) if label::is_live(heard, model.now, model.settings.poll_seconds) => {
                ("● live".to_owned(), theme.accepted)
            }
            Some(heard) => (format!("○ {}", label::age(heard, model.now)), theme.pending),
        };
        let room = usize::from(area.right().saturating_sub(x + 3));
        x = put(buf, x + 3, area.y, &clip(&text, room), style, room);
    }
    let mut right = area.right().saturating_sub(1);
    if model.inbox.pending > 0 && model.screen == Screen::Panes {
        let text = format!("inbox {}", model.inbox.pending);
        let start = right.saturating_sub(columns(&text) as u16);
        if start > x + 2 {
            put(buf, start, area.y, &text, theme.pending, wide);
            right = start.saturating_sub(3);
        }
    }
    let room = usize::from(right.saturating_sub(x + 3));
    let (name, place) = who(model);
    let full = if name.is_empty() { place.clone() } else { format!("{name} @ {place}") };
    // The place matters more than the name where there is no room for both.
    let text = if columns(&full) <= room { full } else { clip(&place, room) };
    if room >= 8 {
        // In the middle of what is left, so that it stays where it is when the inbox fills.
        let gap = (room - columns(&text)) / 2;
        put(buf, x + 3 + gap as u16, area.y, &text, theme.dim, room);
    }
}

/// Who is signed in, and where: "this machine" for an embedded server, "demo" for a throw-away one.
fn who(model: &Model) -> (&str, String) {
    let Some(server) = &model.server else { return ("", String::new()) };
    let place = if server.launched.is_some() {
        "this machine"
    } else if model.settings.demo.as_ref() == Some(&server.origin) {
        "demo"
    } else {
        let origin = server.origin.as_str();
        origin.strip_prefix("https://").unwrap_or(origin)
    };
    (model.me.as_ref().map_or("", |me| &me.username), place.to_owned())
}

/// What takes the place of all that while the server is not reached: since when, why, and how old the screen is.
fn banner(model: &Model, wide: usize) -> Option<String> {
    let since = model.line.offline_since?;
    if model.screen != Screen::Panes {
        return None;
    }
    let zone = &model.settings.zone;
    let begin = format!(" offline since {}", when::moment(since, model.now, zone));
    let as_of = model.line.heard.map(|heard| when::moment(heard, model.now, zone));
    let (long, short) = match as_of {
        Some(as_of) => (format!(" · what is shown is from {as_of} "), format!(" · as of {as_of} ")),
        None => (" · nothing is known yet ".to_owned(), String::new()),
    };
    let tail = if columns(&begin) + columns(&long) <= wide { long } else { short };
    let room = wide.saturating_sub(columns(&begin) + columns(&tail) + 3);
    let why = cause(model);
    let banner =
        if why.is_empty() || room < 8 { begin + &tail } else { format!("{begin} · {}{tail}", clip(&why, room)) };
    // What hangs is waited for longest here.
    Some(match awaited(model) {
        Some(awaited) => format!(" {awaited} ·{banner}"),
        None => banner,
    })
}

/// What is awaited, and what Esc does about it.
fn awaited(model: &Model) -> Option<String> {
    let (what, esc) = match model.awaiting()? {
        Wait::Answer => ("waiting", "esc stops"),
        Wait::Refresh => ("refreshing", "esc stops"),
        Wait::Search(_) => ("searching", "esc clears"),
        Wait::Rows => ("asking the server", ""),
    };
    Some(if model.esc_ends_awaiting() { format!("⋯ {what} · {esc}") } else { format!("⋯ {what}") })
}

/// Why the server is not reached, without what the line says anyway: that it is not, and which one.
fn cause(model: &Model) -> String {
    let why = model.line.why.trim();
    let Some(server) = &model.server else { return why.to_owned() };
    let origin = server.origin.as_str();
    let bare = why.strip_prefix("cannot reach ").unwrap_or(why);
    let bare = bare.strip_prefix(origin).map_or(why, |rest| rest.trim_start_matches(':'));
    bare.trim().to_owned()
}
