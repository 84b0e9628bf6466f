use super::desk::*;
use crate::{
    api::{AuditEvent, AuditTrail, Campaign, Code, CreatedInvite, InviteLink, Members, Patch, Redemptions},
    client::{Page, Removal},
    clipboard::Copied,
    domain::{CampaignId, CancelReason, Kind, Role, Status, Token},
    tui::{
        message::{Effect, Link, Msg},
        model::{Deed, Overlay},
        request::{Answer, Request},
        sample,
    },
};

fn url(byte: u8) -> String {
    format!("https://one.example/invite/{}", Token::from_random(&[byte; 32]).reveal())
}

/// The link to the invite of the guest of this number.
fn link(byte: u8, guest: u8) -> Link {
    Link { text: url(byte), title: format!("\"guest {guest}\"") }
}

#[test]
fn n_and_enter_make_a_link_with_the_defaults_and_copy_it() {
    let mut desk = Desk::with_a_band();
    desk.press("n enter y");
    let Request::CreateInvite(band, body) = &desk.request(|r| matches!(r, Request::CreateInvite(..))).2 else {
        panic!()
    };
    assert_eq!((*band, body.role, &body.ttl_hours), (band_id(1), Some(Role::Member), &Patch::Omitted));
    assert_eq!(body.max_uses, Patch::Value(1));
    let created =
        CreatedInvite { invite: invite(9), link: url(1), token: Token::from_random(&[1; 32]).reveal().to_owned() };
    desk.answer(|r| matches!(r, Request::CreateInvite(..)), Ok(Answer::Created(Box::new(created))));
    assert!(matches!(desk.effects.last(), Some(Effect::Copy(link)) if link.text == url(1)));
    desk.send(Msg::Copied { copied: Copied::Osc52, link: link(1, 9) });
    assert!(matches!(desk.top(), Some(Overlay::Link(shown)) if shown.copied == Some(Copied::Osc52) && !shown.loopback));
    desk.press("esc");
    assert!(desk.top().is_none());
    assert!(desk.has_request(is_sync));
}

#[test]
fn a_copy_that_is_not_sure_shows_the_link_and_a_sure_one_only_says_so() {
    let mut desk = Desk::with_a_band();
    let answer = || Ok(Answer::Link(Box::new(InviteLink { link: url(2), token: String::new() })));
    desk.press("y");
    desk.answer(|r| *r == Request::ShowLink(invite_id(1)), answer());
    desk.send(Msg::Copied { copied: Copied::Native, link: link(2, 1) });
    assert_eq!((desk.toast(), desk.top()), ("Link copied to the clipboard.", None));
    desk.press("y j");
    desk.answer(|r| *r == Request::ShowLink(invite_id(1)), answer());
    assert!(matches!(desk.effects.last(), Some(Effect::Copy(copied)) if *copied == link(2, 1)));
    desk.send(Msg::Copied { copied: Copied::Failed { why: "no clipboard".to_owned() }, link: link(2, 1) });
    assert!(matches!(desk.top(), Some(Overlay::Link(shown)) if shown.link == link(2, 1)));
}

#[test]
fn a_link_to_loopback_is_said_to_work_on_this_machine_only_whichever_way_it_was_copied() {
    let mut desk = Desk::with_a_band();
    let here = url(2).replace("https://one.example", "http://127.0.0.1:7878");
    let answer = || Ok(Answer::Link(Box::new(InviteLink { link: here.clone(), token: String::new() })));
    for copied in [Copied::Native, Copied::Osc52] {
        desk.press("y");
        desk.answer(|r| *r == Request::ShowLink(invite_id(1)), answer());
        let link = Link { text: here.clone(), ..link(2, 1) };
        desk.send(Msg::Copied { copied: copied.clone(), link });
        let is_said = match copied {
            Copied::Native => desk.toast().contains("this machine only"),
            _ => matches!(desk.top(), Some(Overlay::Link(shown)) if shown.loopback),
        };
        assert!(is_said, "{copied:?}: {} {:?}", desk.toast(), desk.top());
    }
}

#[test]
fn a_link_that_was_closed_stays_closed_whatever_became_of_its_copy() {
    let mut desk = Desk::with_a_band();
    desk.press("L");
    let answer = Ok(Answer::Link(Box::new(InviteLink { link: url(2), token: String::new() })));
    desk.answer(|r| *r == Request::ShowLink(invite_id(1)), answer);
    desk.press("y");
    assert!(desk.model.copying.is_some(), "nothing is said of a copy before its end");
    desk.press("esc");
    desk.send(Msg::Copied { copied: Copied::Osc52, link: link(2, 1) });
    assert!(desk.top().is_none() && desk.toast().contains("L shows it again"), "{}", desk.toast());
    desk.send(Msg::Copied { copied: Copied::Failed { why: "no clipboard".to_owned() }, link: link(2, 1) });
    assert!(desk.top().is_none() && desk.toast().contains("no clipboard"), "{}", desk.toast());
}

