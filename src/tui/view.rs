//! Draws the model. Pure: the same model gives the same screen, and drawing changes nothing.

mod bulk;
mod entry;
pub(in crate::tui) mod figures;
mod footer;
mod form;
mod header;
mod hint;
mod listing;
mod outline;
mod overlay;
mod panes;
mod plain;
mod text;
pub(in crate::tui) mod when;

use ratatui::{Frame, layout::Rect, text::Line};

use super::{
    model::{Details, MIN_HEIGHT, MIN_WIDTH, Model, Pane, Screen, areas},
    theme::Theme,
};
pub(in crate::tui) use hint::Hints;
use outline::put_lines;
pub(in crate::tui) use panes::glyph;
pub(in crate::tui) use plain::said;

/// Draws the whole screen into a frame. Where things stand is decided by the frame's size, not by the model's, so that
/// nothing is drawn outside of it while a change of size is on its way.
pub fn view(model: &Model, theme: &Theme, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width < MIN_WIDTH || area.height < MIN_HEIGHT {
        too_small(frame, area, theme);
        return;
    }
    let areas = areas((area.width, area.height), model.focus);
    header::draw(frame.buffer_mut(), areas.header, model, theme);
    let body = Rect { y: areas.header.bottom(), height: areas.footer.y - areas.header.bottom(), ..area };
    let below = Rect { height: area.bottom() - body.y, ..body };
    match &model.screen {
        Screen::Welcome { choice, problem } => {
            entry::welcome(frame, below, model, *choice, problem.as_deref(), theme);
        }
        Screen::Starting(what) => entry::starting(frame, below, what, theme),
        Screen::Entry(form) => entry::entry(frame, below, model, form, theme),
        Screen::Panes => panes::draw(frame, &areas, model, theme),
    }
    footer::draw(frame.buffer_mut(), areas.footer, model, theme);
    let top = model.overlays.len().saturating_sub(1);
    let mut keys = areas.footer.y;
    for (at, over) in model.overlays.iter().enumerate() {
        keys = overlay::draw(frame, body, model, over, at == top, theme).unwrap_or(areas.footer.y);
    }
    footer::draw_toast(frame.buffer_mut(), areas.footer, keys, model, theme);
    text::steady(frame.buffer_mut());
}

/// The furthest that what is read on top (help, details, an offer) can be scrolled in this model's size; 0 where nothing scrolls.
pub fn most_scroll(model: &Model) -> u16 {
    let theme = Theme::new(crate::config::Theme::None, true);
    let areas = areas(model.size, model.focus);
    let body = Rect { height: areas.footer.y.saturating_sub(areas.header.bottom()), ..areas.header };
    overlay::most_scroll(model, body, &theme)
}

/// Whether what stands for more uses, and for more of the history, of the invite whose details are open is on the screen.
pub fn details_more(model: &Model, details: &Details) -> [bool; 2] {
    let theme = Theme::new(crate::config::Theme::None, true);
    overlay::details_more(model, details, areas(model.size, model.focus).body(), &theme)
}

/// The row of a list over the screen, or the field of a form, that stands in this row of the screen.
pub fn pointed_at(model: &Model, row: u16) -> Option<usize> {
    let theme = Theme::new(crate::config::Theme::None, true);
    let body = areas(model.size, model.focus).body();
    match &model.screen {
        Screen::Entry(form) if model.overlays.is_empty() => {
            let below = Rect { height: body.height + 1, ..body };
            entry::pointed_at(below, model, form, row, &theme)
        }
        _ => overlay::pointed_at(model, body, row, &theme),
    }
}

/// The pane whose name stands at this place below the only pane that has room.
pub fn tab_at(model: &Model, (column, row): (u16, u16)) -> Option<Pane> {
    let areas = areas(model.size, model.focus);
    let alone = areas.of(model.focus).filter(|area| area.width == areas.header.width && area.bottom() == row + 1)?;
    panes::tab_at(alone, column, model)
}

/// Says that the terminal is too small, as far as that fits.
fn too_small(frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
    let words =
        format!("The terminal is too small: {}×{}; guestlist needs {MIN_WIDTH}×{MIN_HEIGHT}.", area.width, area.height);
    let lines: Vec<_> =
        text::wrap(&words, usize::from(area.width)).into_iter().map(|line| Line::styled(line, theme.title)).collect();
    put_lines(frame.buffer_mut(), area, &lines);
}

#[cfg(test)]
pub(super) mod tests;
