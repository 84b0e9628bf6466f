use super::desk::*;
use crate::{
    api::{Code, CreatedInvite, FieldError, Invite, Patch, Problem, UpdateBand},
    client::Error,
    domain::{Kind, Role},
    tui::{
        message::{Effect, Msg},
        model::{Form, Overlay, Screen},
        request::{Answer, Request},
    },
};

fn form(desk: &Desk) -> &Form {
    match (desk.top(), &desk.model.screen) {
        (Some(Overlay::Form(form)), _) | (None, Screen::Entry(form)) => form,
        other => panic!("{other:?}"),
    }
}

fn error(desk: &Desk, name: &str) -> String {
    form(desk).fields.iter().find(|field| field.name == name).unwrap().error.clone().unwrap_or_default()
}

#[test]
fn wrong_input_is_refused_at_its_field_before_anything_is_sent() {
    let mut desk = Desk::with_a_band();
    desk.press("n tab tab tab ctrl-u");
    desk.type_text("soon");
    desk.press("tab ctrl-u");
    desk.type_text("many");
    desk.press("ctrl-s");
    assert!(!desk.has_request(|r| matches!(r, Request::CreateInvite(..))));
    assert!(error(&desk, "expires_at").contains("never"), "{}", error(&desk, "expires_at"));
    assert!(error(&desk, "max_uses").contains("unlimited"));
    assert_eq!(form(&desk).fields[form(&desk).focus].name, "expires_at", "the first refused field has the focus");
    desk.press("ctrl-u");
    desk.type_text("2020-01-01");
    desk.press("ctrl-s");
    assert!(error(&desk, "expires_at").contains("future"));
    assert_eq!(form(&desk).value("max_uses"), "many", "what was typed stays");
}

#[test]
fn what_the_server_refuses_stands_at_its_field_too() {
    let mut desk = Desk::with_a_band();
    desk.press("n ctrl-s y");
    let refusal = FieldError { field: "expires_at".to_owned(), message: "must be at most 2160 hours away".to_owned() };
    let refused = Error::Problem(Box::new(Problem::fields(vec![refusal])));
    desk.answer(|r| matches!(r, Request::CreateInvite(..)), Err(refused));
    assert_eq!(error(&desk, "expires_at"), "must be at most 2160 hours away");
    assert_eq!(form(&desk).refused, None);
}

#[test]
fn sending_again_is_the_same_attempt_until_something_is_changed() {
    let mut desk = Desk::with_a_band();
    desk.press("n ctrl-s y");
    let first = desk.request(|r| matches!(r, Request::CreateInvite(..))).1;
    desk.answer(|r| matches!(r, Request::CreateInvite(..)), Err(offline()));
    assert!(form(&desk).refused.is_some() && desk.model.line.offline_since.is_some());
    desk.press("y");
    assert_eq!(desk.request(|r| matches!(r, Request::CreateInvite(..))).1, first);
    desk.press("esc");
    assert!(!desk.has_request(|r| matches!(r, Request::CreateInvite(..))), "Esc stops the waiting, the form stays");
    desk.press("y");
    assert_eq!(desk.request(|r| matches!(r, Request::CreateInvite(..))).1, first);
    desk.answer(|r| matches!(r, Request::CreateInvite(..)), Err(offline()));
    desk.press("esc tab tab tab tab");
    desk.type_text("0");
    desk.press("ctrl-s y");
    assert_ne!(desk.request(|r| matches!(r, Request::CreateInvite(..))).1, first);
}

#[test]
fn a_form_with_something_typed_is_closed_only_on_a_second_word() {
    let mut desk = Desk::with_a_band();
    desk.press("n esc");
    assert!(desk.top().is_none(), "nothing typed, nothing lost");
    desk.press("n tab tab tab tab tab");
    desk.type_text("for Kim");
    desk.press("esc");
    assert!(matches!(desk.top(), Some(Overlay::Confirm(_))));
    desk.press("n");
    assert_eq!(form(&desk).value("label"), "for Kim");
    desk.press("esc y");
    assert!(desk.top().is_none());
}

