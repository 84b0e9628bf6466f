use super::desk::*;
use crate::{
    api::{Accepted, Account, BandRef, Code, Inviter, Outcome, Preview, PreviewBand, Registered},
    domain::{Kind, Registration, Role, Status, Token},
    tui::{
        message::{Effect, Msg, Start},
        model::{FormKind, Overlay, Screen},
        request::{Answer, Request},
    },
};

fn token() -> Token {
    Token::from_random(&[7; 32])
}

fn link(origin: &str) -> String {
    format!("{origin}/invite/{}", token().reveal())
}

fn preview() -> Answer {
    Answer::Preview(Box::new(Preview {
        band: Some(PreviewBand { name: "Choir".to_owned(), description: None, contact: None, members: 9 }),
        role: Role::Member,
        inviter: Inviter { display_name: "Joe".to_owned() },
        kind: Kind::Link,
        status: Status::Pending,
        expires_at: None,
        uses_left: Some(1),
        declinable: true,
        message: None,
        event: None,
        recipient: None,
        registration: Registration::Open,
        requires_approval: false,
    }))
}

fn is_accept(request: &Request) -> bool {
    matches!(request, Request::Accept(_))
}

#[test]
fn a_pasted_link_is_looked_at_and_accepted_by_a_second_key() {
    let mut desk = Desk::with_a_band();
    desk.send(Msg::Paste(link("https://one.example")));
    desk.answer(|r| matches!(r, Request::Preview(pasted) if pasted.token == token().reveal()), Ok(preview()));
    assert!(!desk.has_request(is_accept));
    desk.press("enter");
    let first = desk.request(is_accept).1;
    desk.answer(is_accept, Err(offline()));
    assert!(matches!(desk.top(), Some(Overlay::Offer(offer)) if offer.refused.is_some()));
    desk.press("enter");
    assert_eq!(desk.request(is_accept).1, first, "a second try is the same attempt");
    let band = BandRef { id: band_id(3), name: "Choir".to_owned() };
    let accepted = Accepted { outcome: Outcome::Joined, band, role: Role::Member, calendar: None };
    desk.answer(is_accept, Ok(Answer::Accepted(Box::new(accepted))));
    assert!(desk.top().is_none() && desk.toast().contains("Welcome to Choir"));
    assert_eq!(desk.model.band, Some(band_id(3)));
    assert!(desk.has_request(|r| matches!(r, Request::Bands(_))));
}

#[test]
fn what_cannot_be_declined_does_not_offer_it() {
    let Answer::Preview(shared) = preview() else { panic!() };
    let shared = Preview { declinable: false, ..*shared };
    let mut desk = Desk::with_a_band();
    desk.send(Msg::Paste(link("https://one.example")));
    desk.answer(|r| matches!(r, Request::Preview(_)), Ok(Answer::Preview(Box::new(shared))));
    desk.press("d");
    assert!(
        matches!(desk.top(), Some(Overlay::Offer(_))) && desk.toast().contains("just leave it"),
        "{}",
        desk.toast()
    );
}

#[test]
fn an_ended_invite_says_which_way_it_ended() {
    let mut desk = Desk::with_a_band();
    desk.press("a");
    desk.send(Msg::Paste(token().reveal().to_owned()));
    desk.press("enter");
    let ended = problem(Code::InviteExpired, "The invite has expired.");
    desk.answer(|r| matches!(r, Request::Preview(_)), Err(ended));
    let Some(Overlay::Offer(offer)) = desk.top() else { panic!() };
    assert_eq!(offer.refused.as_deref(), Some("The invite has expired. Ask whoever invited you for a new invite."));
    desk.press("enter esc");
    assert!(desk.top().is_none() && !desk.has_request(is_accept));
}

#[test]
fn a_link_to_another_server_is_asked_about_and_nothing_of_this_one_goes_along() {
    let mut desk = Desk::with_a_band();
    desk.send(Msg::Paste(link("https://two.example")));
    assert!(matches!(desk.top(), Some(Overlay::Confirm(confirm)) if confirm.question.contains("two.example")));
    assert!(desk.sent.is_empty());
    desk.press("y");
    assert!(matches!(&desk.effects[..], [Effect::Find { origin, .. }] if origin.as_str() == "https://two.example"));
    desk.found("https://two.example", None, None);
    assert!(
        matches!(&desk.effects[1], Effect::Use { origin, session: None } if origin.as_str() == "https://two.example")
    );
    assert!(matches!(desk.model.screen, Screen::Entry(_)));
}

/// Pasted a link to a server that nobody is signed in to, as the first thing.
fn invited() -> Desk {
    let mut desk = Desk::new();
    desk.start(Start::Ask);
    desk.send(Msg::Paste(link("https://two.example")));
    desk.found("https://two.example", None, None);
    desk
}

fn is_preview(request: &Request) -> bool {
    matches!(request, Request::Preview(_))
}

