use super::desk::*;
use crate::{
    api::{Accepted, BandRef, BandScope, Bands, Code, Outcome, OwnRequest, OwnRequests},
    client::{BandQuery, Page},
    domain::{JoinMode, JoinRequestId, JoinStatus, Role, Timestamp},
    tui::{
        listing::Entry,
        message::Msg,
        model::{Finder, Overlay},
        request::{Answer, Request},
    },
};

fn is_search(request: &Request) -> bool {
    matches!(request, Request::Bands(BandQuery { scope: Some(BandScope::Open), .. }))
}

fn is_asked(request: &Request) -> bool {
    matches!(request, Request::OwnRequests(_))
}

/// What was asked of bands, by their numbers, newest first.
fn asked(of: &[(u128, JoinStatus)]) -> Answer {
    let one = |&(n, status): &(u128, JoinStatus)| OwnRequest {
        id: JoinRequestId::from_bytes(n.to_be_bytes()),
        band: BandRef { id: band_id(n), name: String::new() },
        invite_id: None,
        role: Role::Member,
        status,
        created_at: Timestamp::from_micros(1_795_251_000_000_000),
        status_at: Timestamp::from_micros(1_795_251_100_000_000),
    };
    let join_requests = of.iter().map(one).collect();
    Answer::OwnRequests(Box::new(OwnRequests { join_requests, next_cursor: None, prev_cursor: None }))
}

/// Where what was asked of a band that was found stands, as it is told.
fn told(desk: &Desk, n: u128) -> Option<JoinStatus> {
    let found = finder(desk).found.as_ref().unwrap();
    let band = found.bands.iter().find(|band| band.id == band_id(n)).unwrap();
    finder(desk).asked_of(band).map(|request| request.status)
}

fn finder(desk: &Desk) -> &Finder {
    match desk.top() {
        Some(Overlay::Finder(finder)) => finder,
        other => panic!("{other:?}"),
    }
}

/// Two bands to join, and one that Ada is in.
fn found() -> Answer {
    let strange = |n, join| {
        let mut band = band(n, Role::Member);
        (band.role, band.join) = (None, join);
        band
    };
    bands(vec![strange(7, JoinMode::Open), strange(8, JoinMode::Request), band(1, Role::Owner)])
}

/// The finder is open, and has found them.
fn looking() -> Desk {
    let mut desk = Desk::with_a_band();
    desk.press("1 J");
    desk.answer(is_search, Ok(found()));
    desk
}

#[test]
fn bands_are_looked_for_as_one_types_and_only_the_last_answer_counts() {
    let mut desk = Desk::with_a_band();
    desk.press("1 J");
    desk.type_text("ow");
    let Request::Bands(query) = &desk.request(is_search).2 else { panic!() };
    assert_eq!(query.q.as_deref(), Some("ow"), "what was asked before is abandoned");
    desk.press("enter");
    assert!(!desk.has_request(|r| matches!(r, Request::JoinBand(_))), "nothing is found yet");
    desk.answer(is_search, Ok(found()));
    assert_eq!(finder(&desk).chosen().map(|band| band.id), Some(band_id(7)));
    desk.send(Msg::Paste("ls".to_owned()));
    let Request::Bands(query) = &desk.request(is_search).2 else { panic!() };
    assert_eq!(query.q.as_deref(), Some("owls"));
    desk.press("esc");
    assert!(desk.top().is_none() && !desk.has_request(is_search));
}

#[test]
fn enter_joins_an_open_band_and_goes_there() {
    let mut desk = looking();
    desk.press("enter enter");
    let join = |r: &Request| *r == Request::JoinBand(band_id(7));
    let band = BandRef { id: band_id(7), name: "Open Stage".to_owned() };
    let accepted = Accepted { outcome: Outcome::Joined, band, role: Role::Member, calendar: None };
    desk.answer(join, Ok(Answer::Accepted(Box::new(accepted))));
    assert!(desk.top().is_none() && desk.toast().contains("Welcome to Open Stage"), "{}", desk.toast());
    assert_eq!(desk.model.band, Some(band_id(7)));
}