#[test]
fn keys_that_mean_something_elsewhere_are_letters_in_a_form() {
    let mut desk = Desk::with_a_band();
    desk.press("n tab tab tab tab tab");
    desk.type_text("q?:uy/ 1");
    assert_eq!(form(&desk).value("label"), "q?:uy/ 1");
    assert!(desk.effects.is_empty());
}

#[test]
fn a_new_band_is_chosen_and_its_invites_are_in_focus() {
    let mut desk = Desk::with_a_band();
    desk.press("1 n");
    desk.type_text("Brass & Bone");
    desk.press("enter");
    let Request::CreateBand(body) = &desk.request(|r| matches!(r, Request::CreateBand(_))).2 else { panic!() };
    assert_eq!(body.name, "Brass & Bone");
    desk.answer(|r| matches!(r, Request::CreateBand(_)), Ok(Answer::Band(Box::new(band(2, Role::Owner)))));
    assert_eq!(desk.model.band, Some(band_id(2)));
    desk.answer(|r| matches!(r, Request::Bands(_)), Ok(bands(vec![band(2, Role::Owner), band(1, Role::Owner)])));
    assert_eq!(desk.model.bands.list.selected().unwrap().id, band_id(2));
    assert!(desk.has_request(|r| matches!(r, Request::Invites(band, _) if *band == band_id(2))));
}

#[test]
fn a_taken_name_is_said_at_the_name() {
    let mut desk = Desk::new();
    desk.start(crate::tui::message::Start::Server { origin: origin("https://one.example"), session: None });
    desk.press("ctrl-t");
    desk.type_text("ada");
    desk.press("enter enter");
    desk.type_text("ada@example.org");
    desk.press("enter");
    desk.type_text("a long enough sentence");
    desk.press("enter");
    desk.type_text("another sentence");
    desk.press("enter");
    assert_eq!(error(&desk, "again"), "must be the same as the password");
    desk.press("ctrl-u");
    desk.type_text("a long enough sentence");
    desk.press("enter");
    let Request::SignUp(body, founder) = &desk.request(|r| matches!(r, Request::SignUp(..))).2 else { panic!() };
    assert_eq!((body.username.as_str(), body.email.as_str(), founder), ("ada", "ada@example.org", &None));
    desk.answer(|r| matches!(r, Request::SignUp(..)), Err(problem(Code::UsernameTaken, "The user name ada is taken.")));
    assert_eq!(error(&desk, "username"), "The user name ada is taken.");
    assert_eq!(form(&desk).value("password"), "a long enough sentence");
}

#[test]
fn the_bands_default_stands_in_the_form_as_soon_as_it_is_known_and_never_over_what_was_typed() {
    let with_policy = || {
        let policy = Some(crate::domain::Policy::preset(crate::domain::Preset::Band));
        Ok(Answer::Band(Box::new(crate::api::Band { policy, ..band(1, Role::Owner) })))
    };
    let mut desk = Desk::with_a_band();
    desk.press("n tab tab tab");
    desk.type_text("5h");
    desk.answer(|r| *r == Request::Band(band_id(1)), with_policy());
    assert_eq!(form(&desk).value("expires_at"), "5h");
    desk.press("esc y n");
    assert_eq!(form(&desk).value("expires_at"), "3d");
    assert!(!form(&desk).is_changed() && !desk.has_request(|r| matches!(r, Request::Band(_))));
}

#[test]
fn an_invite_is_for_anyone_for_an_account_or_for_an_address() {
    for (typed, username, email) in [
        ("", None, None),
        ("kim", Some("kim"), None),
        ("@kim", Some("kim"), None),
        ("kim@example.org", None, Some("kim@example.org")),
    ] {
        let mut desk = Desk::with_a_band();
        desk.press("n");
        desk.type_text(typed);
        desk.press("enter y");
        let Request::CreateInvite(_, body) = &desk.request(|r| matches!(r, Request::CreateInvite(..))).2 else {
            panic!()
        };
        assert_eq!((body.username.as_deref(), body.email.as_deref()), (username, email), "{typed}");
    }
    let mut desk = Desk::with_a_band();
    desk.press("n");
    desk.type_text("no such name");
    desk.press("enter");
    assert!(error(&desk, "recipient").contains("or an e-mail address"));
    assert!(!desk.has_request(|r| matches!(r, Request::CreateInvite(..))));
}

