//! An invite's details: its parts, and more of those that are long as they are scrolled to.

use super::{
    super::{
        message::Effect,
        model::{Details, MOST_TOLD, Model, Overlay, Purpose},
        request::{Answer, Request},
        view,
    },
    answer::words,
};
use crate::{
    api::Invite,
    client::{AuditQuery, Error, Page},
    domain::{BandId, InviteId, Role},
};

impl Model {
    /// Opens an invite in full; who used it and what happened to it come after.
    pub(super) fn open_invite(&mut self, invite: Invite) -> Vec<Effect> {
        let (id, band, campaign) = (invite.id, invite.band_id, invite.shared_campaign());
        let mut effects = vec![
            self.ask(Purpose::Details(id), Request::Invite(id)).1,
            self.ask(Purpose::Details(id), Request::Redemptions(id, Page::default())).1,
        ];
        let is_admin = self.chosen_band().is_some_and(|band| band.role.is_some_and(Role::is_admin));
        if let Some(band) = band.filter(|_| is_admin) {
            effects.push(self.ask(Purpose::Details(id), history(band, id, Page::default())).1);
            if let Some(campaign) = campaign {
                effects.push(self.ask(Purpose::Details(id), Request::Campaign(campaign)).1);
            }
        }
        self.open(Overlay::Details(Box::new(Details {
            invite,
            redemptions: None,
            audit: None,
            event: None,
            problem: None,
            scroll: 0,
        })));
        effects
    }

    fn details_of(&mut self, id: InviteId) -> Option<&mut Details> {
        self.overlays.iter_mut().find_map(|overlay| match overlay {
            Overlay::Details(details) if details.invite.id == id => Some(&mut **details),
            _ => None,
        })
    }

    /// A part of an invite's details has come.
    pub(super) fn details_part(&mut self, id: InviteId, result: Result<Answer, Error>) -> Vec<Effect> {
        let Some(details) = self.details_of(id) else { return Vec::new() };
        match result {
            Ok(Answer::Invite(invite)) => details.invite = *invite,
            Ok(Answer::Redemptions(redemptions)) => details.redemptions = Some(*redemptions),
            Ok(Answer::Audit(audit)) => details.audit = Some(*audit),
            Ok(Answer::Campaign(campaign)) => details.event = campaign.event,
            Ok(_) => {}
            Err(error) => {
                details.problem = Some(words(&error));
                if error.is_offline() {
                    return self.unreachable(&error);
                }
                return if error.is_unauthenticated() { self.signed_out() } else { Vec::new() };
            }
        }
        self.details_wanted()
    }

    /// Asks for more of what is on the screen and not whole.
    pub(super) fn details_wanted(&mut self) -> Vec<Effect> {
        let Some(Overlay::Details(details)) = self.overlays.last() else { return Vec::new() };
        let (invite, band) = (details.invite.id, details.invite.band_id);
        let [more_used, events] = view::details_more(self, details);
        let used = details.redemptions.as_ref().filter(|used| more_used && used.redemptions.len() < MOST_TOLD);
        let happened = details.audit.as_ref().filter(|audit| events && audit.events.len() < MOST_TOLD);
        let wanted = [
            used.and_then(|used| used.next_cursor.clone()).map(|cursor| (false, cursor)),
            happened.and_then(|audit| audit.next_cursor.clone()).map(|cursor| (true, cursor)),
        ];
        let mut effects = Vec::new();
        for (of_history, cursor) in wanted.into_iter().flatten() {
            let purpose = Purpose::DetailsMore { invite, history: of_history, cursor: cursor.clone() };
            let page = Page { limit: None, cursor: Some(cursor) };
            let request = match band.filter(|_| of_history) {
                Some(band) => history(band, invite, page),
                None => Request::Redemptions(invite, page),
            };
            if !self.waiting.values().any(|waiting| *waiting == purpose) {
                effects.push(self.ask(purpose, request).1);
            }
        }
        effects
    }

    /// A further page has come; one that does not follow on what is held is dropped.
    pub(super) fn more_details(
        &mut self,
        id: InviteId,
        of_history: bool,
        cursor: &str,
        result: Result<Answer, Error>,
    ) -> Vec<Effect> {
        let Some(details) = self.details_of(id) else { return Vec::new() };
        match result {
            Ok(Answer::Redemptions(page)) if !of_history => {
                let held = details.redemptions.as_mut().filter(|held| held.next_cursor.as_deref() == Some(cursor));
                let Some(held) = held else { return Vec::new() };
                held.redemptions.extend(page.redemptions);
                held.next_cursor = page.next_cursor;
            }
            Ok(Answer::Audit(page)) if of_history => {
                let held = details.audit.as_mut().filter(|held| held.next_cursor.as_deref() == Some(cursor));
                let Some(held) = held else { return Vec::new() };
                held.events.extend(page.events);
                held.next_cursor = page.next_cursor;
            }
            Ok(_) => return Vec::new(),
            // It is asked for again when it is scrolled to again.
            Err(error) => return self.act_failed(&error),
        }
        self.details_wanted()
    }
}

/// The request for a page of what happened to an invite.
fn history(band: BandId, invite: InviteId, page: Page) -> Request {
    Request::Trail(band, AuditQuery { invite: Some(invite), ..AuditQuery::default() }, page)
}
