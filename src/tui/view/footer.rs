//! The last line, the keys that hold now; and the notice, which lies where it hides no keys.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    outline::{clear, put_lines},
    text::{clip, columns, wrap},
};
use crate::tui::{
    keymap::{Action, KEYMAP, Key, Scope},
    model::{Bulk, Listing, Model, Overlay, Screen, ShownLink, Tone},
    theme::Theme,
};

/// The most lines that a notice takes.
const MOST_LINES: usize = 3;

pub(super) fn draw(buf: &mut Buffer, area: Rect, model: &Model, theme: &Theme) {
    if model.screen != Screen::Panes {
        return;
    }
    if let Some(Overlay::Listing(listing)) = model.overlays.last() {
        put_lines(buf, area, [&listing_keys(model, listing, usize::from(area.width), theme)]);
    } else if let Some(Overlay::Bulk(bulk)) = model.overlays.last() {
        put_lines(buf, area, [&bulk_keys(model, bulk, usize::from(area.width), theme)]);
    } else if let Some(Overlay::Link(shown)) = model.overlays.last().filter(|overlay| is_qr(overlay)) {
        put_lines(buf, area, [&qr_keys(model, shown, usize::from(area.width), theme)]);
    } else if model.overlays.is_empty() {
        let line = if model.search().typing {
            hints(&[("enter", "keep"), ("esc", "clear"), ("↓", "to the list")], usize::from(area.width), theme)
        } else {
            keys(model, usize::from(area.width), theme)
        };
        put_lines(buf, area, [&line]);
    }
}

/// The notice: above the footer, or in it where a box over the panes has its keys in its own line. Where that box leaves
/// no room below it, the notice goes over the header and down from there.
///
/// `keys` is the lowest line in which keys stand.
pub(super) fn draw_toast(buf: &mut Buffer, area: Rect, keys: u16, model: &Model, theme: &Theme) {
    let Some(toast) = &model.toast else { return };
    let style = theme.tone(toast.tone);
    let glyph = match toast.tone {
        Tone::Good => "✓",
        Tone::Plain => "·",
        Tone::Bad => "✗",
    };
    let room = usize::from(area.width).saturating_sub(4);
    let mut lines = wrap(&toast.text, room);
    if lines.len() > MOST_LINES {
        lines.truncate(MOST_LINES);
        if let Some(last) = lines.last_mut() {
            *last = clip(last, room.saturating_sub(1)).trim_end_matches('…').to_owned() + "…";
        }
    }
    let high = lines.len() as u16;
    let area = Rect { y: toast_top(area, keys, high), height: high, ..area }.intersection(buf.area);
    clear(buf, area);
    let lines: Vec<_> = lines
        .into_iter()
        .enumerate()
        .map(|(at, line)| Line::styled(format!(" {} {line}", if at == 0 { glyph } else { " " }), style))
        .collect();
    put_lines(buf, area, &lines);
}

/// The first line of a notice of so many: below the line with the keys, else above it, where that is the footer, else at the
/// top of the screen.
const fn toast_top(footer: Rect, keys: u16, high: u16) -> u16 {
    if keys >= footer.y {
        return footer.y.saturating_sub(high);
    }
    let top = (footer.y + footer.height).saturating_sub(high);
    if top > keys { top } else { 0 }
}

/// Keys with what they do.
pub(super) fn hints(hints: &[(&str, &str)], wide: usize, theme: &Theme) -> Line<'static> {
    line(&fitting(hints, 1, wide.saturating_sub(1)), theme)
}

/// Keys with what they do, of which the last two, the way out and the help, are always there. Where not all fit, the help is its
/// key alone: everybody knows it.
fn hints_and_help(hints: &[(&str, &str)], wide: usize, theme: &Theme) -> Line<'static> {
    let wide = wide.saturating_sub(1);
    let all = fitting(hints, 2, wide);
    if all.len() == hints.len() {
        return line(&all, theme);
    }
    let mut short = hints.to_vec();
    if let Some((_, label)) = short.last_mut() {
        *label = "";
    }
    line(&fitting(&short, 2, wide), theme)
}

fn line(hints: &[(&str, &str)], theme: &Theme) -> Line<'static> {
    let mut spans = vec![Span::raw(" ")];
    for (key, label) in hints {
        spans.push(Span::styled((*key).to_owned(), theme.hint));
        let gap = if label.is_empty() { "" } else { " " };
        spans.push(Span::styled(format!("{gap}{label}  "), theme.dim));
    }
    Line::from(spans)
}

/// As many as fit, from the first, each with a blank before its label and two behind it; the last `kept` of them go before
/// all others.
pub(super) fn fitting<'a>(hints: &[(&'a str, &'a str)], kept: usize, wide: usize) -> Vec<(&'a str, &'a str)> {
    let taken = |&(key, label): &(&str, &str)| columns(key) + usize::from(!label.is_empty()) + columns(label) + 2;
    let (others, kept) = hints.split_at(hints.len().saturating_sub(kept));
    let mut room = (wide + 2).saturating_sub(kept.iter().map(taken).sum());
    let others = others.iter().take_while(|hint| {
        let fits = taken(hint) <= room;
        room = room.saturating_sub(taken(hint));
        fits
    });
    others.chain(kept).copied().collect()
}

