//! What lies over the panes: its keys, and the parts of an invite's details.

use super::super::{
    keymap::{Action, Key},
    message::Effect,
    model::{Model, Overlay, Pane},
    palette, view,
};
use crate::{api::Band, domain::BandId};

impl Model {
    /// The keys go to what lies on top.
    pub(super) fn overlay_key(&mut self, key: Key) -> Vec<Effect> {
        let most = view::most_scroll(self);
        match self.overlays.last_mut() {
            Some(Overlay::Form(form)) => {
                if form.review.is_some() && scrolled(&mut form.known.scroll, most, key) {
                    return Vec::new();
                }
                self.form_key(key)
            }
            Some(Overlay::Confirm(_)) => self.confirm_key(key),
            Some(Overlay::Offer(offer)) => {
                if scrolled(&mut offer.scroll, most, key) {
                    return Vec::new();
                }
                self.offer_key(key)
            }
            Some(Overlay::Palette { .. }) => self.palette_key(key),
            Some(Overlay::Help { scroll }) => {
                if scrolled(scroll, most, key) {
                    return Vec::new();
                }
                self.close_on(key, Action::Help)
            }
            Some(Overlay::Details(details)) => {
                if scrolled(&mut details.scroll, most, key) {
                    return self.details_wanted();
                }
                self.details_key(key)
            }
            Some(Overlay::Link(_)) => self.link_key(key),
            Some(Overlay::Listing(_)) => self.listing_key(key),
            Some(Overlay::Shown(shown)) => {
                if scrolled(&mut shown.scroll, most, key) {
                    return Vec::new();
                }
                self.shown_key(key)
            }
            Some(Overlay::Places(_)) => self.places_key(key),
            Some(Overlay::Bulk(_)) => self.bulk_key(key),
            Some(Overlay::Inbox(_)) => self.inbox_key(key),
            Some(Overlay::Finder(_)) => self.finder_key(key),
            None => Vec::new(),
        }
    }

    /// Esc, Enter, q and the key that opened it close it.
    pub(super) fn close_on(&mut self, key: Key, opened_by: Action) -> Vec<Effect> {
        let closes = key.is("esc") || key.is("enter") || key.as_char() == Some('q');
        if closes || self.settings.keymap.keys(opened_by).contains(&key) {
            self.overlays.pop();
        }
        Vec::new()
    }

    /// In the details the keys of the invites pane act on the invite that is open.
    fn details_key(&mut self, key: Key) -> Vec<Effect> {
        match self.settings.keymap.action(Pane::Invites.scope(), key) {
            Some(
                action @ (Action::CopyLink
                | Action::ShowLink
                | Action::ShowQr
                | Action::Revoke
                | Action::RotateLink
                | Action::Resend
                | Action::Extend
                | Action::Restore
                | Action::EditInvite
                | Action::Undo
                | Action::Help),
            ) => self.act(action),
            _ => self.close_on(key, Action::Open),
        }
    }

    fn palette_key(&mut self, key: Key) -> Vec<Effect> {
        let Some(Overlay::Palette { query, .. }) = self.overlays.last() else { return Vec::new() };
        let found = palette::matches(query.text(), self);
        let Some(Overlay::Palette { query, selected }) = self.overlays.last_mut() else { return Vec::new() };
        if key.is("esc") {
            self.overlays.pop();
            return Vec::new();
        }
        if key.is("enter") {
            let chosen = found.get(*selected).copied();
            self.overlays.pop();
            return chosen.map_or_else(Vec::new, |action| self.act_by_name(action));
        }
        if key.is("down") || key.is_ctrl('n') || key.is("tab") {
            *selected = (*selected + 1).min(found.len().saturating_sub(1));
        } else if key.is("up") || key.is_ctrl('p') || key.is("shift-tab") {
            *selected = selected.saturating_sub(1);
        } else if query.edit(key) {
            *selected = 0;
        }
        Vec::new()
    }

    /// An action chosen by its name takes the focus to the pane that it belongs to.
    pub(super) fn act_by_name(&mut self, action: Action) -> Vec<Effect> {
        if matches!(self.overlays.last(), Some(Overlay::Bulk(_))) {
            return self.bulk_act(action);
        }
        if let Some(pane) = Pane::of(action.binding().scope) {
            let mut effects = self.close_listings();
            self.move_focus(pane);
            effects.extend(self.act(action));
            return effects;
        }
        if matches!(self.overlays.last(), Some(Overlay::Listing(_))) {
            return self.listing_act(action);
        }
        self.act(action)
    }

    /// Enter: into a band, an invite's details, a member's form.
    pub(super) fn open_details(&mut self) -> Vec<Effect> {
        match self.focus {
            Pane::Bands => self.act(Action::InvitesPane),
            Pane::Members => self.act(Action::EditMember),
            Pane::Invites => {
                let Some(invite) = self.chosen_invite().cloned() else { return self.fold() };
                self.open_invite(invite)
            }
        }
    }

    /// Puts the cursor on a band that is new to the list.
    pub(super) fn choose_band(&mut self, band: BandId) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.bands.list.select(band) {
            effects.extend(self.follow_band());
        } else {
            self.bands.search = super::super::model::Search::default();
            effects.extend(self.abandon_pages(Pane::Bands));
            self.bands.list.clear();
            effects.extend(self.turn_to(Some(band)));
        }
        self.move_focus(Pane::Invites);
        self.line.etag = None;
        effects.extend(self.poll_now());
        effects
    }

    /// A band was made: it stands first at once, since the newest come first, and the list is asked for again.
    pub(super) fn band_made(&mut self, band: Band) -> Vec<Effect> {
        let id = band.id;
        self.bands.search = super::super::model::Search::default();
        let mut effects = self.abandon_pages(Pane::Bands);
        self.bands.list.renew();
        self.bands.list.put_first(band);
        effects.extend(self.choose_band(id));
        effects
    }
}

/// Whether a key scrolled what is read; it never goes further than its end.
fn scrolled(scroll: &mut u16, most: u16, key: Key) -> bool {
    let by: i32 = match () {
        () if key.is("down") || key.as_char() == Some('j') => 1,
        () if key.is("up") || key.as_char() == Some('k') => -1,
        () if key.is("pagedown") || key.is("space") => 10,
        () if key.is("pageup") => -10,
        () if key.is("end") || key.as_char() == Some('G') => i32::from(u16::MAX),
        () if key.is("home") || key.as_char() == Some('g') => -i32::from(u16::MAX),
        () => return false,
    };
    *scroll = u16::try_from((i32::from(*scroll) + by).max(0)).unwrap_or(u16::MAX).min(most);
    true
}
