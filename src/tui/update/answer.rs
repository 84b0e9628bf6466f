//! What the end of a request does.

use super::super::{
    message::Effect,
    model::{Model, PageOf, Pane, Purpose, RequestId, Tone, Want},
    request::Answer,
};
use crate::{api::Code, client::Error};

impl Model {
    /// A request has ended.
    pub(super) fn done(&mut self, id: RequestId, result: Result<Answer, Error>) -> Vec<Effect> {
        // Nobody waits for an abandoned one.
        let Some(purpose) = self.waiting.remove(&id) else { return Vec::new() };
        if purpose != Purpose::Poll {
            self.dirty = true;
            if result.as_ref().err().is_none_or(|error| !error.is_offline()) {
                self.reached();
            }
        }
        match purpose {
            Purpose::Poll => match result {
                Ok(Answer::Synced(synced)) => self.polled(Ok(*synced)),
                Ok(_) => Vec::new(),
                Err(error) => self.polled(Err(error)),
            },
            Purpose::Site => self.site_known(result),
            Purpose::Me => match result {
                Ok(Answer::Me(account)) => {
                    self.me = Some(*account);
                    Vec::new()
                }
                Ok(_) => Vec::new(),
                Err(error) => self.background_failed(&error),
            },
            Purpose::Page { pane, question, want } => self.page_known(pane, question, &want, result),
            Purpose::Groups { question, want } => self.groups_known(question, &want, result),
            Purpose::Listing { serial, of, question, want } => {
                self.listing_known((serial, question), of, &want, result)
            }
            Purpose::Policy(band) => {
                // Without it the form leaves the default to the server.
                if let Ok(Answer::Band(answer)) = result {
                    self.policy_known(band, *answer);
                }
                Vec::new()
            }
            Purpose::Known(band) => self.known(band, result),
            Purpose::People => self.people_known(result),
            Purpose::Form => self.form_done(id, result),
            Purpose::Confirm => self.deed_done(id, result),
            Purpose::Copy(invite) => self.link_to_copy(invite, result),
            Purpose::CopyCode(invite) => self.code_to_copy(invite, result),
            Purpose::Batches(serial) => self.batches_known(serial, result),
            Purpose::ShowLink(invite) => self.link_to_show(invite, false, result),
            Purpose::ShowQr(invite) => self.link_to_show(invite, true, result),
            Purpose::Details(invite) => self.details_part(invite, result),
            Purpose::DetailsMore { invite, history, cursor } => self.more_details(invite, history, &cursor, result),
            Purpose::Restore(invite) => self.restored(invite, result),
            Purpose::Offer => self.offer_answer(id, result),
            Purpose::Foretell => self.foretold(result),
            Purpose::Bulk => self.bulk_answered(id, result),
            Purpose::Inbox => self.inbox_known(result),
            Purpose::Find => self.bands_found(result),
            Purpose::Asked => self.asked_known(result),
            Purpose::Join => self.join_answered(result),
            Purpose::Code => self.code_sent(result),
            Purpose::Forgot => self.reset_mailed(result),
        }
    }

    fn site_known(&mut self, result: Result<Answer, Error>) -> Vec<Effect> {
        match result {
            Ok(Answer::Site(site)) => {
                if let Some(server) = &mut self.server {
                    server.site = Some(*site);
                }
                self.entry_knows_site();
                Vec::new()
            }
            Ok(_) => Vec::new(),
            Err(error) => {
                self.entry_refused(&error);
                self.background_failed(&error)
            }
        }
    }

    /// A page of a pane's list has come, or cannot be had.
    fn page_known(&mut self, pane: Pane, question: u64, want: &Want, result: Result<Answer, Error>) -> Vec<Effect> {
        if question != in_pane!(self, pane, question) {
            return Vec::new();
        }
        let cursor = want.cursor();
        match result {
            Ok(Answer::Bands(found)) => {
                let (prev, next) = (found.prev_cursor, found.next_cursor);
                self.bands.list.take(want, PageOf { cursor, rows: found.bands, prev, next });
                if let Some(band) = self.band {
                    self.bands.list.select(band);
                }
            }
            Ok(Answer::Invites(found)) => {
                (self.invites.total, self.invites.pending) = (found.total, found.pending);
                self.invites.matched = found.matched;
                let (prev, next) = (found.prev_cursor, found.next_cursor);
                self.invites.list.take(want, PageOf { cursor, rows: found.invites, prev, next });
            }
            Ok(Answer::Members(found)) => {
                (self.members.total, self.members.matched) = (found.total, found.matched);
                self.members.last_admin = found.last_admin;
                let (prev, next) = (found.prev_cursor, found.next_cursor);
                self.members.list.take(want, PageOf { cursor, rows: found.members, prev, next });
            }
            Ok(_) => {}
            Err(error) => return self.page_failed(pane, want, &error),
        }
        self.scroll();
        if pane == Pane::Bands { self.follow_band() } else { Vec::new() }
    }

    /// A page could not be had. A cursor that the server no longer takes means: begin anew.
    fn page_failed(&mut self, pane: Pane, want: &Want, error: &Error) -> Vec<Effect> {
        in_pane!(self, pane, stuck = true);
        if error.code() == Some(Code::Validation) && want.cursor().is_some_and(|cursor| cursor != "last") {
            in_pane!(self, pane, renew());
            return Vec::new();
        }
        // A band that is gone is gone from the next poll, too.
        if error.code() == Some(Code::NotFound) {
            return self.poll_now();
        }
        self.background_failed(error)
    }

    /// Something failed that the person did not ask for just now.
    pub(super) fn background_failed(&mut self, error: &Error) -> Vec<Effect> {
        if error.is_unauthenticated() {
            return self.signed_out();
        }
        if error.is_offline() {
            return self.unreachable(error);
        }
        self.toast(Tone::Bad, words(error));
        Vec::new()
    }

    /// Something failed that the person waits for: said in a notice.
    pub(super) fn act_failed(&mut self, error: &Error) -> Vec<Effect> {
        let mut effects = if error.is_offline() { self.unreachable(error) } else { Vec::new() };
        if error.is_unauthenticated() {
            effects.extend(self.signed_out());
        } else {
            self.toast(Tone::Bad, words(error));
        }
        effects
    }
}

/// What happened and what to do, in one line.
pub(super) fn words(error: &Error) -> String {
    let hint = match error.code() {
        Some(Code::Unauthenticated) => "Sign in again.".to_owned(),
        _ => match error {
            // The client's own hint names options of commands.
            Error::Connection { .. } => "Check the network, and that the server is running.".to_owned(),
            Error::TooLarge { .. } | Error::NotTheApi { .. } => {
                "A proxy or a log-in page of the network may stand in between.".to_owned()
            }
            Error::Redirected { location, .. } => {
                format!("If {location} is the server's right address, connect to that.")
            }
            _ => error.hint(),
        },
    };
    let said = error.to_string();
    let end = if said.ends_with(['.', '!', '?']) { "" } else { "." };
    if hint.is_empty() { said } else { format!("{said}{end} {hint}") }
}