const fn is_qr(overlay: &Overlay) -> bool {
    matches!(overlay, Overlay::Link(shown) if shown.qr)
}

/// The keys of a QR code: every row of the screen is its own.
fn qr_keys(model: &Model, shown: &ShownLink, wide: usize, theme: &Theme) -> Line<'static> {
    let key = |action| model.settings.keymap.keys(action).first().map(ToString::to_string).unwrap_or_default();
    let (copy, turn) = (key(Action::CopyLink), key(Action::ShowQr));
    let copied = if shown.copied.is_some() { "copy again" } else { "copy link" };
    hints(&[(&copy, copied), (&turn, "as a link"), ("i", "invert"), ("esc", "close")], wide, theme)
}

/// The keys of a list over the panes: its own, then the way back and the help.
fn listing_keys(model: &Model, listing: &Listing, wide: usize, theme: &Theme) -> Line<'static> {
    let listed = listing.topic.listed();
    let mut all = own_keys(model, listed.about().scope);
    let nothing = listing.list.loaded && listing.list.is_empty();
    if nothing {
        // What is done to a row is no hint where there is none.
        all.retain(|(key, _)| key.parse().is_ok_and(|key| needs_no_row(model, listing, key)));
    }
    let filter = listed.is_narrowing(model).then_some(Action::Filter);
    let open = (!listed.is_page() && !nothing).then_some(Action::Open);
    let mark = (listed.is_marking() && !nothing).then_some(Action::Mark);
    let others = open.into_iter().chain(filter).chain(mark).chain([Action::Back, Action::Help]);
    let label = |action: Action| match action {
        Action::Open if listed.is_outline() => "unfold",
        _ => action.binding().label,
    };
    all.extend(
        others.filter_map(|action| Some((model.settings.keymap.keys(action).first()?.to_string(), label(action)))),
    );
    let all: Vec<_> = all.iter().map(|(key, label)| (key.as_str(), *label)).collect();
    hints_and_help(&all, wide, theme)
}

/// Whether a key of a list does something where there is nothing in it.
fn needs_no_row(model: &Model, listing: &Listing, key: Key) -> bool {
    let listed = listing.topic.listed();
    model
        .settings
        .keymap
        .action(listed.about().scope, key)
        .is_some_and(|action| action == Action::ExportTrail || listed.start(action, &[], listing, model).is_some())
}

/// The keys of a list of people: of the field that is typed into, else its own.
fn bulk_keys(model: &Model, bulk: &Bulk, wide: usize, theme: &Theme) -> Line<'static> {
    if !bulk.has_list() {
        return hints(&[("enter", "open the file"), ("esc", "close")], wide, theme);
    }
    if bulk.editing.is_some() {
        return hints(
            &[("enter", "keep"), ("tab", "next cell"), ("↓ ↑", "next row"), ("esc", "as it was")],
            wide,
            theme,
        );
    }
    if bulk.run.as_ref().is_some_and(|run| run.sending.is_some()) {
        return hints(&[("esc", "stop")], wide, theme);
    }
    let mut all = own_keys(model, Scope::Bulk);
    let others = [Action::Back, Action::Help].into_iter();
    all.extend(
        others.filter_map(|action| {
            Some((model.settings.keymap.keys(action).first()?.to_string(), action.binding().label))
        }),
    );
    let all: Vec<_> = all.iter().map(|(key, label)| (key.as_str(), *label)).collect();
    hints_and_help(&all, wide, theme)
}

/// The keys of a scope alone, as far as the footer names them.
pub(super) fn own_keys(model: &Model, scope: Scope) -> Vec<(String, &'static str)> {
    let named = KEYMAP.iter().filter(|binding| binding.footer && binding.scope == scope);
    // What the person may not do is no hint.
    let named = named.filter(|binding| model.barred(binding.action).is_none());
    let keys = |action| model.settings.keymap.keys(action).first().map(ToString::to_string);
    named.filter_map(|binding| Some((keys(binding.action)?, binding.label))).collect()
}

/// The keys of the pane in focus; the help comes last.
fn keys(model: &Model, wide: usize, theme: &Theme) -> Line<'static> {
    let keymap = &model.settings.keymap;
    let shown = |action: Action| {
        let key = keymap.keys(action).first()?.to_string();
        Some((key, action.binding().label))
    };
    // What was just revoked can be taken back: that goes first, since it does not last.
    let undo = model.undo.as_ref().map(|_| Action::Undo);
    let named = |wanted: Scope| {
        KEYMAP.iter().filter(move |b| b.footer && b.scope == wanted && b.action != Action::Help).map(|b| b.action)
    };
    let inbox = (model.inbox.pending > 0).then_some(Action::Inbox);
    let actions = undo.into_iter().chain(inbox).chain(named(model.focus.scope())).chain(named(Scope::Everywhere));
    // What the person may not do in this band is no hint.
    let actions = actions.filter(|action| model.barred(*action).is_none());
    let all: Vec<_> = actions.chain([Action::Help]).filter_map(shown).collect();
    let all: Vec<_> = all.iter().map(|(key, label)| (key.as_str(), *label)).collect();
    hints(&all, wide, theme)
}
