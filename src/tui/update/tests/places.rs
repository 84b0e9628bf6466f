use super::desk::*;
use crate::{
    api::Code,
    client::PlainHttp,
    domain::Pasted,
    tui::{
        message::{Effect, Msg},
        model::{FormKind, Model, Overlay, Place, Screen, Where},
        request::{Answer, Request},
    },
};

fn place(profile: Option<&str>, server: &str, username: Option<&str>) -> Place {
    Place {
        profile: profile.map(str::to_owned),
        at: Where::Server(origin(server)),
        username: username.map(str::to_owned),
        plain: PlainHttp::LoopbackOnly,
    }
}

fn places() -> Vec<Place> {
    vec![
        place(None, "https://one.example", Some("ada")),
        place(None, "https://one.example", Some("kim")),
        place(Some("work"), "https://two.example", None),
    ]
}

fn opened() -> Desk {
    let mut desk = Desk::with_a_band();
    desk.press("@");
    assert!(matches!(desk.effects.pop(), Some(Effect::Places)));
    desk.send(Msg::Places(Ok(places())));
    desk
}

fn entry(model: &Model) -> &FormKind {
    match &model.screen {
        Screen::Entry(form) => &form.kind,
        other => panic!("{other:?}"),
    }
}

#[test]
fn another_account_is_one_key_and_enter_away_and_nothing_of_the_first_stays_on_the_screen() {
    let mut desk = opened();
    desk.press("enter");
    assert!(matches!(&desk.effects[..], [Effect::Go { place, .. }] if *place == places()[1]), "{:?}", desk.effects);
    assert!(desk.model.bands.list.is_empty() && desk.model.me.is_none() && desk.sent.is_empty());
    desk.effects.clear();
    desk.found("https://one.example", Some(session(3)), None);
    let used = matches!(&desk.effects[..], [Effect::Use { session: Some(used), .. }] if *used == session(3));
    assert!(used, "{:?}", desk.effects);
    assert_eq!(desk.model.screen, Screen::Panes);
}

#[test]
fn a_profile_that_nobody_is_signed_in_to_opens_with_its_sign_in() {
    let mut desk = opened();
    desk.press("j enter");
    assert_eq!(desk.model.settings.profile.as_deref(), Some("work"));
    desk.found("https://two.example", None, Some("work"));
    assert_eq!(entry(&desk.model), &FormKind::SignIn);
}

#[test]
fn where_one_is_already_enter_changes_nothing_and_esc_closes() {
    let mut desk = opened();
    desk.press("k enter");
    assert!(desk.effects.is_empty() && desk.model.overlays.is_empty() && desk.model.me.is_some());
    desk.press("@ esc");
    assert!(desk.model.overlays.is_empty());
}

#[test]
fn another_account_on_the_server_and_another_server_are_asked_for() {
    let mut desk = opened();
    desk.press("j j enter");
    assert_eq!(entry(&desk.model), &FormKind::SignIn);
    assert!(matches!(&desk.effects[..], [Effect::Use { session: None, .. }]), "{:?}", desk.effects);
    let mut desk = opened();
    desk.press("j j j j enter");
    assert_eq!(entry(&desk.model), &FormKind::Connect);
    desk.press("esc");
    assert_eq!(desk.model.screen, Screen::Panes, "back where one was");
}

#[test]
fn sessions_that_cannot_be_read_say_why_and_other_ways_stay() {
    let mut desk = Desk::with_a_band();
    desk.press("@");
    desk.send(Msg::Places(Err("sessions.json can be read by others; close it".to_owned())));
    let Some(Overlay::Places(places)) = desk.top() else { panic!("{:?}", desk.top()) };
    assert!(places.problem.as_ref().unwrap().contains("close it"));
    desk.press("enter");
    assert_eq!(entry(&desk.model), &FormKind::SignIn);
}

fn wrong_account() -> Desk {
    let mut desk = Desk::with_a_band();
    let token = format!("inv_{}", "A".repeat(43));
    desk.send(Msg::Paste(format!("https://one.example/invite/{token}")));
    let preview = crate::tui::sample::preview();
    desk.answer(|r| matches!(r, Request::Preview(_)), Ok(Answer::Preview(Box::new(preview))));
    desk.press("enter");
    let refused = problem(Code::WrongRecipient, "This invite is for k***@example.org");
    desk.answer(|r| matches!(r, Request::Accept(_)), Err(refused));
    desk
}

#[test]
fn an_invite_for_another_account_is_explained_and_comes_along_to_that_account() {
    let mut desk = wrong_account();
    let Some(Overlay::Offer(offer)) = desk.top() else { panic!("{:?}", desk.top()) };
    let said = offer.refused.clone().unwrap();
    assert!(said.contains("You are ada") && said.contains("@ switches"), "{said}");
    desk.press("@");
    desk.send(Msg::Places(Ok(places())));
    desk.press("enter");
    desk.found("https://one.example", Some(session(3)), None);
    assert!(desk.has_request(|r| matches!(r, Request::Preview(_))), "it is looked at as the other account");
}

#[test]
fn an_invite_never_goes_along_to_another_server() {
    let mut desk = wrong_account();
    desk.press("@");
    desk.send(Msg::Places(Ok(places())));
    desk.press("j enter");
    desk.found("https://two.example", Some(session(4)), None);
    let shown = |r: &Request| matches!(r, Request::Preview(Pasted { .. }));
    assert!(!desk.has_request(shown) && desk.model.pasted.is_none());
}

#[test]
fn keys_go_through_the_places_and_stop_at_both_ends() {
    let selected = |desk: &Desk| match desk.top() {
        Some(Overlay::Places(places)) => places.selected,
        other => panic!("{other:?}"),
    };
    let mut desk = opened();
    desk.press("tab");
    assert_eq!(selected(&desk), 2);
    desk.press("down tab down down");
    assert_eq!(selected(&desk), 4, "another server is the last line");
    desk.press("up up up up up up");
    assert_eq!(selected(&desk), 0);
    desk.press("q");
    assert!(desk.top().is_none() && desk.effects.is_empty());
}
