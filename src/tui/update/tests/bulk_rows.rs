//! A list of people row by row: where a paste goes, the keys while a row is edited, and what is said of what cannot be sent.

use super::{bulk::*, desk::*};
use crate::{
    api::{CreatedInvites, RowResult, RowStatus},
    domain::Role,
    tui::{
        message::{Effect, Msg},
        model::{Editing, Overlay},
        request::Answer,
    },
};

fn paste(desk: &mut Desk, text: &str) {
    desk.send(Msg::Paste(text.to_owned()));
}

fn cells(desk: &Desk, row: usize) -> [String; 3] {
    bulk(desk).rows[row].cells()
}

fn editing(desk: &Desk) -> &Editing {
    bulk(desk).editing.as_ref().expect("a row is edited")
}

fn consequence(desk: &Desk) -> &str {
    match desk.top() {
        Some(Overlay::Confirm(confirm)) => &confirm.consequence,
        other => panic!("{other:?}"),
    }
}

fn mails(desk: &mut Desk) {
    desk.model.server.as_mut().unwrap().site.as_mut().unwrap().mail = true;
}

#[test]
fn a_paste_opens_a_list_only_where_nothing_lies_over_the_panes_and_the_person_may_invite() {
    let people = "kim@example.org\nsam@example.org\n";
    let mut desk = Desk::with_a_band();
    desk.press("i");
    paste(&mut desk, people);
    assert!(desk.model.bulk().is_none() && matches!(desk.top(), Some(Overlay::Inbox(_))));
    let mut desk = Desk::with_a_band();
    desk.model.bands.list.change(band_id(1), |band| band.role = Some(Role::Member));
    paste(&mut desk, people);
    assert!(desk.top().is_none() && desk.toast().contains("no invite"), "{}", desk.toast());
    let mut desk = Desk::with_a_band();
    paste(&mut desk, "role\nadmin@\n");
    assert!(desk.top().is_none() && desk.toast().contains("no invite"), "lines that are no list: {}", desk.toast());
}

#[test]
fn a_paste_while_a_row_is_edited_goes_into_its_cell() {
    let mut desk = with_list("email,name\nkim@example.org,\n");
    desk.press("e tab");
    paste(&mut desk, "Kim Lee");
    desk.press("enter");
    assert_eq!(cells(&desk, 0)[1], "Kim Lee");
    paste(&mut desk, "sam@example.org");
    assert!(desk.toast().contains("a list already"), "{}", desk.toast());
    assert_eq!(bulk(&desk).rows.len(), 1, "and no list takes the place of another");
}

#[test]
fn a_path_can_be_pasted_and_while_its_file_is_read_nothing_else_is_taken() {
    let mut desk = Desk::with_a_band();
    desk.press("b");
    paste(&mut desk, " ~/people.csv \n");
    assert_eq!(bulk(&desk).path.text(), "~/people.csv");
    desk.press("enter enter x");
    paste(&mut desk, "sam@example.org");
    assert_eq!((bulk(&desk).path.text(), bulk(&desk).has_list()), ("~/people.csv", false));
    assert_eq!(desk.effects.iter().filter(|effect| matches!(effect, Effect::Read(_))).count(), 1);
    desk.send(Msg::Read(Ok(b"email\nkim@example.org\n".to_vec())));
    assert_eq!(cells(&desk, 0)[0], "kim@example.org");
}

#[test]
fn a_file_that_is_read_after_its_list_was_closed_goes_into_no_other() {
    let mut desk = Desk::with_a_band();
    desk.press("b");
    desk.type_text("people.csv");
    desk.press("enter esc b");
    desk.send(Msg::Read(Ok(b"email\nkim@example.org\n".to_vec())));
    assert!(!bulk(&desk).has_list());
}

#[test]
fn rows_on_their_way_are_not_mixed_with_a_paste() {
    let mut desk = with_list("kim@example.org\n");
    desk.press("c");
    paste(&mut desk, "sam@example.org\nlea@example.org\n");
    assert_eq!((bulk(&desk).rows.len(), desk.toast()), (1, ""));
}

