//! What is done to invites, to one or to many.

use super::{Scene, link, over_panes};
use crate::{
    api::{Code, Invite, InviteSort},
    domain::{Delivery, Kind, Role, Status},
    tui::{
        forms,
        model::{Choice, Chosen, Confirm, Deed, Groups, Many, Overlay, RequestId, ShownLink, Toast, Tone},
        sample::{self, fill, invite_id, later, panes},
    },
};

pub(super) const ALL: &[Scene] = &[
    ("panes-mailed", |size| {
        let mut model = panes(size);
        let email = |n, delivery| {
            move |invite: &mut Invite| {
                (invite.kind, invite.delivery) = (Kind::Email, delivery);
                invite.email = Some(format!("guest{n}@example.org"));
            }
        };
        for (n, delivery) in
            [(1, Delivery::Sent), (7, Delivery::Bounced), (8, Delivery::Deferred), (9, Delivery::Queued)]
        {
            model.invites.list.change(invite_id(n), email(n, delivery));
        }
        (model.invites.status, model.invites.kind) = (Some(Status::Pending), Some(Kind::Email));
        model.invites.matched = Some(4);
        model.invites.sort = Some(InviteSort::Latest);
        model
    }),
    ("panes-all-marked", |size| {
        let mut model = panes(size);
        model.invites.all = true;
        model
    }),
    ("panes-refused", |size| {
        let mut model = panes(size);
        for (n, code) in [(1, Code::NotPending), (2, Code::Forbidden), (9, Code::RecipientOptedOut)] {
            model.invites.list.marked.insert(invite_id(n));
            model.invites.refused.insert(invite_id(n), code.as_str().replace('_', " "));
        }
        model.toast = Some(Toast {
            text: "312 invites sent again; 3 were not and stay marked: not pending (2), recipient opted out."
                .to_owned(),
            tone: Tone::Bad,
            until: later(5),
        });
        model
    }),
    ("by-campaign", |size| {
        let mut model = panes(size);
        let mut groups = Groups::default();
        fill(&mut groups.list, sample::campaigns(), false);
        groups.list.step(1);
        model.invites.list.clear();
        model.invites.groups = Some(groups);
        model
    }),
    ("by-campaign-open", |size| {
        let mut model = panes(size);
        let mut groups = Groups { inside: true, ..Groups::default() };
        fill(&mut groups.list, sample::campaigns(), true);
        groups.open = groups.list.selected().map(|campaign| campaign.id);
        let rows: Vec<_> = model.invites.list.rows().take(5).cloned().collect();
        model.invites.list.clear();
        fill(&mut model.invites.list, rows, false);
        model.invites.list.step(2);
        model.invites.groups = Some(groups);
        model
    }),
    ("confirm-all", |size| {
        let mut confirm = Confirm::new(
            "Revoke all 4312 pending invites that fit “horn”?",
            "Their links stop working at once. u undoes it within ten minutes.",
            "revoke",
            vec![Deed::SignOut],
        );
        confirm.many = Some(Many { done: 2_000, failed: Vec::new(), remaining: 1_000 });
        confirm.sending = Some(RequestId(9));
        over_panes(size, Overlay::Confirm(confirm))
    }),
    ("confirm-resend", |size| {
        let confirm = Confirm::new(
            "Send the invite for kim@example.org again?",
            "The same mail with the same link goes out once more.",
            "send",
            vec![Deed::Resend(invite_id(1))],
        );
        over_panes(
            size,
            Overlay::Confirm(confirm.with_choices([Choice::new('l', "with a new link; the old one is dead")])),
        )
    }),
    ("qr", |size| over_panes(size, Overlay::Link(Box::new(ShownLink { qr: true, ..link(None, false) })))),
    ("qr-here", |size| {
        over_panes(size, Overlay::Link(Box::new(ShownLink { qr: true, inverted: true, ..link(None, true) })))
    }),
    ("extend", |size| over_panes(size, Overlay::Form(forms::extend(&sample::invite(1))))),
    ("edit-many", |size| {
        let band = sample::band(1, "The Night Owls", 12, Role::Owner);
        let chosen = Chosen::Marked(vec![invite_id(1), invite_id(2)]);
        over_panes(size, Overlay::Form(forms::edit_many(chosen, "2 marked invites", &band, true)))
    }),
];
