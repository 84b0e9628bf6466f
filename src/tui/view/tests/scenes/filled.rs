//! Forms that no other scene shows, and lists that have nothing in them.

use super::{Scene, lists::listing, over_panes, pasted};
use crate::{
    domain::Role,
    tui::{
        forms,
        listing::Topic,
        model::{FormKind, Listing, Model, Overlay},
        sample::{self, band_id, invite_id, panes},
    },
};

pub(super) const ALL: &[Scene] = &[
    ("new-band", |size| {
        let mut form = forms::new_band();
        form.fill("name", "The Night Owls, the whole of them, with their friends and neighbours");
        form.refuse("name", "must have 1 to 64 characters");
        over_panes(size, Overlay::Form(form))
    }),
    ("edit-band", |size| {
        let form = forms::edit_band(&sample::band(1, "The Night Owls", 12, Role::Owner));
        over_panes(size, Overlay::Form(form))
    }),
    ("edit-invite", |size| {
        let model = panes(size);
        let invite = model.invites.list.rows().next().cloned();
        let band = sample::band(1, "The Night Owls", 12, Role::Owner);
        let form = invite.map(|invite| forms::edit_invite(&invite, &band, &model.settings.zone));
        with(model, form.map(Overlay::Form))
    }),
    ("edit-member", |size| {
        let model = panes(size);
        let member = model.members.list.rows().nth(3).cloned();
        let band = sample::band(1, "The Night Owls", 12, Role::Owner);
        let form = member.map(|member| forms::edit_member(&member, &band));
        with(model, form.map(Overlay::Form))
    }),
    ("edit-campaign", |size| {
        let model = panes(size);
        let form = forms::edit_campaign(&sample::campaigns()[0], &model.settings.zone);
        with(model, Some(Overlay::Form(form)))
    }),
    ("new-template", |size| {
        let form = forms::new_template(&sample::band(1, "The Night Owls", 12, Role::Owner));
        over_panes(size, Overlay::Form(form))
    }),
    ("accept", |size| {
        let mut form = forms::accept();
        form.fill("invite", "https://invites.example.org/invite/nothing-of-the-kind");
        form.refuse("invite", "must be a link, a token (inv_…) or a code");
        over_panes(size, Overlay::Form(form))
    }),
    ("decline", |size| {
        let mut form = forms::decline(FormKind::Decline(pasted()), "深夜ジャズ研究会と友の会 and all who sing along");
        form.fill("reason", "No time before the summer; ask me again then.");
        over_panes(size, Overlay::Form(form))
    }),
    ("decline-waiting", |size| {
        let mut form = forms::decline(FormKind::DeclineWaiting(invite_id(1)), "The Night Owls");
        form.focus = 1;
        over_panes(size, Overlay::Form(form))
    }),
    ("bulk-save", |size| over_panes(size, Overlay::Form(forms::bulk_save("invited-2026-03-14.csv")))),
    ("campaigns-empty", |size| empty(size, Topic::Campaigns)),
    ("templates-empty", |size| empty(size, Topic::Templates)),
    ("audit-empty", |size| empty(size, Topic::Audit)),
    ("bans-empty", |size| empty(size, Topic::Bans)),
    ("site-codes-empty", |size| super::figures::runs_the_site(empty(size, Topic::SiteCodes))),
    ("campaigns-loading", |size| {
        over_panes(size, Overlay::Listing(Box::new(Listing::new(Topic::Campaigns, 1, Some(band_id(1))))))
    }),
];

fn empty(size: (u16, u16), topic: Topic) -> Model {
    over_panes(size, Overlay::Listing(Box::new(listing(topic, Vec::new()))))
}

fn with(mut model: Model, overlay: Option<Overlay>) -> Model {
    model.overlays.extend(overlay);
    model
}

#[test]
fn every_view_list_and_form_is_among_the_scenes() {
    let all: Vec<_> = super::ALL.iter().map(|(_, scene)| scene((80, 24))).collect();
    let forms = all.iter().flat_map(|model| {
        let entry = match &model.screen {
            crate::tui::model::Screen::Entry(form) => Some(form),
            _ => None,
        };
        let over = model.overlays.iter().filter_map(|overlay| match overlay {
            Overlay::Form(form) => Some(form),
            _ => None,
        });
        over.chain(entry).map(|form| of_form(&form.kind))
    });
    let forms: std::collections::BTreeSet<_> = forms.collect();
    assert_eq!(forms, (0..FORMS).collect(), "a form has no scene, by its number below");
    for &topic in Topic::ALL {
        let seen = all.iter().any(|model| model.listing().is_some_and(|listing| listing.topic == topic));
        assert!(seen, "{topic:?}");
    }
    let over: std::collections::BTreeSet<_> =
        all.iter().flat_map(|model| model.overlays.iter().map(of_overlay)).collect();
    assert_eq!(over, (0..OVERLAYS).collect(), "something over the screen has no scene, by its number below");
}

const FORMS: usize = 24;

/// A number for each kind of form: a new one does not compile before it has its own.
const fn of_form(kind: &FormKind) -> usize {
    match kind {
        FormKind::Connect => 0,
        FormKind::SignIn => 1,
        FormKind::SignUp => 2,
        FormKind::NewBand => 3,
        FormKind::EditBand(_) => 4,
        FormKind::NewInvite(_) => 5,
        FormKind::EditInvite(_) => 6,
        FormKind::EditMany(_) => 7,
        FormKind::NewCampaign(_) => 8,
        FormKind::EditCampaign(..) => 9,
        FormKind::NewCodes(_) => 10,
        FormKind::SaveCodes(..) => 11,
        FormKind::NewTemplate(_) => 12,
        FormKind::EditTemplate(..) => 13,
        FormKind::EditMember(..) => 14,
        FormKind::Accept => 15,
        FormKind::Decline(_) => 16,
        FormKind::DeclineWaiting(_) => 17,
        FormKind::Verify => 18,
        FormKind::NarrowTrail => 19,
        FormKind::ExportTrail => 20,
        FormKind::BulkTerms(_) => 21,
        FormKind::BulkSave => 22,
        FormKind::SetQuota => 23,
    }
}

const OVERLAYS: usize = 13;

/// As [`of_form`], for what lies over the screen.
const fn of_overlay(overlay: &Overlay) -> usize {
    match overlay {
        Overlay::Help { .. } => 0,
        Overlay::Palette { .. } => 1,
        Overlay::Form(_) => 2,
        Overlay::Confirm(_) => 3,
        Overlay::Details(_) => 4,
        Overlay::Link(_) => 5,
        Overlay::Offer(_) => 6,
        Overlay::Inbox(_) => 7,
        Overlay::Finder(_) => 8,
        Overlay::Listing(_) => 9,
        Overlay::Places(_) => 10,
        Overlay::Bulk(_) => 11,
        Overlay::Shown(_) => 12,
    }
}
