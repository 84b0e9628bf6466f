//! Lists over the panes.

use super::{Scene, over_panes};
use crate::{
    domain::JoinStatus,
    tui::{
        listing::{Entry, Topic},
        model::{Listing, Overlay, Row as _, Shown},
        sample::{self, band_id, fill, later},
        trail::TrailFilter,
    },
};

pub(super) const ALL: &[Scene] = &[
    ("join-requests", |size| {
        let mut listing = listing(Topic::JoinRequests, requests(JoinStatus::Pending));
        listing.list.step(1);
        over_panes(size, Overlay::Listing(Box::new(listing)))
    }),
    ("join-requests-denied", |size| {
        let mut listing = listing(Topic::JoinRequests, requests(JoinStatus::Denied));
        listing.narrowed = 2;
        over_panes(size, Overlay::Listing(Box::new(listing)))
    }),
    ("join-requests-empty", |size| {
        over_panes(size, Overlay::Listing(Box::new(listing(Topic::JoinRequests, Vec::new()))))
    }),
    ("join-request", |size| {
        let mut model =
            over_panes(size, Overlay::Listing(Box::new(listing(Topic::JoinRequests, requests(JoinStatus::Pending)))));
        let entry = requests(JoinStatus::Pending).remove(1);
        model.overlays.push(Overlay::Shown(Box::new(Shown { topic: Topic::JoinRequests, entry, scroll: 0 })));
        model
    }),
    ("bans", |size| {
        let mut listing = listing(Topic::Bans, bans());
        for entry in bans().into_iter().take(2) {
            listing.marked.insert(entry.id(), entry);
        }
        over_panes(size, Overlay::Listing(Box::new(listing)))
    }),
    ("bans-offline", |size| {
        let mut model = over_panes(size, Overlay::Listing(Box::new(listing(Topic::Bans, bans()))));
        model.line.offline_since = Some(later(-30));
        model.line.why = "cannot reach https://invites.example.org: connection refused".to_owned();
        model
    }),
    ("bans-refused", |size| {
        let mut listing = listing(Topic::Bans, Vec::new());
        listing.problem = Some("Only admins can do this. Ask Joe.".to_owned());
        over_panes(size, Overlay::Listing(Box::new(listing)))
    }),
    ("ban", |size| {
        let mut model = over_panes(size, Overlay::Listing(Box::new(listing(Topic::Bans, bans()))));
        let entry = bans().remove(1);
        model.overlays.push(Overlay::Shown(Box::new(Shown { topic: Topic::Bans, entry, scroll: 0 })));
        model
    }),
    ("audit", |size| {
        let mut listing = listing(Topic::Audit, trail());
        listing.list.step(3);
        over_panes(size, Overlay::Listing(Box::new(listing)))
    }),
    ("audit-narrowed", |size| {
        let mut listing = listing(Topic::Audit, trail().drain(2..3).collect());
        listing.trail = narrow();
        over_panes(size, Overlay::Listing(Box::new(listing)))
    }),
    ("audit-event", |size| {
        let mut model = over_panes(size, Overlay::Listing(Box::new(listing(Topic::Audit, trail()))));
        let entry = trail().remove(3);
        model.overlays.push(Overlay::Shown(Box::new(Shown { topic: Topic::Audit, entry, scroll: 0 })));
        model
    }),
    ("audit-filter", |size| {
        let mut listing = listing(Topic::Audit, trail());
        listing.trail = narrow();
        let mut form = listing.trail.form(&jiff::tz::TimeZone::UTC);
        let mut model = over_panes(size, Overlay::Listing(Box::new(listing)));
        form.fill("action", "edited");
        form.refuse("action", "must be one: band edited, campaign edited, invite edited, template edited");
        model.overlays.push(Overlay::Form(form));
        model
    }),
    ("audit-export", |size| {
        let mut model = over_panes(size, Overlay::Listing(Box::new(listing(Topic::Audit, trail()))));
        model.overlays.push(Overlay::Form(crate::tui::trail::export_form("The Night Owls")));
        model
    }),
    ("help-bans", |size| {
        let mut model = over_panes(size, Overlay::Listing(Box::new(listing(Topic::Bans, bans()))));
        model.overlays.push(Overlay::Help { scroll: 0 });
        model
    }),
];

/// A list over the panes with these rows.
pub(super) fn listing(topic: Topic, rows: Vec<Entry>) -> Listing {
    let mut listing = Listing::new(topic, 1, Some(band_id(1)));
    fill(&mut listing.list, rows, false);
    listing
}

pub(super) fn requests(status: JoinStatus) -> Vec<Entry> {
    sample::join_requests(status).into_iter().map(Entry::JoinRequest).collect()
}

fn trail() -> Vec<Entry> {
    sample::trail().into_iter().map(Entry::Event).collect()
}

fn narrow() -> TrailFilter {
    TrailFilter {
        action: Some("invite.created".to_owned()),
        actor: Some(sample::person(6)),
        invite: Some(sample::invite_id(2)),
        from: Some(later(-9 * 86_400)),
        to: None,
    }
}

fn bans() -> Vec<Entry> {
    sample::bans().into_iter().map(Entry::Ban).collect()
}
