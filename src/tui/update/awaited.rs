//! What a key has asked for and nothing on the screen tells of: a link to copy or to show, an undo. The header says so where
//! the answer takes its time, and Esc waits no longer.

use super::super::{
    message::Effect,
    model::{Model, Overlay, Purpose, Tone},
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

impl Model {
    /// Whether the answer to a key takes so long that it is said.
    pub fn is_awaiting(&self) -> bool {
        self.awaited.is_some_and(|since| said_at(since) <= self.now)
    }

    /// Whether Esc stops that: not where it closes or stops what lies on top.
    pub(super) fn stops_awaiting(&self) -> bool {
        let is_free = match self.overlays.last() {
            None => !self.search().typing,
            Some(Overlay::Details(_) | Overlay::Listing(_)) => true,
            Some(_) => false,
        };
        is_free && self.is_awaiting()
    }

    /// When that is to be said.
    pub(super) fn awaited_due(&self) -> Option<Timestamp> {
        self.awaited.map(said_at).filter(|due| *due > self.now)
    }

    /// Keeps in mind since when something is awaited.
    pub(super) fn mind_awaited(&mut self) {
        let any = self.waiting.values().any(is_unseen);
        self.awaited = if any { self.awaited.or(Some(self.now)) } else { None };
    }

    /// Esc: what is awaited is awaited no longer.
    pub(super) fn await_no_longer(&mut self) -> Vec<Effect> {
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
