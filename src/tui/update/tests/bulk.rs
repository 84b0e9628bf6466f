use serde_json::Value;

use super::desk::*;
use crate::{
    api::{
        Campaign, Campaigns, Code, CreateInvites, CreatedInvites, OnExisting, Patch, RowResult, RowStatus, Template,
        Templates,
    },
    domain::Role,
    tui::{
        message::{Effect, Msg},
        model::{Bulk, FormKind, Overlay, RowState},
        request::{Answer, Request},
        sample,
    },
};

const LIST: &str = "email,name,role\rkim@example.org,Kim,\rsam@example.org,Sam,admin\rbad address@,,\r,table one,\r";

pub(super) fn is_bulk(request: &Request) -> bool {
    matches!(request, Request::CreateInvites(..))
}

pub(super) fn body(desk: &Desk) -> &CreateInvites {
    match &desk.request(is_bulk).2 {
        Request::CreateInvites(band, body) if *band == band_id(1) => body,
        other => panic!("{other:?}"),
    }
}

pub(super) fn sent(desk: &Desk) -> Vec<String> {
    body(desk).rows.iter().map(|row| row.read().unwrap()).map(|row| row.email.or(row.name).unwrap()).collect()
}

/// An answer: each row made, or refused with these words.
pub(super) fn answer(rows: &[Option<&str>]) -> Answer {
    let results: Vec<_> = rows
        .iter()
        .zip(0..)
        .map(|(refused, row)| RowResult {
            row,
            input: Value::Null,
            status: if refused.is_some() { RowStatus::AlreadyMember } else { RowStatus::Created },
            invite_id: refused.is_none().then(|| invite_id(50 + u128::from(row))),
            link: refused.is_none().then(|| format!("https://one.example/invite/inv_{row}")),
            detail: refused.map(str::to_owned),
        })
        .collect();
    let failed = rows.iter().flatten().count() as u32;
    Answer::CreatedInvites(Box::new(CreatedInvites { created: rows.len() as u32 - failed, failed, results }))
}

pub(super) fn bulk(desk: &Desk) -> &Bulk {
    desk.model.bulk().unwrap()
}

pub(super) fn states(desk: &Desk) -> Vec<&'static str> {
    let word = |state: &RowState| match state {
        RowState::Unknown => "unknown",
        RowState::Ready => "ready",
        RowState::Broken(_) => "broken",
        RowState::Refused(_) => "refused",
        RowState::Made(_) => "made",
    };
    bulk(desk).rows.iter().map(|row| word(&row.state)).collect()
}

pub(super) fn with_list(list: &str) -> Desk {
    let mut desk = Desk::with_a_band();
    desk.press("b");
    desk.send(Msg::Paste(list.to_owned()));
    desk
}

#[test]
fn a_pasted_list_shows_what_is_wrong_before_anything_is_sent() {
    let desk = with_list(LIST);
    assert_eq!(states(&desk), ["unknown", "unknown", "broken", "unknown"]);
    assert!(bulk(&desk).rows[2].why().unwrap().starts_with("the address"), "{:?}", bulk(&desk).rows[2]);
    assert_eq!(bulk(&desk).rows[3].whom(), "anyone with link");
    assert!(desk.sent.is_empty());
}

#[test]
fn a_list_that_cannot_be_read_says_why_and_another_can_be_pasted() {
    let mut desk = with_list("role\nadmin\n");
    assert!(bulk(&desk).problem.as_ref().unwrap().starts_with("No column says who it is"));
    desk.send(Msg::Paste("kim@example.org".to_owned()));
    assert_eq!(states(&desk), ["unknown"]);
}

