//! What a message does to the model.

/// What all lists have in common, whatever their rows: `in_pane!(self, pane, step(1))` moves the cursor in the one of `pane`.
macro_rules! in_pane {
    ($model:ident, $pane:expr, $($of_list:tt)+) => {
        match $pane {
            Pane::Bands => $model.bands.list.$($of_list)+,
            Pane::Invites => $model.invites.list.$($of_list)+,
            Pane::Members => $model.members.list.$($of_list)+,
        }
    };
}

mod answer;
mod awaited;
mod bulk;
mod deed;
mod details;
mod finder;
mod forgot;
mod form;
mod groups;
mod inbox;
mod link;
mod listing;
mod many;
mod mouse;
mod offer;
mod overlay;
mod panes;
mod places;
mod poll;
mod quota;
mod rights;
mod start;
mod trail;
mod verify;

pub(super) use self::offer::ACCOUNT_ALONE;
use super::{
    keymap::{Action, Key},
    label,
    message::{Effect, Msg},
    model::{Input, MIN_HEIGHT, MIN_WIDTH, Model, Overlay, Purpose, RequestId, Screen, Toast, Tone},
    request::Request,
};
use crate::domain::{Pasted, Timestamp};

/// Seconds that a notice stays; one that says what went wrong stays longer.
const TOAST_SECONDS: i64 = 5;
const BAD_TOAST_SECONDS: i64 = 10;

impl Model {
    /// Takes in what happened at `now` and says what is to be done. Pure: the same model, message and instant give the
    /// same model and effects.
    pub fn update(&mut self, msg: Msg, now: Timestamp) -> Vec<Effect> {
        let was_awaiting = self.awaiting();
        self.now = now;
        self.dirty |= self.label_due.is_some_and(|due| now >= due);
        // Everything changes the screen but a poll that found nothing and the tick that sent it.
        let quiet = matches!(msg, Msg::Tick | Msg::Done { .. });
        self.dirty |= !quiet;
        let mut effects = match msg {
            Msg::Key(event) => self.key(event),
            Msg::Act(action) if self.screen == Screen::Panes => self.act_by_name(action),
            Msg::Act(_) => Vec::new(),
            Msg::Paste(text) => self.paste(&text),
            // On a screen that is too small nobody sees what there would be to point at.
            Msg::Wheel { .. } | Msg::Click { .. } if !self.has_room() => Vec::new(),
            Msg::Wheel { up, at } => self.wheel(up, at),
            Msg::Click { at } => self.click(at),
            Msg::Resize(width, height) => {
                self.size = (width, height);
                self.bulk_scroll();
                Vec::new()
            }
            Msg::Tick => self.tick(),
            Msg::Done { id, result } => self.done(id, result),
            Msg::Launched { serial, result } => self.launched(serial, result),
            Msg::Found { serial, origin, session, profile } => self.found(serial, origin, session, profile),
            Msg::Places(result) => {
                self.places_known(result);
                Vec::new()
            }
            Msg::Trouble(why) => {
                self.toast(Tone::Bad, why);
                Vec::new()
            }
            Msg::Copied { copied, link } => {
                self.copied(copied, link);
                Vec::new()
            }
            Msg::Read(result) => {
                self.bulk_read(result);
                Vec::new()
            }
            Msg::Saved(result) => {
                self.bulk_saved(result);
                Vec::new()
            }
            Msg::Edited(result) => self.edited(result),
            Msg::Resumed => self.poll_now(),
        };
        effects.extend(self.fetch_wanted());
        self.mind_awaited();
        self.dirty |= self.awaiting() != was_awaiting;
        self.label_due = self.next_label();
        effects
    }

    /// The instant at which something changes by itself: the next poll, the end of a notice or of what can be undone, a label that
    /// grows older.
    pub fn wake_at(&self) -> Option<Timestamp> {
        let toast = self.toast.as_ref().map(|toast| toast.until);
        let undo = self.undo.as_ref().map(|undo| undo.until);
        [self.line.next_poll, toast, undo, self.label_due, self.awaited_due()].into_iter().flatten().min()
    }

    fn tick(&mut self) -> Vec<Effect> {
        if self.toast.as_ref().is_some_and(|toast| self.now >= toast.until) {
            self.toast = None;
            self.dirty = true;
        }
        if self.undo.as_ref().is_some_and(|undo| self.now >= undo.until) {
            // The footer names its key no more.
            self.undo = None;
            self.dirty = true;
        }
        if self.line.next_poll.is_some_and(|due| self.now >= due) { self.poll() } else { Vec::new() }
    }

