//! What becomes of what is open where the server refuses it, is not reached, or knows nobody any more.

use super::desk::*;
use crate::{
    api::{
        Accepted, BandRef, Campaign, Campaigns, Code, Invite, InviteLink, Invites, JoinRequest, JoinRequests, Outcome,
    },
    client::{Error, Removal},
    domain::{JoinRequestId, JoinStatus, Role, Timestamp},
    tui::{
        message::Msg,
        model::{FormKind, Overlay},
        request::{Answer, Request},
        sample,
    },
};

fn no_session() -> Error {
    problem(Code::Unauthenticated, "The session has ended.")
}

fn asks_to_sign_in(desk: &Desk) -> bool {
    matches!(desk.top(), Some(Overlay::Form(form)) if form.kind == FormKind::SignIn)
}

fn sign_in_again(desk: &mut Desk) {
    assert!(asks_to_sign_in(desk), "{:?}", desk.top());
    sign_in(desk, 1, "ada");
}

fn is_invites(request: &Request) -> bool {
    matches!(request, Request::Invites(..))
}

fn cursor_of(request: &Request) -> Option<&str> {
    match request {
        Request::Invites(_, query) => query.page.cursor.as_deref(),
        Request::Campaigns(_, page) | Request::JoinRequests(_, _, page) => page.cursor.as_deref(),
        other => panic!("{other:?}"),
    }
}

fn down(desk: &mut Desk, times: usize) {
    for _ in 0..times {
        desk.press("j");
    }
}

/// Another part of the band's invites is shown, of which there are more than a page.
fn long() -> Desk {
    let mut desk = Desk::with_a_band();
    desk.press("f");
    let rows: Vec<Invite> = (1..=50).map(invite).collect();
    let page = Invites {
        invites: rows,
        total: 200,
        pending: 200,
        matched: None,
        next_cursor: Some("more".to_owned()),
        prev_cursor: None,
    };
    desk.answer(is_invites, Ok(Answer::Invites(Box::new(page))));
    desk
}

#[test]
fn a_page_without_a_session_asks_to_sign_in_and_comes_after_it() {
    let mut desk = Desk::with_a_band();
    desk.press("f");
    desk.answer(is_invites, Err(no_session()));
    sign_in_again(&mut desk);
    desk.unchanged();
    assert!(desk.top().is_none() && desk.has_request(is_invites));
}

#[test]
fn a_page_of_a_band_that_is_gone_lets_the_next_poll_say_so() {
    let mut desk = Desk::with_a_band();
    desk.press("f");
    desk.answer(is_invites, Err(problem(Code::NotFound, "There is no such band.")));
    assert!(desk.has_request(is_sync) && !desk.has_request(is_invites));
    assert_eq!(desk.toast(), "");
}

#[test]
fn where_the_server_takes_a_cursor_no_longer_the_invites_begin_anew_and_nothing_is_said() {
    let mut desk = long();
    down(&mut desk, 49);
    assert_eq!(cursor_of(&desk.request(is_invites).2), Some("more"));
    desk.answer(is_invites, Err(problem(Code::Validation, "The cursor is not one of this list.")));
    assert_eq!((cursor_of(&desk.request(is_invites).2), desk.toast()), (None, ""));
    // The last page needs no cursor of the server's: that it is refused is said, and not asked for without end.
    let mut desk = long();
    desk.press("G");
    assert_eq!(cursor_of(&desk.request(is_invites).2), Some("last"));
    desk.answer(is_invites, Err(problem(Code::Validation, "The cursor is wrong.")));
    assert!(!desk.has_request(is_invites) && desk.toast().contains("The cursor is wrong"), "{}", desk.toast());
}