#[test]
fn a_file_is_opened_by_its_path_and_one_that_cannot_be_read_leaves_the_path_to_be_mended() {
    let mut desk = Desk::with_a_band();
    desk.press("b enter");
    assert!(bulk(&desk).problem.is_some());
    desk.type_text("~/peopel.csv");
    desk.press("enter");
    assert!(matches!(desk.effects.pop(), Some(Effect::Read(path)) if path == "~/peopel.csv"));
    desk.send(Msg::Read(Err("~/peopel.csv cannot be read: not found".to_owned())));
    assert_eq!(bulk(&desk).path.text(), "~/peopel.csv");
    assert!(bulk(&desk).problem.as_ref().unwrap().contains("not found"));
    desk.press("enter");
    desk.send(Msg::Read(Ok(b"email\nkim@example.org\n".to_vec())));
    assert_eq!(states(&desk), ["unknown"]);
}

#[test]
fn several_lines_with_addresses_pasted_on_the_panes_open_a_list_by_themselves() {
    let mut desk = Desk::with_a_band();
    desk.send(Msg::Paste("kim@example.org\nsam@example.org\n".to_owned()));
    assert_eq!(states(&desk), ["unknown", "unknown"]);
    let mut desk = Desk::with_a_band();
    desk.send(Msg::Paste("a poem\nof two lines".to_owned()));
    assert!(desk.model.bulk().is_none());
}

#[test]
fn hidden_characters_of_a_list_reach_neither_the_screen_nor_the_server() {
    let desk = with_list("email,name\nkim@example.org,\u{1b}[2JK\u{202e}im\n");
    assert_eq!(bulk(&desk).rows[0].cells()[1], "[2JKim");
}

#[test]
fn sending_asks_the_server_first_then_the_person_and_only_then_makes_invites() {
    let mut desk = with_list(LIST);
    desk.press("s");
    assert_eq!(body(&desk).dry_run, Some(true));
    assert_eq!(sent(&desk), ["kim@example.org", "sam@example.org", "table one"]);
    desk.answer(is_bulk, Ok(answer(&[None, Some("Sam is in the band already"), None])));
    assert_eq!(states(&desk), ["ready", "refused", "broken", "ready"]);
    let Some(Overlay::Confirm(confirm)) = desk.top() else { panic!("{:?}", desk.top()) };
    assert_eq!(confirm.question, "Make 2 invites to Band 1?");
    assert!(confirm.consequence.contains("Nothing is mailed") && confirm.consequence.contains("2 rows"));
    desk.press("enter s");
    assert!(!desk.has_request(is_bulk), "neither Enter nor the key that asked makes them");
    desk.press("y");
    assert_eq!((body(&desk).dry_run, sent(&desk)), (None, vec!["kim@example.org".to_owned(), "table one".to_owned()]));
    desk.answer(is_bulk, Ok(answer(&[None, None])));
    assert_eq!(states(&desk), ["made", "refused", "broken", "made"]);
    assert_eq!(
        desk.toast(),
        "2 of 4 are made, 2 have something wrong. Nothing was mailed: w writes the list with the links to a file."
    );
    assert!(desk.has_request(is_sync), "the panes show them soon");
}

#[test]
fn what_was_refused_is_mended_and_sent_without_what_was_made() {
    let mut desk = with_list("email\nkim@example.org\nsam@example.com\n");
    desk.press("c");
    desk.answer(is_bulk, Ok(answer(&[None, Some("no such domain")])));
    desk.press("s y");
    desk.answer(is_bulk, Ok(answer(&[None])));
    assert_eq!(states(&desk), ["made", "refused"]);
    desk.press("e");
    assert!(desk.toast().contains("has its invite"));
    desk.press("down e");
    desk.press("backspace backspace backspace");
    desk.type_text("org");
    desk.press("enter s");
    assert_eq!(sent(&desk), ["sam@example.org"]);
    desk.answer(is_bulk, Ok(answer(&[None])));
    desk.press("y");
    assert_eq!(sent(&desk), ["sam@example.org"]);
    desk.answer(is_bulk, Ok(answer(&[None])));
    assert_eq!(states(&desk), ["made", "made"]);
    desk.press("s");
    assert_eq!(desk.toast(), "Every row has its invite.");
    desk.press("esc");
    assert!(desk.model.bulk().is_none(), "nothing would be lost");
}

fn many(count: usize) -> String {
    (0..count).map(|n| format!("guest{n}@example.org")).collect::<Vec<_>>().join("\n")
}

