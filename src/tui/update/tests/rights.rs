use super::desk::*;
use crate::{
    domain::{CancelReason, Role, Status},
    tui::{
        keymap::Action,
        model::{Deed, Overlay},
        request::{Answer, Request},
    },
};

/// The desk of someone with this role in the band, whose other member is the owner.
fn desk_of(role: Role) -> Desk {
    let mut desk = Desk::with_a_band();
    desk.model.bands.list.change(band_id(1), |band| band.role = Some(role));
    desk.model.bands.list.change(band_id(1), |band| band.can_invite = role != Role::Member);
    desk.model.members.list.change(account_id(1), |member| member.role = role);
    desk.model.members.list.change(account_id(2), |member| member.role = Role::Owner);
    desk
}

#[test]
fn what_a_role_does_not_allow_is_said_at_the_key_and_nothing_is_asked_or_sent() {
    let cases = [
        (Role::Member, "2", "n", "ask an admin"),
        (Role::Member, "2", "y", "may not invite to this band any more"),
        (Role::Member, "2", "e", "may not invite to this band any more"),
        (Role::Member, "1", "e", "Only admins"),
        (Role::Member, "1", "D", "Only the owner can delete"),
        (Role::Admin, "1", "D", "Only the owner can delete"),
        (Role::Owner, "1", "x", "The owner cannot leave: hand the band over to a member first (T in the members)."),
        (Role::Member, "3", "j e", "Only admins"),
        (Role::Member, "3", "j x", "Only admins"),
        (Role::Member, "3", "j T", "Only the owner can hand"),
        (Role::Admin, "3", "j e", "stays the owner"),
        (Role::Admin, "3", "j x", "Only the owner can do this to an admin"),
        (Role::Admin, "3", "j T", "Only the owner can hand"),
        (Role::Admin, "3", "x", "That is you: x in the bands leaves the band."),
    ];
    for (role, pane, keys, says) in cases {
        let mut desk = desk_of(role);
        desk.press(pane);
        desk.press(keys);
        assert!(desk.toast().contains(says), "{role} {pane} {keys}: {:?}", desk.toast());
        assert!(desk.top().is_none() && desk.sent.is_empty(), "{role} {pane} {keys}");
    }
}

#[test]
fn the_owner_is_not_shown_as_somebody_whose_role_could_be_changed() {
    let mut desk = Desk::with_a_band();
    desk.press("3 e");
    assert!(desk.top().is_none() && desk.toast().contains("stays the owner"), "{}", desk.toast());
}

#[test]
fn on_an_empty_list_keys_say_that_there_is_nothing() {
    let mut desk = Desk::with_a_band();
    desk.press("f");
    desk.answer(|r| matches!(r, Request::Invites(..)), Ok(invites(Vec::new())));
    for key in ["y", "L", "r", "R", "e"] {
        desk.model.toast = None;
        desk.press(key);
        assert_eq!((desk.toast(), desk.top()), ("There is no invite here.", None), "{key}");
    }
    for action in [Action::CopyLink, Action::Revoke, Action::EditInvite] {
        assert!(desk.model.barred(action).is_some(), "{action} is no hint of the footer");
    }
    assert_eq!(desk.model.barred(Action::NewInvite), None);
}

#[test]
fn an_ended_invite_says_how_it_ended_and_time_alone_ends_one() {
    let mut desk = Desk::with_a_band();
    let reason = CancelReason::InviterRemoved;
    desk.model.invites.list.change(invite_id(1), |row| {
        (row.status, row.cancel_reason) = (Status::Cancelled, Some(reason));
    });
    desk.press("y");
    assert_eq!(desk.toast(), "This invite is cancelled already.");
    let now = desk.now;
    desk.model.invites.list.change(invite_id(2), |row| row.expires_at = Some(now));
    desk.press("j r");
    assert_eq!((desk.toast(), desk.top()), ("This invite has expired: make a new one.", None));
}

#[test]
fn without_any_band_one_can_still_sign_out() {
    let mut desk = Desk::with_a_band();
    desk.wait(7);
    desk.sync(&[], 0);
    desk.answer(|r| matches!(r, Request::Bands(_)), Ok(bands(Vec::new())));
    desk.press(":");
    desk.type_text("sign out");
    desk.press("enter");
    let Some(Overlay::Confirm(confirm)) = desk.top() else { panic!("{:?}", desk.top()) };
    assert_eq!(confirm.deeds, [Deed::SignOut]);
    desk.press("y");
    desk.answer(|r| matches!(r, Request::SignOut), Ok(Answer::Done));
}

#[test]
fn the_question_before_a_band_goes_counts_what_goes_with_it() {
    let said = |members, pending| {
        let mut desk = Desk::with_a_band();
        desk.model.bands.list.change(band_id(1), |band| {
            (band.counts.members, band.counts.pending) = (members, pending);
        });
        desk.press("1 D");
        let Some(Overlay::Confirm(confirm)) = desk.top() else { panic!() };
        confirm.consequence.clone()
    };
    assert_eq!(said(1, 0), "You are its only member. This cannot be undone.");
    assert_eq!(said(2, 1), "Its 2 members lose it, and its pending invite ends. This cannot be undone.");
    assert_eq!(said(9, 12), "Its 9 members lose it, and its 12 pending invites end. This cannot be undone.");
}
