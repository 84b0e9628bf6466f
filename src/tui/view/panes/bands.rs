//! The bands: name, and how many invites are pending.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    super::{
        outline::put_lines,
        text::{columns, fit},
    },
    cell_style, empty, found, key, more, notice, stale, visible,
};
use crate::tui::{
    keymap::Action,
    model::{Model, Pane},
    theme::Theme,
};

pub(super) fn draw(buf: &mut Buffer, area: Rect, model: &Model, theme: &Theme) {
    let list = &model.bands.list;
    if list.is_empty() {
        let todo = format!(
            "No bands yet. {} makes one, {} finds one to join, {} accepts an invite to one.",
            key(model, Action::NewBand),
            key(model, Action::FindBand),
            key(model, Action::Accept)
        );
        notice(buf, area, &empty(model, list, !model.bands.search.query.is_empty(), &todo), theme.dim);
        return;
    }
    let lines: Vec<_> = visible(list, area.height)
        .map(|(_, band, selected)| {
            let pending = match band.counts.pending {
                0 => String::new(),
                count => count.to_string(),
            };
            let room = usize::from(area.width).saturating_sub(3 + columns(&pending) + 1);
            let cursor = if selected { "▸ " } else { "  " };
            let chosen = Some(band.id) == model.band;
            let mut name = cell_style(model, Pane::Bands, selected, theme);
            if chosen && !selected {
                name = name.patch(theme.title);
            }
            let mut spans = vec![Span::styled(cursor, name)];
            spans.extend(found(&fit(&band.name, room), model.bands.search.query.text().trim(), name, theme));
            spans.push(Span::styled(format!(" {pending} "), stale(model, theme).unwrap_or(theme.pending)));
            Line::from(spans)
        })
        .collect();
    put_lines(buf, area, &lines);
    more(buf, area, list, theme.dim);
}
