use super::desk::*;
use crate::{
    api::{
        Campaign, Campaigns, Code, CreatedInvite, CreatedInvites, FoundPeople, FoundPerson, Invite, OnExisting, Patch,
        PersonState, RowResult, RowStatus, Template, Templates,
    },
    domain::{Delivery, Kind, Role},
    tui::{
        message::Msg,
        model::Overlay,
        request::{Answer, Request},
        sample,
    },
};

fn error(desk: &Desk, name: &str) -> String {
    form(desk).fields.iter().find(|field| field.name == name).unwrap().error.clone().unwrap_or_default()
}

/// Chooses a word of a field as a person does: with the arrow.
fn choose(desk: &mut Desk, name: &str, word: &str) {
    let Some(Overlay::Form(form)) = desk.model.overlays.last_mut() else { panic!() };
    form.focus = form.fields.iter().position(|field| field.name == name).unwrap();
    for _ in 0..20 {
        if self::form(desk).value(name) == word {
            return;
        }
        desk.press("right");
    }
    panic!("{name} has no {word}");
}

fn is_create(request: &Request) -> bool {
    matches!(request, Request::CreateInvite(..))
}

fn sent(desk: &Desk) -> crate::api::CreateInvite {
    let Request::CreateInvite(_, body) = desk.request(is_create).2.clone() else { panic!() };
    body
}

fn is_people(request: &Request) -> bool {
    matches!(request, Request::People(..))
}

fn people() -> Answer {
    let states = [PersonState::None, PersonState::Member, PersonState::Invited, PersonState::Declined];
    let accounts = states.into_iter().zip(7..).map(|(state, n)| {
        let person = person(n);
        FoundPerson { id: person.id, username: person.username, display_name: person.display_name, state }
    });
    Answer::People(Box::new(FoundPeople { accounts: accounts.collect() }))
}

fn campaigns(rows: Vec<Campaign>) -> Answer {
    Answer::Campaigns(Box::new(Campaigns { campaigns: rows, next_cursor: None, prev_cursor: None }))
}

fn templates(rows: Vec<Template>) -> Answer {
    Answer::Templates(Box::new(Templates { templates: rows, next_cursor: None, prev_cursor: None }))
}

fn review(desk: &Desk) -> &str {
    form(desk).review.as_deref().expect("it is looked at once more")
}

#[test]
fn people_are_found_while_their_name_is_typed_and_taken_by_enter() {
    let mut desk = Desk::with_a_band();
    desk.press("n");
    desk.type_text("u");
    assert!(!desk.has_request(is_people), "one letter is too few");
    desk.type_text("se");
    assert!(desk.has_request(|r| *r == Request::People("use".to_owned(), Some(band_id(1)))), "{:?}", desk.sent);
    desk.answer(is_people, Ok(people()));
    assert_eq!(form(&desk).known.picked, None, "nobody is taken without a key");
    desk.press("down down enter");
    assert_eq!(form(&desk).value("recipient"), "@user8");
    assert!(form(&desk).known.people.is_none() && form(&desk).review.is_none());
    desk.press("enter");
    assert!(review(&desk).contains("Only @user8"), "{}", review(&desk));
    desk.press("y");
    assert_eq!(sent(&desk).username.as_deref(), Some("user8"));
}

#[test]
fn a_list_of_people_gives_way_step_by_step_and_an_address_finds_nobody() {
    let mut desk = Desk::with_a_band();
    desk.press("n");
    desk.type_text("use");
    desk.answer(is_people, Ok(people()));
    desk.press("down down up up");
    assert_eq!(form(&desk).known.picked, None);
    desk.press("down esc");
    assert_eq!((form(&desk).known.picked, form(&desk).value("recipient")), (None, "use"));
    desk.type_text("r@example.org");
    assert!(form(&desk).known.people.is_none() && !desk.has_request(is_people));
    desk.press("ctrl-u");
    desk.send(Msg::Paste("kim".to_owned()));
    assert!(desk.has_request(is_people), "a paste is typed too");
    desk.answer(is_people, Err(problem(Code::Unavailable, "Not now.")));
    desk.press("enter y");
    assert_eq!(sent(&desk).username.as_deref(), Some("kim"), "a name can be typed in full all the same");
}

