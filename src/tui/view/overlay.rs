//! What lies over the screen: one box each, the last on top.

mod confirm;
mod details;
mod finder;
mod help;
mod inbox;
mod link;
mod offer;
mod palette;
pub(super) mod places;
mod qr;

use ratatui::{
    Frame,
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    footer::fitting,
    form,
    outline::{Shape, clear, further, in_line, inside, outline, put, put_lines},
    text::wrap,
};
use crate::tui::{
    model::{Details, Model, Offer, Overlay},
    theme::Theme,
};

/// The widest that a box of text gets.
const WIDEST: u16 = 68;

/// Draws an overlay into the area between header and footer. Only the topmost one shows a cursor. Gives the line in which its
/// keys stand, where that is not the footer.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    model: &Model,
    overlay: &Overlay,
    on_top: bool,
    theme: &Theme,
) -> Option<u16> {
    let inner = match overlay {
        Overlay::Help { scroll } => {
            let lines = help::lines(model, usize::from(box_width(area)).saturating_sub(4), theme);
            reading(frame.buffer_mut(), area, "Keys", &lines, *scroll, &[("↓ ↑", "scroll"), ("esc", "close")], theme)
        }
        Overlay::Palette { query, selected } => palette::draw(frame, area, model, query, *selected, on_top, theme),
        Overlay::Form(form) => {
            let wide = box_width(area);
            let high = usize::from(area.height).saturating_sub(2);
            let drawn = form::draw(form, usize::from(wide).saturating_sub(4), high, theme);
            let inner = open(frame.buffer_mut(), area, wide, drawn.height(), &form.title, &form::keys(form), theme);
            drawn.put(frame, inner, inner.right() + 1, on_top);
            inner
        }
        Overlay::Confirm(confirm) => confirm::draw(frame.buffer_mut(), area, confirm, theme),
        Overlay::Details(details) => {
            let lines = details::lines(details, model, usize::from(box_width(area)).saturating_sub(4), theme);
            let keys = details::keys(model);
            let keys: Vec<_> = keys.iter().map(|(key, label)| (key.as_str(), *label)).collect();
            let title = details.invite.recipient();
            reading(frame.buffer_mut(), area, &title, &lines, details.scroll, &keys, theme)
        }
        Overlay::Link(shown) if shown.qr => {
            qr::draw(frame.buffer_mut(), area, shown, theme);
            return None;
        }
        Overlay::Link(shown) => link::draw(frame.buffer_mut(), area, model, shown, theme),
        Overlay::Offer(offer) => offer::draw(frame.buffer_mut(), area, model, offer, theme),
        Overlay::Finder(finder) => finder::draw(frame, area, model, finder, on_top, theme),
        Overlay::Listing(listing) => {
            super::listing::draw(frame, area, model, listing, on_top, theme);
            return None;
        }
        Overlay::Shown(shown) => {
            let listed = shown.topic.listed();
            let lines = super::listing::facts(shown, model, usize::from(box_width(area)).saturating_sub(4), theme);
            let keys = super::footer::own_keys(model, listed.about().scope);
            let keys: Vec<_> =
                keys.iter().map(|(key, label)| (key.as_str(), *label)).chain([("esc", "close")]).collect();
            let title = listed.name(&shown.entry);
            reading(frame.buffer_mut(), area, &title, &lines, shown.scroll, &keys, theme)
        }
        Overlay::Places(places) => places::draw(frame.buffer_mut(), area, model, places, theme),
        Overlay::Bulk(bulk) => {
            super::bulk::draw(frame, area, model, bulk, on_top, theme);
            return None;
        }
        Overlay::Inbox(list) => inbox::draw(frame.buffer_mut(), area, model, list, theme),
    };
    Some(inner.bottom())
}

/// An invite in full, in lines of so many columns.
pub(super) fn details_lines(details: &Details, model: &Model, wide: usize, theme: &Theme) -> Vec<Line<'static>> {
    details::lines(details, model, wide, theme)
}

