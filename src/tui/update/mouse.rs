//! The mouse: the wheel moves what it is over, a click chooses, and one more on what is chosen opens it. A click on a key that
//! is named in the footer, or below a box, does what the key does.

use super::super::{
    keymap::Key,
    message::Effect,
    model::{Form, Model, Overlay, Pane, Screen},
    palette, view,
};

/// Rows that a notch of the wheel moves.
const NOTCH: isize = 3;

impl Model {
    /// A frame was drawn: what it shows is what is clicked on next.
    pub fn drawn(&mut self) {
        self.hints = view::Hints::of(self);
    }

    /// The wheel was turned at this column and row.
    pub(super) fn wheel(&mut self, up: bool, at: (u16, u16)) -> Vec<Effect> {
        let by = if up { -NOTCH } else { NOTCH };
        let (key, times) = match self.overlays.last_mut() {
            None => return self.wheel_below(up, at),
            Some(Overlay::Listing(_)) => return self.listing_step(by),
            Some(Overlay::Form(form)) if form.review.is_none() => {
                next_field(form, up);
                return Vec::new();
            }
            Some(Overlay::Bulk(bulk)) => {
                let idle = bulk.has_list() && bulk.editing.is_none();
                let height = self.bulk_height();
                if let Some(bulk) = self.bulk_mut().filter(|_| idle) {
                    bulk.step(by, height);
                }
                return Vec::new();
            }
            Some(Overlay::Confirm(_) | Overlay::Link(_)) => return Vec::new(),
            Some(Overlay::Palette { .. } | Overlay::Finder(_) | Overlay::Inbox(_) | Overlay::Places(_)) => (up, 1),
            Some(
                Overlay::Help { .. } | Overlay::Details(_) | Overlay::Shown(_) | Overlay::Offer(_) | Overlay::Form(_),
            ) => (up, by.unsigned_abs()),
        };
        (0..times).flat_map(|_| self.overlay_key(arrow(key))).collect()
    }

    /// The wheel, where nothing lies over the screen.
    fn wheel_below(&mut self, up: bool, at: (u16, u16)) -> Vec<Effect> {
        match &mut self.screen {
            Screen::Panes => {
                if let Some(pane) = self.areas().pane_at(at) {
                    self.move_focus(pane);
                }
                self.step(if up { -NOTCH } else { NOTCH })
            }
            Screen::Entry(form) => {
                next_field(form, up);
                Vec::new()
            }
            Screen::Welcome { .. } | Screen::Starting(_) => Vec::new(),
        }
    }

    /// A click at this column and row.
    pub(super) fn click(&mut self, at: (u16, u16)) -> Vec<Effect> {
        let seen = self.hints.as_ref().and_then(|hints| hints.at(at));
        let named = view::Hints::of(self).and_then(|hints| hints.at(at));
        if seen != named {
            // It was meant for what stood there.
            return Vec::new();
        }
        if let Some(key) = named {
            return self.key(key.event());
        }
        let pointed = view::pointed_at(self, at.1);
        let again = match self.overlays.last_mut() {
            None if self.screen == Screen::Panes => return self.click_panes(at),
            None => {
                if let (Screen::Entry(form), Some(field)) = (&mut self.screen, pointed) {
                    to_field(form, field);
                }
                false
            }
            Some(Overlay::Listing(_)) => return self.listing_click(at.1),
            Some(Overlay::Form(form)) => {
                if let Some(field) = pointed {
                    to_field(form, field);
                }
                false
            }
            Some(Overlay::Palette { query, .. }) => {
                let query = query.text().to_owned();
                let found = palette::matches(&query, self).len();
                let Some(Overlay::Palette { selected, .. }) = self.overlays.last_mut() else { return Vec::new() };
                chosen_again(selected, pointed.filter(|&row| row < found))
            }
            Some(Overlay::Inbox(list)) => {
                let count = list.page.as_ref().map_or(0, |page| page.invites.len());
                chosen_again(&mut list.selected, pointed.filter(|&row| row < count))
            }
            Some(Overlay::Places(places)) => {
                let count = places.lines();
                chosen_again(&mut places.selected, pointed.filter(|&row| row < count))
            }
            Some(Overlay::Finder(finder)) => {
                let count = finder.found.as_ref().map_or(0, |found| found.bands.len());
                // To join is more than a click: what it does is said first.
                chosen_again(&mut finder.selected, pointed.filter(|&row| row < count && finder.sending.is_none()));
                false
            }
            Some(Overlay::Bulk(_)) => {
                self.bulk_click(at.1);
                false
            }
            Some(_) => false,
        };
        if again { self.overlay_key(enter()) } else { Vec::new() }
    }

    fn click_panes(&mut self, at: (u16, u16)) -> Vec<Effect> {
        if let Some(pane) = view::tab_at(self, at) {
            self.move_focus(pane);
            self.scroll();
            return Vec::new();
        }
        let areas = self.areas();
        let Some(pane) = areas.pane_at(at) else { return Vec::new() };
        let focused = !self.move_focus(pane);
        let (Some(area), heading) = (areas.of(pane), if pane == Pane::Invites { 2 } else { 1 }) else {
            return Vec::new();
        };
        let Some(line) = at.1.checked_sub(area.y + heading).map(usize::from) else { return Vec::new() };
        if line >= areas.list_height(pane) {
            return Vec::new();
        }
        let again = self.pane_click(pane, line) && focused;
        self.scroll();
        let mut effects = self.follow_band();
        if again {
            effects.extend(self.open_details());
        }
        effects
    }

    /// A click on this row of a list of people.
    fn bulk_click(&mut self, row: u16) {
        let (first, height) = (self.areas().body().y + 2, self.bulk_height());
        let line = row.checked_sub(first).map(usize::from).filter(|&line| line < height);
        let Some(bulk) = self.bulk_mut().filter(|bulk| bulk.has_list() && bulk.editing.is_none()) else { return };
        if let Some(&at) = line.and_then(|line| bulk.shown().get(bulk.top + line).copied()).as_ref() {
            bulk.selected = at;
        }
    }
}

/// Puts the cursor on what was pointed at; whether it was there already.
fn chosen_again(selected: &mut usize, pointed: Option<usize>) -> bool {
    pointed.is_some_and(|row| std::mem::replace(selected, row) == row)
}

/// The field before or behind the one in focus; it stops at the ends, as a wheel does.
fn next_field(form: &mut Form, up: bool) {
    let next = if up { form.focus.checked_sub(1) } else { Some(form.focus + 1) };
    if let Some(next) = next.filter(|&next| next < form.fields.len()) {
        to_field(form, next);
    }
}

fn to_field(form: &mut Form, field: usize) {
    if form.sending.is_none() && form.review.is_none() && field < form.fields.len() {
        form.focus = field;
        form.known.picked = None;
    }
}

fn arrow(up: bool) -> Key {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    Key::of(KeyEvent::new(if up { KeyCode::Up } else { KeyCode::Down }, KeyModifiers::NONE))
}

fn enter() -> Key {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    Key::of(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE))
}
