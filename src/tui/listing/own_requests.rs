//! What one has asked of bands, and what was said.

use super::{About, Cell, Column, Entry, Listed};
use crate::{
    api::OwnRequest,
    client::Page,
    domain::JoinStatus,
    tui::{
        keymap::{Action, Scope},
        label,
        model::{Listing, Model, PageOf},
        request::{Answer, Request},
        theme::Theme,
        view::when,
    },
};

pub(super) struct OwnRequests;

const fn how(request: &OwnRequest) -> &'static str {
    if request.invite_id.is_some() { "by an invite" } else { "found the band" }
}

fn request(entry: &Entry) -> Option<&OwnRequest> {
    if let Entry::OwnRequest(request) = entry { Some(request) } else { None }
}

impl Listed for OwnRequests {
    fn about(&self) -> About {
        About { opened_by: Action::OwnRequests, scope: Scope::OwnRequests, title: "My requests" }
    }

    fn is_of_band(&self) -> bool {
        false
    }

    fn barred(&self, _: &Model) -> Option<String> {
        None
    }

    fn is_marking(&self) -> bool {
        false
    }

    fn request(&self, _: &Listing, page: Page) -> Option<Request> {
        Some(Request::OwnRequests(page))
    }

    fn page(&self, answer: Answer) -> Option<PageOf<Entry>> {
        let Answer::OwnRequests(found) = answer else { return None };
        Some(PageOf::between(found.prev_cursor, found.next_cursor, found.join_requests, Entry::OwnRequest))
    }

    fn columns(&self) -> &'static [Column] {
        &[
            Column { name: "BAND", least: 10, most: 40, goes: 0 },
            Column { name: "ROLE", least: 6, most: 6, goes: 2 },
            Column { name: "STATUS", least: 10, most: 10, goes: 0 },
            Column { name: "SINCE", least: 10, most: 10, goes: 0 },
            Column { name: "ASKED", least: 10, most: 10, goes: 1 },
            Column { name: "HOW", least: 14, most: 14, goes: 3 },
        ]
    }

    fn cells(&self, entry: &Entry, model: &Model, theme: &Theme) -> Vec<Cell> {
        let Some(request) = request(entry) else { return Vec::new() };
        let zone = &model.settings.zone;
        vec![
            (request.band.name.clone(), theme.plain),
            (request.role.as_str().to_owned(), theme.plain),
            (label::join_status(request.status), theme.join_status(request.status)),
            (when::date(request.status_at, zone), theme.plain),
            (when::date(request.created_at, zone), theme.dim),
            (how(request).to_owned(), theme.dim),
        ]
    }

    fn name(&self, entry: &Entry) -> String {
        request(entry).map_or_else(String::new, |request| request.band.name.clone())
    }

    fn facts(&self, entry: &Entry, model: &Model) -> Vec<(&'static str, String)> {
        let Some(request) = request(entry) else { return Vec::new() };
        let zone = &model.settings.zone;
        vec![
            ("Band", request.band.name.clone()),
            ("Status", label::join_status(request.status)),
            ("Next", what_is_next(request.status).to_owned()),
            ("As", request.role.as_str().to_owned()),
            ("Asked", when::date_and_time(request.created_at, zone)),
            ("Since", when::date_and_time(request.status_at, zone)),
            ("How", how(request).to_owned()),
        ]
    }

    fn empty(&self, _: &Model, _: &Listing) -> String {
        "You have asked no band to let you in. What you ask, and what is said, stands here.".to_owned()
    }
}

/// What follows from where it stands.
const fn what_is_next(status: JoinStatus) -> &'static str {
    match status {
        JoinStatus::Pending => "an admin of the band has to agree",
        JoinStatus::Approved => "nothing: an admin agreed",
        JoinStatus::Denied => "an admin said no; you can ask again",
        JoinStatus::Closed => "nothing: the band or the invite has ended, or you came in by another way",
    }
}