/// What is offered, and what became of it, in lines of so many columns.
pub(super) fn offer_lines(
    offer: &Offer,
    model: &Model,
    wide: usize,
    theme: &Theme,
) -> (Vec<Line<'static>>, Vec<Line<'static>>) {
    offer::parts(offer, model, wide, theme)
}

/// The furthest that help, details or an offer can be scrolled on a screen of this size: their lines less those that are seen.
/// None where nothing scrolls is on top.
pub(super) fn most_scroll(model: &Model, area: Rect, theme: &Theme) -> u16 {
    let wide = usize::from(box_width(area)).saturating_sub(4);
    let lines = match model.overlays.last() {
        Some(Overlay::Help { .. }) => help::lines(model, wide, theme).len(),
        Some(Overlay::Listing(listing)) => super::listing::page(listing, model, area, theme).len(),
        Some(Overlay::Details(details)) => details::lines(details, model, wide, theme).len(),
        Some(Overlay::Shown(shown)) => super::listing::facts(shown, model, wide, theme).len(),
        Some(Overlay::Offer(offer)) => offer::height(offer, model, wide, theme),
        Some(Overlay::Form(form)) if form.review.is_some() => form::draw(form, wide, usize::MAX, theme).height(),
        _ => return 0,
    };
    lines.saturating_sub(usize::from(area.height.saturating_sub(2))) as u16
}

/// Whether the lines of an invite's details that say that there are more uses, and more of the history, are on the screen.
pub(super) fn details_more(model: &Model, details: &Details, area: Rect, theme: &Theme) -> [bool; 2] {
    let (lines, more) = details::drawn(details, model, usize::from(box_width(area)).saturating_sub(4), theme);
    let high = usize::from(area.height.saturating_sub(2));
    let top = usize::from(details.scroll).min(lines.len().saturating_sub(high));
    more.map(|at| at.is_some_and(|at| (top..top + high).contains(&at)))
}

const fn box_width(area: Rect) -> u16 {
    wide_box(area, WIDEST)
}

/// How wide a box is that gets at most so wide.
const fn wide_box(area: Rect, widest: u16) -> u16 {
    // On a narrow screen every column is needed.
    let free = if area.width < 60 { area.width } else { area.width - 4 };
    if free < widest { free } else { widest }
}

/// Draws a box for so many lines, with its title above and its keys below; gives what is inside.
fn open(
    buf: &mut Buffer,
    area: Rect,
    wide: u16,
    lines: usize,
    title: &str,
    keys: &[(&str, &str)],
    theme: &Theme,
) -> Rect {
    let frame = place(area, wide, lines);
    clear(buf, frame);
    outline(buf, frame, Shape::Closed, theme.focus);
    in_line(buf, frame, frame.y, (title, theme.title), ("", theme.dim));
    if frame.height >= 2 {
        keys_below(buf, frame, keys, theme);
    }
    within(frame)
}

/// Where a box for so many lines stands.
const fn place(area: Rect, wide: u16, lines: usize) -> Rect {
    let lines = (lines as u16).saturating_add(2);
    let high = if lines < area.height { lines } else { area.height };
    Rect {
        x: area.x + (area.width - wide) / 2,
        // A little above the middle, where the eye is.
        y: area.y + (area.height - high) * 2 / 5,
        width: wide,
        height: high,
    }
}

/// What is inside of such a box: a blank stands beside its lines.
const fn within(frame: Rect) -> Rect {
    let inner = inside(frame);
    Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
}

/// What of a list in a box can be pointed at in this row of the screen: the row of the list, or the field of the form.
pub(super) fn pointed_at(model: &Model, area: Rect, row: u16, theme: &Theme) -> Option<usize> {
    let (listed, top) = match model.overlays.last()? {
        Overlay::Form(form) => {
            let wide = box_width(area);
            let drawn = form::draw(
                form,
                usize::from(wide).saturating_sub(4),
                usize::from(area.height).saturating_sub(2),
                theme,
            );
            return drawn.field_at(within(place(area, wide, drawn.height())), row);
        }
        Overlay::Palette { query, selected } => palette::listed(area, model, query, *selected),
        Overlay::Finder(finder) => finder::listed(area, model, finder, theme),
        Overlay::Inbox(list) => inbox::listed(area, model, list, theme),
        Overlay::Places(places) => places::listed(area, model, places, theme),
        _ => return None,
    };
    (listed.y..listed.bottom()).contains(&row).then(|| top + usize::from(row - listed.y))
}