#[test]
fn tab_goes_round_the_cells_and_arrows_to_the_same_cell_of_the_next_row() {
    let mut desk = with_list("email,name\nkim@example.org,Kim\nsam@example.org,Sam\n");
    desk.press("e shift-tab");
    assert_eq!(editing(&desk).cell, 2, "before the first comes the last");
    desk.type_text("admin");
    desk.press("tab tab");
    desk.type_text(" Lee");
    desk.press("down");
    assert_eq!((bulk(&desk).selected, editing(&desk).cell), (1, 1));
    desk.type_text(" Reed");
    desk.press("up");
    assert_eq!((bulk(&desk).selected, editing(&desk).cell), (0, 1));
    desk.press("esc");
    assert_eq!(cells(&desk, 0), ["kim@example.org", "Kim Lee", "admin"]);
    assert_eq!(cells(&desk, 1), ["sam@example.org", "Sam Reed", ""], "an arrow keeps what was typed");
}

#[test]
fn arrows_do_not_edit_a_row_that_has_its_invite() {
    let mut desk = with_list("email\nkim@example.org\nsam@example.org\n");
    desk.press("c");
    desk.answer(is_bulk, Ok(answer(&[None, Some("Sam is in the band already")])));
    desk.press("s y");
    desk.answer(is_bulk, Ok(answer(&[None])));
    desk.press("down e up");
    assert_eq!((bulk(&desk).selected, bulk(&desk).editing.is_none()), (0, true));
    desk.press("x");
    assert!(desk.toast().contains("has its invite"), "{}", desk.toast());
    assert_eq!(states(&desk), ["made", "refused"]);
}

#[test]
fn arrows_lead_through_all_that_is_wrong_whatever_is_mended_on_the_way() {
    let mut desk = with_list("a@\nkim@example.org\nb@\nc@\n");
    desk.press("p e");
    desk.type_text("example.org");
    desk.press("down");
    assert_eq!((bulk(&desk).selected, editing(&desk).cells[0].text()), (2, "b@"), "none is passed over");
    desk.press("down");
    desk.type_text("example.org");
    desk.press("up");
    assert_eq!((bulk(&desk).selected, editing(&desk).cells[0].text()), (2, "b@"));
}

#[test]
fn where_nothing_is_wrong_any_more_all_rows_are_shown_again_and_no_hidden_one_is_changed() {
    let mut desk = with_list("kim@example.org\nb@\n");
    desk.press("p e");
    desk.type_text("example.org");
    desk.press("enter");
    assert_eq!((bulk(&desk).shown().len(), bulk(&desk).selected), (2, 1));
    desk.press("x");
    assert_eq!(cells(&desk, 0)[0], "kim@example.org", "the row that was seen under the cursor goes");
    // The same where the server mends them, or what they have in common does.
    for keys in ["c", "t ctrl-s"] {
        let mut desk = with_list("kim@example.org\nsam@example.org\n");
        desk.press("c");
        desk.answer(is_bulk, Ok(answer(&[None, Some("no such domain")])));
        desk.press("p j");
        assert_eq!(bulk(&desk).shown(), [1]);
        desk.press(keys);
        if desk.has_request(is_bulk) {
            desk.answer(is_bulk, Ok(answer(&[None, None])));
        }
        assert_eq!((bulk(&desk).shown().len(), bulk(&desk).selected), (2, 1), "{keys}");
    }
}

#[test]
fn a_list_of_which_nothing_can_be_sent_says_what_to_do() {
    let mut desk = with_list("a@\nb@\n");
    desk.press("s");
    assert!(desk.toast().contains("every row that is left has something wrong"), "{}", desk.toast());
    desk.press("c");
    assert!(desk.toast().contains("mend the rows that are marked first"), "{}", desk.toast());
    assert!(!desk.has_request(is_bulk) && bulk(&desk).run.is_none());
}

