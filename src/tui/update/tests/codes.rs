use super::desk::*;
use crate::{
    api::{
        Campaign, Campaigns, CancelledInvites, Code, CodeCard, CodeCards, CreatedCodes, Invite, InviteAction,
        InviteLink, Patch,
    },
    client::{Error, Saved},
    domain::{Kind, Role, Status},
    tui::{
        listing::Entry,
        message::{Effect, Link, Msg},
        model::Overlay,
        request::{Answer, Request},
        sample,
    },
};

fn code(n: u128) -> Invite {
    Invite { kind: Kind::Code, label: None, campaign_id: Some(sample::campaign(2).id), ..invite(n) }
}

fn is_list(request: &Request) -> bool {
    matches!(request, Request::Invites(_, query) if query.kind == Some(Kind::Code))
}

fn campaigns(rows: Vec<Campaign>) -> Answer {
    Answer::Campaigns(Box::new(Campaigns { campaigns: rows, next_cursor: None, prev_cursor: None }))
}

fn listed(rows: Vec<Invite>) -> Desk {
    let mut desk = Desk::with_a_band();
    desk.press("K");
    desk.answer(is_list, Ok(invites(rows)));
    desk.answer(|r| matches!(r, Request::Campaigns(..)), Ok(campaigns(vec![sample::campaign(2)])));
    desk
}

/// At the batches of codes to no band, signed in as who runs the site.
fn of_site(rows: Vec<Campaign>) -> Desk {
    let mut desk = Desk::with_a_band();
    desk.model.me.as_mut().unwrap().site_admin = true;
    desk.press("Z");
    desk.answer(|r| matches!(r, Request::SiteCodes(_)), Ok(campaigns(rows)));
    desk
}

fn secret() -> Answer {
    let link = "https://one.example/invite/AAAA-BBBB-CCCC".to_owned();
    Answer::Link(Box::new(InviteLink { link, token: "AAAA-BBBB-CCCC".to_owned() }))
}

#[test]
fn a_code_is_copied_as_itself_shown_with_its_link_and_as_a_qr_code() {
    let mut desk = listed(vec![code(11), code(12)]);
    let show = |r: &Request| *r == Request::ShowLink(invite_id(11));
    desk.press("y");
    desk.answer(show, Ok(secret()));
    let expected = Link { text: "AAAA-BBBB-CCCC".to_owned(), title: format!("code …{}", code(11).hint) };
    assert!(matches!(desk.effects.last(), Some(Effect::Copy(link)) if *link == expected));
    desk.send(Msg::Copied { copied: crate::clipboard::Copied::Native, link: expected });
    assert_eq!(desk.toast(), "Code copied to the clipboard.");
    for (key, qr) in [("L", false), ("Q", true)] {
        desk.press(key);
        desk.answer(show, Ok(secret()));
        assert!(
            matches!(desk.top(), Some(Overlay::Link(shown)) if shown.qr == qr && shown.link.text.contains("/invite/"))
        );
        desk.press("esc");
    }
    desk.press("y");
    desk.answer(show, Err(problem(Code::NotPending, "It has ended.")));
    assert!(desk.toast().contains("It has ended"));
}

#[test]
fn codes_are_revoked_by_a_second_key_and_marked_ones_in_one_request() {
    let mut desk = listed(vec![code(1), code(2), code(3)]);
    desk.press("r y");
    desk.answer(|r| *r == Request::RevokeInvite(invite_id(1)), Ok(Answer::Done));
    assert!(desk.toast().contains("u undoes it"), "{}", desk.toast());
    desk.press("space space r y");
    let Request::ActOnInvites(_, wish) = &desk.request(|r| matches!(r, Request::ActOnInvites(..))).2 else { panic!() };
    assert_eq!((wish.action, wish.ids.as_ref().unwrap().len()), (InviteAction::Revoke, 2));
    let ended = Invite { status: Status::Accepted, ..code(4) };
    let mut desk = listed(vec![ended]);
    desk.press("r");
    assert!(matches!(desk.top(), Some(Overlay::Listing(_))) && desk.toast().contains("accepted already"));
}