    /// When the next label on the screen reads differently: an expiry, or the age of the data.
    fn next_label(&self) -> Option<Timestamp> {
        if self.screen != Screen::Panes {
            return None;
        }
        let list = &self.invites.list;
        let shown = self.areas().list_height(super::model::Pane::Invites);
        // By campaign, what is on the screen is not what the list itself would show.
        let (top, shown) = if self.invites.groups.is_some() { (0, list.len()) } else { (list.top(), shown) };
        let expiries = list.rows().skip(top).take(shown).filter_map(|invite| {
            let pending = invite.status == crate::domain::Status::Pending;
            label::expiry(invite.expires_at.filter(|_| pending), self.now).1
        });
        expiries.chain(self.line.next_change(self.now, self.settings.poll_seconds)).min()
    }

    fn key(&mut self, event: crossterm::event::KeyEvent) -> Vec<Effect> {
        let key = Key::of(event);
        // These two hold everywhere, in forms too.
        if self.settings.keymap.keys(Action::Suspend).contains(&key) {
            return vec![Effect::Suspend];
        }
        if key.is_ctrl('c') {
            return vec![Effect::Quit];
        }
        if key.is("esc") && self.stops_awaiting() {
            return self.await_no_longer();
        }
        if !self.overlays.is_empty() {
            return self.overlay_key(key);
        }
        match &self.screen {
            Screen::Welcome { .. } => self.welcome_key(key),
            Screen::Starting(_) => self.starting_key(key),
            Screen::Entry(_) => self.entry_key(key),
            Screen::Panes => self.panes_key(key),
        }
    }

    /// Whether anything is drawn but that there is no room.
    const fn has_room(&self) -> bool {
        self.size.0 >= MIN_WIDTH && self.size.1 >= MIN_HEIGHT
    }

    /// Whether a password is being typed: one can read like a code, and is sent nowhere but with its form.
    fn is_at_secret(&self) -> bool {
        let Screen::Entry(form) = &self.screen else { return false };
        form.fields.get(form.focus).is_some_and(|field| matches!(field.input, Input::Secret(_)))
    }

    fn paste(&mut self, text: &str) -> Vec<Effect> {
        let pasted = Pasted::parse(text);
        // On the first forms an invite is no name and no password.
        let entry = self.overlays.is_empty() && matches!(self.screen, Screen::Entry(_) | Screen::Welcome { .. });
        if let (true, Ok(pasted)) = (entry && !self.is_at_secret(), &pasted) {
            return self.look_at(pasted.clone());
        }
        if let Some(Overlay::Bulk(_)) = self.overlays.last() {
            self.bulk_paste(text);
            return Vec::new();
        }
        if let Some((field, several)) = self.field_in_focus() {
            let fitted = if several { field.paste_lines(text) } else { field.paste(text) };
            if !fitted {
                self.toast(Tone::Bad, "That is too long for this field.");
            }
            self.typed();
            return self.search_changed();
        }
        if let Ok(pasted) = pasted {
            return self.look_at(pasted);
        }
        if self.bulk_from_paste(text) {
            return Vec::new();
        }
        self.toast(Tone::Plain, "What was pasted is no invite: paste a link, a token or a code.");
        Vec::new()
    }

    /// Shows a notice.
    fn toast(&mut self, tone: Tone, text: impl Into<String>) {
        let seconds = if tone == Tone::Bad { BAD_TOAST_SECONDS } else { TOAST_SECONDS };
        self.toast = Some(Toast { text: text.into(), tone, until: self.now.plus_seconds(seconds) });
        self.dirty = true;
    }

    /// Opens something over the screen.
    fn open(&mut self, overlay: Overlay) {
        self.overlays.push(overlay);
        self.dirty = true;
    }

    /// Sends a request whose answer serves this purpose.
    fn ask(&mut self, purpose: Purpose, request: Request) -> (RequestId, Effect) {
        let attempt = self.fresh();
        self.ask_again(attempt, purpose, request)
    }

    /// As [`Model::ask`], as the same attempt as an earlier request.
    fn ask_again(&mut self, attempt: u64, purpose: Purpose, request: Request) -> (RequestId, Effect) {
        let id = RequestId(self.fresh());
        self.waiting.insert(id, purpose);
        (id, Effect::Ask { id, attempt, request })
    }

    /// A number that was not used before.
    fn fresh(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }
}

#[cfg(test)]
mod tests;