fn all_ready(desk: &mut Desk) {
    desk.press("c");
    while desk.has_request(is_bulk) {
        let rows = body(desk).rows.len();
        desk.answer(is_bulk, Ok(answer(&vec![None; rows])));
    }
}

#[test]
fn a_long_list_goes_request_by_request_and_esc_stops_behind_the_one_on_its_way() {
    let mut desk = with_list(&many(2_500));
    all_ready(&mut desk);
    assert_eq!(desk.toast(), "2500 of 2500 would be made. Nothing is made yet.");
    desk.press("s y");
    let first = desk.request(is_bulk).1;
    desk.answer(is_bulk, Ok(answer(&[None; 1_000])));
    assert_ne!(desk.request(is_bulk).1, first, "another request is another attempt");
    desk.press("esc j x e");
    assert_eq!(bulk(&desk).rows.len(), 2_500, "rows on their way stay as they are");
    desk.answer(is_bulk, Ok(answer(&[None; 1_000])));
    assert!(!desk.has_request(is_bulk));
    assert!(desk.toast().starts_with("Stopped: 2000 of 2500 are made, 500 were not sent."), "{}", desk.toast());
    assert_eq!(bulk(&desk).tally().made, 2_000);
    desk.press("s y");
    assert_eq!(sent(&desk).first().unwrap(), "guest2000@example.org");
}

#[test]
fn a_request_whose_answer_was_lost_is_the_same_attempt_and_its_rows_stay_as_they_are() {
    let mut desk = with_list("kim@example.org\nsam@example.org\n");
    all_ready(&mut desk);
    desk.press("s y");
    let attempt = desk.request(is_bulk).1;
    desk.answer(is_bulk, Err(offline()));
    assert!(bulk(&desk).problem.is_some());
    desk.press("e");
    assert!(desk.toast().contains("makes nothing twice"));
    desk.wait(1_000);
    assert!(!desk.has_request(is_bulk), "nothing is sent again without a word");
    desk.press("s");
    assert_eq!((desk.request(is_bulk).1, sent(&desk).len()), (attempt, 2));
    desk.answer(is_bulk, Ok(answer(&[None, None])));
    assert_eq!(states(&desk), ["made", "made"]);
}

#[test]
fn who_stops_waiting_is_told_that_it_may_have_been_done() {
    let mut desk = with_list("kim@example.org\n");
    all_ready(&mut desk);
    desk.press("s y esc esc");
    assert!(!desk.has_request(is_bulk));
    assert!(bulk(&desk).problem.as_ref().unwrap().contains("may have been made"));
    desk.press("esc");
    let Some(Overlay::Confirm(confirm)) = desk.top() else { panic!("{:?}", desk.top()) };
    assert!(confirm.consequence.contains("the answer was lost"), "{}", confirm.consequence);
}

#[test]
fn a_session_that_ends_midway_is_asked_for_over_the_list_which_goes_on_behind_it() {
    let mut desk = with_list("kim@example.org\n");
    all_ready(&mut desk);
    desk.press("s y");
    let attempt = desk.request(is_bulk).1;
    desk.answer(is_bulk, Err(problem(Code::Unauthenticated, "no session")));
    assert!(matches!(desk.top(), Some(Overlay::Form(form)) if form.kind == FormKind::SignIn));
    desk.type_text("password");
    desk.press("enter");
    desk.answer(|r| matches!(r, Request::SignIn(_)), Ok(Answer::SignedIn(Box::new(signed_in(1, "ada")))));
    desk.press("s");
    assert_eq!(desk.request(is_bulk).1, attempt);
}

#[test]
fn a_server_that_refuses_all_of_it_leaves_the_list_to_be_mended() {
    let mut desk = with_list("kim@example.org\n");
    desk.press("c");
    desk.answer(is_bulk, Err(problem(Code::KindNotAllowed, "This band makes no such invites")));
    assert!(bulk(&desk).problem.as_ref().unwrap().contains("no such invites"));
    assert_eq!((states(&desk), bulk(&desk).run.is_none()), (vec!["unknown"], true));
}

