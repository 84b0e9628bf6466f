//! What a key has asked for and nothing on the screen tells of: a link to copy or to show, an undo, a refresh, other rows of
//! a list. The header says so where the answer takes its time, and what Esc does about it.

use super::super::{
    message::Effect,
    model::{Awaited, List, Model, Overlay, Pane, Purpose, Row, Screen, Tone, Wait, Want},
};
use crate::domain::Timestamp;

/// How long an answer may take before it is said that it is awaited: what comes at once would only flicker.
const MICROS: i64 = 500_000;

/// Whether nothing but the header tells that it is awaited.
const fn is_unseen(purpose: &Purpose) -> bool {
    matches!(
        purpose,
        Purpose::Copy(_) | Purpose::CopyCode(_) | Purpose::ShowLink(_) | Purpose::ShowQr(_) | Purpose::Restore(_)
    )
}

/// Whether a page takes the place of rows that are seen meanwhile: an empty list says itself that it is loading.
fn replaces<T: Row>(list: &List<T>, question: u64, want: &Want) -> bool {
    list.question == question && matches!(want, Want::Anew(_)) && !list.is_empty()
}

impl Model {
    /// What takes so long that it is said to be awaited.
    pub fn awaiting(&self) -> Option<Wait> {
        self.awaited.filter(|awaited| said_at(awaited.since) <= self.now).map(|awaited| awaited.what)
    }

    /// Whether the next Esc stops or clears what is awaited: not where it closes or stops what lies on top, nor on the way to another
    /// server, where it goes back.
    pub fn esc_ends_awaiting(&self) -> bool {
        if self.screen != Screen::Panes {
            return false;
        }
        match self.awaiting() {
            None | Some(Wait::Rows) => false,
            // Esc clears a search that is being typed, too; before one that is kept it clears the marks.
            Some(Wait::Search(pane)) => {
                let marked = self.focus == Pane::Invites && self.several_chosen();
                self.overlays.is_empty() && self.focus == pane && (self.search().typing || !marked)
            }
            // Whatever else Esc does goes first: what is refreshed comes all the same.
            Some(Wait::Refresh) => self.overlays.is_empty() && !self.search().typing && !self.has_way_back(),
            Some(Wait::Answer) => match self.overlays.last() {
                None => !self.search().typing,
                Some(Overlay::Details(_) | Overlay::Listing(_)) => true,
                Some(_) => false,
            },
        }
    }

    /// Whether Esc waits no longer, rather than doing what it does otherwise.
    pub(super) fn stops_awaiting(&self) -> bool {
        self.esc_ends_awaiting() && !matches!(self.awaiting(), Some(Wait::Search(_)))
    }

    /// When that is to be said.
    pub(super) fn awaited_due(&self) -> Option<Timestamp> {
        self.awaited.map(|awaited| said_at(awaited.since)).filter(|due| *due > self.now)
    }

    /// Keeps in mind what is awaited, and since when.
    pub(super) fn mind_awaited(&mut self) {
        let waiting = &self.waiting;
        self.refreshing.retain(|id| waiting.contains_key(id));
        let what = if self.waiting.values().any(is_unseen) {
            Some(Wait::Answer)
        } else if !self.refreshing.is_empty() {
            Some(Wait::Refresh)
        } else {
            self.awaits_rows()
        };
        let since = self.awaited.map_or(self.now, |awaited| awaited.since);
        self.awaited = what.map(|what| Awaited { since, what });
    }

    /// Which other rows are to come for those that are seen: before all others those of a search that Esc can clear.
    fn awaits_rows(&self) -> Option<Wait> {
        let awaited = |purpose: &Purpose| match purpose {
            Purpose::Page { pane, question, want } => {
                let replaced = match pane {
                    Pane::Bands => replaces(&self.bands.list, *question, want),
                    Pane::Invites => replaces(&self.invites.list, *question, want),
                    Pane::Members => replaces(&self.members.list, *question, want),
                };
                let searched = !self.search_in(*pane).query.is_empty();
                replaced.then_some(if searched { Wait::Search(*pane) } else { Wait::Rows })
            }
            Purpose::Listing { serial, of: None, question, want } => {
                let listing = self.listing().filter(|listing| listing.serial == *serial)?;
                replaces(&listing.list, *question, want).then_some(Wait::Rows)
            }
            _ => None,
        };
        self.waiting.values().filter_map(awaited).max_by_key(|wait| match wait {
            Wait::Search(pane) if *pane == self.focus => 2,
            Wait::Search(_) => 1,
            _ => 0,
        })
    }

    /// Esc: what is awaited is awaited no longer.
    pub(super) fn await_no_longer(&mut self) -> Vec<Effect> {
        if self.awaiting() == Some(Wait::Refresh) {
            // Nothing is lost by what comes all the same.
            self.refreshing.clear();
            self.toast(Tone::Plain, "No longer waited for: what comes late is shown all the same.");
            return Vec::new();
        }
        let undone = self.waiting.values().find_map(|purpose| match purpose {
            Purpose::Restore(invite) => Some(*invite),
            _ => None,
        });
        let mut effects = self.abandon(is_unseen);
        let said = if let Some(invite) = undone {
            // It may have reached the server all the same.
            self.undo_again(invite);
            effects.extend(self.poll_now());
            "No longer waited for: the list shows whether it was undone."
        } else {
            "No longer waited for."
        };
        self.toast(Tone::Plain, said);
        effects
    }
}

const fn said_at(since: Timestamp) -> Timestamp {
    Timestamp::from_micros(since.micros().saturating_add(MICROS))
}