#[test]
fn a_band_that_takes_requests_is_asked_and_one_of_mine_is_gone_to() {
    let mut desk = looking();
    desk.press("down enter");
    let band = BandRef { id: band_id(8), name: "Shanties".to_owned() };
    let accepted = Accepted { outcome: Outcome::PendingApproval, band, role: Role::Member, calendar: None };
    desk.answer(|r| *r == Request::JoinBand(band_id(8)), Ok(Answer::Accepted(Box::new(accepted))));
    assert!(desk.toast().contains("An admin of Shanties has to agree"), "{}", desk.toast());
    assert_eq!(desk.model.band, Some(band_id(1)));
    let mut desk = looking();
    desk.press("down down enter");
    assert!(desk.top().is_none() && !desk.has_request(|r| matches!(r, Request::JoinBand(_))));
    assert_eq!(desk.model.band, Some(band_id(1)));
}

#[test]
fn why_one_cannot_join_is_said_where_one_looks() {
    let mut desk = looking();
    desk.press("enter");
    let banned = problem(Code::Banned, "You were banned from this band.");
    desk.answer(|r| matches!(r, Request::JoinBand(_)), Err(banned));
    assert!(finder(&desk).problem.as_deref().is_some_and(|why| why.starts_with("You were banned")));
    desk.press("esc");
    assert!(desk.top().is_none());
}

#[test]
fn without_a_band_of_ones_own_there_is_a_way_to_one() {
    let mut desk = Desk::with_a_band();
    desk.press(":");
    desk.type_text("find a band");
    desk.press("enter");
    assert!(desk.has_request(is_search));
}

#[test]
fn keys_go_through_what_was_found_and_stop_at_both_ends() {
    let mut desk = looking();
    desk.press("tab ctrl-n tab tab");
    assert_eq!(finder(&desk).selected, 2, "behind the last there is nothing");
    desk.press("shift-tab");
    assert_eq!(finder(&desk).selected, 1);
    desk.press("ctrl-p up");
    assert_eq!(finder(&desk).selected, 0);
    assert!(finder(&desk).query.is_empty() && !desk.has_request(is_search), "none of them is typed");
}

#[test]
fn while_one_joins_nothing_is_typed_and_esc_waits_no_longer() {
    let join = |r: &Request| matches!(r, Request::JoinBand(_));
    let mut desk = looking();
    desk.press("enter");
    desk.type_text("owl");
    desk.send(Msg::Paste("owl".to_owned()));
    desk.press("down enter");
    assert!(finder(&desk).query.is_empty() && finder(&desk).selected == 0 && !desk.has_request(is_search));
    let id = desk.request(join).0;
    desk.press("esc");
    assert!(desk.top().is_none() && !desk.has_request(join));
    let band = BandRef { id: band_id(7), name: "Open Stage".to_owned() };
    let accepted = Accepted { outcome: Outcome::Joined, band, role: Role::Member, calendar: None };
    desk.send(Msg::Done { id, result: Ok(Answer::Accepted(Box::new(accepted))) });
    assert_eq!(desk.model.band, Some(band_id(1)), "what comes late takes nobody along");
}

#[test]
fn among_many_bands_the_server_is_asked_until_it_has_looked_at_all() {
    let mut desk = Desk::with_a_band();
    desk.press("1 J");
    desk.type_text("owls");
    for page in ["second", "third"] {
        let next_cursor = Some(page.to_owned());
        let found = Bands { bands: Vec::new(), next_cursor, prev_cursor: None };
        desk.answer(is_search, Ok(Answer::Bands(Box::new(found))));
        let Request::Bands(query) = &desk.request(is_search).2 else { panic!() };
        assert_eq!((query.q.as_deref(), query.page.cursor.as_deref()), (Some("owls"), Some(page)));
        assert!(finder(&desk).found.is_none(), "nothing is known yet");
    }
    desk.answer(is_search, Ok(found()));
    assert_eq!(finder(&desk).chosen().map(|band| band.id), Some(band_id(7)));
    assert!(!desk.has_request(is_search));
}

