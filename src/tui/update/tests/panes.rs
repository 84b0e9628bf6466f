use super::desk::*;
use crate::{
    api::{InviteSort, Invites},
    domain::{Role, Status},
    tui::{
        message::Msg,
        model::{Overlay, Pane},
        request::{Answer, Request},
    },
};

#[test]
fn the_band_under_the_cursor_is_the_one_shown_and_late_answers_of_another_are_dropped() {
    let mut desk = Desk::with_a_band();
    desk.wait(7);
    desk.sync(&[(1, 1), (2, 1)], 0);
    desk.answer(|r| matches!(r, Request::Bands(_)), Ok(bands(vec![band(1, Role::Owner), band(2, Role::Member)])));
    desk.press("1 j");
    assert_eq!(desk.model.band, Some(band_id(2)));
    assert!(desk.model.invites.list.is_empty());
    let (late, _, _) = desk.request(|r| matches!(r, Request::Invites(band, _) if *band == band_id(2))).clone();
    desk.press("k");
    assert!(!desk.sent.iter().any(|(id, ..)| *id == late));
    desk.send(Msg::Done { id: late, result: Ok(invites(vec![invite(9)])) });
    assert!(desk.model.invites.list.is_empty());
    desk.answer(|r| matches!(r, Request::Invites(..)), Ok(invites(vec![invite(1)])));
    assert_eq!(desk.model.invites.list.len(), 1);
}

#[test]
fn the_search_asks_the_server_at_each_letter_and_keeps_only_the_last_answer() {
    let mut desk = Desk::with_a_band();
    desk.press("/");
    desk.type_text("ki");
    let query = |desk: &Desk| match &desk.request(|r| matches!(r, Request::Invites(..))).2 {
        Request::Invites(_, query) => query.q.clone(),
        _ => None,
    };
    assert_eq!(query(&desk).as_deref(), Some("ki"));
    assert_eq!(desk.model.invites.list.len(), 5, "what was there stays until the answer");
    let matched = Invites {
        matched: Some(1),
        ..match invites(vec![invite(3)]) {
            Answer::Invites(page) => *page,
            _ => unreachable!(),
        }
    };
    desk.answer(|r| matches!(r, Request::Invites(..)), Ok(Answer::Invites(Box::new(matched))));
    assert_eq!((desk.model.invites.list.len(), desk.model.invites.matched), (1, Some(1)));
    desk.press("enter j");
    desk.press("esc");
    assert_eq!(query(&desk), None);
}

#[test]
fn filter_and_order_go_round_and_esc_takes_them_back_one_by_one() {
    let mut desk = Desk::with_a_band();
    let mut seen = Vec::new();
    for _ in 0..5 {
        desk.press("f");
        seen.push(desk.model.invites.status);
    }
    assert_eq!(
        seen,
        [Some(Status::Pending), Some(Status::Accepted), Some(Status::Rejected), Some(Status::Cancelled), None]
    );
    desk.press("f space");
    assert_eq!(desk.model.invites.list.marked.len(), 1);
    desk.press("esc");
    assert_eq!((desk.model.invites.list.marked.len(), desk.model.invites.status), (0, Some(Status::Pending)));
    desk.press("esc");
    assert_eq!(desk.model.invites.status, None);
    desk.press("o");
    assert_eq!(desk.model.invites.sort, Some(InviteSort::Oldest));
}

#[test]
fn panes_are_reached_by_tab_numbers_and_letters() {
    let mut desk = Desk::with_a_band();
    let mut seen = Vec::new();
    for key in ["tab", "tab", "shift-tab", "1", "l", "3", "h", "2"] {
        desk.press(key);
        seen.push(desk.model.focus);
    }
    let [bands, invites, members] = Pane::ALL;
    assert_eq!(seen, [members, bands, members, bands, invites, members, bands, invites]);
}

#[test]
fn a_click_and_the_wheel_choose_rows() {
    let mut desk = Desk::with_a_band();
    let area = desk.model.areas().invites.unwrap();
    desk.send(Msg::Click { at: (area.x + 4, area.y + 4) });
    assert_eq!(desk.model.invites.list.selected().unwrap().id, invite_id(3));
    desk.send(Msg::Wheel { up: false, at: (area.x + 4, area.y + 4) });
    assert_eq!(desk.model.invites.list.selected().unwrap().id, invite_id(5));
    desk.send(Msg::Click { at: (0, 0) });
    assert_eq!(desk.model.focus, Pane::Invites);
}

#[test]
fn the_palette_does_what_is_named_in_the_pane_it_belongs_to() {
    let mut desk = Desk::with_a_band();
    desk.press("1 :");
    desk.type_text("revoke");
    desk.press("enter");
    assert_eq!(desk.model.focus, Pane::Invites);
    assert!(matches!(desk.top(), Some(crate::tui::model::Overlay::Confirm(_))));
}

#[test]
fn a_thousand_keys_end_where_they_should() {
    let mut desk = Desk::with_a_band();
    for _ in 0..1_000 {
        desk.press("j");
    }
    assert_eq!(desk.model.invites.list.selected().unwrap().id, invite_id(5));
    assert!(desk.sent.is_empty(), "{:?}", desk.sent);
}

#[test]
fn the_help_scrolls_to_its_end_and_no_further() {
    let mut desk = Desk::with_a_band();
    desk.press("?");
    let scroll = |desk: &Desk| match desk.top() {
        Some(Overlay::Help { scroll }) => *scroll,
        other => panic!("{other:?}"),
    };
    desk.press("space space space space space space space space space");
    let end = scroll(&desk);
    desk.press("k");
    assert_eq!((end > 0, scroll(&desk)), (true, end - 1));
}

#[test]
fn a_search_is_left_by_enter_and_by_the_arrows_and_what_was_found_stays() {
    for (key, at) in [("enter", 0), ("tab", 0), ("up", 0), ("down", 1)] {
        let mut desk = Desk::with_a_band();
        desk.press("/");
        desk.type_text("guest");
        desk.answer(|r| matches!(r, Request::Invites(..)), Ok(invites((1..=3).map(invite).collect())));
        desk.press(key);
        let invites = &desk.model.invites;
        assert!(!invites.search.typing && invites.search.query.text() == "guest", "{key}");
        assert_eq!((invites.list.selected_index(), desk.model.focus), (at, Pane::Invites), "{key}");
        desk.press("j");
        assert_eq!(desk.model.invites.search.query.text(), "guest", "{key}: a letter is a key again");
    }
}