#[test]
fn a_batch_is_looked_at_once_more_and_then_made_once() {
    let mut desk = listed(vec![code(1), code(2)]);
    desk.press("j n");
    desk.type_text("Door");
    fill(&mut desk, "count", "1001");
    desk.press("ctrl-s");
    let wrong = form(&desk).fields.iter().find(|field| field.name == "count").unwrap().error.clone();
    assert!(wrong.is_some_and(|why| why.contains("1000")));
    fill(&mut desk, "count", "60");
    fill(&mut desk, "ttl_hours", "2w");
    fill(&mut desk, "max_uses", "2");
    desk.press("ctrl-s");
    let said = form(&desk).review.clone().unwrap();
    assert!(said.contains("60 codes") && said.contains("2 people") && said.contains("member"), "{said}");
    desk.press("y");
    let create = |r: &Request| matches!(r, Request::CreateCodes(..));
    let (_, first, request) = desk.request(create).clone();
    let Request::CreateCodes(band, body) = request else { panic!() };
    assert_eq!((band, body.count, body.name.as_str()), (band_id(1), 60, "Door"));
    assert_eq!((body.role, body.ttl_hours, body.max_uses), (Some(Role::Member), Patch::Value(336), Patch::Value(2)));
    desk.answer(create, Err(offline()));
    desk.press("y");
    assert_eq!(desk.request(create).1, first, "a retry makes no second batch");
    let made = CreatedCodes { campaign: sample::campaign(2), created: 60 };
    desk.answer(create, Ok(Answer::CreatedCodes(Box::new(made))));
    assert!(desk.toast().contains("60 codes are made"), "{}", desk.toast());
    desk.answer(is_list, Ok(invites(vec![code(9), code(1), code(2)])));
    let chosen = desk.model.listing().unwrap().chosen();
    assert!(
        matches!(chosen, Some(Entry::Code(code)) if code.id == invite_id(9)),
        "what is printed next is of the new batch"
    );
}

#[test]
fn a_batch_is_written_to_a_file_as_a_table_or_as_cards() {
    let mut desk = listed(vec![code(1)]);
    desk.press("w");
    assert_eq!(form(&desk).value("file"), "campaign-2.csv");
    desk.press("enter");
    let save = |r: &Request| matches!(r, Request::SaveCodes(id, file) if *id == sample::campaign(2).id && file.ends_with("campaign-2.csv"));
    let there = Error::File { file: "campaign-2.csv".to_owned(), reason: "it is there already".to_owned() };
    desk.answer(save, Err(there));
    assert!(form(&desk).refused.as_deref().is_some_and(|why| why.contains("there already")));
    desk.press("enter");
    let saved = Saved { file: "campaign-2.csv".into(), bytes: 900 };
    desk.answer(save, Ok(Answer::Saved(Box::new(saved))));
    assert!(desk.toast().contains("Written to campaign-2.csv"), "{}", desk.toast());
    desk.press("p enter");
    assert!(desk.has_request(|r| matches!(r, Request::SaveCards(_, file) if file.ends_with("campaign-2.html"))));
    let mut desk = Desk::with_a_band();
    desk.press("C");
    desk.answer(|r| matches!(r, Request::Campaigns(..)), Ok(campaigns(vec![sample::campaign(3)])));
    desk.press("w enter");
    assert!(desk.has_request(|r| matches!(r, Request::SaveCodes(id, _) if *id == sample::campaign(3).id)));
    desk.press("esc esc p enter");
    assert!(desk.has_request(|r| matches!(r, Request::SaveCards(id, _) if *id == sample::campaign(3).id)));
}

#[test]
fn the_filter_asks_for_one_status_and_the_row_in_full_knows_its_batch() {
    let mut desk = listed(vec![code(1)]);
    desk.press("enter");
    let Some(Overlay::Shown(shown)) = desk.top() else { panic!() };
    let facts = shown.topic.listed().facts(&shown.entry, &desk.model);
    assert!(facts.contains(&("Batch", "Campaign 2".to_owned())), "{facts:?}");
    desk.press("esc f");
    let pending = |r: &Request| matches!(r, Request::Invites(_, query) if query.status == Some(Status::Pending));
    desk.answer(pending, Ok(invites(vec![code(1)])));
}

