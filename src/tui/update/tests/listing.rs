use super::desk::*;
use crate::{
    api::{Ban, Bans, Code, JoinRequest, JoinRequests},
    domain::{JoinRequestId, JoinStatus, Role, Timestamp},
    tui::{
        model::{Listing, Overlay},
        request::{Answer, Request},
    },
};

fn request_id(n: u8) -> JoinRequestId {
    JoinRequestId::from_bytes([n; 16])
}

fn asks(n: u8, status: JoinStatus) -> JoinRequest {
    JoinRequest {
        id: request_id(n),
        account: person(u128::from(n)),
        invite_id: None,
        role: Role::Member,
        status,
        created_at: Timestamp::from_micros(0),
    }
}

pub(super) fn requests(numbers: impl IntoIterator<Item = u8>, status: JoinStatus, next: Option<&str>) -> Answer {
    Answer::JoinRequests(Box::new(JoinRequests {
        join_requests: numbers.into_iter().map(|n| asks(n, status)).collect(),
        next_cursor: next.map(str::to_owned),
        prev_cursor: None,
    }))
}

fn bans(numbers: &[u128]) -> Answer {
    let bans = numbers.iter().map(|&n| Ban { account: person(n), at: Timestamp::from_micros(0), by: person(1) });
    Answer::Bans(Box::new(Bans { bans: bans.collect(), next_cursor: None, prev_cursor: None }))
}

fn is_list(request: &Request) -> bool {
    matches!(request, Request::JoinRequests(..) | Request::Bans(..))
}

fn asking(numbers: impl IntoIterator<Item = u8>) -> Desk {
    let mut desk = Desk::with_a_band();
    desk.press("W");
    desk.answer(is_list, Ok(requests(numbers, JoinStatus::Pending, None)));
    desk
}

fn listing(desk: &Desk) -> &Listing {
    desk.model.listing().expect("a list lies over the panes")
}

fn names(desk: &Desk) -> Vec<String> {
    let listing = listing(desk);
    listing.list.rows().map(|entry| listing.topic.listed().name(entry)).collect()
}

#[test]
fn who_asks_is_taken_in_by_a_second_key_and_the_list_is_asked_for_again() {
    let mut desk = asking([1, 2, 3]);
    desk.press("j t");
    assert!(desk.sent.is_empty(), "the key that asks does nothing yet");
    desk.press("t");
    assert!(desk.sent.is_empty(), "nor when it is pressed again");
    desk.press("y");
    let taken = Answer::Member(Box::new(member(2, Role::Member)));
    desk.answer(|r| *r == Request::Approve(band_id(1), request_id(2)), Ok(taken));
    assert_eq!(desk.toast(), "User 2: in now.");
    desk.answer(is_list, Ok(requests([1, 3], JoinStatus::Pending, None)));
    assert_eq!(names(&desk), ["User 1", "User 3"]);
    assert!(matches!(desk.top(), Some(Overlay::Listing(_))));
}

#[test]
fn marked_ones_are_refused_one_after_the_other_and_marks_outlive_a_refresh() {
    let mut desk = asking([1, 2, 3]);
    desk.press("space j space");
    desk.press("x y");
    for n in [1, 3] {
        desk.answer(|r| *r == Request::Deny(band_id(1), request_id(n)), Ok(Answer::Done));
    }
    assert_eq!(desk.toast(), "Said no.");
    assert!(listing(&desk).marked.is_empty());
}

#[test]
fn a_deed_that_may_have_been_done_is_tried_again_as_the_same_attempt() {
    let mut desk = asking([1]);
    desk.press("t y");
    let approve = |r: &Request| matches!(r, Request::Approve(..));
    let first = desk.request(approve).1;
    desk.answer(approve, Err(offline()));
    desk.press("y");
    assert_eq!(desk.request(approve).1, first);
}

