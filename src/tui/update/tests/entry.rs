use super::desk::*;
use crate::{
    api::{Registered, SessionSecret},
    domain::Timestamp,
    tui::{
        launch::Launched,
        message::{Effect, Msg, Start},
        model::{FormKind, Overlay, Screen},
        request::{Answer, Request},
    },
};

fn launched() -> Launched {
    Launched {
        origin: "http://127.0.0.1:7878".to_owned(),
        keep_as: "http://127.0.0.1:7878".to_owned(),
        founder: Some("proof".to_owned()),
        empty: true,
    }
}

#[test]
fn the_first_answer_starts_a_server_here_and_asks_for_the_first_account() {
    let mut desk = Desk::new();
    desk.start(Start::Ask);
    desk.press("enter");
    assert!(matches!(desk.effects[..], [Effect::Launch]));
    desk.send(Msg::Launched(Ok(launched())));
    desk.send(Msg::Found { origin: origin("http://127.0.0.1:7878"), session: None, profile: None });
    assert!(matches!(&desk.model.screen, Screen::Entry(form) if form.kind == FormKind::SignUp));
    desk.type_text("ada");
    desk.press("enter enter");
    desk.type_text("ada@example.org");
    desk.press("enter");
    desk.type_text("a long enough sentence");
    desk.press("enter");
    desk.type_text("a long enough sentence");
    desk.press("enter");
    let Request::SignUp(_, founder) = &desk.request(|r| matches!(r, Request::SignUp(..))).2 else { panic!() };
    assert_eq!(founder.as_deref(), Some("proof"));
    let registered = Registered {
        account: account(1, "ada"),
        session: SessionSecret { token: session(1).reveal().to_owned(), expires_at: Timestamp::MAX },
        outcome: None,
        calendar: None,
    };
    desk.answer(|r| matches!(r, Request::SignUp(..)), Ok(Answer::Registered(Box::new(registered))));
    assert_eq!(desk.model.screen, Screen::Panes);
    assert!(desk.effects.iter().any(|effect| matches!(effect, Effect::Keep { .. })));
    desk.sync(&[], 0);
    desk.answer(|r| matches!(r, Request::Bands(_)), Ok(bands(Vec::new())));
    desk.press("n");
    assert!(matches!(desk.top(), Some(Overlay::Form(form)) if form.kind == FormKind::NewBand));
}

#[test]
fn a_server_that_cannot_start_leads_back_to_the_question_with_the_reason() {
    let mut desk = Desk::new();
    desk.start(Start::Ask);
    desk.press("1");
    desk.send(Msg::Launched(Err("The disk is full.".to_owned())));
    assert_eq!(desk.model.screen, Screen::Welcome { choice: 0, problem: Some("The disk is full.".to_owned()) });
}

#[test]
fn connecting_takes_an_address_and_says_what_is_wrong_with_one() {
    let mut desk = Desk::new();
    desk.start(Start::Ask);
    desk.press("down enter");
    desk.type_text("http://invites.example.org");
    desk.press("enter");
    assert!(matches!(&desk.model.screen, Screen::Entry(form) if form.fields[0].error.is_some()));
    desk.press("ctrl-u");
    desk.type_text("invites.example.org");
    desk.press("enter");
    assert!(matches!(&desk.effects[..], [Effect::Find(origin)] if origin.as_str() == "https://invites.example.org"));
    desk.send(Msg::Found { origin: origin("https://invites.example.org"), session: None, profile: None });
    assert!(matches!(&desk.model.screen, Screen::Entry(form) if form.kind == FormKind::SignIn));
    desk.press("esc");
    assert!(matches!(&desk.model.screen, Screen::Entry(form) if form.kind == FormKind::Connect));
    desk.press("esc");
    assert!(matches!(desk.model.screen, Screen::Welcome { .. }));
}

#[test]
fn signing_out_forgets_the_session_and_asks_to_sign_in() {
    let mut desk = Desk::with_a_band();
    desk.press(":");
    desk.type_text("sign out");
    desk.press("enter y");
    desk.answer(|r| *r == Request::SignOut, Ok(Answer::Done));
    assert!(desk.effects.iter().any(|effect| matches!(effect, Effect::Forget(_))));
    assert!(matches!(&desk.model.screen, Screen::Entry(form) if form.kind == FormKind::SignIn));
    assert!(desk.model.invites.list.is_empty());
}