#[test]
fn what_is_wrong_with_the_one_who_is_invited_stands_at_their_name() {
    let refused = |answer| {
        let mut desk = Desk::with_a_band();
        desk.press("n");
        desk.type_text("kim");
        desk.press("enter y");
        desk.answer(|r| matches!(r, Request::CreateInvite(..)), Err(answer));
        error(&desk, "recipient")
    };
    assert!(refused(problem(Code::AlreadyPending, "Pending.")).contains("copy the link of that invite"));
    assert_eq!(refused(problem(Code::AlreadyMember, "A member.")), "is in the band already");
    let wrong = FieldError { field: "username".to_owned(), message: "must be the name of an account".to_owned() };
    let unknown = Problem { errors: vec![wrong], ..Problem::new(Code::Validation, "One field is wrong.") };
    assert_eq!(refused(Error::Problem(Box::new(unknown))), "must be the name of an account");
}

#[test]
fn an_invite_for_an_account_says_that_it_waits_in_its_inbox() {
    let mut desk = Desk::with_a_band();
    desk.press("n");
    desk.type_text("kim");
    desk.press("enter y");
    let invite = Invite { kind: Kind::User, account: Some(person(7)), ..invite(9) };
    let created = CreatedInvite { invite, link: "https://one.example/invite/x".to_owned(), token: String::new() };
    desk.answer(|r| matches!(r, Request::CreateInvite(..)), Ok(Answer::Created(Box::new(created))));
    assert_eq!(desk.toast(), "It waits in the inbox of @user7; the link is theirs alone.");
}

fn with_message() -> Desk {
    let mut desk = Desk::with_a_band();
    desk.press("n");
    desk.answer(|r| matches!(r, Request::Band(_)), Err(offline()));
    while form(&desk).fields[form(&desk).focus].name != "message" {
        desk.press("tab");
    }
    desk.type_text("Come early.");
    desk
}

