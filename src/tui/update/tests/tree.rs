use super::desk::*;
use crate::{
    api::{Tree, TreeNode},
    client::{Branch, Page},
    domain::{Role, Timestamp},
    tui::{
        model::{Listing, OutlineLine, Overlay},
        request::{Answer, Request},
    },
};

fn node(n: u128, brought: u64) -> TreeNode {
    TreeNode {
        account: person(n),
        invited_by: None,
        invite_id: None,
        joined_at: Timestamp::from_micros(0),
        role: Role::Member,
        brought,
        inviter_left: false,
    }
}

fn tree(nodes: Vec<TreeNode>, prev: Option<&str>, next: Option<&str>) -> Answer {
    let (prev_cursor, next_cursor) = (prev.map(str::to_owned), next.map(str::to_owned));
    Answer::Tree(Box::new(Tree { nodes, total: 9, matched: None, next_cursor, prev_cursor }))
}

fn roots(request: &Request) -> bool {
    matches!(request, Request::Tree(_, Some(Branch::Roots), _))
}

fn below(n: u128) -> impl Fn(&Request) -> bool {
    move |request| matches!(request, Request::Tree(_, Some(Branch::Of(of)), _) if *of == account_id(n))
}

fn is_tree(request: &Request) -> bool {
    matches!(request, Request::Tree(..))
}

fn listing(desk: &Desk) -> &Listing {
    desk.model.listing().expect("a list lies over the panes")
}

/// The lines as they stand: blanks for the depth, the number of the user, and a sign for what is not held.
fn drawn(desk: &Desk) -> Vec<String> {
    let lines = listing(desk).lines();
    let drawn = lines.iter().map(|line| match line {
        OutlineLine::Row { depth, entry, open } => {
            let name = listing(desk).topic.listed().name(entry);
            format!("{}{}{}", " ".repeat(*depth), name.trim_start_matches("User "), if *open { "v" } else { "" })
        }
        OutlineLine::More { depth, .. } => format!("{}…", " ".repeat(*depth)),
    });
    drawn.collect()
}

fn chosen(desk: &Desk) -> String {
    let listing = listing(desk);
    listing.chosen().map_or_else(String::new, |entry| listing.topic.listed().name(entry))
}

fn opened() -> Desk {
    let mut desk = Desk::with_a_band();
    desk.press("V");
    desk.answer(roots, Ok(tree(vec![node(1, 2), node(5, 0)], None, None)));
    desk.answer(below(1), Ok(tree(Vec::new(), None, None)));
    desk.press("z");
    desk
}

#[test]
fn it_opens_with_those_whom_the_first_one_brought() {
    let mut desk = Desk::with_a_band();
    desk.press("V");
    desk.answer(roots, Ok(tree(vec![node(7, 0), node(1, 2), node(5, 3)], None, None)));
    desk.answer(below(1), Ok(tree(vec![node(2, 1), node(3, 0)], None, None)));
    assert_eq!(
        (drawn(&desk), chosen(&desk)),
        (["7", "1v", " 2", " 3", "5"].map(str::to_owned).to_vec(), "User 7".to_owned())
    );
    assert!(!desk.has_request(is_tree), "and nobody else is asked for");
}

#[test]
fn a_person_unfolds_into_those_they_brought_and_folds_again() {
    let mut desk = opened();
    assert!(!desk.has_request(is_tree), "nothing is fetched before it is unfolded");
    desk.press("enter");
    assert_eq!(drawn(&desk), ["1v", " …", "5"]);
    desk.answer(below(1), Ok(tree(vec![node(2, 1), node(3, 0)], None, None)));
    assert_eq!(drawn(&desk), ["1v", " 2", " 3", "5"]);
    desk.press("j l");
    desk.answer(below(2), Ok(tree(vec![node(4, 0)], None, None)));
    assert_eq!(drawn(&desk), ["1v", " 2v", "  4", " 3", "5"]);
    desk.press("j h");
    assert_eq!(chosen(&desk), "User 2", "left leads to the one above");
    desk.press("h");
    assert_eq!(drawn(&desk), ["1v", " 2", " 3", "5"]);
    desk.press("h h");
    assert_eq!((drawn(&desk), chosen(&desk)), (vec!["1".to_owned(), "5".to_owned()], "User 1".to_owned()));
    assert!(matches!(desk.top(), Some(Overlay::Listing(_))), "left never leaves the tree");
}

