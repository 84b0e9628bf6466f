use super::desk::*;
use crate::{
    api::{Campaign, Campaigns, CancelledInvites, CreatedCampaign, FieldError, Patch, Problem},
    client::{Error, MadeCampaign},
    domain::Role,
    tui::{
        model::{Overlay, Pane},
        request::{Answer, Request},
        sample,
    },
};

fn campaigns(rows: Vec<Campaign>) -> Answer {
    Answer::Campaigns(Box::new(Campaigns { campaigns: rows, next_cursor: None, prev_cursor: None }))
}

fn is_list(request: &Request) -> bool {
    matches!(request, Request::Campaigns(..))
}

fn listed(rows: Vec<Campaign>) -> Desk {
    let mut desk = Desk::with_a_band();
    desk.press("C");
    desk.answer(is_list, Ok(campaigns(rows)));
    desk
}

fn ended(cancelled: u64) -> Answer {
    Answer::Cancelled(Box::new(CancelledInvites { cancelled }))
}

fn question(desk: &Desk) -> (&str, &str) {
    match desk.top() {
        Some(Overlay::Confirm(confirm)) => (&confirm.question, &confirm.consequence),
        other => panic!("{other:?}"),
    }
}

#[test]
fn ending_a_campaign_says_what_ends_with_it_and_afterwards_how_many_did() {
    let mut desk = listed(vec![sample::campaign(2), sample::campaign(3)]);
    desk.press("j x");
    let (asked, then) = question(&desk);
    assert!(asked.contains("Campaign 3") && then.contains("12 pending invites"), "{asked} {then}");
    assert!(desk.sent.is_empty());
    desk.press("y");
    desk.answer(|r| *r == Request::ExpireCampaign(sample::campaign(3).id), Ok(ended(11)));
    assert!(desk.toast().contains("11"), "{}", desk.toast());
    assert!(desk.has_request(is_list), "the list is asked for again");
}

#[test]
fn marked_campaigns_are_deleted_one_after_the_other_and_counted_together() {
    let mut desk = listed(vec![sample::campaign(2), sample::campaign(3)]);
    desk.press("space space D");
    assert!(question(&desk).1.contains("24 pending"), "{}", question(&desk).1);
    desk.press("y");
    desk.answer(|r| matches!(r, Request::DeleteCampaign(_)), Ok(ended(12)));
    desk.answer(|r| matches!(r, Request::DeleteCampaign(_)), Ok(ended(3)));
    assert!(desk.toast().contains("15"), "{}", desk.toast());
}

#[test]
fn invites_without_a_campaign_cannot_be_deleted_and_an_ended_one_not_be_ended_again() {
    let over = Campaign { ended_at: Some(sample::now()), ..sample::campaign(3) };
    let mut desk = listed(vec![Campaign { is_default: true, ..sample::campaign(1) }, over]);
    desk.press("D");
    assert!(matches!(desk.top(), Some(Overlay::Listing(_))) && !desk.toast().is_empty());
    desk.press("j x");
    assert!(desk.toast().contains("ended already"), "{}", desk.toast());
    desk.press("e");
    let names: Vec<_> = form(&desk).fields.iter().map(|field| field.name).collect();
    assert_eq!(names[..2], ["name", "event.title"], "of what has ended only name and event can be changed");
    desk.press("esc k e");
    assert_eq!(form(&desk).fields.len(), 1);
}

#[test]
fn a_new_campaign_says_all_that_was_typed_and_a_retry_is_the_same_attempt() {
    let mut desk = listed(Vec::new());
    desk.press("n");
    desk.type_text("Summer party");
    for (name, text) in [
        ("expires_at", "2w"),
        ("message", "Come!"),
        ("max_invites", "100"),
        ("max_accepts", "40"),
        ("reminders", "24, 72"),
        ("event.title", "Garden party"),
        ("event.starts_at", "2026-12-12 19:30"),
        ("event.time_zone", "Europe/Berlin"),
    ] {
        let Some(Overlay::Form(form)) = desk.model.overlays.last_mut() else { panic!() };
        form.fill(name, text);
    }
    desk.press("tab right ctrl-s");
    let create = |r: &Request| matches!(r, Request::CreateCampaign(..));
    let (_, first, request) = desk.request(create).clone();
    let Request::CreateCampaign(band, body) = request else { panic!() };
    assert_eq!((band, body.name.as_str(), body.role), (band_id(1), "Summer party", Some(Role::Admin)));
    assert_eq!((body.ttl_hours, body.message.as_deref()), (Patch::Value(336), Some("Come!")));
    assert_eq!((body.max_invites, body.max_accepts, body.reminders), (Some(100), Some(40), Some(vec![24, 72])));
    let event = body.event.unwrap();
    assert_eq!((event.title.as_str(), event.starts_at.as_str()), ("Garden party", "2026-12-12T19:30"));
    assert_eq!((event.ends_at, event.place, event.time_zone.as_str()), (None, None, "Europe/Berlin"));
    desk.answer(create, Err(offline()));
    desk.press("ctrl-s");
    assert_eq!(desk.request(create).1, first);
    let made = CreatedCampaign { campaign: sample::campaign(2), results: Vec::new(), created: 0, failed: 0 };
    desk.answer(create, Ok(Answer::MadeCampaign(Box::new(MadeCampaign::Made(Box::new(made))))));
    assert!(desk.toast().contains("is made") && desk.has_request(is_list));
}

