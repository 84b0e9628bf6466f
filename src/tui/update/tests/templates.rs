use super::desk::*;
use crate::{
    api::{Patch, Template, Templates},
    domain::{Hours, Kind, Role},
    tui::{
        request::{Answer, Request},
        sample,
    },
};

fn templates(rows: Vec<Template>) -> Answer {
    Answer::Templates(Box::new(Templates { templates: rows, next_cursor: None, prev_cursor: None }))
}

fn is_list(request: &Request) -> bool {
    matches!(request, Request::Templates(..))
}

fn listed(rows: Vec<Template>) -> Desk {
    let mut desk = Desk::with_a_band();
    desk.press("P");
    desk.answer(is_list, Ok(templates(rows)));
    desk
}

#[test]
fn a_template_is_made_with_all_that_was_typed() {
    let mut desk = listed(Vec::new());
    desk.press("n");
    desk.type_text("Guests");
    fill(&mut desk, "ttl_hours", "2026-12-31");
    desk.press("ctrl-s");
    let wrong = form(&desk).fields.iter().find(|field| field.name == "ttl_hours").unwrap();
    assert!(wrong.error.as_deref().is_some_and(|why| why.contains("never")), "what it makes ends at times of its own");
    fill(&mut desk, "ttl_hours", "1w");
    fill(&mut desk, "max_uses", "10");
    fill(&mut desk, "message", "Come!");
    desk.press("ctrl-s");
    let create = |r: &Request| matches!(r, Request::CreateTemplate(..));
    let Request::CreateTemplate(_, body) = &desk.request(create).2 else { panic!() };
    assert_eq!((body.name.as_str(), body.kind, body.role), ("Guests", None, Some(Role::Member)));
    assert_eq!((&body.ttl_hours, &body.max_uses), (&Patch::Value(168), &Patch::Value(10)));
    assert_eq!((body.message.as_deref(), &body.label), (Some("Come!"), &None));
    desk.answer(create, Ok(Answer::Template(Box::new(sample::template(1)))));
    assert!(desk.toast().contains("is made") && desk.has_request(is_list));
}

#[test]
fn only_what_was_changed_of_a_template_is_sent() {
    let mut desk = listed(vec![sample::template(1)]);
    desk.press("e tab right ctrl-s");
    let Request::UpdateTemplate(id, body) = &desk.request(|r| matches!(r, Request::UpdateTemplate(..))).2 else {
        panic!()
    };
    assert_eq!(*id, sample::template(1).id);
    assert!(!body.kind.is_omitted());
    assert_eq!(
        (&body.name, body.role, &body.ttl_hours, &body.message),
        (&None, None, &Patch::Omitted, &Patch::Omitted)
    );
}

#[test]
fn a_template_is_deleted_by_a_second_key() {
    let mut desk = listed(vec![sample::template(1), sample::template(2)]);
    desk.press("j D");
    assert!(!desk.has_request(|r| matches!(r, Request::DeleteTemplate(_))));
    desk.press("y");
    desk.answer(|r| *r == Request::DeleteTemplate(sample::template(2).id), Ok(Answer::Done));
    assert_eq!(desk.toast(), "The template is deleted.");
}

#[test]
fn an_invite_by_a_template_begins_with_what_that_says_and_says_it_to_the_server() {
    let template = Template {
        kind: Some(Kind::Link),
        role: Role::Admin,
        ttl_hours: Hours(Some(48)),
        message: Some("Come!".to_owned()),
        requires_approval: true,
        ..sample::template(1)
    };
    let mut desk = listed(vec![template.clone()]);
    desk.press("m");
    let values =
        ["template_id", "kind", "role", "expires_at", "message", "requires_approval"].map(|n| form(&desk).value(n));
    assert_eq!(values, [template.id.to_string().as_str(), "link", "admin", "2d", "Come!", "yes"]);
    assert!(!form(&desk).is_changed());
    fill(&mut desk, "message", "");
    desk.press("ctrl-s y");
    let Request::CreateInvite(_, body) = &desk.request(|r| matches!(r, Request::CreateInvite(..))).2 else { panic!() };
    assert_eq!(
        (body.template_id, body.role, &body.kind),
        (Some(template.id), Some(Role::Admin), &Patch::Value(Kind::Link))
    );
    assert_eq!((&body.ttl_hours, &body.message), (&Patch::Value(48), &Patch::Null), "what was emptied is none");
    assert_eq!(body.requires_approval, Some(true));
}