/// The keys in the lower line, as many as fit.
fn keys_below(buf: &mut Buffer, frame: Rect, keys: &[(&str, &str)], theme: &Theme) {
    let y = frame.bottom() - 1;
    let room = usize::from(frame.width).saturating_sub(4);
    let mut x = frame.x + 1;
    for (key, label) in fitting(keys, 1, room) {
        x = put(buf, x, y, &format!(" {key}"), theme.hint, room);
        x = put(buf, x, y, &format!(" {label} "), theme.dim, room);
    }
}

/// Lines to be read: a box that scrolls where they do not fit, and says so. Gives what is inside of the box, as [`open`] does.
fn reading(
    buf: &mut Buffer,
    area: Rect,
    title: &str,
    lines: &[Line<'_>],
    scroll: u16,
    keys: &[(&str, &str)],
    theme: &Theme,
) -> Rect {
    let inner = open(buf, area, box_width(area), lines.len(), title, keys, theme);
    scrolled(buf, inner, lines, scroll, theme);
    inner
}

/// As many lines as the area has, and on the edge of the box whether there are more.
pub(super) fn scrolled(buf: &mut Buffer, area: Rect, lines: &[Line<'_>], scroll: u16, theme: &Theme) {
    let high = usize::from(area.height);
    let top = usize::from(scroll).min(lines.len().saturating_sub(high));
    put_lines(buf, area, lines.iter().skip(top));
    arrows(buf, area, top, lines.len(), theme);
}

/// Says on the edge of a box that of so many lines, of which the one at `top` is the first in the area, some are not seen.
fn arrows(buf: &mut Buffer, area: Rect, top: usize, lines: usize, theme: &Theme) {
    let more = |count: usize| (count > 0).then_some(count);
    let below = lines.saturating_sub(top + usize::from(area.height));
    further(buf, area, area.right() + 1, [more(top), more(below)], theme.key);
}

/// The part of a box above so many lines, and which row of a list comes first in it, so that the chosen one is in sight.
fn above(inner: Rect, below: usize, selected: usize) -> (Rect, usize) {
    let high = usize::from(inner.height).saturating_sub(below);
    (Rect { height: high as u16, ..inner }, (selected + 1).saturating_sub(high.max(1)))
}

/// At most so many lines; the last one says that there were more.
fn first_lines(mut lines: Vec<Line<'static>>, most: usize) -> Vec<Line<'static>> {
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            // The mark takes the place of the last letter where there is no column behind it.
            if let Some(span) = last.spans.last_mut() {
                let room = super::text::columns(&span.content);
                span.content = super::text::clip(&format!("{}…", span.content), room).into();
            } else {
                last.push_span("…");
            }
        }
    }
    lines
}

/// A name and what it says, broken where it does not fit.
pub(super) fn fact(name: &str, what: &str, wide: usize, theme: &Theme) -> Vec<Line<'static>> {
    const NAMES: usize = 12;
    wrap(what, wide.saturating_sub(NAMES))
        .into_iter()
        .enumerate()
        .map(|(at, line)| {
            let name = if at == 0 { super::text::fit(name, NAMES) } else { " ".repeat(NAMES) };
            Line::from(vec![Span::styled(name, theme.dim), Span::raw(line)])
        })
        .collect()
}

/// A text of others, set apart by a bar.
fn quote(text: &str, wide: usize, theme: &Theme) -> Vec<Line<'static>> {
    wrap(text, wide.saturating_sub(2))
        .into_iter()
        .map(|line| Line::from(vec![Span::styled("│ ", theme.dim), Span::raw(line)]))
        .collect()
}

/// A text over several lines.
fn say(text: &str, wide: usize, style: ratatui::style::Style) -> Vec<Line<'static>> {
    wrap(text, wide).into_iter().map(|line| Line::styled(line, style)).collect()
}