#[test]
fn a_link_is_shown_as_a_qr_code_and_back_and_nothing_is_asked_twice() {
    let mut desk = Desk::with_a_band();
    desk.press("Q");
    let answer = Ok(Answer::Link(Box::new(InviteLink { link: url(2), token: String::new() })));
    desk.answer(|r| *r == Request::ShowLink(invite_id(1)), answer);
    let shown = |desk: &Desk| match desk.top() {
        Some(Overlay::Link(shown)) => (shown.qr, shown.inverted),
        other => panic!("{other:?}"),
    };
    assert_eq!(shown(&desk), (true, false));
    desk.press("i");
    assert_eq!(shown(&desk), (true, true));
    desk.press("Q");
    assert!(!shown(&desk).0);
    desk.press("Q y");
    assert!(matches!(desk.effects.last(), Some(Effect::Copy(copied)) if *copied == link(2, 1)));
    assert!(desk.sent.is_empty(), "the link is known");
    desk.press("esc");
    assert!(desk.top().is_none());
}

#[test]
fn a_revoke_is_asked_for_on_another_key_and_u_takes_it_back() {
    let mut desk = Desk::with_a_band();
    desk.press("r r enter");
    assert!(desk.sent.is_empty(), "neither the same key nor Enter revokes");
    desk.press("y");
    desk.answer(|r| *r == Request::RevokeInvite(invite_id(1)), Ok(Answer::Done));
    let row = desk.model.invites.list.selected().unwrap();
    assert_eq!((row.status, row.cancel_reason), (Status::Cancelled, Some(CancelReason::Revoked)));
    assert!(desk.toast().contains("u undoes it"));
    desk.press("u");
    desk.answer(|r| *r == Request::RestoreInvite(invite_id(1)), Ok(Answer::Invite(Box::new(invite(1)))));
    assert_eq!(desk.model.invites.list.selected().unwrap().status, Status::Pending);
    desk.press("u");
    assert_eq!(desk.toast(), "There is nothing to undo.");
}

#[test]
fn what_is_asked_before_a_revoke_says_what_it_is() {
    let mut desk = Desk::with_a_band();
    let asked = |desk: &mut Desk, key: &str| {
        desk.press(key);
        let Some(Overlay::Confirm(confirm)) = desk.top() else { panic!() };
        let said = format!("{} {}", confirm.question, confirm.consequence);
        desk.press("esc");
        said
    };
    let account = member(2, Role::Member).account;
    let whom = format!("@{}", account.username);
    desk.model.invites.list.change(invite_id(1), |invite| {
        (invite.kind, invite.account, invite.label) = (Kind::User, Some(account), None);
    });
    let said = asked(&mut desk, "r");
    assert!(said.contains(&whom) && said.contains("leaves their inbox"), "{said}");
    desk.model.invites.list.change(invite_id(1), |invite| {
        (invite.kind, invite.account, invite.hint) = (Kind::Code, None, "7KQP".to_owned());
    });
    assert!(asked(&mut desk, "r").contains("Revoke the code …7KQP? It stops working"));
    assert!(asked(&mut desk, "R").contains("a new code in place of …7KQP? The old code is dead"));
}

#[test]
fn with_a_member_their_invites_and_every_way_back_can_be_ended() {
    let mut desk = Desk::with_a_band();
    desk.press("3 j x");
    let says = |desk: &Desk, text: &str| {
        assert!(matches!(desk.top(), Some(Overlay::Confirm(confirm)) if confirm.consequence.contains(text)), "{text}");
    };
    says(&desk, "come back by a new invite");
    desk.press("b i");
    says(&desk, "no invite lets them in again. Invites they made end.");
    desk.press("i");
    says(&desk, "Invites they made follow");
    desk.press("i y");
    let both = Removal { ban: true, revoke_invites: true };
    desk.answer(|r| *r == Request::RemoveMember(band_id(1), account_id(2), both), Ok(Answer::Done));
    assert_eq!(desk.toast(), "Removed and banned.");
}

#[test]
fn a_refused_deed_stays_open_with_the_reason() {
    let mut desk = Desk::with_a_band();
    desk.press("r y");
    let gone = problem(Code::NotPending, "The invite was accepted a moment ago.");
    desk.answer(|r| matches!(r, Request::RevokeInvite(_)), Err(gone));
    let Some(Overlay::Confirm(confirm)) = desk.top() else { panic!() };
    assert!(confirm.refused.as_ref().unwrap().contains("accepted a moment ago"));
    assert_eq!(confirm.deeds, [Deed::Revoke(invite_id(1))]);
    desk.press("esc");
    assert!(desk.top().is_none());
}