#[test]
fn rows_are_edited_in_place_added_and_dropped_and_nothing_of_it_is_kept_on_esc() {
    let mut desk = with_list("email,name\nkim@example.org,Kim\n");
    desk.press("e tab");
    desk.type_text(" Lee");
    desk.press("enter");
    assert_eq!(bulk(&desk).rows[0].cells(), ["kim@example.org", "Kim Lee", ""]);
    desk.press("e");
    desk.type_text("x");
    desk.press("esc n");
    desk.type_text("@sam");
    desk.press("tab tab");
    desk.type_text("boss");
    desk.press("enter");
    assert_eq!(bulk(&desk).rows[0].cells()[0], "kim@example.org");
    assert_eq!(bulk(&desk).rows[1].cells(), ["sam", "", "boss"]);
    assert_eq!(bulk(&desk).rows[1].why().unwrap(), "the role must be member or admin");
    desk.press("n esc x");
    assert_eq!(bulk(&desk).rows.len(), 1);
}

#[test]
fn the_same_person_twice_is_told_and_mended_by_dropping_either() {
    let mut desk = with_list("kim@example.org\nsam@example.org\nKIM@example.org\n");
    assert_eq!(bulk(&desk).rows[2].why().unwrap(), "the same person stands in line 1");
    desk.press("x");
    assert_eq!(states(&desk), ["unknown", "unknown"]);
}

#[test]
fn only_what_is_wrong_is_shown_and_walked_through() {
    let mut desk = with_list("a@\nkim@example.org\nb@\n");
    desk.press("p");
    assert_eq!(bulk(&desk).shown(), [0, 2]);
    desk.press("j");
    assert_eq!(bulk(&desk).selected, 2);
    desk.press("esc");
    assert_eq!(bulk(&desk).shown().len(), 3);
    let mut desk = with_list("kim@example.org\n");
    desk.press("p");
    assert_eq!(desk.toast(), "No row has anything wrong.");
}

#[test]
fn what_the_invites_have_in_common_is_sent_and_makes_earlier_answers_void() {
    let mut desk = with_list("kim@example.org\n");
    all_ready(&mut desk);
    desk.press("t tab tab right tab");
    desk.type_text("3d");
    desk.press("tab");
    desk.type_text("Come early.");
    desk.press("tab right tab right ctrl-s");
    assert_eq!(states(&desk), ["unknown"]);
    desk.press("c");
    let body = body(&desk);
    assert_eq!((body.role, body.send, body.on_existing), (Some(Role::Admin), Some(false), Some(OnExisting::Resend)));
    assert_eq!(body.message, crate::api::Patch::Value("Come early.".to_owned()));
    assert_eq!(body.ttl_hours, crate::api::Patch::Value(72));
}

#[test]
fn the_list_is_written_with_what_each_row_came_to_and_a_name_that_is_taken_is_asked_for_again() {
    let mut desk = with_list("kim@example.org\nbad@\n");
    all_ready(&mut desk);
    desk.press("s y");
    desk.answer(is_bulk, Ok(answer(&[None])));
    desk.press("w enter");
    let Some(Effect::Save { path, table }) = desk.effects.pop() else { panic!("{:?}", desk.effects) };
    assert!(path.starts_with("invited-20"), "{path}");
    let text = String::from_utf8(table.0.clone()).unwrap();
    assert!(text.contains("inv_0") && text.contains("bad@"), "{text}");
    assert!(!format!("{table:?}").contains("inv_"), "links are secrets");
    desk.send(Msg::Saved(Err("is there already: choose another name".to_owned())));
    assert!(matches!(desk.top(), Some(Overlay::Form(form)) if form.fields[0].error.is_some()));
    desk.press("enter");
    desk.send(Msg::Saved(Ok("/home/ada/invited.csv".to_owned())));
    assert!(desk.toast().starts_with("Written to /home/ada/invited.csv."));
    desk.press("esc");
    assert!(desk.model.bulk().is_none(), "saved, so nothing is lost");
}

