//! The mouse in what lies over the panes; in the panes themselves it is among their tests.

use super::desk::{Desk, band, bands, invite_id};
use crate::{
    domain::Role,
    tui::{
        message::Msg,
        model::{FormKind, Overlay, Pane, Screen},
        request::Request,
        view,
    },
};

/// The row of the screen in which row `wanted` of the list or the form on top stands.
fn row_of(desk: &Desk, wanted: usize) -> u16 {
    (0..desk.model.size.1).find(|&row| view::pointed_at(&desk.model, row) == Some(wanted)).unwrap()
}

fn click(desk: &mut Desk, row: u16) {
    let column = desk.model.size.0 / 2;
    desk.send(Msg::Click { at: (column, row) });
}

fn wheel(desk: &mut Desk, up: bool) {
    desk.send(Msg::Wheel { up, at: (20, 10) });
}

#[test]
fn a_click_on_what_is_chosen_opens_it_and_on_anything_else_chooses_it() {
    let mut desk = Desk::with_a_band();
    let area = desk.model.areas().invites.unwrap();
    let at = (area.x + 4, area.y + 4);
    desk.send(Msg::Click { at });
    assert!(desk.top().is_none());
    desk.send(Msg::Click { at });
    assert!(matches!(desk.top(), Some(Overlay::Details(details)) if details.invite.id == invite_id(3)));
}

#[test]
fn a_click_goes_to_a_field_and_the_wheel_from_one_to_the_next() {
    let mut desk = Desk::with_a_band();
    desk.press("n");
    let focus = |desk: &Desk| match desk.top() {
        Some(Overlay::Form(form)) => form.focus,
        other => panic!("{other:?}"),
    };
    let row = row_of(&desk, 4);
    click(&mut desk, row);
    assert_eq!(focus(&desk), 4);
    wheel(&mut desk, false);
    assert_eq!(focus(&desk), 5);
    for _ in 0..20 {
        wheel(&mut desk, true);
    }
    assert_eq!(focus(&desk), 0, "it stops at the first");
    click(&mut desk, 0);
    assert_eq!(focus(&desk), 0, "beside the fields nothing happens");
}

#[test]
fn commands_are_chosen_and_done_by_clicks_and_help_is_scrolled_by_the_wheel() {
    let mut desk = Desk::with_a_band();
    desk.press(":");
    desk.type_text("help");
    let row = row_of(&desk, 0);
    click(&mut desk, row);
    assert!(matches!(desk.top(), Some(Overlay::Help { scroll: 0 })), "the cursor is on it already");
    wheel(&mut desk, false);
    assert!(matches!(desk.top(), Some(Overlay::Help { scroll: 3 })));
    wheel(&mut desk, true);
    assert!(matches!(desk.top(), Some(Overlay::Help { scroll: 0 })));
}

#[test]
fn nothing_is_joined_by_a_click() {
    let mut desk = Desk::with_a_band();
    desk.press("1 J");
    let found = (5..8).map(|n| crate::api::Band { role: None, ..band(n, Role::Member) }).collect();
    desk.answer(|r| matches!(r, Request::Bands(_)), Ok(bands(found)));
    let row = row_of(&desk, 1);
    for _ in 0..3 {
        click(&mut desk, row);
    }
    click_on(&mut desk, "enter ");
    assert!(matches!(desk.top(), Some(Overlay::Finder(finder)) if finder.selected == 1 && finder.sending.is_none()));
    assert!(!desk.has_request(|r| matches!(r, Request::JoinBand(_))), "nor by one on the key that joins");
    click_on(&mut desk, "esc close");
    assert!(desk.top().is_none());
}

#[test]
fn a_band_of_ones_own_is_gone_to_by_a_click_on_its_hint() {
    let mut desk = Desk::with_a_band();
    desk.press("1 J");
    desk.answer(|r| matches!(r, Request::Bands(_)), Ok(bands(vec![band(1, Role::Owner)])));
    click_on(&mut desk, "enter go there");
    assert!(desk.top().is_none() && desk.model.focus == Pane::Invites);
}

#[test]
fn below_the_only_pane_a_click_goes_to_another_one() {
    let mut desk = Desk::with_a_band();
    desk.send(Msg::Resize(50, 15));
    for (column, pane) in [(2, Pane::Bands), (11, Pane::Invites), (24, Pane::Members)] {
        desk.send(Msg::Click { at: (column, 13) });
        assert_eq!(desk.model.focus, pane);
    }
    desk.send(Msg::Click { at: (48, 13) });
    assert_eq!(desk.model.focus, Pane::Members);
}

#[test]
fn whatever_is_on_top_no_click_and_no_turn_of_the_wheel_breaks_it() {
    for size in [(120, 40), (80, 24), (40, 12)] {
        for (name, scene) in crate::tui::view::tests::all_scenes() {
            let mut desk = Desk::with_a_band();
            desk.model = scene(size);
            let before = desk.model.overlays.len();
            for up in [false, true] {
                desk.send(Msg::Wheel { up, at: (size.0 / 2, size.1 / 2) });
            }
            assert_eq!(desk.model.overlays.len(), before, "{name}: the wheel opens and closes nothing");
            for row in 0..size.1 {
                desk.send(Msg::Click { at: (size.0 / 2, row) });
            }
        }
    }
}

