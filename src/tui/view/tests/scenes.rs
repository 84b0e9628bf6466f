//! The screens that are looked at.

mod bulk;
mod campaigns;
mod codes;
mod figures;
mod filled;
mod invites;
mod lists;
mod templates;

use std::sync::LazyLock;

use crate::{
    api::{Bands, Campaign, Code, FoundPeople, FoundPerson, Inbox, Invite, InviteSort, PersonState},
    client::Origin,
    clipboard::Copied,
    domain::{Delivery, JoinMode, JoinStatus, Kind, Pasted, Registration, Role, Status},
    tui::{
        forms,
        launch::Launched,
        listing::{Entry, Topic},
        message::Link,
        model::{
            Awaited, Choice, Confirm, Deed, Details, Finder, Form, Model, Offer, Overlay, Pane, Place, Places,
            RequestId, Screen, Server, Shown, ShownLink, TextField, Toast, Tone, Undo, Wait, WaitingList, Where,
        },
        sample::{self, band_id, fill, fresh, invite_id, later, now, panes, signed_in},
    },
};

pub(in crate::tui) type Scene = (&'static str, fn((u16, u16)) -> Model);

/// Every screen. What belongs together is next door.
pub(super) static ALL: LazyLock<Vec<Scene>> = LazyLock::new(|| {
    [PLAIN, invites::ALL, lists::ALL, campaigns::ALL, bulk::ALL, templates::ALL, codes::ALL, figures::ALL, filled::ALL]
        .into_iter()
        .flatten()
        .copied()
        .collect()
});

const PLAIN: &[Scene] = &[
    ("welcome", |size| fresh(size)),
    ("welcome-problem", |size| {
        let problem = "The server cannot start: the folder ~/.local/share/guestlist cannot be written (permission \
                       denied). Make it yours, or connect to a server.";
        Model { screen: Screen::Welcome { choice: 1, problem: Some(problem.to_owned()) }, ..fresh(size) }
    }),
    ("starting", |size| Model {
        screen: Screen::Starting("Starting the server on this machine…".to_owned()),
        ..fresh(size)
    }),
    ("connect", |size| Model { screen: Screen::Entry(forms::connect("")), ..fresh(size) }),
    ("sign-in", |size| {
        let mut model = sample::at_server(size);
        let mut form = forms::sign_in();
        form.fill("login", "ada");
        form.fill("password", "correct horse");
        form.focus = 1;
        form.refused = Some("Name and password do not fit.".to_owned());
        model.screen = Screen::Entry(form);
        model.pasted = Some(pasted());
        model
    }),
    ("verify", |size| {
        let mut model = panes(size);
        let mut form = forms::verify("ada@example.org");
        form.fill("code", "7KQX-M2FA");
        form.refuse("code", "is not the one of the newest mail; it can be tried 4 times more");
        model.overlays.push(Overlay::Form(form));
        model
    }),
    ("sign-up", |size| {
        let mut model = local(sample::at_server(size));
        let mut form = forms::sign_up(None, None, false);
        form.fill("username", "ada lovelace");
        form.fill("email", "ada@example.org");
        form.refuse("username", "must be letters, digits, '.', '_' or '-', beginning with a letter or digit");
        model.screen = Screen::Entry(form);
        model
    }),
    ("places", |size| {
        let here = |name: &str| Place {
            profile: None,
            at: Where::Server(Origin::parse("invites.example.org", crate::client::PlainHttp::LoopbackOnly).unwrap()),
            username: Some(name.to_owned()),
            plain: crate::client::PlainHttp::LoopbackOnly,
        };
        let local = Place { at: Where::Here, username: None, ..here("") };
        let work = Place { profile: Some("work".to_owned()), ..here("ada.lovelace") };
        let all = Some(vec![here("ada"), here("kim"), local, work]);
        over_panes(size, Overlay::Places(Box::new(Places { all, selected: 1, problem: None })))
    }),
    ("panes", panes),
    ("panes-bands", |size| {
        let mut model = panes(size);
        model.focus = Pane::Bands;
        model.inbox.pending = 0;
        model.line.heard = Some(later(-75));
        model
    }),
    ("panes-members", |size| {
        let mut model = local(panes(size));
        model.focus = Pane::Members;
        model.members.list.select_index(3);
        model
    }),
    ("panes-scrolled", |size| {
        let mut model = panes(size);
        model.invites.list.select_index(25);
        for at in [24, 25] {
            let id = model.invites.list.rows().nth(at).map(|invite| invite.id);
            model.invites.list.marked.extend(id);
        }
        let height = crate::tui::model::areas(size, model.focus).list_height(Pane::Invites);
        model.invites.list.show(height);
        model.undo = Some(Undo { invites: vec![invite_id(1)], fitting: None, until: later(500) });
        model
    }),
    ("no-bands", |size| {
        let mut model = signed_in(size);
        model.line.heard = Some(now());
        fill(&mut model.bands.list, Vec::new(), false);
        model
    }),
    ("no-invites", |size| {
        let mut model = panes(size);
        model.invites.list.clear();
        fill(&mut model.invites.list, Vec::new(), false);
        (model.invites.total, model.invites.pending) = (0, 0);
        model.toast = Some(Toast {
            text: "The Night Owls is made. Press n to invite.".to_owned(),
            tone: Tone::Good,
            until: later(5),
        });
        model
    }),
    ("loading", |size| {
        let mut model = signed_in(size);
        fill(&mut model.bands.list, vec![sample::band(1, "The Night Owls", 12, Role::Owner)], false);
        model.band = Some(band_id(1));
        model.focus = Pane::Invites;
        model
    }),
    ("offline", |size| {
        let mut model = panes(size);
        model.line.offline_since = Some(later(-30));
        model.line.heard = Some(later(-95));
        model.line.why = "cannot reach https://invites.example.org: connection refused".to_owned();
        model.toast = Some(Toast {
            text: "The link could not be fetched: cannot reach https://invites.example.org. What is shown stays; try \
                   again when the line is back."
                .to_owned(),
            tone: Tone::Bad,
            until: later(5),
        });
        model
    }),
    ("waiting", |size| awaiting(Wait::Answer, size)),
    ("refreshing", |size| awaiting(Wait::Refresh, size)),
    ("searching-slowly", |size| {
        let mut model = awaiting(Wait::Search(Pane::Invites), size);
        model.invites.search.query = TextField::new("kim");
        model.invites.search.typing = true;
        model
    }),
    ("other-rows-awaited", |size| awaiting(Wait::Rows, size)),
    ("searching", |size| {
        let mut model = panes(size);
        model.invites.search.query = TextField::new("kim");
        model.invites.search.typing = true;
        model.invites.status = Some(Status::Pending);
        model.invites.matched = Some(1);
        model.invites.list.clear();
        fill(
            &mut model.invites.list,
            vec![Invite { label: Some("Kim, the drummer".to_owned()), ..sample::invite(1) }],
            false,
        );
        model
    }),
    ("nothing-fits", |size| {
        let mut model = panes(size);
        model.focus = Pane::Members;
        model.members.search.query = TextField::new("zebra");
        model.members.matched = Some(0);
        model.members.list.clear();
        fill(&mut model.members.list, Vec::new(), false);
        model.invites.sort = Some(InviteSort::Soonest);
        model
    }),
    ("help", |size| over_panes(size, Overlay::Help { scroll: 0 })),
    ("help-scrolled", |size| over_panes(size, Overlay::Help { scroll: u16::MAX })),
    ("palette", |size| over_panes(size, Overlay::Palette { query: TextField::default(), selected: 1 })),
    ("palette-found", |size| over_panes(size, Overlay::Palette { query: TextField::new("link"), selected: 0 })),
    ("new-invite", |size| over_panes(size, Overlay::Form(new_invite()))),
    ("form-refused", |size| {
        let mut form = new_invite();
        form.fill("expires_at", "soon");
        form.fill("max_uses", "0");
        form.refuse("expires_at", "must be hours (48), days (3d), weeks (2w), a date (2026-12-31) or never");
        form.refuse("max_uses", "must be a number from 1 to 1000000, or unlimited");
        form.refused = Some("You may not invite to this band any more: ask an admin.".to_owned());
        over_panes(size, Overlay::Form(form))
    }),
    ("form-message", |size| {
        let mut form = new_invite();
        form.fill(
            "message",
            "We play on Thursdays at nine, in the cellar of the old pump house.\n\nSee you there, 舞!",
        );
        form.focus = 5;
        over_panes(size, Overlay::Form(form))
    }),
    ("form-sending", |size| {
        let mut form = new_invite();
        form.sending = Some(RequestId(7));
        over_panes(size, Overlay::Form(form))
    }),
    ("confirm", |size| {
        over_panes(
            size,
            Overlay::Confirm(Confirm::new(
                "Revoke the invite for Kim, the drummer?",
                "Its link stops working at once. u undoes it within ten minutes.",
                "revoke",
                vec![Deed::Revoke(invite_id(1))],
            )),
        )
    }),
    ("confirm-several", |size| {
        let mut confirm = Confirm::new(
            "Revoke 5 marked invites?",
            "Their links stop working at once. u undoes it within ten minutes.",
            "revoke",
            (1..6).map(|n| Deed::Revoke(invite_id(n))).collect(),
        );
        confirm.done = 2;
        confirm.sending = Some(RequestId(9));
        over_panes(size, Overlay::Confirm(confirm))
    }),
    ("confirm-refused", |size| {
        let mut confirm = Confirm::new(
            "Delete The Night Owls for good?",
            "All 9 members lose it and 12 pending invites end. This cannot be undone.",
            "delete",
            vec![Deed::DeleteBand(band_id(1))],
        );
        confirm.refused = Some("Only the owner can delete a band. Ask Joe.".to_owned());
        over_panes(size, Overlay::Confirm(confirm))
    }),
    ("details", |size| over_panes(size, Overlay::Details(Box::new(details())))),
    ("details-loading", |size| {
        let details = Details { redemptions: None, audit: None, problem: None, ..details() };
        over_panes(size, Overlay::Details(Box::new(details)))
    }),
    ("details-mailed", |size| {
        let event = Some(sample::event());
        let invite = Invite {
            kind: Kind::Email,
            email: Some("lea@example.org".to_owned()),
            label: Some("Lea, second violin".to_owned()),
            delivery: Delivery::Deferred,
            delivery_note: Some("451 4.7.1 Greylisted, please try again later".to_owned()),
            delivery_next_at: Some(later(900)),
            sent_at: Some(later(-7_200)),
            reminders_sent: 1,
            next_reminder_at: Some(later(86_400)),
            ..sample::invite(4)
        };
        over_panes(
            size,
            Overlay::Details(Box::new(Details { invite, redemptions: None, audit: None, event, ..details() })),
        )
    }),
    ("details-account", |size| {
        let invite = Invite { kind: Kind::User, account: Some(sample::person(3)), ..sample::invite(3) };
        over_panes(size, Overlay::Details(Box::new(Details { invite, redemptions: None, audit: None, ..details() })))
    }),
    ("demo-codes", |size| {
        let mut model = panes(size);
        model.settings.demo = model.server.as_ref().map(|server| server.origin.clone());
        model.invites.list.change(invite_id(1), |invite| {
            (invite.kind, invite.label) = (Kind::Code, None);
        });
        model
    }),
    ("offer-account-alone", |size| {
        let mut offer = offer();
        if let Some(preview) = &mut offer.preview {
            (preview.band, preview.kind) = (None, Kind::Code);
        }
        over_panes(size, Overlay::Offer(Box::new(offer)))
    }),
    ("sign-up-invited", |size| {
        let mut model = sample::at_server(size);
        let mut form = forms::sign_up(None, None, true);
        form.focus = 4;
        model.screen = Screen::Entry(form);
        (model.pasted, model.invited_to) = (Some(pasted()), Some("The Night Owls".to_owned()));
        model
    }),
    ("link", |size| over_panes(size, Overlay::Link(Box::new(link(Some(Copied::Native), false))))),
    ("link-not-sure", |size| over_panes(size, Overlay::Link(Box::new(link(Some(Copied::Osc52), true))))),
    ("offer", |size| over_panes(size, Overlay::Offer(Box::new(offer())))),
    ("offer-refused", |size| {
        let mut offer = offer();
        if let Some(preview) = &mut offer.preview {
            preview.status = Status::Cancelled;
        }
        offer.refused = Some(format!("This invite was taken back ({}). Ask for a new one.", Code::InviteCancelled));
        over_panes(size, Overlay::Offer(Box::new(offer)))
    }),
    ("offer-held", |size| {
        let mut model = sample::at_server(size);
        let mut offer = offer();
        if let Some(preview) = &mut offer.preview {
            (preview.registration, preview.uses_left, preview.event) = (Registration::InviteOnly, Some(0), None);
        }
        model.screen = Screen::Entry(forms::sign_in());
        model.overlays.push(Overlay::Offer(Box::new(offer)));
        model
    }),
    ("offer-before-sign-in", |size| {
        let mut model = sample::at_server(size);
        model.screen = Screen::Entry(forms::sign_in());
        model.overlays.push(Overlay::Offer(Box::new(offer())));
        model
    }),
    ("confirm-remove", |size| {
        let mut confirm = Confirm::new(
            "Remove Sam Reed from The Night Owls?",
            "They lose the band at once, and no invite lets them in again. Invites they made follow the band's policy.",
            "remove",
            vec![Deed::RemoveMember(band_id(1), sample::account_id(3))],
        )
        .with_choices([Choice::new('b', "keep them out for good"), Choice::new('i', "end all invites they made")]);
        confirm.choices[0].chosen = true;
        over_panes(size, Overlay::Confirm(confirm))
    }),
    ("finder", |size| {
        let mut finder = Finder { query: TextField::new("o"), ..Finder::default() };
        let mut bands: Vec<_> = (5..8).map(|n| sample::band(n, "Open Stage", 0, Role::Member)).collect();
        for (band, join) in bands.iter_mut().zip([JoinMode::Open, JoinMode::Request]) {
            (band.role, band.join) = (None, join);
        }
        bands[1].name = "合唱団 ひびき and all who sing along with them".to_owned();
        finder.found = Some(Bands { bands, next_cursor: Some("more".to_owned()), prev_cursor: None });
        finder.selected = 1;
        over_panes(size, Overlay::Finder(Box::new(finder)))
    }),
    ("finder-asked", |size| {
        let mut bands: Vec<_> = (5..9).map(|n| sample::band(n, "Open Stage", 0, Role::Member)).collect();
        for band in &mut bands {
            (band.role, band.join) = (None, JoinMode::Request);
        }
        bands[1].name = "合唱団 ひびき and all who sing along with them".to_owned();
        let found = Some(Bands { bands, next_cursor: None, prev_cursor: None });
        let finder = Finder { found, asked: sample::own_requests(), selected: 1, ..Finder::default() };
        over_panes(size, Overlay::Finder(Box::new(finder)))
    }),
    ("finder-refused", |size| {
        let problem = "You were removed from this band. Ask joe@example.org for a new invite.".to_owned();
        let found = Bands { bands: Vec::new(), next_cursor: None, prev_cursor: None };
        let finder = Finder { found: Some(found), problem: Some(problem), ..Finder::default() };
        over_panes(size, Overlay::Finder(Box::new(finder)))
    }),
    ("inbox", |size| {
        let list = WaitingList { page: Some(sample::inbox()), selected: 1, problem: None };
        over_panes(size, Overlay::Inbox(Box::new(list)))
    }),
    ("inbox-empty", |size| {
        let nothing = Inbox { invites: Vec::new(), next_cursor: None, prev_cursor: None };
        let list = WaitingList { page: Some(nothing), ..WaitingList::default() };
        over_panes(size, Overlay::Inbox(Box::new(list)))
    }),
];

fn over_panes(size: (u16, u16), overlay: Overlay) -> Model {
    let mut model = panes(size);
    model.overlays.push(overlay);
    model
}

fn awaiting(what: Wait, size: (u16, u16)) -> Model {
    Model { awaited: Some(Awaited { since: later(-2), what }), ..panes(size) }
}

/// The server is the embedded one.
fn local(mut model: Model) -> Model {
    let origin = Origin::parse("http://127.0.0.1:7878", model.settings.plain).unwrap();
    let launched = Launched {
        origin: origin.to_string(),
        keep_as: origin.to_string(),
        founder: Some("proof".to_owned()),
        empty: true,
    };
    model.server = Some(Server { keep_as: origin.clone(), origin, launched: Some(launched), site: None });
    model
}

fn new_invite() -> Form {
    forms::new_invite(&sample::band(1, "The Night Owls", 12, Role::Owner), true)
}

fn pasted() -> Pasted {
    Pasted { origin: None, token: "inv_0".to_owned() }
}

fn details() -> Details {
    let invite = sample::panes((80, 24)).invites.list.rows().nth(1).cloned().unwrap();
    let message = Some("Come as you are; the door is open from eight.".to_owned());
    Details {
        invite: Invite { message, label: Some("Flyer for the summer party".to_owned()), ..invite },
        redemptions: Some(sample::redemptions()),
        audit: Some(sample::audit()),
        event: None,
        problem: None,
        scroll: 0,
    }
}

pub(super) fn link(copied: Option<Copied>, loopback: bool) -> ShownLink {
    let host = if loopback { "http://127.0.0.1:7878" } else { "https://invites.example.org" };
    ShownLink {
        link: Link {
            text: format!("{host}/invite/inv_k3V0mXcZ8bqYt1nR7wLpD5sHfJ2aGe9uQoT4iKxNcBx9Qw"),
            title: "Kim, the drummer".to_owned(),
        },
        loopback,
        copied,
        qr: false,
        inverted: false,
    }
}

fn offer() -> Offer {
    Offer {
        pasted: pasted(),
        preview: Some(sample::preview()),
        sending: None,
        attempt: 0,
        refused: None,
        accepted: None,
        scroll: 0,
    }
}

/// A form with something wrong in the field in focus, and with the whole.
pub(super) fn wrong_at(focus: usize, refused: &str, text: &str, size: (u16, u16)) -> Model {
    let mut form = new_invite();
    form.focus = focus;
    form.fill("message", text);
    form.refused = Some(refused.to_owned());
    if let Some(field) = form.focused() {
        field.error = Some("wrong".to_owned());
    }
    over_panes(size, Overlay::Form(form))
}

/// The form of a new invite with this field in focus.
pub(super) fn form_at(focus: usize, size: (u16, u16)) -> Model {
    over_panes(size, Overlay::Form(Form { focus, ..new_invite() }))
}

/// The panes with one name everywhere.
pub(super) fn named(name: &str, size: (u16, u16)) -> Model {
    let mut model = panes(size);
    let name = || name.to_owned();
    model.bands.list.change(band_id(1), |band| band.name = name());
    model.bands.list.change(band_id(2), |band| band.name = name());
    for n in 1..9 {
        model.invites.list.change(invite_id(n), |invite| {
            invite.label = Some(name());
            invite.created_by.display_name = name();
        });
        model.members.list.change(sample::account_id(n), |member| {
            member.account.display_name = name();
            if let Some(by) = &mut member.invited_by {
                by.display_name = name();
            }
        });
    }
    model.invites.search.query = TextField::new(name());
    model
}

/// The model alone, and under the overlays that show the texts of others.
pub(super) fn over(model: &Model, name: &str) -> Vec<Model> {
    let mut details = details();
    details.invite.label = Some(name.to_owned());
    details.invite.message = Some(name.to_owned());
    let mut offer = offer();
    if let Some(preview) = &mut offer.preview {
        if let Some(band) = &mut preview.band {
            band.name = name.to_owned();
        }
        preview.message = Some(name.repeat(3));
    }
    let mut form = new_invite();
    form.fill("label", name);
    form.fill("message", name);
    form.focus = 5;
    let confirm = Confirm::new(name, name, "go", vec![Deed::SignOut]);
    let mut requests = lists::requests(JoinStatus::Pending);
    for entry in &mut requests {
        if let Entry::JoinRequest(request) = entry {
            request.account.display_name = name.to_owned();
        }
    }
    let campaign = Campaign { name: name.to_owned(), message: Some(name.to_owned()), ..sample::campaign(2) };
    let campaigns = vec![Entry::Campaign(Box::new(campaign.clone()))];
    let mut chosen = new_invite();
    chosen.knows_campaigns(vec![campaign.clone()]);
    chosen.opens_in(campaign.id);
    chosen.known.people = Some(FoundPeople {
        accounts: vec![FoundPerson {
            id: sample::account_id(3),
            username: "sam".to_owned(),
            display_name: name.to_owned(),
            state: PersonState::Declined,
        }],
    });
    let reviewed = Form { review: Some(name.repeat(20)), ..new_invite() };
    let shown = Shown { topic: Topic::Campaigns, entry: campaigns[0].clone(), scroll: 0 };
    let overlays = [
        None,
        Some(Overlay::Listing(Box::new(lists::listing(Topic::Campaigns, campaigns)))),
        Some(Overlay::Shown(Box::new(shown))),
        Some(Overlay::Form(chosen)),
        Some(Overlay::Form(reviewed)),
        Some(Overlay::Listing(Box::new(lists::listing(Topic::JoinRequests, requests)))),
        Some(Overlay::Details(Box::new(details))),
        Some(Overlay::Offer(Box::new(offer))),
        Some(Overlay::Form(form)),
        Some(Overlay::Confirm(confirm)),
        Some(Overlay::Palette { query: TextField::new(name), selected: 0 }),
    ];
    let bands = model.bands.list.rows().cloned().collect::<Vec<_>>();
    overlays
        .into_iter()
        .map(|overlay| {
            let mut copy = named(name, model.size);
            fill(&mut copy.bands.list, bands.clone(), false);
            copy.overlays.extend(overlay);
            copy
        })
        .collect()
}