#[test]
fn where_the_server_would_make_none_nobody_is_asked_whether_to_make_them() {
    let mut desk = with_list("kim@example.org\n");
    desk.press("s");
    desk.answer(is_bulk, Ok(answer(&[Some("no such domain")])));
    assert!(matches!(desk.top(), Some(Overlay::Bulk(_))));
    assert_eq!(desk.toast(), "0 of 1 would be made, 1 has something wrong. Nothing is made yet.");
}

#[test]
fn asking_again_after_some_are_made_says_that_asking_made_none() {
    let mut desk = with_list("email\nkim@example.org\nsam@example.org\n");
    desk.press("s");
    desk.answer(is_bulk, Ok(answer(&[None, Some("no such domain")])));
    desk.press("y");
    desk.answer(is_bulk, Ok(answer(&[None])));
    desk.press("c");
    assert_eq!(sent(&desk), ["sam@example.org"]);
    desk.answer(is_bulk, Ok(answer(&[None])));
    assert_eq!(desk.toast(), "1 of 2 would be made, 1 is made already. Asking made none.");
}

#[test]
fn how_many_mails_go_out_is_said_before_and_what_was_mailed_is_not_said_to_be_handed_out() {
    let mut desk = with_list("kim@example.org\n");
    mails(&mut desk);
    desk.press("s");
    desk.answer(is_bulk, Ok(answer(&[None])));
    assert_eq!(consequence(&desk), "One mail goes out.");
    desk.press("y");
    desk.answer(is_bulk, Ok(answer(&[None])));
    assert_eq!(desk.toast(), "1 invite is made.");
    let mut desk = with_list("kim@example.org\nsam@example.org\n");
    mails(&mut desk);
    desk.press("s");
    desk.answer(is_bulk, Ok(answer(&[None, None])));
    assert_eq!(consequence(&desk), "2 mails go out.");
    // Where it is not wished that anything is mailed, nothing is, and it is said.
    desk.press("esc t tab tab tab tab tab right ctrl-s s");
    assert_eq!(body(&desk).send, Some(false));
    desk.answer(is_bulk, Ok(answer(&[None, None])));
    assert!(consequence(&desk).starts_with("Nothing is mailed"), "{}", consequence(&desk));
    desk.press("y");
    desk.answer(is_bulk, Ok(answer(&[None, None])));
    assert!(desk.toast().starts_with("2 invites are made. Nothing was mailed: w writes"), "{}", desk.toast());
}

#[test]
fn links_for_nobody_in_particular_are_not_counted_as_mails() {
    let mut desk = with_list("email,name\n,table one\n,table two\n");
    mails(&mut desk);
    desk.press("s");
    desk.answer(is_bulk, Ok(answer(&[None, None])));
    assert_eq!(consequence(&desk), "Nothing is mailed: you hand the links out.");
}

#[test]
fn who_would_be_sent_their_old_invite_again_counts_as_ready() {
    let row = |detail: Option<&str>| RowResult {
        row: 0,
        input: serde_json::Value::Null,
        status: RowStatus::AlreadyPending,
        invite_id: None,
        link: None,
        detail: detail.map(str::to_owned),
    };
    let state_after = |detail| {
        let mut desk = with_list("kim@example.org\n");
        desk.press("c");
        let made = CreatedInvites { results: vec![row(detail)], created: 0, failed: 1 };
        desk.answer(is_bulk, Ok(Answer::CreatedInvites(Box::new(made))));
        states(&desk)
    };
    assert_eq!(state_after(None), ["ready"]);
    assert_eq!(state_after(Some("An invite waits for them already.")), ["refused"]);
}

#[test]
fn a_list_is_not_written_to_a_file_without_a_name() {
    let mut desk = with_list("kim@example.org\n");
    desk.press("w ctrl-u enter");
    assert!(desk.effects.is_empty(), "{:?}", desk.effects);
    assert!(matches!(desk.top(), Some(Overlay::Form(form)) if form.fields[0].error.is_some()));
}