#[test]
fn a_password_that_reads_like_a_code_stays_in_its_field() {
    let mut desk = invited();
    desk.answer(is_preview, Ok(preview()));
    desk.press("enter");
    desk.type_text("kim");
    desk.press("enter");
    desk.sent.clear();
    desk.send(Msg::Paste("many dark jets".to_owned()));
    assert!(desk.sent.is_empty() && desk.top().is_none());
    let Screen::Entry(form) = &desk.model.screen else { panic!() };
    assert_eq!(form.value("password"), "many dark jets");
}

#[test]
fn a_link_pasted_at_the_first_question_shows_the_offer_and_waits_for_the_account() {
    let mut desk = invited();
    desk.answer(is_preview, Ok(preview()));
    assert!(matches!(desk.top(), Some(Overlay::Offer(_))));
    desk.press("enter");
    assert!(desk.model.pasted.is_some() && desk.top().is_none());
    desk.type_text("kim");
    desk.press("enter");
    sign_in(&mut desk, 1, "kim");
    desk.answer(is_preview, Ok(preview()));
    assert!(matches!(desk.top(), Some(Overlay::Offer(_))));
}

#[test]
fn who_is_invited_and_has_no_account_is_one_key_away_from_one() {
    let mut desk = invited();
    desk.answer(is_preview, Ok(preview()));
    desk.press("n");
    assert!(matches!(&desk.model.screen, Screen::Entry(form) if form.kind == FormKind::SignUp));
    assert!(desk.model.pasted.is_some() && desk.top().is_none());
}

/// At the form for a new account, after the offer was seen, with everything filled in.
fn about_to_sign_up(mut desk: Desk) -> Desk {
    desk.answer(is_preview, Ok(preview()));
    desk.press("n");
    desk.type_text("kim");
    desk.press("enter enter");
    desk.type_text("kim@example.org");
    desk.press("enter");
    for _ in 0..2 {
        desk.type_text("correct horse");
        desk.press("enter");
    }
    desk
}

fn is_sign_up(request: &Request) -> bool {
    matches!(request, Request::SignUp(..))
}

fn registered(outcome: Option<Outcome>) -> Answer {
    let signed_in = signed_in(2, "kim");
    Answer::Registered(Box::new(Registered {
        account: signed_in.account,
        session: signed_in.session,
        outcome,
        calendar: None,
    }))
}

#[test]
fn who_makes_an_account_for_an_offer_that_was_seen_comes_in_with_it() {
    let mut desk = about_to_sign_up(invited());
    let Request::SignUp(body, _) = &desk.request(is_sign_up).2 else { panic!() };
    assert_eq!((body.invite.as_deref(), body.accept), (Some(token().reveal()), Some(true)));
    desk.answer(is_sign_up, Ok(registered(Some(Outcome::Joined))));
    assert_eq!(desk.toast(), "Welcome, kim. You are in Choir now.");
    assert!(desk.top().is_none() && desk.model.pasted.is_none() && !desk.has_request(is_preview));
}

#[test]
fn who_has_to_verify_an_address_first_is_asked_for_the_code_that_was_mailed() {
    let asks = |desk: &Desk| matches!(desk.top(), Some(Overlay::Form(form)) if form.kind == FormKind::Verify);
    let mut desk = about_to_sign_up(invited());
    desk.answer(is_sign_up, Ok(registered(Some(Outcome::EmailUnverified))));
    assert!(asks(&desk) && !desk.has_request(|r| matches!(r, Request::SendCode)), "it was mailed by signing up");

    let mut desk = Desk::with_a_band();
    if let Some(site) = desk.model.server.as_mut().and_then(|server| server.site.as_mut()) {
        site.mail = true;
    }
    desk.send(Msg::Paste(link("https://one.example")));
    desk.answer(is_preview, Ok(preview()));
    desk.press("enter");
    desk.answer(is_accept, Err(problem(Code::EmailUnverified, "Verify your address first.")));
    let Some(Overlay::Offer(offer)) = desk.top() else { panic!() };
    assert_eq!(offer.refused.as_deref(), Some("Verify your address first. Press v to do so."));
    desk.press("v");
    desk.answer(|r| matches!(r, Request::SendCode), Ok(Answer::Done));
    assert!(asks(&desk));
    desk.type_text("7KQX-M2FD");
    desk.press("enter");
    let verified = Account { email_verified: true, ..account(1, "ada") };
    desk.answer(|r| matches!(r, Request::Verify(_)), Ok(Answer::Me(Box::new(verified))));
    assert!(matches!(desk.top(), Some(Overlay::Offer(offer)) if offer.refused.is_none()));
    desk.press("enter");
    assert!(desk.has_request(is_accept), "and now it is accepted");
}

#[test]
fn an_invite_that_ends_while_the_account_is_made_stands_not_in_its_way() {
    let mut desk = about_to_sign_up(invited());
    desk.answer(is_sign_up, Err(problem(Code::InviteUsed, "Every use of this invite is taken.")));
    let Screen::Entry(form) = &desk.model.screen else { panic!() };
    assert!(form.refused.as_deref().is_some_and(|why| why.contains("goes on without it")), "{:?}", form.refused);
    desk.press("enter");
    let Request::SignUp(body, _) = &desk.request(is_sign_up).2 else { panic!() };
    assert_eq!((body.invite.as_deref(), body.accept), (None, None));
    desk.answer(is_sign_up, Ok(registered(None)));
    assert_eq!(desk.toast(), "Welcome, kim.");
}

