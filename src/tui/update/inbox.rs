//! The inbox: invites that wait for the person, accepted or declined by a second key.

use super::{
    super::{
        keymap::{Action, Key},
        message::Effect,
        model::{Confirm, Deed, FormKind, Model, Overlay, Purpose, WaitingList},
        request::{Answer, Request},
    },
    answer::words,
};
use crate::{api::Waiting, client::Error};

impl Model {
    pub(super) fn open_inbox(&mut self) -> Vec<Effect> {
        self.open(Overlay::Inbox(Box::default()));
        self.inbox_again()
    }

    /// Asks for the inbox again where it is open.
    pub(super) fn inbox_again(&mut self) -> Vec<Effect> {
        if self.waiting_list().is_none() {
            return Vec::new();
        }
        let mut effects = self.abandon(|purpose| *purpose == Purpose::Inbox);
        effects.push(self.ask(Purpose::Inbox, Request::Inbox).1);
        effects
    }

    fn waiting_list(&mut self) -> Option<&mut WaitingList> {
        self.overlays.iter_mut().find_map(|overlay| match overlay {
            Overlay::Inbox(list) => Some(&mut **list),
            _ => None,
        })
    }

    /// What waits has come, or cannot be had. The cursor stays on its invite.
    pub(super) fn inbox_known(&mut self, result: Result<Answer, Error>) -> Vec<Effect> {
        let Some(list) = self.waiting_list() else { return Vec::new() };
        match result {
            Ok(Answer::Inbox(page)) => {
                let chosen = list.chosen().map(|waiting| waiting.id);
                let at = page.invites.iter().position(|waiting| Some(waiting.id) == chosen);
                list.selected = at.unwrap_or(list.selected).min(page.invites.len().saturating_sub(1));
                list.problem = None;
                list.page = Some(*page);
                Vec::new()
            }
            Ok(_) => Vec::new(),
            Err(error) => {
                list.problem = Some(words(&error));
                if error.is_offline() {
                    return self.unreachable(&error);
                }
                if error.is_unauthenticated() { self.signed_out() } else { Vec::new() }
            }
        }
    }

    pub(super) fn inbox_key(&mut self, key: Key) -> Vec<Effect> {
        let closes = key.is("esc") || key.as_char() == Some('q');
        if closes || self.settings.keymap.keys(Action::Inbox).contains(&key) {
            self.overlays.pop();
            return Vec::new();
        }
        let Some(list) = self.waiting_list() else { return Vec::new() };
        let end = list.page.as_ref().map_or(0, |page| page.invites.len()).saturating_sub(1);
        match key.as_char() {
            Some('j') => list.selected = (list.selected + 1).min(end),
            Some('k') => list.selected = list.selected.saturating_sub(1),
            Some('d') => {
                if let Some((id, band)) = list.chosen().map(|waiting| (waiting.id, waiting.band.name.clone())) {
                    self.open_decline(FormKind::DeclineWaiting(id), &band);
                }
            }
            _ if key.is("down") => list.selected = (list.selected + 1).min(end),
            _ if key.is("up") => list.selected = list.selected.saturating_sub(1),
            _ if key.is("enter") => {
                if let Some(question) = list.chosen().map(accept) {
                    self.open(Overlay::Confirm(question));
                }
            }
            _ => {}
        }
        Vec::new()
    }
}

impl WaitingList {
    /// The invite that the cursor is on.
    pub fn chosen(&self) -> Option<&Waiting> {
        self.page.as_ref()?.invites.get(self.selected)
    }
}

fn accept(waiting: &Waiting) -> Confirm {
    let then = if waiting.requires_approval { " An admin has to agree first." } else { "" };
    Confirm::new(
        format!("Come into {}?", waiting.band.name),
        format!("{} invites you as {}.{then}", waiting.inviter.display_name, waiting.role),
        "accept",
        vec![Deed::AcceptWaiting(waiting.id)],
    )
}
