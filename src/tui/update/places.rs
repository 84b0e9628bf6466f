//! Going to another server or account and back, without leaving the client. Nothing of one goes to another: an invite
//! that was being looked at comes along only to another account of its own server.

use super::super::{
    keymap::{Action, Key},
    message::Effect,
    model::{Model, Overlay, Place, Places, Screen, Where},
};
use crate::domain::Pasted;

impl Model {
    pub(super) fn open_places(&mut self) -> Vec<Effect> {
        self.open(Overlay::Places(Box::default()));
        vec![Effect::Places]
    }

    fn places_mut(&mut self) -> Option<&mut Places> {
        match self.overlays.last_mut() {
            Some(Overlay::Places(places)) => Some(&mut **places),
            _ => None,
        }
    }

    /// The places are known, or the files of sessions cannot be read.
    pub(super) fn places_known(&mut self, result: Result<Vec<Place>, String>) {
        let here = result.as_ref().ok().and_then(|all| all.iter().position(|place| self.is_at(place)));
        let offered = self.overlays.iter().any(|overlay| matches!(overlay, Overlay::Offer(_)));
        let on_this_server = |all: &[Place]| all.iter().position(|place| self.is_on(&place.at) && !self.is_at(place));
        // An invite that is for somebody else is for another account of its own server.
        let other = result.as_ref().ok().filter(|_| offered).map(|all| on_this_server(all).unwrap_or(all.len()));
        let Some(places) = self.places_mut() else { return };
        match result {
            Ok(all) => {
                // The next one is where most want to go.
                places.selected = other.unwrap_or_else(|| here.map_or(0, |at| (at + 1) % all.len()));
                (places.all, places.problem) = (Some(all), None);
            }
            Err(why) => places.problem = Some(why),
        }
    }

    /// Whether this is where the person is.
    pub fn is_at(&self, place: &Place) -> bool {
        let name = self.me.as_ref().map(|me| me.username.as_str());
        self.is_on(&place.at) && place.profile == self.settings.profile && place.username.as_deref() == name
    }

    /// Whether the server in use is this one.
    fn is_on(&self, at: &Where) -> bool {
        self.server.as_ref().is_some_and(|server| match at {
            Where::Here => server.launched.is_some(),
            Where::Server(origin) => server.launched.is_none() && server.origin == *origin,
        })
    }

    pub(super) fn places_key(&mut self, key: Key) -> Vec<Effect> {
        let closes = key.is("esc") || key.as_char() == Some('q');
        if closes || self.settings.keymap.keys(Action::SwitchAccount).contains(&key) {
            self.overlays.pop();
            return Vec::new();
        }
        let Some(places) = self.places_mut() else { return Vec::new() };
        let end = places.lines() - 1;
        match key.as_char() {
            Some('j') => places.selected = (places.selected + 1).min(end),
            Some('k') => places.selected = places.selected.saturating_sub(1),
            _ if key.is("down") || key.is("tab") => places.selected = (places.selected + 1).min(end),
            _ if key.is("up") => places.selected = places.selected.saturating_sub(1),
            _ if key.is("enter") => {
                let place = places.all.as_ref().and_then(|all| all.get(places.selected)).cloned();
                let another_account = places.selected + 1 == end;
                return match place {
                    Some(place) if self.is_at(&place) => {
                        self.overlays.pop();
                        Vec::new()
                    }
                    Some(place) => self.go_to(place),
                    None if another_account => self.as_somebody_else(),
                    None => {
                        self.overlays.clear();
                        self.screen = Screen::Entry(super::super::forms::connect(""));
                        Vec::new()
                    }
                };
            }
            _ => {}
        }
        Vec::new()
    }

    /// The invite that is looked at, for another account of the same server.
    fn offered(&self) -> Option<Pasted> {
        self.overlays.iter().find_map(|overlay| match overlay {
            Overlay::Offer(offer) if offer.accepted.is_none() => Some(offer.pasted.clone()),
            _ => None,
        })
    }

    fn go_to(&mut self, place: Place) -> Vec<Effect> {
        let pasted = self.offered().filter(|_| self.is_on(&place.at));
        let mut settings = self.settings.clone();
        (settings.profile, settings.plain) = (place.profile.clone(), place.plain);
        let fresh = Self::new(settings, self.size, self.now);
        let next_id = self.next_id;
        let mut effects: Vec<_> = std::mem::replace(self, fresh).waiting.into_keys().map(Effect::Abandon).collect();
        (self.next_id, self.pasted) = (next_id, pasted);
        self.screen = Screen::Starting(format!("Going to {}…", place.title()));
        effects.push(Effect::Go { serial: self.set_out(), place });
        effects
    }

    /// To the sign-in form of the same server. The session that is left is kept.
    fn as_somebody_else(&mut self) -> Vec<Effect> {
        self.pasted = self.offered();
        let Some(mut server) = self.server.take() else { return Vec::new() };
        if let Some(launched) = &mut server.launched {
            launched.empty = false;
        }
        self.use_server(server.origin, server.keep_as, server.launched, None)
    }
}
