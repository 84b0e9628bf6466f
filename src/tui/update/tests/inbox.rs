use super::desk::*;
use crate::{
    api::{Accepted, BandRef, Block, Code, Inbox, Outcome, Waiting},
    domain::{Kind, Role},
    tui::{
        model::{Overlay, WaitingList},
        request::{Answer, Request},
    },
};

fn waiting(n: u128) -> Waiting {
    Waiting {
        id: invite_id(n),
        band: BandRef { id: band_id(n), name: format!("Band {n}") },
        kind: Kind::User,
        role: Role::Member,
        inviter: person(2),
        message: None,
        event: None,
        created_at: crate::domain::Timestamp::from_micros(0),
        expires_at: None,
        requires_approval: false,
    }
}

fn inbox(numbers: &[u128]) -> Answer {
    let invites = numbers.iter().map(|&n| waiting(n)).collect();
    Answer::Inbox(Box::new(Inbox { invites, next_cursor: None, prev_cursor: None }))
}

fn is_inbox(request: &Request) -> bool {
    *request == Request::Inbox
}

fn open(numbers: &[u128]) -> Desk {
    let mut desk = Desk::with_a_band();
    desk.press("i");
    desk.answer(is_inbox, Ok(inbox(numbers)));
    desk
}

fn list(desk: &Desk) -> &WaitingList {
    let found = desk.model.overlays.iter().find_map(|overlay| match overlay {
        Overlay::Inbox(list) => Some(list),
        _ => None,
    });
    found.expect("the inbox is open")
}

#[test]
fn an_invite_that_waits_is_accepted_by_a_second_key_and_leads_into_its_band() {
    let mut desk = open(&[7, 8]);
    desk.press("j enter enter");
    assert!(desk.sent.is_empty(), "the key that asks does not accept");
    desk.press("y");
    let band = BandRef { id: band_id(8), name: "Band 8".to_owned() };
    let accepted = Accepted { outcome: Outcome::Joined, band, role: Role::Member, calendar: None };
    desk.answer(|r| *r == Request::AcceptWaiting(invite_id(8)), Ok(Answer::Accepted(Box::new(accepted))));
    assert!(desk.top().is_none() && desk.toast().contains("Welcome to Band 8"));
    assert_eq!(desk.model.band, Some(band_id(8)));
}

#[test]
fn a_declined_one_is_gone_from_the_list_and_the_others_stay_open() {
    let mut desk = open(&[7, 8]);
    desk.press("d");
    assert!(desk.sent.is_empty(), "the key that asks does not decline");
    desk.type_text("No time.");
    desk.press("tab right ctrl-s");
    let declined = |r: &Request| matches!(r, Request::DeclineWaiting(id, _) if *id == invite_id(7));
    let Request::DeclineWaiting(_, body) = &desk.request(declined).2 else { panic!() };
    assert_eq!((body.reason.as_deref(), body.block), (Some("No time."), Some(Block::Inviter)));
    desk.answer(declined, Ok(Answer::Done));
    assert_eq!(desk.toast(), "Declined.");
    desk.answer(is_inbox, Ok(inbox(&[8])));
    assert_eq!(list(&desk).chosen().unwrap().id, invite_id(8));
    desk.press("i");
    assert!(desk.top().is_none());
}

#[test]
fn what_comes_meanwhile_is_fetched_and_the_cursor_stays_on_its_invite() {
    let mut desk = open(&[7]);
    desk.wait(7);
    desk.sync(&[(1, 1)], 2);
    desk.answer(is_inbox, Ok(inbox(&[9, 7])));
    assert_eq!(list(&desk).chosen().unwrap().id, invite_id(7));
    desk.wait(7);
    desk.sync(&[(1, 1)], 2);
    assert!(!desk.has_request(is_inbox), "it is as it was: nothing is asked");
    desk.wait(7);
    desk.sync_inbox(&[(1, 1)], 2, "another");
    assert!(desk.has_request(is_inbox), "as many as before, but not the same");
}

#[test]
fn one_that_has_ended_meanwhile_says_so_and_an_empty_inbox_takes_no_decision() {
    let mut desk = open(&[7]);
    desk.press("enter y");
    let ended = problem(Code::InviteRevoked, "This invite was taken back.");
    desk.answer(|r| *r == Request::AcceptWaiting(invite_id(7)), Err(ended));
    let Some(Overlay::Confirm(confirm)) = desk.top() else { panic!() };
    assert!(confirm.refused.as_ref().unwrap().contains("taken back"));
    let mut desk = open(&[]);
    desk.press("enter d");
    assert!(matches!(desk.top(), Some(Overlay::Inbox(_))) && desk.sent.is_empty());
}

#[test]
fn an_inbox_that_cannot_be_had_says_why() {
    let mut desk = Desk::with_a_band();
    desk.press("i");
    desk.answer(is_inbox, Err(offline()));
    assert!(list(&desk).problem.as_ref().unwrap().contains("refused"));
}