#[test]
fn a_search_that_finds_no_server_says_so_and_one_without_a_session_asks_to_sign_in() {
    let mut desk = Desk::with_a_band();
    desk.press("1 J");
    desk.answer(is_search, Err(offline()));
    assert!(finder(&desk).problem.is_some() && desk.model.line.offline_since.is_some());
    desk.type_text("o");
    desk.answer(is_search, Err(problem(Code::Unauthenticated, "The session has ended.")));
    assert!(matches!(desk.top(), Some(Overlay::Form(form)) if form.title == "Sign in"));
    sign_in(&mut desk, 1, "ada");
    assert_eq!(finder(&desk).query.text(), "o", "what was looked for is still there");
}

#[test]
fn what_became_of_a_wish_to_join_is_told_where_the_band_is_found() {
    use JoinStatus::{Approved, Closed, Denied, Pending};
    for (answer, of_open, of_asked) in [
        (asked(&[]), None, None),
        (asked(&[(7, Denied), (8, Pending)]), None, Some(Pending)),
        (asked(&[(8, Denied), (8, Closed)]), None, Some(Denied)),
        (asked(&[(8, Closed)]), None, Some(Closed)),
        // Who came in and left again has not been answered anything since.
        (asked(&[(8, Approved), (8, Denied), (1, Denied)]), None, None),
    ] {
        let mut desk = looking();
        assert_eq!(told(&desk, 8), None, "not known yet");
        desk.answer(is_asked, Ok(answer));
        assert_eq!((told(&desk, 7), told(&desk, 8), told(&desk, 1)), (of_open, of_asked, None));
        desk.type_text("o");
        assert!(!desk.has_request(is_asked), "what is typed changes nothing in that");
        desk.answer(is_search, Ok(found()));
        assert_eq!(told(&desk, 8), of_asked);
    }
}

#[test]
fn what_was_asked_is_read_whenever_the_list_opens_and_waited_for_no_longer_than_that() {
    let mut desk = looking();
    desk.answer(is_asked, Ok(asked(&[(8, JoinStatus::Pending)])));
    desk.press("esc J");
    assert!(desk.has_request(is_asked));
    desk.press("esc");
    assert!(!desk.has_request(is_asked));
    // What was not answered before one asked is not taken for what stands since.
    let mut desk = looking();
    desk.press("down enter");
    let band = BandRef { id: band_id(8), name: "Shanties".to_owned() };
    let accepted = Accepted { outcome: Outcome::PendingApproval, band, role: Role::Member, calendar: None };
    desk.answer(|r| *r == Request::JoinBand(band_id(8)), Ok(Answer::Accepted(Box::new(accepted))));
    desk.press("J");
    desk.answer(is_asked, Ok(asked(&[(8, JoinStatus::Pending)])));
    desk.answer(is_search, Ok(found()));
    assert_eq!(told(&desk, 8), Some(JoinStatus::Pending));
    // A server that cannot say it finds bands all the same.
    let mut desk = looking();
    desk.answer(is_asked, Err(problem(Code::NotFound, "There is nothing here.")));
    assert_eq!((told(&desk, 8), &finder(&desk).problem), (None, &None));
}

#[test]
fn what_was_asked_is_one_key_away_and_the_notice_that_one_waits_names_it() {
    let mut desk = looking();
    desk.press("down enter");
    let band = BandRef { id: band_id(8), name: "Shanties".to_owned() };
    let accepted = Accepted { outcome: Outcome::PendingApproval, band, role: Role::Member, calendar: None };
    desk.answer(|r| *r == Request::JoinBand(band_id(8)), Ok(Answer::Accepted(Box::new(accepted))));
    assert!(desk.toast().ends_with("M shows what they say."), "{}", desk.toast());
    desk.press("M");
    desk.answer(|r| *r == Request::OwnRequests(Page::default()), Ok(asked(&[(8, JoinStatus::Denied)])));
    let Some(Overlay::Listing(listing)) = desk.top() else { panic!() };
    let statuses = listing.list.rows().map(|entry| match entry {
        Entry::OwnRequest(request) => request.status,
        other => panic!("{other:?}"),
    });
    assert_eq!(statuses.collect::<Vec<_>>(), [JoinStatus::Denied]);
}
