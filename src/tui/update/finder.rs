//! Bands that anyone may join or ask to join: found while typing, joined by Enter.

use super::{
    super::{
        keymap::Key,
        message::Effect,
        model::{Finder, Model, Overlay, Purpose},
        request::{Answer, Request},
    },
    answer::words,
};
use crate::{
    api::{Band, BandScope, OwnRequest},
    client::{BandQuery, Error, Page},
    domain::{JoinMode, JoinStatus},
};

/// So many of what the person has asked are looked at, the newest: as many as a page has at the most.
const MOST_ASKED: u32 = 200;

impl Finder {
    /// The band that the cursor is on.
    pub fn chosen(&self) -> Option<&Band> {
        self.found.as_ref()?.bands.get(self.selected)
    }

    /// What the person has last asked of a band that they are outside of, unless they came in by it or can come in unasked.
    pub fn asked_of(&self, band: &Band) -> Option<&OwnRequest> {
        let asked = self.asked.iter().find(|request| request.band.id == band.id)?;
        let is_told = band.role.is_none() && band.join != JoinMode::Open && asked.status != JoinStatus::Approved;
        is_told.then_some(asked)
    }
}

impl Model {
    pub(super) fn open_finder(&mut self) -> Vec<Effect> {
        self.open(Overlay::Finder(Box::default()));
        let mut effects = self.find_again();
        // A poll says nothing of a no: what became of a wish to join is read where one would ask again.
        let page = Page { limit: Some(MOST_ASKED), cursor: None };
        effects.extend(self.abandon(|purpose| *purpose == Purpose::Asked));
        effects.push(self.ask(Purpose::Asked, Request::OwnRequests(page)).1);
        effects
    }

    fn finder(&mut self) -> Option<&mut Finder> {
        self.overlays.iter_mut().find_map(|overlay| match overlay {
            Overlay::Finder(finder) => Some(&mut **finder),
            _ => None,
        })
    }

    /// Asks the server for what is typed; what was found before stays until the answer is there.
    pub(super) fn find_again(&mut self) -> Vec<Effect> {
        self.look_for(None)
    }

    fn look_for(&mut self, cursor: Option<String>) -> Vec<Effect> {
        let Some(finder) = self.finder() else { return Vec::new() };
        let text = finder.query.text().trim();
        let q = (!text.is_empty()).then(|| text.to_owned());
        let query = BandQuery { scope: Some(BandScope::Open), q, page: Page { limit: None, cursor } };
        let mut effects = self.abandon(|purpose| *purpose == Purpose::Find);
        effects.push(self.ask(Purpose::Find, Request::Bands(query)).1);
        effects
    }

    /// Bands were found, or cannot be looked for.
    pub(super) fn bands_found(&mut self, result: Result<Answer, Error>) -> Vec<Effect> {
        let Some(finder) = self.finder() else { return Vec::new() };
        match result {
            // Of many bands the server has looked at some: it is asked for the next.
            Ok(Answer::Bands(found)) if found.bands.is_empty() && found.next_cursor.is_some() => {
                self.look_for(found.next_cursor)
            }
            Ok(Answer::Bands(found)) => {
                finder.selected = 0;
                finder.problem = None;
                finder.found = Some(*found);
                Vec::new()
            }
            Ok(_) => Vec::new(),
            Err(error) => self.finder_failed(&error),
        }
    }

    /// What was asked of bands before is known, or cannot be: then they stand there as they do for everybody.
    pub(super) fn asked_known(&mut self, result: Result<Answer, Error>) -> Vec<Effect> {
        if let (Some(finder), Ok(Answer::OwnRequests(own))) = (self.finder(), result) {
            finder.asked = own.join_requests;
        }
        Vec::new()
    }

    fn finder_failed(&mut self, error: &Error) -> Vec<Effect> {
        if let Some(finder) = self.finder() {
            finder.problem = Some(words(error));
        }
        if error.is_offline() {
            return self.unreachable(error);
        }
        if error.is_unauthenticated() { self.signed_out() } else { Vec::new() }
    }

    pub(super) fn finder_key(&mut self, key: Key) -> Vec<Effect> {
        let Some(finder) = self.finder() else { return Vec::new() };
        if key.is("esc") {
            let sending = finder.sending.take();
            self.overlays.pop();
            let mut effects = self.abandon(|purpose| matches!(purpose, Purpose::Find | Purpose::Asked));
            if let Some(id) = sending {
                self.waiting.remove(&id);
                effects.push(Effect::Abandon(id));
            }
            return effects;
        }
        if finder.sending.is_some() {
            return Vec::new();
        }
        let end = finder.found.as_ref().map_or(0, |found| found.bands.len()).saturating_sub(1);
        if key.is("enter") {
            return self.join_chosen();
        }
        if key.is("down") || key.is_ctrl('n') || key.is("tab") {
            finder.selected = (finder.selected + 1).min(end);
        } else if key.is("up") || key.is_ctrl('p') || key.is("shift-tab") {
            finder.selected = finder.selected.saturating_sub(1);
        } else if finder.query.edit(key) {
            return self.find_again();
        }
        Vec::new()
    }

    /// Joins the chosen band, or asks to; one that the person is in already is gone to.
    fn join_chosen(&mut self) -> Vec<Effect> {
        // While another search is on its way the cursor is on what nobody looks for any more.
        if self.waiting.values().any(|purpose| *purpose == Purpose::Find) {
            return Vec::new();
        }
        let Some(band) = self.finder().and_then(|finder| finder.chosen().cloned()) else { return Vec::new() };
        if band.role.is_some() {
            self.overlays.pop();
            return self.choose_band(band.id);
        }
        let (id, effect) = self.ask(Purpose::Join, Request::JoinBand(band.id));
        if let Some(finder) = self.finder() {
            finder.sending = Some(id);
            finder.problem = None;
        }
        vec![effect]
    }

    /// A wish to join was answered.
    pub(super) fn join_answered(&mut self, result: Result<Answer, Error>) -> Vec<Effect> {
        let Some(finder) = self.finder() else { return Vec::new() };
        finder.sending = None;
        match result {
            Ok(Answer::Accepted(accepted)) => self.came_in(&accepted),
            Ok(_) => Vec::new(),
            Err(error) => self.finder_failed(&error),
        }
    }
}
