use super::desk::*;
use crate::{
    api::{
        ActOnInvites, ActedOnInvites, Code, FailedInvite, InviteAction, InviteFilter, Patch, ResendInvite, ResentInvite,
    },
    domain::{CancelReason, Kind, Role, Status},
    tui::{
        message::Effect,
        model::{Overlay, Tone},
        request::{Answer, Request},
    },
};

fn is_many(request: &Request) -> bool {
    matches!(request, Request::ActOnInvites(..))
}

fn wish(desk: &Desk) -> &ActOnInvites {
    match &desk.request(is_many).2 {
        Request::ActOnInvites(band, wish) if *band == band_id(1) => wish,
        other => panic!("{other:?}"),
    }
}

fn acted(done: u32, failed: &[(u128, Code)], next: Option<&str>) -> Answer {
    let failed = failed.iter().map(|&(n, code)| FailedInvite { id: invite_id(n), code }).collect();
    let remaining = if next.is_some() { 1_000 } else { 0 };
    Answer::Acted(Box::new(ActedOnInvites { done, failed, remaining, next_cursor: next.map(str::to_owned) }))
}

fn asks(desk: &Desk) -> String {
    match desk.top() {
        Some(Overlay::Confirm(confirm)) => format!("{} {}", confirm.question, confirm.consequence),
        other => panic!("{other:?}"),
    }
}

#[test]
fn marked_invites_are_revoked_by_one_request_and_undone_together() {
    let mut desk = Desk::with_a_band();
    desk.press("space space space r");
    assert!(asks(&desk).starts_with("Revoke 3 marked invites?"));
    desk.press("r enter");
    assert!(desk.sent.is_empty(), "neither the same key nor Enter revokes");
    desk.press("y");
    assert_eq!((wish(&desk).action, wish(&desk).ids.as_ref().map(Vec::len)), (InviteAction::Revoke, Some(3)));
    desk.answer(is_many, Ok(acted(3, &[], None)));
    assert_eq!(desk.toast(), "3 invites revoked. u undoes it.");
    assert!(desk.model.invites.list.marked.is_empty());
    let revoked = desk.model.invites.list.rows().filter(|row| row.cancel_reason == Some(CancelReason::Revoked));
    assert_eq!(revoked.count(), 3, "the rows say so at once");
    desk.press("u");
    assert_eq!((wish(&desk).action, wish(&desk).ids.as_ref().map(Vec::len)), (InviteAction::Restore, Some(3)));
    desk.answer(is_many, Ok(acted(3, &[], None)));
    assert_eq!(desk.toast(), "3 invites restored.");
    desk.press("u");
    assert_eq!(desk.toast(), "There is nothing to undo.");
}

#[test]
fn all_that_fit_go_on_call_by_call_and_what_was_refused_stays_marked_with_the_reason() {
    let mut desk = Desk::with_a_band();
    desk.press("*");
    assert!(desk.model.invites.all);
    desk.press("s");
    assert!(asks(&desk).starts_with("Send all 5 pending invites again?"), "{}", asks(&desk));
    desk.press("y");
    let pending = Some(InviteFilter { status: Some(Status::Pending), ..InviteFilter::default() });
    assert_eq!((wish(&desk).action, &wish(&desk).filter, &wish(&desk).cursor), (InviteAction::Resend, &pending, &None));
    let first = desk.request(is_many).1;
    desk.answer(is_many, Ok(acted(998, &[(1, Code::RecipientOptedOut), (3, Code::NotPending)], Some("next"))));
    assert_eq!((&wish(&desk).filter, wish(&desk).cursor.as_deref()), (&pending, Some("next")));
    assert_ne!(desk.request(is_many).1, first, "another call is another attempt");
    desk.answer(is_many, Ok(acted(10, &[(4, Code::NotPending)], None)));
    let said = "1008 invites sent again; 3 were not and stay marked: not pending (2), recipient opted out.";
    assert_eq!(desk.toast(), said);
    assert_eq!(desk.model.toast.as_ref().map(|toast| toast.tone), Some(Tone::Bad));
    assert!(!desk.model.invites.all);
    assert_eq!(desk.model.invites.list.marked.iter().copied().collect::<Vec<_>>(), [1, 3, 4].map(invite_id));
    assert_eq!(desk.model.invites.refused[&invite_id(1)], "recipient opted out");
    desk.press("esc");
    assert!(desk.model.invites.refused.is_empty() && desk.model.invites.list.marked.is_empty());
}

