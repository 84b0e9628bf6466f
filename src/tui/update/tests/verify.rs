use super::desk::*;
use crate::{
    api::{Account, Code, FieldError, Problem},
    client::Error,
    tui::{
        model::{FormKind, Overlay},
        request::{Answer, Request},
    },
};

/// Signed in to a server that sends mail, with an address that is not verified.
fn desk() -> Desk {
    let mut desk = Desk::with_a_band();
    if let Some(site) = desk.model.server.as_mut().and_then(|server| server.site.as_mut()) {
        site.mail = true;
    }
    desk
}

fn palette(desk: &mut Desk) {
    desk.press(":");
    desk.type_text("verify");
    desk.press("enter");
}

fn asks_for_the_code(desk: &Desk) -> bool {
    matches!(desk.top(), Some(Overlay::Form(form)) if form.kind == FormKind::Verify)
}

#[test]
fn a_code_is_mailed_typed_and_the_address_is_verified() {
    let mut desk = desk();
    palette(&mut desk);
    assert!(asks_for_the_code(&desk));
    desk.answer(|r| matches!(r, Request::SendCode), Ok(Answer::Done));
    desk.type_text("nonsense!");
    desk.press("enter");
    assert!(!desk.has_request(|r| matches!(r, Request::Verify(_))), "what cannot be a code costs no try");
    desk.press("ctrl-u");
    desk.type_text("7kqx m2fd");
    desk.press("enter");
    let wrong = FieldError { field: "code".to_owned(), message: "is not the one of the newest mail".to_owned() };
    let wrong = Error::Problem(Box::new(Problem::fields(vec![wrong])));
    desk.answer(|r| matches!(r, Request::Verify(body) if body.code == "7KQX-M2FD"), Err(wrong));
    assert!(asks_for_the_code(&desk), "it can be typed again");
    desk.press("enter");
    let account = Account { email_verified: true, ..account(1, "ada") };
    desk.answer(|r| matches!(r, Request::Verify(_)), Ok(Answer::Me(Box::new(account))));
    assert!(desk.top().is_none());
    assert!(desk.model.me.as_ref().is_some_and(|me| me.email_verified));
    palette(&mut desk);
    assert!(desk.top().is_none() && !desk.has_request(|r| matches!(r, Request::SendCode)), "once is enough");
}

#[test]
fn a_code_that_was_mailed_before_can_be_typed_though_no_other_is_sent() {
    let mut desk = desk();
    palette(&mut desk);
    desk.answer(|r| matches!(r, Request::SendCode), Err(problem(Code::RateLimited, "That was tried too often.")));
    assert!(asks_for_the_code(&desk));
    desk.press("esc");
    palette(&mut desk);
    desk.answer(|r| matches!(r, Request::SendCode), Err(offline()));
    assert!(!asks_for_the_code(&desk), "nothing can have been mailed");
}

#[test]
fn without_mail_there_is_nothing_to_verify() {
    let mut desk = Desk::with_a_band();
    palette(&mut desk);
    assert!(desk.top().is_none() && !desk.has_request(|r| matches!(r, Request::SendCode)));
}