#[test]
fn who_runs_the_site_makes_codes_to_no_band_and_ends_them() {
    let mut desk = of_site(vec![sample::campaign(2), sample::campaign(3)]);
    desk.press("n");
    assert!(form(&desk).fields.iter().all(|field| field.name != "role"), "they grant no role");
    desk.type_text("Open day");
    desk.press("ctrl-s");
    assert!(form(&desk).review.as_deref().is_some_and(|said| said.contains("make an account")));
    desk.press("y");
    let create = |r: &Request| matches!(r, Request::CreateSiteCodes(_));
    let Request::CreateSiteCodes(body) = &desk.request(create).2 else { panic!() };
    assert_eq!((body.name.as_str(), body.count, body.role), ("Open day", 20, None));
    desk.press("esc esc esc y j x");
    desk.press("y");
    let ended = Answer::Cancelled(Box::new(CancelledInvites { cancelled: 12 }));
    desk.answer(|r| *r == Request::ExpireCampaign(sample::campaign(3).id), Ok(ended));
    assert!(desk.toast().contains("12"), "{}", desk.toast());
    desk.press("D y");
    assert!(desk.has_request(|r| matches!(r, Request::DeleteCampaign(_))));
}

#[test]
fn batches_of_the_site_are_written_to_files_and_are_nobody_elses() {
    let mut desk = of_site(vec![sample::campaign(2)]);
    desk.press("w enter");
    desk.answer(
        |r| matches!(r, Request::SaveCodes(..)),
        Ok(Answer::Saved(Box::new(Saved { file: "x.csv".into(), bytes: 1 }))),
    );
    desk.press("p enter");
    assert!(desk.has_request(|r| matches!(r, Request::SaveCards(..))));
    let mut desk = Desk::with_a_band();
    desk.press("Z");
    assert!(desk.top().is_none() && desk.toast().contains("runs the site"), "{}", desk.toast());
}

fn cards() -> Answer {
    let card = |n: u128, code: &str, status| CodeCard {
        invite_id: invite_id(n),
        code: code.to_owned(),
        status,
        uses: 0,
        max_uses: crate::domain::MaxUses::ONE,
        expires_at: None,
        link: format!("https://one.example/invite/{code}"),
    };
    let codes = vec![card(1, "AAAA-BBBB-CCCC", Status::Pending), card(2, "DDDD-EEEE-FFFF", Status::Cancelled)];
    Answer::CodeCards(Box::new(CodeCards { codes, next_cursor: None, prev_cursor: None }))
}

fn is_cards(request: &Request) -> bool {
    matches!(request, Request::CodeCards(batch, _) if *batch == sample::campaign(2).id)
}

#[test]
fn a_batch_is_read_out_on_the_screen_when_it_is_asked_for_and_never_again_by_itself() {
    let with_batch = || listed(vec![code(7), code(8)]);
    let site = || of_site(vec![Campaign { band_id: None, ..sample::campaign(2) }]);
    for mut desk in [with_batch(), site()] {
        assert!(!desk.has_request(is_cards));
        desk.press("v");
        desk.answer(is_cards, Ok(cards()));
        let copied = |effect: Option<&Effect>| match effect {
            Some(Effect::Copy(Link { text, .. })) => text.clone(),
            other => panic!("{other:?}"),
        };
        desk.press("y");
        assert_eq!(copied(desk.effects.last()), "AAAA-BBBB-CCCC");
        desk.press("Q");
        assert!(matches!(desk.top(), Some(Overlay::Link(shown)) if shown.qr && shown.link.text.ends_with("CCCC")));
        desk.press("esc j y");
        assert!(desk.toast().contains("cancelled already"), "{}", desk.toast());
        // Each look leaves a trace, and the trace moves the band's revision.
        desk.wait(7);
        desk.sync(&[(1, 2)], 0);
        assert!(!desk.has_request(is_cards));
        // Back to the list that it was opened from.
        desk.press("esc");
        assert!(matches!(desk.top(), Some(Overlay::Listing(list)) if list.batch.is_none()));
        desk.press("esc");
        assert!(desk.top().is_none());
    }
}
