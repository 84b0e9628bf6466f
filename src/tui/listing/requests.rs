//! Who asks to come into the band.

use super::{About, Cell, Column, Entry, Listed, people};
use crate::{
    api::JoinRequest,
    client::Page,
    domain::JoinStatus,
    tui::{
        keymap::{Action, Scope},
        label,
        model::{Confirm, Deed, Listing, Model, PageOf},
        request::{Answer, Request},
        theme::Theme,
        view::when,
    },
};

pub(super) struct JoinRequests;

/// The words of the statuses, as the filter goes through them.
const FILTERS: &[&str] = &["pending", "approved", "denied", "closed"];

const fn how(request: &JoinRequest) -> &'static str {
    if request.invite_id.is_some() { "by an invite" } else { "found the band" }
}

fn request(entry: &Entry) -> Option<&JoinRequest> {
    if let Entry::JoinRequest(request) = entry { Some(request) } else { None }
}

impl Listed for JoinRequests {
    fn about(&self) -> About {
        About { opened_by: Action::JoinRequests, scope: Scope::JoinRequests, title: "Join requests" }
    }

    fn filters(&self) -> &'static [&'static str] {
        FILTERS
    }

    fn request(&self, listing: &Listing, page: Page) -> Option<Request> {
        let status = listing.filter().and_then(|word| word.parse().ok());
        Some(Request::JoinRequests(listing.band?, status, page))
    }

    fn page(&self, answer: Answer) -> Option<PageOf<Entry>> {
        let Answer::JoinRequests(found) = answer else { return None };
        Some(PageOf::between(found.prev_cursor, found.next_cursor, found.join_requests, Entry::JoinRequest))
    }

    fn columns(&self) -> &'static [Column] {
        &[
            Column { name: "WHO", least: 14, most: 36, goes: 0 },
            Column { name: "USER NAME", least: 12, most: 24, goes: 3 },
            Column { name: "ROLE", least: 6, most: 6, goes: 1 },
            Column { name: "STATUS", least: 10, most: 10, goes: 0 },
            Column { name: "ASKED", least: 10, most: 10, goes: 2 },
            Column { name: "HOW", least: 14, most: 14, goes: 4 },
        ]
    }

    fn cells(&self, entry: &Entry, model: &Model, theme: &Theme) -> Vec<Cell> {
        let Some(request) = request(entry) else { return Vec::new() };
        vec![
            (request.account.display_name.clone(), theme.plain),
            (request.account.handle(), theme.dim),
            (request.role.as_str().to_owned(), theme.plain),
            (label::join_status(request.status), theme.join_status(request.status)),
            (when::date(request.created_at, &model.settings.zone), theme.plain),
            (how(request).to_owned(), theme.dim),
        ]
    }

    fn name(&self, entry: &Entry) -> String {
        request(entry).map_or_else(String::new, |request| request.account.display_name.clone())
    }

    fn facts(&self, entry: &Entry, model: &Model) -> Vec<(&'static str, String)> {
        let Some(request) = request(entry) else { return Vec::new() };
        let how = match request.invite_id {
            Some(_) => "by an invite that needs an admin's word; the use is taken when they come in",
            None => "found the band, which takes requests",
        };
        vec![
            ("Who", request.account.in_words()),
            ("Status", label::join_status(request.status)),
            ("As", request.role.as_str().to_owned()),
            ("Asked", when::date_and_time(request.created_at, &model.settings.zone)),
            ("How", how.to_owned()),
        ]
    }

    fn empty(&self, model: &Model, listing: &Listing) -> String {
        if listing.filter() != FILTERS.first().copied() {
            return "None here.".to_owned();
        }
        let how = match model.chosen_band().map(|band| band.join) {
            Some(crate::domain::JoinMode::Request) => "Who finds the band can ask to come in, and then stands here.",
            _ => "Who uses an invite that needs an admin's word stands here.",
        };
        format!("Nobody asks to come in. {how}")
    }

    fn refusal(&self, _: Action, entry: &Entry) -> Option<String> {
        let ended = request(entry).filter(|request| request.status != JoinStatus::Pending)?;
        Some(format!("This request is {} already.", ended.status))
    }

    fn question(&self, action: Action, entries: &[Entry], listing: &Listing) -> Option<Confirm> {
        let band = listing.band?;
        let names: Vec<_> = entries.iter().map(|entry| self.name(entry)).collect();
        let who = people(&names);
        let requests = entries.iter().filter_map(request).map(|request| request.id);
        let send = |request| Deed::Send(Box::new(request));
        match action {
            Action::Approve => {
                let deeds = requests.map(|id| send(Request::Approve(band, id))).collect();
                let then = "They are in at once, with the role that they asked for.";
                Some(Confirm::new(format!("Take {who} in?"), then, "take in", deeds).saying(format!("{who}: in now.")))
            }
            Action::Deny => {
                let deeds = requests.map(|id| send(Request::Deny(band, id))).collect();
                let then = "They stay outside, and can ask again.";
                Some(Confirm::new(format!("Say no to {who}?"), then, "say no", deeds).saying("Said no."))
            }
            _ => None,
        }
    }
}