fn message(desk: &Desk) -> &str {
    match desk.top() {
        Some(Overlay::Form(form)) => form.value("message"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_long_message_goes_to_the_editor_and_comes_back_without_what_must_not_be_shown() {
    let mut desk = with_message();
    desk.effects.clear();
    desk.press("ctrl-o");
    assert!(matches!(&desk.effects[..], [Effect::Edit(text)] if text == "Come early."), "{:?}", desk.effects);
    desk.send(Msg::Edited(Ok("Come early.\n\u{1b}[2JBring a horn.".to_owned())));
    assert_eq!(message(&desk), "Come early.\n[2JBring a horn.");
    desk.send(Msg::Edited(Err("The editor ended without success; what was typed stays.".to_owned())));
    assert_eq!(message(&desk), "Come early.\n[2JBring a horn.");
    assert!(desk.toast().contains("what was typed stays"));
}

#[test]
fn the_editor_is_for_fields_of_several_lines() {
    let mut desk = with_message();
    desk.effects.clear();
    desk.press("shift-tab ctrl-o");
    assert!(desk.effects.is_empty(), "{:?}", desk.effects);
}

#[test]
fn enter_is_a_new_line_in_a_message_and_arrows_leave_it_only_at_its_ends() {
    let mut desk = with_message();
    desk.press("enter");
    desk.type_text("Bring a horn.");
    assert_eq!(message(&desk), "Come early.\nBring a horn.");
    assert!(form(&desk).review.is_none(), "nothing is sent by it");
    let field = |desk: &Desk| form(desk).fields[form(desk).focus].name;
    desk.press("up");
    assert_eq!(field(&desk), "message", "from the second line to the first");
    desk.press("up");
    assert_eq!(field(&desk), "label");
}

#[test]
fn what_a_form_has_no_field_for_is_said_over_the_whole() {
    let wrong = |field: &str, message: &str| FieldError { field: field.to_owned(), message: message.to_owned() };
    let create = |r: &Request| matches!(r, Request::CreateInvite(..));
    let mut desk = Desk::with_a_band();
    desk.press("n ctrl-s y");
    let both = vec![wrong("ttl_hours", "must be at most 2160"), wrong("calendar", "must be known")];
    desk.answer(create, Err(Error::Problem(Box::new(Problem::fields(both)))));
    assert_eq!(error(&desk, "expires_at"), "must be at most 2160", "one line takes both ways to say an end");
    assert!(form(&desk).refused.is_some() && form(&desk).review.is_none());
    // A template has a line of its own for the life of what it makes.
    let mut desk = Desk::with_a_band();
    desk.press("P n");
    desk.type_text("Guests");
    desk.press("ctrl-s");
    let refused = Error::Problem(Box::new(Problem::fields(vec![wrong("ttl_hours", "must be at most 2160")])));
    desk.answer(|r| matches!(r, Request::CreateTemplate(..)), Err(refused));
    assert_eq!((error(&desk, "ttl_hours").as_str(), &form(&desk).refused), ("must be at most 2160", &None));
}

#[test]
fn of_a_band_only_what_was_changed_is_sent() {
    let update = |r: &Request| matches!(r, Request::UpdateBand(..));
    let mut desk = Desk::with_a_band();
    desk.model.bands.list.change(band_id(1), |band| band.contact = Some("ada@example.org".to_owned()));
    desk.press("1 e");
    fill(&mut desk, "contact", "");
    desk.press("ctrl-s");
    let Request::UpdateBand(id, body) = desk.request(update).2.clone() else { panic!() };
    let expected = UpdateBand { contact: Patch::Null, ..UpdateBand::default() };
    assert_eq!((id, body), (band_id(1), expected));
    desk.answer(update, Ok(Answer::Band(Box::new(band(1, Role::Owner)))));
    assert_eq!((desk.toast(), desk.model.band), ("Saved.", Some(band_id(1))));
    desk.press("e");
    fill(&mut desk, "description", "Late jazz.");
    fill(&mut desk, "name", "");
    desk.press("ctrl-s");
    assert!(!error(&desk, "name").is_empty() && !desk.has_request(update));
    fill(&mut desk, "name", "The Owls");
    desk.press("ctrl-s");
    let Request::UpdateBand(_, body) = desk.request(update).2.clone() else { panic!() };
    assert_eq!((body.name.as_deref(), body.contact), (Some("The Owls"), Patch::Omitted));
    assert_eq!(body.description, Patch::Value("Late jazz.".to_owned()));
}

#[test]
fn a_form_in_which_nothing_was_changed_sends_nothing_and_closes() {
    let mut desk = Desk::with_a_band();
    for keys in ["1 e", "3 j e"] {
        desk.press(keys);
        assert!(matches!(desk.top(), Some(Overlay::Form(_))), "{keys}");
        desk.sent.clear();
        desk.press("ctrl-s");
        assert!(desk.top().is_none() && desk.sent.is_empty(), "{keys}: {:?}", desk.sent);
    }
}

#[test]
fn an_invite_that_never_ends_cannot_end_later() {
    let mut desk = Desk::with_a_band();
    desk.model.invites.list.change(invite_id(1), |invite| invite.expires_at = None);
    desk.press("+");
    assert_eq!(form(&desk).value("expires_at"), "3d", "from now on");
    desk.press("ctrl-u");
    desk.type_text("+24");
    desk.press("enter");
    assert!(error(&desk, "expires_at").contains("never expires"), "{}", error(&desk, "expires_at"));
    assert!(!desk.has_request(|r| matches!(r, Request::UpdateInvite(..))));
}

#[test]
fn nobody_signs_in_without_a_name_or_a_password() {
    let mut desk = Desk::new();
    desk.start(crate::tui::message::Start::Server { origin: origin("https://one.example"), session: None });
    desk.press("ctrl-s");
    assert_eq!(
        (error(&desk, "login").as_str(), error(&desk, "password").as_str()),
        ("must be filled in", "must be filled in")
    );
    desk.type_text("ada");
    desk.press("ctrl-s");
    assert_eq!((error(&desk, "login").as_str(), error(&desk, "password").as_str()), ("", "must be filled in"));
    assert!(!desk.has_request(|r| matches!(r, Request::SignIn(_))));
}
