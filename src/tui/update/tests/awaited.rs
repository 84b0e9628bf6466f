//! What is awaited without a box that says so.

use super::{
    desk::{Desk, invite, invites, is_sync, member, members},
    listing::requests,
};
use crate::{
    domain::{JoinStatus, Role, Token},
    tui::{
        message::Msg,
        model::{Pane, Screen, Wait},
        request::{Answer, Request},
    },
};

#[test]
fn a_link_that_takes_its_time_is_said_to_be_awaited_and_esc_waits_no_longer() {
    let mut desk = Desk::with_a_band();
    desk.press("2 y");
    let id = desk.request(|r| matches!(r, Request::ShowLink(_))).0;
    assert!(desk.model.awaiting().is_none(), "what comes at once is not said");
    let due = desk.model.wake_at().unwrap();
    desk.model.dirty = false;
    desk.now = due;
    desk.send(Msg::Tick);
    assert!(desk.model.awaiting().is_some() && desk.model.dirty);
    desk.press("esc");
    assert!(desk.model.awaiting().is_none() && desk.model.awaited.is_none());
    assert!(!desk.has_request(|r| matches!(r, Request::ShowLink(_))));
    assert!(!desk.model.waiting.contains_key(&id), "an answer that comes late copies nothing");
}

#[test]
fn what_is_answered_is_no_longer_awaited() {
    let mut desk = Desk::with_a_band();
    desk.press("2 y");
    desk.answer(|r| matches!(r, Request::ShowLink(_)), Err(super::desk::offline()));
    assert!(desk.model.awaited.is_none());
}

#[test]
fn an_undo_that_is_awaited_no_longer_can_be_tried_again() {
    let mut desk = Desk::with_a_band();
    desk.press("2 r y");
    desk.answer(|r| matches!(r, Request::RevokeInvite(_)), Ok(Answer::Done));
    for _ in 0..2 {
        desk.press("u");
        assert!(desk.has_request(|r| matches!(r, Request::RestoreInvite(_))), "{}", desk.toast());
        desk.wait(1);
        desk.press("esc");
        assert!(!desk.has_request(|r| matches!(r, Request::RestoreInvite(_))));
    }
}

#[test]
fn esc_is_first_for_what_lies_on_top() {
    let mut desk = Desk::with_a_band();
    desk.press("2 y n");
    desk.wait(1);
    assert!(desk.model.awaiting().is_some());
    desk.press("esc");
    assert!(desk.top().is_none() && desk.model.awaiting().is_some(), "the form is closed");
    desk.press("/ esc");
    assert!(desk.model.awaiting().is_some(), "the search is ended");
    desk.press("esc");
    assert!(desk.model.awaiting().is_none());
}

#[test]
fn a_refresh_that_takes_its_time_is_said_and_what_comes_after_esc_is_shown_all_the_same() {
    let mut desk = Desk::with_a_band();
    desk.press("ctrl-r");
    assert_eq!(desk.model.awaiting(), None, "what comes at once is not said");
    desk.wait(1);
    assert_eq!(desk.model.awaiting(), Some(Wait::Refresh));
    desk.press("esc");
    assert_eq!(desk.model.awaiting(), None);
    desk.wait(1);
    assert_eq!(desk.model.awaiting(), None);
    let is_page = |r: &Request| matches!(r, Request::Invites(..));
    desk.answer(is_page, Ok(invites((1..=7).map(invite).collect())));
    assert_eq!(desk.model.invites.list.len(), 7);
}

#[test]
fn esc_does_what_else_it_does_before_it_ends_the_wait_for_a_refresh() {
    let mut desk = Desk::with_a_band();
    desk.press("A ctrl-r");
    desk.wait(1);
    assert_eq!((desk.model.awaiting(), desk.model.esc_ends_awaiting()), (Some(Wait::Refresh), false));
    desk.press("esc");
    assert!(desk.top().is_none());
    assert!(desk.model.esc_ends_awaiting(), "now it is the wait that Esc ends");
    desk.press("F");
    desk.answer(|r| matches!(r, Request::Invites(_, query) if query.kind.is_some()), Ok(invites(vec![invite(1)])));
    assert!(desk.model.awaiting() == Some(Wait::Refresh) && !desk.model.esc_ends_awaiting());
    desk.press("esc");
    assert_eq!(desk.model.invites.kind, None);
}

#[test]
fn a_refresh_is_over_with_its_last_answer_and_a_poll_alone_is_never_said() {
    let mut desk = Desk::with_a_band();
    desk.wait(7);
    assert!(desk.has_request(is_sync));
    desk.wait(5);
    assert_eq!(desk.model.awaiting(), None, "nobody asked for this one");
    desk.press("ctrl-r");
    desk.wait(1);
    assert_eq!(desk.model.awaiting(), Some(Wait::Refresh));
    while let Some(id) = desk.sent.first().map(|(id, ..)| *id) {
        assert_eq!(desk.model.awaiting(), Some(Wait::Refresh));
        desk.sent.remove(0);
        desk.send(Msg::Done { id, result: Err(super::desk::offline()) });
    }
    assert_eq!(desk.model.awaiting(), None);
}

