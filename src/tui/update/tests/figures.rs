use super::desk::*;
use crate::{
    api::{Block, Blocked, Blocks, FoundPeople, FoundPerson, Patch, PersonState, Quota, SetQuota},
    client::Page,
    domain::{Role, SuppressionId, Timestamp},
    tui::{
        model::{Listing, Overlay},
        request::{Answer, Request},
        sample,
    },
};

fn is_stats(request: &Request) -> bool {
    matches!(request, Request::Stats(_))
}

fn is_quota(request: &Request) -> bool {
    *request == Request::Quota
}

fn is_blocks(request: &Request) -> bool {
    matches!(request, Request::Blocks(..))
}

fn listing(desk: &Desk) -> &Listing {
    desk.model.listing().expect("a list lies over the panes")
}

fn stats() -> Answer {
    Answer::Stats(Box::new(sample::stats()))
}

fn quota(used: u32, limit: Option<u32>) -> Answer {
    Answer::Quota(Box::new(Quota { used, limit, remaining: limit.map(|limit| limit.saturating_sub(used)) }))
}

fn blocks(numbers: &[u8]) -> Answer {
    let blocked = |&n: &u8| Blocked {
        id: SuppressionId::from_bytes([n; 16]),
        scope: Block::Server,
        band: None,
        inviter: None,
        account: None,
        email: None,
        created_at: Timestamp::from_micros(0),
    };
    let blocks = numbers.iter().map(blocked).collect();
    Answer::Blocks(Box::new(Blocks { blocks, next_cursor: None, prev_cursor: None }))
}

fn run_the_site(desk: &mut Desk) {
    desk.model.me.as_mut().unwrap().site_admin = true;
}

#[test]
fn statistics_are_scrolled_to_their_end_and_no_further_and_fetched_again_when_the_band_changes() {
    let mut desk = Desk::with_a_band();
    desk.press("S");
    desk.answer(is_stats, Ok(stats()));
    desk.press("k");
    assert_eq!(listing(&desk).scroll, 0);
    desk.press("j j enter");
    assert_eq!(listing(&desk).scroll, 2);
    desk.press("G");
    let end = listing(&desk).scroll;
    assert!(end > 2);
    desk.press("j space");
    assert_eq!(listing(&desk).scroll, end);
    desk.press("g");
    assert_eq!(listing(&desk).scroll, 0);
    assert!(!desk.has_request(is_stats));
    desk.wait(6);
    desk.sync(&[(1, 2)], 0);
    desk.answer(is_stats, Ok(stats()));
    desk.press("/");
    assert!(desk.toast().contains("nothing to search"), "{}", desk.toast());
    desk.press("S");
    assert!(desk.top().is_none(), "the key that opens it closes it");
}

#[test]
fn statistics_are_for_admins_and_the_quota_is_for_everybody() {
    let mut desk = Desk::with_a_band();
    desk.model.bands.list.change(band_id(1), |band| band.role = Some(Role::Member));
    desk.press("S");
    assert!(desk.top().is_none() && desk.toast().contains("admins"), "{}", desk.toast());
    desk.press("%");
    desk.answer(is_quota, Ok(quota(3, Some(10))));
    desk.press("e");
    assert!(matches!(desk.top(), Some(Overlay::Listing(_))));
    assert!(desk.toast().contains("Only who runs the site"), "{}", desk.toast());
}

#[test]
fn who_runs_the_site_sets_a_quota_by_name_and_a_wrong_name_stays_in_the_form() {
    let mut desk = Desk::with_a_band();
    run_the_site(&mut desk);
    desk.press("%");
    desk.answer(is_quota, Ok(quota(3, Some(10))));
    desk.press("e");
    desk.type_text("user2");
    desk.press("tab");
    desk.type_text("many");
    desk.press("enter");
    assert!(!desk.has_request(|r| matches!(r, Request::People(..))), "nothing is sent that cannot be");
    for _ in 0..4 {
        desk.press("backspace");
    }
    desk.type_text("25");
    desk.press("enter");
    let people = |r: &Request| matches!(r, Request::People(name, None) if name == "user2");
    let found = |n: u128| {
        let person = person(n);
        let (id, username, display_name) = (person.id, person.username, person.display_name);
        let accounts = vec![FoundPerson { id, username, display_name, state: PersonState::None }];
        Answer::People(Box::new(FoundPeople { accounts }))
    };
    desk.answer(people, Ok(found(22)));
    assert!(matches!(desk.top(), Some(Overlay::Form(form)) if form.value("limit") == "25"));
    desk.press("enter");
    desk.answer(people, Ok(found(2)));
    let set = |r: &Request| *r == Request::SetQuota(account_id(2), SetQuota { limit: Patch::Value(25) });
    desk.answer(set, Err(offline()));
    assert!(matches!(desk.top(), Some(Overlay::Form(form)) if form.refused.is_some()), "what was typed stays");
    desk.press("enter");
    desk.answer(people, Ok(found(2)));
    desk.answer(set, Ok(quota(7, Some(25))));
    assert_eq!(desk.toast(), "@user2 may make 25 in 30 days, and has made 7.");
    desk.answer(is_quota, Ok(quota(3, Some(10))));
}

#[test]
fn own_opt_outs_are_lifted_by_a_second_key_and_only_who_runs_the_site_sees_everybodys() {
    let mut desk = Desk::with_a_band();
    desk.press("O");
    let mine = |r: &Request| *r == Request::Blocks(Page::default(), false);
    desk.answer(mine, Ok(blocks(&[1, 2])));
    desk.press("f");
    assert!(!desk.has_request(is_blocks) && desk.toast().contains("nothing to filter"), "{}", desk.toast());
    desk.press("j x");
    assert!(desk.sent.is_empty());
    desk.press("y");
    let lift = |n| Request::LiftBlock(SuppressionId::from_bytes([n; 16]), false);
    desk.answer(|r| *r == lift(2), Ok(Answer::Done));
    assert_eq!(desk.toast(), "The opt-out is lifted.");
    desk.answer(mine, Ok(blocks(&[1])));
}

#[test]
fn everybodys_opt_outs_are_lifted_as_the_sites() {
    let mut desk = Desk::with_a_band();
    run_the_site(&mut desk);
    desk.press("O");
    desk.answer(is_blocks, Ok(blocks(&[1])));
    desk.press("f");
    desk.answer(|r| *r == Request::Blocks(Page::default(), true), Ok(blocks(&[3, 4])));
    desk.press("space space x y");
    for n in [3_u8, 4] {
        let lift = Request::LiftBlock(SuppressionId::from_bytes([n; 16]), true);
        desk.answer(|r| *r == lift, Ok(Answer::Done));
    }
    assert_eq!(desk.toast(), "The opt-outs are lifted.");
    desk.answer(is_blocks, Ok(blocks(&[])));
    desk.press("esc");
    desk.answer(|r| *r == Request::Blocks(Page::default(), false), Ok(blocks(&[])));
}
