//! What is read once more before it is sent says what it will do, no more and no less.

use super::desk::*;
use crate::{
    api::{Campaign, Campaigns, CreatedCodes, InviteCounts, Template, Templates},
    domain::{EmailIdentity, Policy, Preset, Role},
    tui::{
        model::Overlay,
        request::{Answer, Request},
        sample,
    },
};

fn review(desk: &Desk) -> &str {
    form(desk).review.as_deref().expect("it is looked at once more")
}

fn mails(desk: &mut Desk) {
    desk.model.server.as_mut().unwrap().site.as_mut().unwrap().mail = true;
}

/// At the form of a campaign with one pending invite, which has an event.
fn edits_campaign() -> Desk {
    let counts = InviteCounts { pending: 1, ..sample::campaign(2).counts };
    let campaign = Campaign { counts, event: Some(sample::event()), ..sample::campaign(2) };
    let mut desk = Desk::with_a_band();
    desk.press("C");
    let page = Campaigns { campaigns: vec![campaign], next_cursor: None, prev_cursor: None };
    desk.answer(|r| matches!(r, Request::Campaigns(..)), Ok(Answer::Campaigns(Box::new(page))));
    desk.press("e");
    desk
}

#[test]
fn a_new_message_and_another_place_of_an_event_say_whom_they_go_to_and_who_is_not_mailed_again() {
    let update = |r: &Request| matches!(r, Request::UpdateCampaign(..));
    let mut desk = edits_campaign();
    mails(&mut desk);
    fill(&mut desk, "message", "Bring your sticks.");
    desk.press("ctrl-s");
    let said = review(&desk);
    assert!(said.contains("1 pending invite of the campaign") && said.contains("carry the new message"), "{said}");
    assert!(!said.contains("mailed"), "the event is as it was: {said}");
    desk.press("esc");
    fill(&mut desk, "event.place", "The garden");
    desk.press("ctrl-s");
    assert!(review(&desk).contains("Who was mailed before is not mailed again."), "{}", review(&desk));
    desk.press("y");
    let Request::UpdateCampaign(_, body) = &desk.request(update).2 else { panic!() };
    let event = body.event.value().expect("the event goes whole");
    assert_eq!((event.place.as_deref(), event.time_zone.as_str()), (Some("The garden"), "Europe/Berlin"));
    assert!(body.name.is_none() && body.role.is_none() && body.ttl_hours.is_omitted() && body.expires_at.is_omitted());
}

#[test]
fn on_a_server_without_mail_nothing_is_said_of_mail() {
    let mut desk = edits_campaign();
    fill(&mut desk, "message", "Bring your sticks.");
    fill(&mut desk, "event.place", "The garden");
    desk.press("ctrl-s");
    assert!(!review(&desk).contains("mailed"), "{}", review(&desk));
}

#[test]
fn an_event_without_its_time_zone_or_with_an_end_that_is_no_time_is_refused_at_its_field() {
    let wrong = |desk: &Desk, name: &str| form(desk).fields.iter().any(|f| f.name == name && f.error.is_some());
    let mut desk = edits_campaign();
    fill(&mut desk, "event.time_zone", "");
    fill(&mut desk, "event.ends_at", "late");
    desk.press("ctrl-s");
    assert!(wrong(&desk, "event.time_zone") && wrong(&desk, "event.ends_at") && !wrong(&desk, "event.starts_at"));
    assert!(desk.sent.is_empty() && form(&desk).review.is_none());
}

#[test]
fn the_right_to_invite_is_said_to_be_given_or_taken() {
    for (held, says) in [(true, "may not invite any more as a plain member"), (false, "may invite members from now on")]
    {
        let mut desk = Desk::with_a_band();
        desk.model.members.list.change(account_id(2), |member| member.can_invite = held);
        desk.press("3 j e tab right ctrl-s");
        assert!(review(&desk).contains(says), "{}", review(&desk));
        desk.press("y");
        let Request::UpdateMember(_, _, body) = &desk.request(|r| matches!(r, Request::UpdateMember(..))).2 else {
            panic!()
        };
        assert_eq!((body.role, body.can_invite), (None, Some(!held)));
    }
}

#[test]
fn an_admin_who_makes_another_one_reads_that_only_the_owner_takes_it_back() {
    let mut desk = Desk::with_a_band();
    desk.press("3 j e right ctrl-s");
    assert!(review(&desk).contains("You can change it back at any time."), "{}", review(&desk));
    let mut desk = Desk::with_a_band();
    desk.model.bands.list.change(band_id(1), |band| band.role = Some(Role::Admin));
    desk.press("3 j e right ctrl-s");
    assert!(review(&desk).contains("Only the owner can take this back."), "{}", review(&desk));
}