#[test]
fn a_call_whose_answer_was_lost_is_sent_again_as_the_same_attempt() {
    let mut desk = Desk::with_a_band();
    desk.press("* r y");
    let first = desk.request(is_many).1;
    desk.answer(is_many, Err(offline()));
    desk.press("y");
    assert_eq!(desk.request(is_many).1, first);
}

#[test]
fn the_filter_of_the_list_is_the_filter_of_the_action_and_of_its_undo() {
    let mut desk = Desk::with_a_band();
    desk.press("F F");
    assert_eq!(desk.model.invites.kind, Some(Kind::Email));
    let asked = |r: &Request| matches!(r, Request::Invites(_, query) if query.kind == Some(Kind::Email));
    desk.answer(asked, Ok(invites((1..=5).map(invite).collect())));
    desk.press("/");
    desk.type_text("gue");
    desk.press("enter * r");
    assert!(asks(&desk).starts_with("Revoke all pending invites (e-mails) that fit “gue”?"), "{}", asks(&desk));
    desk.press("y");
    let filter = wish(&desk).filter.clone().unwrap();
    assert_eq!((filter.kind, filter.q.as_deref()), (Some(Kind::Email), Some("gue")));
    desk.answer(is_many, Ok(acted(5, &[], None)));
    desk.press("u");
    assert!(asks(&desk).contains("whoever revoked it"), "what a filter names is asked about");
    desk.press("y");
    let undo = wish(&desk);
    assert_eq!(
        (undo.action, undo.filter.clone()),
        (InviteAction::Restore, Some(InviteFilter { status: Some(Status::Cancelled), ..filter }))
    );
}

#[test]
fn marked_ones_get_another_role_and_end_after_a_question_that_says_so() {
    let mut desk = Desk::with_a_band();
    desk.press("space space e right right");
    desk.press("tab");
    desk.type_text("2w");
    desk.press("ctrl-s");
    assert!(asks(&desk).contains("Change 2 marked invites? Who accepts from now on becomes admin. The new end: 2w."));
    desk.press("y");
    assert_eq!(wish(&desk).args.as_ref().and_then(|args| args.role), Some(Role::Admin));
    desk.answer(is_many, Ok(acted(2, &[], None)));
    assert_eq!(wish(&desk).action, InviteAction::Extend);
    assert_eq!(wish(&desk).args.as_ref().map(|args| &args.ttl_hours), Some(&Patch::Value(336)));
    desk.answer(is_many, Ok(acted(2, &[], None)));
    assert!(desk.top().is_none(), "the form goes with what it asked for");
}

#[test]
fn a_no_leads_back_to_the_form_and_nonsense_is_said_at_its_field() {
    let mut desk = Desk::with_a_band();
    desk.press("space space +");
    desk.press("ctrl-u");
    desk.type_text("+24");
    desk.press("enter");
    assert!(matches!(desk.top(), Some(Overlay::Form(form)) if form.fields[1].error.is_some()));
    desk.press("ctrl-u");
    desk.type_text("3d");
    desk.press("enter esc");
    assert!(matches!(desk.top(), Some(Overlay::Form(form)) if form.value("expires_at") == "3d"));
}

#[test]
fn plus_and_enter_make_one_invite_a_day_longer() {
    let mut desk = Desk::with_a_band();
    desk.press("+ enter");
    let Request::UpdateInvite(id, body) = &desk.request(|r| matches!(r, Request::UpdateInvite(..))).2 else { panic!() };
    assert_eq!((*id, &body.expires_at), (invite_id(1), &Patch::Value(invite(1).expires_at.unwrap().plus_hours(24))));
}