#[test]
fn a_slow_search_is_said_until_its_rows_are_there_and_esc_clears_it() {
    let mut desk = Desk::with_a_band();
    desk.press("/ k i");
    let is_search = |r: &Request| matches!(r, Request::Invites(_, query) if query.q.is_some());
    desk.wait(1);
    assert_eq!(desk.model.awaiting(), Some(Wait::Search(Pane::Invites)));
    assert!(desk.model.esc_ends_awaiting());
    desk.press("m");
    assert_eq!(
        desk.model.awaiting(),
        Some(Wait::Search(Pane::Invites)),
        "each letter is a new question of the same search"
    );
    desk.answer(is_search, Ok(invites(vec![invite(1)])));
    assert_eq!(desk.model.awaiting(), None);
    desk.press("x");
    desk.wait(1);
    assert_eq!(desk.model.awaiting(), Some(Wait::Search(Pane::Invites)));
    desk.press("esc");
    assert!(desk.model.invites.search.query.is_empty() && !desk.has_request(is_search));
    desk.answer(|r| matches!(r, Request::Invites(..)), Ok(invites((1..=5).map(invite).collect())));
    assert_eq!(desk.model.awaiting(), None);
}

#[test]
fn other_rows_that_take_their_time_are_said_and_an_empty_list_says_itself_that_it_is_loading() {
    let mut desk = Desk::with_a_band();
    desk.press("f");
    desk.wait(1);
    assert_eq!(desk.model.awaiting(), Some(Wait::Rows));
    assert!(!desk.model.esc_ends_awaiting());
    desk.answer(|r| matches!(r, Request::Invites(..)), Ok(invites(Vec::new())));
    desk.press("f");
    desk.wait(1);
    assert_eq!(desk.model.awaiting(), None);
    desk.press("A");
    desk.wait(1);
    assert_eq!(desk.model.awaiting(), None);
}

fn is_invites(request: &Request) -> bool {
    matches!(request, Request::Invites(..))
}

#[test]
fn a_search_is_said_for_the_pane_whose_rows_are_awaited_and_cleared_only_in_it() {
    let mut desk = Desk::with_a_band();
    desk.press("3 / r enter");
    desk.answer(|r| matches!(r, Request::Members(..)), Ok(members(vec![member(1, Role::Owner)])));
    desk.press("2 f");
    desk.wait(1);
    desk.press("3");
    assert_eq!((desk.model.awaiting(), desk.model.esc_ends_awaiting()), (Some(Wait::Rows), false));
    desk.answer(is_invites, Ok(invites((1..=5).map(invite).collect())));
    desk.press("2 / k enter");
    desk.wait(1);
    assert_eq!((desk.model.awaiting(), desk.model.esc_ends_awaiting()), (Some(Wait::Search(Pane::Invites)), true));
    desk.press("3");
    assert_eq!((desk.model.awaiting(), desk.model.esc_ends_awaiting()), (Some(Wait::Search(Pane::Invites)), false));
}

#[test]
fn esc_clears_marks_before_a_search_that_is_kept() {
    let mut desk = Desk::with_a_band();
    desk.press("/ k enter");
    desk.wait(1);
    assert!(desk.model.esc_ends_awaiting());
    desk.press("space");
    assert!(!desk.model.esc_ends_awaiting() && desk.model.awaiting().is_some());
    desk.press("esc");
    assert!(desk.model.invites.list.marked.is_empty() && !desk.model.invites.search.query.is_empty());
    assert!(desk.model.esc_ends_awaiting());
}

#[test]
fn other_rows_of_a_list_over_the_panes_are_no_search_whatever_is_searched_for_below() {
    let mut desk = Desk::with_a_band();
    desk.press("/ k enter");
    desk.answer(is_invites, Ok(invites(vec![invite(1)])));
    desk.press("W");
    let is_list = |r: &Request| matches!(r, Request::JoinRequests(..));
    desk.answer(is_list, Ok(requests([1], JoinStatus::Pending, None)));
    desk.press("f");
    desk.wait(1);
    assert_eq!(desk.model.awaiting(), Some(Wait::Rows));
}

#[test]
fn esc_goes_back_on_other_screens_whatever_is_awaited_behind_them() {
    let mut desk = Desk::with_a_band();
    desk.press("ctrl-r");
    desk.wait(1);
    desk.press("@");
    desk.send(Msg::Places(Ok(Vec::new())));
    desk.press("j enter");
    assert!(matches!(desk.model.screen, Screen::Entry(_)) && desk.model.awaiting().is_some());
    desk.press("esc");
    assert_eq!(desk.model.screen, Screen::Panes);
    let mut desk = Desk::with_a_band();
    desk.press("2 y");
    desk.send(Msg::Paste(format!("https://two.example/invite/{}", Token::from_random(&[7; 32]).reveal())));
    desk.press("y");
    desk.wait(1);
    assert!(matches!(desk.model.screen, Screen::Starting(_)) && desk.model.awaiting().is_some());
    desk.press("esc");
    assert_eq!(desk.model.screen, Screen::Panes);
}