#[test]
fn an_offer_that_was_not_seen_is_not_accepted_by_making_an_account() {
    let mut desk = invited();
    desk.answer(is_preview, Err(offline()));
    desk.press("ctrl-t");
    assert!(desk.model.pasted.is_some() && desk.model.invited_to.is_none());
}

/// An offer of an account, to no band.
fn account_alone() -> Answer {
    let Answer::Preview(mut preview) = preview() else { panic!() };
    (preview.band, preview.kind) = (None, Kind::Code);
    Answer::Preview(preview)
}

#[test]
fn a_code_of_no_band_is_for_those_without_an_account_and_says_so_to_others() {
    let mut desk = Desk::with_a_band();
    desk.send(Msg::Paste(link("https://one.example")));
    desk.answer(is_preview, Ok(account_alone()));
    for key in ["d", "enter"] {
        desk.model.toast = None;
        desk.press(key);
        assert!(desk.toast().contains("you have one") && desk.sent.is_empty(), "{key}");
    }
    let mut desk = invited();
    desk.answer(is_preview, Ok(account_alone()));
    desk.press("enter");
    assert!(matches!(&desk.model.screen, Screen::Entry(form) if form.kind == FormKind::SignUp));
    assert!(desk.model.pasted.is_some() && desk.model.invited_to.is_none());
}

#[test]
fn an_invite_that_cannot_be_looked_at_now_is_kept_and_a_dead_one_is_not() {
    let mut desk = invited();
    desk.answer(is_preview, Err(offline()));
    assert!(desk.model.pasted.is_some() && desk.top().is_none());
    let mut desk = invited();
    desk.answer(is_preview, Err(problem(Code::InviteExpired, "The invite has expired.")));
    assert!(matches!(desk.top(), Some(Overlay::Offer(offer)) if offer.refused.is_some()));
    desk.press("esc");
    assert!(desk.model.pasted.is_none());
}

#[test]
fn a_decline_asks_for_a_reason_and_ends_the_offer() {
    let mut desk = Desk::with_a_band();
    desk.send(Msg::Paste(link("https://one.example")));
    desk.answer(|r| matches!(r, Request::Preview(_)), Ok(preview()));
    desk.press("d");
    desk.type_text("no time");
    desk.press("ctrl-s");
    let Request::Decline(declined, body) = &desk.request(|r| matches!(r, Request::Decline(..))).2 else { panic!() };
    assert_eq!(
        (declined.token.as_str(), body.reason.as_deref(), body.block),
        (token().reveal(), Some("no time"), None)
    );
    desk.answer(|r| matches!(r, Request::Decline(..)), Ok(Answer::Done));
    assert!(desk.top().is_none() && desk.toast() == "Declined.");
}

#[test]
fn a_paste_that_is_no_invite_does_nothing_but_say_so() {
    let mut desk = Desk::with_a_band();
    desk.send(Msg::Paste("rm -rf /\nq".to_owned()));
    assert!(desk.top().is_none() && desk.sent.is_empty() && desk.effects.is_empty());
    assert!(desk.toast().contains("no invite"));
}

#[test]
fn an_invite_that_names_no_server_is_kept_until_one_is_named() {
    let mut desk = Desk::new();
    desk.start(Start::Ask);
    desk.send(Msg::Paste(token().reveal().to_owned()));
    assert!(matches!(&desk.model.screen, Screen::Entry(form) if form.kind == FormKind::Connect));
    assert!(desk.toast().contains("say which server"), "{}", desk.toast());
    desk.type_text("two.example");
    desk.press("enter");
    desk.found("https://two.example", None, None);
    assert!(desk.has_request(|r| matches!(r, Request::Preview(pasted) if pasted.token == token().reveal())));
}

#[test]
fn where_nobody_can_make_an_account_no_key_leads_to_one() {
    let Answer::Preview(offer) = preview() else { panic!() };
    let closed = Preview { registration: Registration::Closed, ..*offer.clone() };
    let held = Preview { registration: Registration::InviteOnly, uses_left: Some(0), ..*offer };
    for offer in [closed, held] {
        let mut desk = invited();
        desk.answer(is_preview, Ok(Answer::Preview(Box::new(offer))));
        desk.press("n");
        assert!(matches!(desk.top(), Some(Overlay::Offer(_))));
        assert!(matches!(&desk.model.screen, Screen::Entry(form) if form.kind == FormKind::SignIn));
    }
}

#[test]
fn who_goes_on_to_sign_in_with_an_invite_that_is_used_up_is_promised_nothing_for_a_new_account() {
    let Answer::Preview(offer) = preview() else { panic!() };
    for (uses_left, promised) in [(Some(1), true), (Some(0), false)] {
        let mut desk = invited();
        desk.answer(is_preview, Ok(Answer::Preview(Box::new(Preview { uses_left, ..*offer.clone() }))));
        desk.press("enter");
        assert!(desk.model.pasted.is_some());
        assert_eq!(desk.model.invited_to.is_some(), promised);
    }
}
