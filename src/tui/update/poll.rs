//! The poll: one conditional request an interval, and what its answer makes stale.

use std::collections::BTreeMap;

use super::super::{
    label,
    message::Effect,
    model::{Line, Model, Pane, Purpose, Screen, Want},
    request::Request,
};
use crate::{
    api::Sync,
    client::{Error, Synced},
    domain::Timestamp,
};

/// The longest pause between two tries to reach a server.
const LONGEST_PAUSE: i64 = 60;
/// The longest pause that a server can wish for.
const LONGEST_WISH: i64 = 600;

impl Line {
    /// When the age shown in the header reads differently: never while polls come in time.
    pub(super) fn next_change(&self, now: Timestamp, poll_seconds: u32) -> Option<Timestamp> {
        self.heard.map(|heard| label::age_change(heard, now, poll_seconds))
    }
}

impl Model {
    /// Polls at once, whatever the interval says.
    pub(super) fn poll_now(&mut self) -> Vec<Effect> {
        if self.screen == Screen::Panes { self.poll() } else { Vec::new() }
    }

    pub(super) fn poll(&mut self) -> Vec<Effect> {
        if self.waiting.values().any(|purpose| *purpose == Purpose::Poll) {
            self.line.next_poll = None;
            return Vec::new();
        }
        self.line.next_poll = None;
        let etag = self.line.etag.clone();
        vec![self.ask(Purpose::Poll, Request::Sync(etag)).1]
    }

    /// A poll was answered.
    pub(super) fn polled(&mut self, result: Result<Synced, Error>) -> Vec<Effect> {
        match result {
            Ok(synced) => {
                self.reached();
                // A list that could not be fetched, for whatever reason, is tried again as often as the server is polled.
                self.unstick();
                self.line.next_poll = Some(self.after(i64::from(self.settings.poll_seconds)));
                let mut effects = self.ask_who_is_missing();
                if let Synced::Changed { sync, etag } = synced {
                    self.line.etag = etag;
                    self.dirty = true;
                    effects.extend(self.synced(&sync));
                }
                effects
            }
            Err(error) if error.is_unauthenticated() => self.signed_out(),
            Err(error) => {
                self.line.failures = self.line.failures.saturating_add(1);
                let pause = i64::from(self.settings.poll_seconds) << self.line.failures.min(6);
                // The server's own wish goes before, but nobody waits for an hour because a proxy says so.
                let wish = error.retry_after().map_or(0, |seconds| i64::from(seconds).min(LONGEST_WISH));
                self.line.next_poll = Some(self.after(pause.min(LONGEST_PAUSE).max(wish)));
                self.unreachable(&error)
            }
        }
    }

    /// Who is signed in could not be asked while the server was away.
    fn ask_who_is_missing(&mut self) -> Vec<Effect> {
        let asked = self.waiting.values().any(|purpose| *purpose == Purpose::Me);
        if self.me.is_some() || asked { Vec::new() } else { vec![self.ask(Purpose::Me, Request::Me).1] }
    }

    /// The server answered something.
    pub(super) fn reached(&mut self) {
        let late = self.line.heard.is_none_or(|heard| !label::is_live(heard, self.now, self.settings.poll_seconds));
        self.line.heard = Some(self.now);
        let was_offline = self.line.offline_since.take().is_some();
        if late || was_offline {
            self.dirty = true;
        }
        self.line.failures = 0;
        self.line.why.clear();
    }

    /// The server did not answer. An embedded one is started again: the client that ran it may have ended.
    pub(super) fn unreachable(&mut self, error: &Error) -> Vec<Effect> {
        let why = error.to_string();
        if self.line.offline_since.is_none() || self.line.why != why {
            self.dirty = true;
        }
        self.line.offline_since.get_or_insert(self.now);
        self.line.why = why;
        let embedded = self.server.as_ref().is_some_and(|server| server.launched.is_some());
        if self.line.relaunching.is_some() || !embedded || !matches!(error, Error::Connection { .. }) {
            return Vec::new();
        }
        let serial = self.fresh();
        self.line.relaunching = Some(serial);
        vec![Effect::Launch(serial)]
    }

