//! Pages of figures, and what is of the person rather than of a band.

use super::{Scene, lists::listing, over_panes};
use crate::{
    api::Quota,
    tui::{
        keymap::Action,
        listing::{Entry, Topic},
        model::{Listing, Model, Overlay, PageOf, Row, Shown, Want},
        sample::{self, later},
    },
};

pub(super) const ALL: &[Scene] = &[
    ("stats", |size| over_panes(size, page(Topic::Stats, Entry::Stats(Box::new(sample::stats()))))),
    ("stats-scrolled", |size| {
        let mut listing = listing(Topic::Stats, vec![Entry::Stats(Box::new(sample::stats()))]);
        listing.scroll = u16::MAX;
        over_panes(size, Overlay::Listing(Box::new(listing)))
    }),
    ("stats-empty", |size| over_panes(size, page(Topic::Stats, Entry::Stats(Box::new(sample::no_stats()))))),
    ("tree", |size| over_panes(size, Overlay::Listing(Box::new(tree())))),
    ("tree-loading", |size| {
        let mut listing = tree();
        listing.step(-4);
        listing.list.take(&Want::Again(None), PageOf { next: Some("more".to_owned()), ..nodes(None) });
        listing.step(1);
        listing.fold(None);
        listing.step(2);
        over_panes(size, Overlay::Listing(Box::new(listing)))
    }),
    ("tree-everybody", |size| {
        let mut listing = Listing { narrowed: 1, ..tree() };
        listing.fold_all();
        over_panes(size, Overlay::Listing(Box::new(listing)))
    }),
    ("tree-person", |size| {
        let listing = tree();
        let entry = listing.chosen().cloned();
        let mut model = over_panes(size, Overlay::Listing(Box::new(listing)));
        let shown = entry.map(|entry| Overlay::Shown(Box::new(Shown { topic: Topic::Tree, entry, scroll: 0 })));
        model.overlays.extend(shown);
        model
    }),
    ("quota", |size| {
        let quota = Quota { used: 37, limit: Some(100), remaining: Some(63) };
        over_panes(size, of_person(Topic::Quota, vec![Entry::Quota(quota)]))
    }),
    ("quota-offline", |size| {
        let quota = Quota { used: 3, limit: None, remaining: None };
        let mut model = runs_the_site(over_panes(size, of_person(Topic::Quota, vec![Entry::Quota(quota)])));
        model.line.offline_since = Some(later(-30));
        model.line.why = "cannot reach https://invites.example.org: connection refused".to_owned();
        model
    }),
    ("quota-set", |size| {
        let quota = Quota { used: 100, limit: Some(100), remaining: Some(0) };
        let mut model = runs_the_site(over_panes(size, of_person(Topic::Quota, vec![Entry::Quota(quota)])));
        let _ = model.open_quota_form(Action::SetQuota);
        if let Some(Overlay::Form(form)) = model.overlays.last_mut() {
            form.fill("username", "bruno");
            form.refuse("limit", "must be a number from 0 to 1000000, unlimited, or default");
        }
        model
    }),
    ("blocks", |size| over_panes(size, of_person(Topic::Blocks, blocks(false)))),
    ("blocks-empty", |size| over_panes(size, of_person(Topic::Blocks, Vec::new()))),
    ("blocks-site", |size| {
        let mut listing = Listing { band: None, ..listing(Topic::Blocks, blocks(true)) };
        listing.narrowed = 1;
        let marked = blocks(true).remove(1);
        listing.marked.insert(marked.id(), marked);
        runs_the_site(over_panes(size, Overlay::Listing(Box::new(listing))))
    }),
    ("block", |size| {
        let mut model = over_panes(size, of_person(Topic::Blocks, blocks(false)));
        let entry = blocks(false).remove(1);
        model.overlays.push(Overlay::Shown(Box::new(Shown { topic: Topic::Blocks, entry, scroll: 0 })));
        model
    }),
    ("own-requests", |size| over_panes(size, of_person(Topic::OwnRequests, own_requests()))),
    ("own-requests-empty", |size| over_panes(size, of_person(Topic::OwnRequests, Vec::new()))),
    ("own-request", |size| {
        let mut model = over_panes(size, of_person(Topic::OwnRequests, own_requests()));
        let entry = own_requests().remove(1);
        model.overlays.push(Overlay::Shown(Box::new(Shown { topic: Topic::OwnRequests, entry, scroll: 0 })));
        model
    }),
];

fn nodes(of: Option<u8>) -> PageOf<Entry> {
    let rows = sample::tree(of).into_iter().map(|node| Entry::Node(Box::new(node))).collect();
    PageOf { cursor: None, rows, prev: None, next: None }
}

/// Ada and Joe unfolded, the cursor on one whom Joe brought.
fn tree() -> Listing {
    let mut listing = listing(Topic::Tree, nodes(None).rows);
    for of in [1, 2] {
        listing.fold(None);
        let id = listing.chosen().map(Row::id);
        listing.take(id, &Want::Anew(None), nodes(Some(of)));
        listing.step(1);
    }
    listing
}

fn page(topic: Topic, entry: Entry) -> Overlay {
    Overlay::Listing(Box::new(listing(topic, vec![entry])))
}

fn of_person(topic: Topic, rows: Vec<Entry>) -> Overlay {
    Overlay::Listing(Box::new(Listing { band: None, ..listing(topic, rows) }))
}

fn own_requests() -> Vec<Entry> {
    sample::own_requests().into_iter().map(Entry::OwnRequest).collect()
}

fn blocks(site: bool) -> Vec<Entry> {
    sample::blocks(site).into_iter().map(Entry::Blocked).collect()
}

pub(super) fn runs_the_site(mut model: Model) -> Model {
    if let Some(me) = &mut model.me {
        me.site_admin = true;
    }
    model
}