#[test]
fn one_code_is_one_code() {
    let is_list = |r: &Request| matches!(r, Request::Invites(_, query) if query.kind.is_some());
    let create = |r: &Request| matches!(r, Request::CreateCodes(..));
    let mut desk = Desk::with_a_band();
    desk.press("K");
    desk.answer(is_list, Ok(invites(Vec::new())));
    desk.press("n");
    desk.type_text("Door");
    fill(&mut desk, "count", "1");
    fill(&mut desk, "max_uses", "1");
    desk.press("ctrl-s");
    assert!(review(&desk).starts_with("1 code: by it one person can come into the band"), "{}", review(&desk));
    desk.press("y");
    let made = CreatedCodes { campaign: sample::campaign(2), created: 1 };
    desk.answer(create, Ok(Answer::CreatedCodes(Box::new(made))));
    assert_eq!(desk.toast(), "1 code is made: Campaign 2. It can be written to a file, or printed.");
}

#[test]
fn who_an_invite_to_an_address_lets_in_is_what_the_band_says() {
    let said = |identity: EmailIdentity, mail: bool| {
        let mut desk = Desk::with_a_band();
        let policy = Policy { email_identity: identity, ..Policy::preset(Preset::Band) };
        desk.model.bands.list.change(band_id(1), |band| band.policy = Some(policy));
        desk.model.server.as_mut().unwrap().site.as_mut().unwrap().mail = mail;
        desk.press("n");
        desk.type_text("kim@example.org");
        desk.press("enter");
        review(&desk).to_owned()
    };
    for (identity, mail, says) in [
        (EmailIdentity::Verified, true, "Only who has verified the address kim@example.org can come into"),
        (EmailIdentity::Verified, false, "Only who has the address kim@example.org can come into"),
        (EmailIdentity::Bearer, true, "Whoever holds the link for kim@example.org can come into"),
    ] {
        assert!(said(identity, mail).contains(says), "{says}: {}", said(identity, mail));
    }
}

#[test]
fn an_account_is_said_to_be_mailed_only_where_the_server_mails() {
    for (mail, says) in [(true, "a mail goes to their address if that is verified"), (false, "nothing is mailed")] {
        let mut desk = Desk::with_a_band();
        desk.model.server.as_mut().unwrap().site.as_mut().unwrap().mail = mail;
        desk.press("n");
        desk.type_text("kim");
        desk.press("enter");
        assert!(review(&desk).contains(says), "{says}: {}", review(&desk));
    }
}

/// At the form of a template of the band.
fn edits_template(template: &Template) -> Desk {
    let mut desk = Desk::with_a_band();
    desk.press("P");
    let page = Templates { templates: vec![template.clone()], next_cursor: None, prev_cursor: None };
    desk.answer(|r| matches!(r, Request::Templates(..)), Ok(Answer::Templates(Box::new(page))));
    desk.press("e");
    desk
}

#[test]
fn of_a_template_what_is_emptied_is_none_and_the_rest_is_left_as_it_is() {
    use crate::api::{Patch, UpdateTemplate};
    let update = |r: &Request| matches!(r, Request::UpdateTemplate(..));
    let (label, message) = (Some("guests".to_owned()), Some("Come in.".to_owned()));
    let template = Template { label, message, ..sample::template(1) };
    let sent = |fields: &[(&str, &str)]| {
        let mut desk = edits_template(&template);
        for (name, text) in fields {
            fill(&mut desk, name, text);
        }
        desk.press("ctrl-s");
        let Request::UpdateTemplate(_, body) = desk.request(update).2.clone() else { panic!() };
        *body
    };
    let none = UpdateTemplate { label: Patch::Null, message: Patch::Null, ..UpdateTemplate::default() };
    assert_eq!(sent(&[("label", ""), ("message", "")]), none);
    let other = UpdateTemplate { ttl_hours: Patch::Null, max_uses: Patch::Value(10), ..UpdateTemplate::default() };
    assert_eq!(sent(&[("ttl_hours", "never"), ("max_uses", "10")]), other);
    let mut desk = edits_template(&template);
    desk.sent.clear();
    desk.press("ctrl-s");
    assert!(desk.sent.is_empty() && matches!(desk.top(), Some(Overlay::Listing(_))), "nothing was changed");
}