/// Clicks on this text, wherever it stands on the screen.
fn click_on(desk: &mut Desk, text: &str) {
    let rows = view::tests::text_of(&desk.model);
    let at = rows.iter().enumerate().rev().find_map(|(row, line)| {
        let before = &line[..line.find(text)?];
        Some((before.chars().count() as u16, row as u16))
    });
    let at = at.unwrap_or_else(|| panic!("{text}: {rows:#?}"));
    desk.send(Msg::Click { at });
}

#[test]
fn a_click_on_a_hint_of_the_footer_does_what_its_key_does() {
    let mut desk = Desk::with_a_band();
    click_on(&mut desk, "n new");
    assert!(
        matches!(desk.top(), Some(Overlay::Form(form)) if matches!(form.kind, FormKind::NewInvite(_))),
        "{:?}",
        desk.top()
    );
    click_on(&mut desk, "esc back");
    assert!(desk.top().is_none(), "a hint below a box");
    click_on(&mut desk, "revoke");
    assert!(matches!(desk.top(), Some(Overlay::Confirm(_))), "on the word behind the key");
    assert!(!desk.has_request(|r| matches!(r, Request::RevokeInvite(_))));
    click_on(&mut desk, "esc keep");
    assert!(desk.top().is_none());
    click_on(&mut desk, "r revoke");
    click_on(&mut desk, "y revoke");
    assert!(desk.has_request(|r| matches!(r, Request::RevokeInvite(_))));
}

#[test]
fn hints_of_a_search_a_list_and_the_first_screens_are_clicked_too() {
    let mut desk = Desk::with_a_band();
    desk.press("/");
    desk.type_text("kim");
    click_on(&mut desk, "esc clear");
    assert!(desk.model.invites.search.query.is_empty() && !desk.model.invites.search.typing);
    desk.press("A");
    click_on(&mut desk, "? help");
    assert!(matches!(desk.top(), Some(Overlay::Help { .. })));
    click_on(&mut desk, "esc close");
    assert!(matches!(desk.top(), Some(Overlay::Listing(_))));
    let mut desk = Desk::new();
    click_on(&mut desk, "1 2 choose");
    assert!(matches!(desk.model.screen, Screen::Starting(_)), "on the first of two keys");
    click_on(&mut desk, "esc back");
    click_on(&mut desk, "choose");
    assert!(matches!(desk.model.screen, Screen::Welcome { .. }), "the word behind two keys is neither");
    click_on(&mut desk, "enter go on");
    assert!(matches!(desk.model.screen, Screen::Starting(_)));
}

#[test]
fn a_choice_beside_a_question_is_taken_by_a_click() {
    let mut desk = Desk::with_a_band();
    desk.press("3 j x");
    let chosen = |desk: &Desk| match desk.top() {
        Some(Overlay::Confirm(confirm)) => confirm.choices.iter().filter(|choice| choice.chosen).count(),
        other => panic!("{other:?}"),
    };
    click_on(&mut desk, "[ ]");
    assert_eq!(chosen(&desk), 1);
}

/// The key of the hint that stands at this column of a row, read off the cells: by itself, or by the words behind it where it is
/// the only one of its hint.
fn named_at(row: &[(String, bool)], column: usize) -> Option<String> {
    let text = |cells: &[(String, bool)]| cells.iter().map(|(symbol, _)| symbol.as_str()).collect::<String>();
    let is_key = |at: &usize| row[*at].1;
    let around = |at: usize| {
        let first = (0..=at).rev().take_while(is_key).last().unwrap();
        (first, (at..row.len()).take_while(is_key).last().unwrap())
    };
    if row[column].1 {
        let (first, last) = around(column);
        return Some(text(&row[first..=last]));
    }
    let (first, last) = around((0..column).rev().find(is_key)?);
    let words = text(&row[last + 1..=column]);
    let alone = first < 2 || !row[first - 2].1;
    let is_label = words.trim_start() != "" && !words.ends_with(' ') && !words.contains("  ") && !words.contains('─');
    (alone && is_label).then(|| text(&row[first..=last]))
}

