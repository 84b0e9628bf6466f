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
    assert!(matches!(desk.effects[..], [Effect::Launch(_)]));
    desk.launched(Ok(launched()));
    desk.found("http://127.0.0.1:7878", None, None);
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
    desk.launched(Err("The disk is full.".to_owned()));
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
    assert!(
        matches!(&desk.effects[..], [Effect::Find { origin, .. }] if origin.as_str() == "https://invites.example.org")
    );
    desk.found("https://invites.example.org", None, None);
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
    assert!(desk.effects.iter().any(|effect| matches!(effect, Effect::Forget { .. })));
    assert!(matches!(&desk.model.screen, Screen::Entry(form) if form.kind == FormKind::SignIn));
    assert!(desk.model.invites.list.is_empty());
}

/// At the form for the first account on a server of this machine.
fn at_the_sign_up() -> Desk {
    let mut desk = Desk::new();
    desk.start(Start::Ask);
    desk.press("enter");
    desk.launched(Ok(launched()));
    desk.found("http://127.0.0.1:7878", None, None);
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
    desk.launched(Ok(launched()));
    assert!(matches!(desk.model.screen, Screen::Welcome { .. }));
    desk.press("2");
    desk.type_text("inv");
    desk.launched(Err("The disk is full.".to_owned()));
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
    desk.launched(Ok(launched()));
    assert!(matches!(desk.model.screen, Screen::Starting(_)), "chosen again, it is awaited again");
    desk.press("esc");
    desk.found("http://127.0.0.1:7878", None, None);
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
    desk.found("https://two.example", None, None);
    assert_eq!(desk.model.screen, Screen::Panes);
    assert_eq!(desk.model.server.as_ref().map(|server| server.origin.as_str()), Some("https://one.example"));
    assert_eq!(desk.model.invites.list.len(), 5);
}

#[test]
fn what_was_gone_to_before_is_dropped_whatever_is_on_the_screen_now() {
    let mut desk = Desk::new();
    desk.start(Start::Local);
    desk.launched(Ok(launched()));
    desk.press("esc 2");
    desk.type_text("inv");
    desk.found("http://127.0.0.1:7878", None, None);
    assert!(matches!(&desk.model.screen, Screen::Entry(form) if form.value("server") .ends_with("inv")), "at the form");
    let mut desk = Desk::new();
    desk.start(Start::Local);
    let first = desk.going;
    desk.press("esc 1");
    desk.launched(Ok(launched()));
    desk.found("http://127.0.0.1:7878", None, None);
    desk.type_text("ada");
    desk.send(Msg::Launched { serial: first, result: Ok(launched()) });
    assert!(
        matches!(&desk.model.screen, Screen::Entry(form) if form.value("username") == "ada"),
        "{:?}",
        desk.model.screen
    );
}

#[test]
fn an_address_that_is_looked_up_is_not_gone_to_after_esc_or_when_another_was_named_since() {
    let mut desk = Desk::new();
    desk.start(Start::Ask);
    desk.press("2");
    desk.type_text("one.example");
    desk.press("enter");
    let first = desk.going;
    desk.press("ctrl-u");
    desk.type_text("two.example");
    desk.press("enter");
    desk.send(Msg::Found { serial: first, origin: origin("https://one.example"), session: None, profile: None });
    assert!(desk.model.server.is_none(), "it is the other one that is gone to");
    desk.press("esc");
    if let Some(Overlay::Confirm(_)) = desk.top() {
        desk.press("y");
    }
    desk.found("https://two.example", None, None);
    assert!(matches!(desk.model.screen, Screen::Welcome { .. }), "{:?}", desk.model.screen);
}

#[test]
fn a_link_that_was_not_gone_to_is_not_gone_to_later() {
    let mut desk = Desk::new();
    desk.start(Start::Ask);
    let token = crate::domain::Token::from_random(&[7; 32]);
    desk.send(Msg::Paste(format!("https://two.example/invite/{}", token.reveal())));
    desk.press("esc 1");
    desk.launched(Ok(launched()));
    desk.found("http://127.0.0.1:7878", None, None);
    assert!(desk.model.pasted.is_none());
    assert!(
        matches!(&desk.model.screen, Screen::Entry(form) if form.kind == FormKind::SignUp),
        "{:?}",
        desk.model.screen
    );
}

#[test]
fn the_profile_of_a_server_is_in_use_only_where_it_is_gone_to() {
    for (keys, gone_to, profile) in [("y esc", false, None), ("y", true, Some("work"))] {
        let mut desk = Desk::with_a_band();
        let token = crate::domain::Token::from_random(&[7; 32]);
        desk.send(Msg::Paste(format!("https://two.example/invite/{}", token.reveal())));
        desk.press(keys);
        desk.found("https://two.example", Some(session(3)), Some("work"));
        assert_eq!(desk.model.settings.profile.as_deref(), profile);
        let used = desk.effects.iter().any(|effect| matches!(effect, Effect::Use { .. }));
        assert_eq!(used, gone_to);
        if gone_to {
            desk.answer(|r| matches!(r, Request::Me), Ok(Answer::Me(Box::new(account(1, "ada")))));
        }
        desk.model.overlays.clear();
        desk.press(":");
        desk.type_text("sign out");
        desk.press("enter y");
        desk.answer(|r| *r == Request::SignOut, Ok(Answer::Done));
        let forgotten = desk.effects.iter().find_map(|effect| match effect {
            Effect::Forget { profile, .. } => Some(profile.as_deref()),
            _ => None,
        });
        assert_eq!(forgotten, Some(profile), "{:?}", desk.effects);
    }
}

#[test]
fn the_first_question_is_answered_by_arrows_and_letters_too_and_where_no_server_can_run_leads_to_another() {
    for key in ["up", "down", "tab", "j", "k"] {
        let mut desk = Desk::new();
        desk.start(Start::Ask);
        desk.press(key);
        assert_eq!(desk.model.screen, Screen::Welcome { choice: 1, problem: None }, "{key}");
        desk.press(key);
        desk.press("enter");
        assert!(matches!(desk.effects[..], [Effect::Launch { .. }]), "{key}: there are two, and they go round");
    }
    let mut desk = Desk::new();
    desk.model.settings.can_launch = false;
    desk.start(Start::Ask);
    desk.press("1");
    assert!(
        desk.effects.is_empty() && matches!(&desk.model.screen, Screen::Entry(form) if form.kind == FormKind::Connect)
    );
}