#[test]
fn an_edit_sends_what_was_changed_and_nothing_else() {
    let mut desk = Desk::with_a_band();
    desk.press("e tab");
    desk.press("ctrl-u");
    desk.type_text("never");
    desk.press("tab ctrl-u");
    desk.type_text("unlimited");
    desk.press("tab ctrl-u ctrl-s");
    let Request::UpdateInvite(id, body) = &desk.request(|r| matches!(r, Request::UpdateInvite(..))).2 else { panic!() };
    assert_eq!(*id, invite_id(1));
    let expected = crate::api::UpdateInvite {
        expires_at: Patch::Null,
        max_uses: Patch::Null,
        label: Patch::Null,
        ..Default::default()
    };
    assert_eq!(*body, expected);
}

#[test]
fn an_edit_without_a_change_sends_nothing() {
    let mut desk = Desk::with_a_band();
    desk.press("e ctrl-s");
    assert!(desk.sent.is_empty() && desk.top().is_none());
}

#[test]
fn ended_invites_are_not_edited_copied_or_revoked() {
    let mut desk = Desk::with_a_band();
    desk.model.invites.list.change(invite_id(1), |row| row.status = Status::Accepted);
    for key in ["e", "y", "r", "R", "L"] {
        desk.press(key);
        assert!(desk.top().is_none() && desk.sent.is_empty(), "{key}");
        assert!(!desk.toast().is_empty());
        desk.model.toast = None;
    }
}

#[test]
fn a_plain_member_is_told_instead_of_asked() {
    let mut desk = Desk::with_a_band();
    desk.model.bands.list.change(band_id(1), |band| band.role = Some(Role::Member));
    desk.press("n");
    assert!(desk.top().is_none() && desk.toast().contains("ask an admin"));
}

#[test]
fn details_gather_what_is_known_and_keys_act_on_what_is_open() {
    let mut desk = Desk::with_a_band();
    desk.press("enter");
    assert!(desk.has_request(|r| *r == Request::Redemptions(invite_id(1), Page::default())));
    let history = |r: &Request| matches!(r, Request::Trail(_, query, _) if query.invite == Some(invite_id(1)));
    desk.answer(history, Err(problem(Code::Unavailable, "Not now.")));
    assert!(matches!(desk.top(), Some(Overlay::Details(details)) if details.problem.is_some()));
    desk.press("r");
    assert!(matches!(desk.top(), Some(Overlay::Confirm(_))));
    desk.press("esc esc");
    assert!(desk.top().is_none());
}

#[test]
fn in_what_is_read_in_full_the_help_is_of_its_pane_or_its_list() {
    let mut desk = Desk::with_a_band();
    let helped = |desk: &Desk, heading: &str| {
        let seen = crate::tui::view::tests::text_of(&desk.model).join("\n");
        assert!(matches!(desk.top(), Some(Overlay::Help { .. })) && seen.contains(heading), "{seen}");
    };
    desk.press("enter ?");
    helped(&desk, "In the invites");
    desk.press("esc esc A");
    let is_list = |r: &Request| matches!(r, Request::Trail(_, query, _) if query.invite.is_none());
    desk.answer(is_list, Ok(Answer::Audit(Box::new(sample::audit()))));
    desk.press("enter ?");
    helped(&desk, "In what happened");
    desk.press("esc");
    assert!(matches!(desk.top(), Some(Overlay::Shown(_))));
}

#[test]
fn details_tell_of_the_campaigns_event() {
    let mut desk = Desk::with_a_band();
    let id = CampaignId::from_bytes([7; 16]);
    desk.model.invites.list.change(invite_id(1), |invite| invite.campaign_id = Some(id));
    desk.press("enter");
    let campaign = Campaign { id, event: Some(sample::event()), ..sample::campaign(7) };
    desk.answer(|r| *r == Request::Campaign(id), Ok(Answer::Campaign(Box::new(campaign))));
    assert!(matches!(desk.top(), Some(Overlay::Details(details)) if details.event == Some(sample::event())));
    desk.press("esc");
    // The band's default campaign has none.
    let band = CampaignId::from_bytes(*band_id(1).as_bytes());
    desk.model.invites.list.change(invite_id(1), |invite| invite.campaign_id = Some(band));
    desk.press("enter");
    assert!(!desk.has_request(|r| matches!(r, Request::Campaign(_))));
}