#[test]
fn campaigns_begin_anew_too_and_ask_to_sign_in() {
    let is_campaigns = |r: &Request| matches!(r, Request::Campaigns(..));
    let rows: Vec<Campaign> = (1..=50).map(sample::campaign).collect();
    let page = Campaigns { campaigns: rows, next_cursor: Some("more".to_owned()), prev_cursor: None };
    let mut desk = Desk::with_a_band();
    desk.press("c");
    desk.answer(is_campaigns, Ok(Answer::Campaigns(Box::new(page))));
    down(&mut desk, 49);
    assert_eq!(cursor_of(&desk.request(is_campaigns).2), Some("more"));
    desk.answer(is_campaigns, Err(problem(Code::Validation, "The cursor is not one of this list.")));
    assert_eq!((cursor_of(&desk.request(is_campaigns).2), desk.toast()), (None, ""));
    desk.answer(is_campaigns, Err(no_session()));
    assert!(asks_to_sign_in(&desk));
}

#[test]
fn a_list_begins_anew_where_its_cursor_is_refused_asks_to_sign_in_and_says_that_the_server_is_away() {
    let is_list = |r: &Request| matches!(r, Request::JoinRequests(..));
    let asks = |n: u8| JoinRequest {
        id: JoinRequestId::from_bytes([n; 16]),
        account: person(u128::from(n)),
        invite_id: None,
        role: Role::Member,
        status: JoinStatus::Pending,
        created_at: Timestamp::from_micros(0),
    };
    let mut desk = Desk::with_a_band();
    desk.press("W");
    let page = JoinRequests {
        join_requests: (1..=50).map(asks).collect(),
        next_cursor: Some("more".to_owned()),
        prev_cursor: None,
    };
    desk.answer(is_list, Ok(Answer::JoinRequests(Box::new(page))));
    down(&mut desk, 49);
    assert_eq!(cursor_of(&desk.request(is_list).2), Some("more"));
    desk.answer(is_list, Err(problem(Code::Validation, "The cursor is not one of this list.")));
    assert_eq!(cursor_of(&desk.request(is_list).2), None);
    assert_eq!(desk.model.listing().unwrap().problem, None);
    desk.answer(is_list, Err(no_session()));
    assert!(asks_to_sign_in(&desk));
    let mut desk = Desk::with_a_band();
    desk.press("W");
    desk.answer(is_list, Err(offline()));
    assert!(desk.model.line.offline_since.is_some() && !desk.has_request(is_list));
}

#[test]
fn an_inbox_without_a_session_asks_to_sign_in_and_stays_open_below() {
    let mut desk = Desk::with_a_band();
    desk.press("i");
    desk.answer(|r| *r == Request::Inbox, Err(no_session()));
    sign_in_again(&mut desk);
    assert!(matches!(desk.top(), Some(Overlay::Inbox(_))), "{:?}", desk.top());
}

#[test]
fn details_without_a_session_ask_to_sign_in_once_however_many_parts_of_them_are_refused() {
    let mut desk = Desk::with_a_band();
    desk.press("enter");
    desk.answer(|r| matches!(r, Request::Invite(_)), Err(no_session()));
    desk.answer(|r| matches!(r, Request::Redemptions(..)), Err(no_session()));
    sign_in_again(&mut desk);
    assert!(matches!(desk.top(), Some(Overlay::Details(_))), "{:?}", desk.top());
}

#[test]
fn details_of_a_server_that_is_away_say_so_in_the_line_too() {
    let mut desk = Desk::with_a_band();
    desk.press("enter");
    desk.answer(|r| matches!(r, Request::Redemptions(..)), Err(offline()));
    assert!(matches!(desk.top(), Some(Overlay::Details(details)) if details.problem.is_some()));
    assert!(desk.model.line.offline_since.is_some());
}

#[test]
fn a_deed_without_a_session_waits_for_the_sign_in_and_is_the_same_attempt_behind_it() {
    let revoke = |r: &Request| matches!(r, Request::RevokeInvite(_));
    let mut desk = Desk::with_a_band();
    desk.press("r y");
    let first = desk.request(revoke).1;
    desk.answer(revoke, Err(no_session()));
    sign_in_again(&mut desk);
    assert!(matches!(desk.top(), Some(Overlay::Confirm(_))) && !desk.has_request(revoke), "only a key does it");
    desk.press("y");
    assert_eq!(desk.request(revoke).1, first);
}