/// Every key that a line of hints names on any screen is found where it stands, by itself and by its words, and nothing else is.
#[test]
fn what_can_be_clicked_is_what_is_named() {
    for size in [(120, 40), (80, 24), (50, 15), (40, 12)] {
        for (name, scene) in view::tests::all_scenes() {
            let model = scene(size);
            let cells = view::tests::hint_cells(&model);
            let hints = view::Hints::of(&model).unwrap();
            let joins = match model.overlays.last() {
                Some(Overlay::Finder(finder)) => finder.chosen().is_some_and(|band| band.role.is_none()),
                _ => false,
            };
            let mut rows = 0;
            for (row, cells) in cells.iter().enumerate() {
                let found: Vec<_> = (0..size.0).map(|column| hints.at((column, row as u16))).collect();
                if found.iter().all(Option::is_none) {
                    continue;
                }
                rows += 1;
                for (column, key) in found.iter().enumerate() {
                    let named = named_at(cells, column).map(|key| match key.as_str() {
                        "↓" => "down".to_owned(),
                        "↑" => "up".to_owned(),
                        "←" => "left".to_owned(),
                        "→" => "right".to_owned(),
                        _ => key,
                    });
                    let named = named.filter(|key| !(joins && key == "enter"));
                    let line: String = cells.iter().map(|(symbol, _)| symbol.as_str()).collect();
                    assert_eq!(key.map(|key| key.to_string()), named, "{name} {size:?}: column {column} of {line}");
                }
            }
            assert!(rows > 0, "{name} {size:?}: every screen names a key that holds");
        }
    }
}

#[test]
fn what_says_that_there_is_more_is_no_hint() {
    let mut desk = Desk::with_a_band();
    desk.send(Msg::Resize(50, 15));
    desk.press("n");
    let rows = view::tests::text_of(&desk.model);
    let says = (1..10).map(|n| format!("{n} more")).find(|says| rows.iter().any(|row| row.contains(says)));
    let before = desk.model.overlays.clone();
    click_on(&mut desk, &says.unwrap());
    assert_eq!(desk.model.overlays, before);
}

#[test]
fn a_click_on_a_hint_that_moved_since_it_was_drawn_does_nothing() {
    let mut desk = Desk::with_a_band();
    let rows = |desk: &Desk| view::tests::text_of(&desk.model);
    let column_of = |desk: &Desk| rows(desk).last().unwrap().find("n new").unwrap() as u16;
    let row = desk.model.size.1 - 1;
    let before = column_of(&desk);
    desk.model.drawn();
    desk.model.inbox.pending = 1;
    let after = column_of(&desk);
    assert!(before != after, "the way to the inbox goes first");
    for column in [before, after] {
        let effects = desk.model.update(Msg::Click { at: (column, row) }, desk.now);
        assert!(effects.is_empty() && desk.top().is_none(), "{:?}", desk.top());
    }
    desk.model.drawn();
    desk.model.dirty = true;
    let _ = desk.model.update(Msg::Click { at: (after, row) }, desk.now);
    assert!(matches!(desk.top(), Some(Overlay::Form(_))), "what changed elsewhere does not matter");
}

#[test]
fn the_footer_is_drawn_again_when_nothing_can_be_undone_any_more() {
    let mut desk = Desk::with_a_band();
    desk.press("r y");
    desk.answer(|r| matches!(r, Request::RevokeInvite(_)), Ok(crate::tui::request::Answer::Done));
    let footer = |desk: &Desk| view::tests::text_of(&desk.model).pop().unwrap();
    assert!(footer(&desk).contains("u undo"));
    let until = desk.model.undo.as_ref().unwrap().until;
    desk.model.toast = None;
    (desk.model.line.next_poll, desk.model.label_due) = (None, None);
    assert_eq!(desk.model.wake_at(), Some(until));
    desk.model.dirty = false;
    let _ = desk.model.update(Msg::Tick, until);
    assert!(desk.model.dirty && !footer(&desk).contains("u undo"));
}

#[test]
fn a_search_that_is_typed_is_ended_by_a_click_or_the_wheel_in_another_pane() {
    for wheel in [false, true] {
        let mut desk = Desk::with_a_band();
        desk.send(Msg::Resize(120, 40));
        desk.press("/");
        desk.type_text("kim");
        let area = desk.model.areas().members.unwrap();
        let at = (area.x + 4, area.y + 2);
        desk.send(if wheel { Msg::Wheel { up: false, at } } else { Msg::Click { at } });
        assert_eq!(desk.model.focus, Pane::Members);
        assert!(!desk.model.invites.search.typing && desk.model.invites.search.query.text() == "kim");
        let footer = view::tests::text_of(&desk.model).pop().unwrap();
        assert!(!footer.contains("enter keep") && footer.contains("help"), "{footer}");
        desk.press("2 x");
        assert_eq!(desk.model.invites.search.query.text(), "kim", "keys are commands again");
    }
}

#[test]
fn on_a_screen_that_is_too_small_nothing_is_pointed_at() {
    let mut desk = Desk::with_a_band();
    desk.send(Msg::Resize(20, 4));
    let before = (desk.model.focus, desk.model.invites.list.selected_index());
    for row in 0..4 {
        desk.send(Msg::Wheel { up: false, at: (2, row) });
        desk.send(Msg::Click { at: (2, row) });
        desk.send(Msg::Click { at: (2, row) });
    }
    assert_eq!((desk.model.focus, desk.model.invites.list.selected_index()), before);
    assert!(desk.top().is_none() && desk.sent.is_empty());
}