#[test]
fn the_filter_goes_through_what_was_answered_and_esc_leads_back_step_by_step() {
    let mut desk = asking([1]);
    desk.press("f f");
    let denied = |r: &Request| matches!(r, Request::JoinRequests(_, Some(JoinStatus::Denied), _));
    desk.answer(denied, Ok(requests([4], JoinStatus::Denied, None)));
    assert_eq!(names(&desk), ["User 4"]);
    desk.press("t");
    assert!(desk.toast().contains("denied already"), "{}", desk.toast());
    desk.press("space esc");
    assert!(listing(&desk).marked.is_empty());
    desk.press("esc");
    let pending = |r: &Request| matches!(r, Request::JoinRequests(_, Some(JoinStatus::Pending), _));
    desk.answer(pending, Ok(requests([1], JoinStatus::Pending, None)));
    desk.press("esc");
    assert!(desk.top().is_none());
}

#[test]
fn only_the_pages_in_reach_are_fetched_and_the_cursor_stays_on_its_row_when_the_band_changes() {
    let mut desk = Desk::with_a_band();
    desk.press("W");
    desk.answer(is_list, Ok(requests(1..=50, JoinStatus::Pending, Some("more"))));
    assert!(!desk.has_request(is_list));
    desk.press("j j");
    assert_eq!(listing(&desk).list.selected_index(), 2);
    desk.wait(6);
    desk.sync(&[(1, 2)], 0);
    desk.answer(is_list, Ok(requests((60..=61).chain(1..=48), JoinStatus::Pending, Some("more"))));
    assert_eq!(listing(&desk).list.selected_index(), 4);
    desk.press("G");
    desk.answer(
        |r| matches!(r, Request::JoinRequests(_, _, page) if page.cursor.as_deref() == Some("last")),
        Ok(requests(90..=99, JoinStatus::Pending, None)),
    );
    assert_eq!(names(&desk).last().map(String::as_str), Some("User 99"));
}

#[test]
fn the_row_in_full_has_the_keys_of_its_list_and_shows_what_became_of_it() {
    let mut desk = asking([1, 2]);
    desk.press("enter");
    assert!(matches!(desk.top(), Some(Overlay::Shown(_))));
    desk.press("x y");
    desk.answer(|r| matches!(r, Request::Deny(..)), Ok(Answer::Done));
    assert!(matches!(desk.top(), Some(Overlay::Listing(_))), "what is done needs no more looking at");
}

#[test]
fn bans_are_lifted_and_an_older_answer_shows_nothing_in_a_list_opened_anew() {
    let mut desk = Desk::with_a_band();
    desk.press("B");
    desk.press("esc B");
    assert_eq!(desk.sent.iter().filter(|(.., request)| is_list(request)).count(), 1, "{:?}", desk.sent);
    desk.answer(is_list, Ok(bans(&[7, 8])));
    desk.press("j x y");
    desk.answer(|r| *r == Request::LiftBan(band_id(1), account_id(8)), Ok(Answer::Done));
    assert_eq!(desk.toast(), "The ban is lifted.");
}

#[test]
fn members_are_told_that_these_lists_are_for_admins_and_a_refused_list_says_why() {
    let mut desk = Desk::with_a_band();
    desk.press("B");
    desk.answer(is_list, Err(problem(Code::Forbidden, "Only admins can do this.")));
    assert!(listing(&desk).problem.as_deref().is_some_and(|why| why.contains("Only admins")));
    assert!(!desk.has_request(is_list), "it is not asked for again and again");
    desk.press("esc");
    desk.model.bands.list.change(band_id(1), |band| band.role = Some(Role::Member));
    desk.press("W");
    assert!(desk.top().is_none() && desk.toast().contains("admins"), "{}", desk.toast());
}

#[test]
fn the_palette_opens_a_list_by_name_and_in_it_finds_what_it_can_do() {
    let mut desk = Desk::with_a_band();
    desk.press(":");
    desk.type_text("lift");
    assert!(crate::tui::palette::matches("lift ban", &desk.model).is_empty());
    desk.press("esc :");
    desk.type_text("bans");
    desk.press("enter");
    desk.answer(is_list, Ok(bans(&[7])));
    desk.press(":");
    desk.type_text("lift ban");
    desk.press("enter");
    assert!(matches!(desk.top(), Some(Overlay::Confirm(_))));
    desk.press("esc :");
    desk.type_text("new invite");
    desk.press("esc 2");
    assert!(desk.top().is_none(), "a pane's key leads to the pane");
}
