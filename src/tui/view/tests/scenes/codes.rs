//! Codes, of the band and of the site.

use super::{Scene, lists::listing, over_panes};
use crate::{
    api::{CodeCard, CreateCodes, Invite, Patch},
    domain::{CancelReason, Kind, MaxUses, Role, Status},
    tui::{
        forms,
        listing::{Entry, Topic},
        model::{Listing, Overlay, Shown},
        request::Request,
        sample::{self, band_id, invite},
    },
};

pub(super) const ALL: &[Scene] = &[
    ("codes", |size| over_panes(size, Overlay::Listing(Box::new(codes())))),
    ("codes-empty", |size| over_panes(size, Overlay::Listing(Box::new(listing(Topic::Codes, Vec::new()))))),
    ("code", |size| {
        let mut model = over_panes(size, Overlay::Listing(Box::new(codes())));
        let entry = rows().remove(1);
        model.overlays.push(Overlay::Shown(Box::new(Shown { topic: Topic::Codes, entry, scroll: 0 })));
        model
    }),
    ("codes-new", |size| {
        let mut model = over_panes(size, Overlay::Listing(Box::new(codes())));
        let mut form = forms::new_codes(Some(&sample::band(1, "The Night Owls", 12, Role::Owner)));
        form.fill("name", "Door, Saturday");
        form.fill("count", "5000");
        form.refuse("count", "must be a number from 1 to 1000");
        model.overlays.push(Overlay::Form(form));
        model
    }),
    ("codes-new-review", |size| {
        let mut model = over_panes(size, Overlay::Listing(Box::new(codes())));
        let mut form = forms::new_codes(Some(&sample::band(1, "The Night Owls", 12, Role::Owner)));
        let body = CreateCodes {
            count: 60,
            name: "Door".to_owned(),
            role: Some(Role::Member),
            ttl_hours: Patch::Value(72),
            max_uses: Patch::Value(1),
        };
        form.review = model.review(&form, &Request::CreateCodes(band_id(1), body));
        model.overlays.push(Overlay::Form(form));
        model
    }),
    ("codes-save", |size| {
        let mut model = over_panes(size, Overlay::Listing(Box::new(codes())));
        let mut form = forms::save_codes(sample::campaign(2).id, "Summer party", true);
        form.refused = Some(
            "summer-party.html cannot be written: there is a file of this name already. Choose another name or another \
             folder."
                .to_owned(),
        );
        model.overlays.push(Overlay::Form(form));
        model
    }),
    ("site-codes", |size| {
        let rows = sample::campaigns().into_iter().take(3);
        let rows = rows.map(|campaign| Entry::Campaign(Box::new(campaign))).collect();
        let listing = Listing { band: None, ..listing(Topic::SiteCodes, rows) };
        super::figures::runs_the_site(over_panes(size, Overlay::Listing(Box::new(listing))))
    }),
    ("cards", |size| over_panes(size, Overlay::Listing(Box::new(cards())))),
    ("card", |size| {
        let listing = cards();
        let entry = listing.chosen().cloned();
        let mut model = over_panes(size, Overlay::Listing(Box::new(listing)));
        let shown = entry.map(|entry| Overlay::Shown(Box::new(Shown { topic: Topic::Cards, entry, scroll: 0 })));
        model.overlays.extend(shown);
        model
    }),
];

/// A batch as it is read out.
fn cards() -> Listing {
    let card = |n: u8, status, uses| {
        let code = format!("7KQ{n}-M2FA-XH3R").replace('0', "Z").replace('1', "W");
        let link = format!("https://invites.example.org/invite/{code}");
        let (max_uses, expires_at) = (MaxUses::ONE, Some(sample::later(200_000)));
        Entry::Card(Box::new(CodeCard {
            invite_id: sample::invite_id(n),
            code,
            status,
            uses,
            max_uses,
            expires_at,
            link,
        }))
    };
    let mut rows: Vec<_> = (2..9).map(|n| card(n, Status::Pending, 0)).collect();
    rows.insert(1, card(9, Status::Accepted, 1));
    Listing {
        batch: Some((sample::campaign(2).id, "Door, Saturday".to_owned())),
        band: None,
        ..listing(Topic::Cards, rows)
    }
}

fn codes() -> Listing {
    let mut listing = listing(Topic::Codes, rows());
    listing.batches = vec![(sample::campaign(2).id, "Summer party".to_owned())];
    listing.list.step(1);
    listing
}

fn rows() -> Vec<Entry> {
    let code = |n: u8, hint: &str| Invite {
        kind: Kind::Code,
        hint: hint.to_owned(),
        campaign_id: Some(sample::campaign(2).id),
        ..invite(n)
    };
    vec![
        code(1, "7KQX"),
        Invite { uses: 1, status: Status::Accepted, ..code(2, "M2FA") },
        Invite { uses: 3, max_uses: MaxUses::UNLIMITED, expires_at: None, ..code(3, "9PWT") },
        Invite { status: Status::Cancelled, cancel_reason: Some(CancelReason::Revoked), ..code(4, "XH3R") },
        Invite { label: Some("for the caretaker".to_owned()), campaign_id: None, ..code(5, "BB42") },
    ]
    .into_iter()
    .map(|code| Entry::Code(Box::new(code)))
    .collect()
}