#[test]
fn more_of_a_branch_comes_as_the_cursor_nears_its_end_and_the_cursor_stays_on_its_person() {
    let mut desk = opened();
    desk.press("enter");
    let page = |from: u128, next| tree((from..from + 50).map(|n| node(n, 0)).collect(), None, next);
    desk.answer(below(1), Ok(page(100, Some("a"))));
    assert!(!desk.has_request(is_tree));
    for _ in 0..40 {
        desk.press("j");
    }
    let name = chosen(&desk);
    let second = |r: &Request| matches!(r, Request::Tree(_, _, page) if page.cursor.as_deref() == Some("a"));
    desk.answer(second, Ok(page(150, None)));
    assert_eq!(chosen(&desk), name);
    assert_eq!(drawn(&desk).len(), 102);
    desk.press("G");
    assert_eq!(chosen(&desk), "User 5");
    desk.press("z");
    assert_eq!(drawn(&desk), ["1", "5"]);
}

#[test]
fn what_is_on_the_screen_is_fetched_again_when_the_band_changes_the_branch_with_it() {
    let mut desk = opened();
    desk.press("enter");
    desk.answer(below(1), Ok(tree(vec![node(2, 0), node(3, 0)], None, None)));
    desk.press("j j");
    desk.wait(6);
    desk.sync(&[(1, 2)], 0);
    desk.answer(roots, Ok(tree(vec![node(1, 3), node(5, 0)], None, None)));
    desk.answer(below(1), Ok(tree(vec![node(9, 0), node(2, 0), node(3, 0)], None, None)));
    assert_eq!((drawn(&desk).len(), chosen(&desk)), (5, "User 3".to_owned()));
}

#[test]
fn a_branch_that_cannot_be_had_is_not_asked_for_without_end() {
    let mut desk = opened();
    desk.press("enter");
    desk.answer(below(1), Err(offline()));
    assert!(!desk.has_request(is_tree));
    assert_eq!(drawn(&desk), ["1v", " …", "5"]);
    desk.press("ctrl-r");
    assert!(desk.has_request(below(1)), "{:?}", desk.sent);
}

#[test]
fn who_is_found_below_themselves_is_drawn_once_and_what_is_held_is_bounded() {
    let mut desk = opened();
    desk.press("enter");
    desk.answer(below(1), Ok(tree(vec![node(1, 2)], None, None)));
    assert_eq!(drawn(&desk), ["1v", " 1", "5"], "nobody stands below themselves without end");
    let mut desk = opened();
    desk.press("enter");
    for depth in 0..60_u128 {
        desk.answer(is_tree, Ok(tree((0..50).map(|n| node(1_000 * depth + n + 10, 1)).collect(), None, None)));
        desk.press("j enter");
    }
    assert!(drawn(&desk).len() <= crate::tui::model::MOST_HELD, "{}", drawn(&desk).len());
}

#[test]
fn members_see_the_tree_and_everybody_in_one_list_where_an_inviter_has_left() {
    let mut desk = Desk::with_a_band();
    desk.model.bands.list.change(band_id(1), |band| band.role = Some(Role::Member));
    desk.press("V");
    desk.answer(roots, Ok(tree(vec![node(1, 2)], None, None)));
    desk.press("f");
    let all = |r: &Request| *r == Request::Tree(band_id(1), None, Page::default());
    desk.answer(all, Ok(tree(vec![node(1, 2), node(7, 1)], None, None)));
    desk.press("j enter");
    desk.answer(below(7), Ok(tree(vec![node(8, 0)], None, None)));
    assert_eq!(drawn(&desk), ["1", "7v", " 8"]);
    desk.press("d");
    assert!(matches!(desk.top(), Some(Overlay::Shown(_))));
    desk.press("esc space");
    assert!(desk.toast().contains("Nothing is marked"), "{}", desk.toast());
    desk.press("esc");
    assert!(desk.has_request(roots));
    desk.press("V");
    assert!(desk.top().is_none());
}
