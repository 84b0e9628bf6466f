use super::desk::*;
use crate::{
    api::{AuditEvent, AuditTrail, Code, FoundPeople, FoundPerson, PersonState},
    client::{AuditQuery, Saved},
    domain::Timestamp,
    tui::{
        model::Overlay,
        request::{Answer, Request},
    },
};

fn event(id: i64, action: &str, actor: Option<u128>, invite: Option<u128>) -> AuditEvent {
    AuditEvent {
        id,
        at: Timestamp::from_micros(id),
        actor: actor.map(person),
        action: action.to_owned(),
        invite: invite.map(invite_id),
        recipient: None,
        account: None,
        detail: None,
    }
}

fn events() -> Answer {
    let events = vec![
        event(3, "invite.revoked", Some(2), Some(1)),
        event(2, "invite.expired", None, Some(2)),
        event(1, "band.created", Some(1), None),
    ];
    Answer::Audit(Box::new(AuditTrail { events, next_cursor: None, prev_cursor: None }))
}

fn is_trail(request: &Request) -> bool {
    matches!(request, Request::Trail(..))
}

fn asked(desk: &Desk) -> AuditQuery {
    match &desk.request(is_trail).2 {
        Request::Trail(_, query, _) => query.clone(),
        other => panic!("{other:?}"),
    }
}

fn trail() -> Desk {
    let mut desk = Desk::with_a_band();
    desk.press("A");
    assert_eq!(asked(&desk), AuditQuery::default());
    desk.answer(is_trail, Ok(events()));
    desk
}

#[test]
fn one_key_shows_what_the_same_person_did_and_the_same_key_all_again() {
    let mut desk = trail();
    desk.press("p");
    assert_eq!(asked(&desk), AuditQuery { actor: Some(account_id(2)), ..AuditQuery::default() });
    desk.answer(is_trail, Ok(events()));
    desk.press("p");
    assert_eq!(asked(&desk), AuditQuery::default());
    desk.answer(is_trail, Ok(events()));
    desk.press("j p");
    assert!(desk.toast().contains("by itself") && !desk.has_request(is_trail), "{}", desk.toast());
}

#[test]
fn an_invite_and_an_action_narrow_it_together_and_esc_shows_everything() {
    let mut desk = trail();
    desk.press("v");
    desk.answer(is_trail, Ok(events()));
    desk.press("s");
    let both =
        AuditQuery { invite: Some(invite_id(1)), action: Some("invite.revoked".to_owned()), ..AuditQuery::default() };
    assert_eq!(asked(&desk), both);
    desk.answer(is_trail, Ok(events()));
    desk.press("esc");
    assert_eq!(asked(&desk), AuditQuery::default());
    desk.answer(is_trail, Ok(events()));
    desk.press("G v");
    assert!(desk.toast().contains("no invite"), "{}", desk.toast());
    desk.press("esc");
    assert!(desk.top().is_none());
}

#[test]
fn the_form_narrows_by_action_and_time_without_a_word_to_the_server_before() {
    let mut desk = trail();
    desk.press("f");
    desk.type_text("revoked");
    desk.press("tab tab");
    desk.type_text("2026-11-01");
    desk.press("tab");
    desk.type_text("2026-11-02");
    desk.press("enter");
    assert!(matches!(desk.top(), Some(Overlay::Listing(_))));
    let query = asked(&desk);
    assert_eq!(query.action.as_deref(), Some("invite.revoked"));
    let days = [query.from, query.to].map(|at| at.unwrap().to_string());
    assert_eq!(days, ["2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z"]);
}

#[test]
fn a_name_is_looked_up_and_one_that_nobody_has_stays_in_the_form() {
    let mut desk = trail();
    desk.press("f tab");
    desk.type_text("@User2");
    desk.press("enter");
    let people = |r: &Request| matches!(r, Request::People(name, Some(_)) if name == "user2");
    let found = |names: &[u128]| {
        let accounts = names.iter().map(|&n| {
            let person = person(n);
            let (id, username, display_name) = (person.id, person.username, person.display_name);
            FoundPerson { id, username, display_name, state: PersonState::None }
        });
        Answer::People(Box::new(FoundPeople { accounts: accounts.collect() }))
    };
    desk.answer(people, Ok(found(&[20, 21])));
    let Some(Overlay::Form(form)) = desk.top() else { panic!("{:?}", desk.top()) };
    assert!(form.fields.iter().any(|field| field.error.is_some()) && form.value("actor") == "@User2");
    desk.press("enter");
    desk.answer(people, Ok(found(&[20, 2])));
    assert_eq!(asked(&desk).actor, Some(account_id(2)));
    assert!(matches!(desk.top(), Some(Overlay::Listing(_))));
}

#[test]
fn what_is_shown_is_written_to_a_file_whose_end_says_how() {
    let mut desk = trail();
    desk.press("p");
    desk.answer(is_trail, Ok(events()));
    desk.press("w");
    let Some(Overlay::Form(form)) = desk.top() else { panic!("{:?}", desk.top()) };
    assert_eq!(form.value("file"), "band-1-trail.csv");
    desk.type_text("x");
    desk.press("enter");
    assert!(matches!(desk.top(), Some(Overlay::Form(form)) if form.fields[0].error.is_some()));
    desk.press("backspace enter");
    let save = |r: &Request| {
        matches!(r, Request::SaveTrail(_, query, file)
            if query.actor == Some(account_id(2)) && file.as_os_str() == "band-1-trail.csv")
    };
    desk.answer(save, Err(problem(Code::Forbidden, "Only admins can do this.")));
    assert!(matches!(desk.top(), Some(Overlay::Form(form)) if form.refused.is_some()), "what was typed stays");
    desk.press("enter");
    desk.answer(save, Ok(Answer::Saved(Box::new(Saved { file: "band-1-trail.csv".into(), bytes: 120 }))));
    assert_eq!(desk.toast(), "Written to band-1-trail.csv, 120 bytes.");
    assert!(matches!(desk.top(), Some(Overlay::Listing(_))));
}

#[test]
fn the_details_of_an_event_have_the_same_keys() {
    let mut desk = trail();
    desk.press("enter s");
    assert_eq!(asked(&desk).action.as_deref(), Some("invite.revoked"));
    assert!(matches!(desk.top(), Some(Overlay::Listing(_))));
}

#[test]
fn an_event_says_whom_its_invite_is_for_unless_it_was_done_to_somebody() {
    let mut desk = Desk::with_a_band();
    desk.model.size = (120, 40);
    desk.press("A");
    let made =
        AuditEvent { recipient: Some("kim@example.org".to_owned()), ..event(2, "invite.created", Some(1), Some(1)) };
    let taken = AuditEvent {
        recipient: Some("sam@example.org".to_owned()),
        account: Some(person(3)),
        ..event(3, "invite.accepted", Some(3), Some(2))
    };
    let trail = AuditTrail { events: vec![taken, made], next_cursor: None, prev_cursor: None };
    desk.answer(is_trail, Ok(Answer::Audit(Box::new(trail))));
    let seen = crate::tui::view::tests::text_of(&desk.model).join("\n");
    assert!(seen.contains("kim@example.org") && !seen.contains("sam@example.org"), "{seen}");
    desk.press("enter");
    let seen = crate::tui::view::tests::text_of(&desk.model).join("\n");
    assert!(seen.contains("sam@example.org"), "in full it says both: {seen}");
}
