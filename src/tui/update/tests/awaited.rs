//! What is awaited without a box that says so.

use super::desk::Desk;
use crate::tui::{
    message::Msg,
    request::{Answer, Request},
};

#[test]
fn a_link_that_takes_its_time_is_said_to_be_awaited_and_esc_waits_no_longer() {
    let mut desk = Desk::with_a_band();
    desk.press("2 y");
    let id = desk.request(|r| matches!(r, Request::ShowLink(_))).0;
    assert!(!desk.model.is_awaiting(), "what comes at once is not said");
    let due = desk.model.wake_at().unwrap();
    desk.model.dirty = false;
    desk.now = due;
    desk.send(Msg::Tick);
    assert!(desk.model.is_awaiting() && desk.model.dirty);
    desk.press("esc");
    assert!(!desk.model.is_awaiting() && desk.model.awaited.is_none());
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
    assert!(desk.model.is_awaiting());
    desk.press("esc");
    assert!(desk.top().is_none() && desk.model.is_awaiting(), "the form is closed");
    desk.press("/ esc");
    assert!(desk.model.is_awaiting(), "the search is ended");
    desk.press("esc");
    assert!(!desk.model.is_awaiting());
}
