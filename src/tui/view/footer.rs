//! The last line: the keys that hold now, or a notice.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    outline::{clear, put_lines},
    text::{columns, wrap},
};
use crate::tui::{
    keymap::{Action, KEYMAP, Scope},
    model::{Model, Screen, Tone},
    theme::Theme,
};

/// The most lines that a notice takes.
const MOST_LINES: usize = 3;

pub(super) fn draw(buf: &mut Buffer, area: Rect, model: &Model, theme: &Theme) {
    if model.screen == Screen::Panes && model.overlays.is_empty() {
        let line = if searching(model) {
            hints(&[("enter", "keep"), ("esc", "clear"), ("↓", "to the list")], usize::from(area.width), theme)
        } else {
            keys(model, usize::from(area.width), theme)
        };
        put_lines(buf, area, [&line]);
    }
}

/// The notice: where the keys stand, and upwards from there if it needs more than a line.
pub(super) fn draw_toast(buf: &mut Buffer, area: Rect, model: &Model, theme: &Theme) {
    let Some(toast) = &model.toast else { return };
    let style = theme.tone(toast.tone);
    let glyph = match toast.tone {
        Tone::Good => "✓",
        Tone::Plain => "·",
        Tone::Bad => "✗",
    };
    let lines = wrap(&toast.text, usize::from(area.width).saturating_sub(4));
    let high = lines.len().min(MOST_LINES) as u16;
    let top = area.bottom().saturating_sub(high);
    let area = Rect { y: top, height: area.bottom() - top, ..area };
    clear(buf, area);
    let lines: Vec<_> = lines
        .into_iter()
        .enumerate()
        .map(|(at, line)| Line::styled(format!(" {} {line}", if at == 0 { glyph } else { " " }), style))
        .collect();
    put_lines(buf, area, &lines);
}

/// Keys with what they do, as many as fit.
pub(super) fn hints(hints: &[(&str, &str)], wide: usize, theme: &Theme) -> Line<'static> {
    let mut spans = vec![Span::raw(" ")];
    let mut used = 1;
    for (key, label) in hints {
        let add = columns(key) + 1 + columns(label);
        if used + add > wide {
            break;
        }
        spans.push(Span::styled((*key).to_owned(), theme.key));
        spans.push(Span::styled(format!(" {label}  "), theme.dim));
        used += add + 2;
    }
    Line::from(spans)
}

/// The keys of the pane in focus; the help comes last and always fits.
fn keys(model: &Model, wide: usize, theme: &Theme) -> Line<'static> {
    let scope = model.focus.scope();
    let keymap = &model.settings.keymap;
    let shown = |action: Action| {
        let key = keymap.keys(action).first()?.to_string();
        Some((key, action.binding().label))
    };
    let help = shown(Action::Help);
    let room = wide.saturating_sub(help.as_ref().map_or(0, |(key, label)| columns(key) + columns(label) + 3));
    // What was just revoked can be taken back: that goes first, since it does not last.
    let undo = model.undo.as_ref().and_then(|_| shown(Action::Undo));
    let named = |wanted: Scope| {
        KEYMAP.iter().filter(move |b| b.footer && b.scope == wanted && b.action != Action::Help).map(|b| b.action)
    };
    let all: Vec<_> = undo.into_iter().chain(named(scope).chain(named(Scope::Everywhere)).filter_map(shown)).collect();
    let mut used = 1;
    let mut fitting: Vec<(&str, &str)> = Vec::new();
    for (key, label) in &all {
        let add = columns(key) + columns(label) + 3;
        if used + add > room {
            break;
        }
        used += add;
        fitting.push((key, label));
    }
    if let Some((key, label)) = &help {
        fitting.push((key, label));
    }
    hints(&fitting, wide, theme)
}

fn searching(model: &Model) -> bool {
    [&model.bands.search, &model.invites.search, &model.members.search].into_iter().any(|search| search.typing)
}