/// At the form for the first account on a server of this machine.
fn at_the_sign_up() -> Desk {
    let mut desk = Desk::new();
    desk.start(Start::Ask);
    desk.press("enter");
    desk.send(Msg::Launched(Ok(launched())));
    desk.send(Msg::Found { origin: origin("http://127.0.0.1:7878"), session: None, profile: None });
    desk
}

#[test]
fn enter_leads_through_a_new_account_field_by_field_and_sends_at_its_end() {
    let mut desk = at_the_sign_up();
    let focus = |desk: &Desk| match &desk.model.screen {
        Screen::Entry(form) => (form.fields[form.focus].name, form.enter_leads_to().is_none()),
        _ => panic!(),
    };
    let mut seen = vec![focus(&desk)];
    for _ in 0..4 {
        desk.press("enter");
        seen.push(focus(&desk));
    }
    let names = ["username", "display_name", "email", "password", "again"];
    assert_eq!(seen, names.map(|name| (name, name == "again")));
    desk.press("enter");
    assert_eq!(focus(&desk).0, "username", "nothing is filled in: the first wrong field is shown");
    assert!(desk.sent.iter().all(|(.., request)| !matches!(request, Request::SignUp(..))));
}

#[test]
fn what_was_typed_for_a_new_account_is_not_lost_by_one_key() {
    let mut desk = at_the_sign_up();
    desk.type_text("ada");
    desk.press("esc");
    assert!(matches!(desk.top(), Some(Overlay::Confirm(_))));
    desk.press("esc");
    assert!(matches!(&desk.model.screen, Screen::Entry(form) if form.value("username") == "ada"));
    desk.press("esc y");
    assert!(matches!(desk.model.screen, Screen::Welcome { .. }) && desk.top().is_none());
}

#[test]
fn esc_goes_back_from_where_a_server_is_awaited_and_what_comes_late_takes_nobody_along() {
    let mut desk = Desk::new();
    desk.start(Start::Local);
    assert!(matches!(desk.model.screen, Screen::Starting(_)));
    desk.press("esc");
    assert!(matches!(desk.model.screen, Screen::Welcome { problem: None, .. }));
    desk.send(Msg::Launched(Ok(launched())));
    assert!(matches!(desk.model.screen, Screen::Welcome { .. }));
    desk.press("2");
    desk.type_text("inv");
    desk.send(Msg::Launched(Err("The disk is full.".to_owned())));
    assert!(
        matches!(&desk.model.screen, Screen::Entry(form) if form.value("server") == "inv"),
        "{:?}",
        desk.model.screen
    );
    desk.press("esc");
    if let Some(Overlay::Confirm(_)) = desk.top() {
        desk.press("y");
    }
    desk.press("1");
    desk.send(Msg::Launched(Ok(launched())));
    assert!(matches!(desk.model.screen, Screen::Starting(_)), "chosen again, it is awaited again");
    desk.press("esc");
    desk.send(Msg::Found { origin: origin("http://127.0.0.1:7878"), session: None, profile: None });
    assert!(matches!(desk.model.screen, Screen::Welcome { .. }));
}

#[test]
fn esc_on_the_way_to_the_server_of_a_link_leads_back_to_the_panes() {
    let mut desk = Desk::with_a_band();
    let token = crate::domain::Token::from_random(&[7; 32]);
    desk.send(Msg::Paste(format!("https://two.example/invite/{}", token.reveal())));
    desk.press("y");
    assert!(matches!(desk.model.screen, Screen::Starting(_)), "{:?}", desk.top());
    desk.press("esc");
    assert_eq!(desk.model.screen, Screen::Panes);
    desk.send(Msg::Found { origin: origin("https://two.example"), session: None, profile: None });
    assert_eq!(desk.model.screen, Screen::Panes);
    assert_eq!(desk.model.server.as_ref().map(|server| server.origin.as_str()), Some("https://one.example"));
    assert_eq!(desk.model.invites.list.len(), 5);
}