#[test]
fn closing_a_list_that_was_not_sent_asks_first() {
    let mut desk = with_list("kim@example.org\n");
    desk.press("esc");
    assert!(matches!(desk.top(), Some(Overlay::Confirm(_))));
    desk.press("esc");
    assert!(desk.model.bulk().is_some());
    desk.press("esc y");
    assert!(desk.model.bulk().is_none());
}

#[test]
fn a_list_is_made_in_a_campaign_by_a_template_and_what_is_emptied_is_none() {
    let end = sample::later(8 * 86_400);
    let campaign = Campaign { name: "Summer party".to_owned(), expires_at: Some(end), ..sample::campaign(2) };
    let message = Some("Come in.".to_owned());
    let template = Template { name: "Guests".to_owned(), message, ..sample::template(1) };
    let known = |desk: &mut Desk| {
        let templates = Templates { templates: vec![template.clone()], next_cursor: None, prev_cursor: None };
        let campaigns = Campaigns { campaigns: vec![campaign.clone()], next_cursor: None, prev_cursor: None };
        desk.answer(|r| matches!(r, Request::Templates(..)), Ok(Answer::Templates(Box::new(templates))));
        desk.answer(|r| matches!(r, Request::Campaigns(..)), Ok(Answer::Campaigns(Box::new(campaigns))));
    };
    let form = |desk: &Desk| match desk.top() {
        Some(Overlay::Form(form)) => form.clone(),
        other => panic!("{other:?}"),
    };
    let mut desk = with_list("email\nkim@example.org\n");
    desk.press("t");
    known(&mut desk);
    desk.press("tab right");
    assert_eq!(form(&desk).value("expires_at"), "2026-03-22 14:02", "the campaign fills in");
    desk.press("shift-tab right");
    assert_eq!((form(&desk).word("template_id"), form(&desk).value("message")), ("Guests", "Come in."));
    assert_eq!(form(&desk).value("expires_at"), "3d", "the template goes before the campaign");
    desk.press("tab tab tab tab ctrl-u ctrl-s");
    let terms = &bulk(&desk).terms;
    assert_eq!(terms.campaign.as_ref().map(|(_, name)| name.as_str()), Some("Summer party"));
    desk.press("s");
    let sent = body(&desk).clone();
    assert_eq!((sent.template_id, sent.campaign_id), (Some(template.id), Patch::Value(campaign.id)));
    assert_eq!((sent.message, sent.ttl_hours), (Patch::Null, Patch::Value(72)));
    desk.answer(is_bulk, Ok(answer(&[None])));
    let Some(Overlay::Confirm(asked)) = desk.top() else { panic!() };
    assert!(asked.consequence.starts_with("They are part of Summer party."), "{}", asked.consequence);
    // What was chosen is there when it is opened again, and none of it is lost when more of it is known.
    desk.press("esc t");
    known(&mut desk);
    assert_eq!((form(&desk).word("template_id"), form(&desk).word("campaign_id")), ("Guests", "Summer party"));
    assert_eq!((form(&desk).value("expires_at"), form(&desk).value("message")), ("3d", ""));
    // The campaign alone: its end is the server's to cut by, and is not asked for.
    desk.press("left ctrl-u tab tab tab ctrl-u ctrl-s");
    assert_eq!(bulk(&desk).terms.template, None);
    desk.press("s");
    assert_eq!((&body(&desk).ttl_hours, &body(&desk).expires_at), (&Patch::Omitted, &Patch::Omitted));
}

#[test]
fn a_list_that_is_too_large_is_told_so_with_the_way_to_send_it() {
    let mut desk = Desk::with_a_band();
    desk.press("b");
    desk.send(Msg::Paste(format!("email\n{}", "a@example.org\n".repeat(700_000))));
    let says = bulk(&desk).problem.clone().unwrap();
    assert!(says.contains("larger than 8 MiB") && says.contains("guestlist invites bulk"), "{says}");
    assert!(!bulk(&desk).has_list());
}