#[test]
fn a_link_without_a_session_asks_to_sign_in_instead_of_a_notice_below_the_form() {
    let mut desk = Desk::with_a_band();
    desk.press("L");
    desk.answer(|r| matches!(r, Request::ShowLink(_)), Err(no_session()));
    assert!(asks_to_sign_in(&desk));
    assert_eq!(desk.toast(), "");
    sign_in_again(&mut desk);
    desk.press("L");
    let link = InviteLink { link: "https://one.example/invite/x".to_owned(), token: String::new() };
    desk.answer(|r| matches!(r, Request::ShowLink(_)), Ok(Answer::Link(Box::new(link))));
    assert!(matches!(desk.top(), Some(Overlay::Link(_))));
}

fn revoked() -> Desk {
    let mut desk = Desk::with_a_band();
    desk.press("r y");
    desk.answer(|r| matches!(r, Request::RevokeInvite(_)), Ok(Answer::Done));
    desk
}

#[test]
fn an_undo_is_over_after_ten_minutes() {
    let mut desk = revoked();
    desk.wait(580);
    assert!(desk.model.undo.is_some());
    desk.wait(20);
    desk.press("u");
    assert_eq!(desk.toast(), "There is nothing to undo.");
    assert!(!desk.has_request(|r| matches!(r, Request::RestoreInvite(_))));
}

#[test]
fn an_undo_that_is_refused_says_why_and_is_not_offered_again_and_one_that_was_lost_is() {
    let restore = |r: &Request| matches!(r, Request::RestoreInvite(_));
    let mut desk = revoked();
    desk.press("u");
    desk.answer(restore, Err(problem(Code::NotRestorable, "It was revoked too long ago.")));
    assert!(desk.toast().contains("too long ago"), "{}", desk.toast());
    desk.press("u");
    assert_eq!(desk.toast(), "There is nothing to undo.");
    let mut desk = revoked();
    desk.press("u");
    desk.answer(restore, Err(offline()));
    desk.press("u");
    assert!(desk.has_request(restore));
}

#[test]
fn who_is_removed_without_a_ban_is_not_said_to_be_banned() {
    let mut desk = Desk::with_a_band();
    desk.press("3 j x y");
    let remove = |r: &Request| *r == Request::RemoveMember(band_id(1), account_id(2), Removal::default());
    desk.answer(remove, Ok(Answer::Done));
    assert_eq!(desk.toast(), "Removed.");
}

/// An offer lies over the panes of who is signed in.
fn offered() -> Desk {
    let mut desk = Desk::with_a_band();
    desk.send(Msg::Paste(format!("https://one.example/invite/inv_{}", "A".repeat(43))));
    desk
}

#[test]
fn an_offer_is_left_by_q_and_what_it_waits_for_comes_to_nothing() {
    let mut desk = offered();
    let id = desk.request(|r| matches!(r, Request::Preview(_))).0;
    desk.press("q");
    assert!(desk.top().is_none() && desk.sent.is_empty());
    desk.send(Msg::Done { id, result: Ok(Answer::Preview(Box::new(sample::preview()))) });
    assert!(desk.top().is_none());
}

#[test]
fn an_accept_without_a_session_waits_for_the_sign_in_and_is_not_sent_twice_by_a_second_enter() {
    let accept = |r: &Request| matches!(r, Request::Accept(_));
    let mut desk = offered();
    desk.answer(|r| matches!(r, Request::Preview(_)), Ok(Answer::Preview(Box::new(sample::preview()))));
    desk.press("enter enter");
    let first = desk.request(accept).1;
    desk.answer(accept, Err(no_session()));
    sign_in_again(&mut desk);
    assert!(matches!(desk.top(), Some(Overlay::Offer(_))), "{:?}", desk.top());
    desk.press("enter");
    assert_eq!(desk.request(accept).1, first);
    let band = BandRef { id: band_id(3), name: "Choir".to_owned() };
    let accepted = Accepted { outcome: Outcome::Joined, band, role: Role::Admin, calendar: None };
    desk.answer(accept, Ok(Answer::Accepted(Box::new(accepted))));
    assert_eq!(desk.toast(), "Welcome to Choir: you are an admin now.");
}