    /// Fetches again what is on the screen of everything whose revision moved.
    fn synced(&mut self, sync: &Sync) -> Vec<Effect> {
        let waited = std::mem::replace(&mut self.inbox, sync.inbox.clone());
        let revisions: BTreeMap<_, _> = sync.bands.iter().map(|band| (band.id, band.revision)).collect();
        let before = std::mem::replace(&mut self.revisions, revisions);
        let mut effects = if waited == self.inbox { Vec::new() } else { self.inbox_again() };
        if before != self.revisions && self.bands.list.loaded {
            effects.extend(self.fetch_again(Pane::Bands));
        }
        if let Some(band) = self.band
            && before.get(&band) != self.revisions.get(&band)
            && self.revisions.contains_key(&band)
        {
            effects.extend(self.fetch_again(Pane::Invites));
            effects.extend(self.groups_again());
            effects.extend(self.fetch_again(Pane::Members));
        }
        let of = self.listing().and_then(|listing| listing.band);
        if of.is_some_and(|band| before.get(&band) != self.revisions.get(&band)) {
            effects.extend(self.listing_again());
        }
        effects
    }

    fn fetch_again(&mut self, pane: Pane) -> Vec<Effect> {
        let height = self.areas().list_height(pane);
        let wants = in_pane!(self, pane, on_screen(height));
        wants.into_iter().filter_map(|want| self.fetch(pane, want)).collect()
    }

    /// Everything on the screen anew, because the person asked.
    pub(super) fn refresh(&mut self) -> Vec<Effect> {
        self.unstick();
        let mut effects = self.poll_now();
        for pane in Pane::ALL {
            effects.extend(self.fetch_again(pane));
        }
        effects.extend(self.groups_again());
        effects.extend(self.listing_again());
        // A poll that is on its way already is the answer to this, too.
        let polls = self.waiting.iter().filter(|(_, purpose)| **purpose == Purpose::Poll).map(|(id, _)| *id);
        self.refreshing = polls.collect();
        self.refreshing.extend(effects.iter().filter_map(|effect| match effect {
            Effect::Ask { id, .. } => Some(*id),
            _ => None,
        }));
        effects
    }

    /// So many seconds from now, give or take a tenth, so that clients started together do not stay together.
    fn after(&self, seconds: i64) -> Timestamp {
        let tenth = seconds * 100_000;
        let spread = self.now.micros().wrapping_mul(0x2545_F491).rem_euclid(2 * tenth + 1) - tenth;
        Timestamp::from_micros(self.now.micros() + seconds * 1_000_000 + spread)
    }

    /// What a list asks for on its own: used after every message.
    pub(super) fn fetch_wanted(&mut self) -> Vec<Effect> {
        if self.screen != Screen::Panes || self.me.is_none() && self.line.heard.is_none() && self.waiting.is_empty() {
            return Vec::new();
        }
        let mut effects = Vec::new();
        for pane in Pane::ALL {
            let height = self.areas().list_height(pane);
            let Some(want) = in_pane!(self, pane, next_want(height)) else { continue };
            if !self.is_fetching(pane) {
                effects.extend(self.fetch(pane, want));
            }
        }
        effects.extend(self.groups_wanted());
        effects.extend(self.listing_wanted());
        effects
    }

    /// Whether a page that belongs to the present question of a pane is on its way, other than a page again.
    fn is_fetching(&self, pane: Pane) -> bool {
        let present = in_pane!(self, pane, question);
        self.waiting.values().any(|purpose| match purpose {
            Purpose::Page { pane: of, question, want } => {
                (*of, *question) == (pane, present) && !matches!(want, Want::Again(_))
            }
            _ => false,
        })
    }

    /// Lists whose last page failed may ask again.
    fn unstick(&mut self) {
        for pane in Pane::ALL {
            in_pane!(self, pane, stuck = false);
        }
        if let Some(groups) = &mut self.invites.groups {
            groups.list.stuck = false;
        }
        if let Some(listing) = self.listing_mut().filter(|listing| listing.problem.is_none()) {
            listing.unstick();
        }
    }
}
