//! Templates, and the form of a new invite with all that it offers.

use super::{Scene, lists::listing, over_panes};
use crate::{
    api::{CreateInvite, FoundPeople, FoundPerson, Patch, PersonState},
    domain::Role,
    tui::{
        forms,
        listing::{Entry, Topic},
        model::{Form, Model, Overlay, Shown},
        request::Request,
        sample::{self, band_id},
    },
};

pub(super) const ALL: &[Scene] = &[
    ("templates", |size| over_panes(size, Overlay::Listing(Box::new(listing(Topic::Templates, templates()))))),
    ("template", |size| {
        let mut model = over_panes(size, Overlay::Listing(Box::new(listing(Topic::Templates, templates()))));
        let entry = templates().remove(0);
        model.overlays.push(Overlay::Shown(Box::new(Shown { topic: Topic::Templates, entry, scroll: 0 })));
        model
    }),
    ("template-edit", |size| over_panes(size, Overlay::Form(forms::edit_template(&sample::templates()[0])))),
    ("new-invite-people", |size| over_panes(size, Overlay::Form(looking_for("a", Some(1))))),
    ("new-invite-nobody", |size| {
        let mut form = looking_for("zz", None);
        form.known.people = Some(FoundPeople { accounts: Vec::new() });
        over_panes(size, Overlay::Form(form))
    }),
    ("new-invite-review", |size| reviewed(size, None)),
    ("new-invite-review-scrolled", |size| {
        let mut model = reviewed(size, None);
        if let Some(Overlay::Form(form)) = model.overlays.last_mut() {
            let said = form.review.get_or_insert_default();
            *said = said.repeat(5);
            form.known.scroll = 3;
        }
        model
    }),
    ("new-invite-review-refused", |size| {
        reviewed(size, Some("You have made as many invites as you may in 30 days. More can be made from 2026-03-20."))
    }),
];

fn looking_for(name: &str, picked: Option<usize>) -> Form {
    let mut form = forms::new_invite(&sample::band(1, "The Night Owls", 12, Role::Owner), true);
    form.fill("recipient", name);
    let states = [PersonState::None, PersonState::Member, PersonState::Invited, PersonState::Declined];
    let accounts = (3..10).zip(states.into_iter().cycle()).map(|(n, state)| {
        let person = sample::person(n);
        FoundPerson { id: person.id, username: person.username, display_name: person.display_name, state }
    });
    form.known.people = Some(FoundPeople { accounts: accounts.collect() });
    form.known.picked = picked;
    form
}

fn reviewed(size: (u16, u16), refused: Option<&str>) -> Model {
    let mut form = forms::new_invite(&sample::band(1, "The Night Owls", 12, Role::Owner), true);
    form.refused = refused.map(str::to_owned);
    let mut model = over_panes(size, Overlay::Inbox(Box::default()));
    model.overlays.clear();
    if let Some(site) = model.server.as_mut().and_then(|server| server.site.as_mut()) {
        site.mail = true;
    }
    let body = CreateInvite {
        role: Some(Role::Member),
        email: Some("kim@example.org".to_owned()),
        ttl_hours: Patch::Value(72),
        max_uses: Patch::Value(1),
        message: Patch::Value("We play on Thursdays at nine. Bring your sticks, the kit is ours.".to_owned()),
        ..CreateInvite::default()
    };
    form.review = model.review(&form, &Request::CreateInvite(band_id(1), body));
    model.overlays.push(Overlay::Form(form));
    model
}

fn templates() -> Vec<Entry> {
    sample::templates().into_iter().map(|template| Entry::Template(Box::new(template))).collect()
}
