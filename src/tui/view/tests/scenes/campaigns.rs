//! The campaigns of the band.

use jiff::tz::TimeZone;

use super::{Scene, lists::listing, over_panes};
use crate::{
    api::{Patch, UpdateCampaign},
    domain::Role,
    tui::{
        forms,
        keymap::Action,
        listing::{Entry, Topic},
        model::{Overlay, Shown},
        request::Request,
        sample::{self, panes},
    },
};

pub(super) const ALL: &[Scene] = &[
    ("campaigns", |size| {
        let mut listing = listing(Topic::Campaigns, campaigns());
        listing.list.step(1);
        over_panes(size, Overlay::Listing(Box::new(listing)))
    }),
    ("campaign", |size| {
        let mut model = over_panes(size, Overlay::Listing(Box::new(listing(Topic::Campaigns, campaigns()))));
        let entry = campaigns().remove(0);
        model.overlays.push(Overlay::Shown(Box::new(Shown { topic: Topic::Campaigns, entry, scroll: 0 })));
        model
    }),
    ("campaign-delete", |size| {
        let listing = listing(Topic::Campaigns, campaigns());
        let question = Topic::Campaigns.listed().question(Action::DeleteCampaign, &campaigns()[..1], &listing);
        let mut model = over_panes(size, Overlay::Listing(Box::new(listing)));
        model.overlays.extend(question.map(Overlay::Confirm));
        model
    }),
    ("campaign-new", |size| {
        let mut model = over_panes(size, Overlay::Listing(Box::new(listing(Topic::Campaigns, campaigns()))));
        let mut form = forms::new_campaign(&sample::band(1, "The Night Owls", 12, Role::Owner), &TimeZone::UTC);
        form.fill("name", "Thirty years");
        form.fill("event.title", "Thirty years of the Night Owls");
        form.refuse("event.starts_at", "must be a day and a time, such as 2026-12-12 19:30");
        model.overlays.push(Overlay::Form(form));
        model
    }),
    ("campaign-edit-review", |size| {
        let mut model = over_panes(size, Overlay::Listing(Box::new(listing(Topic::Campaigns, campaigns()))));
        let mut form = forms::edit_campaign(&sample::campaigns()[0], &TimeZone::UTC);
        form.fill("expires_at", "2026-04-01");
        let request = Request::UpdateCampaign(
            sample::campaign(2).id,
            Box::new(UpdateCampaign { ttl_hours: Patch::Value(24), ..UpdateCampaign::default() }),
        );
        form.review = model.review(&form, &request);
        model.overlays.push(Overlay::Form(form));
        model
    }),
    ("invites-of-campaign", |size| {
        let mut model = panes(size);
        model.invites.campaign = Some((sample::campaign(2).id, "Summer party".to_owned()));
        model.invites.matched = Some(29);
        model
    }),
];

fn campaigns() -> Vec<Entry> {
    sample::campaigns().into_iter().map(|campaign| Entry::Campaign(Box::new(campaign))).collect()
}