#[test]
fn what_is_wrong_with_an_event_stands_at_its_field() {
    let mut desk = listed(Vec::new());
    desk.press("n");
    desk.type_text("Summer party");
    let error = |desk: &Desk, name: &str| form(desk).fields.iter().find(|f| f.name == name).unwrap().error.clone();
    fill(&mut desk, "event.place", "The old pump house");
    desk.press("ctrl-s");
    assert!(error(&desk, "event.title").is_some() && desk.sent.len() == 1, "{:?}", desk.sent);
    fill(&mut desk, "event.title", "Garden party");
    fill(&mut desk, "event.starts_at", "in summer");
    fill(&mut desk, "max_invites", "many");
    fill(&mut desk, "reminders", "soon");
    desk.press("ctrl-s");
    assert!(error(&desk, "event.starts_at").unwrap().contains("2026-12-12 19:30"));
    assert!(error(&desk, "max_invites").is_some() && error(&desk, "reminders").is_some());
    fill(&mut desk, "event.starts_at", "2026-12-12 19:30");
    fill(&mut desk, "max_invites", "");
    fill(&mut desk, "reminders", "none");
    desk.press("ctrl-s");
    let wrong = FieldError { field: "event.time_zone".to_owned(), message: "must be the name of one".to_owned() };
    let refused = Error::Problem(Box::new(Problem::fields(vec![wrong])));
    desk.answer(|r| matches!(r, Request::CreateCampaign(..)), Err(refused));
    assert_eq!(error(&desk, "event.time_zone").as_deref(), Some("must be the name of one"));
    assert_eq!(form(&desk).value("event.place"), "The old pump house", "nothing typed is lost");
}

#[test]
fn a_change_that_goes_to_pending_invites_is_said_before_it_is_sent() {
    let mut desk = listed(vec![sample::campaign(2)]);
    desk.press("e");
    let update = |r: &Request| matches!(r, Request::UpdateCampaign(..));
    desk.type_text(" 2");
    desk.press("ctrl-s");
    let Request::UpdateCampaign(_, body) = &desk.request(update).2 else { panic!() };
    assert_eq!((body.name.as_deref(), body.role, &body.event), (Some("Campaign 2 2"), None, &Patch::Omitted));
    desk.answer(update, Ok(Answer::Campaign(Box::new(sample::campaign(2)))));
    assert_eq!(desk.toast(), "Saved.");
    desk.answer(is_list, Ok(campaigns(vec![sample::campaign(2)])));
    desk.press("e tab right ctrl-s");
    assert!(!desk.has_request(update));
    let review = form(&desk).review.clone().unwrap();
    assert!(review.contains("12 pending invites") && review.contains("admin"), "{review}");
    desk.press("esc");
    assert_eq!(form(&desk).review, None);
    desk.press("ctrl-s y");
    assert!(desk.has_request(update));
}

#[test]
fn the_pane_shows_one_campaigns_invites_until_esc() {
    let mut desk = listed(vec![sample::campaign(2)]);
    desk.press("v");
    assert!(desk.top().is_none() && desk.model.focus == Pane::Invites);
    let of = |r: &Request, id| matches!(r, Request::Invites(_, query) if query.campaign == id);
    desk.answer(|r| of(r, Some(sample::campaign(2).id)), Ok(invites(vec![invite(1)])));
    desk.press("* r");
    assert!(question(&desk).0.contains("of Campaign 2"), "{}", question(&desk).0);
    desk.press("esc esc");
    assert!(desk.model.invites.campaign.is_some(), "the marks go first");
    desk.press("esc");
    desk.answer(|r| of(r, None), Ok(invites(vec![invite(1), invite(2)])));
}

#[test]
fn the_row_in_full_opens_the_form_over_it() {
    let mut desk = listed(vec![sample::campaign(2)]);
    desk.press("enter e");
    assert!(matches!(desk.top(), Some(Overlay::Form(_))));
    desk.press("esc");
    assert!(matches!(desk.top(), Some(Overlay::Shown(_))));
}

#[test]
fn an_event_that_has_begun_is_refused_at_its_time() {
    let create = |r: &Request| matches!(r, Request::CreateCampaign(..));
    let mut desk = listed(vec![sample::campaign(2)]);
    desk.press("n");
    for (name, text) in [
        ("name", "Garden party"),
        ("event.title", "Garden party"),
        ("event.starts_at", "2020-12-12 19:30"),
        ("event.time_zone", "Europe/Berlin"),
    ] {
        fill(&mut desk, name, text);
    }
    desk.press("ctrl-s");
    let field = form(&desk).fields.iter().find(|field| field.name == "event.starts_at").unwrap();
    let says = field.error.clone().unwrap();
    assert!(says.starts_with("must lie ahead: in Europe/Berlin it is 2"), "{says}");
    assert!(!desk.has_request(create));
    fill(&mut desk, "event.starts_at", "2099-12-12 19:30");
    desk.press("ctrl-s");
    assert!(desk.has_request(create), "{:?}", form(&desk));
}