#[test]
fn members_are_changed_removed_and_made_owner() {
    let mut desk = Desk::with_a_band();
    desk.press("3 x");
    assert!(desk.top().is_none(), "oneself is not removed from here");
    desk.press("j e right ctrl-s");
    let Some(Overlay::Form(form)) = desk.top() else { panic!() };
    let said = form.review.clone().unwrap_or_default();
    assert!(said.contains("becomes an admin") && desk.sent.is_empty(), "{said}");
    desk.press("y");
    let Request::UpdateMember(_, account, body) = &desk.request(|r| matches!(r, Request::UpdateMember(..))).2 else {
        panic!()
    };
    assert_eq!((*account, body.role, body.can_invite), (account_id(2), Some(Role::Admin), None));
    let changed = Answer::Member(Box::new(member(2, Role::Admin)));
    desk.answer(|r| matches!(r, Request::UpdateMember(..)), Ok(changed));
    assert_eq!(desk.model.members.list.selected().unwrap().role, Role::Admin);
    desk.press("e left ctrl-s");
    let Some(Overlay::Form(form)) = desk.top() else { panic!() };
    assert!(form.review.as_ref().is_some_and(|said| said.contains("that make admins end")), "{form:?}");
    desk.press("esc esc y");
    desk.press("x y");
    assert!(desk.has_request(|r| *r == Request::RemoveMember(band_id(1), account_id(2), Removal::default())));
}

#[test]
fn the_last_admin_of_a_band_is_told_from_the_others() {
    let mut desk = Desk::with_a_band();
    assert_eq!(desk.model.last_admin(), Some(account_id(1)));
    desk.model.members.list.change(account_id(2), |member| member.role = Role::Admin);
    assert_eq!(desk.model.last_admin(), None);
}

#[test]
fn in_a_band_of_thousands_the_server_says_who_the_last_admin_is() {
    let mut desk = Desk::with_a_band();
    desk.press("3 /");
    desk.type_text("u");
    let page = |last_admin| {
        Answer::Members(Box::new(Members {
            members: vec![member(1, Role::Owner), member(2, Role::Member)],
            total: 5_000,
            last_admin,
            matched: Some(2),
            next_cursor: None,
            prev_cursor: None,
        }))
    };
    let is_members = |r: &Request| matches!(r, Request::Members(..));
    desk.answer(is_members, Ok(page(Some(account_id(1)))));
    assert_eq!(desk.model.last_admin(), Some(account_id(1)));
    desk.type_text("s");
    desk.answer(is_members, Ok(page(None)));
    assert_eq!(desk.model.last_admin(), None, "somebody was made an admin");
}

#[test]
fn the_history_goes_on_as_it_is_scrolled_to_and_what_does_not_follow_is_dropped() {
    let mut desk = Desk::with_a_band();
    desk.press("enter");
    let event = |id| AuditEvent { id, ..sample::audit().events.remove(0) };
    let page = |ids: std::ops::Range<i64>, next: Option<&str>| {
        let events = ids.map(event).collect();
        Answer::Audit(Box::new(AuditTrail { events, next_cursor: next.map(str::to_owned), prev_cursor: None }))
    };
    let history = |wanted: Option<&'static str>| move |r: &Request| matches!(r, Request::Trail(_, _, page) if page.cursor.as_deref() == wanted);
    let events = |desk: &Desk| match desk.top() {
        Some(Overlay::Details(details)) => details.audit.as_ref().map_or(0, |audit| audit.events.len()),
        other => panic!("{other:?}"),
    };
    desk.answer(history(None), Ok(page(0..50, Some("a"))));
    assert!(!desk.has_request(history(Some("a"))), "what is not looked at is not fetched");
    desk.press("G");
    desk.answer(history(Some("a")), Ok(page(50..100, Some("b"))));
    assert_eq!(events(&desk), 100);
    assert!(!desk.has_request(history(Some("b"))));
    desk.press("G G");
    desk.answer(history(Some("b")), Err(offline()));
    assert_eq!(events(&desk), 100, "what is known stays");
    desk.press("k G");
    desk.answer(history(Some("b")), Ok(page(100..120, None)));
    desk.press("G");
    assert_eq!(events(&desk), 120);
    assert!(!desk.has_request(|r| matches!(r, Request::Trail(..))));
}

#[test]
fn more_uses_are_fetched_where_their_end_is_on_the_screen() {
    let mut desk = Desk::with_a_band();
    desk.press("enter");
    let used = |next: Option<&str>| {
        let next_cursor = next.map(str::to_owned);
        Answer::Redemptions(Box::new(Redemptions { next_cursor, ..sample::redemptions() }))
    };
    let first = |r: &Request| *r == Request::Redemptions(invite_id(1), Page::default());
    desk.answer(first, Ok(used(Some("a"))));
    desk.press("G");
    let second = |r: &Request| matches!(r, Request::Redemptions(_, page) if page.cursor.is_some());
    desk.answer(second, Ok(used(None)));
    let Some(Overlay::Details(details)) = desk.top() else { panic!("{:?}", desk.top()) };
    assert_eq!(details.redemptions.as_ref().map(|used| used.redemptions.len()), Some(6));
}