#[test]
fn an_undo_by_filter_says_nothing_of_what_was_never_revoked_and_a_link_has_no_address() {
    let mut desk = Desk::with_a_band();
    desk.press("* r y");
    desk.answer(is_many, Ok(acted(5, &[], None)));
    desk.press("u y");
    desk.answer(is_many, Ok(acted(4, &[(5, Code::NotRestorable)], None)));
    assert_eq!(desk.toast(), "4 invites restored.");
    assert!(desk.model.invites.list.marked.is_empty());
    desk.press("* s y");
    desk.answer(is_many, Ok(acted(0, &[(1, Code::Validation), (2, Code::Validation)], None)));
    assert_eq!(desk.toast(), "No invite was sent again; 2 were not and stay marked: no address (2).");
}

#[test]
fn what_a_form_was_filled_with_is_left_without_a_question() {
    let mut desk = Desk::with_a_band();
    for keys in ["+ esc", "space space + esc"] {
        desk.press(keys);
        assert!(desk.top().is_none(), "{keys}");
    }
    assert!(desk.sent.is_empty());
}

#[test]
fn an_invite_is_mailed_again_by_a_second_key_with_its_old_link_or_a_new_one() {
    let mut desk = Desk::with_a_band();
    desk.press("s");
    assert!(desk.top().is_none() && desk.toast().contains("no address"), "{}", desk.toast());
    desk.model.invites.list.change(invite_id(1), |invite| {
        (invite.kind, invite.email) = (Kind::Email, Some("kim@example.org".to_owned()));
    });
    desk.press("s");
    assert!(asks(&desk).contains("Send the invite for kim@example.org again?"));
    desk.press("y");
    let same = Answer::Resent(Box::new(ResentInvite::Same(Box::new(invite(1)))));
    desk.answer(|r| *r == Request::Resend(invite_id(1), ResendInvite { rotate: None }), Ok(same));
    assert!(desk.top().is_none() && desk.toast().contains("again"));
    desk.model.invites.list.change(invite_id(1), |invite| invite.email = Some("kim@example.org".to_owned()));
    desk.press("s l y");
    let made = crate::api::CreatedInvite {
        invite: invite(1),
        link: "https://one.example/invite/inv_x".to_owned(),
        token: "inv_x".to_owned(),
    };
    let rotated = Answer::Resent(Box::new(ResentInvite::Rotated(Box::new(made))));
    desk.answer(|r| *r == Request::Resend(invite_id(1), ResendInvite { rotate: Some(true) }), Ok(rotated));
    assert!(matches!(desk.top(), Some(Overlay::Link(_))), "a new link is shown");
    assert!(matches!(desk.effects.last(), Some(Effect::Copy(_))));
}

#[test]
fn a_revoked_invite_is_restored_and_what_was_never_revoked_is_not() {
    let mut desk = Desk::with_a_band();
    desk.press("U");
    assert!(desk.sent.is_empty() && desk.toast().contains("Only a revoke"));
    desk.model.invites.list.change(invite_id(1), |row| {
        (row.status, row.cancel_reason) = (Status::Cancelled, Some(CancelReason::Revoked));
    });
    desk.press("U");
    desk.answer(|r| *r == Request::RestoreInvite(invite_id(1)), Ok(Answer::Invite(Box::new(invite(1)))));
    assert_eq!(desk.model.invites.list.selected().unwrap().status, Status::Pending);
}

#[test]
fn what_cannot_be_done_to_any_is_said_before_it_is_asked() {
    let mut desk = Desk::with_a_band();
    desk.press("f f");
    desk.answer(
        |r| matches!(r, Request::Invites(_, query) if query.status == Some(Status::Accepted)),
        Ok(invites(vec![invite(1)])),
    );
    desk.press("* r");
    assert!(desk.top().is_none() && desk.toast().contains("what is shown is accepted"), "{}", desk.toast());
    desk.press("space");
    assert!(!desk.model.invites.all, "a mark of one's own begins anew");
}
