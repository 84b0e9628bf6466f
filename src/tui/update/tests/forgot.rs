use super::desk::*;
use crate::{
    api::{PasswordRules, Registered, SessionSecret, Site},
    domain::{Registration, Timestamp},
    tui::{
        message::Start,
        model::Screen,
        request::{Answer, Request},
    },
};

/// In front of the form to sign in with, on a server that sends mail or does not.
fn desk(mail: bool) -> Desk {
    let mut desk = Desk::new();
    desk.start(Start::Server { origin: origin("https://one.example"), session: None });
    let known = Site {
        name: "one".to_owned(),
        version: "0".to_owned(),
        registration: Registration::Open,
        mail,
        password: PasswordRules { min: 8, max: 128 },
    };
    desk.answer(|r| matches!(r, Request::Site), Ok(Answer::Site(Box::new(known))));
    desk
}

fn refused(desk: &Desk) -> Option<&str> {
    match &desk.model.screen {
        Screen::Entry(form) => form.refused.as_deref().or(form.fields[0].error.as_deref()),
        _ => None,
    }
}

fn is_forgot(request: &Request) -> bool {
    matches!(request, Request::ForgotPassword(_))
}

#[test]
fn a_mail_is_asked_for_whom_the_form_names() {
    let mut desk = desk(true);
    desk.press("ctrl-r");
    assert!(!desk.has_request(is_forgot));
    assert_eq!(refused(&desk), Some("must say whose password is forgotten"));
    desk.type_text("ada");
    desk.press("ctrl-r");
    let Request::ForgotPassword(body) = &desk.request(is_forgot).2 else { panic!() };
    assert_eq!(body.login, "ada");
    desk.answer(is_forgot, Ok(Answer::Done));
    assert!(desk.toast().contains("If there is such an account"), "{}", desk.toast());
    assert!(matches!(&desk.model.screen, Screen::Entry(form) if form.value("login") == "ada"), "what was typed stays");
    desk.press("ctrl-r");
    desk.answer(is_forgot, Err(offline()));
    assert!(matches!(&desk.model.screen, Screen::Entry(_)));
}

#[test]
fn a_server_without_mail_is_asked_for_nothing() {
    let mut desk = desk(false);
    desk.type_text("ada");
    desk.press("ctrl-r");
    assert!(!desk.has_request(is_forgot));
    assert!(refused(&desk).unwrap().contains("sends no mail"));
}

#[test]
fn who_signs_up_hears_that_a_code_was_mailed() {
    for mail in [true, false] {
        let mut desk = desk(mail);
        desk.press("ctrl-t");
        desk.type_text("kim");
        desk.press("enter enter");
        desk.type_text("kim@example.org");
        desk.press("enter");
        desk.type_text("a long enough sentence");
        desk.press("enter");
        desk.type_text("a long enough sentence");
        desk.press("enter");
        let session = SessionSecret { token: session(2).reveal().to_owned(), expires_at: Timestamp::MAX };
        let made = Registered { account: account(2, "kim"), session, outcome: None, calendar: None };
        desk.answer(|r| matches!(r, Request::SignUp(..)), Ok(Answer::Registered(Box::new(made))));
        assert_eq!(desk.toast().contains("A code was mailed to kim@example.org"), mail, "{}", desk.toast());
    }
}