#[test]
fn what_will_happen_is_said_before_anything_is_sent() {
    let mut desk = Desk::with_a_band();
    desk.model.server.as_mut().unwrap().site.as_mut().unwrap().mail = true;
    desk.press("n");
    desk.type_text("kim@example.org");
    fill(&mut desk, "expires_at", "2d");
    fill(&mut desk, "message", "Bring your sticks.");
    desk.press("enter");
    let said = review(&desk).to_owned();
    for part in ["kim@example.org", "Band 1", "a member", "2026-11-23 08:53", "A mail with the link goes", "sticks"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    desk.press("enter");
    assert!(!desk.has_request(is_create), "the key that asked does not answer");
    desk.press("esc");
    choose(&mut desk, "send", "no");
    choose(&mut desk, "role", "admin");
    choose(&mut desk, "requires_approval", "yes");
    choose(&mut desk, "on_existing", "replace");
    desk.press("ctrl-s");
    let said = review(&desk);
    for part in ["an admin", "has to agree", "Nothing is mailed", "that one ends"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    desk.press("y");
    let body = sent(&desk);
    assert_eq!((body.send, body.role, body.requires_approval), (Some(false), Some(Role::Admin), Some(true)));
    assert_eq!(body.on_existing, Some(OnExisting::Replace));
}

#[test]
fn each_kind_says_whom_it_can_be_for() {
    for (kind, typed, wrong) in [
        ("link", "kim", "whoever holds it"),
        ("email", "kim", "address"),
        ("email", "", "address"),
        ("user", "", "user name"),
        ("code", "kim@example.org", "whoever knows it"),
    ] {
        let mut desk = Desk::with_a_band();
        desk.press("n");
        fill(&mut desk, "recipient", typed);
        choose(&mut desk, "kind", kind);
        desk.press("ctrl-s");
        assert!(error(&desk, "recipient").contains(wrong), "{kind} {typed}: {}", error(&desk, "recipient"));
        assert!(form(&desk).review.is_none());
    }
    let mut desk = Desk::with_a_band();
    desk.press("n");
    fill(&mut desk, "max_uses", "unlimited");
    choose(&mut desk, "kind", "code");
    desk.press("ctrl-s");
    assert!(
        review(&desk).contains("Any number of people can come into Band 1, as a member, by the code"),
        "{}",
        review(&desk)
    );
    desk.press("y");
    assert_eq!((sent(&desk).kind, sent(&desk).max_uses), (Patch::Value(Kind::Code), Patch::Null));
    desk.answer(is_create, Err(problem(Code::KindNotAllowed, "This band makes no codes.")));
    assert!(error(&desk, "kind").contains("no codes") && form(&desk).review.is_none());
}

#[test]
fn a_campaign_gives_what_was_not_typed_and_its_end_is_left_to_the_server() {
    let end = sample::later(365 * 86_400);
    let campaign = Campaign {
        role: Some(Role::Admin),
        message: Some("Come!".to_owned()),
        expires_at: Some(end),
        ..sample::campaign(2)
    };
    let over = Campaign { ended_at: Some(end), ..sample::campaign(3) };
    let mut desk = Desk::with_a_band();
    desk.press("n");
    fill(&mut desk, "message", "My own words");
    let all =
        vec![campaign.clone(), over, Campaign { is_default: true, name: "General".to_owned(), ..sample::campaign(1) }];
    desk.answer(|r| matches!(r, Request::Campaigns(..)), Ok(campaigns(all)));
    let options = form(&desk).fields.iter().find(|field| field.name == "campaign_id").unwrap();
    let crate::tui::model::Input::Choice { options, .. } = &options.input else { panic!() };
    let words: Vec<_> = options.iter().map(|(_, word)| word.as_ref()).collect();
    assert_eq!(words, ["General", "Campaign 2"], "what is in none is in the band's own");
    choose(&mut desk, "campaign_id", &campaign.id.to_string());
    assert_eq!((form(&desk).value("role"), form(&desk).value("message")), ("admin", "My own words"));
    desk.press("ctrl-s");
    assert!(review(&desk).contains("part of Campaign 2"), "{}", review(&desk));
    desk.press("y");
    let body = sent(&desk);
    assert_eq!(
        (body.campaign_id, &body.ttl_hours, &body.expires_at),
        (Patch::Value(campaign.id), &Patch::Omitted, &Patch::Omitted)
    );
    assert_eq!((&body.label, body.message.value().map(String::as_str)), (&Patch::Null, Some("My own words")));
}

#[test]
fn a_template_is_picked_in_the_form_and_let_go_again() {
    let mut desk = Desk::with_a_band();
    desk.press("n");
    let template = Template { role: Role::Admin, label: Some("guests".to_owned()), ..sample::template(1) };
    desk.answer(|r| matches!(r, Request::Templates(..)), Ok(templates(vec![template.clone()])));
    choose(&mut desk, "template_id", &template.id.to_string());
    assert_eq!((form(&desk).value("role"), form(&desk).value("label")), ("admin", "guests"));
    choose(&mut desk, "template_id", "");
    assert_eq!((form(&desk).value("role"), form(&desk).value("label")), ("member", ""));
}

#[test]
fn a_letter_leads_to_the_word_that_begins_with_it() {
    let mut desk = Desk::with_a_band();
    desk.press("n tab c");
    assert_eq!(form(&desk).value("kind"), "code");
    desk.press("f");
    assert_eq!(form(&desk).value("kind"), "email", "for one address");
    desk.press("f");
    assert_eq!(form(&desk).value("kind"), "user", "for one account");
}

#[test]
fn in_a_campaign_that_is_shown_alone_a_new_invite_is_part_of_it() {
    let mut desk = Desk::with_a_band();
    desk.press("C");
    desk.answer(|r| matches!(r, Request::Campaigns(..)), Ok(campaigns(vec![sample::campaign(2)])));
    desk.press("v n");
    assert_eq!(form(&desk).value("campaign_id"), sample::campaign(2).id.to_string());
    let known = |r: &Request| matches!(r, Request::Campaigns(_, page) if page.limit.is_some());
    desk.answer(known, Ok(campaigns(vec![sample::campaign(2)])));
    assert_eq!(form(&desk).value("campaign_id"), sample::campaign(2).id.to_string(), "and stays it");
    desk.press("esc C");
    desk.answer(
        |r| matches!(r, Request::Campaigns(_, page) if page.limit.is_none()),
        Ok(campaigns(vec![sample::campaign(2)])),
    );
    desk.press("m");
    assert_eq!(form(&desk).value("campaign_id"), sample::campaign(2).id.to_string());
    assert!(desk.model.listing().is_none());
}

#[test]
fn who_may_only_invite_is_asked_for_no_template_and_no_campaign() {
    let mut desk = Desk::with_a_band();
    desk.model.bands.list.change(band_id(1), |band| (band.role, band.can_invite) = (Some(Role::Member), true));
    desk.press("n");
    assert!(form(&desk).fields.iter().all(|field| field.name != "template_id" && field.name != "campaign_id"));
    assert!(!desk.has_request(|r| matches!(r, Request::Templates(..) | Request::Campaigns(..))));
}

#[test]
fn a_long_last_look_scrolls_as_far_as_it_goes() {
    let mut desk = Desk::with_a_band();
    desk.model.size = (40, 12);
    desk.press("n");
    fill(&mut desk, "message", &"Bring your sticks. ".repeat(40));
    desk.press("ctrl-s");
    for _ in 0..60 {
        desk.press("down");
    }
    let down = form(&desk).known.scroll;
    assert!(down > 3 && down < 60, "{down}");
    desk.press("up");
    assert_eq!(form(&desk).known.scroll, down - 1);
    assert!(form(&desk).review.is_some() && !desk.has_request(is_create));
    desk.press("esc ctrl-s");
    assert_eq!(form(&desk).known.scroll, 0);
}

fn is_dry(request: &Request) -> bool {
    matches!(request, Request::CreateInvites(_, body) if body.dry_run == Some(true))
}

fn row(status: RowStatus, detail: Option<&str>) -> Answer {
    let detail = detail.map(str::to_owned);
    let result = RowResult { row: 0, input: serde_json::Value::Null, status, invite_id: None, link: None, detail };
    Answer::CreatedInvites(Box::new(CreatedInvites { results: vec![result], created: 0, failed: 1 }))
}

#[test]
fn what_the_server_would_refuse_is_said_before_it_is_sent() {
    let mut desk = Desk::with_a_band();
    desk.press("n");
    desk.type_text("kim@example.org");
    desk.press("enter");
    let Request::CreateInvites(band, body) = desk.request(is_dry).2.clone() else { panic!() };
    assert_eq!((band, body.rows.len(), body.send), (band_id(1), 1, None));
    assert_eq!(body.rows[0].told(), serde_json::json!({ "email": "kim@example.org" }));
    assert!(review(&desk).ends_with("asking the server whether it would take it"), "{}", review(&desk));
    desk.answer(is_dry, Ok(row(RowStatus::AlreadyMember, Some("Kim is a member already."))));
    assert!(review(&desk).starts_with("✗ The server would refuse it: Kim is a member already."), "{}", review(&desk));
    assert!(review(&desk).contains("can come into"), "what was asked for is still read");
    desk.press("esc enter");
    desk.answer(is_dry, Ok(row(RowStatus::Created, None)));
    assert!(!review(&desk).contains("refuse") && !review(&desk).contains("asking"), "{}", review(&desk));
    desk.press("esc enter");
    desk.answer(is_dry, Ok(row(RowStatus::AlreadyPending, None)));
    assert!(review(&desk).contains("sent again, and no new one is made"), "{}", review(&desk));
    desk.press("esc enter");
    desk.answer(is_dry, Err(offline()));
    assert!(review(&desk).contains("could not be asked beforehand"), "{}", review(&desk));
    desk.press("esc enter");
    desk.answer(is_dry, Err(problem(Code::Unavailable, "The server is busy.")));
    assert!(!review(&desk).contains("refuse it") && review(&desk).contains("could not be asked"), "{}", review(&desk));
}

#[test]
fn an_answer_that_nobody_waits_for_any_more_changes_nothing() {
    let mut desk = Desk::with_a_band();
    desk.press("n enter esc");
    desk.answer(is_dry, Ok(row(RowStatus::Quota, Some("No more invites can be made."))));
    assert!(form(&desk).review.is_none());
    desk.press("enter y");
    assert!(desk.has_request(is_create), "nobody waits for it to send");
    desk.answer(is_dry, Ok(row(RowStatus::Quota, Some("No more invites can be made."))));
    assert!(!review(&desk).contains("No more"));
}

#[test]
fn of_a_code_the_server_is_not_asked_beforehand() {
    let mut desk = Desk::with_a_band();
    desk.press("n");
    choose(&mut desk, "kind", "code");
    desk.press("ctrl-s");
    assert!(form(&desk).review.is_some() && !desk.has_request(is_dry));
}

#[test]
fn keys_go_through_the_people_to_the_last_and_tab_takes_one_and_goes_on() {
    let looking = || {
        let mut desk = Desk::with_a_band();
        desk.press("n");
        desk.type_text("use");
        desk.answer(is_people, Ok(people()));
        desk
    };
    let mut desk = looking();
    desk.press("down ctrl-n down down down");
    assert_eq!(form(&desk).known.picked, Some(3), "behind the last there is nobody");
    desk.press("ctrl-p tab");
    assert_eq!(form(&desk).value("recipient"), "@user9");
    assert_eq!(form(&desk).fields[form(&desk).focus].name, "kind");
    // Where nobody is picked, and at another field, the arrows are the form's.
    let mut desk = looking();
    desk.press("tab down");
    assert_eq!(form(&desk).known.picked, None);
    assert_eq!(form(&desk).fields[form(&desk).focus].name, "role");
    assert_eq!(form(&desk).value("recipient"), "use");
}

#[test]
fn what_is_read_once_more_is_what_is_sent_whatever_is_pasted_over_it() {
    let mut desk = Desk::with_a_band();
    desk.press("n");
    desk.type_text("kim@example.org");
    desk.press("enter");
    desk.send(Msg::Paste("x".to_owned()));
    assert_eq!(form(&desk).value("recipient"), "kim@example.org");
    desk.press("y");
    desk.send(Msg::Paste("x".to_owned()));
    assert_eq!(form(&desk).value("recipient"), "kim@example.org");
    assert_eq!(sent(&desk).email.as_deref(), Some("kim@example.org"));
}

#[test]
fn a_session_that_ends_while_it_is_read_once_more_is_asked_for_and_the_words_stay() {
    let mut desk = Desk::with_a_band();
    desk.press("n");
    desk.type_text("kim@example.org");
    desk.press("enter");
    desk.answer(is_dry, Err(problem(Code::Unauthenticated, "The session has ended.")));
    assert_eq!(form(&desk).title, "Sign in");
    sign_in(&mut desk, 1, "ada");
    let said = review(&desk);
    assert!(said.contains("kim@example.org") && said.contains("could not be asked"), "{said}");
    assert!(!said.contains("refuse"), "it was not the invite that was refused: {said}");
    desk.press("y");
    assert!(desk.has_request(is_create));
}

#[test]
fn an_end_that_is_typed_goes_before_that_of_the_campaign_and_none_is_none_whatever_the_template_says() {
    let campaign = Campaign { expires_at: Some(sample::later(365 * 86_400)), ..sample::campaign(2) };
    let template = Template { campaign_id: Some(campaign.id), ..sample::template(1) };
    let open = || {
        let mut desk = Desk::with_a_band();
        desk.press("n");
        desk.answer(|r| matches!(r, Request::Campaigns(..)), Ok(campaigns(vec![campaign.clone()])));
        desk.answer(|r| matches!(r, Request::Templates(..)), Ok(templates(vec![template.clone()])));
        desk
    };
    let mut desk = open();
    choose(&mut desk, "campaign_id", &campaign.id.to_string());
    fill(&mut desk, "expires_at", "1d");
    desk.press("ctrl-s y");
    let body = sent(&desk);
    assert_eq!((body.campaign_id, body.ttl_hours), (Patch::Value(campaign.id), Patch::Value(24)));
    let mut desk = open();
    choose(&mut desk, "template_id", &template.id.to_string());
    assert_eq!(form(&desk).value("campaign_id"), campaign.id.to_string(), "the template fills in");
    choose(&mut desk, "campaign_id", "");
    desk.press("ctrl-s y");
    let body = sent(&desk);
    assert_eq!((body.template_id, body.campaign_id), (Some(template.id), Patch::Null));
}

#[test]
fn an_address_that_is_mailed_needs_no_link_handed_out_and_one_that_is_not_says_so() {
    let said = |delivery| {
        let mut desk = Desk::with_a_band();
        desk.press("n");
        desk.type_text("kim@example.org");
        desk.press("enter y");
        let email = Some("kim@example.org".to_owned());
        let invite = Invite { kind: Kind::Email, email, delivery, ..invite(9) };
        let created = CreatedInvite { invite, link: "https://one.example/invite/x".to_owned(), token: String::new() };
        desk.answer(is_create, Ok(Answer::Created(Box::new(created))));
        desk.toast().to_owned()
    };
    assert_eq!(said(Delivery::None), "Nothing was mailed: give them the link.");
    assert!(!said(Delivery::Queued).contains("Nothing was mailed"));
}
